"""Finding places and putting points with the keyboard, in Chromium, under the policy."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
import shapely
from django.urls import reverse
from playwright.sync_api import Browser, Locator, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from outreach.places.geocoding import turns
from outreach.places.models import AdministrativeUnit, Boundary, Venue
from tests import browser_session
from tests.browser_session import Window
from tests.cast import Cast, make_cast
from tests.factories import CommuneFactory
from tests.places.geocoder_stub import Stub, running

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def communes(cast: Cast) -> list[AdministrativeUnit]:
    """Three communes of one name in one province, and one with a nasty name."""
    province = cast.commune.parent
    for name in ("Xã Tri Lễ 1", "Xã Tri Lễ 2", "Xã Tri Lễ <b>3</b>"):
        CommuneFactory.create(full_name=name, parent=province, lat=19.4, lon=104.1)
    return list(AdministrativeUnit.objects.filter(full_name__startswith="Xã Tri Lễ"))


@pytest.fixture(params=[390, 1280])
def window(
    request: pytest.FixtureRequest, chrome: Browser, live_server: LiveServer
) -> Iterator[Window]:
    with browser_session.window(chrome, live_server.url, width=request.param) as opened:
        yield opened


@pytest.fixture
def stub(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Stub]:
    monkeypatch.setattr(turns, "APART", timedelta(0))
    with running() as stub:
        settings.GEOCODER = "nominatim"
        settings.GEOCODER_URL = stub.url
        yield stub


def marked(box: Locator) -> str:
    """Return the suggestion that the field says is marked."""
    item = box.get_attribute("aria-activedescendant")
    return box.page.locator(f"#{item}").inner_text() if item else ""


def test_a_place_is_chosen_with_the_keyboard(
    window: Window, communes: list[AdministrativeUnit]
) -> None:
    window.open(reverse("places_find"))
    page = window.page
    box = page.get_by_role("combobox")
    expect(box).to_have_attribute("aria-expanded", "false")
    box.press_sequentially("tri le")
    options = page.locator("[role=option]")
    expect(options).to_have_count(3)
    expect(box).to_have_attribute("aria-expanded", "true")
    expect(page.get_by_role("status").filter(has_text=re.compile("3"))).to_have_count(1)
    box.press("ArrowDown")
    first = marked(box)
    box.press("ArrowUp")
    assert marked(box) != first
    box.press("ArrowDown")
    assert marked(box) == first
    assert browser_session.violations(page, only_serious=True) == []
    assert not browser_session.is_too_wide(page)
    box.press("Escape")
    expect(box).to_have_attribute("aria-expanded", "false")
    expect(box).to_have_value("tri le")
    box.press("ArrowDown")
    expect(options).to_have_count(3)
    box.press("ArrowDown")
    with page.expect_navigation():
        box.press("Enter")
    assert communes[0].code in page.url or any(one.code in page.url for one in communes)


def test_the_timetable_searches_for_what_was_chosen(
    window: Window, communes: list[AdministrativeUnit]
) -> None:
    window.open(reverse("timetable"))
    page = window.page
    page.get_by_role("combobox").first.press_sequentially("tri le 2")
    expect(page.locator("[role=option]")).to_have_count(1)
    with page.expect_navigation():
        page.locator("[role=option]").click()
    assert "Tri+L%E1%BB%85+2" in page.url


def test_the_venue_form_posts_the_commune_that_was_chosen(
    window: Window, live_server: LiveServer, cast: Cast, communes: list[AdministrativeUnit]
) -> None:
    browser_session.sign_in(window, cast.owner, live_server.url)
    window.open(reverse("venue_new"))
    page = window.page
    box = page.locator("#id_commune")
    box.press_sequentially("tri le 2")
    expect(page.locator("[role=option]")).to_have_count(1)
    box.press("Tab")
    page.fill("#id_name", "Chợ phiên Tri Lễ")
    page.fill("#id_point", "19.4010, 104.1010")
    page.locator("form.desk-form .form-actions button").click()
    expect(page.locator(".combobox-note")).not_to_be_empty()
    expect(box).to_be_focused()
    assert not Venue.objects.filter(name="Chợ phiên Tri Lễ").exists()
    box.press("Enter")
    expect(page.locator("[role=option]")).to_have_count(1)
    box.press("Enter")
    expect(box).to_have_value(re.compile("^Xã Tri Lễ 2,"))
    expect(page.locator(".combobox-note")).to_be_empty()
    assert browser_session.violations(page, only_serious=True) == []
    with page.expect_navigation():
        page.locator("form.desk-form .form-actions button").click()
    assert browser_session.what_was_refused(page) == []
    assert Venue.objects.get(name="Chợ phiên Tri Lễ").commune == communes[1]


def test_the_point_is_put_with_keys_and_the_commune_of_it_is_proposed(
    window: Window, live_server: LiveServer, cast: Cast, communes: list[AdministrativeUnit]
) -> None:
    box = shapely.box(100, 10, 110, 25)
    Boundary.objects.create(unit=communes[1], shape=box.wkb, source="test")
    browser_session.sign_in(window, cast.owner, live_server.url)
    window.open(reverse("venue_new"))
    page = window.page
    point = page.locator("#id_point")
    page.locator("[data-middle]").click()
    expect(point).not_to_have_value("")
    before = [float(one) for one in point.input_value().split(",")]
    page.keyboard.press("ArrowUp")
    after = [float(one) for one in point.input_value().split(",")]
    assert after[0] > before[0]
    assert after[1] == before[1]
    said = page.locator("[data-said]")
    expect(said).to_contain_text("Xã Tri Lễ 2")
    said.get_by_role("button").click()
    expect(page.locator("#id_commune")).to_have_value(re.compile("Xã Tri Lễ 2"))
    point.fill("19.5, 104.5")
    point.press("Tab")
    expect(page.locator(".pin.is-chosen")).to_have_count(1)
    expect(said).to_contain_text("19.5, 104.5")


def test_a_looked_up_address_is_only_a_suggestion(
    window: Window, live_server: LiveServer, cast: Cast, stub: Stub
) -> None:
    browser_session.sign_in(window, cast.owner, live_server.url)
    window.open(reverse("venue_new"))
    page = window.page
    page.fill("#id_address", "Đường 7A, Mường Xén")
    page.locator("[data-look-up]").click()
    candidates = page.locator(".candidates button")
    expect(candidates).to_have_count(2)
    expect(page.locator("#id_point")).to_have_value("")
    expect(page.locator(".leaflet-marker-pane .pin")).to_have_count(2)
    assert browser_session.violations(page, only_serious=True) == []
    assert not browser_session.is_too_wide(page)
    page.keyboard.press("Enter")
    expect(page.locator("#id_point")).to_have_value("19.40210, 104.12970")
    stub.behaviour = "forbidden"
    page.fill("#id_address", "Bản Xa")
    page.locator("[data-look-up]").click()
    expect(page.locator("[data-said]")).not_to_contain_text("19.40210")
    expect(page.locator("#id_point")).to_have_value("19.40210, 104.12970")
