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
Ring = list[tuple[float, float]]


def read_area(area: Mapping[str, Any]) -> BaseGeometry:
    """Return a GeoJSON polygon or multipolygon as a shape; lines that cross are untangled.

    Raises:
        InvalidInput: on ``area``, if it is none, has more than 1,000 corners or encloses nothing.
    """
    polygons = _polygons(area)
    try:
        shape = shapely.make_valid(MultiPolygon([Polygon(one[0], one[1:]) for one in polygons]))
    except (ValueError, IndexError, shapely.errors.ShapelyError) as error:
        raise _refusal(_("This area encloses nothing: put at least three corners.")) from error
    if not shape.area > 0:
        raise _refusal(_("This area encloses nothing: put at least three corners."))
    return shape


def tidy(area: Mapping[str, Any]) -> dict[str, Any]:
    """Return the GeoJSON of an area with nothing in it but the corners.

    Raises:
        InvalidInput: on ``area``, if it cannot be read.
    """
    polygons = [[[list(place) for place in ring] for ring in one] for one in _polygons(area)]
    if len(polygons) == 1:
        return {"type": "Polygon", "coordinates": polygons[0]}
    return {"type": "MultiPolygon", "coordinates": polygons}


def _polygons(area: Any) -> list[list[Ring]]:
    """Return the rings of each polygon."""
    kind = area.get("type") if isinstance(area, Mapping) else None
    coordinates = area.get("coordinates") if isinstance(area, Mapping) else None
    if kind == "Polygon":
        coordinates = [coordinates]
    elif kind != "MultiPolygon":
        raise _refusal(_("An area is a polygon on the map."))
    try:
        read = [[[_place(at) for at in ring] for ring in one] for one in coordinates or ()]
    except (TypeError, ValueError, KeyError, IndexError, OverflowError) as error:
        raise _refusal(_("An area is a polygon on the map.")) from error
    if sum(len(ring) for one in read for ring in one) > MOST_POINTS:
        raise _refusal(_("This area has too many corners."))
    return read


def _place(place: Any) -> tuple[float, float]:
    lon, lat = float(place[0]), float(place[1])
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        raise _refusal(_("A corner of the area lies nowhere on the earth."))
    return lon, lat


def _refusal(message: Any) -> InvalidInput:
    return InvalidInput(message, code="area_invalid", field="area")
