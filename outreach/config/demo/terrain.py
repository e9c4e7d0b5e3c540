"""Distances, and travel times on water, good enough for an invented timetable."""

from __future__ import annotations

import math
from functools import cache

from outreach.places.models import Venue

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

_KM_PER_DEGREE = 111.2
_BOAT_DETOUR = 1.2
_BOAT_KM_H = 16.0
_MARGIN_MIN = 10


@cache
def distance_km(a: Point, b: Point) -> float:
    """Return the distance as the crow flies on a sphere: within 0.5 % over these distances."""
    middle = math.radians((a[0] + b[0]) / 2)
    return _KM_PER_DEGREE * math.hypot(a[0] - b[0], (a[1] - b[1]) * math.cos(middle))


def boat_min(a: Point, b: Point) -> int:
    """Return minutes by boat, a margin included, rounded up to 5; vans have roads of their own."""
    if a == b:
        return 0
    minutes = _MARGIN_MIN + 60 * distance_km(a, b) * _BOAT_DETOUR / _BOAT_KM_H
    return math.ceil(minutes / 5) * 5


def at(venue: Venue) -> Point:
    """Return the point of a venue; every one in use has one.

    Raises:
        LookupError: if it has none.
    """
    if venue.point is None:
        raise LookupError(f"{venue} has no point.")
    return venue.point


def moved(point: Point, *, km: float, towards: float) -> Point:
    """Return the point ``km`` away in the direction ``towards`` (radians)."""
    lat = point[0] + km * math.sin(towards) / _KM_PER_DEGREE
    lon = point[1] + km * math.cos(towards) / (_KM_PER_DEGREE * math.cos(math.radians(point[0])))
    return (round(lat, 5), round(lon, 5))
