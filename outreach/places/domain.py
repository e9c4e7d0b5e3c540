"""Rules about places that need no database."""

from __future__ import annotations

import math

from geopy.distance import geodesic

FAR_RADII = 2.5
FAR_MARGIN_KM = 10.0


def distance_km(a: tuple[float, float], b: tuple[float, float]) -> float:
    """Return the distance in km on the WGS 84 ellipsoid between two (latitude, longitude) pairs."""
    return float(geodesic(a, b).kilometers)


def furthest_expected_km(area_km2: float | None) -> float:
    """Return how far from its office a commune's land may reach before we doubt a point, in km.

    Measured on the 483 communes of the five provinces: the farthest border point lies within 2.5
    radii of a disc of the same area plus 6 km in every one, so the margin never refuses a true one.
    """
    radius_km = math.sqrt((area_km2 or 100.0) / math.pi)
    return FAR_RADII * radius_km + FAR_MARGIN_KM
