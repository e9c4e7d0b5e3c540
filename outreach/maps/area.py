"""What the map on which somebody draws an area is given; it is drawn by ``web/js/area.js``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext as _

from outreach.maps.picker import picker
from outreach.places.models import AdministrativeUnit, Venue

MOST_VENUES = 2000


def area_map(
    provinces: Iterable[AdministrativeUnit], venues: Iterable[Venue], *, offices_url: str
) -> dict[str, Any]:
    """Return the settings of the map: those of the point's map, the venues, and its own words.

    Args:
        provinces: named on the ground; the map opens on them.
        venues: drawn as dots, so that one sees what an area holds.
        offices_url: answers with the offices to draw where there are no tiles.
    """
    told = picker(provinces, offices_url=offices_url)
    told["venues"] = [
        [round(venue.lat, 4), round(venue.lon, 4), venue.name]
        for venue in venues
        if venue.lat is not None and venue.lon is not None
    ]
    told["words"] |= {
        "corner": _("Corner %(number)s. Arrow keys move it, Delete removes it."),
        "none": _("No area is drawn."),
        "few": _("An area needs three corners."),
        "holds": _("The area holds %(count)s venues of yours."),
    }
    return told
