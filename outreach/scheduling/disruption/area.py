"""Areas that are drawn on a map, and the venues inside."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import shapely
from django.utils.translation import gettext_lazy as _
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

from outreach.common.errors import InvalidInput

MOST_POINTS = 1000
_DEPTH = {"Polygon": 1, "MultiPolygon": 2}


def read_area(area: Mapping[str, Any]) -> BaseGeometry:
    """Return a GeoJSON polygon or multipolygon as a shape; lines that cross are untangled.

    Raises:
        InvalidInput: on ``area``, if it is none, has more than 1,000 points or encloses nothing.
    """
    kind = area.get("type") if isinstance(area, Mapping) else None
    if kind not in _DEPTH:
        raise _refusal(_("An area is a polygon on the map."))
    coordinates = area.get("coordinates")
    polygons = coordinates if kind == "MultiPolygon" else [coordinates]
    try:
        shape = shapely.make_valid(MultiPolygon([_polygon(rings) for rings in polygons or ()]))
    except (TypeError, ValueError, KeyError, IndexError) as error:
        raise _refusal(_("An area is a polygon on the map.")) from error
    if shapely.get_num_coordinates(shape) > MOST_POINTS:
        raise _refusal(_("This area has too many corners."))
    if not shape.area > 0:
        raise _refusal(_("This area encloses nothing: put at least three corners."))
    return shape


def _polygon(rings: Any) -> Polygon:
    read = [[_place(place) for place in ring] for ring in rings]
    if sum(map(len, read)) > MOST_POINTS:
        raise _refusal(_("This area has too many corners."))
    return Polygon(read[0], read[1:])


def _place(place: Any) -> tuple[float, float]:
    lon, lat = float(place[0]), float(place[1])
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise _refusal(_("A corner of the area lies nowhere on the earth."))
    return lon, lat


def _refusal(message: Any) -> InvalidInput:
    return InvalidInput(message, code="area_invalid", field="area")
