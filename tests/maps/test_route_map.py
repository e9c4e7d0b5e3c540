"""A trip drawn on the ground: every place in its order, in the picture, named once."""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

import pytest

from outreach.maps.route_map import HEIGHT, WIDTH, Place, View, route_map

VINH = Place("", "Thư viện tỉnh", (18.67, 105.69))
NEAR = Place("1", "Trường <Tiểu học>", (18.70, 105.70))
FAR = Place("2", "Điểm trường", (19.42, 104.1))
SVG = "{http://www.w3.org/2000/svg}"


def drawn(*places: Place, **more: object) -> ET.Element:
    return ET.fromstring(str(route_map(places, **more)))  # type: ignore[arg-type]


def texts(svg: ET.Element) -> list[str]:
    return [element.text or "" for element in svg.iter(f"{SVG}text")]


def test_a_place_alone_is_drawn_in_the_middle() -> None:
    svg = drawn(NEAR)
    mark = next(one for one in svg.iter(f"{SVG}text") if one.text == "1")
    assert (float(mark.get("x", 0)), round(float(mark.get("y", 0)))) == (WIDTH / 2, HEIGHT / 2 + 4)


def test_every_mark_lies_inside_the_picture() -> None:
    svg = drawn(VINH, NEAR, FAR)
    line = next(svg.iter(f"{SVG}polyline")).get("points", "")
    for x, y in (map(float, pair.split(",")) for pair in line.split()):
        assert 0 < x < WIDTH
        assert 0 < y < HEIGHT


def test_places_that_fall_together_share_a_mark() -> None:
    assert "1, 2" in texts(
        drawn(VINH, FAR, Place("1", "a", VINH.point), Place("2", "b", VINH.point))
    )


def test_north_is_up_and_distances_are_true() -> None:
    view = View(19.0, 105.0, km_per_pixel=0.1)
    east, south = view.pixel((19.0, 105.1)), view.pixel((18.9, 105.0))
    assert east[0] - WIDTH / 2 == pytest.approx(105.3, abs=0.5)
    assert south[1] - HEIGHT / 2 == pytest.approx(111.3, abs=0.5)


def test_names_are_escaped_and_told_to_who_cannot_see() -> None:
    picture = str(route_map([VINH, NEAR]))
    assert "<Tiểu" not in picture
    assert "1: Trường &lt;Tiểu học&gt;" in picture


def test_the_way_may_lead_home_again() -> None:
    svg = drawn(VINH, FAR, way=[VINH, FAR, VINH])
    points = next(svg.iter(f"{SVG}polyline")).get("points", "").split()
    assert (points[0], len(points)) == (points[-1], 3)


def test_the_sea_and_the_land_are_drawn_near_the_coast() -> None:
    assert len(list(drawn(VINH, FAR).iter(f"{SVG}path"))) > 2


def test_a_trip_without_known_points_has_no_map() -> None:
    assert route_map([]) == ""


def test_the_picture_needs_nothing_from_outside_and_no_inline_style() -> None:
    picture = str(route_map([VINH, FAR]))
    assert not re.search(r"(href|style|url\(|on\w+=)", picture)
