"""The pages of the tour that no other test gives to axe, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser
from pytest_django.live_server_helper import LiveServer

from outreach.accounts.models import User
from outreach.attendance.models import ResultSheet
from outreach.bookings.models import Booking
from outreach.config.demo import people
from tests import browser_session
from tests.walk.scene import COORDINATOR, CREW, HOST, Scene

pytestmark = pytest.mark.django_db(transaction=True)

YEAR = 2025


def addresses(scene: Scene) -> Iterator[tuple[str, str]]:
    """Yield who looks at which page; nobody where no account is needed."""
    sheet = ResultSheet.objects.accepted().filter(library=scene.library)[0]
    booking = Booking.objects.filter(library=scene.library)[0]
    yield "", reverse("account_login")
    yield CREW, reverse("results")
    yield CREW, reverse("result_new", args=[scene.begun.uid])
    yield CREW, reverse("sheet", args=[sheet.pk])
    yield CREW, reverse("statistics")
    yield people.OFFICER, reverse("statistics") + "?by=province"
    yield people.OFFICER, reverse("statistics_sheets")
    yield people.OFFICER, reverse("reports")
    yield people.OFFICER, reverse("report_year", args=[YEAR])
    yield COORDINATOR, reverse("building_figures")
    yield COORDINATOR, reverse("bookings")
    yield COORDINATOR, reverse("booking", args=[booking.uid])
    yield COORDINATOR, reverse("plan")
    yield HOST, reverse("bookings")
    yield HOST, reverse("booking_new")


def test_axe_finds_nothing_serious_on_the_way(
    chrome: Browser, live_server: LiveServer, scene: Scene
) -> None:
    found: list[object] = []
    for email, address in addresses(scene):
        with browser_session.window(chrome, live_server.url) as window:
            if email:
                user = User.objects.get(email=email)
                browser_session.sign_in(window, user, live_server.url)
            for width in (390, 1280):
                window.page.set_viewport_size({"width": width, "height": 900})
                answer = window.page.goto(address)
                assert answer is not None
                assert answer.status == 200, address
                broken = browser_session.violations(window.page, only_serious=True)
                found += [(address, width, *one) for one in broken]
                if browser_session.is_too_wide(window.page):
                    found.append((address, width, "too wide"))
    assert found == []
