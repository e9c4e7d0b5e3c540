"""Estimating all ways between 400 places, against a plain haversine and against geopy in a loop."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from time import perf_counter

import numpy as np
from geopy.distance import geodesic
from numpy.typing import NDArray

from benchmarks.table import Row, milliseconds, show
from outreach.routing.travel import Terrain
from outreach.routing.travel.estimate import Estimate
from outreach.routing.travel.places import Place
from outreach.routing.travel.typed import Leg, laid_over

PLACES = 400
SAMPLED = 1_000
"""Pairs that geopy measures; all of them take the better part of a minute."""
TYPED = 300
RADIUS_M = 6_371_008.8
MOST_MS = 100.0
"""The estimate's longest time; the goal is a fifth of it."""


def main() -> bool:
    """Measure the estimate, and laying over it what people typed."""
    return show(f"All ways between {PLACES} places (floor: see each row)", _rows())


def _rows() -> Iterator[Row]:
    chance = random.Random(7)
    places = _places(chance)
    points = [(place.lat, place.lon) for place in places]
    estimate = Estimate()
    ours_ms = milliseconds(lambda: estimate.ask(places))
    good = ours_ms < MOST_MS
    yield Row(
        "against numpy's haversine, no roads, no ground",
        ours_ms,
        milliseconds(lambda: _haversine_m(points)),
        3.0 if good else 0.0,
        f"{len(places) ** 2:,} ways; at most {MOST_MS:g} ms",
    )
    yield Row("against geopy in a loop", ours_ms, _geopy_ms(points, chance), 0.01, "geopy sampled")
    matrix = estimate.ask(places).matrix
    legs = _legs(chance)
    typed_ms = milliseconds(lambda: laid_over(matrix, legs, 10, homes=["0", "1"]))
    yield Row(f"{TYPED} typed legs laid over, against estimating", typed_ms, ours_ms)


def _places(chance: random.Random) -> list[Place]:
    """Return places over two provinces, on all kinds of ground."""
    grounds = list(Terrain)
    return [
        Place(
            str(number),
            chance.uniform(18.5, 20.0),
            chance.uniform(104.0, 105.8),
            chance.choice(grounds),
            chance.choice(["", "40"]),
        )
        for number in range(PLACES)
    ]


def _legs(chance: random.Random) -> list[Leg]:
    legs = []
    for _leg in range(TYPED):
        start, end = chance.sample(range(PLACES), 2)
        months = frozenset(chance.choice([(), (9, 10, 11)]))
        legs.append(
            Leg(
                chance.choice([str(start), None]),
                str(end),
                60 * chance.randint(5, 240),
                None,
                months,
            )
        )
    return legs


def _haversine_m(points: Sequence[tuple[float, float]]) -> NDArray[np.float64]:
    """Return distances on a sphere, written as one would without thinking of speed."""
    lat, lon = np.radians(np.array(points)).T
    half_lat = np.sin((lat[:, None] - lat) / 2) ** 2
    half_lon = np.sin((lon[:, None] - lon) / 2) ** 2
    angle = 2 * np.arcsin(np.sqrt(half_lat + np.cos(lat)[:, None] * np.cos(lat) * half_lon))
    metres: NDArray[np.float64] = RADIUS_M * angle
    return metres


def _geopy_ms(points: Sequence[tuple[float, float]], chance: random.Random) -> float:
    """Return how long geopy would take for all ways, from a sample of them."""
    pairs = [(chance.choice(points), chance.choice(points)) for _pair in range(SAMPLED)]
    start = perf_counter()
    for here, there in pairs:
        _metres = geodesic(here, there).meters
    return (perf_counter() - start) * 1000 / SAMPLED * len(points) ** 2
