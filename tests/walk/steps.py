"""Small things that people do on many pages, in Vietnamese."""

from __future__ import annotations

import re
from pathlib import Path

from django.urls import reverse
from django.utils import translation
from icalendar import Calendar
from icalendar import Event as Entry
from playwright.sync_api import Download, Locator, Page

from outreach.config.serve import DEMO_PASSWORD
from outreach.scheduling.models import Event
from tests import browser_session
from tests.browser_session import Window


def vi(message: str, context: str | None = None) -> str:
    """Return what the product calls this in Vietnamese."""
    with translation.override("vi"):
        found = translation.pgettext(context, message) if context else translation.gettext(message)
    assert found != message, f"not in the catalogue: {message}"
    return found


def is_at(name: str) -> re.Pattern[str]:
    """Return what the address of this page looks like, whatever is asked of it."""
    return re.compile(rf"^http://[^/]+{re.escape(reverse(name))}(\?|$)")


def press(page: Page, message: str, context: str | None = None) -> None:
    """Press the button that says this, and wait for the page it leads to."""
    browser_session.press(page, vi(message, context))


def follow(page: Page, message: str, context: str | None = None) -> None:
    """Follow the link in the page's content that says this, and wait for its page."""
    with page.expect_navigation():
        page.locator("main").get_by_role("link", name=vi(message, context), exact=True).click()


def sign_in(window: Window, email: str) -> None:
    """Sign in at the product's own page, as somebody of the demonstration."""
    page = window.page
    page.goto(reverse("home"))
    width = (page.viewport_size or {"width": 0})["width"]
    if width < 800:
        page.locator(".bottom-nav summary").click()
    page.get_by_role("link", name=vi("Sign in"), exact=True).locator("visible=true").click()
    page.locator("[name=login]").fill(email)
    page.locator("[name=password]").fill(DEMO_PASSWORD)
    press(page, "Sign in")
    page.wait_for_url(lambda url: "/accounts/" not in url)


def saved(page: Page, link: Locator) -> bytes:
    """Follow a link that saves a file, and return the file."""
    with page.expect_download() as waiting:
        link.click()
    return content_of(waiting.value)


def content_of(download: Download) -> bytes:
    """Return the bytes of a saved file."""
    return Path(download.path()).read_bytes()


def entry(content: bytes, event: Event) -> Entry:
    """Return what a calendar says of an event, as its only entry about it."""
    entries = Calendar.from_ical(content).walk("VEVENT")
    found = [one for one in entries if str(one["UID"]).startswith(str(event.uid))]
    assert len(found) == 1
    assert isinstance(found[0], Entry)
    assert event.title in str(found[0]["SUMMARY"])
    return found[0]
