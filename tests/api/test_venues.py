"""Venues: seen by their libraries and hosts, kept by coordinators, contacts for keepers only."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.places.models import Venue, VenueHost
from tests.api.callers import Caller
from tests.api.world import Ground
from tests.factories import PromiseFactory

CONTACT = {
    "contact_name": "Cô Hiệu trưởng",
    "contact_phone": "0900 111 222",
    "contact_email": "truong@example.org",
}


def new_venue(ground: Ground, **changes: Any) -> dict[str, Any]:
    """Return the body of a new venue at the commune's office."""
    body = {
        "name": "Trường Tiểu học Mường Lống",
        "kind": "school",
        "commune": ground.cast.commune.code,
        "lat": ground.cast.commune.lat,
        "lon": ground.cast.commune.lon,
    }
    return body | changes


def test_a_list_holds_the_venues_of_ones_own_libraries(
    ground: Ground, owner: Caller, stranger: Caller
) -> None:
    own, foreign = ground.cast.venue.code, ground.cast.foreign_venue.code
    for caller, seen, unseen in ((owner, own, foreign), (stranger, foreign, own)):
        codes = {venue["code"] for venue in caller.get("venues/")["results"]}
        assert seen in codes
        assert unseen not in codes
        assert caller.get(f"venues/{unseen}/").status == 404


def test_a_host_sees_the_venue_they_host_at_and_no_other(ground: Ground) -> None:
    VenueHost.objects.create(venue=ground.cast.venue, user=ground.cast.host)
    venues = Caller(ground.cast.host).get("venues/")["results"]
    assert [venue["code"] for venue in venues] == [ground.cast.venue.code]


def test_only_who_keeps_the_places_reads_the_contact(ground: Ground, owner: Caller) -> None:
    address = f"venues/{ground.cast.venue.code}/"
    owner.patch(address, CONTACT)
    assert {name: owner.get(address)[name] for name in CONTACT} == CONTACT
    for user in (ground.cast.colleague, ground.cast.officer):
        for shown in (Caller(user).get(address).text, Caller(user).get("venues/").text):
            assert not [value for value in CONTACT.values() if value in shown]


def test_a_new_venue_gets_a_code_from_its_name(ground: Ground, owner: Caller) -> None:
    body = new_venue(ground, reason="Khảo sát tháng 3")
    first = owner.post("venues/", body)
    Venue.objects.update(is_in_use=False)
    second = owner.post("venues/", body)
    assert (first.status, first["code"]) == (201, "truong-tieu-hoc-muong-long")
    assert second["code"] == "truong-tieu-hoc-muong-long-2"
    assert first["access"] is None
    assert first["commune"]["code"] == ground.cast.commune.code
    trail = Venue.objects.get(code=first["code"]).history.get()
    assert trail.history_user == ground.cast.owner
    assert trail.history_change_reason == "Khảo sát tháng 3"


def test_no_venue_is_called_what_an_address_means_already(ground: Ground, owner: Caller) -> None:
    assert owner.post("venues/", new_venue(ground, name="New"))["code"] == "new-2"


def test_a_change_leaves_what_is_not_sent(ground: Ground, owner: Caller) -> None:
    access = {"has_power": False, "flood_months": [10, 9]}
    code = owner.post("venues/", new_venue(ground, access=access, **CONTACT))["code"]
    changed = owner.patch(f"venues/{code}/", {"name": "Tên mới", "access": {"slope": "steep"}})
    assert changed["name"] == "Tên mới"
    assert changed["access"]["has_power"] is False
    assert changed["access"]["flood_months"] == [9, 10]
    assert changed["access"]["slope"] == "steep"
    assert len(changed["access"]["notes"]) == 3
    assert changed["contact_phone"] == CONTACT["contact_phone"]


