"""The page on which the times of a trip are changed, and what the trip's page shows of them."""

from __future__ import annotations

import re
from datetime import timedelta
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from outreach.places.models import TravelTime
from outreach.scheduling import services
from outreach.scheduling.models import Event, Trip
from outreach.scheduling.services import PauseInput
from outreach.web.schedule.pause_forms import MAX_PAUSES
from tests.cast import Cast
from tests.scheduling.desk import at, make_public_trip, make_trip, visit
from tests.scheduling.ways import signed_in, typed_event, typed_stops, typed_trip

LUNCH = PauseInput("lunch", at(11.5), at(12.5), place="Quán cơm")
NIGHT = PauseInput("night", at(17), at(30.5), place="Nhà nghỉ Suối Mơ")


@pytest.fixture
def trip(cast: Cast) -> Trip:
    """A draft of two days with a lunch and a night."""
    return make_trip(
        cast,
        visit(cast, 8, title="Sáng"),
        visit(cast, 13.5, venue=cast.second_venue, title="Chiều"),
        visit(cast, 8, day=1, title="Hôm sau"),
        pauses=[LUNCH, NIGHT],
        returns_at=at(16, 1),
    )


class Fields(HTMLParser):
    """The values a browser would send from the form of a page."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.values: dict[str, str] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        name = found.get("name")
        if tag != "input" or not name:
            return
        if found.get("type") in {"radio", "checkbox"} and "checked" not in found:
            return
        self.values[name] = found.get("value") or ""

    def row(self, key: str) -> str:
        """Return how the fields of a row begin."""
        own = [name for name, value in self.values.items() if value == key]
        return own[0].removesuffix("key")


def page(user: Any, trip: Trip) -> Fields:
    answer = signed_in(user).get(reverse("trip_times", args=[trip.uid]))
    assert answer.status_code == 200
    return Fields(answer.content.decode())


def press(user: Any, trip: Trip, fields: Fields, do: str, **more: str) -> Any:
    sent = fields.values | {"do": do} | more
    return signed_in(user).post(reverse("trip_times", args=[trip.uid]), sent)


def words(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def uid_of(trip: Trip, title: str) -> str:
    return trip.events.get(title=title).uid


def hours(trip: Trip) -> dict[str, float]:
    return {
        event.title: (event.starts_at - at(0)) / timedelta(hours=1) for event in trip.events.all()
    }


def test_those_after_a_stop_follow_are_shown_first_and_kept_then(cast: Cast, trip: Trip) -> None:
    fields = page(cast.owner, trip)
    row = fields.row(uid_of(trip, "Sáng"))
    fields.values[f"{row}starts"] = "08:30"

    shown = press(cast.owner, trip, fields, f"from:{uid_of(trip, 'Sáng')}")

    assert "What would change" in words(shown)
    assert "14:00 – 16:00 01/03" in words(shown)
    assert hours(trip) == {"Sáng": 8, "Chiều": 13.5, "Hôm sau": 32}

    kept = press(cast.owner, trip, Fields(shown.content.decode()), "keep")

    assert kept.status_code == 302
    assert hours(trip) == {"Sáng": 8.5, "Chiều": 14, "Hôm sau": 32}
    assert [pause.starts_at for pause in trip.pauses.all()] == [at(12), at(17)]
    trip.refresh_from_db()
    assert (trip.departs_at, trip.returns_at) == (at(7), at(16, 1))


def test_only_what_was_looked_at_is_kept(cast: Cast, trip: Trip) -> None:
    fields = page(cast.owner, trip)
    row = fields.row(uid_of(trip, "Chiều"))
    fields.values |= {f"{row}starts": "14:00", f"{row}ends": "16:00"}
    answer = press(cast.owner, trip, fields, "keep")
    assert "Please look at the change first" in words(answer)
    assert hours(trip)["Chiều"] == 13.5
    shown = Fields(answer.content.decode())
    assert press(cast.owner, trip, shown, "keep").status_code == 302
    assert hours(trip)["Chiều"] == 14


def test_a_change_that_was_kept_can_be_taken_back(cast: Cast, trip: Trip) -> None:
    client = signed_in(cast.owner)
    address = reverse("trip_times", args=[trip.uid])
    fields = page(cast.owner, trip)
    fields.values[f"{fields.row(uid_of(trip, 'Sáng'))}starts"] = "08:30"
    shown = client.post(address, fields.values | {"do": f"from:{uid_of(trip, 'Sáng')}"})
    client.post(address, Fields(shown.content.decode()).values | {"do": "keep"})
    shown = client.get(reverse("trip", args=[trip.uid]))
    form = re.search(
        r'<form[^>]*action="([^"]*undo[^"]*)"[^>]*>(.*?)</form>', shown.content.decode(), re.S
    )
    assert form is not None
    client.post(form[1], Fields(form[2]).values)
    assert hours(trip) == {"Sáng": 8, "Chiều": 13.5, "Hôm sau": 32}


def test_two_neighbours_change_places(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8, title="A"), visit(cast, 13, 1, title="B"))
    fields = page(cast.owner, trip)
    shown = press(cast.owner, trip, fields, f"up:{uid_of(trip, 'B')}")
    assert press(cast.owner, trip, Fields(shown.content.decode()), "keep").status_code == 302
    assert hours(trip) == {"B": 8, "A": 12}


def test_a_night_and_another_day_offer_no_change_of_places(cast: Cast, trip: Trip) -> None:
    html = signed_in(cast.owner).get(reverse("trip_times", args=[trip.uid])).content.decode()
    night = f"pause-{trip.pauses.get(kind='night').pk}"
    assert f"from:{night}" in html
    for button in (f"up:{night}", f"down:{night}", f"up:{uid_of(trip, 'Hôm sau')}"):
        assert button not in html
    answer = press(cast.owner, trip, page(cast.owner, trip), f"up:{uid_of(trip, 'Hôm sau')}")
    assert "This is not possible here" in words(answer)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"starts": ""}, "This field is required"),
        ({"ends": ""}, "Please fill this in"),
        ({"ends": "07:00"}, "The end must be after the start"),
        ({"starts": "25h"}, "This is not a time of day"),
        ({"was": "rubbish"}, "Please look at the page again"),
        ({"key": ""}, "This field is required"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_row(
    cast: Cast, trip: Trip, typed: dict[str, str], said: str
) -> None:
    fields = page(cast.owner, trip)
    row = fields.row(uid_of(trip, "Sáng"))
    fields.values |= {f"{row}{name}": value for name, value in typed.items()}
    assert said in words(press(cast.owner, trip, fields, "show"))


def test_what_a_rule_refuses_is_shown_and_offers_no_keeping(cast: Cast, trip: Trip) -> None:
    fields = page(cast.owner, trip)
    row = fields.row(uid_of(trip, "Chiều"))
    fields.values |= {f"{row}starts": "12:00", f"{row}ends": "14:00"}
    answer = press(cast.owner, trip, fields, "show")
    assert "This cannot be kept" in words(answer)
    assert "Keep these times" not in words(answer)
    forced = press(cast.owner, trip, Fields(answer.content.decode()), "keep")
    assert forced.status_code == 200
    assert hours(trip)["Chiều"] == 13.5


def test_a_public_trip_asks_why(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8, title="Sáng"), visit(cast, 13, title="Chiều"))
    fields = page(cast.owner, trip)
    fields.values[f"{fields.row(uid_of(trip, 'Sáng'))}starts"] = "08:30"
    shown = press(cast.owner, trip, fields, f"from:{uid_of(trip, 'Sáng')}")
    refused = press(cast.owner, trip, Fields(shown.content.decode()), "keep")
    assert "Please say why" in words(refused)
    kept = press(cast.owner, trip, Fields(refused.content.decode()), "keep", reason="Sương mù")
    assert kept.status_code == 302
    assert Event.history.filter(history_change_reason="Sương mù").count() == 2


def test_a_stop_that_was_added_meanwhile_is_noticed(cast: Cast, trip: Trip) -> None:
    fields = page(cast.owner, trip)
    services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 12, day=1))
    answer = press(cast.owner, trip, fields, "show")
    assert "are not those that were sent" in words(answer)


def test_somebody_elses_change_is_noticed(cast: Cast, trip: Trip) -> None:
    fields = page(cast.owner, trip)
    fields.values[f"{fields.row(uid_of(trip, 'Sáng'))}starts"] = "08:15"
    shown = press(cast.owner, trip, fields, f"from:{uid_of(trip, 'Sáng')}")
    trip.refresh_from_db()
    services.set_pauses(actor=cast.owner, trip=trip, pauses=[NIGHT, LUNCH])
    services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=cast.crew,
        note="Mang áo mưa",
    )
    answer = press(cast.owner, trip, Fields(shown.content.decode()), "keep")
    assert "Somebody else changed this" in words(answer)
    assert hours(trip)["Sáng"] == 8


def test_seconds_that_the_page_does_not_show_are_no_change(cast: Cast) -> None:
    odd = visit(cast, 8, starts_at=at(8) + timedelta(seconds=5), ends_at=at(10))
    trip = make_trip(cast, odd)
    answer = press(cast.owner, trip, page(cast.owner, trip), "show")
    assert "Nothing would change" in words(answer)


def test_the_page_asks_as_often_however_long_the_trip_is(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    few = make_trip(cast, visit(cast, 8))
    many = make_trip(cast, *(visit(cast, 8 + n, 0.5, day=7) for n in range(8)), day=7)
    client = signed_in(cast.owner)
    client.get(reverse("trip_times", args=[few.uid]))
    with django_assert_max_num_queries(100) as asked:
        client.get(reverse("trip_times", args=[few.uid]))
    with django_assert_max_num_queries(len(asked)):
        client.get(reverse("trip_times", args=[many.uid]))


# --- The page of a trip, and the forms ------------------------------------------------------------


def test_the_page_of_a_trip_shows_its_days_and_pauses(cast: Cast, trip: Trip) -> None:
    text = words(signed_in(cast.owner).get(reverse("trip", args=[trip.uid])))
    order = ["01/03/2027", "Sáng", "Quán cơm", "Chiều", "Nhà nghỉ Suối Mơ", "02/03/2027", "Hôm sau"]
    places = [text.index(word, text.index("On the way")) for word in order]
    assert places == sorted(places)


def test_what_a_way_really_takes_is_typed_from_the_trip_and_leads_back(
    cast: Cast, trip: Trip
) -> None:
    client = signed_in(cast.owner)
    html = client.get(reverse("trip", args=[trip.uid])).content.decode()
    there = reverse("venue_travel_new", args=[cast.second_venue.code])
    link = f"{there}?origin={cast.venue.code}&amp;trip={trip.uid}"
    assert link in html
    form = client.get(link.replace("&amp;", "&")).content.decode()
    assert f'value="{cast.venue.code}" selected' in form
    sent = {"origin": cast.venue.code, "minutes": "55", "both_ways": "on"}
    answer = client.post(link.replace("&amp;", "&"), sent)
    assert answer["Location"] == reverse("trip", args=[trip.uid])
    assert TravelTime.objects.get().minutes == 55


def test_the_way_back_to_another_librarys_trip_is_not_taken(cast: Cast, trip: Trip) -> None:
    address = reverse("venue_travel_new", args=[cast.foreign_venue.code])
    answer = signed_in(cast.stranger).post(f"{address}?trip={trip.uid}", {"minutes": "55"})
    assert answer["Location"] == reverse("venue", args=[cast.foreign_venue.code])


def pauses(*rows: dict[str, str]) -> dict[str, str]:
    sent = {"pauses-TOTAL_FORMS": str(len(rows)), "pauses-INITIAL_FORMS": "0"}
    for place, row in enumerate(rows):
        sent |= {f"pauses-{place}-{name}": value for name, value in row.items()}
    return sent


LUNCH_TYPED = {
    "kind": "lunch",
    "on": "2027-03-01",
    "starts": "11:30",
    "ends": "12:30",
    "place": "Quán cơm",
}
EMPTY = {"kind": "night", "on": "2027-03-01"}


def test_a_new_trip_takes_its_pauses_along(cast: Cast) -> None:
    sent = typed_trip(cast) | typed_stops(typed_event(cast)) | pauses(LUNCH_TYPED, EMPTY)
    answer = signed_in(cast.owner).post(reverse("trip_new"), sent)
    assert answer.status_code == 302
    assert [str(pause) for pause in Trip.objects.get().pauses.all()] == ["Quán cơm"]


def test_adding_a_stop_keeps_the_pauses_that_were_typed(cast: Cast) -> None:
    sent = (
        typed_trip(cast)
        | typed_stops(typed_event(cast))
        | pauses(LUNCH_TYPED, EMPTY)
        | {"add_stop": "1"}
    )
    html = signed_in(cast.owner).post(reverse("trip_new"), sent).content.decode()
    assert 'value="Quán cơm"' in html
    assert not Trip.objects.exists()


@pytest.mark.parametrize(("returns_on", "then"), [("2027-03-02", "2027-03-02"), ("", "2027-03-01")])
def test_another_pause_is_added_without_scripts_and_nothing_typed_is_lost(
    cast: Cast, returns_on: str, then: str
) -> None:
    sent = (
        typed_trip(cast)
        | {"returns_on": returns_on, "note": "Mang áo mưa"}
        | typed_stops(typed_event(cast))
        | pauses(LUNCH_TYPED, EMPTY)
        | {"add_pause": "1"}
    )
    answer = signed_in(cast.owner).post(reverse("trip_new"), sent)
    html = answer.content.decode()
    assert 'value="Quán cơm"' in html
    assert "Mang áo mưa" in html
    assert 'name="pauses-TOTAL_FORMS" value="3"' in html
    added = answer.context["pauses"].forms[2]
    assert (added["kind"].value(), added["on"].value()) == ("lunch", then)
    assert answer.context["pauses"].is_used
    assert not Trip.objects.exists()


def test_a_stored_trip_takes_another_pause_too(cast: Cast, trip: Trip) -> None:
    sent = typed_trip(cast) | {"returns_on": "2027-03-02", "note": "Mang áo mưa"}
    sent |= pauses(LUNCH_TYPED) | {"add_pause": "1"}
    answer = signed_in(cast.owner).post(reverse("trip_edit", args=[trip.uid]), sent)
    assert answer.context["pauses"].forms[1]["kind"].value() == "night"
    assert "Mang áo mưa" in answer.content.decode()
    assert trip.pauses.count() == 2


def test_there_is_room_for_no_more_pauses_than_are_taken(cast: Cast) -> None:
    sent = typed_trip(cast) | pauses(*[EMPTY] * MAX_PAUSES) | {"add_pause": "1"}
    answer = signed_in(cast.owner).post(reverse("trip_new"), sent)
    assert len(answer.context["pauses"].forms) == MAX_PAUSES
    assert 'name="add_pause"' not in answer.content.decode()


def test_departure_and_return_are_a_time_not_a_span(cast: Cast, trip: Trip) -> None:
    html = signed_in(cast.owner).get(reverse("trip_times", args=[trip.uid])).content.decode()
    labels = re.findall(r'<label for="id_rows-\d+-starts">\s*([^<]+?)\s*<', html)
    assert (labels[0], labels[-1]) == ("Time", "Time")
    assert set(labels[1:-1]) == {"From"}


def test_a_pause_without_an_end_is_asked_for_it(cast: Cast) -> None:
    half = {**LUNCH_TYPED, "ends": ""}
    sent = typed_trip(cast) | typed_stops(typed_event(cast)) | pauses(half)
    answer = signed_in(cast.owner).post(reverse("trip_new"), sent)
    assert "leave the pause out" in words(answer)
    assert not Trip.objects.exists()


def test_changing_a_trip_changes_its_pauses_and_shows_what_there_are(
    cast: Cast, trip: Trip
) -> None:
    client: Client = signed_in(cast.owner)
    html = client.get(reverse("trip_edit", args=[trip.uid])).content.decode()
    assert 'value="Nhà nghỉ Suối Mơ"' in html
    night = {"kind": "night", "on": "2027-03-01", "starts": "18:00", "ends": "06:00", "place": "B"}
    sent = typed_trip(cast) | {"returns_on": "2027-03-02"} | pauses(night, EMPTY)
    assert client.post(reverse("trip_edit", args=[trip.uid]), sent).status_code == 302
    assert [(pause.place, pause.ends_at) for pause in trip.pauses.all()] == [("B", at(6, 1))]
