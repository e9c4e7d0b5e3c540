"""The maps of the public pages: where the library comes next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import folium
from django.conf import settings
from django.templatetags.static import static
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from outreach.maps.layers import PointLayer
from outreach.maps.points import Point

MODULE = "web/js/map.js"
LAND = "web/map/land.json"
MIDDLE = (18.6, 105.6)
"""Where a map opens before its points are there: the north central region."""
MAX_ZOOM = 17
MIN_ZOOM = 7


def visits_map(*, points_url: str, ground_url: str, kinds: dict[str, str]) -> folium.Map:
    """Return the map of all next visits; the points come by URL.

    Args:
        points_url: answers as ``outreach.maps.points.visit_points``.
        ground_url: answers as ``outreach.maps.points.ground``; asked for only without tiles.
        kinds: names of the kinds of activity by code, in the language of the page.
    """
    return _chart({"pointsUrl": points_url, "groundUrl": ground_url, "kinds": kinds})


def place_map(*, points: Sequence[Point], ground_url: str, kinds: dict[str, str]) -> folium.Map:
    """Return a small map around one place and the visits to it; at least one point is needed."""
    return _chart(
        {"points": list(points), "groundUrl": ground_url, "kinds": kinds, "isSmall": True},
        location=(points[0]["lat"], points[0]["lon"]),
        zoom_start=12,
        scroll_wheel_zoom=False,
    )


def _chart(
    layer: dict[str, Any],
    *,
    location: tuple[float, float] = MIDDLE,
    zoom_start: int = 8,
    **options: Any,
) -> folium.Map:
    chart = folium.Map(
        location=location,
        zoom_start=zoom_start,
        tiles=None,
        zoom_control="topright",
        **options,
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
        layer = {**layer, "groundUrl": ""}
    told = {
        **layer,
        "landUrl": static(LAND),
        "language": get_language() or settings.LANGUAGE_CODE,
        "words": _words(),
    }
    PointLayer(module=static(MODULE), settings=told).add_to(chart)
    return chart


def _words() -> dict[str, str]:
    return {
        "zoomIn": _("Zoom in"),
        "zoomOut": _("Zoom out"),
        "more": _("All about this visit"),
        "several": _("%(count)s places, the first visit on %(day)s"),
        "failed": _("The map could not be loaded. The list has the same visits."),
        "close": _("Close"),
    }
