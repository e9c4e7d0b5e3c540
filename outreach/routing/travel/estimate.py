"""Providers that ask nobody: the estimate for vehicles on roads, and nothing for all others."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from outreach.routing.problem import Matrix
from outreach.routing.travel.geodesic import GOING, ROUGH_M, Going, Terrain, distances_m, row_blocks
from outreach.routing.travel.places import Answer, Place, names_of

ROUGHNESS = {terrain: rank for rank, terrain in enumerate(Terrain)}
Ground = tuple[str, Terrain]
"""The region whose figures hold, and the terrain."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Distances on the ellipsoid, times the roads' detours and the ground's speed.

    Between two kinds of ground the rougher end counts, for the last :data:`ROUGH_M` metres; the
    rest runs on trunk roads. Between two regions with the same ground, the slower one counts.

    Attributes:
        going: how a vehicle gets on; every terrain is in it.
        regional: the same for places of these regions; what is missing there is as elsewhere.

    Raises:
        ValueError: for a detour under 1, or a speed that is not above 0.
    """

    going: Mapping[Terrain, Going] = field(default_factory=lambda: GOING)
    regional: Mapping[str, Mapping[Terrain, Going]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse figures no vehicle can have."""
        if missing := set(Terrain) - set(self.going):
            raise ValueError(f"No going for {', '.join(sorted(missing))}.")
        for table in (self.going, *self.regional.values()):
            for going in table.values():
                if not (1 <= going.detour < math.inf and 0 < going.speed_km_h < math.inf):
                    raise ValueError(f"Nobody gets on like this: {going}.")

    def ask(self, places: Sequence[Place]) -> Answer:
        """Return the estimate for every way; see :class:`outreach.routing.travel.places.Provider`.

        Raises:
            BadProblem: if two places have the same name.
            ValueError: if a point lies off the earth.
        """
        names = names_of(places)
        straight_m = distances_m([(place.lat, place.lon) for place in places])
        metres, seconds = np.empty_like(straight_m), np.empty_like(straight_m)
        ranks, figures = self._figures([(place.region, place.terrain) for place in places])
        for rows in row_blocks(len(names)):
            rough_m = np.minimum(straight_m[rows], ROUGH_M)
            trunk_m = straight_m[rows] - rough_m
            rougher = np.maximum(ranks[rows, None], ranks)
            rough_detour, rough_pace, trunk_detour, trunk_pace = (
                figure[rougher] for figure in figures
            )
            metres[rows] = rough_m * rough_detour + trunk_m * trunk_detour
            seconds[rows] = rough_m * rough_pace + trunk_m * trunk_pace
        return Answer(Matrix(names, metres, seconds), "estimate")

    def _figures(self, grounds: Sequence[Ground]) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Return the rank of each ground, the roughest last, and the figures of each rank.

        Those are, for a straight metre: road metres and seconds on the ground itself, and road
        metres and seconds on its region's trunk roads.
        """
        ordered = sorted(set(grounds), key=self._roughness)
        rank_of = {ground: rank for rank, ground in enumerate(ordered)}
        ranks = np.array([rank_of[ground] for ground in grounds], dtype=np.intp)
        figures = [
            (*_paces(self._at(*ground)), *_paces(self._at(ground[0], Terrain.PLAIN)))
            for ground in ordered
        ]
        return ranks, np.array(figures, dtype=np.float64).reshape(-1, 4).T.copy()

    def _at(self, region: str, terrain: Terrain) -> Going:
        return self.regional.get(region, self.going).get(terrain) or self.going[terrain]

    def _roughness(self, ground: Ground) -> tuple[int, float, float, str]:
        detour, pace = _paces(self._at(*ground))
        return ROUGHNESS[ground[1]], pace, detour, ground[0]


@dataclass(frozen=True, slots=True)
class NoRoads:
    """For what goes by no road, as boats: nobody can tell, except people who type it.

    Lengths are straight, times ``inf``.
    """

    def ask(self, places: Sequence[Place]) -> Answer:
        """Return that there is no way, but to where one is.

        Raises:
            BadProblem: if two places have the same name.
            ValueError: if a point lies off the earth.
        """
        names = names_of(places)
        metres = distances_m([(place.lat, place.lon) for place in places])
        seconds = np.where(np.eye(len(names), dtype=bool), 0.0, np.inf)
        return Answer(Matrix(names, metres, seconds), "no_roads")


def _paces(going: Going) -> tuple[float, float]:
    """Return road metres and seconds for each straight metre."""
    return going.detour, going.detour * 3.6 / going.speed_km_h
