"""Distances and travel times, good enough for an invented timetable."""

from __future__ import annotations

import math
from functools import cache

Point = tuple[float, float]
"""Latitude and longitude in degrees."""

_KM_PER_DEGREE = 111.2
_DETOUR = 1.35
_BOAT_DETOUR = 1.2
_VAN_KM_H = 40.0
_BOAT_KM_H = 16.0
_MARGIN_MIN = 10


@cache
def distance_km(a: Point, b: Point) -> float:
    """Return the distance as the crow flies on a sphere: within 0.5 % over these distances."""
    middle = math.radians((a[0] + b[0]) / 2)
    return _KM_PER_DEGREE * math.hypot(a[0] - b[0], (a[1] - b[1]) * math.cos(middle))


def travel_min(a: Point, b: Point, *, by_boat: bool) -> int:
    """Return minutes of travel, a margin included, rounded up to 5."""
    detour, speed = (_BOAT_DETOUR, _BOAT_KM_H) if by_boat else (_DETOUR, _VAN_KM_H)
    minutes = _MARGIN_MIN + 60 * distance_km(a, b) * detour / speed
    return math.ceil(minutes / 5) * 5


def moved(point: Point, *, km: float, towards: float) -> Point:
    """Return the point ``km`` away in the direction ``towards`` (radians)."""
    lat = point[0] + km * math.sin(towards) / _KM_PER_DEGREE
    lon = point[1] + km * math.cos(towards) / (_KM_PER_DEGREE * math.cos(math.radians(point[0])))
    return (round(lat, 5), round(lon, 5))
