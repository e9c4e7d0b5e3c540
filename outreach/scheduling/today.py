"""What is on the road now, and what is late: trips of a day against the clock.

The crew says how far it has come with marks (:class:`outreach.scheduling.models.TripMark`). A point
of a trip whose time has passed by :data:`PATIENCE` without its mark is late; a mark that came so
much later than planned says by how much the trip is behind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Prefetch, Q

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.scheduling.models import Duty, Event, State, Trip, TripMark, TripQuerySet

PATIENCE = timedelta(minutes=15)
"""So late a mark is a delay, and so long a missing one is waited for."""

EARLY = timedelta(hours=12)
"""So long before the departure nobody can have left."""
LOOKED_FOR = timedelta(days=2)
"""So long after its return a trip that nobody saw come back is looked for."""

Kind = TripMark.Kind


@dataclass(frozen=True, slots=True)
class Point:
    """One thing a trip does on its way: it leaves, arrives, finishes, is back.

    Attributes:
        due_at: when it is planned for.
        event: at which stop; ``None`` for departure and return.
        mark: what the crew said of it, if anything.
    """

    kind: str
    due_at: datetime
    event: Event | None = None
    mark: TripMark | None = None

    @property
    def late_min(self) -> int:
        """By how many minutes the mark came later than planned; 0 for none, early or a little."""
        if self.mark is None:
            return 0
        return _late_min(self.due_at, self.mark.at)

    @property
    def label(self) -> str:
        """What happens there, in words."""
        return str(Kind(self.kind).label)

    def overdue_min(self, now: datetime) -> int:
        """By how many minutes it is overdue at ``now``, without a mark; 0 while there is time."""
        return 0 if self.mark is not None else _late_min(self.due_at, now)


@dataclass(frozen=True, slots=True)
class Progress:
    """A trip on its way, as far as its crew has said.

    Attributes:
        points: in the order in which they are planned.
        now: the present instant.
    """

    trip: Trip
    points: tuple[Point, ...]
    now: datetime

    @property
    def is_on_the_road(self) -> bool:
        """Whether its crew has said that it left, and not that it is back."""
        return self.last is not None and self.last.kind != Kind.BACK

    @property
    def should_have_left(self) -> bool:
        """Whether its time has come and nobody has said that it left."""
        return self.last is None and self.trip.departs_at <= self.now

    @property
    def is_marked_now(self) -> bool:
        """Whether its crew may be expected to say how far it has come."""
        begins = self.trip.departs_at - EARLY
        return (
            self.trip.state == State.PUBLISHED
            and begins <= self.now < self.trip.returns_at + LOOKED_FOR
        )

    @property
    def next(self) -> Point | None:
        """What it does next: the first point after the last one that was marked."""
        place = max((n for n, point in enumerate(self.points) if point.mark), default=-1)
        return self.points[place + 1] if place + 1 < len(self.points) else None

    @property
    def delay_min(self) -> int:
        """By how many minutes it is behind: what the last mark said, or the next one lacks."""
        said = self.last.late_min if self.last is not None else 0
        waited_for = self.next.overdue_min(self.now) if self.next is not None else 0
        return max(said, waited_for)

    @property
    def is_late(self) -> bool:
        """Whether it is behind, or has been and nobody has said that it caught up."""
        return self.delay_min > 0

    @property
    def has_said_nothing(self) -> bool:
        """Whether nobody has said anything of it yet."""
        return self.last is None

    @property
    def next_stop(self) -> Event | None:
        """Where it goes next, or is now."""
        upcoming = self.next
        return upcoming.event if upcoming is not None else None

    @property
    def last(self) -> Point | None:
        """The last point that was marked."""
        return next((point for point in reversed(self.points) if point.mark), None)


def progress_of(trip: Trip, now: datetime) -> Progress:
    """Return how far a trip has come; reads nothing if it is loaded by :func:`on_the_day`."""
    marks = {(mark.kind, mark.event_id): mark for mark in trip.marks.all()}
    events = sorted(
        (event for event in trip.events.all() if not event.is_cancelled),
        key=lambda event: event.starts_at,
    )
    return Progress(trip, tuple(_points(trip, events, marks)), now)


def on_the_day(trips: TripQuerySet, day: date) -> TripQuerySet:
    """Return the public trips that are under way on a day, or left before and are not back.

    Those that ended before the day without a last mark count for two days more: somebody may still
    be out there. Loaded with what :func:`progress_of` reads.
    """
    start, end = clock.start_of(day), clock.end_of(day)
    is_back = TripMark.objects.filter(kind=Kind.BACK).values("trip")
    has_left = TripMark.objects.filter(kind=Kind.LEFT).values("trip")
    overdue = Q(returns_at__gt=start - LOOKED_FOR, returns_at__lte=start, pk__in=has_left)
    return (
        trips.filter(state=State.PUBLISHED)
        .filter(Q(departs_at__lt=end, returns_at__gt=start) | overdue & ~Q(pk__in=is_back))
        .select_related("vehicle", "library")
        .prefetch_related(
            Prefetch("events", Event.objects.select_related("venue__commune")),
            Prefetch("marks", TripMark.objects.select_related("made_by")),
            Prefetch("duties", Duty.objects.select_related("member").order_by("role", "pk")),
        )
        .order_by("departs_at", "pk")
    )


def with_progress(trip: Trip, now: datetime) -> Progress:
    """Return how far one stored trip has come, in a fixed number of queries."""
    loaded = Trip.objects.select_related("vehicle", "library").prefetch_related(
        Prefetch("events", Event.objects.select_related("venue__commune")),
        Prefetch("marks", TripMark.objects.select_related("made_by")),
    )
    return progress_of(loaded.get(pk=trip.pk), now)


@dataclass(frozen=True, slots=True)
class Today:
    """A day of one library.

    Attributes:
        late: trips that are behind, or of which a mark is missing; the longest delay first.
        awaited: those whose time has just come and of which nobody has said that they left.
        on_the_road: the others that are out now.
        to_come: those that leave later that day.
        done: those that are back.
    """

    late: tuple[Progress, ...]
    awaited: tuple[Progress, ...]
    on_the_road: tuple[Progress, ...]
    to_come: tuple[Progress, ...]
    done: tuple[Progress, ...]


def today(library: Library, now: datetime) -> Today:
    """Return what is on the road of a library now, in a fixed number of queries."""
    day = clock.local(now).date()
    trips = on_the_day(Trip.objects.filter(library=library), day)
    all_of_it = [progress_of(trip, now) for trip in trips]
    is_back = [one for one in all_of_it if _is_back(one)]
    out = [one for one in all_of_it if not _is_back(one)]
    late = sorted((one for one in out if one.is_late), key=lambda one: -one.delay_min)
    in_time = [one for one in out if not one.is_late]
    return Today(
        late=tuple(late),
        awaited=tuple(one for one in in_time if one.should_have_left),
        on_the_road=tuple(one for one in in_time if one.is_on_the_road),
        to_come=tuple(one for one in in_time if not (one.is_on_the_road or one.should_have_left)),
        done=tuple(is_back),
    )


def _is_back(one: Progress) -> bool:
    return bool(one.points) and one.points[-1].mark is not None


def _points(
    trip: Trip, events: Sequence[Event], marks: Mapping[tuple[str, int | None], TripMark]
) -> Iterable[Point]:
    yield Point(Kind.LEFT, trip.departs_at, None, marks.get((Kind.LEFT, None)))
    for event in events:
        yield Point(Kind.ARRIVED, event.starts_at, event, marks.get((Kind.ARRIVED, event.pk)))
        yield Point(Kind.DONE, event.ends_at, event, marks.get((Kind.DONE, event.pk)))
    yield Point(Kind.BACK, trip.returns_at, None, marks.get((Kind.BACK, None)))


def _late_min(due_at: datetime, at: datetime) -> int:
    late = at - due_at
    return int(late.total_seconds() // 60) if late >= PATIENCE else 0
