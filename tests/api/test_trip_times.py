"""Pauses of trips, and their times: tried first, kept then."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.scheduling.models import Trip
from tests.api.callers import Caller
from tests.api.world import Ground, iso

LUNCH = {"kind": "lunch", "starts_at": iso(50, 11), "ends_at": iso(50, 12), "place": "Quán cơm"}


@pytest.fixture
def trip(ground: Ground, owner: Caller) -> str:
    """A draft from 6 to 17 o'clock with two stops and a lunch."""
    events = [
        ground.event_body(starts_at=iso(50, 8), ends_at=iso(50, 10)),
        ground.event_body(starts_at=iso(50, 13), ends_at=iso(50, 15), venue=ground.cast.venue.code),
    ]
    answer = owner.post("trips/", ground.trip_body(events=events, pauses=[LUNCH]))
    assert answer.status == 201, answer
    return str(answer["uid"])


def test_pauses_are_stored_and_shown_with_their_trip(owner: Caller, trip: str) -> None:
    shown = owner.get(f"trips/{trip}/")
    [pause] = shown["pauses"]
    assert {key: pause[key] for key in LUNCH} == LUNCH
    assert pause["venue"] is None


def test_pauses_are_replaced_and_stay_where_nothing_is_said(
    ground: Ground, owner: Caller, trip: str
) -> None:
    rest = {**LUNCH, "kind": "rest", "place": "", "venue": ground.cast.venue.code}
    assert owner.patch(f"trips/{trip}/", {"note": "x"})["pauses"][0]["kind"] == "lunch"
    shown = owner.patch(f"trips/{trip}/", {"pauses": [rest]})
    assert [pause["venue"]["code"] for pause in shown["pauses"]] == [ground.cast.venue.code]
    assert owner.patch(f"trips/{trip}/", {"pauses": []})["pauses"] == []


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"kind": "party"}, "kind"),
        ({"ends_at": LUNCH["starts_at"]}, "ends_at"),
        ({"starts_at": None}, "starts_at"),
        ({"venue": "nowhere"}, "venue"),
        ({"place": "x" * 161}, "place"),
    ],
)
def test_a_wrong_pause_is_named(
    owner: Caller, trip: str, wrong: dict[str, Any], field: str
) -> None:
    answer = owner.patch(f"trips/{trip}/", {"pauses": [LUNCH | wrong]})
    assert (answer.status, list(answer["fields"])) == (400, [f"pauses.0.{field}"])


def test_another_librarys_venue_does_not_exist(ground: Ground, owner: Caller, trip: str) -> None:
    there = {**LUNCH, "venue": ground.cast.foreign_venue.code}
    answer = owner.patch(f"trips/{trip}/", {"pauses": [there]})
    assert answer.status == 400


def test_a_pause_during_a_stop_breaks_a_rule(owner: Caller, trip: str) -> None:
    then = {**LUNCH, "starts_at": iso(50, 9), "ends_at": iso(50, 10)}
    answer = owner.patch(f"trips/{trip}/", {"pauses": [then]})
    assert (answer.status, answer["findings"][0]["rule"]) == (409, "pause_clashes")


def first_of(owner: Caller, trip: str) -> str:
    return str(owner.get(f"trips/{trip}/")["events"][0]["uid"])


def test_moving_a_stop_is_tried_first_and_kept_then(owner: Caller, trip: str) -> None:
    key = first_of(owner, trip)
    body = {"move": {"key": key, "starts_at": iso(50, 8.5)}}
    tried = owner.post(f"trips/{trip}/times/", body | {"dry_run": True})
    assert (tried.status, tried["kept"], tried["revision"]) == (200, False, 1)
    moved = [(row["was_starts_at"], row["starts_at"]) for row in tried["rows"]]
    after = [(iso(50, hour), iso(50, hour + 0.5)) for hour in (8, 11, 13, 17)]
    assert moved == [(iso(50, 6), iso(50, 6)), *after]
    assert owner.get(f"trips/{trip}/")["departs_at"] == iso(50, 6)
    kept = owner.post(f"trips/{trip}/times/", body)
    assert (kept["kept"], kept["revision"], kept["rows"]) == (True, 2, tried["rows"])
    assert owner.get(f"trips/{trip}/")["pauses"][0]["starts_at"] == iso(50, 11.5)


def test_times_can_be_given_one_by_one(owner: Caller, trip: str) -> None:
    slots = [
        {"key": first_of(owner, trip), "starts_at": iso(50, 7.5), "ends_at": iso(50, 10.5)},
        {"key": "departure", "starts_at": iso(50, 5.5)},
        {"key": "return", "starts_at": iso(50, 17.5)},
    ]
    assert owner.post(f"trips/{trip}/times/", {"slots": slots})["kept"]
    shown = owner.get(f"trips/{trip}/")
    assert (shown["departs_at"], shown["returns_at"]) == (iso(50, 5.5), iso(50, 17.5))
    assert [event["starts_at"] for event in shown["events"]] == [iso(50, 7.5), iso(50, 13)]


def test_the_order_of_a_day_can_be_changed(owner: Caller, trip: str) -> None:
    shown = owner.get(f"trips/{trip}/")
    one, other = [event["uid"] for event in shown["events"]]
    lunch = f"pause-{shown['pauses'][0]['id']}"
    assert owner.post(f"trips/{trip}/times/", {"order": [other, lunch, one]})["kept"]
    assert [event["uid"] for event in owner.get(f"trips/{trip}/")["events"]] == [other, one]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"move": {"key": "nobody", "starts_at": iso(50, 8)}}, "move"),
        ({"move": {"key": "departure"}}, "move.starts_at"),
        ({"order": ["departure"]}, "order"),
        ({"order": 5}, "order"),
        ({"follow": "never"}, "follow"),
        ({"slots": [{"key": "pause-0", "starts_at": iso(50, 8)}]}, "slots"),
        (
            {"slots": [{"key": "return", "starts_at": iso(50, 8), "ends_at": iso(50, 7)}]},
            "slots.0.ends_at",
        ),
    ],
)
def test_what_cannot_be_is_named(
    owner: Caller, trip: str, body: dict[str, Any], field: str
) -> None:
    answer = owner.post(f"trips/{trip}/times/", body)
    assert (answer.status, list(answer["fields"])) == (400, [field])


def test_what_a_rule_refuses_is_said_when_it_is_tried_and_stores_nothing(
    owner: Caller, trip: str
) -> None:
    body = {
        "move": {"key": first_of(owner, trip), "starts_at": iso(50, 10)},
        "follow": "stay",
    }
    tried = owner.post(f"trips/{trip}/times/", body | {"dry_run": True})
    assert "pause_clashes" in {
        one["code"] for one in tried["hindrances"] if one["weight"] == "hard"
    }
    assert owner.post(f"trips/{trip}/times/", body).status == 409
    assert Trip.objects.get(uid=trip).revision == 1


def test_an_old_revision_is_refused(owner: Caller, trip: str) -> None:
    body = {"move": {"key": "departure", "starts_at": iso(50, 6.5)}, "expected_revision": 0}
    assert owner.post(f"trips/{trip}/times/", body).status == 412
