"""The README's tour, from the reader who looks for the van to the figure behind the sheet.

One walk, because each person goes on where the one before stopped.
"""

from __future__ import annotations

from contextlib import ExitStack
from datetime import time, timedelta
from functools import partial

import pytest
from django.urls import reverse
from django.utils import translation
from icalendar import Event as Entry
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from outreach.attendance.models import ResultSheet
from outreach.common import clock
from outreach.common.folding import fold
from outreach.common.periods import monday_of
from outreach.config.demo import people
from outreach.fleet.models import CrewMember, Vehicle
from outreach.scheduling.models import Event, Reason, Trip
from tests import browser_session
from tests.browser_session import Window
from tests.walk import figures
from tests.walk.scene import COORDINATOR, CREW, STRANGER, Scene
from tests.walk.steps import entry, follow, is_at, press, saved, sign_in, vi

pytestmark = pytest.mark.django_db(transaction=True)

PHONE, DESK = 390, 1280
HOURS = [("08:00", "09:00"), ("10:15", "11:30"), ("14:00", "15:00")]
KINDS = ["mobile_service", "exhibition", "reading_skills"]
LATER = timedelta(minutes=45)
COUNTED = {
    "people_served": 37,
    "items_lent": 21,
    "cards_issued": 6,
    "cards_renewed": 4,
    "items_lost": 1,
}
ESTIMATED = {"items_used": 58}
NOT_COLLECTED = "items_damaged"
AUDIENCES = {"primary": 30, "adult": 7, "ethnic_minority": 12}


def test_the_tour_can_be_walked_from_end_to_end(
    chrome: Browser, live_server: LiveServer, scene: Scene
) -> None:
    with ExitStack() as stack:
        open_window = partial(browser_session.window, chrome, live_server.url)
        reader, crew = (stack.enter_context(open_window(width=PHONE)) for _place in range(2))
        desk, officer, stranger = (
            stack.enter_context(open_window(width=DESK)) for _place in range(3)
        )
        a_reader_finds_the_next_visit(reader, scene)

        sign_in(desk, COORDINATOR)
        a_coordinator_sees_the_week_of_each_vehicle(desk.page, scene)
        trip = a_coordinator_schedules_a_trip(desk.page, scene)
        the_same_vehicle_is_refused(desk.page, scene, trip)
        the_same_person_is_refused(desk.page, scene, trip)
        publishing_makes_it_public(desk.page, reader, trip)
        moving_reaches_readers(desk.page, reader, trip)
        cancelling_one_stop_reaches_readers(desk.page, reader, trip)

        before = figures_of_the_commune(desk.page, scene)
        crew_logs_a_sheet(crew, scene)
        the_figures_have_risen_by_the_sheet(desk.page, scene, before)
        a_figure_leads_to_its_sheet_and_into_files(desk.page, scene)

        sign_in(officer, people.OFFICER)
        sign_in(stranger, STRANGER)
        a_trip_is_hidden_from_another_library(officer.page, stranger, trip)


# --- 1. The reader -----------------------------------------------------------------------------


def a_reader_finds_the_next_visit(window: Window, scene: Scene) -> None:
    page, event, commune = window.page, scene.next_event, scene.next_commune
    at_event = _link_to(event)
    window.open(reverse("home"))
    expect(page.locator("html")).to_have_attribute("lang", "vi")
    expect(page.locator(f".days {at_event}")).to_be_visible()

    page.locator(".hero-search input").fill(fold(f"{commune.name} {commune.parent}"))
    page.locator(".hero-search button").click()
    expect(page).to_have_url(is_at("timetable"))
    expect(page.locator(f".days {at_event}")).to_be_visible()
    page.locator(f".found a[href='{reverse('place', args=[commune.code])}']").click()
    expect(page.locator("h1")).to_have_text(commune.full_name)
    expect(page.locator(f".days {at_event}").first).to_be_visible()
    follow(page, "Subscribe")
    feed = saved(page, page.get_by_role("link", name=vi("Calendar file (.ics)")))
    assert event.starts_at == entry(feed, event).DTSTART

    window.open(reverse("map"))
    page.locator("#map_visits .pin").first.wait_for()

    page.goto(reverse("timetable"))
    page.locator(f".days {at_event}").click()
    expect(page.locator("h1")).to_have_text(event.title)
    shown = entry(saved(page, page.get_by_role("link", name=vi("Add to my calendar"))), event)
    assert event.starts_at == shown.DTSTART
    assert event.ends_at == shown.DTEND


