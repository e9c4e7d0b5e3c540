"""Result sheets: one record per id, questions answered by people, nothing dropped."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from api.result_sheets import REPEAT_HEADER
from outreach.attendance.models import ResultSheet
from outreach.scheduling.models import Event
from tests.api.callers import Caller
from tests.api.world import Ground, World, at, published, sheet_body


@pytest.fixture
def colleague(ground: Ground) -> Caller:
    """A crew member with a phone."""
    return Caller(ground.cast.colleague)


@pytest.fixture
def held(ground: Ground) -> Event:
    """An event of the day before yesterday, without a sheet."""
    return published(ground.cast, -2)


def test_a_new_sheet_counts_at_once(ground: Ground, held: Event, colleague: Caller) -> None:
    body = sheet_body(held)
    answer = colleague.post("result-sheets/", body)
    assert (answer.status, answer["state"], answer["uid"]) == (201, "accepted", body["uid"])
    assert answer["figures"]["people_served"] == {"value": 120, "how": "counted"}
    assert answer["figures"]["items_used"] == {"value": None, "how": "not_collected"}
    assert answer["commune"]["code"] == ground.cast.commune.code


def test_the_same_sheet_again_is_one_record_and_says_so(held: Event, colleague: Caller) -> None:
    body = sheet_body(held)
    first, again = colleague.post("result-sheets/", body), colleague.post("result-sheets/", body)
    assert (first.status, again.status) == (201, 200)
    assert again.raw[REPEAT_HEADER] == "true"
    assert REPEAT_HEADER not in first.raw
    assert again.body == first.body
    assert ResultSheet.objects.filter(pk=body["uid"]).count() == 1


def test_another_content_under_the_same_id_is_refused(held: Event, colleague: Caller) -> None:
    body = sheet_body(held)
    colleague.post("result-sheets/", body)
    other = body | {"figures": {"people_served": {"value": 121, "how": "counted"}}}
    answer = colleague.post("result-sheets/", other)
    assert (answer.status, answer.code) == (409, "sheet_differs")
    assert ResultSheet.objects.get(pk=body["uid"]).people_served == 120


def test_a_second_sheet_waits_for_a_person(held: Event, colleague: Caller) -> None:
    colleague.post("result-sheets/", sheet_body(held))
    answer = colleague.post("result-sheets/", sheet_body(held))
    assert (answer.status, answer["state"], answer["queue_reason"]) == (
        202,
        "queued",
        "second_sheet",
    )


def test_a_correction_is_a_new_version_that_points_back(world: World, colleague: Caller) -> None:
    body = {
        "uid": str(uuid4()),
        "figures": {"people_served": {"value": 105, "how": "counted"}},
        "reason": "Đếm sót một lớp",
    }
    address = f"result-sheets/{world.sheet.uid}/"
    answer = colleague.post(f"{address}correct/", body)
    assert (answer.status, answer["replaces"]) == (201, str(world.sheet.uid))
    assert colleague.get(address)["state"] == "superseded"
    assert colleague.post(f"{address}correct/", body).status == 200


def test_the_coordinator_decides_about_what_waits(world: World, owner: Caller) -> None:
    address = f"result-sheets/{world.waiting.uid}/"
    assert owner.post(f"{address}reject/", {}).code == "reason_missing"
    assert owner.post(f"{address}accept/")["state"] == "accepted"
    assert owner.get(f"result-sheets/{world.sheet.uid}/")["state"] == "superseded"
    assert owner.post(f"{address}reject/", {"reason": "Trùng"}).code == "not_waiting"


def test_a_question_is_answered_by_confirming(held: Event, colleague: Caller) -> None:
    figures = {
        "items_used": {"value": 2, "how": "counted"},
        "items_lent": {"value": 0, "how": "counted"},
        "items_lost": {"value": 50, "how": "counted"},
    }
    asked = colleague.post("result-sheets/", sheet_body(held, figures=figures))
    assert (asked.status, asked.code) == (409, "sheet_questioned")
    assert asked["findings"][0]["may_override"] is True
    body = sheet_body(held, figures=figures, confirm_warnings=True)
    assert colleague.post("result-sheets/", body).status == 201


def test_activities_are_named_by_their_number(world: World, colleague: Caller) -> None:
    activity = world.held.activities.get()
    result = {"activity": activity.pk, "figures": {"minutes": {"value": 90, "how": "counted"}}}
    answer = colleague.post("result-sheets/", world.sheet_body(activities=[result]))
    assert answer["activities"][0]["figures"]["minutes"]["value"] == 90
    wrong = world.sheet_body(activities=[result | {"activity": world.public.activities.get().pk}])
    assert colleague.post("result-sheets/", wrong).status == 400


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"uid": "not-a-uuid"}, "uid"),
        ({"uid": None}, "uid"),
        ({"event": "of-nobody"}, "event"),
        ({"outcome": "splendid"}, "outcome"),
        ({"figures": {"people_served": {"value": -1, "how": "counted"}}}, "figures.people_served"),
        ({"figures": {"people_served": {"value": 1.5, "how": "counted"}}}, "figures.people_served"),
        ({"figures": {"people_served": {"value": 10**40, "how": "counted"}}}, "figures."),
        ({"figures": {"people_served": {"value": 5, "how": "guessed"}}}, "figures.people_served"),
        ({"figures": {"people_served": 5}}, "figures.people_served"),
        ({"figures": {"people_served": {"value": None, "how": "counted"}}}, "people_served"),
        ({"figures": []}, "figures"),
        ({"audiences": [{"audience": "martians", "value": 1, "how": "counted"}]}, "audiences"),
        ({"audiences": [{"audience": "primary", "value": 121, "how": "counted"}]}, "audiences"),
        ({"started_at": "2026-02-31T08:00:00Z"}, "started_at"),
        ({"recorded_at": "12026-01-01T00:00:00Z"}, "recorded_at"),
        ({"outcome": "not_held", "figures": {}, "audiences": []}, "note"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    held: Event, colleague: Caller, wrong: dict[str, Any], field: str
) -> None:
    before = ResultSheet.objects.count()
    answer = colleague.post("result-sheets/", sheet_body(held, **wrong))
    assert answer.status == 400
    assert [name for name in answer["fields"] if name.startswith(field)], answer
    assert ResultSheet.objects.count() == before


def test_an_audience_named_twice_is_refused(held: Event, colleague: Caller) -> None:
    twice = [{"audience": "primary", "value": 1, "how": "counted"}] * 2
    answer = colleague.post("result-sheets/", sheet_body(held, audiences=twice))
    assert list(answer["fields"]) == ["audiences"]


def test_an_event_that_has_not_begun_has_no_results(world: World, colleague: Caller) -> None:
    answer = colleague.post("result-sheets/", world.sheet_body(event=world.public.uid))
    assert (answer.status, answer["findings"][0]["rule"]) == (400, "event_not_begun")


def test_another_library_finds_neither_event_nor_sheet(world: World, stranger: Caller) -> None:
    assert list(stranger.post("result-sheets/", world.sheet_body())["fields"]) == ["event"]
    assert stranger.get(f"result-sheets/{world.sheet.uid}/").status == 404
    assert stranger.get("result-sheets/")["count"] == 0


def test_sheets_are_narrowed_by_event_state_and_day(world: World, owner: Caller) -> None:
    def found(**query: str) -> list[str]:
        return [sheet["uid"] for sheet in owner.get("result-sheets/", **query)["results"]]

    both = {str(world.sheet.uid), str(world.waiting.uid)}
    assert set(found(event=world.sheet.event.uid)) == both
    assert found(state="queued") == [str(world.waiting.uid)]
    assert found(event=world.held.uid) == []
    assert found(since=str(at(0).date())) == []
    assert owner.get("result-sheets/", state="lost").status == 400
