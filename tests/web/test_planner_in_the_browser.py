"""The planner in Chromium: from a season to its visits, by mouse and keyboard, wide and narrow."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.common import clock
from outreach.planning.models import LeftOutVisit, Proposal, ProposedVisit
from outreach.scheduling.models import Event
from tests import browser_session
from tests.cast import Cast, make_cast
from tests.planning.proposals.scene import Scene, make_scene, proposal_of

pytestmark = pytest.mark.django_db(transaction=True)

SCENARIO_PAGES = (
    *("scenario_stops", "scenario_stops_add", "scenario_fleet", "scenario_vehicle_new"),
    *("scenario_pins", "scenario_way_new", "scenario_weights", "scenario_trials", "proposals"),
)
PROPOSAL_PAGES = (
    *("proposal", "proposal_board", "proposal_map", "proposal_visits", "proposal_left_out"),
    *("proposal_changes", "proposal_publish"),
)


@pytest.fixture
def cast() -> Cast:
    return make_cast()


@pytest.fixture
def scene(cast: Cast) -> Scene:
    return make_scene(cast, vehicles=2)


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
def wide(chrome: Browser, live_server: LiveServer, cast: Cast) -> Iterator[Page]:
    with browser_session.window(chrome, live_server.url, locale="en-GB") as opened:
        browser_session.sign_in(opened, cast.owner, live_server.url)
        yield opened.page


def first_visit(plan: Proposal) -> ProposedVisit:
    rows = ProposedVisit.objects.filter(trip__proposal=plan).select_related("trip__vehicle")
    return rows.order_by("starts_at", "pk")[0]


def card(page: Page, visit: ProposedVisit) -> Locator:
    return page.locator(f"[data-visit='{visit.pk}']")


def cell(page: Page, scene: Scene, day: int, vehicle: int) -> Locator:
    on = scene.first_on + timedelta(days=day)
    key = scene.vehicles[vehicle].pk
    return page.locator(f"[data-cell][data-on='{on.isoformat()}'][data-vehicle='{key}']")


def drag(page: Page, what: Locator, to: Locator) -> None:
    what.scroll_into_view_if_needed()
    here, there = what.bounding_box(), to.bounding_box()
    assert here is not None
    assert there is not None
    page.mouse.move(here["x"] + 20, here["y"] + 10)
    page.mouse.down()
    page.mouse.move(here["x"] + 40, here["y"] + 12)
    page.mouse.move(there["x"] + there["width"] / 2, there["y"] + 20, steps=6)
    page.mouse.up()


def assert_sound(page: Page) -> None:
    assert browser_session.violations(page) == []
    assert not browser_session.is_too_wide(page)


def test_a_season_is_planned_and_published(page: Page, scene: Scene) -> None:
    page.goto(reverse("plan"))
    page.get_by_role("link", name="Plan this season").click()
    page.get_by_role("link", name=scene.scenario.name, exact=True).last.click()
    expect(page.locator("#outlook .stats")).to_contain_text("Promised visits")
    assert_sound(page)
    page.get_by_label("Fairest").uncheck()
    page.get_by_label("Least change").uncheck()
    page.get_by_label("Seconds for each").fill("1")
    page.get_by_role("button", name="Start").click()
    expect(page.locator(".proposal-card")).to_contain_text("ready")
    assert_sound(page)
    page.locator(".proposal-card").get_by_role("link", name="Publish").click()
    expect(page.locator("h2").first).to_have_text("What publishing would do")
    reason = page.get_by_label("Why go ahead all the same?")
    if reason.count():
        reason.fill("Agreed on the phone")
    page.get_by_role("button", name="Publish this proposal").click()
    expect(page.locator(".toast")).to_contain_text("The schedule says now")
    visits = ProposedVisit.objects.filter(trip__proposal=Proposal.objects.get()).count()
    assert Event.objects.count() == visits > 0


def test_the_pages_are_sound(page: Page, scene: Scene) -> None:
    plan = proposal_of(scene)
    proposal_of(scene, "fairest")
    LeftOutVisit.objects.create(
        proposal=plan,
        stop=scene.stops[0],
        occurrence_on=scene.first_on,
        reasons=[{"code": "shift_over", "times": 4, "over_min": 20, "days": []}],
        change={"kind": "longer_cycle", "stop": scene.stops[0].pk, "weeks": 3},
    )
    for name in SCENARIO_PAGES:
        page.goto(reverse(name, args=[scene.scenario.uid]))
        assert_sound(page)
    for name in PROPOSAL_PAGES:
        page.goto(reverse(name, args=[plan.uid]))
        page.wait_for_load_state("networkidle")
        assert_sound(page)
    page.goto(reverse("proposal_visit", args=[plan.uid, first_visit(plan).pk]))
    assert_sound(page)


def test_a_stop_is_changed_in_its_row(page: Page, scene: Scene) -> None:
    stop = scene.stops[0]
    page.goto(reverse("scenario_stops", args=[scene.scenario.uid]))
    row = page.locator(f"#stop-{stop.pk}")
    row.get_by_role("link", name="Change").click()
    expect(row.locator("h3")).to_be_focused()
    expect(row.get_by_label("Every how many weeks")).to_be_visible()
    row.get_by_label("How often").select_option("nth")
    expect(row.get_by_label("Every how many weeks")).to_be_hidden()
    row.get_by_role("button", name="Save").click()
    expect(row.locator(".error-summary")).to_be_focused()
    row.get_by_label("second").check()
    row.get_by_label("Only on").select_option("2")
    row.get_by_role("button", name="Save").click()
    expect(row).to_contain_text("second Wednesday of the month")
    stop.refresh_from_db()
    assert (stop.rhythm, stop.nths, stop.weekday) == ("nth", "2", 2)


def test_all_stops_of_a_page_are_chosen_and_changed(wide: Page, scene: Scene) -> None:
    wide.goto(reverse("scenario_stops", args=[scene.scenario.uid]))
    wide.get_by_role("button", name="Choose all on this page").click()
    expect(wide.locator("[data-picked]")).to_have_text(f"{len(scene.stops)} chosen")
    wide.locator("#many").get_by_label("Days before or after").fill("4")
    wide.get_by_role("button", name="Change the chosen stops").click()
    expect(wide.locator(".toast")).to_contain_text("stops were changed")
    assert scene.scenario.stops.filter(tolerance_days=4).count() == len(scene.stops)


def test_a_slider_and_its_number_say_the_same(wide: Page, scene: Scene) -> None:
    wide.goto(reverse("scenario_weights", args=[scene.scenario.uid]))
    number = wide.get_by_label("Little change")
    number.fill("7")
    expect(wide.locator(".slider-pair", has=number).locator(".slider")).to_have_value("7")
    wide.get_by_role("button", name="Save").click()
    expect(wide.locator(".toast")).to_contain_text("Saved")
    scene.scenario.refresh_from_db()
    assert scene.scenario.steadiness == 7


def test_a_visit_is_dragged_to_another_day_and_put_back(wide: Page, scene: Scene) -> None:
    plan = proposal_of(scene)
    visit = first_visit(plan)
    was_on = visit.trip.on
    wide.goto(f"{reverse('proposal_board', args=[plan.uid])}?from={was_on.isoformat()}")
    drag(wide, card(wide, visit), cell(wide, scene, 5, 0))
    expect(wide.locator(".said-box")).to_contain_text("is on Sat")
    expect(cell(wide, scene, 5, 0).locator(f"[data-visit='{visit.pk}']")).to_be_visible()
    visit.refresh_from_db()
    assert visit.trip.on == scene.first_on + timedelta(days=5)
    wide.get_by_role("button", name="Put it back").click()
    expect(wide.locator(".said-box")).to_contain_text(f"is on {was_on:%a}")
    visit.refresh_from_db()
    assert visit.trip.on == was_on


def test_escape_leaves_a_dragged_visit_where_it_was(wide: Page, scene: Scene) -> None:
    plan = proposal_of(scene)
    visit = first_visit(plan)
    wide.goto(f"{reverse('proposal_board', args=[plan.uid])}?from={visit.trip.on.isoformat()}")
    box = card(wide, visit).bounding_box()
    assert box is not None
    wide.mouse.move(box["x"] + 20, box["y"] + 10)
    wide.mouse.down()
    wide.mouse.move(box["x"] + 60, box["y"] + 40, steps=3)
    expect(wide.locator(".is-ghost")).to_have_count(1)
    wide.keyboard.press("Escape")
    expect(wide.locator(".is-ghost")).to_have_count(0)
    wide.mouse.up()
    visit.refresh_from_db()
    assert not visit.is_by_hand


def test_by_keyboard_a_visit_is_moved_on_its_page(page: Page, scene: Scene) -> None:
    plan = proposal_of(scene)
    visit = first_visit(plan)
    on = visit.trip.on + timedelta(days=1)
    page.goto(f"{reverse('proposal_board', args=[plan.uid])}?from={visit.trip.on.isoformat()}")
    card(page, visit).get_by_role("link").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Day").fill(on.isoformat())
    page.get_by_role("button", name="Move it").press("Enter")
    expect(page.locator(".toasts")).to_contain_text("was moved")
    visit.refresh_from_db()
    assert visit.trip.on == on


def test_progress_is_shown_by_itself_and_so_is_the_end(wide: Page, scene: Scene) -> None:
    plan = proposal_of(scene)
    said = {"share": 0.1, "seconds": 6, "metres": 50_000, "duty_s": 3600, "placed": 3}
    own = Proposal.objects.filter(pk=plan.pk)
    own.update(state=Proposal.State.SOLVING, progress=said | {"promised": 16})
    wide.goto(reverse("proposals", args=[scene.scenario.uid]))
    expect(wide.locator(".proposal-card")).to_contain_text("3 of 16")
    stop = wide.get_by_role("button", name="Stop and keep the best")
    stop.focus()
    own.update(progress=said | {"promised": 16, "placed": 9}, beat_at=clock.now())
    expect(wide.locator(".proposal-card")).to_contain_text("9 of 16")
    expect(stop).to_be_focused()
    own.update(state=Proposal.State.DONE)
    expect(wide.locator(".proposal-card")).to_contain_text("ready")
    expect(wide.locator(".proposal-card").get_by_role("link", name="Publish")).to_be_visible()


def test_the_legend_hides_the_lines_of_a_vehicle(wide: Page, scene: Scene) -> None:
    plan = proposal_of(scene)
    wide.goto(f"{reverse('proposal_map', args=[plan.uid])}?week=")
    frame = wide.locator(".folium-map")
    expect(frame).to_have_attribute("data-lines", str(plan.trips.count()))
    lines = wide.locator(".folium-map path.leaflet-interactive")
    before = lines.count()
    used = first_visit(plan).trip.vehicle
    wide.get_by_label(used.name, exact=True).uncheck()
    expect(lines).not_to_have_count(before)
