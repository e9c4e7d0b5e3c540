"""``/trips/``: one vehicle's run with its crew and its events in order."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Prefetch
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.events import EventSerializer, VehicleRef, with_crew
from api.fields import Instant, Named, OwnLibrary, long_text, only_library
from api.filtering import DayFilter, Narrowing, Ordering
from api.preconditions import IF_MATCH, expected_revision, with_revision
from api.resources import UID, Resource
from api.schedule import (
    CancelSerializer,
    CrewInputSerializer,
    DecisionSerializer,
    DutySerializer,
    OverrideSerializer,
    PlannedEventSerializer,
    ReasonsSerializer,
    crew_input,
    decision,
    event_input,
    override_field,
    refuse_reversed,
    revision_field,
    stored_crew,
    why_field,
)
from api.trip_times import (
    NewTimesSerializer,
    PauseSerializer,
    TimesSerializer,
    pause_inputs,
    pauses_field,
    timeline_of,
)
from api.venues import LibraryRef, VenueRef
from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.fleet.models import Vehicle
from outreach.scheduling import services
from outreach.scheduling.models import Event, State, Trip, TripPause
from outreach.scheduling.retiming_preview import preview_retiming
from outreach.scheduling.services.retiming import retime_trip, timed

MOST_EVENTS = 50


class StopSerializer(serializers.ModelSerializer[Event]):
    """An event, as its trip mentions it."""

    venue = VenueRef(read_only=True)

    class Meta:
        model = Event
        fields = ["uid", "title", "state", "starts_at", "ends_at", "venue", "revision"]
        read_only_fields = fields


class TripSerializer(serializers.ModelSerializer[Trip]):
    """A trip with its crew and its events in order of time."""

    library = LibraryRef(read_only=True)
    vehicle = VehicleRef(read_only=True)
    crew = DutySerializer(source="duties", many=True, read_only=True)
    events = StopSerializer(many=True, read_only=True)
    pauses = PauseSerializer(many=True, read_only=True)
    overrides = OverrideSerializer(many=True, read_only=True)

    class Meta:
        model = Trip
        fields = [
            "uid",
            "state",
            "library",
            "vehicle",
            "departs_at",
            "returns_at",
            "note",
            "revision",
            "crew",
            "events",
            "pauses",
            "overrides",
        ]
        read_only_fields = fields


class CrewedSerializer(ReasonsSerializer):
    """What a trip to be and a change of one have in common."""

    crew = CrewInputSerializer(required=False)
    note = long_text(help_text="For the crew.")
    pauses = pauses_field()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse a return before the departure."""
        refuse_reversed(attrs, "departs_at", "returns_at")
        return attrs


class ChangedTripSerializer(CrewedSerializer):
    """A trip's vehicle, times, crew and note; what is left out stays. Its events stay in place."""

    vehicle = Named(slug_field="slug", queryset=Vehicle.objects.in_use(), required=False)
    departs_at = Instant(required=False)
    returns_at = Instant(required=False)
    expected_revision = revision_field()


class NewTripSerializer(CrewedSerializer):
    """A trip to be, with its crew and events: all of it is stored, or nothing."""

    library = OwnLibrary(Action.SCHEDULE, required=False)
    vehicle = Named(slug_field="slug", queryset=Vehicle.objects.in_use())
    departs_at = Instant()
    returns_at = Instant()
    events = serializers.ListField(
        child=PlannedEventSerializer(), required=False, max_length=MOST_EVENTS
    )


class MovedTripSerializer(DecisionSerializer):
    """When the trip departs instead; everything on it moves by the same time."""

    departs_at = Instant()


class AddedEventSerializer(PlannedEventSerializer):
    """An event to be added to a trip."""

    reason = why_field()
    override_reason = override_field()
    expected_revision = revision_field()


