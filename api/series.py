"""``/series/``: stops that come again by a rule, and their changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import (
    OpenApiExample,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.events import VehicleRef
from api.fields import ClockTime, Code, Day, Instant, Named, OwnLibrary, long_text, only_library
from api.filtering import DayFilter, Narrowing, Ordering
from api.preconditions import IF_MATCH, expected_revision, with_revision
from api.resources import Resource
from api.schedule import override_field, revision_field, why_field
from api.venues import LibraryRef, VenueRef
from outreach.accounts.domain import Action
from outreach.common import audit
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models import ActivityKind, Audience, Reason, Series
from outreach.scheduling.series import changing, ending, making
from outreach.scheduling.series.changing import Change, Scope
from outreach.scheduling.series.inputs import SeriesInput
from outreach.scheduling.series.making import Wishes
from outreach.scheduling.series.plan import Choice, Deed, Line, Plan
from outreach.scheduling.series.wording import describe
from outreach.scheduling.services import rules

WEEKS_AHEAD = 13
LONGEST_RULE = 200
NUMBER = "[0-9]{1,9}"


class SeriesSerializer(serializers.ModelSerializer[Series]):
    """A stop that comes again by a rule."""

    library = LibraryRef(read_only=True)
    venue = VenueRef(read_only=True)
    vehicle = VehicleRef(read_only=True, allow_null=True)
    words = serializers.SerializerMethodField(help_text="The rule in words.")
    kind = serializers.CharField(source="kind_id", read_only=True, allow_null=True)
    audience = serializers.CharField(source="audience_id", read_only=True, allow_null=True)
    exceptions = serializers.ListField(
        child=serializers.DateField(), read_only=True, help_text="Dates without an event."
    )
    continues = serializers.IntegerField(
        source="continues_id",
        read_only=True,
        allow_null=True,
        help_text="The series this one was split from.",
    )

    class Meta:
        model = Series
        fields = [
            "id",
            "library",
            "venue",
            "vehicle",
            "route",
            "title",
            "kind",
            "audience",
            "rule",
            "words",
            "arrives",
            "departs",
            "starts_on",
            "ends_on",
            "exceptions",
            "continues",
        ]
        read_only_fields = fields

    def get_words(self, series: Series) -> str:
        """Return the rule in words."""
        return describe(series.rule, series.starts_on)


class PlaceSerializer(serializers.Serializer[Any]):
    """When, where and with what an event is held."""

    starts_at = Instant(read_only=True)
    ends_at = Instant(read_only=True)
    venue = serializers.CharField(read_only=True)
    vehicle = serializers.CharField(read_only=True)
    title = serializers.CharField(read_only=True)


class FoundSerializer(serializers.Serializer[Any]):
    """What a rule says of it."""

    rule = serializers.CharField(read_only=True)
    message = serializers.CharField(read_only=True)


class LineSerializer(serializers.Serializer[Any]):
    """What becomes of one date."""

    on = serializers.DateField(read_only=True)
    deed = serializers.ChoiceField(choices=[deed.value for deed in Deed], read_only=True)
    event = serializers.SerializerMethodField(help_text="Uid of the stored event.")
    before = PlaceSerializer(read_only=True, allow_null=True)
    after = PlaceSerializer(read_only=True, allow_null=True)
    against = serializers.SerializerMethodField(help_text="Code of what stands against it.")
    message = serializers.SerializerMethodField(help_text="The same in words.")
    choices = serializers.SerializerMethodField(help_text="What may be chosen for this date.")
    findings = FoundSerializer(many=True, read_only=True)

    def get_event(self, line: Line) -> str | None:
        """Return the uid of an event that is stored already."""
        event = line.event
        return event.uid if event is not None and line.before is not None else None

    def get_against(self, line: Line) -> str | None:
        """Return the code of what stands against it."""
        return str(line.against.kind) if line.against is not None else None

    def get_message(self, line: Line) -> str:
        """Return what stands against it in words."""
        return line.against.message if line.against is not None else ""

    def get_choices(self, line: Line) -> list[str]:
        """Return what may be chosen."""
        return [str(choice) for choice in line.choices]


class OutcomeSerializer(serializers.Serializer[Any]):
    """What a change does, or with ``dry_run`` would do."""

    series = SeriesSerializer(read_only=True, allow_null=True)
    is_dry_run = serializers.BooleanField(read_only=True)
    counts = serializers.DictField(child=serializers.IntegerField(), read_only=True)
    lines = LineSerializer(many=True, read_only=True)


class ChoicesField(serializers.DictField):
    """What was chosen for single dates: ``{"2027-03-09": "out"}``."""

    child = serializers.ChoiceField(choices=Choice.values)

    def to_internal_value(self, data: Any) -> dict[str, Choice]:
        """Return the choices by date.

        Raises:
            serializers.ValidationError: if a name is no date, or a choice is none.
        """
        chosen: dict[str, Any] = super().to_internal_value(data)
        for name in chosen:
            try:
                date.fromisoformat(name)
            except ValueError as error:
                raise serializers.ValidationError({name: ["YYYY-MM-DD"]}) from error
        return {name: Choice(value) for name, value in chosen.items()}


class _Said(serializers.Serializer[Any]):
    """What a series says; everything may be left out of a change."""

    venue = Named(slug_field="code", queryset=Venue.objects.in_use(), required=False)
    vehicle = Named(
        slug_field="slug", queryset=Vehicle.objects.in_use(), required=False, allow_null=True
    )
    rule = serializers.CharField(
        max_length=LONGEST_RULE,
        required=False,
        help_text="RFC 5545, such as FREQ=WEEKLY;INTERVAL=2;BYDAY=TU.",
    )
    arrives = ClockTime(required=False)
    departs = ClockTime(required=False)
    ends_on = Day(required=False, allow_null=True, help_text="First day after.")
    kind = Code(ActivityKind, required=False, allow_null=True)
    audience = Code(Audience, required=False, allow_null=True)
    title = serializers.CharField(max_length=160, required=False, allow_blank=True)
    route = serializers.CharField(max_length=160, required=False, allow_blank=True)
    reason = why_field()
    choices = ChoicesField(required=False)
    dry_run = serializers.BooleanField(required=False, help_text="Only tell what would happen.")


class NewSeriesSerializer(_Said):
    """A series to be, and until when its events are made."""

    library = OwnLibrary(Action.SCHEDULE, required=False)
    venue = Named(slug_field="code", queryset=Venue.objects.in_use())
    rule = serializers.CharField(max_length=LONGEST_RULE)
    arrives = ClockTime()
    departs = ClockTime()
    starts_on = Day()
    until = Day(required=False, help_text="First day without events; else 13 weeks.")
    on_days_off = serializers.ChoiceField(
        choices=["out", "next", "go"],
        required=False,
        help_text="On public holidays and closed dates.",
    )


class ChangedSeriesSerializer(_Said):
    """What becomes of a series, and of how much of it."""

    scope = serializers.ChoiceField(choices=Scope.values, required=False)
    on = Day(required=False, help_text="The date it is about, for one and following.")
    held_on = Day(required=False, help_text="For one date: the day on which it is held instead.")
    override_reason = override_field()
    cancel_reason = Code(
        Reason, required=False, help_text="Why public events without a date are called off."
    )
    cancel_note = long_text()
    expected_revision = revision_field()


class EndedSeriesSerializer(serializers.Serializer[Any]):
    """From when on a series no longer holds."""

    ends_on = Day(help_text="First day after.")
    reason = why_field()
    cancel_reason = Code(Reason, required=False)
    cancel_note = long_text()
    choices = ChoicesField(required=False)
    dry_run = serializers.BooleanField(required=False)
    expected_revision = revision_field()


class LeftOutSerializer(serializers.Serializer[Any]):
    """A date that a series leaves out."""

    on = Day()
    reason = why_field()
    cancel_reason = Code(Reason, required=False)
    cancel_note = long_text()


class PutBackSerializer(serializers.Serializer[Any]):
    """A date that a series takes up again."""

    on = Day()
    choice = serializers.ChoiceField(choices=["go", "next"], required=False)
    reason = why_field()
    override_reason = override_field()


class SeriesFilter(Narrowing):
    """What the list of series may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    vehicle = django_filters.CharFilter("vehicle__slug", max_length=60)
    venue = django_filters.CharFilter("venue__code", max_length=80)
    on = DayFilter(method="holding", help_text="Those that hold on this day.")
    ordering = Ordering(fields=["starts_on", "arrives"])

    class Meta:
        model = Series
        fields: list[str] = []

    def holding(self, rows: Any, _name: str, day: Any) -> Any:
        """Return the series that hold on a day."""
        ends = Q(ends_on__isnull=True) | Q(ends_on__gt=day)
        return rows.filter(ends, starts_on__lte=day)


