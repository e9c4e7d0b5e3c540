"""What the scheduling services are given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from outreach.fleet.models import CrewMember
from outreach.places.models import Venue
from outreach.scheduling.models import ActivityKind, Audience, Duty, Event, TripPause


@dataclass(frozen=True, slots=True)
class ActivityInput:
    """One activity; the first of an event is its main one."""

    kind: ActivityKind
    title: str = ""
    audience: Audience | None = None


@dataclass(frozen=True, slots=True)
class Expected:
    """How many are expected at an event; ``None`` where nobody knows.

    Attributes:
        asked_on: when the host asked for it, if that is to be noted.
    """

    people: int | None = None
    classes: int | None = None
    asked_on: date | None = None


@dataclass(frozen=True, slots=True)
class EventInput:
    """An event to be; without a title it is named after its main activity and venue.

    Attributes:
        makes_up_for: the cancelled event of the same library that is caught up on by it.
    """

    venue: Venue
    starts_at: datetime
    ends_at: datetime
    activities: tuple[ActivityInput, ...]
    title: str = ""
    note: str = ""
    shares_venue: bool = False
    is_indoors: bool = False
    expected_people: int | None = None
    expected_classes: int | None = None
    asked_on: date | None = None
    makes_up_for: Event | None = None

    @property
    def name(self) -> str:
        """The title, or one made from the main activity and the venue."""
        if self.title or not self.activities:
            return self.title
        first = self.activities[0]
        return f"{first.title or first.kind.name_vi} – {self.venue.name}"[:160]


@dataclass(frozen=True, slots=True)
class PauseInput:
    """A pause of a trip to be; ``kind`` is one of ``TripPause.Kind``."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    venue: Venue | None = None
    place: str = ""

    @classmethod
    def of(cls, pause: TripPause) -> PauseInput:
        """Return a stored pause as an input."""
        return cls(pause.kind, pause.starts_at, pause.ends_at, pause.venue, pause.place)

    def moved(self, by: timedelta) -> PauseInput:
        """Return the same pause at another time."""
        return replace(self, starts_at=self.starts_at + by, ends_at=self.ends_at + by)


@dataclass(frozen=True, slots=True)
class CrewInput:
    """Who goes: at most one operator, and any number of professional staff."""

    operator: CrewMember | None = None
    professionals: tuple[CrewMember, ...] = ()

    def __iter__(self) -> Iterator[tuple[CrewMember, Duty.Role]]:
        if self.operator is not None:
            yield self.operator, Duty.Role.OPERATOR
        for member in self.professionals:
            yield member, Duty.Role.PROFESSIONAL

    @property
    def members(self) -> list[CrewMember]:
        """The people, whatever their role."""
        return [member for member, _role in self]

    @classmethod
    def of(cls, duties: list[Duty]) -> CrewInput:
        """Return the crew that these duties record."""
        operators = [duty.member for duty in duties if duty.role == Duty.Role.OPERATOR]
        others = [duty.member for duty in duties if duty.role == Duty.Role.PROFESSIONAL]
        return cls(operators[0] if operators else None, tuple(others))
