"""A plan drawn on the bare ground: small without scripts, large with lines to look at closely.

Lines are straight: they say in which order stops come, not which road is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypedDict

import folium
from django.conf import settings
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from outreach.maps.charts import LAND, MAX_ZOOM, MIDDLE, MIN_ZOOM, _words
from outreach.maps.layers import PointLayer
from outreach.maps.points import named_points
from outreach.maps.route_map import HEIGHT, WIDTH, _drawn, _path, _scale, _view
from outreach.places.models import AdministrativeUnit

MODULE = "web/js/plan_map.js"
COLOURS = 6
"""How many looks of lines there are; a seventh vehicle takes the first one's again."""

LatLon = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Line:
    """The way of a vehicle on a day.

    Attributes:
        look: which of the looks it is drawn in, from 0.
        points: from where it leaves to where it ends, latitude and longitude.
        stops: those between, with what is told of them.
    """

    look: int
    points: tuple[LatLon, ...]
    stops: tuple[tuple[LatLon, str], ...]


class DrawnLine(TypedDict):
    """A line as the script draws it."""

    look: int
    points: list[list[float]]
    stops: list[list[Any]]
    name: str


def small_map(lines: Sequence[Line], *, title: str) -> SafeString:
    """Return a picture of a plan's lines and stops; nothing where there is no point."""
    points = [point for line in lines for point in line.points]
    if not points:
        return mark_safe("")
    view = _view(points)
    stops = {(line.look % COLOURS, *view.pixel(at)) for line in lines for at, _text in line.stops}
    context = {
        "width": WIDTH,
        "height": HEIGHT,
        "land": [_path(ring) for ring in _drawn(view)],
        "ways": _ways(lines, view),
        "stops": sorted(stops),
        "scale": _scale(view),
        "foot": HEIGHT - 14,
        "title": title,
    }
    return mark_safe(render_to_string("plan/proposal_map.svg", context))  # noqa: S308


def _ways(lines: Sequence[Line], view: Any) -> list[tuple[int, str]]:
    """Return each stretch once, however often it is driven."""
    found: dict[tuple[int, str], None] = {}
    for line in lines:
        drawn = " ".join(f"{x},{y}" for x, y in map(view.pixel, line.points))
        found.setdefault((line.look % COLOURS, drawn))
    return list(found)


def large_map(
    lines: Iterable[tuple[str, Line]], *, provinces: Iterable[AdministrativeUnit], offices_url: str
) -> folium.Map:
    """Return a map of lines by name that one can move and look at closely."""
    drawn: list[DrawnLine] = [
        {
            "look": line.look % COLOURS,
            "name": name,
            "points": [_round(point) for point in line.points],
            "stops": [[*_round(at), text] for at, text in line.stops],
        }
        for name, line in lines
    ]
    chart = folium.Map(location=MIDDLE, zoom_start=8, tiles=None, zoom_control="topright")
    chart._id = "plan"
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
    ground = {
        "ground": {"provinces": named_points(provinces), "offices": []},
        "officesUrl": offices_url,
        "landUrl": static(LAND),
    }
    told = {
        "lines": drawn,
        **({} if settings.MAP_TILE_URL else ground),
        "mapModule": static("web/js/map.js"),
        "language": get_language() or settings.LANGUAGE_CODE,
        "words": _words() | {"empty": _("No trip with a place on the map in this choice.")},
    }
    PointLayer(module=static(MODULE), settings=told, clusters=False).add_to(chart)
    return chart


def _round(point: LatLon) -> list[float]:
    return [round(point[0], 4), round(point[1], 4)]