def _link_to(event: Event) -> str:
    return f"a[href='{reverse('event', args=[event.uid])}']"


# --- 2. The coordinator ------------------------------------------------------------------------


def a_coordinator_sees_the_week_of_each_vehicle(page: Page, scene: Scene) -> None:
    expect(page).to_have_url(is_at("schedule"))
    for vehicle in Vehicle.objects.filter(library=scene.library):
        expect(page.locator(".week-vehicle", has_text=vehicle.name)).to_be_visible()
    for trip_of_today in {event.trip for event in scene.duties if event.trip}:
        trip = page.locator(f".week a[href='{reverse('trip', args=[trip_of_today.uid])}']")
        expect(trip.first).to_be_visible()
    follow(page, "Next week")
    next_monday = monday_of(clock.today()) + timedelta(days=7)
    expect(page.locator(".week-nav h2")).to_contain_text(f"{next_monday:%-d/%-m}")


def a_coordinator_schedules_a_trip(page: Page, scene: Scene) -> Trip:
    page.goto(f"{reverse('schedule')}?week={scene.free_on}")
    vehicle = scene.vehicles[0]
    page.locator(f".week a.add[href*='on={scene.free_on}'][href*='vehicle={vehicle.slug}']").click()
    expect(page.locator("[name=vehicle]")).to_have_value(vehicle.slug)
    page.locator("[name=departs_time]").fill("06:30")
    page.locator("[name=returns_time]").fill("17:00")
    _choose_crew(page, scene.crews[0])
    for _stop in range(len(HOURS) - 1):
        page.locator("[data-add-stop]").click()
    for place in range(len(HOURS)):
        _type_stop(page, scene, place)
    _save_in_spite_of_the_way(page)
    expect(page.locator("h1")).to_contain_text(vehicle.name)

    trip = Trip.objects.filter(library=scene.library).order_by("-pk")[0]
    events = list(trip.events.order_by("starts_at"))
    expect(page.locator(".stops h3")).to_have_text([event.title for event in events])
    assert [event.venue for event in events] == scene.stops
    assert [event.starts_at for event in events] == [
        clock.at(scene.free_on, time.fromisoformat(start)) for start, _end in HOURS
    ]
    assert [list(one.activities.values_list("kind", flat=True)) for one in events] == [
        ["mobile_service", "donation"],
        ["exhibition"],
        ["reading_skills"],
    ]
    assert {duty.member for duty in trip.duties.all()} == set(scene.crews[0])
    return trip


def _save_in_spite_of_the_way(page: Page) -> None:
    """Save; the schools lie far out, so the rule about the way asks why they go all the same."""
    press(page, "Save as draft")
    page.wait_for_load_state()
    why = page.locator("[name=override_reason]")
    if why.count():
        expect(page.locator(".override")).to_contain_text("phút")
        why.fill("Xe xuất phát từ đêm hôm trước")
        press(page, "Save as draft")
        page.wait_for_load_state()


def _choose_crew(page: Page, crew: list[CrewMember]) -> None:
    operator, *professionals = crew
    page.locator("[name=operator]").select_option(str(operator.pk))
    for member in professionals:
        page.locator(f"[name=professionals][value='{member.pk}']").check()