class TripFilter(Narrowing):
    """What the list of trips may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    vehicle = django_filters.CharFilter("vehicle__slug", max_length=60)
    state = django_filters.ChoiceFilter(choices=State.choices)
    since = DayFilter(method="not_over", help_text="Those not back before this day.")
    before = DayFilter(method="begun", help_text="Those departed before this day.")
    ordering = Ordering(fields=["departs_at"])

    class Meta:
        model = Trip
        fields: list[str] = []

    def not_over(self, rows: Any, _name: str, day: Any) -> Any:
        """Return the trips that are not back when ``day`` begins."""
        return rows.filter(returns_at__gt=clock.start_of(day))

    def begun(self, rows: Any, _name: str, day: Any) -> Any:
        """Return the trips that depart before ``day`` begins."""
        return rows.filter(departs_at__lt=clock.start_of(day))


NEW_TRIP = OpenApiExample(
    "a day with two stops",
    value={
        "library": "nghe-an",
        "vehicle": "xe-nghe-an-1",
        "departs_at": "2026-03-02T06:30:00+07:00",
        "returns_at": "2026-03-02T17:00:00+07:00",
        "crew": {"operator": 1, "professionals": [2, 3]},
        "events": [
            {
                "venue": "truong-tieu-hoc-muong-xen",
                "starts_at": "2026-03-02T08:00:00+07:00",
                "ends_at": "2026-03-02T11:00:00+07:00",
                "activities": [{"kind": "mobile_service", "audience": "primary"}],
            },
            {
                "venue": "nha-van-hoa-ta-ca",
                "starts_at": "2026-03-02T13:30:00+07:00",
                "ends_at": "2026-03-02T15:30:00+07:00",
                "activities": [{"kind": "exhibition", "audience": "adult"}],
            },
        ],
    },
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(summary="The trips of your libraries"),
)
class Trips(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Trip]):
    """Who goes where with which vehicle."""

    queryset = Trip.objects.select_related("library", "vehicle").prefetch_related(
        Prefetch("events", Event.objects.select_related("venue")),
        "duties__member",
        "overrides",
        Prefetch("pauses", TripPause.objects.select_related("venue")),
    )
    serializer_class = TripSerializer
    filterset_class = TripFilter
    lookup_field = "uid"
    lookup_value_regex = UID

    @extend_schema(summary="One trip")
    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show one trip; its ETag is what If-Match takes."""
        return self._shown(self.get_object())

    @extend_schema(
        summary="Schedule a trip with its events",
        request=NewTripSerializer,
        responses={201: TripSerializer},
        examples=[NEW_TRIP],
    )
    def create(self, request: Request) -> Response:
        """Schedule a draft trip with its crew and events, all or nothing."""
        sent = self.read(NewTripSerializer)
        trip = services.schedule_trip(
            actor=self.actor,
            library=sent.get("library") or only_library(self.actor, Action.SCHEDULE),
            vehicle=sent["vehicle"],
            departs_at=sent["departs_at"],
            returns_at=sent["returns_at"],
            crew=crew_input(sent.get("crew")),
            events=[event_input(event) for event in sent.get("events", ())],
            pauses=pause_inputs(sent.get("pauses", [])),
            note=sent.get("note", ""),
            reason=sent.get("reason", ""),
            override_reason=sent.get("override_reason", ""),
        )
        return self._shown(trip, status=201)

    @extend_schema(
        summary="Change a trip",
        parameters=[IF_MATCH],
        request=ChangedTripSerializer,
        responses=TripSerializer,
    )
    def partial_update(self, request: Request, uid: str) -> Response:
        """Change vehicle, times, crew or note; the events stay where they are."""
        trip = self.get_object()
        sent = self.read(ChangedTripSerializer)
        services.change_trip(
            actor=self.actor,
            trip=trip,
            vehicle=sent.get("vehicle", trip.vehicle),
            departs_at=sent.get("departs_at", trip.departs_at),
            returns_at=sent.get("returns_at", trip.returns_at),
            crew=crew_input(sent["crew"]) if "crew" in sent else stored_crew(trip),
            note=sent.get("note", trip.note),
            pauses=pause_inputs(sent["pauses"]) if "pauses" in sent else None,
            **decision(request, sent),
        )
        return self._shown(trip)

    @extend_schema(
        summary="Move a whole trip",
        parameters=[IF_MATCH],
        request=MovedTripSerializer,
        responses=TripSerializer,
    )
    @action(detail=True, methods=["post"])
    def move(self, request: Request, uid: str) -> Response:
        """Depart at another time; return and events move by the same time."""
        trip = self.get_object()
        sent = self.read(MovedTripSerializer)
        services.move_trip(
            actor=self.actor,
            trip=trip,
            departs_at=sent["departs_at"],
            **decision(request, sent),
        )
        return self._shown(trip)

    @extend_schema(
        summary="Change the times of a trip",
        parameters=[IF_MATCH],
        request=NewTimesSerializer,
        responses=TimesSerializer,
    )
    @action(detail=True, methods=["post"])
    def times(self, request: Request, uid: str) -> Response:
        """Move, stretch or reorder its stops and pauses, or only show what that would change."""
        trip = self.get_object()
        sent = self.read(NewTimesSerializer)
        if not self.actor.may(Action.SCHEDULE, trip.library_id):
            raise NotAllowed()
        stored = timed(trip)
        timeline = timeline_of(stored, sent)
        preview = preview_retiming(stored, timeline, actor=self.actor)
        is_tried = sent.get("dry_run", False)
        if not is_tried:
            retime_trip(actor=self.actor, trip=trip, timeline=timeline, **decision(request, sent))
            trip.refresh_from_db(fields=["revision"])
        shown = TimesSerializer(
            {
                "kept": not is_tried,
                "revision": trip.revision,
                "rows": preview.rows,
                "hindrances": preview.hindrances,
            }
        )
        return with_revision(Response(shown.data), trip.revision)

    @extend_schema(
        summary="Publish a trip",
        parameters=[IF_MATCH],
        request=DecisionSerializer,
        responses=TripSerializer,
    )
    @action(detail=True, methods=["post"])
    def publish(self, request: Request, uid: str) -> Response:
        """Make a trip and its draft events public. Doing it twice changes nothing more."""
        trip = self.get_object()
        sent = self.read(DecisionSerializer)
        services.publish_trip(actor=self.actor, trip=trip, **decision(request, sent))
        return self._shown(trip)

    @extend_schema(
        summary="Cancel a trip",
        parameters=[IF_MATCH],
        request=CancelSerializer,
        responses=TripSerializer,
    )
    @action(detail=True, methods=["post"])
    def cancel(self, request: Request, uid: str) -> Response:
        """Call a trip off with all its events; vehicle and crew are free again."""
        trip = self.get_object()
        sent = self.read(CancelSerializer)
        services.cancel_trip(
            actor=self.actor,
            trip=trip,
            why=sent["reason"],
            note=sent.get("note", ""),
            expected_revision=expected_revision(request, sent),
        )
        return self._shown(trip)

    @extend_schema(
        summary="Add an event to a trip",
        parameters=[IF_MATCH],
        request=AddedEventSerializer,
        responses={201: EventSerializer},
    )
    @action(detail=True, methods=["post"], url_path="events")
    def add_event(self, request: Request, uid: str) -> Response:
        """Add a draft event between the trip's departure and return."""
        trip = self.get_object()
        sent = self.read(AddedEventSerializer)
        event = services.add_stop(
            actor=self.actor,
            trip=trip,
            event=event_input(sent),
            reason=sent.get("reason", ""),
            override_reason=sent.get("override_reason", ""),
            expected_revision=expected_revision(request, sent),
        )
        stored = with_crew(Event.objects.all()).get(pk=event.pk)
        shown = EventSerializer(stored, context=self.get_serializer_context())
        return with_revision(Response(shown.data, status=201), stored.revision)

    @extend_schema(
        summary="Remove a draft trip", parameters=[IF_MATCH], request=None, responses={204: None}
    )
    def destroy(self, request: Request, uid: str) -> Response:
        """Delete a trip that was never public, with its events."""
        trip = self.get_object()
        services.remove_trip(
            actor=self.actor, trip=trip, expected_revision=expected_revision(request)
        )
        return Response(status=204)

    def _shown(self, trip: Trip, status: int = 200) -> Response:
        stored = self.get_queryset().get(pk=trip.pk)
        return with_revision(self.show(stored, status), stored.revision)
