"""The docs page in Chromium: complete, under the strict policy, and good for trying things."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.places.models import Venue
from tests import browser_session
from tests.api.callers import description
from tests.browser_session import Window
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


@dataclass
class Visit:
    """The docs page in its window."""

    window: Window
    home: str

    @property
    def page(self) -> Page:
        """The page itself."""
        return self.window.page

    def open(self) -> None:
        """Open the page and wait until it has drawn the description."""
        self.page.goto(self.home + reverse("api_docs"))
        self.page.locator(".opblock").first.wait_for()

    def unfold(self, operation: str) -> None:
        """Open one operation for trying."""
        block = self.page.locator(f"#operations-{operation}")
        block.locator("button.opblock-summary-control").click()
        block.locator("button.try-out__btn").click()

    def execute(self, operation: str) -> str:
        """Send it and return the status that came back."""
        block = self.page.locator(f"#operations-{operation}")
        block.locator("button.execute").click()
        status = block.locator(".live-responses-table tbody td.response-col_status").first
        status.wait_for()
        return (status.text_content() or "").strip()[:3]


@pytest.fixture
def visit(chrome: Browser, live_server: LiveServer) -> Iterator[Visit]:
    with browser_session.window(chrome, live_server.url) as opened:
        yield Visit(opened, live_server.url)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def sign_in(visit: Visit, cast: Cast) -> None:
    browser_session.sign_in(visit.window, cast.owner, visit.home)


def test_every_operation_is_on_the_page(visit: Visit) -> None:
    visit.open()
    expect(visit.page.locator(".opblock-tag-section").first).to_be_visible()
    for section in visit.page.locator(".opblock-tag-section").all():
        expect(section.locator(".opblock").first).to_be_visible()
    operations = sum(len(operations) for operations in description()["paths"].values())
    assert visit.page.locator(".opblock").count() == operations


def test_a_public_list_can_be_tried_without_an_account(visit: Visit) -> None:
    visit.open()
    visit.unfold("measures-measures_list")
    assert visit.execute("measures-measures_list") == "200"


def test_a_change_is_sent_in_the_name_of_who_is_signed_in(visit: Visit, cast: Cast) -> None:
    sign_in(visit, cast)
    visit.open()
    visit.unfold("venues-venues_create")
    body = '{"name": "Chợ phiên", "kind": "market", "lat": 19.2, "lon": 104.9}'
    visit.page.locator("#operations-venues-venues_create textarea").first.fill(body)
    assert visit.execute("venues-venues_create") == "201"
    assert Venue.objects.filter(name="Chợ phiên", library=cast.library).exists()


def test_without_javascript_the_description_is_linked(
    chrome: Browser, live_server: LiveServer
) -> None:
    page = chrome.new_page(java_script_enabled=False)
    page.goto(live_server.url + reverse("api_docs"))
    assert page.locator(f'a[href="{reverse("api_schema")}"]').count() == 1
    page.close()
