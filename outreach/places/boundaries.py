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
class _Communes:
    """The shapes of all active communes, and whose they are, in the same order."""

    tree: STRtree
    keys: list[int]
    codes: list[str]
    spans: list[tuple[date, date | None]]

    def in_force(self, index: int, day: date) -> bool:
        start, end = self.spans[index]
        return start <= day and (end is None or day < end)


class _Kept:
    """The shapes this process has read."""

    version: Version | None = None
    communes: _Communes | None = None


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
    communes = _communes()
    if communes is None:
        return None
    lat, lon = point
    hits = communes.tree.query(shapely.Point(lon, lat), predicate="intersects")
    standing = [int(hit) for hit in hits if communes.in_force(int(hit), day)]
    if not standing:
        return None
    return communes.keys[min(standing, key=lambda index: communes.codes[index])]


def are_known(day: date) -> bool:
    """Tell whether any commune in force on ``day`` has a boundary."""
    communes = _communes()
    return communes is not None and any(
        communes.in_force(index, day) for index in range(len(communes.keys))
    )


def forget() -> None:
    """Drop the shapes this process has read."""
    _Kept.version = _Kept.communes = None


def _communes() -> _Communes | None:
    """Return the shapes as they are stored now; ``None`` where there are none."""
    version = _version()
    if version != _Kept.version:
        # The shapes first: another thread that finds the new version must find them too.
        _Kept.communes = _read()
        _Kept.version = version
    return _Kept.communes


def _version() -> Version:
    """Return what changes whenever a set is stored, activated or taken back."""
    sets = UnitSet.objects.active().order_by()
    found = sets.aggregate(count=Count("pk"), newest=Max("pk"), latest=Max("activated_at"))
    return found["count"], found["newest"] or 0, found["latest"], Boundary.objects.count()


def _read() -> _Communes | None:
    rows = list(
        Boundary.objects.filter(
            unit__is_active=True, unit__level=AdministrativeUnit.Level.COMMUNE
        ).values_list("shape", "unit_id", "unit__code", "unit__valid_from", "unit__valid_to")
    )
    if not rows:
        return None
    shapes = shapely.from_wkb(np.array([bytes(row[0]) for row in rows], dtype=object))
    return _Communes(
        STRtree(shapes),
        [row[1] for row in rows],
        [row[2] for row in rows],
        [(row[3], row[4]) for row in rows],
    )
