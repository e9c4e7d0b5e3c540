"""Travel times: seen by their libraries, kept by coordinators, one word on each way and month."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.places.models import TravelTime
from tests.api.callers import Caller
from tests.api.world import Ground
from tests.factories import TravelTimeFactory, VenueFactory


def body(ground: Ground, **changes: Any) -> dict[str, Any]:
    """Return the body of a travel time from anywhere in the rainy season."""
    return {"destination": ground.cast.venue.code, "months": [9, 10], "minutes": 150} | changes


def test_a_travel_time_is_kept_and_shown_to_its_library(
    ground: Ground, owner: Caller, stranger: Caller
) -> None:
    made = owner.post("travel-times/", body(ground, km=31.5, note="Đi vòng", reason="Lái xe"))
    assert made.status == 201
    assert (made["months"], made["both_ways"], made["km"]) == ([9, 10], True, 31.5)
    assert (made["origin"], made["destination"]["code"]) == (None, ground.cast.venue.code)
    assert TravelTime.objects.get().history.get().history_change_reason == "Lái xe"
    path = f"travel-times/{made['id']}/"
    assert owner.get(path).body == made.body
    assert stranger.get(path).status == 404
    assert stranger.get("travel-times/")["count"] == 0
    assert stranger.patch(path, {"minutes": 1}).status == 404


def test_a_change_leaves_what_is_not_sent_and_heeds_an_older_state(
    ground: Ground, owner: Caller
) -> None:
    made = owner.post("travel-times/", body(ground, note="Đi vòng"))
    path, seen = f"travel-times/{made['id']}/", made.raw["ETag"]
    changed = owner.patch(path, {"minutes": 160}, If_Match=seen)
    assert (changed["minutes"], changed["months"], changed["note"]) == (160, [9, 10], "Đi vòng")
    assert owner.patch(path, {"minutes": 170}, If_Match=seen).code == "stale"
    assert owner.delete(path).status == 204
    assert owner.get(path).status == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"minutes": 0}, "minutes"),
        ({"minutes": 1441}, "minutes"),
        ({"minutes": None}, "minutes"),
        ({"km": -1}, "km"),
        ({"months": [0]}, "months"),
        ({"months": ["9"]}, "months"),
        ({"months": "9"}, "months"),
        ({"destination": "of-nobody"}, "destination"),
        ({"destination": None}, "destination"),
        ({"origin": "of-nobody"}, "origin"),
        ({"note": "x" * 201}, "note"),
        ({"speed": 30}, "speed"),
    ],
)
def test_a_wrong_field_is_named(
    ground: Ground, owner: Caller, wrong: dict[str, Any], field: str
) -> None:
    answer = owner.post("travel-times/", body(ground, **wrong))
    assert (answer.status, list(answer["fields"])) == (400, [field])
    assert not TravelTime.objects.exists()


def test_a_way_leads_somewhere_else(ground: Ground, owner: Caller) -> None:
    assert owner.post("travel-times/", body(ground, origin=ground.cast.venue.code)).status == 400


def test_a_second_word_on_a_month_is_refused(ground: Ground, owner: Caller) -> None:
    owner.post("travel-times/", body(ground))
    again = owner.post("travel-times/", body(ground, months=[10, 11]))
    assert (again.status, again.code, list(again["fields"])) == (
        409,
        "travel_time_exists",
        ["months"],
    )
    assert owner.post("travel-times/", body(ground, months=[11])).status == 201
    assert owner.post("travel-times/", body(ground, months=[])).status == 201


def test_both_ends_are_one_librarys(ground: Ground) -> None:
    officer = Caller(ground.cast.officer)
    assert officer.post("travel-times/", body(ground)).status == 403


def test_the_list_is_narrowed_by_the_ends_of_the_way(ground: Ground, owner: Caller) -> None:
    here, there = ground.cast.second_venue, ground.cast.venue
    leg = TravelTimeFactory.create(origin=here, destination=there)
    general = TravelTimeFactory.create(destination=there)
    other = TravelTimeFactory.create(
        destination=VenueFactory.create(library=ground.cast.library, commune=ground.cast.commune)
    )
    for query, rows in (
        ({"origin": here.code}, {leg}),
        ({"destination": there.code}, {leg, general}),
        ({"from_anywhere": "true"}, {general, other}),
        ({"library": ground.cast.library.slug}, {leg, general, other}),
    ):
        found = owner.get("travel-times/", **query)["results"]
        assert {row["id"] for row in found} == {row.pk for row in rows}, query
