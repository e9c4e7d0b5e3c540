"""Reading boundaries from GeoJSON, and repairing those that are not valid."""

from __future__ import annotations

import json
from typing import Any

import shapely
from shapely.geometry.base import BaseGeometry

from outreach.places.loading.columns import BadValue


def point(geometry: dict[str, Any]) -> tuple[float, float] | None:
    """Return latitude and longitude of a GeoJSON point; ``None`` for another kind of geometry."""
    if geometry.get("type") != "Point":
        return None
    read = _read(geometry)
    _check_degrees(read)
    return read.y, read.x  # type: ignore[attr-defined]


def area(geometry: dict[str, Any]) -> tuple[bytes, bool]:
    """Return a GeoJSON area as WKB, and whether it had to be repaired.

    Raises:
        BadValue: if it is no area, cannot be repaired to one, or is not in degrees.
    """
    read = shapely.force_2d(_read(geometry))
    _check_degrees(read)
    repaired = read if read.is_valid else shapely.make_valid(read)
    parts = [
        part
        for part in shapely.get_parts(_flat(repaired))
        if part.geom_type == "Polygon" and part.area > 0
    ]
    if not parts:
        raise BadValue(f"its boundary is no area but {geometry.get('type', 'nothing')}.")
    whole = parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)
    if not whole.is_valid:
        raise BadValue(f"its boundary cannot be repaired: {shapely.is_valid_reason(whole)}.")
    return shapely.to_wkb(whole, byte_order=1), not read.is_valid


def _read(geometry: dict[str, Any]) -> BaseGeometry:
    try:
        read: BaseGeometry = shapely.from_geojson(json.dumps(geometry))
    except (shapely.errors.ShapelyError, TypeError, ValueError) as error:
        raise BadValue(f"its geometry cannot be read: {error}") from error
    if read is None or read.is_empty:
        raise BadValue("its geometry is empty.")
    return read


def _flat(geometry: BaseGeometry) -> BaseGeometry:
    """Return a geometry whose parts are simple: a collection may hold multipolygons."""
    if geometry.geom_type != "GeometryCollection":
        return geometry
    return shapely.union_all(
        [part for part in shapely.get_parts(geometry) if "Polygon" in part.geom_type]
    )


def _check_degrees(geometry: BaseGeometry) -> None:
    west, south, east, north = geometry.bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BadValue(
            "its coordinates are not longitude and latitude in degrees (WGS 84):"
            f" {west:.0f}, {south:.0f}."
        )
