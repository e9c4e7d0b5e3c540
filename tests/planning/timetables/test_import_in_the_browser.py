"""Sending a timetable in Chromium: checked, looked at, imported, sent again, given up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.common import clock
from outreach.planning.models import StopImport
from outreach.scheduling.models import Event
from tests import browser_session
from tests.cast import Cast
from tests.planning.timetables.files import as_csv, later, stop

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[390, 1280])
def page(
    request: pytest.FixtureRequest, chrome: Browser, live_server: LiveServer, cast: Cast
) -> Iterator[Page]:
    """A window in which the coordinator has signed in; it must not report any trouble."""
    width: int = request.param
    with browser_session.window(chrome, live_server.url, width=width, locale="en-GB") as opened:
        browser_session.sign_in(opened, cast.owner, live_server.url)
        yield opened.page


@pytest.fixture
def timetable(tmp_path: Path) -> Path:
    """A file of three rows, one refused and one doubtful."""
    path = tmp_path / "lịch xe.csv"
    rows = [
        stop(organisation=""),
        later(organisation="", geox="", geoy=""),
        later(organisation="", arrival="25:00", stop="A long name " * 10),
    ]
    path.write_bytes(as_csv(*rows))
    return path


def send(page: Page, path: Path) -> None:
    """Send a file, and wait until it is checked."""
    page.goto(reverse("imports"))
    page.get_by_label("File", exact=False).first.set_input_files(str(path))
    browser_session.press(page, "Check the file")
    assert browser_session.what_was_refused(page) == []
    expect(page.locator("h1")).to_have_text(path.name)


def test_a_file_is_looked_at_imported_and_sent_again(page: Page, timetable: Path) -> None:
    send(page, timetable)
    expect(page.get_by_text("Refused rows", exact=True)).to_be_visible()
    expect(page.locator("#import")).to_contain_text("25:00")
    assert not browser_session.is_too_wide(page)
    assert browser_session.violations(page, only_serious=True) == []
    browser_session.press(page, "Import as drafts")
    expect(page.get_by_text("Imported", exact=True)).to_be_visible()
    assert Event.objects.count() == 26
    assert not browser_session.is_too_wide(page)

    send(page, timetable)
    expect(page.locator("#import")).to_contain_text("Everything is stored already")
    assert page.get_by_role("button", name="Import as drafts").count() == 0
    browser_session.press(page, "Give up")
    expect(page.get_by_text("Given up: nothing was stored")).to_be_visible()
    assert Event.objects.count() == 26


def test_the_page_follows_the_work_and_says_when_it_has_stopped(page: Page, cast: Cast) -> None:
    upload = StopImport.objects.create(
        library=cast.library,
        made_by=cast.owner,
        made_at=clock.now(),
        file_name="stops.csv",
        content=b"x",
        since=clock.today(),
        weeks=13,
        done=200,
        total=1000,
        beat_at=clock.now(),
    )
    page.goto(reverse("import", args=[upload.uid]))
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert not browser_session.is_too_wide(page)
    StopImport.objects.update(done=800)
    expect(page.locator("#import")).to_contain_text("800")
    StopImport.objects.update(beat_at=clock.now() - timedelta(minutes=6))
    expect(page.get_by_text("The work in the background has stopped")).to_be_visible()
    browser_session.press(page, "Give up")
    expect(page.get_by_text("Given up: nothing was stored")).to_be_visible()
