"""Letting overrides lapse once what they were about is no longer so.

A badge says what was overridden and still stands. So every service looks again at the overrides of
what it has changed; nobody overrides tomorrow's facts by having overridden today's.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime

from outreach.accounts.models import Library
from outreach.common import bulk
from outreach.scheduling import board
from outreach.scheduling.models import Event, RuleOverride, State, Trip
from outreach.scheduling.rulebook import Rulebook, TripShape, beginnings_marks

Owner = tuple[int | None, int | None]
"""The key of a trip, or of an event without one."""


def review(
    *,
    now: datetime,
    trips: Iterable[int] = (),
    events: Iterable[int] = (),
    again: Collection[str] = frozenset(),
) -> None:
    """Let the overrides of these trips and events lapse that tell of what is no longer so.

    For use inside a transaction, once everything has been stored. A fixed number of queries for
    each library, and one or two where nothing was ever overridden. What is cancelled keeps its
    overrides: it is asked about when it is restored.

    Args:
        trips: keys of stored trips.
        events: keys of stored events; those of a trip have no overrides of their own.
        again: marks of what stood before a change that is now taken back: overrides of these that
            lapsed by it stand again.
    """
    rows = _rows(set(trips), set(events), lapsed_too=bool(again))
    if not rows:
        return
    marks = _marks(
        {row.trip_id for row in rows if row.trip_id is not None},
        {row.event_id for row in rows if row.event_id is not None},
    )
    changed: list[RuleOverride] = []
    standing = {(_owner(row), row.found.mark) for row in rows if row.stands}
    for row in rows:
        owner, mark = _owner(row), row.found.mark
        if owner not in marks:
            continue
        is_so = mark in marks[owner]
        if row.stands and not is_so:
            row.lapsed_at = now
            changed.append(row)
        elif not row.stands and is_so and mark in again and (owner, mark) not in standing:
            standing.add((owner, mark))
            row.lapsed_at = None
            changed.append(row)
    RuleOverride.objects.bulk_update(changed, ["lapsed_at"], batch_size=500)


def review_owner(
    owner: Trip | Event, *, now: datetime, again: Collection[str] = frozenset()
) -> None:
    """Look again at the overrides of one trip, or of an event or its trip."""
    if isinstance(owner, Trip):
        review(now=now, trips=[owner.pk], again=again)
    elif owner.trip_id is not None:
        review(now=now, trips=[owner.trip_id], again=again)
    else:
        review(now=now, events=[owner.pk], again=again)


def _rows(trips: set[int], events: set[int], *, lapsed_too: bool) -> list[RuleOverride]:
    rows: list[RuleOverride] = []
    for name, keys in (("trip", trips), ("event", events)):
        for some in bulk.in_parts(sorted(keys)):
            found = RuleOverride.objects.filter(**{f"{name}__in": some})
            # The latest first: of two that lapsed for the same facts the later one stands again.
            found = found.order_by("-made_at", "-pk")
            rows += found if lapsed_too else found.standing()
    return rows


def _owner(row: RuleOverride) -> Owner:
    return row.trip_id, row.event_id


def _marks(trips: set[int], events: set[int]) -> Mapping[Owner, frozenset[str]]:
    """Return what the rules say of each that stands, as it is stored."""
    found: dict[Owner, frozenset[str]] = {}
    for library, own in _by_library(_trips(trips)).items():
        shapes = {
            trip.pk: TripShape.of(trip, is_draft=trip.state == State.DRAFT)
            for trip in own
            if isinstance(trip, Trip)
        }
        book = Rulebook(library, list(shapes.values()))
        for key, shape in shapes.items():
            begins = [shape.departs_at, *(event.starts_at for event in shape.events)]
            marks = frozenset(one.mark for one in book.trip_findings(shape))
            found[key, None] = marks | beginnings_marks(library, begins)
    for library, own in _by_library(_events(events)).items():
        alone = [event for event in own if isinstance(event, Event)]
        people = [duty.member for event in alone for duty in event.duties.all()]
        book = Rulebook(library, events=alone, people=people)
        for event in alone:
            crew = [(duty.member, duty.role) for duty in event.duties.all()]
            marks = frozenset(one.mark for one in book.event_findings(event, crew))
            found[None, event.pk] = marks | beginnings_marks(library, [event.starts_at])
    return found


def _trips(keys: set[int]) -> Iterable[Trip]:
    for some in bulk.in_parts(sorted(keys)):
        yield from board.with_everything(Trip.objects.standing().filter(pk__in=some))


def _events(keys: set[int]) -> Iterable[Event]:
    for some in bulk.in_parts(sorted(keys)):
        rows = Event.objects.standing().filter(pk__in=some).select_related("library", "venue")
        yield from rows.prefetch_related("activities", "duties__member")


def _by_library(
    owners: Iterable[Trip] | Iterable[Event],
) -> Mapping[Library, list[Trip | Event]]:
    found: dict[Library, list[Trip | Event]] = defaultdict(list)
    for owner in owners:
        found[owner.library].append(owner)
    return found