def _type_stop(page: Page, scene: Scene, place: int) -> None:
    stop, venue = page.locator("[data-stop]").nth(place), scene.stops[place]
    stop.get_by_role("searchbox").fill(fold(venue.name))
    expect(stop.locator("[name$='-venue']")).to_have_value(venue.code)
    start, end = HOURS[place]
    stop.locator("[name$='-starts']").fill(start)
    stop.locator("[name$='-ends']").fill(end)
    stop.locator("[name$='-kind_0']").select_option(KINDS[place])
    if place == 0:
        stop.locator("[name$='-audience_0']").select_option("primary")
        stop.locator("summary").click()
        stop.locator("[name$='-kind_1']").select_option("donation")


def the_same_vehicle_is_refused(page: Page, scene: Scene, trip: Trip) -> None:
    _type_second_trip(page, scene, scene.vehicles[0])
    _save_in_spite_of_the_way(page)
    _is_refused(page, scene, trip, scene.vehicles[0])
    assert _trips_of_the_day(scene) == [trip]


def the_same_person_is_refused(page: Page, scene: Scene, trip: Trip) -> None:
    _type_second_trip(page, scene, scene.vehicles[1])
    _choose_crew(page, [scene.crews[1][0], scene.crews[0][1], scene.crews[1][2]])
    _save_in_spite_of_the_way(page)
    _is_refused(page, scene, trip, scene.vehicles[1])
    expect(page.locator(".error-summary")).to_contain_text(scene.crews[0][1].full_name)
    expect(page.locator("[name=operator]")).to_have_value(str(scene.crews[1][0].pk))
    expect(page.locator(f"[name=professionals][value='{scene.crews[1][2].pk}']")).to_be_checked()
    assert _trips_of_the_day(scene) == [trip]


def _trips_of_the_day(scene: Scene) -> list[Trip]:
    trips = Trip.objects.filter(library=scene.library)
    return list(trips.meeting(clock.start_of(scene.free_on), clock.end_of(scene.free_on)))


def _type_second_trip(page: Page, scene: Scene, vehicle: Vehicle) -> None:
    """Type a trip that leaves while the first one is under way, with a stop of its own."""
    page.goto(reverse("schedule"))
    follow(page, "New trip")
    page.locator("[name=vehicle]").select_option(vehicle.slug)
    page.locator("[name=departs_on]").fill(scene.free_on.isoformat())
    page.locator("[name=returns_on]").fill(scene.free_on.isoformat())
    page.locator("[name=departs_time]").fill("16:30")
    page.locator("[name=returns_time]").fill("19:00")
    page.locator("[name=note]").fill("Mang thêm hai thùng sách")
    stop = page.locator("[data-stop]").first
    stop.locator("[name$='-venue']").select_option(scene.stops[1].code)
    stop.locator("[name$='-on']").fill(scene.free_on.isoformat())
    stop.locator("[name$='-starts']").fill("17:15")
    stop.locator("[name$='-ends']").fill("18:15")


def _is_refused(page: Page, scene: Scene, trip: Trip, vehicle: Vehicle) -> None:
    """The page names what it clashes with, links it, and keeps what was typed."""
    first = trip.events.order_by("starts_at")[0]
    link = page.locator(".callout.danger a, .callout a").first
    expect(link).to_have_attribute("href", reverse("schedule_event", args=[first.uid]))
    expect(link).to_contain_text(first.title)
    expect(page.locator(".error-summary")).to_contain_text(first.title)
    expect(page.locator("[name=vehicle]")).to_have_value(vehicle.slug)
    for name, value in (
        ("departs_on", scene.free_on.isoformat()),
        ("departs_time", "16:30"),
        ("returns_time", "19:00"),
        ("note", "Mang thêm hai thùng sách"),
        ("stops-0-venue", scene.stops[1].code),
        ("stops-0-starts", "17:15"),
        ("stops-0-ends", "18:15"),
    ):
        expect(page.locator(f"[name='{name}']")).to_have_value(value)


