"""What the rules are asked about: plain values, read by ``outreach.scheduling.rulebook``.

All instants are aware and in the library's own zone: a rule that speaks of days and clocks reads
them from there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta


@dataclass(frozen=True, slots=True)
class LimitsFact:
    """What a library sets of the rules.

    Attributes:
        term_starts, term_ends: month and day; the school year may run over the new year.
        holidays: the public holidays near the trip, by date.
    """

    leg_buffer_min: int = 10
    class_min: int = 20
    notice_days: int = 14
    school_opens: time = time(7, 0)
    school_closes: time = time(17, 0)
    term_starts: tuple[int, int] = (9, 5)
    term_ends: tuple[int, int] = (5, 31)
    holidays: Mapping[date, str] = field(default_factory=dict)


DEFAULTS = LimitsFact()


@dataclass(frozen=True, slots=True)
class CrewFact:
    """One person on duty.

    Attributes:
        time_off: why the person is not to be had during the trip, if so.
        key: tells people of one name apart.
        elsewhere: minutes driven on other trips, by day; for who operates the vehicle.
    """

    name: str
    is_operator: bool
    can_operate: bool
    time_off: str | None = None
    is_professional: bool = True
    key: int | None = None
    elsewhere: Mapping[date, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class VenueFact:
    """A venue on the days of an event.

    Attributes:
        windows: when it can be visited on the first day, ``None`` for always, empty for not at all.
        closed_because: why it is closed on one of the days; empty where nobody said why; ``None``
            if it is open on all of them.
        closed_on: the first day on which it is closed.
        closed_months: months in which no vehicle gets through; empty outside them.
        floods: whether the way is often flooded in those months.
        largest_vehicle_m: the longest vehicle that reaches it, in metres.
        room_people: how many its room holds.
    """

    name: str
    is_school: bool = False
    windows: tuple[tuple[time, time], ...] | None = None
    closed_because: str | None = None
    closed_on: date | None = None
    closed_months: str = ""
    floods: bool = False
    largest_vehicle_m: float | None = None
    room_people: int | None = None


def days_of(starts_at: datetime, ends_at: datetime) -> Iterator[date]:
    """Yield the days of ``[starts_at, ends_at)``, clock times of one zone; at least the first."""
    day, last = starts_at.date(), (ends_at - timedelta(microseconds=1)).date()
    yield day
    while (day := day + timedelta(days=1)) <= last:
        yield day


@dataclass(frozen=True, slots=True)
class EventFact:
    """One event of a trip, or one that needs no vehicle.

    Attributes:
        notice_days: days between the host's asking and the event; ``None`` if nobody asked.
        now: the present instant, where something is about to be put there; ``None`` where nobody
            asks whether it is past.
    """

    title: str
    starts_at: datetime
    ends_at: datetime
    activities: int
    venue: VenueFact | None = None
    expected_people: int | None = None
    expected_classes: int | None = None
    notice_days: int | None = None
    is_indoors: bool = False
    now: datetime | None = None

    @property
    def days(self) -> Iterator[date]:
        """The days it lasts; one that ends at midnight has not begun the next."""
        return days_of(self.starts_at, self.ends_at)


@dataclass(frozen=True, slots=True)
class PauseFact:
    """A time of a trip in which nobody drives and nothing is held."""

    starts_at: datetime
    ends_at: datetime
    is_night: bool = False
    is_lunch: bool = False


@dataclass(frozen=True, slots=True)
class LegFact:
    """A way that the vehicle drives, between two things of the trip.

    Attributes:
        minutes: how long it takes.
        since, until: the time the schedule leaves for it, pauses included.
        event: which event it leads to, by its place; ``None`` for the way to the night or home.
        is_typed: whether a person said how long it takes, and not the estimate.
    """

    origin: str
    destination: str
    minutes: int
    since: datetime
    until: datetime
    event: int | None = None
    is_typed: bool = False


@dataclass(frozen=True, slots=True)
class TripFact:
    """A trip as the rules see it; its legs are in the order they are driven.

    Attributes:
        now: as of an event; its events have their own, where they are put there with it.
    """

    departs_at: datetime
    returns_at: datetime
    vehicle: str
    crew: tuple[CrewFact, ...]
    events: tuple[EventFact, ...]
    vehicle_time_off: str | None = None
    is_draft: bool = True
    vehicle_length_m: float | None = None
    legs: tuple[LegFact, ...] = ()
    pauses: tuple[PauseFact, ...] = ()
    limits: LimitsFact = DEFAULTS
    now: datetime | None = None
