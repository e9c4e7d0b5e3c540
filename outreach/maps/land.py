"""Cutting the drawn ground of a map out of a public-domain coastline.

Only a region is ever cut out: a published map of all of Vietnam has to show its archipelagos, which
the source does not draw.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator
from typing import Any

Position = tuple[float, float]
"""Longitude and latitude in degrees."""
Ring = list[Position]

REGION = (101.2, 13.6, 110.2, 22.8)
"""West, south, east, north: the north central provinces and what a map around them shows."""
DECIMALS = 3
APART_DEG = 0.02
"""About 2 km: two pixels at the zoom at which a whole province is in view."""


def cut(topology: dict[str, Any], box: tuple[float, float, float, float]) -> list[Ring]:
    """Return the outer rings of the land inside ``box``, as closed by its edges.

    Args:
        topology: TopoJSON with an object ``land`` of polygons, such as ``world-atlas`` has.
        box: west, south, east, north in degrees; must not cross the 180th meridian.
    """
    arcs = [_decoded(arc, topology["transform"]) for arc in topology["arcs"]]
    rings = (_ring(indices, arcs) for indices in _outer_rings(topology["objects"]["land"]))
    cut_rings = (_clipped(ring, box) for ring in rings)
    thinned = (_thinned(ring) for ring in cut_rings)
    return [ring for ring in thinned if len(ring) > 2]


def _outer_rings(geometry: dict[str, Any]) -> Iterator[list[int]]:
    if geometry["type"] == "GeometryCollection":
        for part in geometry["geometries"]:
            yield from _outer_rings(part)
    elif geometry["type"] == "MultiPolygon":
        yield from (polygon[0] for polygon in geometry["arcs"])
    elif geometry["type"] == "Polygon":
        yield geometry["arcs"][0]


def _decoded(arc: list[list[int]], transform: dict[str, list[float]]) -> Ring:
    """Return an arc in degrees; it is stored as whole steps from one position to the next."""
    (scale_x, scale_y), (from_x, from_y) = transform["scale"], transform["translate"]
    x = y = 0
    positions = []
    for step_x, step_y in arc:
        x, y = x + step_x, y + step_y
        positions.append((x * scale_x + from_x, y * scale_y + from_y))
    return positions


def _ring(indices: list[int], arcs: list[Ring]) -> Ring:
    """Join arcs; a negative index means the arc ``~index`` backwards."""
    ring: Ring = []
    for index in indices:
        ring += (arcs[index] if index >= 0 else arcs[~index][::-1])[1 if ring else 0 :]
    return ring


def _clipped(ring: Ring, box: tuple[float, float, float, float]) -> Ring:
    """Return the ring inside the box (Sutherland and Hodgman: one edge of the box at a time)."""
    west, south, east, north = box
    edges: list[tuple[int, float, Callable[[float, float], bool]]] = [
        (0, west, operator.ge),
        (1, south, operator.ge),
        (0, east, operator.le),
        (1, north, operator.le),
    ]
    for axis, limit, keeps in edges:
        ring = list(_clipped_at(ring, axis, limit, keeps))
    return ring


def _clipped_at(
    ring: Ring, axis: int, limit: float, keeps: Callable[[float, float], bool]
) -> Iterator[Position]:
    for here, there in zip(ring, ring[1:] + ring[:1], strict=True):
        is_in, will_be = keeps(here[axis], limit), keeps(there[axis], limit)
        if is_in:
            yield here
        if is_in != will_be:
            share = (limit - here[axis]) / (there[axis] - here[axis])
            yield (
                here[0] + share * (there[0] - here[0]),
                here[1] + share * (there[1] - here[1]),
            )


def _thinned(ring: Ring) -> Ring:
    """Round the positions to about 100 m and keep those that are :data:`APART_DEG` apart."""
    kept: Ring = []
    for x, y in ring:
        here = (round(x, DECIMALS), round(y, DECIMALS))
        if not kept or math.dist(here, kept[-1]) >= APART_DEG:
            kept.append(here)
    return kept