def publishing_makes_it_public(page: Page, reader: Window, trip: Trip) -> None:
    events = list(trip.events.order_by("starts_at"))
    addresses = [reverse("event", args=[event.uid]) for event in events]
    assert [reader.page.request.get(one).status for one in addresses] == [404] * len(events)
    page.goto(reverse("trip", args=[trip.uid]))
    follow(page, "Publish")
    press(page, "Publish")
    expect(page.locator(".toasts")).to_be_visible()
    for event, address in zip(events, addresses, strict=True):
        reader.page.goto(address)
        expect(reader.page.locator("h1")).to_have_text(event.title)


def moving_reaches_readers(page: Page, reader: Window, trip: Trip) -> None:
    event = trip.events.order_by("starts_at")[0]
    address = reverse("event", args=[event.uid])
    reader.page.goto(address)
    before = _in_my_calendar(reader.page, event)
    page.goto(reverse("trip", args=[trip.uid]))
    follow(page, "Move")
    departs_at = clock.local(trip.departs_at + LATER)
    page.locator("[name=departs_time]").fill(f"{departs_at:%H:%M}")
    page.locator("[name=reason]").fill("Trường đổi giờ vào lớp")
    press(page, "Move")
    expect(page.locator(".stops")).to_contain_text(f"{departs_at:%H:%M}")

    starts_at = event.starts_at + LATER
    reader.page.goto(address)
    shown = reader.page.locator(".ticket-time time").first
    expect(shown).to_have_text(f"{clock.local(starts_at):%H:%M}")
    after = _in_my_calendar(reader.page, event)
    assert starts_at == after.DTSTART
    assert after.sequence > before.sequence
    assert after["UID"] == before["UID"]


def _in_my_calendar(page: Page, event: Event) -> Entry:
    content = saved(page, page.get_by_role("link", name=vi("Add to my calendar")))
    return entry(content, event)


def cancelling_one_stop_reaches_readers(page: Page, reader: Window, trip: Trip) -> None:
    first, gone, last = trip.events.order_by("starts_at")
    with translation.override("vi"):
        flood = Reason.objects.get(pk="flood").name
    page.goto(reverse("trip", args=[trip.uid]))
    page.get_by_role("link", name=gone.title).click()
    follow(page, "Cancel the event")
    page.locator("[name=why]").select_option("flood")
    page.locator("[name=note]").fill("Sẽ đến lại vào tháng sau")
    press(page, "Cancel the event")
    expect(page.locator(".callout")).to_contain_text(flood)

    reader.page.goto(reverse("event", args=[gone.uid]))
    marked = reader.page.locator(".callout", has_text=vi("This visit is cancelled"))
    expect(marked).to_contain_text(flood)
    expect(marked).to_contain_text("Sẽ đến lại vào tháng sau")
    reader.page.goto(f"{reverse('timetable')}?q={fold(gone.venue.name)}")
    listed = reader.page.locator(f".stop.is-cancelled:has({_link_to(gone)})")
    expect(listed).to_contain_text(vi("cancelled"), ignore_case=True)
    for other in (first, last):
        reader.page.goto(reverse("event", args=[other.uid]))
        expect(marked).to_have_count(0)
    feed = reader.page.request.get(reverse("calendar_event", args=[gone.uid]))
    # The windows of these tests keep nothing; a reader's own must ask again.
    assert "max-age=0" in feed.headers["cache-control"]
    assert entry(feed.body(), gone)["STATUS"] == "CANCELLED"


# --- 3. The crew -------------------------------------------------------------------------------


