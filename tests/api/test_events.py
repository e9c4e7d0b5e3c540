"""Events: a public timetable without names of people, and a schedule for its keepers."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.common import clock
from outreach.scheduling import selectors
from outreach.scheduling.models import Event, State
from tests.api.callers import Caller, in_language
from tests.api.world import Ground, World, at, crew_body, iso


def uids(caller: Caller, **query: str) -> list[str]:
    """Return the identifiers of the events on the first page."""
    return [event["uid"] for event in caller.get("events/", **query)["results"]]


# --- The public view ---------------------------------------------------------------------------


def test_the_public_list_is_the_timetable(world: World, nobody: Caller) -> None:
    today = clock.today()
    listed = selectors.timetable(
        opens_on=today, closes_on=today.replace(year=today.year + 1), today=today
    )
    assert uids(nobody) == [event.uid for event in listed]
    assert world.foreign.uid in uids(nobody)


def test_drafts_are_not_public(world: World, nobody: Caller) -> None:
    assert world.draft.uid not in uids(nobody)
    assert nobody.get(f"events/{world.draft.uid}/").status == 404


def test_readers_see_no_person_and_no_inner_note(world: World, nobody: Caller) -> None:
    shown = nobody.get("events/").text + nobody.get(f"events/{world.cancelled.uid}/").text
    members = [world.cast.operator.full_name, "Lê Thị Riêng Tư", "Chỉ nội bộ biết"]
    assert not [name for name in members if name in shown]
    event = nobody.get(f"events/{world.cancelled.uid}/")
    assert (event["state"], event["cancel_reason"]) == ("cancelled", "storm")
    assert (event["crew"], event["revision"], event["cancel_note"]) == (None, None, None)
    assert "ETag" not in event.raw


def test_a_host_reads_as_the_public_does(world: World, nobody: Caller) -> None:
    assert uids(Caller(world.cast.host)) == uids(nobody)


def test_staff_may_ask_for_the_public_view(world: World, owner: Caller, nobody: Caller) -> None:
    assert uids(owner, public="true") == uids(nobody)
    assert owner.get(f"events/{world.foreign.uid}/").status == 404
    assert owner.get(f"events/{world.foreign.uid}/", public="true").status == 200


def test_the_days_of_the_public_view_are_half_open(world: World, nobody: Caller) -> None:
    day = at(3).astimezone(clock.local(at(3)).tzinfo).date()
    after = clock.local(at(4)).date()
    assert world.public.uid in uids(nobody, since=str(day), before=str(after))
    assert world.public.uid not in uids(nobody, before=str(day))
    assert world.public.uid not in uids(nobody, since=str(after))


# --- The schedule ------------------------------------------------------------------------------


def test_staff_see_their_own_events_in_every_state(
    world: World, owner: Caller, stranger: Caller
) -> None:
    seen = uids(owner)
    assert {world.draft.uid, world.public.uid, world.cancelled.uid, world.held.uid} <= set(seen)
    assert world.foreign.uid not in seen
    assert uids(stranger) == [world.foreign.uid]


def test_staff_see_who_serves(world: World, owner: Caller) -> None:
    crew = owner.get(f"events/{world.public.uid}/")["crew"]
    assert [duty["member"]["full_name"] for duty in crew] == ["Lê Thị Riêng Tư"]
    stop = world.trip.events.first()
    assert stop is not None
    event = owner.get(f"events/{stop.uid}/")
    assert event["trip"] == world.trip.uid
    assert [duty["role"] for duty in event["crew"]].count("operator") == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"state": "draft", "before": str(clock.local(at(8)).date())}, ["draft"]),
        ({"state": "cancelled"}, ["cancelled"]),
        ({"kind": "talk"}, []),
        ({"search": "khong co noi nay"}, []),
    ],
)
def test_filters_narrow(
    world: World, owner: Caller, query: dict[str, str], found: list[str]
) -> None:
    assert uids(owner, **query) == [getattr(world, name).uid for name in found]


def test_places_vehicles_and_trips_narrow(world: World, owner: Caller) -> None:
    stops = [event.uid for event in world.trip.events.order_by("starts_at")]
    assert uids(owner, trip=world.trip.uid) == stops
    assert set(stops) <= set(uids(owner, vehicle=world.cast.vehicle.slug))
    assert world.public.uid not in uids(owner, vehicle=world.cast.vehicle.slug)
    assert world.public.uid in uids(owner, commune=world.cast.commune.code)
    parent = world.cast.commune.parent
    assert parent is not None
    assert world.public.uid in uids(owner, province=parent.code)
    assert world.public.uid not in uids(owner, venue=world.cast.second_venue.code)


@pytest.mark.parametrize("name", ["kind", "commune", "province", "venue", "vehicle", "library"])
def test_a_filter_on_what_does_not_exist_is_refused(nobody: Caller, name: str) -> None:
    answer = nobody.get("events/", **{name: "no-such-thing"})
    assert (answer.status, list(answer["fields"])) == (400, [name])


# --- Scheduling --------------------------------------------------------------------------------


def test_an_event_without_a_vehicle_is_scheduled_as_a_draft(ground: Ground, owner: Caller) -> None:
    answer = owner.post("events/", ground.event_body())
    assert (answer.status, answer["state"], answer["trip"]) == (201, "draft", None)
    assert answer["library"]["slug"] == ground.cast.library.slug
    assert answer["activities"][0]["kind"] == "exhibition"
    assert answer.raw["ETag"] == f'"{answer["revision"]}"'
    assert Event.objects.get(uid=answer["uid"]).history.get().history_user == ground.cast.owner


def test_an_event_with_a_vehicle_becomes_a_trip_with_the_way_there(
    ground: Ground, owner: Caller
) -> None:
    body = ground.event_body(
        vehicle=ground.cast.vehicle.slug, journey_min=90, crew=crew_body(ground.cast.crew)
    )
    event = owner.post("events/", body)
    trip = owner.get(f"trips/{event['trip']}/")
    assert (trip["departs_at"], trip["returns_at"]) == (iso(40, 6.5), iso(40, 11.5))
    assert len(event["crew"]) == 3


def test_a_clash_names_the_event_it_clashes_with(world: World, owner: Caller) -> None:
    body = world.event_body(venue=world.cast.venue.code, starts_at=iso(5, 9), ends_at=iso(5, 11))
    answer = owner.post("events/", body)
    assert (answer.status, answer.code) == (409, "venue_busy")
    assert answer["clash"] == {"event": world.draft.uid, "title": world.draft.title}


def test_a_crew_of_two_needs_a_reason_to_override(ground: Ground, owner: Caller) -> None:
    crew = crew_body(ground.cast.crew)
    crew["professionals"].pop()
    body = ground.event_body(vehicle=ground.cast.vehicle.slug, crew=crew)
    stored = owner.post("events/", body)
    assert (stored.status, stored["overrides"]) == (201, [])
    publish = f"trips/{stored['trip']}/publish/"
    refused = owner.post(publish, {})
    assert (refused.status, refused["findings"][0]["rule"]) == (409, "crew_too_small")
    assert refused["findings"][0]["may_override"] is True
    public = owner.post(publish, {"override_reason": "Một người ốm"})
    assert public.status == 200
    assert [item["reason"] for item in public["overrides"]] == ["Một người ốm"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"ends_at": iso(40, 8)}, "ends_at"),
        ({"ends_at": iso(39)}, "ends_at"),
        ({"starts_at": "2026-02-31T08:00:00+07:00"}, "starts_at"),
        ({"starts_at": "31/02/2026"}, "starts_at"),
        ({"starts_at": "0001-01-01T00:00:00+14:00"}, "starts_at"),
        ({"starts_at": "1905-12-31T23:00:00+07:00"}, "starts_at"),
        ({"ends_at": "9999-12-31T23:59:59-12:00"}, "ends_at"),
        ({"starts_at": 1_700_000_000}, "starts_at"),
        ({"starts_at": None}, "starts_at"),
        ({"activities": []}, "activities"),
        ({"activities": [{"kind": "circus"}]}, "activities.0.kind"),
        ({"activities": [{"kind": "talk", "audience": "elderly\0"}]}, "activities.0.audience"),
        ({"activities": [{"kind": "talk", "audience": "disability"}]}, "activities.0.audience"),
        ({"activities": "talk"}, "activities"),
        ({"venue": "of-nobody"}, "venue"),
        ({"venue": {"code": "x"}}, "venue"),
        ({"vehicle": "of-nobody"}, "vehicle"),
        ({"journey_min": -1}, "journey_min"),
        ({"journey_min": 10**30}, "journey_min"),
        ({"crew": {"professionals": [True]}}, "crew.professionals.0"),
        ({"crew": {"professionals": [10**30]}}, "crew.professionals.0"),
        ({"crew": {"operator": 1.5}}, "crew.operator"),
        ({"title": "x" * 161}, "title"),
        ({"title": "\ud800"}, "title"),
        ({"note": "a\0b"}, "note"),
        ({"library": "b"}, "library"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    ground: Ground, owner: Caller, wrong: dict[str, Any], field: str
) -> None:
    before = Event.objects.count()
    answer = owner.post("events/", ground.event_body(**wrong))
    assert answer.status == 400
    assert field in answer["fields"], answer
    assert Event.objects.count() == before


def test_a_foreign_venue_vehicle_or_person_does_not_exist(ground: Ground, owner: Caller) -> None:
    foreign = ground.cast
    for wrong in ({"venue": foreign.foreign_venue.code}, {"vehicle": foreign.foreign_vehicle.slug}):
        answer = owner.post("events/", ground.event_body(**wrong))
        assert (answer.status, list(answer["fields"])) == (400, list(wrong))


def test_who_schedules_for_several_libraries_must_name_one(ground: Ground) -> None:
    ground.cast.owner.memberships.create(library=ground.cast.other_library, role_id="coordinator")
    answer = Caller(ground.cast.owner).post("events/", ground.event_body())
    assert list(answer["fields"]) == ["library"]
    named = ground.event_body(library=ground.cast.library.slug)
    assert Caller(ground.cast.owner).post("events/", named).status == 201


# --- Changing ----------------------------------------------------------------------------------


def test_a_change_leaves_what_is_not_sent(world: World, owner: Caller) -> None:
    address = f"events/{world.draft.uid}/"
    before = owner.get(address)
    changed = owner.patch(address, {"title": "Ngày sách", "reason": "Tên hay hơn"})
    assert changed["title"] == "Ngày sách"
    assert changed["activities"] == before["activities"]
    assert changed["revision"] == before["revision"] + 1


def test_the_whole_life_of_an_event(ground: Ground, owner: Caller, nobody: Caller) -> None:
    uid = owner.post("events/", ground.event_body())["uid"]
    assert owner.post(f"events/{uid}/publish/")["state"] == "published"
    assert nobody.get(f"events/{uid}/").status == 200
    silent = owner.post(f"events/{uid}/move/", {"starts_at": iso(41), "ends_at": iso(41, 9)})
    assert (silent.status, silent.code) == (400, "reason_missing")
    moved = owner.post(
        f"events/{uid}/move/",
        {"starts_at": iso(41), "ends_at": iso(41, 9), "reason": "Đường sạt lở"},
    )
    assert moved["starts_at"] == iso(41)
    cancelled = owner.post(f"events/{uid}/cancel/", {"reason": "storm", "note": "Bão số 3"})
    assert (cancelled["state"], cancelled["cancel_note"]) == ("cancelled", "Bão số 3")
    assert owner.post(f"events/{uid}/restore/")["state"] == "published"
    assert owner.post(f"events/{uid}/restore/").code == "not_cancelled"
    assert owner.delete(f"events/{uid}/").code == "was_public"


def test_a_draft_can_be_removed(world: World, owner: Caller) -> None:
    assert owner.delete(f"events/{world.draft.uid}/").status == 204
    assert owner.get(f"events/{world.draft.uid}/").status == 404


@pytest.mark.parametrize("reason", ["boredom", "", None, 5, ["storm"]])
def test_cancelling_needs_a_known_reason(world: World, owner: Caller, reason: Any) -> None:
    answer = owner.post(f"events/{world.draft.uid}/cancel/", {"reason": reason})
    assert (answer.status, list(answer["fields"])) == (400, ["reason"])
    world.draft.refresh_from_db()
    assert world.draft.state == State.DRAFT


# --- Stale writes ------------------------------------------------------------------------------

CHANGES = [
    ("patch", "", {"title": "Khác"}),
    ("post", "move/", {"starts_at": iso(6), "ends_at": iso(6, 9)}),
    ("post", "publish/", {}),
    ("post", "cancel/", {"reason": "storm"}),
    ("delete", "", None),
]


@pytest.mark.parametrize(("method", "path", "body"), CHANGES)
def test_a_stale_write_changes_nothing(
    world: World, owner: Caller, method: str, path: str, body: Any
) -> None:
    address = f"events/{world.draft.uid}/"
    stale = owner.get(address).raw["ETag"]
    owner.patch(address, {"note": "Ai đó đã nhanh hơn"})
    send = getattr(owner, method)
    arguments = () if method == "delete" else (body,)
    answer = send(address + path, *arguments, If_Match=stale)
    assert (answer.status, answer.code) == (412, "stale")
    assert owner.get(address)["note"] == "Ai đó đã nhanh hơn"
    fresh = owner.get(address).raw["ETag"]
    assert send(address + path, *arguments, If_Match=fresh).status < 300


def test_the_revision_in_the_body_does_the_same(world: World, owner: Caller) -> None:
    address = f"events/{world.draft.uid}/"
    body = {"title": "Khác", "expected_revision": world.draft.revision}
    assert owner.patch(address, body).status == 200
    assert owner.patch(address, body).status == 412


@pytest.mark.parametrize("tag", ['W/"1"', "1", "*"])
def test_a_tag_made_weak_on_the_way_still_counts(world: World, owner: Caller, tag: str) -> None:
    assert world.draft.revision == 1
    answer = owner.patch(f"events/{world.draft.uid}/", {"title": "Khác"}, If_Match=tag)
    assert answer.status == 200


@pytest.mark.parametrize("tag", ['"999"', '"abc"', '""', '"1", "2"', '"99999999999999"'])
def test_a_tag_that_is_not_ours_never_matches(world: World, owner: Caller, tag: str) -> None:
    answer = owner.patch(f"events/{world.draft.uid}/", {"title": "Khác"}, If_Match=tag)
    assert answer.status == 412


def test_names_are_in_the_language_of_the_caller(world: World) -> None:
    names = {
        language: in_language(language).get(f"events/{world.public.uid}/")["activities"][0]
        for language in ("vi", "en")
    }
    assert names["vi"]["kind_name"] == "Phục vụ lưu động"
    assert names["en"]["kind_name"] == "Mobile service"
