"""The coordinator's pages: the week, trips and events; who may open them, and what they say."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.common import clock
from outreach.fleet.models import Unavailability
from outreach.scheduling import services
from outreach.scheduling.models import Event, State, Trip
from outreach.web.schedule.urls import urlpatterns
from tests.cast import Cast
from tests.factories import VehicleFactory, VenueFactory
from tests.scheduling.desk import (
    MONDAY,
    NOBODY,
    at,
    make_event,
    make_public_trip,
    make_trip,
    storm,
    visit,
)
from tests.scheduling.ways import (
    same_day,
    send,
    signed_in,
    typed_event,
    typed_stops,
    typed_trip,
)

ROLES = ("anonymous", "host", "colleague", "owner", "stranger", "officer")
LOOKING = (302, 403, 200, 200, 200, 200)
"""Lists: everybody on the staff has a schedule of their own to look at."""
SEEING = (302, 403, 200, 200, 404, 200)
SCHEDULING = (302, 403, 403, 200, 200, 403)
PRESSING = (405, 405, 405, 405, 405, 405)
"""Buttons: there is nothing to look at. Who may press them is held with Today's tests."""
CHANGING = (302, 403, 403, 200, 404, 403)
EXPECTED = {
    "schedule": LOOKING,
    "schedule_today": LOOKING,
    "trips": LOOKING,
    "trip_mark": PRESSING,
    "trip_unmark": PRESSING,
    "trip_new": SCHEDULING,
    "rule_settings": SCHEDULING,
    "event_new": SCHEDULING,
    "trip": SEEING,
    "schedule_event": SEEING,
} | dict.fromkeys(
    [
        "trip_edit",
        "trip_move",
        "trip_times",
        "trip_publish",
        "trip_cancel",
        "trip_remove",
        "trip_add_event",
        "event_edit",
        "event_move",
        "event_publish",
        "event_cancel",
        "event_restore",
        "event_remove",
    ],
    CHANGING,
)


def browser(cast: Cast, role: str) -> Client:
    if role == "anonymous":
        return Client(headers={"accept-language": "en"})
    return signed_in(getattr(cast, role))


def get(user: User, name: str, *args: Any, **query: str) -> Any:
    return signed_in(user).get(reverse(name, args=args), query)


