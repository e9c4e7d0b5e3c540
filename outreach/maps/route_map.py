"""A trip drawn on the bare ground: one picture for screen and paper, without tiles or scripts.

The land comes from the same file as on the public maps. Lines are straight: they say in which order
stops come, not which road is taken.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from django.contrib.staticfiles import finders
from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from outreach.maps.charts import LAND

Pixel = tuple[float, float]

WIDTH, HEIGHT = 720.0, 360.0
MARGIN = 60.0
SMALLEST_KM = 6.0
"""No picture shows less than this from top to bottom, or one stop alone would fill it."""
KM_PER_DEGREE = 111.32
TOUCHING = 20.0
"""Marks nearer than this are drawn as one."""
_SIGN = 5.9
"""How wide a sign of a name is drawn, on average."""


@dataclass(frozen=True, slots=True)
class Place:
    """A place on the way.

    Attributes:
        mark: what stands in its mark, such as its number; empty for the base.
        point: latitude and longitude.
    """

    mark: str
    name: str
    point: tuple[float, float]


@dataclass(slots=True)
class Mark:
    """One or several places that fall together."""

    x: float
    y: float
    texts: list[str] = field(default_factory=list)
    name: str = ""
    name_x: float = 0.0
    anchor: str = "start"

    @property
    def text(self) -> str:
        """What stands in the mark."""
        return ", ".join(text for text in self.texts if text)

    @property
    def is_base(self) -> bool:
        """Whether only the base lies here."""
        return not self.text

    @property
    def half(self) -> float:
        """Half the mark's width."""
        return max(11.0, 4.2 * len(self.text) + 5)

    @property
    def box(self) -> dict[str, float]:
        """The mark's rectangle: left, top and width; it is 22 high, the base's 16."""
        if self.is_base:
            return {"x": round(self.x - 8, 1), "y": round(self.y - 8, 1), "width": 16}
        left, top = round(self.x - self.half, 1), round(self.y - 11, 1)
        return {"x": left, "y": top, "width": round(2 * self.half, 1)}

    @property
    def baseline(self) -> float:
        """Where the feet of letters stand."""
        return round(self.y + 4.5, 1)


@dataclass(frozen=True, slots=True)
class View:
    """What part of the earth a picture shows."""

    lat: float
    lon: float
    km_per_pixel: float

    def pixel(self, point: tuple[float, float]) -> Pixel:
        """Return where a point is drawn; distances near the middle are true."""
        lat, lon = point
        east_km = (lon - self.lon) * KM_PER_DEGREE * math.cos(math.radians(self.lat))
        north_km = (lat - self.lat) * KM_PER_DEGREE
        return (
            round(WIDTH / 2 + east_km / self.km_per_pixel, 1),
            round(HEIGHT / 2 - north_km / self.km_per_pixel, 1),
        )


def route_map(places: Sequence[Place], *, way: Sequence[Place] | None = None) -> SafeString:
    """Return an SVG of places in the order they are come to; nothing if there is no place.

    Args:
        places: each once.
        way: in which order; may come back to where it began. Without it, as ``places``.
    """
    if not places:
        return mark_safe("")
    view = _view([place.point for place in places])
    marks = _marks(places, view)
    context = {
        "width": WIDTH,
        "height": HEIGHT,
        "land": [_path(ring) for ring in _drawn(view)],
        "way": " ".join(f"{x},{y}" for x, y in _line(way or places, view)),
        "marks": marks,
        "scale": _scale(view),
        "foot": HEIGHT - 14,
        "title": _("The stops in their order"),
        "description": "; ".join(
            f"{place.mark}: {place.name}" if place.mark else place.name for place in places
        ),
    }
    return mark_safe(render_to_string("documents/parts/route_map.svg", context))  # noqa: S308


