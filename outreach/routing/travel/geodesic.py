"""How long a way takes: distance on the ellipsoid, the roads' detours, and the ground's speed.

This is the embedded estimate, for where no road engine runs beside the product and nobody has
typed what a leg really takes. It knows nothing of rivers, fords and landslips: it is shown as
"about", and a person's own figure always wins.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]
"""Latitude and longitude in degrees, WGS 84."""

EQUATOR_RADIUS_M = 6_378_137.0
FLATTENING = 1 / 298.257223563
NEARLY_OPPOSITE = 1e-6
"""The formula does not hold for points on opposite sides of the earth; it stays finite."""
BLOCK = 12_000
"""Figures that are worked on at a time: 100 kB."""
ROUNDING_MIN = 5
"""Estimates are rounded up to this: they are not known to the minute."""


class Terrain(StrEnum):
    """The ground a leg runs through."""

    PLAIN = "plain"
    HILLS = "hills"
    MOUNTAIN = "mountain"


@dataclass(frozen=True, slots=True)
class Going:
    """How a vehicle gets on.

    Attributes:
        detour: road kilometres per straight kilometre; at least 1.
        speed_km_h: on those roads, stops of a minute or two included; above 0.
    """

    detour: float
    speed_km_h: float


GOING: dict[Terrain, Going] = {
    Terrain.PLAIN: Going(detour=1.35, speed_km_h=40.0),
    Terrain.HILLS: Going(detour=1.5, speed_km_h=32.0),
    Terrain.MOUNTAIN: Going(detour=1.8, speed_km_h=22.0),
}
"""Starting values for a loaded van in dry weather; a school point 19 km away that is known to take
2 h comes out at 95 min in the mountains, before the buffer of 10 to 15 minutes that planners add
to each leg."""
ROUGH_M = 20_000.0
"""Beyond this straight distance a leg runs on trunk roads, however rough the ground at its end."""


def distances_m(points: Sequence[Point]) -> NDArray[np.float64]:
    """Return the distances between all points, in metres, as a symmetric n x n matrix.

    Andoyer and Lambert's formula on the WGS 84 ellipsoid: within 0.01 % of the geodesic up to some
    thousand kilometres, and quick on whole arrays.

    Raises:
        ValueError: if a point lies outside -90..90 or -180..180 degrees.
    """
    degrees = np.array(points, dtype=np.float64).reshape(-1, 2)
    if not bool(np.all(np.abs(degrees) <= np.array([90.0, 180.0]))):
        raise ValueError("A point lies off the earth.")
    lat = np.arctan((1 - FLATTENING) * np.tan(np.radians(degrees[:, 0])))
    return _lambert_m(lat, np.radians(degrees[:, 1]))


def distance_m(a: Point, b: Point) -> float:
    """Return the distance between two points in metres (see :func:`distances_m`)."""
    return float(distances_m([a, b])[0, 1])


def travel_min(a: Point, b: Point, terrain: Terrain = Terrain.HILLS) -> int:
    """Return about how many minutes the way takes, rounded up to :data:`ROUNDING_MIN`; 0 at once.

    Args:
        terrain: the ground at the rougher end; it counts for the last :data:`ROUGH_M` metres.

    Raises:
        ValueError: if a point lies off the earth.
    """
    minutes = float(travel_matrix_min([a, b], terrain)[0, 1])
    return math.ceil(round(minutes / ROUNDING_MIN, 6)) * ROUNDING_MIN


def road_km(a: Point, b: Point, terrain: Terrain = Terrain.HILLS) -> float:
    """Return about how long the way is by road, in kilometres."""
    rough, trunk = _parts_km(distances_m([a, b]), terrain)
    return float((rough + trunk)[0, 1])


def travel_matrix_min(
    points: Sequence[Point], terrain: Terrain = Terrain.HILLS
) -> NDArray[np.float64]:
    """Return the minutes between all points, not rounded, as a symmetric n x n matrix."""
    rough, trunk = _parts_km(distances_m(points), terrain)
    minutes: NDArray[np.float64] = 60 * (
        rough / GOING[terrain].speed_km_h + trunk / GOING[Terrain.PLAIN].speed_km_h
    )
    return minutes


def _parts_km(
    metres: NDArray[np.float64], terrain: Terrain
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the road kilometres on the rough ground and on trunk roads."""
    rough = np.minimum(metres, ROUGH_M)
    return (
        rough / 1000 * GOING[terrain].detour,
        (metres - rough) / 1000 * GOING[Terrain.PLAIN].detour,
    )


def _lambert_m(lat: NDArray[np.float64], lon: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distances in metres from reduced latitudes and longitudes in radians.

    What the formula asks of angles between two points comes from differences of their Cartesian
    coordinates: no sine of a whole matrix, and nothing lost between points that are near.
    """
    cos, sin = np.cos(lat), np.sin(lat)
    points = np.stack([cos * np.cos(lon), cos * np.sin(lon), cos, sin])
    metres = np.empty((len(lat), len(lat)))
    for rows in row_blocks(len(lat)):
        metres[rows] = _between_m(points[:, rows, None], points[:, None, :])
    return metres


def row_blocks(size: int) -> Iterator[slice]:
    """Yield the rows of a square matrix in blocks that stay in the processor's own memory."""
    step = max(1, BLOCK // max(size, 1))
    for first in range(0, size, step):
        yield slice(first, first + step)


def _between_m(here: NDArray[np.float64], there: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return distances in metres from x and y, and the latitudes' cosines and sines."""
    cosines, sines = (here[2] - there[2]) ** 2, (here[3] - there[3]) ** 2
    near = ((here[0] - there[0]) ** 2 + (here[1] - there[1]) ** 2 + sines) / 4
    np.minimum(near, 1.0, out=near)  # the haversine of the angle
    flat = (cosines + sines) / 4  # that of the difference of latitudes
    middle = (1 - here[2] * there[2] + here[3] * there[3]) / 2
    far = 1 - near
    angle = 2 * np.arcsin(np.sqrt(near))
    sine = 2 * np.sqrt(near * far)
    x = (angle - sine) * middle * (1 - flat) / np.maximum(far, NEARLY_OPPOSITE)
    y = (angle + sine) * (1 - middle) * flat / np.maximum(near, np.finfo(np.float64).tiny)
    metres: NDArray[np.float64] = EQUATOR_RADIUS_M * (angle - FLATTENING / 2 * (x + y))
    return metres
