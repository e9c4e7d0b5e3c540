"""Which commune a point lies in, where boundaries are loaded.

The shapes are read once per process and kept until another set of units is activated or taken back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
import shapely
from django.db.models import Count, Max
from shapely import STRtree

from outreach.places.models import AdministrativeUnit, Boundary, UnitSet

Point = tuple[float, float]
Version = tuple[int, int, datetime | None, int]


@dataclass(frozen=True, slots=True)
class Shapes:
    """The shapes of all active communes, and whose they are, in the same order."""

    tree: STRtree
    keys: list[int]
    codes: list[str]
    spans: list[tuple[date, date | None]]

    def unit_at(self, point: Point, day: date) -> int | None:
        """Return the key of the commune whose boundary on ``day`` holds a point."""
        lat, lon = point
        hits = self.tree.query(shapely.Point(lon, lat), predicate="intersects")
        standing = [int(hit) for hit in hits if self._in_force(int(hit), day)]
        if not standing:
            return None
        return self.keys[min(standing, key=lambda index: self.codes[index])]

    def are_known(self, day: date) -> bool:
        """Tell whether any commune in force on ``day`` has a boundary."""
        return any(self._in_force(index, day) for index in range(len(self.keys)))

    def _in_force(self, index: int, day: date) -> bool:
        start, end = self.spans[index]
        return start <= day and (end is None or day < end)


class _Kept:
    """The shapes this process has read."""

    version: Version | None = None
    shapes: Shapes | None = None


def commune_at(point: Point, day: date) -> AdministrativeUnit | None:
    """Return the commune whose boundary on ``day`` holds a point.

    Args:
        point: latitude and longitude, WGS 84 degrees.

    Returns:
        The commune, its province loaded along; of two that share a border through the point, the
        one with the lower code. ``None`` where no boundary holds the point or none is loaded.
    """
    found = unit_at(point, day)
    if found is None:
        return None
    return AdministrativeUnit.objects.select_related("parent").get(pk=found)


def unit_at(point: Point, day: date) -> int | None:
    """Return the key of :func:`commune_at`."""
    return shapes_now().unit_at(point, day)


def are_known(day: date) -> bool:
    """Tell whether any commune in force on ``day`` has a boundary."""
    return shapes_now().are_known(day)


def forget() -> None:
    """Drop the shapes this process has read."""
    _Kept.version = _Kept.shapes = None


def shapes_now() -> Shapes:
    """Return the shapes as they are stored now: for many questions, ask them without us."""
    version = _version()
    shapes = _Kept.shapes
    if shapes is None or version != _Kept.version:
        # The shapes first: another thread that finds the new version must find them too.
        shapes = _Kept.shapes = _read()
        _Kept.version = version
    return shapes


def _version() -> Version:
    """Return what changes whenever a set is stored, activated or taken back."""
    sets = UnitSet.objects.active().order_by()
    found = sets.aggregate(count=Count("pk"), newest=Max("pk"), latest=Max("activated_at"))
    return found["count"], found["newest"] or 0, found["latest"], Boundary.objects.count()


def _read() -> Shapes:
    rows = list(
        Boundary.objects.filter(
            unit__is_active=True, unit__level=AdministrativeUnit.Level.COMMUNE
        ).values_list("shape", "unit_id", "unit__code", "unit__valid_from", "unit__valid_to")
    )
    shapes = shapely.from_wkb(np.array([bytes(row[0]) for row in rows], dtype=object))
    return Shapes(
        STRtree(shapes),
        [row[1] for row in rows],
        [row[2] for row in rows],
        [(row[3], row[4]) for row in rows],
    )
