"""A storm in Chromium: with the mouse on the map, again with the keyboard alone, and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.common import clock
from outreach.scheduling.models import Disruption, Event
from tests import browser_session
from tests.calendars.visits import in_days, visit
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def event(cast: Cast) -> Event:
    """A public van visit in three days, to a host with a phone and an address."""
    cast.venue.contact_email = "lan@example.org"
    cast.venue.contact_phone = "0912 345 678"
    cast.venue.save()
    return visit(cast, in_days(3), with_van=True)


@pytest.fixture(params=[390, 1280])
def page(
    request: pytest.FixtureRequest, chrome: Browser, live_server: LiveServer, cast: Cast
) -> Iterator[Page]:
    """A window in which the coordinator has signed in; it must not report any trouble."""
    width: int = request.param
    with browser_session.window(chrome, live_server.url, width=width, locale="en-GB") as opened:
        browser_session.sign_in(opened, cast.owner, live_server.url)
        yield opened.page


def day() -> str:
    return clock.local(in_days(3)).date().isoformat()


def is_fit(page: Page) -> None:
    assert browser_session.violations(page, only_serious=True) == [], page.url
    assert not browser_session.is_too_wide(page), page.url


def test_a_storm_is_drawn_looked_at_done_and_undone_with_the_mouse(
    page: Page, event: Event
) -> None:
    page.goto(reverse("disruption_new"))
    page.get_by_label("Reason").select_option("storm")
    page.locator("[name=starts_on]").fill(day())
    ground = page.locator("[data-ground]")
    expect(ground.locator(".leaflet-control-zoom-in")).to_have_attribute("title", "Zoom in")
    ground.scroll_into_view_if_needed()
    box = ground.bounding_box()
    assert box is not None
    for across, down in ((0.1, 0.1), (0.8, 0.1), (0.8, 0.9), (0.1, 0.9)):
        page.mouse.click(box["x"] + box["width"] * across, box["y"] + box["height"] * down)
    expect(page.locator("[data-said]")).to_contain_text("The area holds")
    is_fit(page)
    browser_session.press(page, "Show the events")
    expect(page.locator(".touched-events > li")).to_have_count(1)
    expect(page.locator(".touched-events")).to_contain_text("0912 345 678")
    is_fit(page)
    expect(page.locator(".becomes")).to_contain_text("will be cancelled")
    new_day = page.locator(".touched-events").get_by_label("New day, when postponed")
    expect(new_day).to_be_hidden()
    page.get_by_label("For all events").select_option("postpone")
    expect(new_day).to_be_visible()
    expect(page.get_by_label("Weeks later")).to_be_visible()
    is_fit(page)
    page.get_by_label("For all events").select_option("indoors")
    expect(new_day).to_be_hidden()
    expect(page.get_by_label("Weeks later")).to_be_hidden()
    browser_session.press(page, "Look at what would be done")
    expect(page.locator(".becomes")).to_contain_text("will be held indoors")
    browser_session.press(page, "Do it with 1 event")
    expect(page.locator("h1")).to_have_text("Storm")
    is_fit(page)
    event.refresh_from_db()
    assert event.is_indoors
    assert (Disruption.objects.get().area or {})["type"] == "Polygon"
    browser_session.press(page, "Undo all of it")
    expect(page.locator(".callout")).to_contain_text("Undone")
    event.refresh_from_db()
    assert not event.is_indoors


def test_a_storm_is_done_and_undone_with_the_keyboard_alone(
    page: Page, cast: Cast, event: Event
) -> None:
    page.goto(reverse("disruption_new"))
    page.locator("#id_why").focus()
    page.keyboard.type("Storm")
    page.locator("[name=starts_on]").fill(day())
    units = page.get_by_role("combobox", name="Communes and provinces")
    expect(units).to_be_visible()
    units.focus()
    page.keyboard.type(cast.commune.name)
    expect(page.locator("[role=option]").first).to_be_visible()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".chosen-units button")).to_have_count(1)
    shown = page.get_by_role("button", name="Take the part of the map that is shown")
    shown.focus()
    page.keyboard.press("Enter")
    expect(page.locator("[data-said]")).to_contain_text("The area holds")
    clear = page.get_by_role("button", name="Remove the area")
    clear.focus()
    page.keyboard.press("Space")
    expect(page.locator("[data-said]")).to_contain_text("No area is drawn")
    forward(page, "Show the events")
    expect(page.locator(".touched-events > li")).to_have_count(1)
    forward(page, "Do it with 1 event")
    expect(page.locator("h1")).to_have_text("Storm")
    event.refresh_from_db()
    assert event.is_cancelled
    assert list(Disruption.objects.get().units.all()) == [cast.commune]
    forward(page, "Undo all of it")
    expect(page.locator(".callout")).to_contain_text("Undone")
    event.refresh_from_db()
    assert event.is_published


def forward(page: Page, name: str) -> None:
    """Press a button with the keyboard and wait for the page it leads to."""
    page.get_by_role("button", name=name, exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_the_text_for_a_host_is_copied(page: Page, event: Event, live_server: LiveServer) -> None:
    page.context.grant_permissions(["clipboard-read", "clipboard-write"], origin=live_server.url)
    page.goto(reverse("disruption_new"))
    page.get_by_label("Reason").select_option("storm")
    page.locator("[name=starts_on]").fill(day())
    browser_session.press(page, "Show the events")
    browser_session.press(page, "Do it with 1 event")
    page.get_by_role("button", name="Copy the text").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied: str = page.evaluate("() => navigator.clipboard.readText()")
    assert event.venue.name in copied
    page.goto(reverse("backlog"))
    is_fit(page)
    page.get_by_role("link", name="Make up for it").click()
    expect(page.locator("h1")).to_have_text("Make up for a visit")
    is_fit(page)


def test_events_are_found_among_many(page: Page, cast: Cast, event: Event) -> None:
    other = visit(cast, in_days(4), venue=cast.second_venue, title="Kể chuyện")
    page.goto(reverse("disruption_new"))
    page.get_by_label("Reason").select_option("storm")
    page.locator("[name=starts_on]").fill(day())
    page.locator("[name=last_on]").fill(clock.local(in_days(4)).date().isoformat())
    browser_session.press(page, "Show the events")
    expect(page.locator("[data-event]:visible")).to_have_count(2)
    page.get_by_label("Find events").fill("ke chuyen")
    expect(page.locator("[data-event]:visible")).to_have_count(1)
    expect(page.locator("[data-event]:visible")).to_contain_text(other.title)
    expect(page.locator("[data-found]")).to_have_text("Events that fit: 1")
    is_fit(page)
    browser_session.press(page, "Do it with 2 events")
    event.refresh_from_db()
    other.refresh_from_db()
    assert event.is_cancelled
    assert other.is_cancelled