def _view(points: Sequence[tuple[float, float]]) -> View:
    lats, lons = [lat for lat, _lon in points], [lon for _lat, lon in points]
    lat, lon = (min(lats) + max(lats)) / 2, (min(lons) + max(lons)) / 2
    high_km = (max(lats) - min(lats)) * KM_PER_DEGREE
    wide_km = (max(lons) - min(lons)) * KM_PER_DEGREE * math.cos(math.radians(lat))
    scale = max(
        high_km / (HEIGHT - 2 * MARGIN),
        wide_km / (WIDTH - 2.6 * MARGIN),
        SMALLEST_KM / HEIGHT,
    )
    return View(lat, lon, scale)


def _line(way: Sequence[Place], view: View) -> Iterable[Pixel]:
    return (view.pixel(place.point) for place in way)


def _marks(places: Sequence[Place], view: View) -> list[Mark]:
    marks: list[Mark] = []
    for place in places:
        x, y = view.pixel(place.point)
        mark = next((one for one in marks if math.dist((one.x, one.y), (x, y)) < TOUCHING), None)
        if mark is None:
            marks.append(mark := Mark(x, y, name=place.name))
        elif mark.is_base and place.mark:
            mark.name = place.name
        mark.texts.append(place.mark)
    _name(marks)
    return marks


def _name(marks: list[Mark]) -> None:
    """Put each name beside its mark where there is room, or leave it to the list."""
    taken = [(mark.x - mark.half, mark.y - 11, mark.x + mark.half, mark.y + 11) for mark in marks]
    for mark in marks:
        wide = _SIGN * len(mark.name)
        right = (mark.x + mark.half + 3, mark.y - 7, mark.x + mark.half + 3 + wide, mark.y + 7)
        left = (mark.x - mark.half - 3 - wide, mark.y - 7, mark.x - mark.half - 3, mark.y + 7)
        for box, anchor in ((right, "start"), (left, "end")):
            if _has_room(box, taken):
                taken.append(box)
                mark.anchor = anchor
                mark.name_x = round(box[0] if anchor == "start" else box[2], 1)
                break
        else:
            mark.name = ""


def _has_room(
    box: tuple[float, float, float, float], taken: list[tuple[float, float, float, float]]
) -> bool:
    if box[0] < 4 or box[2] > WIDTH - 4:
        return False
    return not any(
        box[0] < other[2] and other[0] < box[2] and box[1] < other[3] and other[1] < box[3]
        for other in taken
    )


def _scale(view: View) -> dict[str, object]:
    """Return a bar of a round length, at most a quarter of the picture's width."""
    longest = WIDTH / 4 * view.km_per_pixel
    power = 10 ** math.floor(math.log10(longest))
    km = next(step * power for step in (5, 2, 1) if step * power <= longest)
    return {
        "km": f"{km:g}",
        "x": round(WIDTH - 16 - km / view.km_per_pixel, 1),
        "end": WIDTH - 16,
        "bar": HEIGHT - 9,
        "text": HEIGHT - 18,
    }


def _path(ring: Sequence[Pixel]) -> str:
    return "M" + "L".join(f"{x},{y}" for x, y in ring) + "Z"


def _drawn(view: View) -> Iterable[list[Pixel]]:
    """Yield the rings of the land that touch the picture."""
    for ring in _land():
        pixels = [view.pixel((lat, lon)) for lon, lat in ring]
        xs, ys = [x for x, _y in pixels], [y for _x, y in pixels]
        if min(xs) < WIDTH and max(xs) > 0 and min(ys) < HEIGHT and max(ys) > 0:
            yield [(_near(x, WIDTH), _near(y, HEIGHT)) for x, y in pixels]


def _near(value: float, size: float) -> float:
    """Keep a coordinate near the picture: far ones only make the file larger."""
    return max(-20 * size, min(20 * size, value))


@cache
def _land() -> list[list[tuple[float, float]]]:
    found = finders.find(LAND)
    if not isinstance(found, str):
        return []
    rings: list[list[tuple[float, float]]] = json.loads(Path(found).read_text())["rings"]
    return rings
