"""What the maps draw, as plain data: visits and, where there are no tiles, the ground."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, TypedDict

from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import Event

AROUND_DEG = 0.3
"""About 30 km: what a small map shows when it is opened, and something beyond."""

NamedPoint = tuple[float, float, str]
"""Latitude, longitude, name."""


class Point(TypedDict, total=False):
    """One visit at its venue, in the clock time of its library.

    ``day`` is ISO 8601, ``starts`` and ``ends`` are HH:MM, ``kinds`` are codes, the main one first.
    A point without ``day`` is a place alone.
    """

    lat: float
    lon: float
    key: str
    title: str
    place: str
    area: str
    day: str
    starts: str
    ends: str
    kinds: list[str]
    url: str
    cancelled: bool


def visit_point(event: Event, *, title: str, url: str) -> Point | None:
    """Return an event loaded with ``for_lists`` as a point, under a title that leads to ``url``.

    ``None`` where nobody has put its venue on the map.
    """
    at = event.venue.point
    if at is None:
        return None
    zone = event.library.zone
    starts, ends = event.starts_at.astimezone(zone), event.ends_at.astimezone(zone)
    point: Point = {
        "lat": round(at[0], 4),
        "lon": round(at[1], 4),
        "key": event.uid,
        "title": title,
        "place": event.venue.name,
        "area": area_of(event.commune),
        "day": starts.date().isoformat(),
        "starts": f"{starts:%H:%M}",
        "ends": f"{ends:%H:%M}",
        "kinds": [activity.kind_id for activity in event.activities.all()],
        "url": url,
    }
    if event.is_cancelled:
        point["cancelled"] = True
    return point


def area_of(commune: AdministrativeUnit | None) -> str:
    """Return commune and province by name; the province loaded already."""
    if commune is None:
        return ""
    names = [commune.full_name, commune.parent.name if commune.parent else ""]
    return ", ".join(name for name in names if name)


def named_points(units: Iterable[AdministrativeUnit]) -> list[NamedPoint]:
    """Return the units that have a point, by latitude, longitude and name."""
    return _rounded((unit.lat, unit.lon, unit.name) for unit in units)


def offices_of(provinces: Iterable[AdministrativeUnit], *, on: date) -> list[NamedPoint]:
    """Return the offices of the communes that lie in these provinces on that day."""
    return _offices(on, parent__in=list(provinces))


def offices_near(point: tuple[float, float], *, on: date) -> list[NamedPoint]:
    """Return the offices of the communes around a point, in degrees, on that day."""
    lat, lon = point
    return _offices(
        on,
        lat__range=(lat - AROUND_DEG, lat + AROUND_DEG),
        lon__range=(lon - AROUND_DEG, lon + AROUND_DEG),
    )


def _offices(on: date, **where: Any) -> list[NamedPoint]:
    communes = AdministrativeUnit.objects.in_force_on(on).communes().filter(**where)
    return _rounded(communes.order_by("pk").values_list("lat", "lon", "name"))


def _rounded(rows: Iterable[tuple[float | None, float | None, str]]) -> list[NamedPoint]:
    return [
        (round(lat, 3), round(lon, 3), name)
        for lat, lon, name in rows
        if lat is not None and lon is not None
    ]