PARTS: dict[str, Any] = {
    "opening_windows": [
        {"weekday": 0, "opens": "07:30:00", "closes": "11:00:00"},
        {"weekday": 0, "opens": "11:00:00", "closes": "12:00:00"},
    ],
    "closed_dates": [{"starts_on": "2027-02-01", "ends_on": "2027-02-09", "reason": "Tết"}],
}


def test_hours_and_closed_dates_are_kept_with_the_venue(ground: Ground, owner: Caller) -> None:
    made = owner.post("venues/", new_venue(ground, **PARTS))
    assert {name: made[name] for name in PARTS} == PARTS
    path = f"venues/{made['code']}/"
    assert {name: owner.get(path)[name] for name in PARTS} == PARTS
    assert owner.patch(path, {"opening_windows": []})["opening_windows"] == []
    assert owner.get(path)["closed_dates"] == PARTS["closed_dates"]


def test_all_that_was_read_of_a_venue_may_be_sent_back(ground: Ground, owner: Caller) -> None:
    code = owner.post("venues/", new_venue(ground, access={"signal": "weak"}, **PARTS))["code"]
    path = f"venues/{code}/"
    read = owner.get(path).body
    sent = {name: value for name, value in read.items() if name not in ("commune", "library")}
    answer = owner.patch(path, sent)
    assert answer.status == 200, answer
    assert owner.get(path).body == read


def test_a_venue_may_have_neither_point_nor_commune(ground: Ground, owner: Caller) -> None:
    body = new_venue(ground, commune=None, lat=None, lon=None, locality="Crossmaglen")
    made = owner.post("venues/", body)
    assert (made.status, made["lat"], made["lon"], made["commune"]) == (201, None, None, None)
    half = owner.post("venues/", new_venue(ground, name="Khác", lon=None))
    assert (half.status, list(half["fields"])) == (400, ["lon"])
    path = f"venues/{ground.cast.venue.code}/"
    assert list(owner.patch(path, {"lat": None})["fields"]) == ["lat"]
    assert owner.patch(path, {"lat": None, "lon": None}).status == 200


def test_a_point_far_outside_the_commune_is_refused(ground: Ground, owner: Caller) -> None:
    answer = owner.post("venues/", new_venue(ground, lat=10.8, lon=106.6))
    assert (answer.status, list(answer["fields"])) == (400, ["lat"])
    assert ground.cast.commune.full_name in answer["detail"]


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lat": "nan"}, "lat"),
        ({"lon": "inf"}, "lon"),
        ({"lat": 91}, "lat"),
        ({"kind": "palace"}, "kind"),
        ({"commune": "00000"}, "commune"),
        ({"commune": 16813}, "commune"),
        ({"access": {"slope": "wavy"}}, "access.slope"),
        ({"access": {"flood_months": [13]}}, "access.flood_months"),
        ({"access": {"flood_months": 3}}, "access.flood_months"),
        ({"access": {"largest_vehicle_m": 0.2}}, "access.largest_vehicle_m"),
        ({"access": {"onward_by": "foot"}}, "onward_by"),
        ({"access": {"sloope": "steep"}}, "access.sloope"),
        ({"access": "no_turning"}, "access.non_field_errors"),
        (
            {"opening_windows": [{"weekday": 7, "opens": "07:00", "closes": "08:00"}]},
            "opening_windows.0.weekday",
        ),
        (
            {"opening_windows": [{"weekday": 1, "opens": "08:00", "closes": "07:00"}]},
            "opening_windows",
        ),
        (
            {
                "opening_windows": [
                    {"weekday": 1, "opens": "07:00", "closes": "09:00"},
                    {"weekday": 1, "opens": "08:00", "closes": "10:00"},
                ]
            },
            "opening_windows",
        ),
        (
            {"closed_dates": [{"starts_on": "2027-02-09", "ends_on": "2027-02-01"}]},
            "closed_dates",
        ),
        ({"closed_dates": [{"starts_on": "2027-02-09"}]}, "closed_dates.0.ends_on"),
        ({"name": ""}, "name"),
        ({"name": "x" * 161}, "name"),
        ({"contact_email": "không phải"}, "contact_email"),
        ({"contact_until": "2026-02-31"}, "contact_until"),
        ({"main_venue": "of-nobody"}, "main_venue"),
        ({"library": "b"}, "library"),
    ],
)
def test_a_wrong_field_is_named_and_nothing_is_stored(
    ground: Ground, owner: Caller, wrong: dict[str, Any], field: str
) -> None:
    before = Venue.objects.count()
    answer = owner.post("venues/", new_venue(ground, **wrong))
    assert answer.status == 400
    assert field in answer["fields"]
    assert Venue.objects.count() == before


