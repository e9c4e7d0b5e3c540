"""The planner's answer: routes with their times, and what is left out.

Units as in :mod:`outreach.routing.problem`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Visit:
    """A stop served on a route.

    Attributes:
        stop: its name.
        starts_s, ends_s: service, in seconds after midnight of the route's day.
        occurrence_on: the day on which its rhythm would have it; within the rhythm's tolerance of
            the route's day.
    """

    stop: str
    starts_s: int
    ends_s: int
    occurrence_on: date


UNDERWAY = ""
"""Where a break is taken that lies in the middle of a way."""


@dataclass(frozen=True, slots=True)
class Break:
    """The crew's lunch, or a rest from driving.

    Attributes:
        place: where the vehicle stands; :data:`UNDERWAY` for somewhere on the way.
        starts_s, ends_s: seconds after midnight.
    """

    place: str
    starts_s: int
    ends_s: int


@dataclass(frozen=True, slots=True)
class Route:
    """What a shift does.

    Attributes:
        shift: its name.
        start, end: places it leaves from and comes to: bases, or where it sleeps.
        departs_s, returns_s: seconds after midnight.
        visits: in order; none only on the way to or from a night away.
        breaks: in order.
    """

    shift: str
    start: str
    end: str
    departs_s: int
    returns_s: int
    visits: tuple[Visit, ...]
    breaks: tuple[Break, ...] = ()


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A visit that no route makes.

    Attributes:
        stop: its name.
        occurrence_on: the day on which its rhythm would have it.
    """

    stop: str
    occurrence_on: date


@dataclass(frozen=True, slots=True)
class Plan:
    """Routes of a season, in order of their days, and the visits left out."""

    routes: tuple[Route, ...]
    left_out: tuple[LeftOut, ...] = ()

    def visits(self) -> Iterator[tuple[Route, Visit]]:
        """Yield each visit with its route."""
        for route in self.routes:
            for visit in route.visits:
                yield route, visit
