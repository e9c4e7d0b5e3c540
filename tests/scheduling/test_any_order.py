"""Whatever people do to a schedule, in whatever order, what must never be false stays true."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Model
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from outreach.accounts.models import User
from outreach.common.errors import DomainError
from outreach.planning.models import OwedVisit
from outreach.scheduling import services, undo
from outreach.scheduling.disruption import (
    Choice,
    Choices,
    Trouble,
    What,
    disrupt,
    undo_disruption,
)
from outreach.scheduling.models import (
    Activity,
    DisruptedEvent,
    Disruption,
    Duty,
    Event,
    RuleOverride,
    State,
    Trip,
    TripPause,
)
from outreach.scheduling.retiming import Follow, put
from outreach.scheduling.services import CrewInput, PauseInput, rules
from outreach.scheduling.services.retiming import timed
from tests.cast import Cast, make_cast
from tests.scheduling.desk import activity, at, make_event, make_public_trip, storm, visit

HOURS = st.integers(6, 16)
LENGTHS = st.integers(1, 4)
PICK = st.integers(0, 3)
TABLES: list[type[Model]] = [
    *(Trip, Event, Activity, Duty, RuleOverride, TripPause, Disruption, DisruptedEvent, OwedVisit)
]
CREWS = st.sampled_from(["all", "two", "nobody"])
VENUES = st.sampled_from(["venue", "second_venue"])
REASON = st.sampled_from(["", "Vì bão"])


class Schedule(RuleBasedStateMachine):
    """Coordinators at work on two days, with one vehicle, three people and two venues."""

    cast: Cast

    @initialize()
    def start(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()
        self.cast = make_cast()
        # Something to work with, so that few steps lead far.
        make_public_trip(self.cast, visit(self.cast, 8), visit(self.cast, 13))
        make_event(self.cast)
        self.notes: list[str] = []

    def teardown(self) -> None:
        if hasattr(self, "block"):
            transaction.set_rollback(True)
            self.block.__exit__(None, None, None)

    # --- What people do ------------------------------------------------------------------------

    @rule(hour=HOURS, length=LENGTHS, stops=st.integers(0, 3), crew=CREWS, venue=VENUES, why=REASON)
    def schedule_trip(
        self, hour: int, length: int, stops: int, crew: str, venue: str, why: str
    ) -> None:
        place = getattr(self.cast, venue)
        self.attempt(
            lambda: services.schedule_trip(
                actor=self.cast.owner,
                library=self.cast.library,
                vehicle=self.cast.vehicle,
                departs_at=at(hour),
                returns_at=at(hour + 3 * length),
                crew=self.crew(crew),
                events=[
                    visit(self.cast, hour + length * n, length, venue=place) for n in range(stops)
                ],
                override_reason=why,
            )
        )

    @rule(hour=HOURS, length=LENGTHS, crew=CREWS, venue=VENUES)
    def schedule_event(self, hour: int, length: int, crew: str, venue: str) -> None:
        self.attempt(
            lambda: services.schedule_event(
                actor=self.cast.owner,
                library=self.cast.library,
                event=visit(self.cast, hour, length, venue=getattr(self.cast, venue)),
                crew=self.crew(crew),
            )
        )

    @rule(pick=PICK, hour=HOURS, length=LENGTHS, venue=VENUES)
    def add_stop(self, pick: int, hour: int, length: int, venue: str) -> None:
        wanted = visit(self.cast, hour, length, venue=getattr(self.cast, venue))
        self.to_trip(pick, services.add_stop, event=wanted)

    @rule(pick=PICK, hour=HOURS, length=LENGTHS, crew=CREWS, why=REASON)
    def change_trip(self, pick: int, hour: int, length: int, crew: str, why: str) -> None:
        self.to_trip(
            pick,
            services.change_trip,
            vehicle=self.cast.vehicle,
            departs_at=at(hour),
            returns_at=at(hour + 3 * length),
            crew=self.crew(crew),
            override_reason=why,
        )

    @rule(pick=PICK, hour=HOURS, why=REASON)
    def move_trip(self, pick: int, hour: int, why: str) -> None:
        self.to_trip(pick, services.move_trip, departs_at=at(hour), reason=why, override_reason=why)

    @rule(pick=PICK, why=REASON)
    def publish_trip(self, pick: int, why: str) -> None:
        self.to_trip(pick, services.publish_trip, override_reason=why)

    @rule(pick=PICK)
    def cancel_trip(self, pick: int) -> None:
        self.to_trip(pick, services.cancel_trip, why=storm())

    @rule(pick=PICK)
    def remove_trip(self, pick: int) -> None:
        self.to_trip(pick, services.remove_trip)

    @rule(pick=PICK, hour=HOURS, length=st.integers(-1, 6), venue=VENUES, why=REASON)
    def move_event(self, pick: int, hour: int, length: int, venue: str, why: str) -> None:
        self.to_event(
            pick,
            services.move_event,
            starts_at=at(hour),
            ends_at=at(hour + length),
            venue=getattr(self.cast, venue),
            reason=why,
            override_reason=why,
        )

    @rule(pick=PICK, kinds=st.integers(0, 2), shares=st.booleans(), crew=CREWS)
    def change_event(self, pick: int, kinds: int, shares: bool, crew: str) -> None:
        self.to_event(
            pick,
            services.change_event,
            title="Tên mới",
            note="",
            activities=(activity("talk"), activity("donation"))[:kinds],
            shares_venue=shares,
            crew=self.crew(crew),
        )

    @rule(pick=PICK, why=REASON)
    def publish_event(self, pick: int, why: str) -> None:
        self.to_event(pick, services.publish_event, override_reason=why)

    @rule(pick=PICK)
    def cancel_event(self, pick: int) -> None:
        self.to_event(pick, services.cancel_event, why=storm())

    @rule(pick=PICK, why=REASON)
    def restore_event(self, pick: int, why: str) -> None:
        self.to_event(pick, services.restore_event, override_reason=why)

    @rule(pick=PICK)
    def remove_event(self, pick: int) -> None:
        self.to_event(pick, services.remove_event)

    @rule(pick=PICK, first=HOURS, length=LENGTHS, second=HOURS, why=REASON)
    def set_pauses(self, pick: int, first: int, length: int, second: int, why: str) -> None:
        pauses = [
            PauseInput("lunch", at(first), at(first + length)),
            PauseInput("rest", at(second + 0.25), at(second + 0.5)),
        ]
        self.to_trip(pick, services.set_pauses, pauses=pauses, override_reason=why)

    @rule(
        pick=PICK,
        place=PICK,
        hour=HOURS,
        length=LENGTHS,
        others=st.sampled_from(Follow),
        why=REASON,
    )
    def retime_trip(
        self, pick: int, place: int, hour: int, length: int, others: Follow, why: str
    ) -> None:
        def retime(actor: User, trip: Trip) -> None:
            now = timed(trip)
            slots = now.timeline.slots
            if slots:
                key = slots[place % len(slots)].key
                later = put(now.timeline, key, at(hour), at(hour + length), now.road, others)
                services.retime_trip(
                    actor=actor, trip=trip, timeline=later, reason=why, override_reason=why
                )

        self.to_trip(pick, retime)

    @rule(pick=PICK, hour=HOURS)
    def drag_trip(self, pick: int, hour: int) -> None:
        """Move a trip on the board, and keep the note with which that is undone."""

        def drag(actor: User, trip: Trip) -> None:
            was = undo.before(trip)
            moved = services.move_trip(
                actor=actor, trip=trip, departs_at=at(hour), reason="Bão", override_reason="Bão"
            )
            self.notes.append(undo.note(was, moved, actor=actor, events_went_along=True))

        self.to_trip(pick, drag)

    @rule()
    def undo_drag(self) -> None:
        if self.notes:
            note = self.notes.pop()
            self.attempt(lambda: undo.take_back(note, actor=self.cast.owner))

    @rule(
        start=HOURS,
        length=LENGTHS,
        what=st.sampled_from(What),
        days=st.integers(1, 2),
        leaves=PICK,
        is_undone=st.booleans(),
    )
    def strike(
        self, start: int, length: int, what: What, days: int, leaves: int, is_undone: bool
    ) -> None:
        events = list(Event.objects.order_by("pk"))
        spared = {events[leaves % len(events)].uid: Choice()} if events and leaves else {}
        trouble = Trouble(self.cast.library, storm(), at(start), at(start + 3 * length))
        chosen = Choices(Choice(what, days if what == What.POSTPONE else 0), {})
        if spared and any(
            event.uid in spared and event.starts_at < trouble.ends_at for event in events
        ):
            chosen = Choices(chosen.otherwise, spared)
        self.attempt(
            lambda: disrupt(
                actor=self.cast.owner, trouble=trouble, choices=chosen, override_reason="Bão"
            )
        )
        if is_undone:
            self.undo_strike(0)

    @rule(pick=PICK)
    def undo_strike(self, pick: int) -> None:
        done = list(Disruption.objects.order_by("-pk"))
        if done:
            one = done[pick % len(done)]
            self.attempt(lambda: undo_disruption(actor=self.cast.owner, disruption=one))

    # --- What is always true -------------------------------------------------------------------

    @invariant()
    def no_vehicle_person_or_venue_is_taken_twice(self) -> None:
        trips = Trip.objects.standing().values_list("vehicle", "departs_at", "returns_at")
        assert_apart(trips)
        duties = Duty.objects.filter(is_standing=True)
        assert_apart(duties.values_list("member", "starts_at", "ends_at"))
        events = Event.objects.standing()
        assert_apart(events.values_list("trip", "starts_at", "ends_at").exclude(trip=None))
        alone = events.filter(shares_venue=False)
        assert_apart(alone.values_list("venue", "starts_at", "ends_at"))

    @invariant()
    def every_event_lies_in_its_trip_and_runs_forwards(self) -> None:
        for event in Event.objects.standing().select_related("trip"):
            assert event.starts_at < event.ends_at
            if event.trip is not None:
                assert event.trip.departs_at <= event.starts_at
                assert event.ends_at <= event.trip.returns_at
                assert event.trip.state != State.CANCELLED

    @invariant()
    def every_pause_lies_in_its_trip_and_beside_its_stops(self) -> None:
        for trip in Trip.objects.prefetch_related("pauses"):
            if trip.state == State.CANCELLED:
                continue
            taken = list(trip.pauses.all()) + list(trip.events.standing())
            assert_apart((trip.pk, one.starts_at, one.ends_at) for one in taken)
            for pause in trip.pauses.all():
                assert trip.departs_at <= pause.starts_at < pause.ends_at <= trip.returns_at

    @invariant()
    def a_visit_is_owed_where_a_public_one_was_called_off_and_nowhere_else(self) -> None:
        called_off = Event.objects.filter(state=State.CANCELLED, published_at__isnull=False)
        visits = called_off.filter(activities__kind="mobile_service")
        owed = set(OwedVisit.objects.values_list("event", flat=True))
        assert owed == set(visits.values_list("pk", flat=True))

    @invariant()
    def a_crew_is_on_duty_as_long_as_its_trip_or_event(self) -> None:
        for duty in Duty.objects.select_related("trip", "event"):
            owner = duty.trip or duty.event
            assert owner is not None
            span = (
                (owner.departs_at, owner.returns_at)
                if isinstance(owner, Trip)
                else (owner.starts_at, owner.ends_at)
            )
            assert (duty.starts_at, duty.ends_at) == span
            assert duty.is_standing == (owner.state != State.CANCELLED)

    @invariant()
    def what_is_public_says_since_when_and_has_activities(self) -> None:
        for event in Event.objects.filter(state=State.PUBLISHED).select_related("trip"):
            assert event.published_at is not None
            assert event.trip is None or event.trip.state == State.PUBLISHED
            assert event.activities.exists()
        for trip in Trip.objects.filter(state=State.PUBLISHED):
            assert trip.events.standing().exists()
        for event in Event.objects.filter(state=State.CANCELLED):
            assert event.cancel_reason_id
            assert event.cancelled_at

    @invariant()
    def a_public_crew_that_is_too_small_was_overridden(self) -> None:
        for trip in Trip.objects.filter(state=State.PUBLISHED):
            if trip.duties.count() < 3:
                assert trip.overrides.standing().filter(rule="crew_too_small").exists()

    @invariant()
    def no_badge_tells_of_what_is_not_so(self) -> None:
        for trip in Trip.objects.standing().exclude(overrides=None).distinct():
            found = {finding.mark for finding in rules.stored_trip_findings(trip)}
            for override in trip.overrides.standing():
                assert override.found.mark in found
        for event in Event.objects.standing().exclude(overrides=None).distinct():
            crew = CrewInput.of(list(event.duties.select_related("member")))
            found = {finding.mark for finding in rules.event_findings(event, crew)}
            for override in event.overrides.standing():
                assert override.found.mark in found

    @invariant()
    def the_history_ends_with_what_is_stored(self) -> None:
        for model in (Trip, Event, Activity, Duty, TripPause):
            for record in model.objects.all():
                last = record.history.first()
                assert last is not None
                names = [field.attname for field in model._meta.concrete_fields]
                assert [getattr(last, name) for name in names] == [
                    getattr(record, name) for name in names
                ]

    # --- How they do it ------------------------------------------------------------------------

    def crew(self, size: str) -> CrewInput:
        everybody = self.cast.crew
        if size == "two":
            return CrewInput(everybody.operator, everybody.professionals[:1])
        return everybody if size == "all" else CrewInput()

    def to_trip(self, pick: int, service: Callable[..., Any], **given: Any) -> None:
        trips = list(Trip.objects.order_by("pk"))
        if trips:
            trip = trips[pick % len(trips)]
            self.attempt(lambda: service(actor=self.cast.owner, trip=trip, **given))

    def to_event(self, pick: int, service: Callable[..., Any], **given: Any) -> None:
        events = list(Event.objects.order_by("pk"))
        if events:
            event = events[pick % len(events)]
            self.attempt(lambda: service(actor=self.cast.owner, event=event, **given))

    def attempt(self, deed: Callable[[], object]) -> None:
        """Do it; a refusal must have changed nothing."""
        before = rows()
        try:
            deed()
        except (DomainError, ValidationError):
            assert rows() == before


def rows() -> list[Any]:
    """Return what is stored of the schedule."""
    return [list(model._default_manager.order_by("pk").values_list()) for model in TABLES]


def assert_apart(spans: Any) -> None:
    """Fail where two periods of one resource share a moment."""
    ordered = sorted(spans)
    for (one, _start, end), (other, start, _end) in itertools.pairwise(ordered):
        assert one != other or end <= start


@pytest.mark.django_db
def test_no_order_of_changes_breaks_the_schedule() -> None:
    run_state_machine_as_test(
        Schedule,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            # A trace of 20 steps is read in a minute; shortening it takes longer than that.
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
