"""``/events/``: dated occasions. Without an account: the public timetable, nothing personal."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.permissions import IsAuthenticatedOrReadOnly
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Instant, Named, OwnLibrary, long_text, only_library
from api.filtering import CodeFilter, DayFilter, Narrowing, Ordering
from api.preconditions import IF_MATCH, expected_revision, with_revision
from api.resources import UID, Resource
from api.schedule import (
    MOST_ACTIVITIES,
    ActivityInputSerializer,
    ActivitySerializer,
    CancelSerializer,
    CrewInputSerializer,
    DecisionSerializer,
    DutySerializer,
    OverrideSerializer,
    PlannedEventSerializer,
    ReasonsSerializer,
    activity_inputs,
    crew_input,
    decision,
    event_input,
    expected_field,
    refuse_reversed,
)
from api.venues import CommuneRef, LibraryRef, VenueRef
from outreach.accounts.domain import Action
from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling import selectors, services
from outreach.scheduling.models import ActivityKind, Event, EventQuerySet, State
from outreach.scheduling.services import ActivityInput, Expected

INTERNAL = (
    *("revision", "trip", "crew", "overrides", "shares_venue", "published_at", "cancel_note"),
    *("expected_people", "expected_classes"),
)
"""What is ``null`` for readers: who serves, and what only matters to who changes the schedule."""
AHEAD = timedelta(days=366)
LONGEST_JOURNEY_MIN = 3 * 24 * 60


class VehicleRef(serializers.ModelSerializer[Vehicle]):
    """A vehicle, as events and trips mention it."""

    class Meta:
        model = Vehicle
        fields = ["slug", "name"]
        read_only_fields = fields


class EventSerializer(serializers.ModelSerializer[Event]):
    """An event. What only concerns the schedule's keepers is ``null`` in the public view."""

    library = LibraryRef(read_only=True)
    venue = VenueRef(read_only=True)
    commune = CommuneRef(read_only=True, allow_null=True, help_text="In force on that day.")
    vehicle = VehicleRef(source="trip.vehicle", read_only=True, allow_null=True)
    activities = ActivitySerializer(many=True, read_only=True)
    cancel_reason = serializers.CharField(
        source="cancel_reason_id", read_only=True, allow_null=True
    )
    makes_up_for: Any = serializers.SlugRelatedField(
        slug_field="uid",
        read_only=True,
        allow_null=True,
        help_text="The uid of the cancelled event that is caught up on here.",
    )
    revision = serializers.IntegerField(read_only=True, allow_null=True)
    trip = serializers.CharField(source="trip.uid", read_only=True, allow_null=True)
    crew = serializers.SerializerMethodField()
    overrides = serializers.SerializerMethodField()
    shares_venue = serializers.BooleanField(read_only=True, allow_null=True)
    published_at = Instant(read_only=True, allow_null=True)
    cancel_note = serializers.CharField(read_only=True, allow_null=True)
    expected_people = serializers.IntegerField(read_only=True, allow_null=True)
    expected_classes = serializers.IntegerField(read_only=True, allow_null=True)

    class Meta:
        model = Event
        fields = [
            "uid",
            "title",
            "note",
            "state",
            "starts_at",
            "ends_at",
            "library",
            "venue",
            "commune",
            "vehicle",
            "activities",
            "cancel_reason",
            "is_indoors",
            "makes_up_for",
            *INTERNAL,
        ]
        read_only_fields = fields

    @extend_schema_field(DutySerializer(many=True, allow_null=True))
    def get_crew(self, event: Event) -> Any:
        """Return who is on duty: the trip's crew, or the event's own."""
        owner = event.trip or event
        return None if self._is_public else DutySerializer(owner.duties, many=True).data

    @extend_schema_field(OverrideSerializer(many=True, allow_null=True))
    def get_overrides(self, event: Event) -> Any:
        """Return the rules overridden for the trip, or for the event."""
        owner = event.trip or event
        return None if self._is_public else OverrideSerializer(owner.overrides, many=True).data

    @property
    def _is_public(self) -> bool:
        return bool(self.context.get("is_public"))

    def to_representation(self, event: Event) -> dict[str, Any]:
        """Show the event, to readers without what is internal."""
        shown: dict[str, Any] = super().to_representation(event)
        return shown | dict.fromkeys(INTERNAL) if self._is_public else shown


