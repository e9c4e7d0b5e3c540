"""What other times for a trip would change and break, before they are kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.scheduling.clashes import Clash
from outreach.scheduling.models import Event, TripPause
from outreach.scheduling.placement import (
    Hindrance,
    Weight,
    members_taken,
    of_clash,
    of_finding,
    vehicle_taken,
    venues_taken,
)
from outreach.scheduling.retiming import BASE, DEPARTURE, RETURN, Slot, Timeline
from outreach.scheduling.services import rules
from outreach.scheduling.services.retiming import Timed
from outreach.scheduling.ways import Way

Span = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Row:
    """The departure, a stop, a pause or the return, as it is and as it would be.

    Attributes:
        key: ``departure``, ``return``, or the key of the slot.
        was: start and end as they are stored.
        starts_at, ends_at: as they would be.
        way: the way to it, where something is known of it.
        gap_min: how many minutes the new times leave for that way.
        spare_min: how many are wanted on top of it.
    """

    key: str
    was: Span
    starts_at: datetime
    ends_at: datetime
    event: Event | None = None
    pause: TripPause | None = None
    way: Way | None = None
    gap_min: int = 0
    spare_min: int = 0

    @property
    def was_starts_at(self) -> datetime:
        """The stored start."""
        return self.was[0]

    @property
    def was_ends_at(self) -> datetime:
        """The stored end."""
        return self.was[1]

    @property
    def is_changed(self) -> bool:
        """Whether the new times differ from the stored ones."""
        return self.was != (self.starts_at, self.ends_at)

    @property
    def moved_min(self) -> int:
        """By how many minutes it would start later; negative for earlier."""
        return round((self.starts_at - self.was[0]).total_seconds() / 60)

    @property
    def is_tight(self) -> bool:
        """Whether less time is left than the way takes, with the minutes to spare."""
        if self.way is None or self.way.minutes == 0:
            return False
        return self.gap_min < self.way.minutes + self.spare_min


@dataclass(frozen=True, slots=True)
class Preview:
    """What a trip would be with other times.

    Attributes:
        rows: in the order they would be, from departure to return.
        hindrances: what stands against it, the worst first.
    """

    rows: tuple[Row, ...]
    hindrances: tuple[Hindrance, ...]

    @property
    def changes(self) -> bool:
        """Whether anything would be different."""
        return any(row.is_changed for row in self.rows)

    @property
    def shown(self) -> list[Row]:
        """The rows worth looking at: those that change, and those that come too soon."""
        return [row for row in self.rows if row.is_changed or row.is_tight]

    @property
    def stay(self) -> int:
        """How many rows besides stay as they are."""
        return len(self.rows) - len(self.shown)

    @property
    def is_refused(self) -> bool:
        """Whether it cannot be kept, whatever reason is given."""
        return any(one.weight == Weight.HARD for one in self.hindrances)

    @property
    def tone(self) -> str:
        """How loudly to say what stands against it."""
        return "danger" if self.is_refused else "warning"

    @property
    def wants_reason(self) -> bool:
        """Whether a soft rule must be overridden with a reason."""
        return any(one.weight == Weight.SOFT for one in self.hindrances)


def preview_retiming(stored: Timed, timeline: Timeline, *, actor: User) -> Preview:
    """Return what would change and what stands against it, in a fixed number of queries.

    Raises:
        InvalidInput: if the timeline is not about the stops and pauses of the trip.
    """
    events, _pauses = stored.at(timeline)
    found = stored.findings(timeline)
    settled = rules.standing(stored.trip) if any(one.is_soft for one in found) else frozenset()
    may_override = actor.may(Action.OVERRIDE_RULES, stored.trip.library_id)
    hindrances = [of_clash(clash) for clash in _taken(stored, timeline, events)]
    hindrances += [
        of_finding(finding, may_override=may_override)
        for finding in found
        if not (finding.is_soft and finding.mark in settled)
    ]
    weights = list(Weight)
    return Preview(
        rows=rows_of(stored, timeline),
        hindrances=tuple(sorted(hindrances, key=lambda one: weights.index(one.weight))),
    )


def rows_of(stored: Timed, timeline: Timeline) -> tuple[Row, ...]:
    """Return the rows from departure to return; reads nothing."""
    was = {slot.key: (slot.starts_at, slot.ends_at) for slot in stored.timeline.slots}
    trip, spare = stored.trip, stored.book.limits.leg_buffer_min
    leaves = (trip.departs_at, trip.departs_at)
    rows = [Row(DEPARTURE, leaves, timeline.departs_at, timeline.departs_at)]
    here, since, resting = BASE, timeline.departs_at, timedelta(0)
    home = Slot(RETURN, timeline.returns_at, timeline.returns_at, BASE)
    was[RETURN] = (trip.returns_at, trip.returns_at)
    for slot in [*timeline.slots, home]:
        way = stored.way(here, slot.place) if slot.place and slot.place != here else None
        rows.append(
            Row(
                key=slot.key,
                was=was[slot.key],
                starts_at=slot.starts_at,
                ends_at=slot.ends_at,
                event=stored.events.get(slot.key),
                pause=stored.pauses.get(slot.key),
                way=way,
                gap_min=round((slot.starts_at - since - resting).total_seconds() / 60),
                spare_min=spare,
            )
        )
        if slot.place:
            here, since, resting = slot.place, slot.ends_at, timedelta(0)
        else:  # a pause somewhere on the way: its time is not there for driving
            resting += slot.length
    return tuple(rows)


def _taken(stored: Timed, timeline: Timeline, events: list[Event]) -> list[Clash]:
    trip = stored.trip
    start, end = timeline.departs_at, timeline.returns_at
    found = [*venues_taken((one for one in events if one.ends_at > one.starts_at), Q(trip=trip))]
    if end > start:
        found += vehicle_taken(trip, trip.vehicle, start, end)
        found += members_taken(trip, stored.crew, start, end)
    return found
