"""How long ways take: estimated, asked of a road engine, or typed by people.

What is estimated stands here. A whole matrix comes from a provider (:mod:`.places`): of
:mod:`.estimate` or :mod:`.road`; :mod:`.typed` lays over it what people know better. Those are
imported by their own names, so that who only wants a distance loads no HTTP client.
"""

from outreach.routing.travel.geodesic import (
    EQUATOR_RADIUS_M,
    FLATTENING,
    GOING,
    ROUGH_M,
    ROUNDING_MIN,
    Going,
    Point,
    Terrain,
    distance_m,
    distances_m,
    road_km,
    travel_matrix_min,
    travel_min,
)

__all__ = [
    "EQUATOR_RADIUS_M",
    "FLATTENING",
    "GOING",
    "ROUGH_M",
    "ROUNDING_MIN",
    "Going",
    "Point",
    "Terrain",
    "distance_m",
    "distances_m",
    "road_km",
    "travel_matrix_min",
    "travel_min",
]
