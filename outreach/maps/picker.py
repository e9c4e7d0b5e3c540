"""What the map on which somebody puts a point is given; it is drawn by ``web/js/point.js``."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from outreach.maps.charts import LAND, MAX_ZOOM, MIDDLE, MIN_ZOOM, MODULE
from outreach.maps.points import named_points
from outreach.places.models import AdministrativeUnit


def picker(provinces: Iterable[AdministrativeUnit], *, offices_url: str) -> dict[str, Any]:
    """Return the settings of the map: tiles if there are any, else the drawn ground.

    Args:
        provinces: named on the ground; the map opens on them.
        offices_url: answers with the offices to draw where there are no tiles.
    """
    places = named_points(provinces)
    return {
        "module": static(MODULE),
        "language": get_language() or settings.LANGUAGE_CODE,
        "tiles": settings.MAP_TILE_URL,
        "attribution": settings.MAP_TILE_ATTRIBUTION or " ",
        "minZoom": 3 if settings.MAP_TILE_URL else MIN_ZOOM,
        "maxZoom": MAX_ZOOM,
        "middle": MIDDLE,
        "bounds": [[lat, lon] for lat, lon, _name in places],
        "ground": {"provinces": places, "offices": []},
        "officesUrl": offices_url,
        "landUrl": static(LAND),
        "words": _words(),
    }


def _words() -> dict[str, str]:
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "north": pgettext("compass", "N"),
        "south": pgettext("compass", "S"),
        "east": pgettext("compass", "E"),
        "west": pgettext("compass", "W"),
        "point": _("The venue's point. Arrow keys move it, with Shift in large steps."),
        "placed": _("The point is at %(point)s."),
        "nothing": _("The address service knows nothing of this. Put the point on the map."),
        "noAddress": _("Write an address or choose a commune first."),
        "failed": _("The address could not be looked up. Put the point on the map."),
        "found": _("Choose one; nothing is stored until you save."),
        "lies": _("This point lies in %(commune)s."),
        "take": _("Choose this commune"),
    }