def text(answer: Any) -> str:
    """Return a page's words, without tags and repeated spaces."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def url_of(name: str, trip: Trip) -> str:
    route = next(pattern for pattern in urlpatterns if pattern.name == name)
    if "<str:uid>" not in str(route.pattern):
        return reverse(name)
    about_event = "events/<str:uid>" in str(route.pattern)
    return reverse(name, args=[trip.events.get().uid if about_event else trip.uid])


# --- Who may open what -------------------------------------------------------------------------


def test_every_address_has_a_row() -> None:
    assert {pattern.name for pattern in urlpatterns} == set(EXPECTED)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("name", EXPECTED)
def test_who_may_open_a_page(cast: Cast, name: str, role: str) -> None:
    url = url_of(name, make_trip(cast))
    assert browser(cast, role).get(url).status_code == EXPECTED[name][ROLES.index(role)]


@pytest.mark.parametrize("role", [role for role in ROLES if role != "owner"])
@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name] == CHANGING])
def test_nobody_else_changes_anything(cast: Cast, name: str, role: str) -> None:
    trip = make_trip(cast)
    answer = browser(cast, role).post(url_of(name, trip), {"why": "storm", **same_day()})
    assert answer.status_code == EXPECTED[name][ROLES.index(role)]
    trip.refresh_from_db()
    assert (trip.state, trip.departs_at) == (State.DRAFT, at(7))
    assert trip.events.get().starts_at == at(8)


@pytest.mark.parametrize("name", [name for name in EXPECTED if EXPECTED[name] == CHANGING])
def test_looking_at_a_confirmation_changes_nothing(cast: Cast, name: str) -> None:
    trip = make_trip(cast)
    signed_in(cast.owner).get(url_of(name, trip))
    trip.refresh_from_db()
    assert (trip.revision, trip.state) == (1, State.DRAFT)


def test_a_colleague_is_refused_on_a_page_that_says_so(cast: Cast) -> None:
    answer = get(cast.colleague, "trip_edit", make_trip(cast).uid)
    assert answer.status_code == 403
    assert "You may not do this" in text(answer)


def test_an_address_that_means_nothing_is_not_found(cast: Cast) -> None:
    assert get(cast.owner, "trip", "nonsense").status_code == 404
    assert get(cast.owner, "schedule", library="b").status_code == 404
    assert get(cast.owner, "schedule", library="nowhere").status_code == 404


# --- The week ----------------------------------------------------------------------------------


def test_the_week_shows_trips_events_crew_and_what_is_open(cast: Cast) -> None:
    make_trip(cast, visit(cast, title="Ngày hội sách"), crew=NOBODY)
    event = make_event(cast)
    services.cancel_event(actor=cast.owner, event=event, why=storm())

    page = get(cast.owner, "schedule", week="2027-03-01")

    said = text(page)
    for words in ("Ngày hội sách", "08:00", "No crew yet", "Crew too small", "Draft", "Cancelled"):
        assert words in said
    assert reverse("trip", args=[Trip.objects.get().uid]) in page.content.decode()
    assert reverse("schedule_event", args=[event.uid]) in page.content.decode()
    assert "is-draft" in page.content.decode()
    assert "is-cancelled" in page.content.decode()


def test_any_day_shows_its_week_and_links_to_the_ones_beside(cast: Cast) -> None:
    make_trip(cast)
    page = get(cast.owner, "schedule", week="2027-03-05").content.decode()
    assert "Week of 01/03 – 07/03/2027" in page
    assert "?week=2027-02-22&amp;library=a" in page
    assert "?week=2027-03-08&amp;library=a" in page


@pytest.mark.parametrize("week", ["", "x", "31/02/2027", "2027-02-31", "0001-01-01", "9999-12-31"])
def test_a_week_that_cannot_be_read_is_no_error(cast: Cast, week: str) -> None:
    assert get(cast.owner, "schedule", week=week).status_code == 200


def test_a_free_day_leads_to_a_new_trip_of_that_vehicle_on_that_day(cast: Cast) -> None:
    page = get(cast.owner, "schedule", week="2027-03-01").content.decode()
    link = f"{reverse('trip_new')}?on=2027-03-03&library=a&vehicle={cast.vehicle.slug}"
    assert escape(link) in page

    form = signed_in(cast.owner).get(link)
    shown = form.context["form"].initial
    assert (shown["vehicle"], str(shown["departs_on"])) == (cast.vehicle.slug, "2027-03-03")
    assert str(form.context["stops"].forms[0].initial["on"]) == "2027-03-03"


def test_an_officer_switches_between_libraries_and_is_offered_no_change(cast: Cast) -> None:
    page = get(cast.officer, "schedule", library="b").content.decode()
    assert "?library=a&amp;week=" in page
    assert reverse("trip_new") not in page
    assert cast.foreign_vehicle.name in page


def test_a_coordinator_of_one_library_is_offered_no_switch(cast: Cast) -> None:
    assert get(cast.owner, "schedule").context["switches"] == []


def test_a_vehicle_that_is_off_cannot_be_picked_on_that_day(cast: Cast) -> None:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0), ends_at=at(24), reason="đăng kiểm"
    )
    page = get(cast.owner, "schedule", week="2027-03-01").content.decode()
    assert "đăng kiểm" in page
    assert f"on=2027-03-01&amp;library=a&amp;vehicle={cast.vehicle.slug}" not in page


@pytest.mark.parametrize("trips", [1, 5])
def test_the_week_asks_as_often_whatever_is_on_it(
    cast: Cast, trips: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(cast, trips)
    client = signed_in(cast.owner)
    with django_assert_num_queries(28):
        assert client.get(reverse("schedule"), {"week": "2027-03-01"}).status_code == 200


@pytest.mark.parametrize("trips", [1, 5])
def test_the_list_of_trips_asks_as_often_whatever_is_on_it(
    cast: Cast, trips: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    _fill(cast, trips)
    client = signed_in(cast.owner)
    with django_assert_num_queries(13):
        page = client.get(reverse("trips"), {"when": "all"})
    assert len(page.context["page_obj"].object_list) == trips


def _fill(cast: Cast, trips: int) -> None:
    for day in range(trips):
        make_trip(cast, visit(cast, 8, day=day), visit(cast, 13, day=day), day=day)
        make_event(cast, day=day)


def test_what_was_overridden_is_said_to_be_so_in_the_list_of_trips(cast: Cast) -> None:
    trip = make_trip(cast, crew=NOBODY)
    services.publish_trip(actor=cast.owner, trip=trip, override_reason="Một người ốm")
    shown = text(get(cast.owner, "trips", when="all"))
    assert trip.overrides.count() > 0
    assert shown.count("Overridden: ") == trip.overrides.count()


def test_the_list_of_trips_is_narrowed_by_time_state_and_vehicle(cast: Cast) -> None:
    past = make_trip(
        cast,
        departs_at=clock.now() - timedelta(days=3),
        returns_at=clock.now() - timedelta(days=2),
        events=[],
        crew=NOBODY,
        override_reason="Ghi sau",
    )
    public = make_public_trip(cast)

    def listed(**query: str) -> list[Trip]:
        return list(get(cast.owner, "trips", **query).context["page_obj"])

    assert listed() == [public]
    assert listed(when="past") == [past]
    assert listed(when="all", state="draft") == [past]
    assert listed(when="all", vehicle=cast.vehicle.slug) == [public, past]
    assert listed(when="nonsense") == [public]


# --- A new trip --------------------------------------------------------------------------------


def new_trip(cast: Cast, *stops: dict[str, Any], **typed: Any) -> Any:
    wanted = typed_trip(cast, **typed) | typed_stops(*(stops or [typed_event(cast)]))
    return send(cast.owner, "trip_new", **wanted)


def test_a_trip_with_two_stops_is_kept_as_a_draft(cast: Cast) -> None:
    answer = new_trip(
        cast,
        typed_event(cast, 8, kind_1="reading_skills", audience_1="primary"),
        typed_event(cast, 13, venue=cast.second_venue.code, title="Ngày hội"),
        note="Mang thêm ghế",
    )

    trip = Trip.objects.get()
    assert answer.url == reverse("trip", args=[trip.uid])
    assert (trip.state, trip.note) == (State.DRAFT, "Mang thêm ghế")
    assert [event.starts_at for event in trip.events.all()] == [at(8), at(13)]
    first, second = trip.events.all()
    assert [part.kind_id for part in first.activities.all()] == ["mobile_service", "reading_skills"]
    assert second.title == "Ngày hội"
    assert trip.duties.count() == 3


def test_a_trip_that_is_sent_twice_is_stored_once_and_shown(cast: Cast) -> None:
    uid = get(cast.owner, "trip_new").context["form"]["request_uid"].value()
    first = new_trip(cast, request_uid=uid)
    again = new_trip(cast, request_uid=uid, note="Khác")
    trip = Trip.objects.get()
    assert (first.url, again.url) == (reverse("trip", args=[uid]),) * 2
    assert (trip.uid, trip.note) == (uid, "")


def test_dates_may_be_typed_the_vietnamese_way(cast: Cast) -> None:
    new_trip(
        cast,
        typed_event(cast, on="1/3/2027", starts="8h", ends="10h30"),
        departs_on="01/03/2027",
        returns_on="02/03/2027",
        departs_time="7h",
    )
    trip = Trip.objects.get()
    assert (trip.departs_at, trip.returns_at) == (at(7), at(17, 1))
    assert trip.events.get().ends_at == at(10.5)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "There is no 31/02/2027 in the calendar."), ("vi", "31/02/2027")]
)
def test_a_day_that_does_not_exist_is_named_and_kept(cast: Cast, language: str, said: str) -> None:
    client = signed_in(cast.owner)
    wanted = typed_trip(cast, departs_on="31/02/2027") | typed_stops(typed_event(cast))
    page = client.post(reverse("trip_new"), wanted, headers={"accept-language": language})
    assert said in page.context["form"].errors["departs_on"][0]
    assert 'value="31/02/2027"' in page.content.decode()
    assert not Trip.objects.exists()


@pytest.mark.parametrize("day", ["hôm qua", "2027", "1/3/27/9", "0001-01-01", "9999-12-31"])
def test_what_is_no_day_of_our_time_is_refused(cast: Cast, day: str) -> None:
    page = new_trip(cast, departs_on=day)
    assert page.status_code == 200
    assert "departs_on" in page.context["form"].errors


def test_an_end_before_the_start_is_said_at_its_field(cast: Cast) -> None:
    page = new_trip(cast, typed_event(cast, starts="10:00", ends="09:00"), returns_time="06:00")
    assert page.context["form"].errors["returns_time"] == ["The end must be after the start."]
    assert page.context["stops"].forms[0].errors["ends"] == ["The end must be after the start."]


def test_nothing_typed_is_lost_when_a_trip_is_refused(cast: Cast) -> None:
    page = new_trip(
        cast,
        typed_event(cast, 8, title="Ngày hội sách", note="Mời cả phụ huynh"),
        typed_event(cast, 22),
        note="Mang thêm ghế",
        professionals=[str(cast.crew.professionals[0].pk)],
    )
    html = page.content.decode()
    for kept in ("Ngày hội sách", "Mời cả phụ huynh", "Mang thêm ghế", 'value="22:00"'):
        assert kept in html
    assert f'<option value="{cast.venue.code}" selected>' in html
    assert len(page.context["stops"].forms) == 2


def test_a_stop_outside_the_trip_is_said_at_that_stop(cast: Cast) -> None:
    page = new_trip(cast, typed_event(cast, 8), typed_event(cast, 16))
    first, second = page.context["stops"].forms
    assert not first.errors
    assert "is not between the trip" in second.errors["starts"][0]
    assert f'href="#{second["starts"].auto_id}"' in page.content.decode()


def test_a_crew_of_two_asks_for_a_reason_when_it_is_made_public(cast: Cast) -> None:
    new_trip(cast, professionals=[str(cast.crew.professionals[0].pk)])
    trip = Trip.objects.get()
    assert not trip.overrides.exists()

    page = send(cast.owner, "trip_publish", trip)
    assert "this one has 2, 1 of them professional staff" in text(page)
    assert 'name="override_reason"' in page.content.decode()

    send(cast.owner, "trip_publish", trip, override_reason="Một người ốm")
    assert trip.overrides.get().reason == "Một người ốm"


@pytest.mark.parametrize(("taken", "field"), [("vehicle", "vehicle"), ("crew", "operator")])
def test_a_clash_is_said_at_its_field_with_a_way_to_what_it_clashes_with(
    cast: Cast, taken: str, field: str
) -> None:
    if taken == "vehicle":
        other = make_trip(cast, visit(cast, venue=cast.second_venue), crew=NOBODY).events.get()
    else:
        other = services.schedule_event(
            actor=cast.owner,
            library=cast.library,
            event=visit(cast, venue=cast.second_venue),
            crew=cast.crew,
        )
    page = new_trip(cast)
    assert "“Visit at 8”" in page.context["form"].errors[field][0]
    link = reverse("schedule_event", args=[other.uid])
    assert f'href="{link}"' in page.content.decode()


def test_a_clash_asks_for_no_reason_and_keeps_the_one_that_was_typed(cast: Cast) -> None:
    make_trip(cast, visit(cast, venue=cast.second_venue), crew=NOBODY)
    page = new_trip(cast, override_reason="Một người ốm")
    html = page.content.decode()
    assert page.context["form"].clash is not None
    assert 'class="override"' not in html
    assert '<input type="hidden" name="override_reason" value="Một người ốm"' in html


def test_a_venue_that_is_taken_is_said_at_the_stop_that_wants_it(cast: Cast) -> None:
    make_event(cast, hour=13)
    taken = typed_event(cast, 13, venue=cast.second_venue.code)
    page = new_trip(cast, typed_event(cast, 8), taken)
    first, second = page.context["stops"].forms
    assert not first.errors
    assert "already has an event" in second.errors["venue"][0]


def test_a_trip_without_events_that_is_in_the_way_is_linked_itself(cast: Cast) -> None:
    trip = make_trip(cast, crew=NOBODY)
    services.remove_event(actor=cast.owner, event=trip.events.get())
    assert reverse("trip", args=[trip.uid]) in new_trip(cast).content.decode()


def test_empty_stops_are_left_out(cast: Cast) -> None:
    blank = {"on": MONDAY.isoformat(), "kind_0": "mobile_service"}
    new_trip(cast, blank, typed_event(cast), blank)
    assert Trip.objects.get().events.count() == 1


def test_a_half_typed_stop_is_not_left_out(cast: Cast) -> None:
    page = new_trip(cast, typed_event(cast), {"on": MONDAY.isoformat(), "starts": "13:00"})
    assert {"venue", "ends"} <= set(page.context["stops"].forms[1].errors)
    assert not Trip.objects.exists()


def test_another_stop_is_added_without_scripts_and_nothing_is_judged_yet(cast: Cast) -> None:
    page = new_trip(cast, typed_event(cast, venue=""), vehicle="", add_stop="1")
    stops = page.context["stops"].forms
    assert len(stops) == 2
    assert stops[0]["starts"].value() == "08:00"
    assert stops[1]["on"].value() == MONDAY.isoformat()
    assert b"error-summary" not in page.content
    assert len(page.context["form"]["professionals"].value()) == 2


def test_a_stop_is_left_out_without_scripts(cast: Cast) -> None:
    page = new_trip(cast, typed_event(cast, 8), typed_event(cast, 13), remove_stop="0")
    [kept] = page.context["stops"].forms
    assert kept["starts"].value() == "13:00"


def test_stops_that_scripts_took_out_of_the_middle_are_no_error(cast: Cast) -> None:
    typed = typed_trip(cast) | typed_stops(typed_event(cast, 8), {}, typed_event(cast, 13))
    page = send(cast.owner, "trip_new", **typed | {"returns_time": "06:00"})
    assert page.content.decode().count("data-stop-number") == 2 + 1  # and one in the template
    send(cast.owner, "trip_new", **typed)
    assert Trip.objects.get().events.count() == 2


@pytest.mark.parametrize("count", ["", "x", "-1", "999999999"])
def test_a_count_of_stops_that_was_tampered_with_is_no_error(cast: Cast, count: str) -> None:
    typed = typed_trip(cast) | typed_stops(typed_event(cast)) | {"stops-TOTAL_FORMS": count}
    for button in ({}, {"add_stop": "1"}, {"remove_stop": "7"}):
        sent: dict[str, Any] = typed | button
        assert send(cast.owner, "trip_new", **sent).status_code in {200, 302}


@pytest.mark.parametrize("field", ["vehicle", "operator", "professionals", "stops-0-venue"])
def test_what_is_another_librarys_cannot_be_chosen(cast: Cast, field: str) -> None:
    foreign = {
        "vehicle": cast.foreign_vehicle.slug,
        "operator": "999999",
        "professionals": ["999999"],
        "stops-0-venue": cast.foreign_venue.code,
    }
    typed = typed_trip(cast) | typed_stops(typed_event(cast)) | {field: foreign[field]}
    page = send(cast.owner, "trip_new", **typed)
    assert "Please choose from the list." in text(page)
    assert not Trip.objects.exists()


def test_venues_are_offered_by_commune(cast: Cast) -> None:
    VenueFactory.create(library=cast.library, name="Chợ phiên")
    html = get(cast.owner, "trip_new").content.decode()
    assert f'<optgroup label="{cast.commune.full_name}">' in html
    assert "Chợ phiên" in html
    assert cast.foreign_venue.name not in html


@pytest.mark.parametrize("venues", [0, 20])
def test_the_form_asks_as_often_whatever_there_is_to_choose(
    cast: Cast, venues: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    VenueFactory.create_batch(venues, library=cast.library, commune=cast.commune)
    client = signed_in(cast.owner)
    with django_assert_num_queries(10):
        client.get(reverse("trip_new"))


# --- The page of a trip ------------------------------------------------------------------------


def test_the_page_of_a_trip_tells_everything_about_it(cast: Cast) -> None:
    trip = make_public_trip(
        cast,
        visit(cast, 8),
        visit(cast, 13, venue=cast.second_venue),
        crew=type(cast.crew)(cast.operator),
        override_reason="Một người ốm",
        note="Mang thêm ghế",
    )
    said = text(get(cast.owner, "trip", trip.uid))
    for words in (
        cast.vehicle.name,
        "Mang thêm ghế",
        cast.operator.full_name,
        "about 0 min, 0 km",
        "Overridden: Crew too small",
        "Một người ốm",
        cast.owner.full_name,
        "Added: Trip",
    ):
        assert words in said


def test_only_who_may_change_a_trip_is_offered_to(cast: Cast) -> None:
    trip = make_public_trip(cast)
    edit = reverse("trip_edit", args=[trip.uid])
    assert edit in get(cast.owner, "trip", trip.uid).content.decode()
    assert edit not in get(cast.officer, "trip", trip.uid).content.decode()


CHANGED = {"trip_edit", "trip_move", "trip_times", "trip_add_event"}


@pytest.mark.parametrize(
    ("state", "offered"),
    [
        ("draft", CHANGED | {"trip_publish", "trip_remove"}),
        ("published", CHANGED | {"trip_cancel"}),
        ("cancelled", set()),
    ],
)
def test_a_trip_offers_what_its_state_allows(cast: Cast, state: str, offered: set[str]) -> None:
    trip = make_trip(cast) if state == "draft" else make_public_trip(cast)
    if state == "cancelled":
        services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    html = get(cast.owner, "trip", trip.uid).content.decode()
    names = {name for name in EXPECTED if name.startswith("trip_") and name != "trip_new"}
    assert {name for name in names if f'"{reverse(name, args=[trip.uid])}"' in html} == offered


def test_a_new_stop_of_a_public_trip_can_be_published_from_there(cast: Cast) -> None:
    trip = make_public_trip(cast)
    services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 13))
    said = text(get(cast.owner, "trip", trip.uid))
    assert "Publish the new stops" in said


# --- Changing ----------------------------------------------------------------------------------


def change_meanwhile(cast: Cast, trip: Trip) -> None:
    services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=trip.vehicle,
        departs_at=at(6),
        returns_at=trip.returns_at,
        crew=cast.crew,
        reason="Đường xa",
    )


def test_a_change_on_an_older_state_shows_what_is_there_now_and_keeps_what_was_typed(
    cast: Cast,
) -> None:
    trip = make_trip(cast)
    change_meanwhile(cast, trip)

    page = send(cast.owner, "trip_edit", trip, **typed_trip(cast, note="Mang thêm ghế"))

    said = text(page)
    assert "Somebody else changed this in the meantime" in said
    assert "Đường xa" in said
    assert "07:00 01/03/2027" in said
    assert "06:00 01/03/2027" in said
    assert "Mang thêm ghế" in page.content.decode()
    assert page.context["form"]["expected_revision"].value() == "2"

    trip.refresh_from_db()
    assert trip.note == ""
    send(cast.owner, "trip_edit", trip, **typed_trip(cast, note="Mang thêm ghế"))
    trip.refresh_from_db()
    assert trip.note == "Mang thêm ghế"


@pytest.mark.parametrize("name", ["trip_move", "trip_publish", "trip_cancel", "trip_remove"])
def test_every_form_of_a_trip_notices_that_it_is_late(cast: Cast, name: str) -> None:
    trip = make_trip(cast)
    change_meanwhile(cast, trip)
    typed = {"departs_on": "2027-03-02", "departs_time": "07:00", "why": "storm"}
    page = send(cast.owner, name, trip, **typed)
    assert "Somebody else changed this in the meantime" in text(page)
    trip.refresh_from_db()
    assert (trip.state, trip.revision) == (State.DRAFT, 2)


@pytest.mark.parametrize(
    "name", ["event_edit", "event_move", "event_publish", "event_cancel", "event_remove"]
)
def test_every_form_of_an_event_notices_that_it_is_late(cast: Cast, name: str) -> None:
    event = make_event(cast)
    services.move_event(
        actor=cast.owner, event=event, starts_at=at(6), ends_at=at(7), reason="Trường bận"
    )
    typed = same_day() | {"venue": event.venue.code, "title": "x", "kind_0": "talk", "why": "storm"}
    page = send(cast.owner, name, event, **typed)
    assert "Somebody else changed this in the meantime" in text(page)
    assert "Trường bận" in text(page)


def test_a_public_trip_asks_why_it_moves(cast: Cast) -> None:
    trip = make_public_trip(cast)
    page = send(cast.owner, "trip_move", trip, departs_on="2027-03-02", departs_time="07:00")
    assert "Please say why" in page.context["form"].errors["reason"][0]


def test_a_trip_is_moved_to_another_vehicle_by_a_plain_form(cast: Cast) -> None:
    trip = make_trip(cast)
    other = VehicleFactory.create(library=cast.library, name="Xe hai")
    foreign = VehicleFactory.create(library=cast.other_library)
    client, address = signed_in(cast.owner), reverse("trip_move", args=[trip.uid])
    assert f"As now: {trip.vehicle}" in client.get(address).content.decode()
    sent = {"departs_on": "2027-03-02", "departs_time": "07:00"}
    client.post(address, sent | {"vehicle": foreign.slug})
    trip.refresh_from_db()
    assert trip.departs_at == at(7)
    client.post(address, sent | {"vehicle": other.slug})
    trip.refresh_from_db()
    assert (trip.vehicle, trip.departs_at) == (other, at(7, 1))
    client.post(address, sent | {"departs_on": "2027-03-03"})
    trip.refresh_from_db()
    assert (trip.vehicle, trip.departs_at) == (other, at(7, 2))


def test_a_change_is_one_line_that_opens_and_the_history_has_pages(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13))
    for day in range(1, 22):
        services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, day % 3), reason=f"R{day}")
        trip.refresh_from_db()
    html = get(cast.owner, "trip", trip.uid).content.decode()
    history = html[html.index('class="history') :]
    assert history.count("<time") == 20
    assert history.count('<details class="history-lines">') == 20
    assert history.index("R21") < history.index("R20")
    assert "R1”" not in history
    older = signed_in(cast.owner).get(reverse("trip", args=[trip.uid]), {"page": "2"})
    assert "R1”" in older.content.decode()


def test_cancelling_needs_a_coded_reason(cast: Cast) -> None:
    trip = make_public_trip(cast)
    page = send(cast.owner, "trip_cancel", trip, note="Bão")
    assert "why" in page.context["form"].errors
    send(cast.owner, "trip_cancel", trip, why="storm", note="Bão số 3")
    event = Event.objects.get()
    assert (event.cancel_reason_id, event.cancel_note) == ("storm", "Bão số 3")


def test_publishing_without_crew_asks_for_a_reason(cast: Cast) -> None:
    trip = make_trip(cast, crew=NOBODY)
    page = send(cast.owner, "trip_publish", trip)
    assert 'name="override_reason"' in page.content.decode()
    send(cast.owner, "trip_publish", trip, override_reason="Huyện đi thay")
    trip.refresh_from_db()
    assert trip.state == State.PUBLISHED


def test_publishing_an_empty_trip_is_refused_in_words(cast: Cast) -> None:
    trip = make_trip(cast)
    services.remove_event(actor=cast.owner, event=trip.events.get())
    page = send(cast.owner, "trip_publish", trip)
    assert "A trip without events cannot be published." in text(page)


def test_removing_what_was_public_is_refused_in_words(cast: Cast) -> None:
    page = send(cast.owner, "trip_remove", make_public_trip(cast))
    assert "This has been public" in text(page)


def test_the_edit_form_shows_the_trip_as_it_is(cast: Cast) -> None:
    trip = make_trip(cast, returns_at=at(17, 1), note="Mang thêm ghế")
    page = get(cast.owner, "trip_edit", trip.uid)
    form = page.context["form"]
    assert form["operator"].value() == str(cast.operator.pk)
    assert str(form["returns_on"].value()) == "2027-03-02"
    send(
        cast.owner,
        "trip_edit",
        trip,
        **{
            name: form[name].value() or ""
            for name in form.fields
            if name not in {"expected_revision", "override_reason"}
        },
    )
    before, after = Trip.objects.get(), trip
    assert (before.departs_at, before.returns_at, before.note) == (
        after.departs_at,
        after.returns_at,
        after.note,
    )


# --- The page of an event ----------------------------------------------------------------------


def test_staff_see_the_contact_and_readers_do_not(cast: Cast) -> None:
    cast.venue.contact_name, cast.venue.contact_phone = "Cô Hạnh", "0912 345 678"
    cast.venue.save()
    event = make_public_trip(cast).events.get()
    assert "0912 345 678" in text(get(cast.colleague, "schedule_event", event.uid))
    public = Client().get(reverse("event", args=[event.uid])).content.decode()
    assert "0912 345 678" not in public
    assert "Cô Hạnh" not in public


@pytest.mark.parametrize(("days", "is_shown"), [(-1, False), (0, True), (None, True)])
def test_a_contact_is_shown_as_long_as_it_is_kept(
    cast: Cast, days: int | None, is_shown: bool
) -> None:
    cast.venue.contact_phone = "0912 345 678"
    cast.venue.contact_until = None if days is None else clock.today() + timedelta(days=days)
    cast.venue.save()
    event = make_trip(cast).events.get()
    assert ("0912" in text(get(cast.owner, "schedule_event", event.uid))) is is_shown


Prepare = Callable[[Cast], Event]


@pytest.mark.parametrize(
    ("prepare", "offered"),
    [
        (make_event, {"event_publish", "event_edit", "event_move", "event_remove"}),
        (
            lambda cast: make_trip(cast).events.get(),
            {"event_edit", "event_move", "event_remove"},
        ),
        (
            lambda cast: make_public_trip(cast).events.get(),
            {"event_edit", "event_move", "event_cancel"},
        ),
        (
            lambda cast: services.cancel_event(
                actor=cast.owner, event=make_public_trip(cast).events.get(), why=storm()
            ),
            {"event_restore"},
        ),
    ],
    ids=["draft", "stop of a draft", "public", "cancelled"],
)
def test_an_event_offers_what_its_state_allows(
    cast: Cast, prepare: Prepare, offered: set[str]
) -> None:
    event = prepare(cast)
    html = get(cast.owner, "schedule_event", event.uid).content.decode()
    names = {name for name in EXPECTED if name.startswith("event_") and name != "event_new"}
    assert {name for name in names if f'"{reverse(name, args=[event.uid])}"' in html} == offered


def test_crew_are_led_to_logging_once_an_event_has_begun(cast: Cast) -> None:
    begun = clock.now() - timedelta(hours=1)
    event = services.publish_event(
        actor=cast.owner,
        event=services.schedule_event(
            actor=cast.owner,
            library=cast.library,
            event=visit(cast, starts_at=begun, ends_at=begun + timedelta(hours=2)),
            override_reason="Ghi sau",
        ),
    )
    link = reverse("result_new", args=[event.uid])
    assert link in get(cast.colleague, "schedule_event", event.uid).content.decode()
    later = make_public_trip(cast, visit(cast, 13)).events.get()
    link = reverse("result_new", args=[later.uid])
    assert link not in get(cast.colleague, "schedule_event", later.uid).content.decode()


def test_a_cancelled_event_says_why(cast: Cast) -> None:
    event = make_public_trip(cast).events.get()
    services.cancel_event(actor=cast.owner, event=event, why=storm(), note="Bão số 3")
    said = text(get(cast.owner, "schedule_event", event.uid))
    assert "Cancelled: Storm" in said
    assert "Bão số 3" in said


def test_an_event_over_days_needs_no_vehicle_and_keeps_its_last_day(cast: Cast) -> None:
    typed = typed_event(cast, until="05/03/2027", kind_0="exhibition")
    send(cast.owner, "event_new", **typed)
    event = Event.objects.get()
    assert (event.starts_at, event.ends_at, event.trip) == (at(8), at(10, 4), None)

    form = get(cast.owner, "event_move", event.uid).context["form"]
    assert str(form["until"].value()) == "2027-03-05"


def test_moving_one_of_several_stops_outside_the_trip_is_refused_at_its_field(cast: Cast) -> None:
    first = make_trip(cast, visit(cast, 8), visit(cast, 13)).events.all()[0]
    page = send(cast.owner, "event_move", first, venue=cast.venue.code, **same_day(16))
    assert "is not between the trip" in page.context["form"].errors["starts"][0]


def test_a_stop_that_cannot_be_restored_says_what_is_in_the_way(cast: Cast) -> None:
    event = make_event(cast)
    services.cancel_event(actor=cast.owner, event=event, why=storm())
    other = make_event(cast)
    event.refresh_from_db()
    page = send(cast.owner, "event_restore", event)
    assert reverse("schedule_event", args=[other.uid]) in page.content.decode()
    assert "already has an event" in text(page)


def test_what_people_type_is_shown_as_text(cast: Cast) -> None:
    evil = "<script>alert(1)</script>"
    trip = make_trip(cast, visit(cast, title=evil), note=evil)
    event = trip.events.get()
    pages = [
        get(cast.owner, "trip", trip.uid),
        get(cast.owner, "schedule_event", event.uid),
        get(cast.owner, "schedule", week="2027-03-01"),
        new_trip(cast, departs_on=evil),
    ]
    for page in pages:
        assert evil not in page.content.decode()
