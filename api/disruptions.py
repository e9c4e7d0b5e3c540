"""``/disruptions/``: what upset the schedule, and what is done with every event it touches."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.events import VehicleRef
from api.fields import Code, Instant, Named, NumberedMember, OwnLibrary, long_text, only_library
from api.filtering import Narrowing, Ordering
from api.resources import UID, Resource
from api.schedule import override_field, refuse_reversed
from api.units import UnitRef
from api.venues import LibraryRef, VenueRef
from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.disruption import (
    LEAVE,
    Choice,
    Choices,
    Preview,
    Trouble,
    What,
    disrupt,
    preview,
    undo_disruption,
)
from outreach.scheduling.disruption.inputs import MOST_DAYS
from outreach.scheduling.disruption.selectors import MOST_EVENTS
from outreach.scheduling.models import DisruptedEvent, Disruption, Event, Reason

MOST_UNITS = 200
WHAT = [*What.values, "leave"]
TARGETS = ("area", "units", "vehicle", "member", "venue")
"""What a disruption may be narrowed by. One that lost its target must not call everything off."""


@extend_schema_field(
    {
        "type": "object",
        "additionalProperties": {},
        "description": "A GeoJSON polygon or multipolygon in WGS 84 with up to 1,000 corners.",
    }
)
class Area(serializers.JSONField):
    """A GeoJSON polygon or multipolygon."""


class UnitCodes(serializers.ListField):
    """Communes and provinces of today by their codes."""

    child = serializers.CharField(max_length=20)
    default_error_messages = {"unknown": _("There is no unit with the code “%(value)s” today.")}

    def to_internal_value(self, data: Any) -> Any:
        """Return the units.

        Raises:
            serializers.ValidationError: if there is none of a code today.
        """
        codes = list(dict.fromkeys(super().to_internal_value(data)))
        rows = AdministrativeUnit.objects.in_force_on(clock.today()).filter(code__in=codes)
        found = list(rows.order_by("pk"))
        for code in codes:
            if code not in {unit.code for unit in found}:
                message = str(self.error_messages["unknown"]) % {"value": code}
                raise serializers.ValidationError(message, code="unknown")
        return tuple(found)


# --- Shown -------------------------------------------------------------------------------------


class DisruptedEventSerializer(serializers.ModelSerializer[DisruptedEvent]):
    """What was done to one event."""

    event = serializers.CharField(source="event.uid", read_only=True)
    title = serializers.CharField(source="event.title", read_only=True)
    what = serializers.CharField(read_only=True, help_text="cancel, postpone or indoors.")
    state = serializers.CharField(source="event.state", read_only=True)
    starts_at = Instant(source="event.starts_at", read_only=True, help_text="As it is now.")
    venue = VenueRef(source="event.venue", read_only=True)

    class Meta:
        model = DisruptedEvent
        fields = ["event", "title", "what", "state", "starts_at", "venue"]
        read_only_fields = fields


class TextSerializer(serializers.Serializer[Any]):
    """The text for one host, to forward."""

    venues = serializers.ListField(child=serializers.CharField(), help_text="Their codes.")
    events = serializers.ListField(child=serializers.CharField(), help_text="Their uids.")
    text = serializers.CharField()
    is_undoing = serializers.BooleanField()


class DisruptionSerializer(serializers.ModelSerializer[Disruption]):
    """What upset a schedule, and what was done about it."""

    library = LibraryRef(read_only=True)
    reason = serializers.CharField(source="why_id", read_only=True)
    area = Area(read_only=True, allow_null=True)
    units = UnitRef(many=True, read_only=True)
    vehicle = VehicleRef(read_only=True, allow_null=True)
    member = serializers.IntegerField(source="member_id", read_only=True, allow_null=True)
    venue = VenueRef(read_only=True, allow_null=True)
    events = DisruptedEventSerializer(many=True, read_only=True)
    texts = serializers.SerializerMethodField()

    class Meta:
        model = Disruption
        fields = [
            "uid",
            "library",
            "reason",
            "note",
            "starts_at",
            "ends_at",
            "area",
            "units",
            "vehicle",
            "member",
            "venue",
            "made_at",
            "undone_at",
            "events",
            "texts",
        ]
        read_only_fields = fields

    @extend_schema_field(TextSerializer(many=True))
    def get_texts(self, disruption: Disruption) -> Any:
        """Return the texts, with the codes of the venues."""
        codes = {one.event.venue_id: one.event.venue.code for one in disruption.events.all()}
        return [
            {
                "venues": [codes[key] for key in text["venues"] if key in codes],
                "events": text["events"],
                "text": text["text"],
                "is_undoing": bool(text.get("is_undoing")),
            }
            for text in disruption.messages
        ]


class ListedDisruptionSerializer(DisruptionSerializer):
    """The same without its events and texts: they are asked for one by one."""

    class Meta(DisruptionSerializer.Meta):
        fields = [
            name for name in DisruptionSerializer.Meta.fields if name not in ("events", "texts")
        ]
        read_only_fields = fields

    events = None  # type: ignore[assignment]
    texts = None  # type: ignore[assignment]


class PreviewedEventSerializer(serializers.Serializer[Any]):
    """What would become of one event."""

    uid = serializers.CharField()
    title = serializers.CharField()
    venue = serializers.CharField()
    starts_at = Instant()
    what = serializers.ChoiceField(choices=WHAT)
    new_starts_at = Instant(allow_null=True)


class PreviewSerializer(serializers.Serializer[Any]):
    """What would be done, and what stands in the way; nothing is changed."""

    state = serializers.CharField(help_text="Send it as `expected_state` to do just this.")
    is_possible = serializers.BooleanField()
    needs_override_reason = serializers.BooleanField()
    events = PreviewedEventSerializer(many=True)
    off_the_map = serializers.ListField(
        child=serializers.CharField(), help_text="Events whose venue has no point, by uid."
    )
    obstacles = serializers.ListField(child=serializers.CharField())
    findings = serializers.ListField(child=serializers.CharField())


# --- Sent --------------------------------------------------------------------------------------


class ChoiceSerializer(serializers.Serializer[Any]):
    """What to do with events."""

    what = serializers.ChoiceField(choices=WHAT)
    days = serializers.IntegerField(
        min_value=1,
        max_value=MOST_DAYS,
        required=False,
        help_text="How many days later, where they are postponed; 7 where left out.",
    )


class OwnChoiceSerializer(ChoiceSerializer):
    """What to do with one event."""

    event = serializers.CharField(max_length=36, help_text="Its uid.")


class NewDisruptionSerializer(serializers.Serializer[Any]):
    """What happened, and what to do. An event is touched by any of the places and people named."""

    library = OwnLibrary(Action.SCHEDULE, required=False)
    reason = Code(Reason)
    note = serializers.CharField(max_length=1000, required=False, allow_blank=True)
    starts_at = Instant()
    ends_at = Instant()
    area = Area(required=False, allow_null=True)
    units = UnitCodes(required=False, max_length=MOST_UNITS)
    vehicle = Named(
        slug_field="slug", queryset=Vehicle.objects.in_use(), required=False, allow_null=True
    )
    member = NumberedMember(queryset=CrewMember.objects.in_use(), required=False, allow_null=True)
    venue = Named(
        slug_field="code", queryset=Venue.objects.in_use(), required=False, allow_null=True
    )
    everything = serializers.BooleanField(
        required=False, help_text="Needed where no place, vehicle or person is named."
    )
    otherwise = ChoiceSerializer(required=False, help_text="For all events; left as they are.")
    events = serializers.ListField(
        child=OwnChoiceSerializer(), required=False, max_length=MOST_EVENTS
    )
    override_reason = override_field()
    expected_state = serializers.CharField(max_length=64, required=False, allow_blank=True)
    dry_run = serializers.BooleanField(required=False, help_text="Only show what would be done.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an end before the start, and a whole library that nobody asked for."""
        refuse_reversed(attrs, "starts_at", "ends_at")
        acts = attrs.get("otherwise", {}).get("what", "leave") != "leave"
        is_narrowed = any(attrs.get(name) for name in TARGETS)
        if acts and not is_narrowed and not attrs.get("everything"):
            raise serializers.ValidationError(
                {"everything": [_("Name what is touched, or say that everything is.")]},
                code="no_target",
            )
        return attrs


