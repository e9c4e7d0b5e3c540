"""Which commune a venue lies in, and whether two venues are one."""

from __future__ import annotations

import math
import unicodedata
from datetime import date

import numpy as np
import shapely
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from outreach.places import boundaries
from outreach.places.domain import distance_km
from outreach.places.models import AdministrativeUnit, Boundary, Venue

DOUBT_KM = 1.0
"""Boundaries and points are not drawn more precisely than this."""
SAME_PLACE_KM = 0.5
"""Two venues of one name no farther apart than this are one."""
_KM_PER_DEGREE = 111.2


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
    if _is_near(point, stated):
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


def _is_near(point: tuple[float, float], unit: AdministrativeUnit) -> bool:
    """Tell whether the unit's boundary runs within :data:`DOUBT_KM` of the point."""
    stored = Boundary.objects.filter(unit=unit).first()
    if stored is None:
        return False
    lat, lon = point
    km = np.array([_KM_PER_DEGREE * math.cos(math.radians(lat)), _KM_PER_DEGREE])
    # Flat around the point: good enough for a kilometre.
    shape = shapely.transform(
        shapely.from_wkb(bytes(stored.shape)), lambda degrees: (degrees - [lon, lat]) * km
    )
    return float(shapely.distance(shape, shapely.Point(0, 0))) <= DOUBT_KM