NEW_SERIES = OpenApiExample(
    "every second Tuesday",
    value={
        "library": "nghe-an",
        "venue": "truong-tieu-hoc-muong-xen",
        "vehicle": "xe-nghe-an-1",
        "rule": "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
        "arrives": "08:00",
        "departs": "10:00",
        "starts_on": "2026-03-03",
        "until": "2026-06-01",
    },
    request_only=True,
)


@extend_schema_view(list=extend_schema(summary="The series of your libraries"))
class SeriesViews(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Series]):
    """Stops that come again by a rule."""

    queryset = making.with_places()
    serializer_class = SeriesSerializer
    filterset_class = SeriesFilter
    lookup_value_regex = NUMBER

    def visible(self, rows: QuerySet[Series]) -> QuerySet[Series]:
        """Narrow to the series of libraries whose schedule the caller may see."""
        return rows.visible_to(self.actor)  # type: ignore[attr-defined, no-any-return]

    @extend_schema(summary="One series")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one series; its ETag is what If-Match takes."""
        series = self.get_object()
        return with_revision(self.show(series), audit.version_of(series))

    @extend_schema(
        summary="Make a series with its events",
        request=NewSeriesSerializer,
        responses={200: OutcomeSerializer, 201: OutcomeSerializer},
        examples=[NEW_SERIES],
    )
    def create(self, request: Request) -> Response:
        """Make a series and a draft event on each of its dates, all or nothing.

        With ``dry_run`` nothing is stored, and the answer is 200.
        """
        sent = self.read(NewSeriesSerializer)
        library = sent.get("library") or only_library(self.actor, Action.SCHEDULE)
        until = sent.get("until") or sent["starts_on"] + timedelta(weeks=WEEKS_AHEAD)
        wishes = Wishes(until, Choice(sent.get("on_days_off", "out")), sent.get("choices", {}))
        wanted = SeriesInput(
            venue=sent["venue"],
            vehicle=sent.get("vehicle"),
            starts_on=sent["starts_on"],
            **{name: sent[name] for name in ("rule", "arrives", "departs")},
            **{name: sent[name] for name in ("ends_on", "kind", "audience") if name in sent},
            **{name: sent[name] for name in ("title", "route") if name in sent},
        )
        _series, plan = making.preview_series(library, wanted, wishes)
        if sent.get("dry_run"):
            return self._outcome(None, plan, is_dry_run=True)
        series = making.make_series(
            actor=self.actor,
            library=library,
            wanted=wanted,
            wishes=wishes,
            reason=sent.get("reason", ""),
            seen=plan.digest,
        )
        return self._outcome(series, plan, status=201)

    @extend_schema(
        summary="Change a series",
        parameters=[IF_MATCH],
        request=ChangedSeriesSerializer,
        responses=OutcomeSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change one date, this and the following ones, or all to come.

        Events are moved, not made anew. A change from a date on splits the series: the answer shows
        the one that holds from then on. What is past never changes.
        """
        series = self.get_object()
        sent = self.read(ChangedSeriesSerializer)
        names = SeriesInput.__slots__
        said = {name: value for name, value in sent.items() if name in names}
        change = Change(
            wanted=replace(SeriesInput.of(series), **said),
            scope=Scope(sent.get("scope", Scope.ALL)),
            on=sent.get("on"),
            held_on=sent.get("held_on"),
            choices=sent.get("choices", {}),
        )
        self._authorise(series)
        plan = changing.preview_change(series, change)
        if sent.get("dry_run"):
            return self._outcome(series, plan, is_dry_run=True)
        changed = changing.change_series(
            actor=self.actor,
            series=series,
            change=change,
            reason=sent.get("reason", ""),
            override_reason=sent.get("override_reason", ""),
            why=sent.get("cancel_reason"),
            note=sent.get("cancel_note", ""),
            seen=plan.digest,
            expected_version=expected_revision(request, sent),
        )
        return self._outcome(changed, plan)

    @extend_schema(
        summary="End a series",
        parameters=[IF_MATCH],
        request=EndedSeriesSerializer,
        responses=OutcomeSerializer,
    )
    @action(detail=True, methods=["post"])
    def end(self, request: Request, pk: str) -> Response:
        """End a series: drafts from then on are removed, what is public is called off."""
        series = self.get_object()
        sent = self.read(EndedSeriesSerializer)
        self._authorise(series)
        choices = sent.get("choices", {})
        plan = ending.preview_end(series, sent["ends_on"], choices)
        if sent.get("dry_run"):
            return self._outcome(series, plan, is_dry_run=True)
        ended = ending.end_series(
            actor=self.actor,
            series=series,
            ends_on=sent["ends_on"],
            choices=choices,
            reason=sent.get("reason", ""),
            why=sent.get("cancel_reason"),
            note=sent.get("cancel_note", ""),
            seen=plan.digest,
            expected_version=expected_revision(request, sent),
        )
        return self._outcome(ended, plan)

    @extend_schema(
        summary="Leave a date out",
        request=LeftOutSerializer,
        responses=SeriesSerializer,
    )
    @action(detail=True, methods=["post"], url_path="leave-out")
    def leave_out(self, request: Request, pk: str) -> Response:
        """Leave a date out: its draft is removed, what is public is called off."""
        series = self.get_object()
        sent = self.read(LeftOutSerializer)
        changed = ending.leave_out(
            actor=self.actor,
            series=series,
            on=sent["on"],
            reason=sent.get("reason", ""),
            why=sent.get("cancel_reason"),
            note=sent.get("cancel_note", ""),
        )
        return self._shown(changed)

    @extend_schema(
        summary="Take a date up again",
        request=PutBackSerializer,
        responses=SeriesSerializer,
    )
    @action(detail=True, methods=["post"], url_path="put-back")
    def put_back(self, request: Request, pk: str) -> Response:
        """Take a date up again that was left out; it is as public as it was."""
        series = self.get_object()
        sent = self.read(PutBackSerializer)
        changed = ending.put_back(
            actor=self.actor,
            series=series,
            on=sent["on"],
            choice=Choice(sent.get("choice", Choice.GO)),
            reason=sent.get("reason", ""),
            override_reason=sent.get("override_reason", ""),
        )
        return self._shown(changed)

    def _authorise(self, series: Series) -> None:
        rules.authorise(self.actor, series.library_id)

    def _shown(self, series: Series) -> Response:
        stored = self.get_queryset().get(pk=series.pk)
        return with_revision(self.show(stored), audit.version_of(stored))

    def _outcome(
        self, series: Series | None, plan: Plan, *, is_dry_run: bool = False, status: int = 200
    ) -> Response:
        stored = self.get_queryset().get(pk=series.pk) if series is not None else None
        shown = {
            "series": stored,
            "is_dry_run": is_dry_run,
            "counts": plan.counts(),
            "lines": plan.lines,
        }
        context = self.get_serializer_context()
        response = Response(OutcomeSerializer(shown, context=context).data, status=status)
        return with_revision(response, audit.version_of(stored) if stored else None)
