"""A series from its first look to its split, in Chromium; nothing for axe on the way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.scheduling.models import Event, Series
from tests import browser_session
from tests.cast import Cast, make_cast
from tests.scheduling.desk import make_trip, visit
from tests.scheduling.series.desk import day, days_of

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture(params=[390, 1280])
def page(
    request: pytest.FixtureRequest, chrome: Browser, live_server: LiveServer, cast: Cast
) -> Iterator[Page]:
    """A window in which the coordinator has signed in; it must not report any trouble."""
    width: int = request.param
    with browser_session.window(chrome, live_server.url, width=width, locale="en-GB") as opened:
        browser_session.sign_in(opened, cast.owner, live_server.url)
        yield opened.page


def is_fit(page: Page) -> None:
    assert browser_session.violations(page, only_serious=True) == [], page.url
    assert not browser_session.is_too_wide(page), page.url


def forward(page: Page, name: str) -> None:
    """Press a button with the keyboard and wait for the page it leads to."""
    page.get_by_role("button", name=name, exact=True).focus()
    with page.expect_navigation():
        page.keyboard.press("Enter")


def test_a_series_is_made_with_the_keyboard_around_what_is_taken(page: Page, cast: Cast) -> None:
    make_trip(cast, visit(cast, day=8, venue=cast.second_venue), day=8)
    page.goto(f"{reverse('series_new')}?starts_on=2027-03-02")
    which = page.get_by_label("Which one of the month")
    expect(which).to_be_hidden()
    page.locator("[name=pattern][value=weekly]").focus()
    page.keyboard.press("ArrowDown")
    expect(which).to_be_visible()
    is_fit(page)
    page.keyboard.press("ArrowUp")
    expect(which).to_be_hidden()
    page.locator("[name=venue]").select_option(cast.venue.code)
    page.locator("[name=exceptions]").fill("16/03/2027")
    page.locator("[name=until]").fill("2027-03-28")
    forward(page, "See what this does")
    skipped = page.locator("tr.is-skip")
    expect(skipped).to_contain_text("is already on the road")
    is_fit(page)
    forward(page, "Make the series")

    expect(page.locator("h1")).to_have_text(cast.venue.name)
    assert days_of(Series.objects.get()) == [day(1), day(22)]
    is_fit(page)
    page.get_by_role("link", name="Leave out").first.focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_have_text("Leave the date out?")
    is_fit(page)
    forward(page, "Leave out this date")
    expect(page.locator("h1")).to_have_text(cast.venue.name)
    page.goto(reverse("series_list"))
    is_fit(page)


def test_a_week_is_copied_and_taken_back(page: Page, cast: Cast) -> None:
    make_trip(cast)
    page.goto(f"{reverse('copy_week')}?week=2027-03-01")
    page.locator("[name=count]").fill("2")
    browser_session.press(page, "See what this does")
    is_fit(page)
    browser_session.press(page, "Make the drafts")
    expect(page.locator("h1")).to_have_text("Drafts that were made")
    assert Event.objects.count() == 3
    is_fit(page)
    page.get_by_role("link", name="Remove the untouched drafts").click()
    expect(page.locator("h1")).to_have_text("Remove the untouched drafts?")
    is_fit(page)
    browser_session.press(page, "Remove the drafts")
    expect(page.get_by_text("Nothing of it is there any more")).to_be_visible()
    assert Event.objects.count() == 1


def test_a_series_is_made_and_changed_from_a_date_on(page: Page, cast: Cast) -> None:
    page.goto(f"{reverse('series_new')}?starts_on=2027-03-02")
    page.locator("[name=venue]").select_option(cast.venue.code)
    page.locator("[name=until]").fill("2027-03-28")
    page.get_by_role("button", name="See what this does").click()
    expect(page.get_by_role("heading", name="What happens then")).to_be_visible()
    assert not Series.objects.exists()
    page.locator("[name='choice-2027-03-09']").select_option("out")
    page.get_by_role("button", name="Look again").click()
    expect(page.locator("tr.is-skip")).to_have_count(1)
    page.get_by_role("button", name="Make the series").click()

    expect(page.locator("h1")).to_have_text(cast.venue.name)
    series = Series.objects.get()
    assert days_of(series) == [day(1), day(15), day(22)]
    uids = set(Event.objects.values_list("uid", flat=True))

    page.get_by_role("link", name="Change", exact=True).click()
    page.locator("[name=on]").select_option("2027-03-16")
    page.locator("[name=arrives]").fill("09:00")
    page.get_by_role("button", name="See what this does").click()
    page.get_by_role("button", name="Change the series").click()
    expect(page.get_by_text("Continues")).to_be_visible()

    assert set(Event.objects.values_list("uid", flat=True)) == uids
    assert days_of(series) == [day(1)]
    width = page.evaluate("() => document.documentElement.scrollWidth - window.innerWidth")
    assert width <= 0
