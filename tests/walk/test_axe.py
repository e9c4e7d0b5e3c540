"""The pages of the tour that no other test gives to axe, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page
from pytest_django.live_server_helper import LiveServer

from outreach.accounts.models import User
from outreach.attendance.models import ResultSheet
from outreach.config.demo import people
from tests import browser_session
from tests.walk.scene import COORDINATOR, CREW, HOST, Scene

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, DESK = 390, 1280
YEAR = 2025


def looks(scene: Scene) -> dict[str, list[str]]:
    """Return who looks at which pages; nobody where no account is needed."""
    sheet = ResultSheet.objects.accepted().filter(library=scene.library)[0]
    return {
        "": [reverse("account_login")],
        CREW: [
            reverse("results"),
            reverse("result_new", args=[scene.begun.uid]),
            reverse("sheet", args=[sheet.pk]),
        ],
        people.OFFICER: [
            reverse("statistics") + "?by=province",
            reverse("statistics_sheets"),
            reverse("reports"),
            reverse("report_year", args=[YEAR]),
        ],
        COORDINATOR: [
            *map(reverse, ("building_figures", "bookings", "plan")),
            *map(reverse, ("fleet", "time_off_new", "vehicle_new", "rule_settings")),
        ],
        HOST: [reverse("bookings"), reverse("booking_new")],
    }


def wrongs(page: Page) -> Iterator[object]:
    """Yield what is seriously wrong with a page, at each width."""
    for width in (PHONE, DESK):
        page.set_viewport_size({"width": width, "height": 900})
        for broken in browser_session.violations(page, only_serious=True):
            yield width, *broken
        if browser_session.is_too_wide(page):
            yield width, "too wide"


def test_axe_finds_nothing_serious_on_the_way(
    chrome: Browser, live_server: LiveServer, scene: Scene
) -> None:
    found: list[object] = []
    for email, addresses in looks(scene).items():
        with browser_session.window(chrome, live_server.url, width=PHONE) as window:
            if email:
                user = User.objects.get(email=email)
                browser_session.sign_in(window, user, live_server.url)
            for address in addresses:
                answer = window.page.goto(address)
                assert answer is not None
                assert answer.status == 200, address
                found += [(address, wrong) for wrong in wrongs(window.page)]
    assert found == []
