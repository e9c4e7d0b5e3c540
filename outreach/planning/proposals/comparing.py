"""What is otherwise in one plan than in another: two proposals, or one and the running season."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from outreach.common import clock
from outreach.planning.models import Proposal, ProposedVisit
from outreach.planning.proposals import standing
from outreach.scheduling.models import Event

SAME_TIME = timedelta(minutes=30)
"""A visit that moves by no more than this within its day has not changed."""


class What(StrEnum):
    """What became of a visit."""

    ADDED = "added"
    MOVED = "moved"
    OTHER_VEHICLE = "other_vehicle"
    OTHER_TIME = "other_time"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Seen:
    """A visit of a plan.

    Attributes:
        due_on: the day it is due by its rhythm; its own where nobody knows.
        visit: the row of a proposal, if it is of one.
        event: the event, if it is of the schedule.
    """

    venue: int
    venue_name: str
    commune: str
    vehicle: int | None
    vehicle_name: str
    starts_at: datetime
    on: date
    due_on: date
    visit: ProposedVisit | None = None
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Difference:
    """A visit that is otherwise.

    Attributes:
        before: ``None`` for what was added.
        after: ``None`` for what was dropped.
    """

    what: What
    before: Seen | None
    after: Seen | None

    @property
    def seen(self) -> Seen:
        """The visit as it is now, or was."""
        one = self.after or self.before
        assert one is not None
        return one


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two plans side by side.

    Attributes:
        differences: in order of time.
        same: how many visits are in both as they were.
    """

    differences: tuple[Difference, ...]
    same: int

    @property
    def counts(self) -> Mapping[str, int]:
        """How many visits became what, by :class:`What`."""
        return Counter(str(one.what) for one in self.differences)


def compare(before: Proposal, after: Proposal) -> Comparison:
    """Return what is otherwise in ``after``; scenarios may differ. A fixed number of queries."""
    reach = standing.reach_of([*before.scenario.stops.all(), *after.scenario.stops.all()])
    return compared(visits_of(before), visits_of(after), reach)


def compare_with_season(proposal: Proposal, *, now: datetime | None = None) -> Comparison:
    """Return what is otherwise in a proposal than in the schedule of its season.

    What has left already is no part of it. A fixed number of queries.
    """
    scenario = proposal.scenario
    moment = now or clock.now()
    zone = scenario.season.library.zone
    events = standing.events_of(standing.standing_of(scenario, now=moment).coming)
    return compared(
        seen_events(events, zone), visits_of(proposal), standing.reach_of(scenario.stops.all())
    )


def compared(before: Sequence[Seen], after: Sequence[Seen], reach: Mapping[int, int]) -> Comparison:
    """Return what is otherwise between two lists of visits."""
    pairs = standing.matched(_slots(after), _slots(before), reach)
    taken = set(pairs.values())
    found = [
        Difference(What.DROPPED, one, None)
        for number, one in enumerate(before)
        if number not in taken
    ]
    same = 0
    for number, now in enumerate(after):
        was = before[pairs[number]] if number in pairs else None
        what = _what(was, now)
        if what is None:
            same += 1
        else:
            found.append(Difference(what, was, now))
    ordered = sorted(found, key=lambda one: (one.seen.starts_at, one.seen.venue, one.what))
    return Comparison(tuple(ordered), same)


def visits_of(proposal: Proposal) -> list[Seen]:
    """Return the visits of a proposal, in order of time; one query."""
    zone = proposal.scenario.season.library.zone
    rows = (
        ProposedVisit.objects.filter(trip__proposal=proposal)
        .select_related("stop__venue__commune", "trip__vehicle")
        .order_by("starts_at", "pk")
    )
    return [
        Seen(
            venue=row.stop.venue_id,
            venue_name=row.stop.venue.name,
            commune=row.stop.venue.commune.full_name if row.stop.venue.commune else "",
            vehicle=row.trip.vehicle_id,
            vehicle_name=row.trip.vehicle.name,
            starts_at=row.starts_at,
            on=clock.local(row.starts_at, zone).date(),
            due_on=row.occurrence_on,
            visit=row,
        )
        for row in rows
    ]


def seen_events(events: Sequence[Event], zone: ZoneInfo) -> list[Seen]:
    """Return events of loaded trips as visits, in order of time; one query."""
    due = standing.due_days({event.pk for event in events})
    found = []
    for event in sorted(events, key=lambda one: (one.starts_at, one.pk)):
        on = clock.local(event.starts_at, zone).date()
        vehicle = event.trip.vehicle if event.trip is not None else None
        found.append(
            Seen(
                venue=event.venue_id,
                venue_name=event.venue.name,
                commune=event.venue.commune.full_name if event.venue.commune else "",
                vehicle=vehicle.pk if vehicle else None,
                vehicle_name=vehicle.name if vehicle else "",
                starts_at=event.starts_at,
                on=on,
                due_on=due.get(event.pk, on),
                event=event,
            )
        )
    return found


def _what(was: Seen | None, now: Seen) -> What | None:
    if was is None:
        return What.ADDED
    if was.on != now.on:
        return What.MOVED
    if was.vehicle != now.vehicle:
        return What.OTHER_VEHICLE
    return What.OTHER_TIME if abs(was.starts_at - now.starts_at) > SAME_TIME else None


def _slots(visits: Sequence[Seen]) -> list[standing.Slot]:
    return [
        standing.Slot(number, one.venue, one.on, one.due_on) for number, one in enumerate(visits)
    ]
