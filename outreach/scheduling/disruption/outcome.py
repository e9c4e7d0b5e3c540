"""Working out what becomes of events and trips, without changing anything."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from outreach.common import clock
from outreach.scheduling.disruption.inputs import Choice, Choices, What
from outreach.scheduling.models import Duty, Event, State, Trip, TripPause
from outreach.scheduling.services import records

OfTrip = TypeVar("OfTrip", Event, Duty, TripPause)


@dataclass(slots=True)
class Step:
    """What becomes of one event.

    Attributes:
        before: the event as it is stored.
        after: the same one as it is to be; not stored.
        days: how many days later.
    """

    before: Event
    after: Event
    what: What
    days: int = 0


@dataclass(slots=True)
class Run:
    """A trip that goes on another day: the stored one with all its stops, or a new one.

    Attributes:
        trip: as it is to be.
        source: as it is stored; for a new trip the one whose stops it takes over.
        duties: the crew, as it is to be.
    """

    trip: Trip
    source: Trip
    days: int
    steps: list[Step]
    duties: list[Duty]
    pauses: list[TripPause]

    @property
    def is_new(self) -> bool:
        """Whether the trip is made for this, as other stops of its source stay on their day."""
        return self.trip.pk is None


@dataclass(slots=True)
class Outcome:
    """What becomes of everything: the events with a choice, and the trips they belong to.

    Attributes:
        steps: in order of time; without the events that are left as they are.
        runs: trips that go on another day.
        called_off: trips of which no stop is left, as they are to be.
        lone: events without a trip that are postponed, with their crews as they are to be.
    """

    steps: list[Step] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    called_off: list[Trip] = field(default_factory=list)
    lone: list[tuple[Step, list[Duty]]] = field(default_factory=list)

    @property
    def postponed(self) -> list[Step]:
        """The events that go on another day."""
        return [step for step in self.steps if step.what == What.POSTPONE]


def later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the same clock time in ``zone`` so many days later."""
    local = clock.local(moment, zone)
    return clock.at(local.date() + timedelta(days=days), local.time(), zone)


def work_out(events: Sequence[Event], choices: Choices) -> Outcome:
    """Return what becomes of ``events`` and of their trips; four queries, however many.

    A trip whose remaining stops are all postponed by the same days goes along as a whole, with its
    vehicle, crew and pauses. Stops that leave others behind go as a new trip of the same vehicle
    and crew. A trip without a stop left is called off.
    """
    steps = [
        _step(event, choice) for event in events if (choice := choices.of(event)).what is not None
    ]
    outcome = Outcome(steps=steps)
    for step in outcome.postponed:
        if step.before.trip is None:
            duties = [_moved(duty, step.days, _zone(step)) for duty in step.before.duties.all()]
            outcome.lone.append((step, duties))
    trips = {step.before.trip.pk: step.before.trip for step in steps if step.before.trip}
    stops = _by_trip(Event.objects.standing().filter(trip__in=trips))
    crews = _by_trip(Duty.objects.filter(trip__in=trips).select_related("member"))
    pauses = _by_trip(TripPause.objects.filter(trip__in=trips).select_related("venue"))
    for pk, trip in trips.items():
        own = [step for step in steps if step.before.trip_id == pk]
        for run in _runs(trip, own, stops[pk], outcome):
            run.duties = [_taken_over(duty, run) for duty in crews[pk]]
            run.pauses = [_pause(pause, run) for pause in pauses[pk]]
            outcome.runs.append(run)
    return outcome


def _step(event: Event, choice: Choice) -> Step:
    after = copy.copy(event)
    what = What(choice.what or What.CANCEL)
    after.revision += 1
    if what == What.INDOORS:
        after.is_indoors = True
    elif what == What.POSTPONE:
        zone = event.library.zone
        after.starts_at = later(event.starts_at, choice.days, zone)
        after.ends_at = later(event.ends_at, choice.days, zone)
        records.place(after)
    else:
        after.state = State.CANCELLED
    return Step(event, after, what, choice.days if what == What.POSTPONE else 0)


def _runs(trip: Trip, steps: list[Step], stops: Iterable[Event], outcome: Outcome) -> Iterator[Run]:
    """Yield the runs that a trip's postponed stops go on; call the trip off if none is left."""
    gone = {step.before.pk for step in steps if step.what != What.INDOORS}
    stays = any(stop.pk not in gone for stop in stops)
    by_days: dict[int, list[Step]] = defaultdict(list)
    for step in steps:
        if step.what == What.POSTPONE:
            by_days[step.days].append(step)
    if not stays and not by_days:
        outcome.called_off.append(_called_off(trip))
    for place, (days, group) in enumerate(sorted(by_days.items())):
        yield _run(trip, days, group, is_new=stays or place > 0)


def _called_off(trip: Trip) -> Trip:
    over = copy.copy(trip)
    over.state = State.CANCELLED
    over.revision += 1
    return over


def _run(trip: Trip, days: int, steps: list[Step], *, is_new: bool) -> Run:
    zone = trip.library.zone
    moved = copy.copy(trip)
    moved.departs_at = later(trip.departs_at, days, zone)
    moved.returns_at = later(trip.returns_at, days, zone)
    if is_new:
        moved = Trip(
            library=trip.library,
            vehicle=trip.vehicle,
            departs_at=moved.departs_at,
            returns_at=moved.returns_at,
            note=trip.note,
            state=trip.state,
        )
    else:
        moved.revision += 1
    for step in steps:
        step.after.trip = moved
    return Run(moved, trip, days, steps, [], [])


def _taken_over(duty: Duty, run: Run) -> Duty:
    """Return a duty of the source as the run has it; duties last as long as their trip."""
    taken = Duty(member=duty.member, role=duty.role) if run.is_new else copy.copy(duty)
    taken.trip = run.trip
    taken.starts_at, taken.ends_at = run.trip.departs_at, run.trip.returns_at
    return taken


def _pause(pause: TripPause, run: Run) -> TripPause:
    zone = run.source.library.zone
    moved = copy.copy(pause)
    if run.is_new:
        moved = TripPause(kind=pause.kind, venue=pause.venue, place=pause.place)
        moved.trip = run.trip
    moved.starts_at = later(pause.starts_at, run.days, zone)
    moved.ends_at = later(pause.ends_at, run.days, zone)
    return moved


def _moved(duty: Duty, days: int, zone: ZoneInfo) -> Duty:
    moved = copy.copy(duty)
    moved.starts_at, moved.ends_at = (
        later(duty.starts_at, days, zone),
        later(duty.ends_at, days, zone),
    )
    return moved


def _zone(step: Step) -> ZoneInfo:
    return step.before.library.zone


def _by_trip(rows: Iterable[OfTrip]) -> Mapping[int, list[OfTrip]]:
    found: dict[int, list[OfTrip]] = defaultdict(list)
    for row in rows:
        found[row.trip_id or 0].append(row)
    return found
