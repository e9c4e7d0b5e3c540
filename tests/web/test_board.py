"""The board's addresses: who may ask, what they are told, and what they may keep and undo."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core import signing
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.fleet.models import Unavailability
from outreach.scheduling import services, undo
from outreach.scheduling.models import Event, Trip
from outreach.scheduling.services import CrewInput, PauseInput
from outreach.web.schedule.board_urls import urlpatterns
from tests.cast import Cast
from tests.factories import CrewMemberFactory, VehicleFactory
from tests.scheduling.desk import NOBODY, at, make_event, make_public_trip, make_trip, storm, visit
from tests.scheduling.ways import signed_in

ROLES = ("anonymous", "host", "colleague", "owner", "stranger", "officer")
STAMP = "%Y-%m-%dT%H:%M"


def stamp(hour: float, day: int = 0) -> str:
    return timezone.localtime(at(hour, day)).strftime(STAMP)


def wanted(record: Trip | Event, **changed: Any) -> dict[str, Any]:
    """Return what the script sends of a bar of a trip from 7 to 17, or an event from 8 to 10."""
    if isinstance(record, Event):
        row, times = "none", {"start": stamp(8), "end": stamp(10)}
    else:
        row, times = f"vehicle:{record.vehicle.slug}", {"start": stamp(7), "end": stamp(17)}
    kind = "event" if isinstance(record, Event) else "trip"
    about = {"id": f"{kind}:{record.uid}", "revision": record.revision, "row": row, "from_row": row}
    return about | times | changed


def client_of(cast: Cast, role: str) -> Client:
    return Client() if role == "anonymous" else signed_in(getattr(cast, role))


def ask(user: User, name: str, sent: dict[str, Any], status: int = 200) -> dict[str, Any]:
    headers = {"X-Requested-With": "fetch"}
    answer = signed_in(user).post(reverse(name), sent, headers=headers)
    assert answer.status_code == status, answer.content
    told: dict[str, Any] = answer.json()
    return told


def board(user: User, **query: Any) -> dict[str, Any]:
    answer = signed_in(user).get(reverse("board_data"), {"from": "2027-03-01", **query})
    assert answer.status_code == 200
    told: dict[str, Any] = answer.json()
    return told


def messages(told: dict[str, Any], *weights: str) -> str:
    found = told["hindrances"]
    return " ".join(one["message"] for one in found if not weights or one["weight"] in weights)


# --- Who may ask -------------------------------------------------------------------------------


def test_every_address_is_tried_here() -> None:
    names = {"board", "board_data", "board_check", "board_keep", "schedule_undo"}
    assert {pattern.name for pattern in urlpatterns} == names


@pytest.mark.parametrize("name", ["board", "board_data"])
@pytest.mark.parametrize(
    ("role", "status"), list(zip(ROLES, (302, 403, 200, 200, 200, 200), strict=True))
)
def test_who_may_look(cast: Cast, name: str, role: str, status: int) -> None:
    assert client_of(cast, role).get(reverse(name)).status_code == status


@pytest.mark.parametrize("name", ["board", "board_data"])
def test_another_librarys_board_is_not_found(cast: Cast, name: str) -> None:
    client = signed_in(cast.stranger)
    assert client.get(reverse(name), {"library": cast.library.slug}).status_code == 404


@pytest.mark.parametrize("name", ["board_check", "board_keep"])
@pytest.mark.parametrize(
    ("role", "status"), list(zip(ROLES, (302, 403, 403, 200, 404, 403), strict=True))
)
def test_who_may_move(cast: Cast, name: str, role: str, status: int) -> None:
    trip = make_trip(cast)
    sent = wanted(trip, start=stamp(7, 1), end=stamp(17, 1))
    assert client_of(cast, role).post(reverse(name), sent).status_code == status
    trip.refresh_from_db()
    moves = name == "board_keep" and role == "owner"
    assert trip.departs_at == (at(7, 1) if moves else at(7))


def test_nothing_is_moved_by_a_get(cast: Cast) -> None:
    for name in ("board_check", "board_keep", "schedule_undo"):
        assert signed_in(cast.owner).get(reverse(name)).status_code == 405


def test_a_vehicle_or_person_of_another_library_is_not_found(cast: Cast) -> None:
    trip = make_trip(cast)
    foreign = CrewMemberFactory.create(library=cast.other_library)
    for row in (f"vehicle:{cast.foreign_vehicle.slug}", f"member:{foreign.pk}", "member:x"):
        ask(cast.owner, "board_check", wanted(trip, row=row), 404)
    own = f"member:{foreign.pk}"
    sent = wanted(trip, row=f"member:{cast.operator.pk}", from_row=own)
    ask(cast.owner, "board_keep", sent, 404)


@pytest.mark.parametrize(
    "wrong",
    [
        {"start": "soon"},
        {"start": ""},
        {"end": "1890-01-01T07:00"},
        {"revision": "many"},
        {"row": "none"},
        {"row": "road:3"},
        {"reason": "x" * 501},
    ],
)
def test_what_cannot_be_read_is_refused_in_words(cast: Cast, wrong: dict[str, Any]) -> None:
    told = ask(cast.owner, "board_keep", wanted(make_trip(cast)) | wrong, 400)
    assert told["message"]


@pytest.mark.parametrize("name", ["", "trip", "trip:", "event:nonsense", "road:1"])
def test_what_is_not_there_is_not_found(cast: Cast, name: str) -> None:
    ask(cast.owner, "board_check", wanted(make_trip(cast), id=name), 404)


# --- The picture -------------------------------------------------------------------------------


def test_a_trip_lies_in_the_row_of_its_vehicle_and_a_lone_event_in_one_of_its_own(
    cast: Cast,
) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 13))
    event = make_event(cast)
    told = board(cast.owner)
    bars = {bar["id"]: bar for bar in told["bars"]}
    shown = bars[f"trip:{trip.uid}"]
    assert shown["rows"] == [f"vehicle:{cast.vehicle.slug}"]
    assert (shown["start"], shown["end"]) == ("2027-03-01T07:00", "2027-03-01T17:00")
    assert [stop["start"][11:] for stop in shown["stops"]] == ["08:00", "13:00"]
    assert bars[f"event:{event.uid}"]["rows"] == ["none"]
    assert [row["id"] for row in told["rows"]] == [f"vehicle:{cast.vehicle.slug}", "none"]


def test_by_person_a_trip_lies_in_the_row_of_each_who_goes(cast: Cast) -> None:
    make_trip(cast)
    make_trip(cast, visit(cast, day=1), day=1, crew=NOBODY)
    manned, empty = board(cast.owner, by="crew")["bars"]
    assert manned["rows"] == [f"member:{member.pk}" for member in cast.crew.members]
    assert empty["rows"] == ["none"]


def test_times_off_are_shown_in_their_row(cast: Cast) -> None:
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 1), ends_at=at(24, 1), reason="Workshop"
    )
    Unavailability.objects.create(
        member=cast.operator, starts_at=at(0, 2), ends_at=at(24, 2), reason="Holiday"
    )
    [vehicles] = board(cast.owner)["off"]
    [people] = board(cast.owner, by="crew")["off"]
    assert (vehicles["row"], vehicles["reason"]) == (f"vehicle:{cast.vehicle.slug}", "Workshop")
    assert (people["row"], people["reason"]) == (f"member:{cast.operator.pk}", "Holiday")


def test_a_bar_says_what_is_open_and_what_was_overridden(cast: Cast) -> None:
    make_trip(cast, crew=NOBODY)
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 1), ends_at=at(24, 1), reason="Workshop"
    )
    make_trip(cast, visit(cast, day=1), day=1, override_reason="Repaired by then")
    first, second = board(cast.owner)["bars"]
    assert "Crew too small" in [one["name"] for one in first["open"]]
    assert {"name": "Vehicle not to be had", "reason": "Repaired by then"} in second["overridden"]


def test_a_cancelled_trip_and_a_colleagues_view_cannot_be_moved(cast: Cast) -> None:
    trip = make_public_trip(cast)
    assert board(cast.owner)["bars"][0]["movable"]
    assert not board(cast.colleague)["bars"][0]["movable"]
    assert board(cast.colleague)["bars"][0]["links"] == []
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    assert not board(cast.owner)["bars"][0]["movable"]


def test_a_month_is_all_its_days_and_a_week_begins_on_a_monday(cast: Cast) -> None:
    assert board(cast.owner, view="month", **{"from": "2028-02-17"})["days"] == 29
    week = board(cast.owner, view="week", **{"from": "2027-03-05"})
    assert (week["from"], week["days"]) == ("2027-03-01", 7)


@pytest.mark.parametrize("day", ["", "nonsense", "0001-01-01", "9999-12-31", "2027-02-31"])
@pytest.mark.parametrize("view", ["week", "month"])
def test_any_day_can_be_asked_for(cast: Cast, day: str, view: str) -> None:
    board(cast.owner, view=view, **{"from": day})
    query = {"view": view, "from": day}
    assert signed_in(cast.owner).get(reverse("board"), query).status_code == 200


def test_a_trip_over_the_edge_of_the_window_is_shown(cast: Cast) -> None:
    make_trip(cast, departs_at=at(20, -1), returns_at=at(17))
    assert len(board(cast.owner)["bars"]) == 1
    assert len(board(cast.owner, **{"from": "2027-02-22"})["bars"]) == 1
    assert board(cast.owner, **{"from": "2027-03-08"})["bars"] == []


@pytest.mark.parametrize("by", ["vehicle", "crew"])
def test_queries_do_not_grow_with_the_trips(
    cast: Cast, by: str, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    def asked(count: int) -> int:
        client = signed_in(cast.owner)
        query = {"from": "2027-03-01", "view": "month", "by": by}
        with django_assert_max_num_queries(60) as queries:
            told = client.get(reverse("board_data"), query).json()
        assert len(told["bars"]) == count
        return len(queries)

    _fill(cast, 10)
    few = asked(10)
    _fill(cast, 190)
    assert asked(200) == few


def _fill(cast: Cast, count: int) -> None:
    """Store trips of a day, each with a vehicle of its own and one stop."""
    vehicles = VehicleFactory.create_batch(count, library=cast.library)
    Trip.objects.bulk_create(
        Trip(
            library=cast.library,
            vehicle=vehicle,
            departs_at=at(7, place % 28),
            returns_at=at(17, place % 28),
        )
        for place, vehicle in enumerate(vehicles)
    )
    trips = Trip.objects.filter(vehicle__in=vehicles)
    Event.objects.bulk_create(
        Event(
            library=cast.library,
            trip=trip,
            venue=cast.venue,
            starts_at=trip.departs_at + timedelta(hours=1),
            ends_at=trip.departs_at + timedelta(hours=3),
            title="Visit",
            shares_venue=True,
        )
        for trip in trips
    )


# --- What a place would break ------------------------------------------------------------------


def test_a_free_place_breaks_nothing_and_nothing_is_stored(cast: Cast) -> None:
    trip = make_trip(cast)
    sent = wanted(trip, start=stamp(7, 2), end=stamp(17, 2))
    assert messages(ask(cast.owner, "board_check", sent), "hard", "soft") == ""
    trip.refresh_from_db()
    assert (trip.departs_at, trip.revision) == (at(7), 1)


def test_a_taken_vehicle_person_and_venue_are_named(cast: Cast) -> None:
    trip = make_trip(cast)
    make_trip(cast, visit(cast, day=1, title="There first"), day=1)
    told = ask(cast.owner, "board_check", wanted(trip, start=stamp(8, 1), end=stamp(18, 1)))
    hard = {one["code"] for one in told["hindrances"] if one["weight"] == "hard"}
    assert {"vehicle_busy", "member_busy", "venue_busy"} <= hard
    assert "There first" in messages(told)


def test_a_trip_is_not_in_its_own_way(cast: Cast) -> None:
    trip = make_trip(cast, visit(cast, 8), visit(cast, 11))
    sent = wanted(trip, start=stamp(10), end=stamp(20))
    assert messages(ask(cast.owner, "board_check", sent), "hard") == ""


def test_stops_stay_when_a_trip_is_stretched_and_must_lie_inside(cast: Cast) -> None:
    trip = make_trip(cast)
    told = ask(cast.owner, "board_check", wanted(trip, start=stamp(9), end=stamp(17)))
    assert "not between the trip's departure and return" in messages(told, "hard")


def test_a_vehicle_in_the_workshop_needs_a_reason(cast: Cast) -> None:
    trip = make_trip(cast)
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0, 1), ends_at=at(24, 1), reason="Workshop"
    )
    sent = wanted(trip, start=stamp(7, 1), end=stamp(17, 1))
    assert "Workshop" in messages(ask(cast.owner, "board_check", sent), "soft")
    told = ask(cast.owner, "board_keep", sent, 409)
    assert (told["code"], "Workshop" in messages(told, "soft")) == ("rule_broken", True)
    ask(cast.owner, "board_keep", sent | {"override_reason": "Repaired by then"})
    trip.refresh_from_db()
    assert trip.departs_at == at(7, 1)
    assert trip.overrides.first() is not None


def test_what_stood_before_is_only_a_note(cast: Cast) -> None:
    trip = make_trip(cast)
    services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=cast.vehicle,
        departs_at=at(7),
        returns_at=at(17),
        crew=services.CrewInput(cast.operator),
        override_reason="Nobody else today",
    )
    trip.refresh_from_db()
    told = ask(cast.owner, "board_check", wanted(trip, start=stamp(7, 3), end=stamp(17, 3)))
    assert "3 crew" in messages(told, "note")
    assert "3 crew" not in messages(told, "soft", "hard")


def test_asking_takes_the_same_number_of_queries_however_many_stops(cast: Cast) -> None:
    def asked(trip: Trip, day: int) -> int:
        client = signed_in(cast.owner)
        sent = wanted(trip, start=stamp(7, day + 7), end=stamp(17, day + 7))
        with CaptureQueriesContext(connection) as queries:
            assert client.post(reverse("board_check"), sent).status_code == 200
        return len(queries)

    one = make_trip(cast, visit(cast, 8, 0.5))
    many = make_trip(cast, *(visit(cast, 8 + n, 0.5, day=1) for n in range(6)), day=1)
    assert asked(one, 0) == asked(many, 1)


# --- Keeping -----------------------------------------------------------------------------------


def test_a_trip_is_moved_to_another_day_and_vehicle_at_once(cast: Cast) -> None:
    trip = make_trip(cast)
    # On its own vehicle the new time is taken: only both changes together are possible.
    make_trip(cast, visit(cast, day=1, venue=cast.second_venue), day=1, crew=NOBODY)
    other = VehicleFactory.create(library=cast.library)
    sent = wanted(trip, start=stamp(7, 1), end=stamp(17, 1), row=f"vehicle:{other.slug}")
    ask(cast.owner, "board_keep", sent)
    trip.refresh_from_db()
    assert (trip.vehicle, trip.departs_at, trip.events.get().starts_at) == (
        other,
        at(7, 1),
        at(8, 1),
    )


def test_a_trip_is_stretched(cast: Cast) -> None:
    trip = make_trip(cast)
    ask(cast.owner, "board_keep", wanted(trip, start=stamp(6), end=stamp(17)))
    trip.refresh_from_db()
    assert (trip.departs_at, trip.events.get().starts_at) == (at(6), at(8))


def test_one_person_goes_in_place_of_another(cast: Cast) -> None:
    trip = make_trip(cast)
    first, second = cast.crew.professionals
    new = CrewMemberFactory.create(library=cast.library)
    sent = wanted(trip, row=f"member:{new.pk}", from_row=f"member:{first.pk}")
    ask(cast.owner, "board_keep", sent)
    assert {duty.member for duty in trip.duties.all()} == {cast.operator, second, new}
    roles = {duty.member: duty.role for duty in trip.duties.all()}
    assert roles[new] == "professional"


def test_a_lone_event_is_moved_but_not_to_another_row(cast: Cast) -> None:
    event = make_event(cast)
    ask(cast.owner, "board_keep", wanted(event, start=stamp(9, 1), end=stamp(12, 1)))
    event.refresh_from_db()
    assert (event.starts_at, event.ends_at) == (at(9, 1), at(12, 1))
    row = f"vehicle:{cast.vehicle.slug}"
    ask(cast.owner, "board_keep", wanted(event, row=row), 400)


def test_what_is_public_is_not_changed_without_a_reason(cast: Cast) -> None:
    trip = make_public_trip(cast)
    other = VehicleFactory.create(library=cast.library)
    for change in (
        {"start": stamp(7, 1), "end": stamp(17, 1)},
        {"start": stamp(6)},
        {"row": f"vehicle:{other.slug}"},
    ):
        told = ask(cast.owner, "board_keep", wanted(trip, **change), 400)
        assert "say why" in told["message"]
    ask(cast.owner, "board_keep", wanted(trip, start=stamp(6), reason="Longer way"))


def test_a_clash_leaves_everything_as_it_was(cast: Cast) -> None:
    trip = make_trip(cast)
    make_trip(cast, visit(cast, day=1, title="There first"), day=1)
    sent = wanted(trip, start=stamp(7, 1), end=stamp(17, 1), override_reason="Please")
    told = ask(cast.owner, "board_keep", sent, 409)
    assert told["hindrances"][0]["weight"] == "hard"
    trip.refresh_from_db()
    assert (trip.departs_at, trip.revision) == (at(7), 1)


def test_a_bar_somebody_else_moved_since_is_not_moved(cast: Cast) -> None:
    trip = make_trip(cast)
    services.move_trip(actor=cast.owner, trip=trip, departs_at=at(6), reason="")
    told = ask(cast.owner, "board_keep", wanted(trip, start=stamp(8), end=stamp(18)), 412)
    assert told["code"] == "stale"
    trip.refresh_from_db()
    assert trip.departs_at == at(6)


def test_times_are_those_of_the_library(cast: Cast) -> None:
    cast.library.time_zone = "Asia/Tokyo"
    cast.library.save()
    trip = make_trip(cast)
    [bar] = board(cast.owner)["bars"]
    assert bar["start"] == "2027-03-01T09:00"
    ask(cast.owner, "board_keep", wanted(trip, start="2027-03-02T09:00", end="2027-03-02T19:00"))
    trip.refresh_from_db()
    assert trip.departs_at == at(7, 1)


# --- Undoing -----------------------------------------------------------------------------------


def kept(cast: Cast, record: Trip | Event, **changed: Any) -> str:
    return str(ask(cast.owner, "board_keep", wanted(record, **changed))["undo"])


def test_a_move_to_another_vehicle_is_undone_whole(cast: Cast) -> None:
    trip = make_public_trip(cast)
    other = VehicleFactory.create(library=cast.library)
    row = f"vehicle:{other.slug}"
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1), row=row, reason="Road cut")
    ask(cast.owner, "schedule_undo", {"undo": note})
    trip.refresh_from_db()
    assert (trip.vehicle, trip.departs_at, trip.returns_at) == (cast.vehicle, at(7), at(17))
    assert trip.events.get().starts_at == at(8)
    assert {duty.starts_at for duty in trip.duties.all()} == {at(7)}


def test_a_stretch_a_new_person_and_an_event_are_undone(cast: Cast) -> None:
    trip, event = make_trip(cast), make_event(cast)
    new = CrewMemberFactory.create(library=cast.library)
    rows = {"row": f"member:{new.pk}", "from_row": f"member:{cast.crew.professionals[0].pk}"}
    ask(cast.owner, "schedule_undo", {"undo": kept(cast, trip, start=stamp(6))})
    trip.refresh_from_db()
    ask(cast.owner, "schedule_undo", {"undo": kept(cast, trip, **rows)})
    note = kept(cast, event, start=stamp(9, 1), end=stamp(12, 1))
    ask(cast.owner, "schedule_undo", {"undo": note})
    trip.refresh_from_db()
    event.refresh_from_db()
    assert (trip.departs_at, event.starts_at, event.ends_at) == (at(7), at(8), at(10))
    assert {duty.member for duty in trip.duties.all()} == set(cast.crew.members)


def test_a_change_of_pauses_is_undone(cast: Cast) -> None:
    trip = make_trip(cast)
    lunch = PauseInput("lunch", at(11), at(12), place="Chợ Vinh")
    services.set_pauses(actor=cast.owner, trip=trip, pauses=[lunch])
    trip.refresh_from_db()
    crew = CrewInput.of(list(trip.duties.select_related("member")))
    span: dict[str, Any] = {
        "vehicle": trip.vehicle,
        "departs_at": trip.departs_at,
        "returns_at": trip.returns_at,
    }
    was = undo.before(trip)
    changed = services.change_trip(actor=cast.owner, trip=trip, crew=crew, pauses=[], **span)
    note = undo.note(was, changed, actor=cast.owner, events_went_along=False)
    undo.take_back(note, actor=cast.owner)
    assert [PauseInput.of(one) for one in trip.pauses.all()] == [lunch]


def test_an_undo_is_refused_once_somebody_changed_it(cast: Cast) -> None:
    trip = make_trip(cast)
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1))
    services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, 2), reason="")
    told = ask(cast.owner, "schedule_undo", {"undo": note}, 412)
    assert "changed this since" in told["message"]
    trip.refresh_from_db()
    assert trip.departs_at == at(7, 2)


def test_an_undo_is_refused_when_its_place_is_taken(cast: Cast) -> None:
    trip = make_trip(cast)
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1))
    make_trip(cast, visit(cast, venue=cast.second_venue), crew=NOBODY)
    assert ask(cast.owner, "schedule_undo", {"undo": note}, 409)["code"] == "vehicle_busy"


def test_an_undo_is_done_once(cast: Cast) -> None:
    trip = make_trip(cast)
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1))
    ask(cast.owner, "schedule_undo", {"undo": note})
    ask(cast.owner, "schedule_undo", {"undo": note}, 412)


@pytest.mark.parametrize("role", ["colleague", "stranger", "officer"])
def test_an_undo_is_for_whoever_made_the_change(cast: Cast, role: str) -> None:
    trip = make_trip(cast)
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1))
    ask(getattr(cast, role), "schedule_undo", {"undo": note}, 400)
    trip.refresh_from_db()
    assert trip.departs_at == at(7, 1)


def test_a_note_that_is_not_ours_undoes_nothing(cast: Cast) -> None:
    for note in ("", "nonsense", signing.dumps({"who": 1})):
        ask(cast.owner, "schedule_undo", {"undo": note}, 400)


def test_an_undo_is_good_for_a_day(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    trip = make_trip(cast)
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1))
    monkeypatch.setattr(undo, "GOOD_FOR", timedelta(seconds=-1))
    assert "too long ago" in ask(cast.owner, "schedule_undo", {"undo": note}, 409)["message"]


def test_a_removed_trip_is_not_brought_back(cast: Cast) -> None:
    trip = make_trip(cast)
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1))
    trip.refresh_from_db()
    services.remove_trip(actor=cast.owner, trip=trip)
    ask(cast.owner, "schedule_undo", {"undo": note}, 404)


def test_the_history_tells_both_the_move_and_its_undoing(cast: Cast) -> None:
    trip = make_public_trip(cast)
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1), reason="Road cut")
    ask(cast.owner, "schedule_undo", {"undo": note})
    reasons = list(Trip.history.filter(id=trip.pk).values_list("history_change_reason", flat=True))
    assert "Road cut" in reasons
    assert len(reasons) == 4


# --- Without the board's script ----------------------------------------------------------------


def sent_form(name: str, record: Trip | Event, typed: dict[str, Any], user: User) -> str:
    answer = signed_in(user).post(reverse(name, args=[record.uid]), typed, follow=True)
    assert answer.status_code == 200
    return str(answer.context.get("undo") or "")


def test_a_move_by_form_offers_to_be_undone_and_is(cast: Cast) -> None:
    trip = make_trip(cast)
    typed = {"departs_on": "2027-03-02", "departs_time": "07:00", "expected_revision": 1}
    note = sent_form("trip_move", trip, typed, cast.owner)
    answer = signed_in(cast.owner).post(reverse("schedule_undo"), {"undo": note}, follow=True)
    assert answer.redirect_chain == [(reverse("trip", args=[trip.uid]), 302)]
    trip.refresh_from_db()
    assert trip.departs_at == at(7)


def test_an_event_moved_by_form_goes_back_to_its_venue(cast: Cast) -> None:
    event = make_trip(cast).events.get()
    typed = {"venue": cast.second_venue.code, "on": "2027-03-01", "starts": "09:00"}
    note = sent_form("event_move", event, typed | {"ends": "11:00"}, cast.owner)
    signed_in(cast.owner).post(reverse("schedule_undo"), {"undo": note})
    event.refresh_from_db()
    assert (event.venue, event.starts_at) == (cast.venue, at(8))


def test_the_offer_is_made_once(cast: Cast) -> None:
    trip = make_trip(cast)
    client = signed_in(cast.owner)
    typed = {"departs_on": "2027-03-02", "departs_time": "07:00"}
    assert client.post(reverse("trip_move", args=[trip.uid]), typed, follow=True).context["undo"]
    assert not client.get(reverse("trip", args=[trip.uid])).context["undo"]


def test_a_refused_undo_by_form_says_why(cast: Cast) -> None:
    answer = signed_in(cast.owner).post(reverse("schedule_undo"), {"undo": "x"}, follow=True)
    assert [str(one) for one in answer.context["messages"]] == ["This cannot be undone."]


def test_the_page_leads_to_the_week_where_there_is_no_script(cast: Cast) -> None:
    answer = signed_in(cast.owner).get(reverse("board"), {"from": "2027-03-03"})
    assert f"{reverse('schedule')}?library=a&amp;week=2027-03-01" in answer.content.decode()


def test_week_and_board_lead_to_each_other_and_keep_the_week_looked_at(cast: Cast) -> None:
    client = signed_in(cast.owner)
    week, there = reverse("schedule"), reverse("board")
    shown = client.get(week, {"week": "2027-03-03"}).content.decode()
    assert f'{there}?library=a&amp;from=2027-03-01"' in shown
    shown = client.get(there, {"from": "2027-03-03"}).content.decode()
    assert f'{week}?library=a&amp;week=2027-03-01"' in shown


def test_a_month_that_is_not_now_leads_to_its_first_week(cast: Cast) -> None:
    shown = signed_in(cast.owner).get(reverse("board"), {"from": "2027-03-03", "view": "month"})
    assert f'{reverse("schedule")}?library=a&amp;week=2027-03-01"' in shown.content.decode()


def test_any_day_is_gone_to_without_a_script_in_the_same_view(cast: Cast) -> None:
    asked = {"from": "2027-03-03", "view": "month", "by": "crew"}
    html = signed_in(cast.owner).get(reverse("board"), asked).content.decode()
    form = html[html.index('class="day-jump"') :].split("</form>")[0]
    sent = dict(re.findall(r'name="(\w+)"(?: id="[^"]*")? value="([^"]*)"', form))
    assert sent == {"library": "a", "view": "month", "by": "crew", "from": "2027-03-01"}


def test_rules_and_events_without_a_vehicle_are_reached_from_the_board(cast: Cast) -> None:
    links = [f"{reverse(name)}?library=a" for name in ("rule_settings", "event_new")]
    for user, is_offered in ((cast.owner, True), (cast.colleague, False)):
        html = signed_in(user).get(reverse("board")).content.decode()
        assert [link in html for link in links] == [is_offered] * 2


def test_an_undo_asks_no_reason_for_what_stood_before(cast: Cast) -> None:
    trip = make_public_trip(cast)
    Unavailability.objects.create(
        vehicle=cast.vehicle, starts_at=at(0), ends_at=at(24), reason="Workshop"
    )
    note = kept(cast, trip, start=stamp(7, 1), end=stamp(17, 1), reason="Workshop")
    ask(cast.owner, "schedule_undo", {"undo": note})
    trip.refresh_from_db()
    assert trip.departs_at == at(7)
    assert not trip.overrides.exists()


def test_what_is_kept_and_undone_comes_back_as_a_bar(cast: Cast) -> None:
    trip = make_trip(cast)
    sent = wanted(trip, start=stamp(7, 1), end=stamp(17, 1), by="crew")
    told = ask(cast.owner, "board_keep", sent)
    assert told["bar"]["start"] == stamp(7, 1)
    assert told["bar"]["rows"] == [f"member:{member.pk}" for member in cast.crew.members]
    told = ask(cast.owner, "schedule_undo", {"undo": told["undo"], "by": "vehicle"})
    assert (told["bar"]["start"], told["bar"]["rows"]) == (
        stamp(7),
        [f"vehicle:{cast.vehicle.slug}"],
    )