# --- Asked -------------------------------------------------------------------------------------


def _communes(_request: Any) -> QuerySet[AdministrativeUnit]:
    return AdministrativeUnit.objects.in_force_on(clock.today()).communes()


def _provinces(_request: Any) -> QuerySet[AdministrativeUnit]:
    return AdministrativeUnit.objects.in_force_on(clock.today()).provinces()


class EventFilter(Narrowing):
    """What the list of events may be narrowed by: the same filters as the timetable page's."""

    also = ("public",)

    province = CodeFilter(queryset=_provinces, to_field_name="code")
    commune = CodeFilter(queryset=_communes, to_field_name="code")
    venue = CodeFilter(queryset=Venue.objects.all(), to_field_name="code")
    vehicle = CodeFilter(queryset=Vehicle.objects.all(), to_field_name="slug")
    library = CodeFilter(queryset=Library.objects.all(), to_field_name="slug")
    kind = CodeFilter(queryset=ActivityKind.objects.all(), to_field_name="code")
    search = django_filters.CharFilter(
        max_length=100, help_text="Words of the venue, commune or province, in any spelling."
    )
    state = django_filters.ChoiceFilter("state", choices=State.choices)
    trip = django_filters.CharFilter("trip__uid", max_length=36)
    since = DayFilter(help_text="Those not over before this day.")
    before = DayFilter(help_text="Those begun before this day.")
    ordering = Ordering(fields=["starts_at", "title"])

    class Meta:
        model = Event
        fields: list[str] = []

    def filter_queryset(self, queryset: Any) -> Any:
        """Return the events that meet every filter."""
        asked = self.form.cleaned_data
        rows = self._within(queryset, asked["since"], asked["before"], self._places())
        for name in ("state", "trip", "ordering"):
            rows = self.filters[name].filter(rows, asked[name])
        return rows

    def _places(self) -> selectors.Filters:
        asked = self.form.cleaned_data
        names = ("province", "commune", "venue", "vehicle", "library", "kind")
        return selectors.Filters(**{name: asked[name] for name in names}, text=asked["search"])

    def _within(
        self, rows: Any, since: date | None, before: date | None, places: selectors.Filters
    ) -> Any:
        if since is not None:
            rows = rows.filter(ends_at__gt=clock.start_of(since))
        if before is not None:
            rows = rows.filter(starts_at__lt=clock.start_of(before))
        return places.narrow(rows)


class PublicEventFilter(EventFilter):
    """Narrows the one public list, which always lies between two days."""

    since = DayFilter(help_text="Those not over before this day; today where left out.")
    before = DayFilter(help_text="Those begun before this day; a year ahead where left out.")

    def _within(
        self, rows: Any, since: date | None, before: date | None, places: selectors.Filters
    ) -> Any:
        today = clock.today()
        opens_on = since or today
        return selectors.timetable(
            opens_on=opens_on, closes_on=before or opens_on + AHEAD, today=today, filters=places
        ).for_lists()


# --- Sent --------------------------------------------------------------------------------------


class NewEventSerializer(ReasonsSerializer, PlannedEventSerializer):
    """An event to be, with the crew and, if they need one, the vehicle they come with."""

    library = OwnLibrary(Action.SCHEDULE, required=False)
    crew = CrewInputSerializer(required=False)
    vehicle = Named(
        slug_field="slug", queryset=Vehicle.objects.in_use(), required=False, allow_null=True
    )
    journey_min = serializers.IntegerField(
        min_value=0,
        max_value=LONGEST_JOURNEY_MIN,
        required=False,
        help_text="Minutes of the way, each way; only with a vehicle.",
    )


class ChangedEventSerializer(DecisionSerializer):
    """What is said about an event; what is left out stays. When and where is changed by moving."""

    title = serializers.CharField(max_length=160, required=False)
    note = long_text(help_text="For readers.")
    activities = serializers.ListField(
        child=ActivityInputSerializer(), required=False, min_length=1, max_length=MOST_ACTIVITIES
    )
    shares_venue = serializers.BooleanField(required=False)
    expected_people = expected_field("people")
    expected_classes = expected_field("classes")
    crew = CrewInputSerializer(required=False, help_text="Only for an event without a trip.")


