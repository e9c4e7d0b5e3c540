"""The board in Chromium: with the mouse, with the keyboard alone, on a phone, and under axe."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.fleet.models import Unavailability
from outreach.scheduling.models import Trip
from tests import browser_session
from tests.browser_session import Window
from tests.cast import Cast, make_cast
from tests.factories import VehicleFactory
from tests.scheduling.desk import NOBODY, at, make_event, make_public_trip, make_trip, visit

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def opened(chrome: Browser, live_server: LiveServer, cast: Cast) -> Iterator[Window]:
    """A wide window in which the coordinator has signed in; it must not report any trouble."""
    with browser_session.window(chrome, live_server.url, locale="en-GB") as shown:
        browser_session.sign_in(shown, cast.owner, live_server.url)
        yield shown


def show(page: Page, query: str = "") -> None:
    page.goto(f"{reverse('board')}?from=2027-03-01{query}")
    page.wait_for_selector("[data-board][data-state=loaded]")


def bar_of(page: Page, trip: Trip, row: str = "") -> Locator:
    found = page.locator(f".board-track .bar[data-id='trip:{trip.uid}']")
    return page.locator(f".board-row[data-row='{row}']").locator(found) if row else found


def drag(page: Page, bar: Locator, days: float = 0, rows: float = 0, *, drop: bool = True) -> None:
    """Take a bar by its middle and carry it so many days and rows away."""
    box = bar.bounding_box()
    day = page.locator(".board-day").first.bounding_box()
    row = page.locator(".board-row").first.bounding_box()
    assert box is not None
    assert day is not None
    assert row is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 12, y)
    page.mouse.move(x + days * day["width"], y + rows * row["height"], steps=6)
    if drop:
        page.mouse.up()


def toast(page: Page) -> Locator:
    return page.locator("[data-toasts] .toast")


def times(trip: Trip) -> tuple[object, object]:
    trip.refresh_from_db()
    return trip.departs_at, trip.returns_at


def test_a_draft_is_dragged_to_another_day_and_put_back(opened: Window, cast: Cast) -> None:
    trip, page = make_trip(cast), opened.page
    show(page)
    drag(page, bar_of(page, trip), days=2)
    expect(toast(page)).to_contain_text("Moved")
    assert times(trip) == (at(7, 2), at(17, 2))
    expect(bar_of(page, trip)).to_be_focused()
    toast(page).get_by_role("button", name="Undo").click()
    expect(toast(page)).to_contain_text("Undone")
    assert times(trip) == (at(7), at(17))


def test_an_end_is_dragged_longer(opened: Window, cast: Cast) -> None:
    trip, page = make_trip(cast), opened.page
    show(page)
    grip = bar_of(page, trip).locator(".bar-grip.is-end")
    drag(page, grip, days=0.15)
    expect(toast(page)).to_contain_text("Moved")
    departs_at, returns_at = times(trip)
    assert departs_at == at(7)
    assert at(18) < returns_at < at(20.5)  # type: ignore[operator]


def test_what_is_dragged_says_at_once_what_it_clashes_with_and_goes_back(
    opened: Window, cast: Cast
) -> None:
    trip, page = make_trip(cast), opened.page
    make_trip(cast, visit(cast, day=1, title="There first"), day=1)
    show(page)
    drag(page, bar_of(page, trip), days=1, drop=False)
    expect(page.locator(".board-tip")).to_contain_text("is already taken")
    expect(page.locator(".bar.is-preview")).to_have_attribute("data-tone", "hard")
    page.mouse.up()
    expect(toast(page)).to_contain_text("Not moved")
    expect(toast(page)).to_contain_text("There first")
    expect(page.locator(".bar.is-preview")).to_have_count(0)
    assert times(trip) == (at(7), at(17))


def test_a_refusal_goes_when_the_next_thing_begins(opened: Window, cast: Cast) -> None:
    trip, page = make_trip(cast), opened.page
    make_trip(cast, visit(cast, day=1), day=1)
    show(page)
    ways: list[Callable[[], object]] = [
        lambda: drag(page, bar_of(page, trip), days=2, drop=False),
        lambda: bar_of(page, trip).press("m"),
        lambda: bar_of(page, trip).click(),
    ]
    for begin in ways:
        drag(page, bar_of(page, trip), days=1)
        expect(toast(page)).to_contain_text("Not moved")
        begin()
        expect(toast(page)).to_have_count(0)
        page.keyboard.press("Escape")
        page.mouse.up()


def test_the_tip_of_what_is_dragged_stays_within_the_window(opened: Window, cast: Cast) -> None:
    trip, page = make_public_trip(cast), opened.page
    make_trip(cast, visit(cast, day=5), day=5)
    show(page)
    for height in (900, 560, 420):
        page.set_viewport_size({"width": 1280, "height": height})
        bar_of(page, trip).scroll_into_view_if_needed()
        drag(page, bar_of(page, trip), days=5, drop=False)
        expect(page.locator(".board-tip .said.is-hard").first).to_be_visible()
        expect(page.locator(".board-tip")).not_to_contain_text("Looking")
        box = page.locator(".board-tip").bounding_box()
        assert box is not None
        assert box["y"] >= 0
        assert box["y"] + box["height"] <= height
        assert 0 <= box["x"] <= 1280 - box["width"]
        page.keyboard.press("Escape")
        page.mouse.up()


def test_what_is_heard_of_a_place_ends_each_sentence_once(opened: Window, cast: Cast) -> None:
    trip, page = make_trip(cast), opened.page
    make_trip(cast, visit(cast, day=1), day=1)
    show(page)
    bar_of(page, trip).focus()
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowRight")
    live = page.locator("[data-live]")
    expect(live).to_contain_text("Not possible")
    expect(live).not_to_contain_text("..")


def test_after_a_drop_findings_reason_and_buttons_come_before_the_facts(
    opened: Window, cast: Cast
) -> None:
    trip, page = make_public_trip(cast, *(visit(cast, 7.5 + n, 0.5) for n in range(9))), opened.page
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 2), ends_at=at(24, 2), reason="Workshop"
    )
    show(page)
    drag(page, bar_of(page, trip), days=2)
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("[data-part=found]")).to_contain_text("Workshop")
    for part in (
        sheet.get_by_label("Why", exact=True),
        sheet.get_by_label("Why go ahead all the same?"),
        sheet.get_by_role("button", name="Keep it here"),
    ):
        box = part.bounding_box()
        assert box is not None
        assert box["y"] + box["height"] <= 900
    facts = sheet.locator("[data-part=facts]")
    expect(facts).not_to_have_attribute("open", "")
    page.keyboard.press("Escape")
    bar_of(page, trip).click()
    expect(facts).to_have_attribute("open", "")


def test_escape_lets_go_of_what_is_dragged(opened: Window, cast: Cast) -> None:
    trip, page = make_trip(cast), opened.page
    show(page)
    drag(page, bar_of(page, trip), days=1, drop=False)
    page.keyboard.press("Escape")
    expect(page.locator(".bar.is-preview")).to_have_count(0)
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_have_count(0)
    # The same where it was let go of above itself; the next click opens it again.
    drag(page, bar_of(page, trip), drop=False)
    page.keyboard.press("Escape")
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    page.mouse.up()
    expect(page.get_by_role("dialog")).to_have_count(0)
    bar_of(page, trip).click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    assert times(trip) == (at(7), at(17))


def test_a_public_trip_goes_to_another_vehicle_for_a_reason_and_over_a_rule(
    opened: Window, cast: Cast
) -> None:
    trip, page = make_public_trip(cast), opened.page
    other = VehicleFactory.create(library=cast.library, name="ZZ last")
    Unavailability.objects.create(
        vehicle=other, starts_at=at(0, 1), ends_at=at(24, 1), reason="Workshop"
    )
    show(page)
    drag(page, bar_of(page, trip), days=1, rows=1)
    sheet = page.get_by_role("dialog")
    expect(sheet.locator("[data-part=change]")).to_contain_text("→ Tue 2/3 07:00–17:00, ZZ last")
    expect(sheet.locator("[data-part=found]")).to_contain_text("Workshop")
    sheet.get_by_role("button", name="Keep it here").click()
    expect(sheet.get_by_role("alert")).to_contain_text("say why")
    opened.forgive("status of 400")
    sheet.get_by_label("Why", exact=True).fill("Road cut")
    sheet.get_by_label("Why go ahead all the same?").fill("Repaired by then")
    sheet.get_by_role("button", name="Keep it here").click()
    expect(toast(page)).to_contain_text("Moved")
    assert times(trip) == (at(7, 1), at(17, 1))
    assert trip.vehicle == other
    expect(bar_of(page, trip)).to_contain_text("Overridden")
    expect(bar_of(page, trip)).to_be_focused()
    page.keyboard.press("Control+z")
    expect(toast(page)).to_contain_text("Undone")
    trip.refresh_from_db()
    assert (trip.vehicle, trip.departs_at) == (cast.vehicle, at(7))


def test_the_same_with_the_keyboard_alone(opened: Window, cast: Cast) -> None:
    trip, page = make_public_trip(cast), opened.page
    make_trip(cast, visit(cast, day=1, title="There first"), day=1)
    other = VehicleFactory.create(library=cast.library, name="ZZ last")
    Unavailability.objects.create(
        vehicle=other, starts_at=at(0, 2), ends_at=at(24, 2), reason="Workshop"
    )
    show(page)
    live = page.locator("[data-live]")
    page.locator("[data-zoom]").last.focus()
    page.keyboard.press("Tab")
    expect(bar_of(page, trip)).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bar_of(page, trip)).not_to_be_focused()
    page.keyboard.press("ArrowLeft")

    # Where something else is, it goes back.
    page.keyboard.press("m")
    page.keyboard.press("Shift+ArrowRight")
    expect(live).to_contain_text("Not possible")
    expect(live).to_contain_text("There first")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("Not moved")
    expect(bar_of(page, trip)).to_be_focused()

    # A day later and on another vehicle a soft rule stands against it.
    page.keyboard.press("m")
    for key in ("Shift+ArrowRight", "Shift+ArrowRight", "ArrowDown", "ArrowRight", "+", "-"):
        page.keyboard.press(key)
    expect(live).to_contain_text("Needs a reason")
    expect(live).to_contain_text("Workshop")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Why", exact=True)).to_be_focused()
    page.keyboard.type("Road cut")
    page.keyboard.press("Tab")
    page.keyboard.type("Repaired by then")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("Moved")
    assert times(trip) == (at(7.25, 2), at(17.25, 2))
    assert trip.vehicle == other
    expect(bar_of(page, trip)).to_be_focused()
    page.keyboard.press("Control+z")
    expect(toast(page)).to_contain_text("Undone")
    assert times(trip) == (at(7), at(17))


def test_escape_gives_up_a_move_by_keys_and_enter_opens_a_bar(opened: Window, cast: Cast) -> None:
    trip, page = make_trip(cast), opened.page
    show(page)
    bar_of(page, trip).focus()
    for key in ("m", "Shift+ArrowRight", "Escape"):
        page.keyboard.press(key)
    expect(page.locator("[data-live]")).to_contain_text("nothing was changed")
    expect(page.locator(".bar.is-preview")).to_have_count(0)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_contain_text(cast.vehicle.name)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(bar_of(page, trip)).to_be_focused()
    assert times(trip) == (at(7), at(17))


def test_a_trip_goes_from_one_person_to_another(opened: Window, cast: Cast) -> None:
    trip, page = make_trip(cast, crew=NOBODY), opened.page
    show(page, "&by=crew")
    bar_of(page, trip, "none").focus()
    page.keyboard.press("m")
    page.keyboard.press("ArrowUp")
    # A draft: that the others are not named yet is only pointed out.
    expect(page.locator("[data-live]")).to_contain_text("Note: A trip needs at least 3 crew")
    page.keyboard.press("Enter")
    expect(toast(page)).to_contain_text("Moved")
    assert trip.duties.count() == 1


def test_whoever_may_only_look_moves_nothing(
    chrome: Browser, live_server: LiveServer, cast: Cast
) -> None:
    trip = make_trip(cast)
    with browser_session.window(chrome, live_server.url, locale="en-GB") as shown:
        browser_session.sign_in(shown, cast.colleague, live_server.url)
        page = shown.page
        show(page)
        drag(page, bar_of(page, trip), days=2)
        expect(page.locator(".bar.is-preview")).to_have_count(0)
        bar_of(page, trip).focus()
        page.keyboard.press("Enter")
        expect(
            page.get_by_role("dialog").get_by_role("button", name="Keep it here")
        ).to_be_disabled()
    assert times(trip) == (at(7), at(17))


def test_on_a_phone_the_days_are_a_list_with_the_same_dialog(
    chrome: Browser, live_server: LiveServer, cast: Cast
) -> None:
    trip = make_trip(cast)
    with browser_session.window(chrome, live_server.url, width=390, locale="en-GB") as shown:
        browser_session.sign_in(shown, cast.owner, live_server.url)
        page = shown.page
        show(page)
        page.locator(".board-list .bar").click()
        page.locator("[name=start]").fill("2027-03-03T08:00")
        expect(page.locator("[name=end]")).to_have_value("2027-03-03T18:00")
        page.get_by_role("button", name="Keep it here").click()
        expect(toast(page)).to_contain_text("Moved")
    assert times(trip) == (at(8, 2), at(18, 2))


def test_on_a_phone_a_day_in_the_middle_of_a_long_trip_is_said_to_be_whole(
    chrome: Browser, live_server: LiveServer, cast: Cast
) -> None:
    make_trip(cast, visit(cast, 8), returns_at=at(16, 2))
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 3), ends_at=at(0, 5), reason="Workshop"
    )
    with browser_session.window(chrome, live_server.url, width=390, locale="en-GB") as shown:
        browser_session.sign_in(shown, cast.owner, live_server.url)
        page = shown.page
        show(page)
        said = page.locator(".board-list .bar-when").all_inner_texts()
        assert [text.split(" · ")[0] for text in said] == ["from 07:00", "whole day", "until 16:00"]
        away = page.locator(".board-list .board-away").all_inner_texts()
        assert len(away) == 2
        assert all("whole day · Not to be had: Workshop" in text for text in away)
        page.locator(".board-list .bar").first.click()
        start, end = (page.locator(f"[name={name}]").bounding_box() for name in ("start", "end"))
        assert start is not None
        assert end is not None
        assert end["y"] >= start["y"] + start["height"]
        assert start["width"] > 230


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("by", ["vehicle", "crew"])
def test_axe_finds_nothing_serious(
    chrome: Browser, live_server: LiveServer, cast: Cast, width: int, by: str
) -> None:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 3), ends_at=at(24, 3), reason="Workshop"
    )
    make_trip(cast)
    make_public_trip(cast, visit(cast, day=1), day=1)
    make_trip(cast, visit(cast, day=2), day=2, crew=NOBODY)
    make_event(cast, day=4)
    with browser_session.window(chrome, live_server.url, width=width, locale="en-GB") as shown:
        browser_session.sign_in(shown, cast.owner, live_server.url)
        page = shown.page
        for view in ("week", "month"):
            show(page, f"&by={by}&view={view}")
            assert browser_session.violations(page, only_serious=True) == []
            assert not browser_session.is_too_wide(page)
        shown_in = ".board-list" if width == 390 else ".board-track"
        page.locator(f"{shown_in} .bar").first.click()
        page.locator("[name=start]").fill("2027-03-04T08:00")
        page.locator("[name=start]").dispatch_event("change")
        expect(page.locator("[data-part=found]")).not_to_be_empty()
        assert browser_session.violations(page, only_serious=True) == []
