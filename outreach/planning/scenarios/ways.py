"""Travel matrices for the days of a season, with the figures that scheduling goes by.

The same as :class:`outreach.scheduling.ways.Ways` says of one way, for all pairs at once: what
people typed wins in its months, the rest is estimated and rounded up to five minutes. Days for
which the same holds share a *profile*. A test keeps both equal, pair by pair.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from outreach.fleet.models import Vehicle
from outreach.places.models import TravelTime, UnitPriority, Venue
from outreach.routing.problem import Matrix
from outreach.routing.travel import GOING, ROUGH_M, ROUNDING_MIN, Terrain, distances_m
from outreach.scheduling.ways import HARD_GOING

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

UNMEASURED_KM_H = 32.0
"""Speed that turns typed minutes into metres where neither a length nor a point is known."""
WALKING_KM_H = 4.0


class Travels(StrEnum):
    """How a vehicle gets on, as far as estimates differ."""

    ROAD = "road"
    SLOWLY = "slow"
    ON_FOOT = "foot"


TRAVELS = {
    Vehicle.Kind.VAN: Travels.ROAD,
    Vehicle.Kind.PUSH_CART: Travels.ON_FOOT,
    Vehicle.Kind.BOAT: Travels.SLOWLY,
    Vehicle.Kind.OTHER: Travels.SLOWLY,
}
"""Of what does not go by road scheduling knows typed ways only. A season cannot be planned on that
alone: boats and others are taken to be as slow as a van in the mountains, push-carts to be walked,
and those ways are marked as estimated."""


@dataclass(frozen=True, slots=True)
class Shut:
    """A closed way: nobody gets from inside to outside or back.

    Attributes:
        starts_on, ends_on: days it is closed, ``[starts_on, ends_on)``.
        inside: keys of the venues behind it.
    """

    starts_on: date
    ends_on: date
    inside: frozenset[int]


def place_of(venue: Venue | int) -> str:
    """Return the name of a venue in the matrices."""
    return f"v{venue if isinstance(venue, int) else venue.pk}"


@dataclass(frozen=True, slots=True)
class _Holding:
    """What holds for ways on a day."""

    travels: Travels
    hard: frozenset[int]
    seasonal: frozenset[int]
    shut: tuple[int, ...]


class WaysOfSeason:
    """The travel matrices of a season, made as profiles are asked for."""

    def __init__(
        self,
        venues: Iterable[Venue],
        *,
        bases: Iterable[int],
        also_visited: Iterable[int],
        typed: Iterable[TravelTime],
        priorities: Iterable[UnitPriority],
        steep: Iterable[int],
        closures: Sequence[Shut] = (),
    ) -> None:
        """Take what is known; ask the database for nothing.

        Args:
            venues: loaded with their communes.
            bases: keys of the venues to which vehicles come home.
            also_visited: keys of those that vehicles come to otherwise.
            typed: in order of their keys.
            priorities: of the communes that lie in the mountains.
            steep: keys of venues with a steep approach.
        """
        self.venues = sorted({venue.pk: venue for venue in venues}.values(), key=_key)
        self._index = {venue.pk: number for number, venue in enumerate(self.venues)}
        self._bases = [self._index[base] for base in sorted(set(bases))]
        self._also_visited = {self._index[key] for key in also_visited}
        self._typed = [row for row in typed if row.destination_id in self._index]
        self._priorities = [row for row in priorities if row.kind in HARD_GOING]
        self._steep = set(steep)
        self._closures = closures
        self._names: dict[_Holding, str] = {}
        self._distances = self._measure()

    def profile(self, vehicle: Vehicle, day: date) -> str:
        """Return the name of the matrix that holds for a vehicle on a day."""
        holding = _Holding(
            TRAVELS[Vehicle.Kind(vehicle.kind)],
            frozenset(row.unit_id for row in self._priorities if _holds(row, day)),
            frozenset(row.pk for row in self._typed if day.month in row.months),
            tuple(n for n, shut in enumerate(self._closures) if _is_shut(shut, day)),
        )
        fresh = f"{holding.travels}-{len(self._names) + 1}"
        return self._names.setdefault(holding, fresh)

    def matrices(self) -> dict[str, Matrix]:
        """Return the matrix of each profile that was asked for; one at least."""
        if not self._names:
            self.profile(Vehicle(kind=Vehicle.Kind.VAN), date.max)
        return {name: self._matrix(holding) for holding, name in self._names.items()}

    def _measure(self) -> tuple[Floats, Bools, Bools]:
        """Return distances in metres, which of them are known, and which only roughly."""
        points = [_point(venue) for venue in self.venues]
        known = np.array([point is not None for point in points], dtype=bool)
        vague = np.array([venue.point is None for venue in self.venues], dtype=bool)
        metres = distances_m([point or (0.0, 0.0) for point in points])
        return metres, known[:, None] & known[None, :], vague[:, None] | vague[None, :]

    def _matrix(self, holding: _Holding) -> Matrix:
        minutes, km, is_estimated = self._estimate(holding)
        self._lay_typed(holding, minutes, km, is_estimated)
        np.fill_diagonal(minutes, 0.0)
        np.fill_diagonal(km, 0.0)
        np.fill_diagonal(is_estimated, val=False)
        # A way has a length if, and only if, it takes time: then there is a buffer.
        metres = np.where(minutes > 0, np.maximum(np.round(km * 1000), 1.0), 0.0)
        seconds = minutes * 60
        for number in holding.shut:
            self._shut(self._closures[number], seconds)
        names = tuple(place_of(venue) for venue in self.venues)
        is_estimated &= np.isfinite(seconds)
        pairs = frozenset((names[a], names[b]) for a, b in np.argwhere(is_estimated).tolist())
        return Matrix(names, metres, seconds, pairs)

    def _estimate(self, holding: _Holding) -> tuple[Floats, Floats, Bools]:
        distances, known, vague = self._distances
        rough_km = np.minimum(distances, ROUGH_M) / 1000
        trunk_km = (distances - np.minimum(distances, ROUGH_M)) / 1000
        plain = GOING[Terrain.PLAIN]
        if holding.travels is Travels.ON_FOOT:
            km = (rough_km + trunk_km) * plain.detour
            minutes = 60 * km / WALKING_KM_H
        else:
            is_hard = self._are_hard(holding)
            detour = _by_ground(is_hard, "detour")
            trunk = trunk_km * plain.detour
            km = rough_km * detour + trunk
            minutes = 60 * (
                rough_km * detour / _by_ground(is_hard, "speed_km_h") + trunk / plain.speed_km_h
            )
        rounded = np.ceil(np.round(minutes / ROUNDING_MIN, 6)) * ROUNDING_MIN
        by_road = holding.travels is Travels.ROAD
        is_estimated = vague if by_road else np.ones_like(known)
        return np.where(known, rounded, np.inf), np.where(known, km, 0.0), known & is_estimated

    def _are_hard(self, holding: _Holding) -> Bools:
        """Return for which pairs the ground is a mountain's, as the rougher end says."""
        if holding.travels is Travels.SLOWLY:
            return np.ones((len(self.venues),) * 2, dtype=bool)
        hard = np.array(
            [venue.pk in self._steep or venue.commune_id in holding.hard for venue in self.venues],
            dtype=bool,
        )
        grounds: Bools = hard[:, None] | hard[None, :]
        return grounds

    def _lay_typed(
        self, holding: _Holding, minutes: Floats, km: Floats, is_estimated: Bools
    ) -> None:
        """Lay over it what people typed; what counts first is laid last."""
        rows = [row for row in self._typed if not row.months or row.pk in holding.seasonal]
        from_anywhere = [row for row in rows if row.origin_id is None]
        anywhere = _first_of(from_anywhere)
        laid = _Laid(minutes, km, is_estimated, np.where(np.isfinite(minutes), km, np.nan))
        for destination, row in anywhere.items():
            laid.column(self._index[destination], row)
        pairs: dict[tuple[int, int], list[TravelTime]] = defaultdict(list)
        backs: dict[tuple[int, int], list[TravelTime]] = defaultdict(list)
        for row in rows:
            if row.origin_id is None or row.origin_id not in self._index:
                continue
            there = (self._index[row.origin_id], self._index[row.destination_id])
            pairs[there].append(row)
            if row.both_ways:
                backs[there[::-1]].append(row)
        said = {pair: _best([*pairs[pair], *backs[pair]]) for pair in {*pairs, *backs}}
        for pair, row in said.items():
            laid.pair(*pair, row)
        bases = [base for base in self._bases if self.venues[base].pk not in anywhere]
        homes = _first_of([row for row in from_anywhere if row.both_ways])
        self._lay_homes(bases, homes, said.keys(), laid)

    def _lay_homes(
        self,
        bases: Iterable[int],
        homes: Mapping[int, TravelTime],
        said: Collection[tuple[int, int]],
        laid: _Laid,
    ) -> None:
        """Lay over the ways home what is said of a venue "from wherever, and back".

        To a base that vehicles come to otherwise as well, the longer way of the two is kept.
        """
        for base in bases:
            for destination, row in homes.items():
                here = self._index[destination]
                if here == base or (here, base) in said:
                    continue
                otherwise = laid.minutes[here, base] if base in self._also_visited else 0.0
                if not np.isfinite(otherwise) or otherwise < row.minutes:
                    laid.pair(here, base, row)

    def _shut(self, shut: Shut, seconds: Floats) -> None:
        inside = np.array([venue.pk in shut.inside for venue in self.venues], dtype=bool)
        seconds[inside[:, None] != inside[None, :]] = np.inf


