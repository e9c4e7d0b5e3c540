"""The times of a trip and the buttons of its crew in Chromium, with keys alone, on a phone too."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.common import clock
from outreach.scheduling import services
from outreach.scheduling.models import Trip, TripMark
from outreach.scheduling.services import PauseInput
from tests import browser_session
from tests.cast import Cast, make_cast
from tests.scheduling.desk import at, make_trip, visit

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


def test_a_stop_is_moved_looked_at_and_kept_with_keys_alone(page: Page, cast: Cast) -> None:
    trip = make_trip(
        cast,
        visit(cast, 8, title="Sáng"),
        visit(cast, 13.5, title="Chiều"),
        pauses=[PauseInput("lunch", at(11.5), at(12.5), place="Quán cơm")],
    )
    page.goto(reverse("trip_times", args=[trip.uid]))
    assert browser_session.violations(page, only_serious=True) == []
    row = page.locator(".times-row", has_text="Sáng")
    row.get_by_label("From").fill("08:30")
    row.get_by_role("button", name="Let the others follow").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What would change")).to_be_visible()
    assert browser_session.violations(page, only_serious=True) == []
    assert not browser_session.is_too_wide(page)
    page.get_by_role("button", name="Keep these times").focus()
    page.keyboard.press("Enter")
    expect(page.locator("h1")).to_contain_text(cast.vehicle.name)
    starts = [event.starts_at for event in trip.events.order_by("starts_at")]
    assert starts == [at(8.5), at(14)]
    assert trip.pauses.get().starts_at == at(12)


def test_the_crew_says_with_one_touch_that_it_has_left(page: Page, cast: Cast) -> None:
    soon = clock.now().replace(second=0, microsecond=0) + timedelta(minutes=30)
    trip = make_trip(
        cast,
        visit(cast, starts_at=soon + timedelta(hours=1), ends_at=soon + timedelta(hours=2)),
        departs_at=soon,
        returns_at=soon + timedelta(hours=3),
    )
    services.publish_trip(actor=cast.owner, trip=trip, override_reason="Thử")
    is_today = Trip.objects.filter(departs_at__lt=clock.end_of(clock.today())).exists()
    page.goto(reverse("schedule_today") if is_today else reverse("trip", args=[trip.uid]))
    assert browser_session.violations(page, only_serious=True) == []
    button = page.get_by_role("button", name="We have left")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 48
    button.click()
    expect(page.get_by_role("button", name="We have arrived")).to_be_visible()
    assert TripMark.objects.get().kind == "left"
