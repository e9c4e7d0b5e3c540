"""Which commune a venue lies in, and whether two venues are one."""

from __future__ import annotations

import math
import unicodedata
from datetime import date

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from outreach.places.domain import distance_km
from outreach.places.models import AdministrativeUnit, Venue

try:
    from outreach.places import boundaries  # type: ignore[attr-defined,unused-ignore]
except ImportError:  # pragma: no cover - until boundaries can be loaded
    boundaries = None  # type: ignore[assignment,unused-ignore]

DOUBT_KM = 1.0
"""Boundaries and points are not drawn more precisely than this."""
SAME_PLACE_KM = 0.5
"""Two venues of one name no farther apart than this are one."""
_KM_PER_DEGREE = 111.2
_DIRECTIONS = 16


def commune_for(
    point: tuple[float, float] | None, stated: AdministrativeUnit | None, day: date
) -> AdministrativeUnit | None:
    """Return the commune of a venue: the stated one, or else the one that contains its point.

    Raises:
        ValidationError: on ``commune`` where boundaries are known and another one contains the
            point, more than :data:`DOUBT_KM` from the stated one.
    """
    if (
        point is None
        or not _is_on_earth(point)
        or boundaries is None
        or not boundaries.are_known(day)
    ):
        return stated
    found = boundaries.commune_at(point, day)
    if stated is None or found is None or found.pk == stated.pk:
        return stated or found
    if stated.valid_to is not None and stated.valid_to <= day:
        return stated  # it has ended: that is not said by the point, and is seen to elsewhere
    if _is_near(point, stated, day):
        return stated
    raise ValidationError(
        {
            "commune": ValidationError(
                _("This point lies in %(found)s, not in %(stated)s."),
                code="point_in_another_commune",
                params={"found": found.full_name, "stated": stated.full_name},
            )
        }
    )


def is_same_place(one: Venue, other: Venue) -> bool:
    """Tell whether two venues of one library and one commune are the same place.

    They are if name and locality are, and nobody can say that they lie apart.
    """
    named_alike = _plain(one.name) == _plain(other.name)
    if not named_alike or _plain(one.locality) != _plain(other.locality):
        return False
    if one.point is None or other.point is None or not _is_on_earth(one.point):
        return True
    return distance_km(one.point, other.point) <= SAME_PLACE_KM


def _plain(text: str) -> str:
    """Return a name without what nobody sees: case, kinds of spaces, ways of writing accents."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


def _is_on_earth(point: tuple[float, float]) -> bool:
    return abs(point[0]) <= 90 and abs(point[1]) <= 180


def _is_near(point: tuple[float, float], unit: AdministrativeUnit, day: date) -> bool:
    """Tell whether the unit begins within :data:`DOUBT_KM` of the point: in some direction."""
    for number in range(_DIRECTIONS):
        there = _moved(point, DOUBT_KM, 2 * math.pi * number / _DIRECTIONS)
        found = boundaries.commune_at(there, day)
        if found is not None and found.pk == unit.pk:
            return True
    return False


def _moved(point: tuple[float, float], km: float, towards: float) -> tuple[float, float]:
    lat, lon = point
    north, east = km * math.cos(towards), km * math.sin(towards)
    wide = max(math.cos(math.radians(lat)), 0.01)
    return (
        max(-90.0, min(90.0, lat + north / _KM_PER_DEGREE)),
        max(-180.0, min(180.0, lon + east / (_KM_PER_DEGREE * wide))),
    )
