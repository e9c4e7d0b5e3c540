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
