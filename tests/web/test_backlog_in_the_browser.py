"""Making up for a visit in Chromium, from the list of visits owed to a draft and back."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.common import clock
from outreach.planning.models import OwedVisit
from outreach.scheduling.models import Event, Trip
from tests import browser_session
from tests.calendars.visits import cancel, in_days, visit
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def called_off(cast: Cast) -> Event:
    """A public visit that was called off and is owed."""
    return cancel(cast, visit(cast, in_days(3), title="Lost visit"))


@pytest.fixture(params=[390, 1280])
def page(
    request: pytest.FixtureRequest, chrome: Browser, live_server: LiveServer, cast: Cast
) -> Iterator[Page]:
    """A window in which the coordinator has signed in; it must not report any trouble."""
    width: int = request.param
    with browser_session.window(chrome, live_server.url, width=width, locale="en-GB") as opened:
        browser_session.sign_in(opened, cast.owner, live_server.url)
        yield opened.page


@pytest.mark.parametrize("way", ["alone", "of a trip"])
def test_a_visit_owed_is_made_up_for(page: Page, cast: Cast, called_off: Event, way: str) -> None:
    other = visit(cast, in_days(9, hour=13), venue=cast.second_venue, with_van=True, hours=1)
    trip = other.trip
    assert trip is not None
    departs = clock.local(in_days(9, hour=8))
    Trip.objects.filter(pk=trip.pk).update(departs_at=departs)
    day = departs.date()
    page.goto(reverse("backlog"))
    page.get_by_role("link", name="Make up for it").click()
    expect(page.locator("h1")).to_have_text("Make up for a visit")
    expect(page.locator("[name=trip]")).to_contain_text(f"{cast.vehicle.name} · {other.venue.name}")
    page.locator("[name=on]").fill(day.isoformat())
    page.locator("[name=starts]").fill("09:00")
    page.locator("[name=ends]").fill("10:00")
    if way == "of a trip":
        page.locator("[name=trip]").select_option(trip.uid)
    assert browser_session.violations(page, only_serious=True) == []
    browser_session.press(page, "Save as draft")
    if page.locator("section.override").count():
        page.locator("[name=override_reason]").fill("Agreed with the school")
        browser_session.press(page, "Save as draft")
    expect(page.get_by_text("The make-up visit is kept as a draft. Publish it.")).to_be_visible()

    made = Event.objects.get(makes_up_for=called_off)
    assert clock.local(made.starts_at).date() == day
    assert made.trip == (trip if way == "of a trip" else None)
    assert not OwedVisit.objects.open().exists()
    page.goto(reverse("backlog"))
    expect(page.get_by_text("No visit is owed")).to_be_visible()