def test_a_name_that_grows_when_folded_is_stored(ground: Ground, owner: Caller) -> None:
    assert owner.post("venues/", new_venue(ground, name="㎢" * 160)).status == 201


def test_a_coordinator_cannot_add_to_another_library(ground: Ground, stranger: Caller) -> None:
    body = new_venue(ground, library=ground.cast.library.slug)
    assert list(stranger.post("venues/", body)["fields"]) == ["library"]


def test_search_folds_and_filters_narrow(ground: Ground, owner: Caller) -> None:
    code = owner.post("venues/", new_venue(ground, name="Chợ Đỏ", kind="market"))["code"]
    for query in ({"search": "cho do"}, {"kind": "market"}):
        found = [venue["code"] for venue in owner.get("venues/", **query)["results"]]
        assert found == [code]
    assert owner.get("venues/", kind="palace").status == 400
    assert owner.get("venues/", commune=ground.cast.commune.code)["count"] == 3


def test_venues_without_point_commune_or_promise_are_found(ground: Ground, owner: Caller) -> None:
    found = ground.cast.venue
    bare = owner.post("venues/", new_venue(ground, commune=None, lat=None, lon=None))["code"]
    PromiseFactory.create(venue=found)
    expected = {
        "has_point": {"false": {bare}},
        "has_commune": {"false": {bare}},
        "is_promised": {"true": {found.code}, "false": {bare, ground.cast.second_venue.code}},
    }
    for name, answers in expected.items():
        for value, codes in answers.items():
            rows = owner.get("venues/", **{name: value})["results"]
            assert {row["code"] for row in rows} == codes, (name, value)


def test_a_venue_that_is_sent_twice_is_stored_once(ground: Ground, owner: Caller) -> None:
    owner.post("venues/", new_venue(ground))
    before = Venue.objects.count()
    again = owner.post("venues/", new_venue(ground))
    assert (again.status, again.code, list(again["fields"])) == (409, "venue_exists", ["name"])
    assert Venue.objects.count() == before


def test_a_change_on_an_older_state_is_refused(ground: Ground, owner: Caller) -> None:
    made = owner.post("venues/", new_venue(ground))
    path, seen = f"venues/{made['code']}/", made.raw["ETag"]
    assert owner.get(path).raw["ETag"] == seen
    first = owner.patch(path, {"address": "Bản Một"}, If_Match=seen)
    assert (first.status, first.raw["ETag"] != seen) == (200, True)
    late = owner.patch(path, {"address": "Bản Hai"}, If_Match=seen)
    assert (late.status, late.code) == (412, "stale")
    assert owner.get(path)["address"] == "Bản Một"


def test_a_change_of_what_is_kept_with_a_venue_makes_a_new_state(
    ground: Ground, owner: Caller
) -> None:
    path = f"venues/{owner.post('venues/', new_venue(ground))['code']}/"
    changes: list[dict[str, Any]] = [{"access": {"slope": "steep"}}, PARTS, {"closed_dates": []}]
    for change in changes:
        seen = owner.get(path).raw["ETag"]
        first = owner.patch(path, change, If_Match=seen)
        assert (first.status, first.raw["ETag"] != seen) == (200, True), change
        assert owner.patch(path, {"name": "Muộn"}, If_Match=seen).code == "stale"
