"""The maps in Chromium: drawn without a network, under the policy, usable by keyboard."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from outreach.scheduling.models import Event
from tests import browser_session
from tests.browser_session import Window
from tests.calendars.visits import in_days, visit
from tests.cast import Cast, make_cast
from tests.factories import CommuneFactory, VenueFactory

pytestmark = pytest.mark.django_db(transaction=True)

EVIL = "<img src=x onerror=alert(1)>"


@pytest.fixture(params=[390, 1280])
def visitor(
    request: pytest.FixtureRequest, chrome: Browser, live_server: LiveServer
) -> Iterator[Window]:
    with browser_session.window(chrome, live_server.url, width=request.param) as opened:
        yield opened


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def events(cast: Cast) -> list[Event]:
    """Three visits far enough from each other to be pins, one at a venue with a nasty name."""
    commune = CommuneFactory.create(parent=cast.commune.parent, lat=18.3, lon=105.9)
    evil = VenueFactory.create(
        library=cast.library, commune=commune, name=EVIL, lat=18.3, lon=105.9
    )
    return [
        visit(cast, in_days(2)),
        visit(
            cast, in_days(3), venue=VenueFactory.create(library=cast.library, lat=20.1, lon=105.3)
        ),
        visit(cast, in_days(4), venue=evil),
    ]


def test_the_map_draws_every_visit_and_its_ground(visitor: Window, events: list[Event]) -> None:
    visitor.open(reverse("map"))
    page = visitor.page
    assert page.locator("#map_visits").get_attribute("data-points") == "3"
    days = page.locator(".leaflet-marker-pane .pin").all_text_contents()
    expected = {f"{event.starts_at.day}/{event.starts_at.month}" for event in events}
    assert {day.split(",")[0] for day in days} == expected
    assert page.locator("#map_visits.has-sea canvas").count() == 1
    assert page.locator(".ground-name").count() > 0


def test_the_list_opens_the_map_by_keyboard_and_names_stay_text(
    visitor: Window, events: list[Event]
) -> None:
    visitor.open(reverse("map"))
    page = visitor.page
    page.locator(f'[data-point="{events[2].uid}"]').focus()
    page.keyboard.press("Enter")
    popup = page.locator(".map-popup")
    popup.wait_for()
    assert EVIL in (popup.locator("h3").text_content() or "")
    assert page.locator(".map-popup img").count() == 0
    link = popup.locator("a")
    assert link.get_attribute("href") == reverse("event", args=[events[2].uid])


def test_a_pin_opens_by_keyboard(visitor: Window, events: list[Event]) -> None:
    visitor.open(reverse("map"))
    page = visitor.page
    pin = page.locator(".leaflet-marker-pane .leaflet-marker-icon", has_text="Nhà văn hóa").first
    pin.focus()
    page.keyboard.press("Enter")
    page.locator(".map-popup").wait_for()


def test_a_small_map_is_loaded_when_the_reader_comes_near(
    visitor: Window, cast: Cast, events: list[Event]
) -> None:
    asked: list[str] = []
    visitor.page.on("request", lambda request: asked.append(request.url))
    visitor.open(reverse("place", args=[cast.commune.code]))
    card = visitor.page.locator(".map-card")
    if visitor.page.viewport_size == {"width": 390, "height": 900}:
        is_far = visitor.page.evaluate(
            "() => document.querySelector('.map-card').getBoundingClientRect().top > 1200"
        )
        assert any("leaflet.js" in url for url in asked) is not is_far
    card.scroll_into_view_if_needed()
    visitor.page.locator(".map-card .pin").first.wait_for()
    assert any("leaflet.js" in url for url in asked)


@pytest.mark.parametrize("name", ["home", "timetable", "map", "place", "event"])
def test_axe_finds_nothing(visitor: Window, cast: Cast, events: list[Event], name: str) -> None:
    args = {"place": [cast.commune.code], "event": [events[2].uid]}.get(name, [])
    visitor.open(reverse(name, args=args))
    card = visitor.page.locator(".map-card")
    if card.count():
        card.scroll_into_view_if_needed()
        card.locator(".pin").first.wait_for()
    assert browser_session.violations(visitor.page) == []


def test_the_pages_work_without_javascript(
    chrome: Browser, live_server: LiveServer, cast: Cast, events: list[Event]
) -> None:
    page = chrome.new_page(java_script_enabled=False)
    page.goto(live_server.url + reverse("home"))
    page.locator(".hero-search input").fill(cast.commune.name)
    page.locator(".hero-search button").click()
    page.locator(".stop h3 a").first.click()
    assert events[0].title in (page.locator("h1").text_content() or "")
    page.goto(live_server.url + reverse("map"))
    assert page.locator(".map-list > li").count() == 3
    assert page.locator(".map-frame noscript, .map-note").count() > 0
    page.close()
