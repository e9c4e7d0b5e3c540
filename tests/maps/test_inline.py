"""Folium's page taken apart: our own files, a nonce on everything inline, text that stays text."""

from __future__ import annotations

import json
import re
from datetime import date

import folium
import pytest
from django.contrib.staticfiles import finders
from folium.plugins import Fullscreen, MarkerCluster

from outreach.maps import assets, charts
from outreach.maps.inline import InlineMap, inline
from outreach.maps.points import Point

pytestmark = pytest.mark.django_db

EVIL = "</script><img src=x onerror=alert(1)>"
POINT: Point = {
    "lat": 19.2,
    "lon": 104.9,
    "key": "a",
    "title": EVIL,
    "place": EVIL,
    "area": "",
    "day": "2026-11-24",
    "starts": "07:30",
    "ends": "09:00",
    "kinds": ["mobile_service"],
    "url": "/events/a/",
}


@pytest.fixture(name="parts")
def fixture_parts() -> InlineMap:
    chart = charts.visits_map(
        points_url="/p", offices_url="/o", provinces=[], kinds={"talk": "Talk"}
    )
    return inline(chart, nonce="n0nce")


def test_no_other_host_is_named(parts: InlineMap) -> None:
    assert not re.search(r"https?://", parts.head + parts.frame + parts.script)


def test_every_inline_part_has_the_nonce(parts: InlineMap) -> None:
    opened = re.findall(r"<(?:script|style)\b[^>]*>", parts.head + parts.script)
    assert len(opened) >= 5
    assert all("src=" in tag or 'nonce="n0nce"' in tag for tag in opened)
    assert "style=" not in parts.frame


def test_what_folium_says_about_the_whole_page_stays_behind(parts: InlineMap) -> None:
    everything = parts.head + parts.frame + parts.script
    for word in ("<meta", "html, body", "jquery", "bootstrap", "awesome"):
        assert word not in everything


def test_every_local_file_is_there() -> None:
    for path in [*assets.LOCAL.values(), charts.MODULE, charts.LAND]:
        assert finders.find(path), path


def test_every_asset_of_folium_itself_is_known() -> None:
    for name, _url in [*folium.folium._default_js, *folium.folium._default_css]:
        assets.local_file(name)


@pytest.mark.parametrize("plugin", [Fullscreen, MarkerCluster])
def test_a_plugin_that_wants_other_files_is_refused(plugin: type[folium.map.Layer]) -> None:
    chart = charts.visits_map(points_url="/p", offices_url="/o", provinces=[], kinds={})
    plugin().add_to(chart)
    with pytest.raises(assets.UnknownAsset):
        inline(chart, nonce="n")


def test_what_people_typed_cannot_end_the_script() -> None:
    parts = inline(charts.place_map(points=[POINT], on=date(2026, 11, 24), kinds={}), nonce="n")
    assert "<img" not in parts.script
    assert parts.script.count("</script>") == parts.script.count("<script")


def test_the_same_map_gives_the_same_page() -> None:
    one, two = (
        inline(charts.place_map(points=[POINT], on=date(2026, 11, 24), kinds={}), nonce="n")
        for _time in range(2)
    )
    assert one == two


def test_the_zoom_is_bounded_without_tiles(parts: InlineMap) -> None:
    assert re.search(r'"maxZoom": 17\b', parts.script)
    assert re.search(r'"minZoom": 7\b', parts.script)


def test_tiles_come_only_from_the_setting(settings: pytest.FixtureRequest) -> None:
    settings.MAP_TILE_URL = "https://tiles.example/{z}/{x}/{y}.png"  # type: ignore[attr-defined]
    settings.MAP_TILE_ATTRIBUTION = "Tiles Example"  # type: ignore[attr-defined]
    chart = charts.visits_map(points_url="/p", offices_url="/o", provinces=[], kinds={})
    script = inline(chart, nonce="n").script
    assert "tiles.example" in script
    assert "offices" not in script


def test_five_thousand_points_by_url_leave_the_page_small(parts: InlineMap) -> None:
    assert len(parts.head + parts.frame + parts.script) < 6_000


def test_the_drawn_land_stays_within_its_region() -> None:
    found = finders.find(charts.LAND)
    assert isinstance(found, str)
    with open(found, encoding="utf-8") as file:
        land = json.load(file)
    west, south, east, north = land["box"]
    assert all(
        west <= lon <= east and south <= lat <= north for ring in land["rings"] for lon, lat in ring
    )
    assert east < 111, "The archipelagos of the East Sea lie farther east and are not drawn."
