"""The maps of the public pages: where the library comes next."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

import folium
from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from outreach.maps.layers import PointLayer
from outreach.maps.points import Point, named_points, offices_near
from outreach.places.models import AdministrativeUnit

MODULE = "web/js/map.js"
LAND = "web/map/land.json"
MIDDLE = (18.6, 105.6)
"""Where a map opens before its points are there: the north central region."""
MAX_ZOOM = 17
MIN_ZOOM = 7


def visits_map(
    *,
    points_url: str,
    provinces: Iterable[AdministrativeUnit],
    offices_url: str,
    kinds: dict[str, str],
) -> folium.Map:
    """Return the map of all next visits; the points come by URL.

    Args:
        points_url: answers with ``points``, a list of ``outreach.maps.points.Point``.
        provinces: named on the ground.
        offices_url: answers with ``offices``, as ``outreach.maps.points.offices_of``; asked for
            only without tiles.
        kinds: names of the kinds of activity by code, in the language of the page.
    """
    layer = {"pointsUrl": points_url, "kinds": kinds}
    ground = {
        "ground": {"provinces": named_points(provinces), "offices": []},
        "officesUrl": offices_url,
        "landUrl": static(LAND),
    }
    return _chart(layer, ground, clusters=True)


def place_map(*, points: Sequence[Point], on: date, kinds: dict[str, str]) -> folium.Map:
    """Return a small map around one place and the visits to it; at least one point is needed.

    It brings its ground along, and nothing more than it needs: it stands on light pages.
    """
    middle = (points[0]["lat"], points[0]["lon"])
    layer = {"points": list(points), "kinds": kinds, "isSmall": True}
    ground = {"ground": {"provinces": [], "offices": offices_near(middle, on=on)}}
    return _chart(
        layer, ground, clusters=False, location=middle, zoom_start=12, scroll_wheel_zoom=False
    )


def _chart(
    layer: dict[str, Any],
    ground: dict[str, Any],
    *,
    clusters: bool,
    location: tuple[float, float] = MIDDLE,
    zoom_start: int = 8,
    **options: Any,
) -> folium.Map:
    chart = folium.Map(
        location=location, zoom_start=zoom_start, tiles=None, zoom_control="topright", **options
    )
    chart._id = "visits"
    # Without tiles nothing else bounds the zoom, and a cluster needs a bound.
    chart.options["max_zoom"] = MAX_ZOOM
    chart.options["min_zoom"] = MIN_ZOOM
    if settings.MAP_TILE_URL:
        tiles = folium.TileLayer(
            tiles=settings.MAP_TILE_URL,
            attr=settings.MAP_TILE_ATTRIBUTION or " ",
            max_zoom=MAX_ZOOM,
            control=False,
        )
        tiles._id = "tiles"
        tiles.add_to(chart)
    told = {
        **layer,
        **({} if settings.MAP_TILE_URL else ground),
        "language": get_language() or settings.LANGUAGE_CODE,
        "words": _words(),
    }
    PointLayer(module=static(MODULE), settings=told, clusters=clusters).add_to(chart)
    return chart


def _words() -> dict[str, str]:
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "more": _("All about this visit"),
        "several": _("%(count)s places, the first visit on %(day)s"),
        "failed": _("The map could not be loaded. The list has the same visits."),
        "close": _("Close"),
        "north": pgettext("compass", "N"),
        "south": pgettext("compass", "S"),
        "east": pgettext("compass", "E"),
        "west": pgettext("compass", "W"),
    }
