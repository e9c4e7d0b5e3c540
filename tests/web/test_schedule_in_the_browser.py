"""The desk in Chromium: stops without a round trip, search in long lists, and nothing for axe."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.scheduling.models import Trip
from tests import browser_session
from tests.cast import Cast, make_cast
from tests.factories import OpeningWindowFactory, TravelTimeFactory, VenueFactory
from tests.scheduling.desk import at, make_trip

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


def test_a_trip_of_two_stops_is_put_together_without_a_round_trip(page: Page, cast: Cast) -> None:
    market = VenueFactory.create(library=cast.library, name="Chợ phiên Đồng Văn")
    school = VenueFactory.create(library=cast.library, name="Trường Nà Ngoi")
    page.goto(reverse("trip_new"))
    page.get_by_label("Vehicle").select_option(cast.vehicle.slug)
    page.locator("[name=departs_on]").fill("2027-03-01")
    page.locator("[name=departs_on]").dispatch_event("change")
    assert page.locator("[name=returns_on]").input_value() == "2027-03-01"

    page.locator("[data-add-stop]").click()
    page.locator("[data-add-stop]").click()
    expect(page.locator("[data-stop]")).to_have_count(3)
    page.locator("[data-stop]").nth(1).locator("[data-remove-stop]").click()
    assert page.locator("[data-stop-number]").all_inner_texts() == ["1", "2"]

    for place, (name, start, end) in enumerate(
        [("cho phien dong", "08:00", "10:00"), ("NÀ NGOI", "13:00", "15:00")]
    ):
        stop = page.locator("[data-stop]").nth(place)
        stop.get_by_role("searchbox").fill(name)
        stop.locator("[name$='-starts']").fill(start)
        stop.locator("[name$='-ends']").fill(end)
    assert page.locator("[name='stops-0-venue']").input_value() == market.code
    browser_session.press(page, "Save as draft")

    assert browser_session.what_was_refused(page) == []
    expect(page.locator("h1")).to_contain_text(cast.vehicle.name)
    trip = Trip.objects.get()
    assert [event.starts_at for event in trip.events.all()] == [at(8), at(13)]
    assert [event.venue for event in trip.events.all()] == [market, school]


def test_a_pause_is_added_without_a_round_trip(page: Page, cast: Cast) -> None:
    page.goto(f"{reverse('trip_new')}?on=2027-03-01")
    page.get_by_label("Return day").fill("2027-03-02")
    page.locator("#pauses summary").click()
    add = page.get_by_role("button", name="Add a pause")
    for _again in range(2):
        add.click()
    expect(page.locator("[data-pause]")).to_have_count(4)
    names = ("kind", "on")
    added = [page.locator(f"[name=pauses-2-{name}]").input_value() for name in names]
    assert added == ["lunch", "2027-03-02"]
    assert page.locator("[name=pauses-3-kind]").input_value() == "night"
    assert page.locator("[name=pauses-TOTAL_FORMS]").input_value() == "4"
    expect(page.locator("[name=pauses-3-kind]")).to_be_focused()
    assert browser_session.violations(page, only_serious=True) == []


def test_a_clash_comes_into_focus_and_leads_to_what_it_clashes_with(page: Page, cast: Cast) -> None:
    other = make_trip(cast)
    address = f"{reverse('trip_new')}?on=2027-03-01&vehicle={cast.vehicle.slug}"
    page.goto(address)
    browser_session.press(page, "Save as draft")
    expect(page.locator(".error-summary")).to_be_focused()
    page.get_by_role("link", name="Show what it clashes with").click()
    expect(page.locator("h1")).to_have_text(other.events.get().title)


VENUE_PAGES = (
    "venue",
    "venue_edit",
    "venue_access",
    "venue_hours",
    "venue_closed_new",
    "venue_travel_new",
)


def test_axe_finds_nothing_serious_on_the_desk(page: Page, cast: Cast) -> None:
    trip = make_trip(cast)
    addresses = [
        f"{reverse('schedule')}?week=2027-03-01",
        reverse("trips"),
        reverse("trip_new"),
        reverse("event_new"),
        reverse("trip", args=[trip.uid]),
        reverse("trip_cancel", args=[trip.uid]),
        reverse("schedule_event", args=[trip.events.get().uid]),
        reverse("event_move", args=[trip.events.get().uid]),
        reverse("venues"),
        *(reverse(name, args=[cast.venue.code]) for name in VENUE_PAGES),
    ]
    OpeningWindowFactory.create(venue=cast.venue)
    TravelTimeFactory.create(destination=cast.venue, origin=cast.second_venue)
    for address in addresses:
        page.goto(address)
        assert browser_session.violations(page, only_serious=True) == [], address
        assert not browser_session.is_too_wide(page), address


def test_long_names_stay_in_their_day_and_the_page_in_its_width(page: Page, cast: Cast) -> None:
    cast.venue.name = "Chợ " + "Dài" * 40
    cast.venue.save()
    make_trip(cast)
    for width in (360, 1024, 1280):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{reverse('schedule')}?week={at(8).date().isoformat()}")
        assert page.locator(".chip").count() == 2
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = page.locator(".chip").evaluate_all(
            "chips => chips.filter(chip => chip.getBoundingClientRect().right"
            " > chip.closest('.week-cell').getBoundingClientRect().right).length"
        )
        assert beyond == 0
