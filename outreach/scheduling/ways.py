"""What is known about the ways between venues: typed by people, else estimated."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from outreach.common import clock
from outreach.places.models import UnitPriority, Venue, VenueAccess
from outreach.places.travel import TypedTimes
from outreach.routing.travel import Terrain, road_km, travel_min

HARD_GOING = frozenset(
    {
        UnitPriority.Kind.BORDER,
        UnitPriority.Kind.DIFFICULT,
        UnitPriority.Kind.SPECIALLY_DIFFICULT,
    }
)
"""Communes of these kinds lie in the mountains, as far as the data can tell."""
STEEP = (VenueAccess.Slope.STEEP, VenueAccess.Slope.VERY_STEEP)
MOST_KEYS = 500
"""Of one question to the database; SQLite takes no longer lists."""


@dataclass(frozen=True, slots=True)
class Way:
    """How long a way takes.

    Attributes:
        minutes: about, unless somebody typed it.
        km: by road, about; ``None`` where nobody knows.
        is_typed: whether a person said so for this way, and not the estimate.
        note: what they said of it besides.
    """

    minutes: int
    km: float | None
    is_typed: bool = False
    note: str = ""


class Ways:
    """The ways between some venues, in three queries.

    Estimates are for vehicles that go by road; for others only what people typed is known.
    """

    def __init__(self, venues: Iterable[Venue]) -> None:
        known = {venue.pk: venue for venue in venues if venue.pk is not None}
        self._typed = TypedTimes(known.values())
        communes = {venue.commune_id for venue in known.values()} - {None}
        hard = UnitPriority.objects.filter(kind__in=HARD_GOING)
        steep = VenueAccess.objects.filter(slope__in=STEEP)
        if len(known) <= MOST_KEYS:
            hard = hard.filter(unit__in=communes)
            steep = steep.filter(venue__in=known)
        self._hard: dict[int | None, list[tuple[date, date | None]]] = defaultdict(list)
        for unit, first, end in hard.values_list("unit_id", "valid_from", "valid_to"):
            self._hard[unit].append((first, end))
        self._steep = set(steep.values_list("venue_id", flat=True))
        self._estimates: dict[tuple[object, ...], tuple[int, float]] = {}

    def between(
        self,
        here: Venue | None,
        there: Venue,
        day: date,
        *,
        by_road: bool = True,
        is_home: bool = False,
    ) -> Way | None:
        """Return the way between two venues, or ``None`` where nothing is known of it.

        What a person typed wins over the estimate, in the month of ``day``, that of the arrival.

        Args:
            here: ``None`` for wherever the vehicle comes from.
            by_road: whether the vehicle can be estimated at all.
            is_home: whether the way leads back to where the vehicle came from.
        """
        estimate = self._estimate(here, there, day) if by_road and here is not None else None
        if is_home and here is not None:
            typed = self._typed.home(here, there, day)
        else:
            typed = self._typed.on(here, there, day)
        if typed is not None:
            km = typed.km if typed.km is not None else estimate and estimate[1]
            return Way(typed.minutes, km, is_typed=True, note=typed.note)
        return Way(*estimate) if estimate else None

    def _estimate(self, here: Venue, there: Venue, day: date) -> tuple[int, float] | None:
        """Return about how many minutes and kilometres it is, where both ends are known."""
        if here.point is None or there.point is None:
            return None
        if here.pk is not None and here.pk == there.pk:
            return 0, 0.0
        is_hard = self._is_hard(here, day) or self._is_hard(there, day)
        terrain = Terrain.MOUNTAIN if is_hard else Terrain.HILLS
        key = (here.point, there.point, terrain)
        if key not in self._estimates:
            self._estimates[key] = (
                travel_min(here.point, there.point, terrain),
                road_km(here.point, there.point, terrain),
            )
        return self._estimates[key]

    def _is_hard(self, venue: Venue, day: date) -> bool:
        spans = self._hard.get(venue.commune_id, ())
        return venue.pk in self._steep or any(
            first <= day and (end is None or day < end) for first, end in spans
        )


def arrival_day(until: datetime) -> date:
    """Return the day whose month says how long a way takes that ends then."""
    return clock.local(until).date()
