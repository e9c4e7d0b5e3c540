"""Storms and visits owed over the API."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.scheduling.models import Disruption, Event
from tests.api.callers import Caller
from tests.api.world import World, iso

pytestmark = pytest.mark.django_db


def body(**changes: Any) -> dict[str, Any]:
    return {
        "reason": "storm",
        "note": "Bão số 5",
        "starts_at": iso(3, 0),
        "ends_at": iso(4, 0),
        "everything": True,
        "otherwise": {"what": "cancel"},
    } | changes


@pytest.fixture
def owner(world: World) -> Caller:
    return Caller(world.cast.owner)


def test_looking_changes_nothing_and_says_what_would_be_done(world: World, owner: Caller) -> None:
    answer = owner.post("disruptions/", body(dry_run=True))
    assert answer.status == 200
    assert [(one["uid"], one["what"]) for one in answer["events"]] == [(world.public.uid, "cancel")]
    assert answer["is_possible"]
    assert not Disruption.objects.exists()


def test_what_was_looked_at_is_done_and_undone(world: World, owner: Caller) -> None:
    seen = owner.post("disruptions/", body(dry_run=True))["state"]
    made = owner.post("disruptions/", body(expected_state=seen))
    assert made.status == 201
    assert [one["state"] for one in made["events"]] == ["cancelled"]
    assert made["texts"][0]["events"] == [world.public.uid]
    owed = owner.get("owed-visits/")["results"]
    assert world.public.uid in [one["event"] for one in owed]
    undone = owner.post(f"disruptions/{made['uid']}/undo/", {"reason": "Bão tan"})
    assert undone["undone_at"]
    assert Event.objects.get(pk=world.public.pk).is_published
    left = owner.get("owed-visits/")["results"]
    assert world.public.uid not in [one["event"] for one in left]


def test_an_older_look_is_refused(world: World, owner: Caller) -> None:
    answer = owner.post("disruptions/", body(expected_state="0" * 32))
    assert (answer.status, answer.code) == (412, "stale")


def test_one_event_may_be_treated_otherwise(world: World, owner: Caller) -> None:
    own = [{"event": world.public.uid, "what": "postpone", "days": 21}]
    answer = owner.post("disruptions/", body(events=own, dry_run=True))
    (row,) = answer["events"]
    assert (row["what"], row["new_starts_at"]) == ("postpone", iso(24))


@pytest.mark.parametrize("target", [{}, {"units": []}, {"vehicle": None}, {"everything": False}])
def test_a_target_that_got_lost_is_not_the_whole_library(
    world: World, owner: Caller, target: dict[str, Any]
) -> None:
    sent = {name: value for name, value in body().items() if name != "everything"}
    assert owner.post("disruptions/", sent | target).status == 400
    assert not Disruption.objects.exists()


def test_events_chosen_one_by_one_need_no_target(world: World, owner: Caller) -> None:
    sent = {
        name: value for name, value in body().items() if name not in ("everything", "otherwise")
    }
    own = [{"event": world.public.uid, "what": "cancel"}]
    assert owner.post("disruptions/", sent | {"events": own}).status == 201


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": "witchcraft"},
        {"ends_at": iso(3, 0)},
        {"area": {"type": "Point", "coordinates": [1, 2]}},
        {"area": {"type": [], "coordinates": {}}},
        {"area": [1, 2]},
        {"area": "x"},
        {"area": {"type": "Polygon", "coordinates": [[[1e400, 2], [2, 3], [4, 5]]]}},
        {"units": ["no such unit"]},
        {"events": [{"event": "no such event", "what": "cancel"}]},
        {"otherwise": {"what": "postpone", "days": 0}},
        {"otherwise": {"what": "leave"}},
        {"vehicle": "xe-la"},
    ],
)
def test_what_makes_no_sense_is_refused(world: World, owner: Caller, wrong: Any) -> None:
    assert owner.post("disruptions/", body(**wrong)).status == 400
    assert not Disruption.objects.exists()


def test_anothers_vehicle_and_venue_do_not_exist(world: World, owner: Caller) -> None:
    cast = world.cast
    for wrong in ({"vehicle": cast.foreign_vehicle.slug}, {"venue": cast.foreign_venue.code}):
        assert owner.post("disruptions/", body(**wrong)).status == 400


def test_a_make_up_visit_is_linked(world: World, owner: Caller) -> None:
    sent = world.event_body(makes_up_for=world.cancelled.uid)
    made = owner.post("events/", sent)
    assert made["makes_up_for"] == world.cancelled.uid
    again = owner.post("events/", world.event_body(makes_up_for=world.cancelled.uid))
    assert again.status == 409
    takes_place = owner.post("events/", world.event_body(makes_up_for=world.public.uid))
    assert takes_place.status == 409