class UndoneSerializer(serializers.Serializer[Any]):
    """Why it is taken back."""

    reason = long_text(help_text="Why; hosts read it.")


class DisruptionFilter(Narrowing):
    """What the list of disruptions may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    reason = django_filters.CharFilter("why", max_length=40)
    undone = django_filters.BooleanFilter("undone_at", lookup_expr="isnull", exclude=True)
    ordering = Ordering(fields=["made_at", "starts_at"])

    class Meta:
        model = Disruption
        fields: list[str] = []


NEW_DISRUPTION = OpenApiExample(
    "a storm over two communes",
    value={
        "library": "nghe-an",
        "reason": "storm",
        "note": "Bão số 5",
        "starts_at": "2026-09-21T00:00:00+07:00",
        "ends_at": "2026-09-24T00:00:00+07:00",
        "units": ["16813", "16816"],
        "otherwise": {"what": "postpone", "days": 7},
        "dry_run": True,
    },
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(
        summary="The disruptions of your libraries",
        responses=ListedDisruptionSerializer(many=True),
    ),
    retrieve=extend_schema(summary="One disruption, with its events and the texts for hosts"),
)
class Disruptions(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Disruption]):
    """Storms, floods, breakdowns, illness, closed schools."""

    queryset = Disruption.objects.select_related("library", "vehicle", "venue").prefetch_related(
        "units", Prefetch("events", DisruptedEvent.objects.select_related("event__venue"))
    )
    serializer_class = DisruptionSerializer
    filterset_class = DisruptionFilter
    lookup_field = "uid"
    lookup_value_regex = UID

    def get_serializer_class(self) -> type[serializers.ModelSerializer[Disruption]]:
        """Return what lists leave out, or all."""
        return ListedDisruptionSerializer if self.action == "list" else DisruptionSerializer

    @extend_schema(
        summary="Do something about a disruption, or look at it first",
        request=NewDisruptionSerializer,
        responses={200: PreviewSerializer, 201: DisruptionSerializer},
        examples=[NEW_DISRUPTION],
    )
    def create(self, request: Request) -> Response:
        """Cancel, postpone or move indoors what is touched, all of it or nothing.

        With ``dry_run`` nothing is changed: the answer (200) says what would be done.
        """
        sent = self.read(NewDisruptionSerializer)
        trouble = _trouble(sent, self.actor)
        choices = _choices(sent)
        if sent.get("dry_run"):
            if not self.actor.may(Action.SCHEDULE, trouble.library.pk):
                raise NotAllowed()
            return Response(PreviewSerializer(_shown(preview(trouble, choices))).data)
        made = disrupt(
            actor=self.actor,
            trouble=trouble,
            choices=choices,
            override_reason=sent.get("override_reason", ""),
            expected_state=sent.get("expected_state", ""),
        )
        return self.show(self.get_queryset().get(pk=made.pk), status=201)

    @extend_schema(
        summary="Undo a disruption", request=UndoneSerializer, responses=DisruptionSerializer
    )
    @action(detail=True, methods=["post"])
    def undo(self, request: Request, uid: str) -> Response:
        """Put everything back, on the same day and if nobody changed it since."""
        found = self.get_object()
        sent = self.read(UndoneSerializer)
        undo_disruption(actor=self.actor, disruption=found, reason=sent.get("reason", ""))
        return self.show(self.get_queryset().get(pk=found.pk))


def _trouble(sent: dict[str, Any], actor: Any) -> Trouble:
    return Trouble(
        library=sent.get("library") or only_library(actor, Action.SCHEDULE),
        why=sent["reason"],
        starts_at=sent["starts_at"],
        ends_at=sent["ends_at"],
        note=sent.get("note", ""),
        area=sent.get("area"),
        units=sent.get("units", ()),
        vehicle=sent.get("vehicle"),
        member=sent.get("member"),
        venue=sent.get("venue"),
    )


def _choices(sent: dict[str, Any]) -> Choices:
    otherwise = _choice(sent["otherwise"]) if "otherwise" in sent else LEAVE
    return Choices(otherwise, {one["event"]: _choice(one) for one in sent.get("events", ())})


def _choice(sent: dict[str, Any]) -> Choice:
    if sent["what"] == "leave":
        return LEAVE
    what = What(sent["what"])
    return Choice(what, sent.get("days", 7) if what == What.POSTPONE else 0)


def _shown(shown: Preview) -> dict[str, Any]:
    steps = {step.before.pk: step for step in shown.outcome.steps}

    def row(event: Event) -> dict[str, Any]:
        step = steps.get(event.pk)
        postponed = step is not None and step.what == What.POSTPONE
        return {
            "uid": event.uid,
            "title": event.title,
            "venue": event.venue.code,
            "starts_at": event.starts_at,
            "what": step.what if step else "leave",
            "new_starts_at": step.after.starts_at if step and postponed else None,
        }

    return {
        "state": shown.state,
        "is_possible": shown.is_possible,
        "needs_override_reason": shown.needs_reason,
        "events": [row(event) for event in shown.touched.events],
        "off_the_map": [event.uid for event in shown.touched.off_the_map],
        "obstacles": [obstacle.message for obstacle in shown.obstacles],
        "findings": [
            finding.message for ruling in shown.rulings for finding in ruling.open_findings
        ],
    }