@dataclass(frozen=True, slots=True)
class _Laid:
    """Arrays over which typed ways are laid.

    Attributes:
        estimated_km: what the length was before; not a number where nobody knows.
    """

    minutes: Floats
    km: Floats
    is_estimated: Bools
    estimated_km: Floats

    def column(self, there: int, row: TravelTime) -> None:
        """Lay a way from wherever the vehicle comes."""
        for here in range(len(self.minutes)):
            self.pair(here, there, row)

    def pair(self, here: int, there: int, row: TravelTime) -> None:
        """Lay one way; without a typed length the estimate's stays, where there is one."""
        known_km = self.estimated_km[here, there] if row.km is None else row.km
        unmeasured_km = row.minutes / 60 * UNMEASURED_KM_H
        self.km[here, there] = unmeasured_km if np.isnan(known_km) else known_km
        self.minutes[here, there] = row.minutes
        self.is_estimated[here, there] = False


def _best(said: Sequence[TravelTime]) -> TravelTime:
    """Return what counts first: of single months before all year, then as given."""
    return next((row for row in said if row.months), said[0])


def _first_of(rows: Iterable[TravelTime]) -> dict[int, TravelTime]:
    """Return by destination what counts first."""
    said: dict[int, list[TravelTime]] = defaultdict(list)
    for row in rows:
        said[row.destination_id].append(row)
    return {destination: _best(same) for destination, same in said.items()}


def _by_ground(is_hard: Bools, what: str) -> Floats:
    mountain, hills = (getattr(GOING[one], what) for one in (Terrain.MOUNTAIN, Terrain.HILLS))
    speeds: Floats = np.where(is_hard, mountain, hills)
    return speeds


def _point(venue: Venue) -> tuple[float, float] | None:
    """Return where a venue lies; its commune's office where nobody knows better."""
    return venue.point or (venue.commune.point if venue.commune else None)


def _holds(row: UnitPriority, day: date) -> bool:
    return row.valid_from <= day and (row.valid_to is None or day < row.valid_to)


def _is_shut(shut: Shut, day: date) -> bool:
    return shut.starts_on <= day < shut.ends_on


def _key(venue: Venue) -> int:
    return venue.pk