def crew_logs_a_sheet(window: Window, scene: Scene) -> None:
    sign_in(window, CREW)
    page = window.page
    expect(page).to_have_url(is_at("results"))
    today = page.locator("section", has=page.locator("#today")).locator(".result-card")
    expect(today.locator("h3")).to_have_text(
        [scene.begun.title, *(event.title for event in scene.duties)]
    )
    card = today.filter(has_text=scene.begun.title)
    card.get_by_role("link").click()
    for code, value in (COUNTED | ESTIMATED).items():
        page.locator(f"[name={code}]").fill(str(value))
    for code in ESTIMATED:
        page.locator(f"[name={code}_how]").select_option("estimated")
    for code, value in AUDIENCES.items():
        page.locator(f"[name=audience_{code}]").fill(str(value))
    activity = scene.begun.activities.get()
    page.locator(f"[name=activity_{activity.pk}_participants]").fill("30")
    page.locator(f"[name=activity_{activity.pk}_minutes]").fill("30")
    expect(page.locator("[name=people_served_how]")).to_have_value("counted")
    expect(page.locator(f"[name={NOT_COLLECTED}_how]")).to_have_value("not_collected")
    assert not browser_session.is_too_wide(page)
    press(page, "Save the sheet")

    expect(page.locator(".toasts")).to_contain_text(vi("The result sheet is saved. Thank you!"))
    card.get_by_role("link", name=vi("See the sheet")).click()
    shown = page.locator("section[aria-labelledby=figures] dd")
    expect(shown.filter(has_text="37")).to_have_count(1)
    expect(shown.filter(has_text=vi("estimated"))).to_contain_text("58")
    expect(shown.filter(has_text=vi("not collected"))).to_have_count(1)
    assert scene.begun.sheets.get().state == ResultSheet.State.ACCEPTED


# --- 4. The figures ----------------------------------------------------------------------------

Read = dict[str, dict[str, int]]


def figures_of_the_commune(page: Page, scene: Scene) -> Read:
    """Read what the page says of the commune in this month, by everything that is logged."""
    read: Read = {}
    figures.ask(page, scene)
    read["sheet"] = figures.totals(page)
    figures.ask_instead(page, "measure", "items_lost")
    read["lost"] = figures.totals(page)
    figures.ask_instead(page, "measure", "people_served")
    figures.ask_instead(page, "by", "audience")
    for code in AUDIENCES:
        read[code] = figures.line(page, figures.audience(code))
    return read


def the_figures_have_risen_by_the_sheet(page: Page, scene: Scene, before: Read) -> None:
    after = figures_of_the_commune(page, scene)

    def rise(part: str, code: str) -> int:
        name = figures.name_of(code)
        return after[part][name] - before[part].get(name, 0)

    for code, value in (COUNTED | ESTIMATED).items():
        assert rise("lost" if code == "items_lost" else "sheet", code) == value, code
    assert rise("sheet", "events") == 1
    for code, value in AUDIENCES.items():
        assert rise(code, "people_served") == value, code


def a_figure_leads_to_its_sheet_and_into_files(page: Page, scene: Scene) -> None:
    figures.ask(page, scene)
    name = figures.name_of("people_served")
    total = figures.totals(page)[name]
    expect(page.locator(".chart svg")).to_be_visible()
    expect(page.locator(".chart svg g title").first).to_have_text(
        f"{clock.local(scene.begun.starts_at):%-m/%y}: {figures.grouped(total)}"
    )
    assert figures.in_csv(saved(page, page.get_by_role("link", name="CSV")))[name] == str(total)
    assert figures.in_xlsx(saved(page, page.get_by_role("link", name="Excel")))[name] == str(total)

    figures.cell(page, name).get_by_role("link").click()
    row = page.locator("tbody tr", has_text=scene.begun.title)
    expect(row.locator("td.num")).to_contain_text("37")
    row.get_by_role("link").click()
    expect(page.locator("h1")).to_have_text(scene.begun.title)
    expect(page.locator("section[aria-labelledby=figures]")).to_contain_text("37")


# --- 5. What belongs to whom -------------------------------------------------------------------


def a_trip_is_hidden_from_another_library(page: Page, stranger: Window, trip: Trip) -> None:
    address = reverse("trip", args=[trip.uid])
    page.goto(address)
    expect(page.locator("h1")).to_contain_text(trip.vehicle.name)
    hidden = stranger.page.goto(address)
    assert hidden is not None
    assert hidden.status == 404
    stranger.forgive("404")
