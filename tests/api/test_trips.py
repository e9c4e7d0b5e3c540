"""Trips: with their crew and events, all or nothing."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.scheduling.models import Event, Trip
from tests.api.callers import Caller
from tests.api.world import Ground, World, crew_body, iso


def test_a_trip_is_stored_with_its_crew_and_events(ground: Ground, owner: Caller) -> None:
    answer = owner.post("trips/", ground.trip_body(note="Mang máy phát"))
    assert (answer.status, answer["state"], answer["note"]) == (201, "draft", "Mang máy phát")
    assert len(answer["crew"]) == 3
    assert [event["venue"]["code"] for event in answer["events"]] == [ground.cast.second_venue.code]


def test_one_wrong_event_leaves_nothing_of_the_trip(ground: Ground, owner: Caller) -> None:
    late = ground.event_body(starts_at=iso(50, 16), ends_at=iso(50, 18))
    good = ground.event_body(starts_at=iso(50, 8), ends_at=iso(50, 9))
    before = (Trip.objects.count(), Event.objects.count())
    answer = owner.post("trips/", ground.trip_body(events=[good, late]))
    assert (answer.status, answer["findings"][0]["rule"]) == (409, "event_outside_trip")
    assert (Trip.objects.count(), Event.objects.count()) == before


def test_a_busy_vehicle_is_refused_with_the_event_it_is_at(world: World, owner: Caller) -> None:
    body = world.trip_body(departs_at=iso(20, 16), returns_at=iso(20, 20), events=[])
    answer = owner.post("trips/", body)
    assert (answer.status, answer.code) == (409, "vehicle_busy")
    first = world.trip.events.order_by("starts_at").first()
    assert first is not None
    assert answer["clash"]["event"] == first.uid


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"returns_at": iso(50, 6)}, "returns_at"),
        ({"departs_at": "2300-01-01T00:00:00Z"}, "departs_at"),
        ({"vehicle": None}, "vehicle"),
        ({"events": [{}]}, "events.0.venue"),
        ({"events": [5]}, "events.0"),
        ({"events": {}}, "events"),
        ({"crew": []}, "crew"),
        ({"crew": {"operator": "1"}}, "crew.operator"),
    ],
)
def test_a_wrong_field_is_named(
    ground: Ground, owner: Caller, wrong: dict[str, Any], field: str
) -> None:
    answer = owner.post("trips/", ground.trip_body(**wrong))
    assert answer.status == 400
    assert [name for name in answer["fields"] if name.startswith(field)], answer


def test_somebody_named_twice_does_not_make_a_crew_of_three(ground: Ground, owner: Caller) -> None:
    crew = crew_body(ground.cast.crew)
    crew["professionals"] = [crew["operator"], crew["professionals"][0]]
    answer = owner.post("trips/", ground.trip_body(crew=crew))
    assert (answer.status, answer["findings"][0]["rule"]) == (409, "crew_member_twice")


def test_the_whole_life_of_a_trip(ground: Ground, owner: Caller, nobody: Caller) -> None:
    uid = owner.post("trips/", ground.trip_body())["uid"]
    added = owner.post(
        f"trips/{uid}/events/", ground.event_body(starts_at=iso(50, 14), ends_at=iso(50, 15))
    )
    assert (added.status, added["trip"]) == (201, uid)
    assert owner.post(f"trips/{uid}/publish/")["state"] == "published"
    assert nobody.get(f"events/{added['uid']}/").status == 200
    moved = owner.post(f"trips/{uid}/move/", {"departs_at": iso(51, 6), "reason": "Xe bảo dưỡng"})
    assert moved["returns_at"] == iso(51, 17)
    assert [event["starts_at"] for event in moved["events"]] == [iso(51, 8), iso(51, 14)]
    assert owner.delete(f"trips/{uid}/").code == "was_public"
    cancelled = owner.post(f"trips/{uid}/cancel/", {"reason": "breakdown"})
    assert {event["state"] for event in cancelled["events"]} == {"cancelled"}


def test_a_stop_is_added_in_spite_of_a_rule_with_a_reason(ground: Ground, owner: Caller) -> None:
    trip = owner.post("trips/", ground.trip_body())
    stop = ground.event_body(starts_at=iso(50, 14), ends_at=iso(50, 15), expected_classes=150)
    refused = owner.post(f"trips/{trip['uid']}/events/", stop)
    assert (refused.status, refused["findings"][0]["rule"]) == (409, "too_many_classes")
    added = owner.post(f"trips/{trip['uid']}/events/", stop | {"override_reason": "Chia ba buổi"})
    assert added.status == 201
    assert (
        owner.post(f"trips/{trip['uid']}/events/", stop | {"expected_classes": 201}).status == 400
    )


def test_a_change_leaves_what_is_not_sent(world: World, owner: Caller) -> None:
    before = owner.get(f"trips/{world.draft_trip.uid}/")
    changed = owner.patch(f"trips/{world.draft_trip.uid}/", {"returns_at": iso(10, 18)})
    assert changed["returns_at"] == iso(10, 18)
    assert changed["crew"] == before["crew"]
    assert changed["events"] == before["events"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("", {"note": "x"}),
        ("move/", {"departs_at": iso(12, 6)}),
        ("publish/", {}),
        ("cancel/", {"reason": "storm"}),
    ],
)
def test_a_stale_write_is_refused(world: World, owner: Caller, path: str, body: Any) -> None:
    address = f"trips/{world.draft_trip.uid}/"
    stale = owner.get(address).raw["ETag"]
    owner.patch(address, {"note": "Ai đó đã nhanh hơn"})
    send = owner.post if path else owner.patch
    assert send(address + path, body, If_Match=stale).status == 412
    assert owner.get(address)["note"] == "Ai đó đã nhanh hơn"


def test_trips_are_narrowed_by_state_vehicle_and_days(world: World, owner: Caller) -> None:
    def found(**query: str) -> list[str]:
        return [trip["uid"] for trip in owner.get("trips/", **query)["results"]]

    draft, public = world.draft_trip.uid, world.trip.uid
    assert found() == [draft, public]
    assert found(ordering="-departs_at") == [public, draft]
    assert found(state="draft") == [draft]
    assert found(since=iso(11)[:10]) == [public]
    assert found(before=iso(11)[:10]) == [draft]
    assert found(vehicle="nothing-like-it") == []
