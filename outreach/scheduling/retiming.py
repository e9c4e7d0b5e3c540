"""Re-timing a day of a trip: what moves along when one stop moves, is stretched or changes places.

Pure functions over plain values. Only the day of what moved is touched: what comes after the next
night, or on the next date, stays, and so does the night itself. The return goes with the last day.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from itertools import pairwise

BASE = "base"
"""The place where a trip begins and ends."""
DEPARTURE, RETURN = "departure", "return"
"""How departure and return are called beside the keys of the slots."""


class Follow(StrEnum):
    """What those after a moved one do."""

    ALONG = "along"
    """They move by the same time."""
    NEEDED = "needed"
    """They move only as far as they must, for the way and the minutes to spare."""
    STAY = "stay"
    """They stay where they are."""


@dataclass(frozen=True, slots=True)
class Slot:
    """A stop or a pause.

    Attributes:
        key: names it.
        place: where it is; ``""`` for a pause somewhere on the way.
        is_night: whether a day ends with it.
    """

    key: str
    starts_at: datetime
    ends_at: datetime
    place: str = ""
    is_night: bool = False

    @property
    def length(self) -> timedelta:
        """How long it lasts."""
        return self.ends_at - self.starts_at

    def moved(self, by: timedelta) -> Slot:
        """Return it, that much later."""
        return replace(self, starts_at=self.starts_at + by, ends_at=self.ends_at + by)

    def starting(self, at: datetime) -> Slot:
        """Return it as long as it is, from that instant."""
        return self.moved(at - self.starts_at)


@dataclass(frozen=True, slots=True)
class Timeline:
    """A trip as a row of slots between departure and return, in the order they are meant to be."""

    departs_at: datetime
    returns_at: datetime
    slots: tuple[Slot, ...]

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of the slots, in order."""
        return tuple(slot.key for slot in self.slots)

    def place_of(self, key: str) -> int:
        """Return where among the slots the one of a key is.

        Raises:
            KeyError: if there is none.
        """
        for place, slot in enumerate(self.slots):
            if slot.key == key:
                return place
        raise KeyError(key)


@dataclass(frozen=True, slots=True)
class Road:
    """What the ways between places take.

    Attributes:
        minutes: from one place to another; ``None`` where nobody knows.
        spare_min: planned on top of each way.
        zone: whose calendar says which slots share a day.
    """

    minutes: Callable[[str, str], int | None]
    spare_min: int
    zone: tzinfo

    def needed(self, here: str, there: str) -> timedelta:
        """Return how long it takes to come from one place to the other, with time to spare."""
        minutes = self.minutes(here, there) if here and there and here != there else None
        return timedelta(minutes=minutes + self.spare_min) if minutes else timedelta(0)

    def day_of(self, moment: datetime) -> date:
        """Return the local date of an instant."""
        return moment.astimezone(self.zone).date()


def put(
    timeline: Timeline,
    key: str,
    starts_at: datetime,
    ends_at: datetime,
    road: Road,
    follow: Follow = Follow.ALONG,
) -> Timeline:
    """Give one slot another start and end, and let the others of its day follow.

    What comes before it stays, the departure too: only those after it follow.

    Raises:
        KeyError: if there is no such slot.
        ValueError: if it would end before it starts.
    """
    if ends_at <= starts_at:
        raise ValueError("It would end before it starts.")
    place = timeline.place_of(key)
    old = timeline.slots[place]
    new = replace(old, starts_at=starts_at, ends_at=ends_at)
    slots = (*timeline.slots[:place], new, *timeline.slots[place + 1 :])
    changed = replace(timeline, slots=slots)
    on = road.day_of(old.ends_at if old.is_night else old.starts_at)
    return _follow(changed, place, new.ends_at - old.ends_at, on, road, follow)


def depart(
    timeline: Timeline, departs_at: datetime, road: Road, follow: Follow = Follow.ALONG
) -> Timeline:
    """Let a trip leave at another time, and those of its first day follow."""
    changed = replace(timeline, departs_at=departs_at)
    late_by = departs_at - timeline.departs_at
    return _follow(changed, -1, late_by, road.day_of(timeline.departs_at), road, follow)