class MovedEventSerializer(DecisionSerializer):
    """Where an event moves to in time and, if named, in place."""

    starts_at = Instant()
    ends_at = Instant()
    venue = Named(slug_field="code", queryset=Venue.objects.in_use(), required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an end before the start."""
        refuse_reversed(attrs, "starts_at", "ends_at")
        return attrs


NEW_EVENT = OpenApiExample(
    "a van visit with a reading-skills session",
    value={
        "library": "nghe-an",
        "venue": "truong-tieu-hoc-muong-xen",
        "starts_at": "2026-03-02T08:00:00+07:00",
        "ends_at": "2026-03-02T11:00:00+07:00",
        "activities": [
            {"kind": "mobile_service", "audience": "primary"},
            {"kind": "reading_skills", "title": "Đọc to nghe chung", "audience": "primary"},
        ],
        "vehicle": "xe-nghe-an-1",
        "journey_min": 90,
        "crew": {"operator": 1, "professionals": [2, 3]},
    },
    request_only=True,
)
CALLED_OFF = OpenApiExample(
    "a storm",
    value={"reason": "storm", "note": "Bão số 3", "expected_revision": 2},
    request_only=True,
)
MOVED = OpenApiExample(
    "two days later",
    value={
        "starts_at": "2026-03-04T08:00:00+07:00",
        "ends_at": "2026-03-04T11:00:00+07:00",
        "reason": "Đường lên xã sạt lở",
    },
    request_only=True,
)
PUBLIC = OpenApiParameter(
    "public", bool, description="Ask for the public view although you are signed in."
)


@extend_schema_view(
    list=extend_schema(
        summary="Events: the public timetable, or those of your libraries", parameters=[PUBLIC]
    ),
    retrieve=extend_schema(summary="One event", parameters=[PUBLIC]),
)
class Events(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Event]):
    """What is held where and when."""

    queryset = Event.objects.for_lists()
    serializer_class = EventSerializer
    permission_classes = [IsAuthenticatedOrReadOnly]
    lookup_field = "uid"
    lookup_value_regex = UID

    @property
    def is_public_view(self) -> bool:
        """Whether the caller reads as the public does: no account, none of the schedule, or asked.

        Writing never does: another's published event is not found.
        """
        if self.is_being_described or self.person is None:
            return True
        if self.action not in ("list", "retrieve"):
            return False
        asked = self.request.query_params.get("public", "").lower() in ("true", "1")
        return asked or not self.person.may(Action.SEE_SCHEDULE)

    @property
    def filterset_class(self) -> type[EventFilter]:
        """Which list is narrowed."""
        return PublicEventFilter if self.is_public_view else EventFilter

    def get_serializer_context(self) -> dict[str, Any]:
        """Tell the serializer which view is shown."""
        return super().get_serializer_context() | {"is_public": self.is_public_view}

    def visible(self, rows: QuerySet[Event]) -> QuerySet[Event]:
        """Return the public events, or those of the caller's libraries."""
        if self.is_public_view:
            return Event.objects.public().for_lists()
        return with_crew(Event.objects.visible_to(self.actor))

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one event; its ETag is what If-Match takes."""
        return self._shown(self.get_object())

    @extend_schema(
        summary="Schedule an event",
        request=NewEventSerializer,
        responses={201: EventSerializer},
        examples=[NEW_EVENT],
    )
    def create(self, request: Request) -> Response:
        """Schedule a draft event; with a vehicle, as a trip of its own."""
        sent = self.read(NewEventSerializer)
        event = services.schedule_event(
            actor=self.actor,
            library=sent.get("library") or only_library(self.actor, Action.SCHEDULE),
            event=event_input(sent),
            crew=crew_input(sent.get("crew")),
            vehicle=sent.get("vehicle"),
            journey=timedelta(minutes=sent.get("journey_min", 0)),
            reason=sent.get("reason", ""),
            override_reason=sent.get("override_reason", ""),
        )
        return self._shown(event, status=201)

    @extend_schema(
        summary="Change what is said about an event",
        parameters=[IF_MATCH],
        request=ChangedEventSerializer,
        responses=EventSerializer,
    )
    def partial_update(self, request: Request, uid: str) -> Response:
        """Change title, note, activities or crew; its time and place are moved instead."""
        event = self.get_object()
        sent = self.read(ChangedEventSerializer)
        services.change_event(
            actor=self.actor,
            event=event,
            title=sent.get("title", event.title),
            note=sent.get("note", event.note),
            activities=_activities(event, sent.get("activities")),
            shares_venue=sent.get("shares_venue", event.shares_venue),
            crew=crew_input(sent["crew"]) if "crew" in sent else None,
            expected=Expected(
                people=sent.get("expected_people", event.expected_people),
                classes=sent.get("expected_classes", event.expected_classes),
            ),
            **decision(request, sent),
        )
        return self._shown(event)

    @extend_schema(
        summary="Move an event",
        parameters=[IF_MATCH],
        request=MovedEventSerializer,
        responses=EventSerializer,
        examples=[MOVED],
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, uid: str) -> Response:
        """Move an event in time, place, or both; the only event of a trip takes the trip along."""
        event = self.get_object()
        sent = self.read(MovedEventSerializer)
        services.move_event(
            actor=self.actor,
            event=event,
            starts_at=sent["starts_at"],
            ends_at=sent["ends_at"],
            venue=sent.get("venue"),
            **decision(request, sent),
        )
        return self._shown(event)

    @extend_schema(
        summary="Publish an event without a trip, or a new one of a published trip",
        parameters=[IF_MATCH],
        request=DecisionSerializer,
        responses=EventSerializer,
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, uid: str) -> Response:
        """Make an event public. Doing it twice changes nothing more."""
        event = self.get_object()
        sent = self.read(DecisionSerializer)
        services.publish_event(actor=self.actor, event=event, **decision(request, sent))
        return self._shown(event)

    @extend_schema(
        summary="Cancel an event",
        parameters=[IF_MATCH],
        request=CancelSerializer,
        responses=EventSerializer,
        examples=[CALLED_OFF],
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uid: str) -> Response:
        """Call an event off; the last one of a trip takes the trip with it."""
        event = self.get_object()
        sent = self.read(CancelSerializer)
        services.cancel_event(
            actor=self.actor,
            event=event,
            why=sent["reason"],
            note=sent.get("note", ""),
            expected_revision=expected_revision(request, sent),
        )
        return self._shown(event)

    @extend_schema(
        summary="Restore a cancelled event",
        parameters=[IF_MATCH],
        request=DecisionSerializer,
        responses=EventSerializer,
    )
    @action(detail=True, methods=["post"])
    def restore(self, request: Request, uid: str) -> Response:
        """Undo a cancellation, if vehicle, crew and venue are still to be had."""
        event = self.get_object()
        sent = self.read(DecisionSerializer)
        services.restore_event(actor=self.actor, event=event, **decision(request, sent))
        return self._shown(event)

    @extend_schema(
        summary="Remove a draft event", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    def destroy(self, request: Request, uid: str) -> Response:
        """Delete an event that was never public; one that was is cancelled instead."""
        event = self.get_object()
        services.remove_event(
            actor=self.actor, event=event, expected_revision=expected_revision(request)
        )
        return Response(status=204)

    def _shown(self, event: Event, status: int = 200) -> Response:
        stored = self.get_queryset().get(pk=event.pk)
        revision = None if self.is_public_view else stored.revision
        return with_revision(self.show(stored, status), revision)


def with_crew(events: EventQuerySet) -> EventQuerySet:
    """Load with events all that the schedule's keepers see, in a fixed number of queries."""
    return events.for_lists().prefetch_related(
        "duties__member", "overrides", "trip__duties__member", "trip__overrides"
    )


def _activities(event: Event, sent: list[dict[str, Any]] | None) -> tuple[ActivityInput, ...]:
    """Return the activities that were sent, or those the event has."""
    if sent is not None:
        return activity_inputs(sent)
    return tuple(
        ActivityInput(item.kind, item.title, item.audience) for item in event.activities.all()
    )
