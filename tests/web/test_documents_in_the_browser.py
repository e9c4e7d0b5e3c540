"""Plans and documents in Chromium: a plan on its way, papers opened, ordered and printed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.planning.models import Season
from outreach.scheduling.models import Trip
from tests import browser_session
from tests.cast import Cast, make_cast
from tests.planning.approval.plans import approved, make_season
from tests.scheduling.desk import NOBODY, make_event, make_trip

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast(transactional_db: None) -> Cast:
    return make_cast()


@pytest.fixture
def trip(cast: Cast) -> Trip:
    return make_trip(cast)


@pytest.fixture
def season(cast: Cast, trip: Trip) -> Season:
    return make_season(cast)


@pytest.fixture(params=[390, 1280])
def page(
    request: pytest.FixtureRequest, chrome: Browser, live_server: LiveServer, cast: Cast
) -> Iterator[Page]:
    """A window in which the coordinator has signed in; it must not report any trouble."""
    width: int = request.param
    with browser_session.window(chrome, live_server.url, width=width, locale="en-GB") as opened:
        browser_session.sign_in(opened, cast.owner, live_server.url)
        yield opened.page


def test_no_page_of_a_plan_has_a_serious_fault(page: Page, cast: Cast, season: Season) -> None:
    approved(cast, season)
    make_event(cast, day=2)
    make_trip(cast, day=3, crew=NOBODY)
    addresses = [
        reverse("seasons"),
        reverse("season", args=[season.pk]),
        reverse("season_edit", args=[season.pk]),
        reverse("season_submit", args=[season.pk]),
        reverse("season_publish", args=[season.pk]),
        reverse("print_jobs"),
    ]
    found: list[object] = []
    for address in addresses:
        page.goto(address)
        found += [(address, fault) for fault in browser_session.violations(page, only_serious=True)]
        found += [(address, "too wide")] if browser_session.is_too_wide(page) else []
    assert found == []


def test_no_document_has_a_serious_fault_on_a_screen(
    page: Page, season: Season, trip: Trip
) -> None:
    found: list[object] = []
    for kind, wanted in (
        ("season-plan", {"season": season.pk}),
        ("commune-notice", {"season": season.pk}),
        ("run-sheet", {"trip": trip.uid}),
    ):
        page.goto(reverse("document", args=[kind], query=wanted))
        expect(page.get_by_role("button", name="Print", exact=True)).to_be_visible()
        found += [(kind, fault) for fault in browser_session.violations(page, only_serious=True)]
    assert found == []


COVERED = """() => {
    const cells = document.querySelectorAll('.facts :is(dd, dt), .pair .grid :is(th, td)');
    const boxes = [...cells].map(one =>
        [one.textContent, one.closest('table.grid, dl'), one.getBoundingClientRect()]);
    const sheet = document.querySelector('.sheet').getBoundingClientRect();
    const found = boxes.filter(([, , box]) => box.right > sheet.right).map(([text]) => text);
    for (const [text, part, box] of boxes)
        for (const [other, its, edge] of boxes)
            if (part !== its && box.left < edge.right - 1 && edge.left < box.right - 1
                && box.top < edge.bottom - 1 && edge.top < box.bottom - 1)
                found.push(text + ' / ' + other);
    return found;
}"""


def test_no_part_of_a_run_sheet_lies_over_another(page: Page, cast: Cast, trip: Trip) -> None:
    cast.vehicle.name, cast.vehicle.plate = "Xe thư viện lưu động Nghệ An 1", "37A-000.01"
    cast.vehicle.base = cast.second_venue
    cast.vehicle.save()
    for one in (cast.operator, *cast.crew.professionals):
        one.full_name, one.phone = "Nguyễn Thị Phương Thảo", "+84 987 654 321"
        one.save()
    page.goto(reverse("document", args=["run-sheet"], query={"trip": trip.uid}))
    assert page.evaluate(COVERED) == []
    page.set_viewport_size({"width": 794, "height": 1123})
    page.emulate_media(media="print")
    facts = page.locator(".facts").bounding_box()
    crew = page.locator(".pair .grid").bounding_box()
    assert facts
    assert crew
    assert crew["x"] > facts["x"] + 100  # on paper they stand side by side


def test_buttons_of_a_seasons_papers_keep_off_the_next_heading(page: Page, season: Season) -> None:
    page.goto(reverse("season", args=[season.pk]))
    papers = page.locator("section[aria-labelledby=papers]")
    buttons = papers.locator(":scope > .row").bounding_box()
    heading = papers.get_by_role("heading", name="Notice to the communes").bounding_box()
    assert buttons
    assert heading
    assert heading["y"] >= buttons["y"] + buttons["height"] + 12


def test_a_plan_is_handed_in_with_the_keyboard_alone(page: Page, season: Season) -> None:
    page.goto(reverse("season", args=[season.pk]))
    page.get_by_role("link", name="Hand in for approval").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Note for those who decide").focus()
    page.keyboard.type("Please look at March")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for a decision").first).to_be_visible()
    expect(page.get_by_text("Please look at March")).to_be_visible()


def test_a_file_is_ordered_and_downloaded(page: Page, trip: Trip) -> None:
    page.goto(reverse("document", args=["run-sheet"], query={"trip": trip.uid}))
    browser_session.press(page, "Make a PDF file")
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the PDF file").click()
    assert download.value.suggested_filename.endswith(".pdf")
    assert download.value.path().read_bytes().startswith(b"%PDF-")


def test_the_browser_itself_prints_on_a4_and_leaves_the_tools_out(page: Page, trip: Trip) -> None:
    page.goto(reverse("document", args=["run-sheet"], query={"trip": trip.uid}))
    page.emulate_media(media="print")
    expect(page.locator(".toolbar")).to_be_hidden()
    expect(page.locator("h1").first).to_be_visible()