def reorder(
    timeline: Timeline, keys: Sequence[str], road: Road, follow: Follow = Follow.ALONG
) -> Timeline:
    """Let the slots come in another order, each as long as before.

    Those that change places come one after the other from where the first of them began, with the
    breaks there were in between and at least the time for the new ways; those after them follow.

    Raises:
        ValueError: if ``keys`` are not those of the slots, or one would change its day.
    """
    if sorted(keys) != sorted(timeline.keys):
        raise ValueError("These are not the slots of the trip.")
    by_key = {slot.key: slot for slot in timeline.slots}
    wanted = [by_key[key] for key in keys]
    days = _days(timeline, road)
    changed = [place for place, slot in enumerate(timeline.slots) if slot.key != keys[place]]
    if not changed:
        return timeline
    if any(days[slot.key] != days[keys[place]] for place, slot in enumerate(timeline.slots)):
        raise ValueError("Slots change places within one day only.")
    if any(timeline.slots[place].is_night for place in changed):
        raise ValueError("A night stays at the end of its day.")
    first, last = changed[0], changed[-1]
    slots = list(timeline.slots[:first])
    cursor = timeline.slots[first].starts_at
    for place in range(first, last + 1):
        slot = wanted[place].starting(max(cursor, _earliest(timeline, slots, wanted[place], road)))
        slots.append(slot)
        if place < last:
            one, other = timeline.slots[place], timeline.slots[place + 1]
            cursor = slot.ends_at + max(other.starts_at - one.ends_at, timedelta(0))
    late_by = slots[last].ends_at - timeline.slots[last].ends_at
    result = replace(timeline, slots=(*slots, *timeline.slots[last + 1 :]))
    on = road.day_of(timeline.slots[last].starts_at)
    result = _follow(result, last, late_by, on, road, follow)
    if follow is Follow.ALONG:  # the way from the new last one may be longer
        result = _follow(result, last, timedelta(0), on, road, Follow.NEEDED)
    return result


def faults(timeline: Timeline) -> list[tuple[str, str]]:
    """Return the neighbours that run into each other, by their keys; departure and return too."""
    edges = [
        Slot(DEPARTURE, timeline.departs_at, timeline.departs_at),
        *timeline.slots,
        Slot(RETURN, timeline.returns_at, timeline.returns_at),
    ]
    return [(one.key, other.key) for one, other in pairwise(edges) if other.starts_at < one.ends_at]


def neighbours(timeline: Timeline, key: str, road: Road) -> tuple[str | None, str | None]:
    """Return the keys with which a slot may change places: before and after it on its day."""
    place = timeline.place_of(key)
    days = _days(timeline, road)

    def other(at: int) -> str | None:
        if not 0 <= at < len(timeline.slots):
            return None
        slot = timeline.slots[at]
        is_same_day = days[slot.key] == days[key]
        return slot.key if is_same_day and not slot.is_night else None

    if timeline.slots[place].is_night:
        return None, None
    return other(place - 1), other(place + 1)


def _days(timeline: Timeline, road: Road) -> dict[str, tuple[int, date]]:
    """Return the day of each slot: how many nights came before it, and its date."""
    nights, days = 0, {}
    for slot in timeline.slots:
        days[slot.key] = (nights, road.day_of(slot.starts_at))
        nights += slot.is_night
    return days


def _follow(
    timeline: Timeline, place: int, late_by: timedelta, on: date, road: Road, follow: Follow
) -> Timeline:
    """Let what comes after ``place`` on the day ``on`` follow; -1 stands for the departure."""
    if follow is Follow.STAY:
        return timeline
    slots = list(timeline.slots[: place + 1])
    for number, slot in enumerate(timeline.slots[place + 1 :], start=place + 1):
        if slot.is_night or road.day_of(slot.starts_at) != on:
            return replace(timeline, slots=(*slots, *timeline.slots[number:]))
        if follow is Follow.ALONG:
            slots.append(slot.moved(late_by))
        else:
            earliest = _earliest(timeline, slots, slot, road)
            slots.append(slot.starting(max(slot.starts_at, earliest)))
    returns_at = timeline.returns_at
    if road.day_of(returns_at) == on:
        if follow is Follow.ALONG:
            returns_at += late_by
        else:
            end = Slot(RETURN, returns_at, returns_at, BASE)
            returns_at = max(returns_at, _earliest(timeline, slots, end, road))
    return replace(timeline, slots=tuple(slots), returns_at=returns_at)


def _earliest(timeline: Timeline, before: Sequence[Slot], slot: Slot, road: Road) -> datetime:
    """Return when a slot can begin at the earliest, after those before it."""
    free_at = before[-1].ends_at if before else timeline.departs_at
    here, since, resting = BASE, timeline.departs_at, timedelta(0)
    for one in reversed(before):
        if one.place:
            here, since = one.place, one.ends_at
            break
        # A pause without a place lies somewhere on the way: driving comes before it and after.
        resting += one.length
    way = road.needed(here, slot.place)
    return max(free_at, since + resting + way) if way else free_at
