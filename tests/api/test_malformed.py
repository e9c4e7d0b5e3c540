"""Whatever is sent, it is stored or refused: never an error of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.callers import Caller, description
from tests.api.world import World, iso

QUICK = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

ODD_TEXTS = [
    "",
    " ",
    "\0",
    "\ud800",
    "nan",
    "-Infinity",
    "1e999",
    "0001-01-01",
    "2026-02-31T25:61:00+99:00",
    "1905-12-31T23:59:59Z",
    "9999-12-31T23:59:59-23:59",
    "0000-00-00T00:00:00",
    "x" * 6000,
    "㎢" * 100,
    "' OR 1=1 --",
    "../../etc/passwd",
    "{{ 7 * 7 }}",
    "%00",
]
ODD_NUMBERS = [0, -1, 2**31, 2**63, -(2**63) - 1, 10**400, 0.5, 1e308, -1e308]
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(ODD_NUMBERS),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.sampled_from(ODD_TEXTS),
    st.text(max_size=30),
)
ANYTHING = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4)
    ),
    max_leaves=10,
)

Place = tuple[str | int, ...]


def places(body: Any, before: Place = ()) -> Iterator[Place]:
    """Yield where every value of a body stands."""
    inner = body.items() if isinstance(body, dict) else enumerate(body)
    for key, value in inner:
        yield (*before, key)
        if isinstance(value, dict | list):
            yield from places(value, (*before, key))


@st.composite
def spoilt(draw: st.DrawFn, body: dict[str, Any]) -> dict[str, Any]:
    """Return the body with one to three of its values replaced or left out."""
    result = copy.deepcopy(body)
    for _time in range(draw(st.integers(1, 3))):
        where = draw(st.sampled_from(sorted(places(result), key=str) or [()]))
        if not where:
            break
        target: Any = result
        for key in where[:-1]:
            target = target[key]
        if draw(st.integers(0, 5)) == 0:
            del target[where[-1]]
        else:
            target[where[-1]] = draw(ANYTHING)
    return result


def full_sheet(world: World) -> dict[str, Any]:
    """Return a sheet that says everything a sheet can say."""
    figure = {"value": 3, "how": "counted"}
    result = {
        "activity": world.held.activities.get().pk,
        "was_held": True,
        "figures": {"minutes": figure},
    }
    more = {"started_at": iso(-2), "ended_at": iso(-2, 9), "outcome": "held", "note": "Mưa"}
    return world.sheet_body(activities=[result], confirm_warnings=True, **more)


def decision(**more: Any) -> dict[str, Any]:
    """Return what a change may say besides."""
    said = {"reason": "Vì mưa", "override_reason": "Vì mưa", "expected_revision": 1}
    return said | more


WRITES: dict[str, tuple[str, Callable[[World], str], Callable[[World], dict[str, Any]]]] = {
    "add a venue": (
        "post",
        lambda w: "venues/",
        lambda w: {
            "library": w.cast.library.slug,
            "name": "Chợ phiên",
            "kind": "market",
            "commune": w.cast.commune.code,
            "main_venue": None,
            "locality": "Bản Một",
            "postcode": "43000",
            "lat": 19.24,
            "lon": 104.95,
            "access_note": "Qua cầu",
            "access": {
                "turning": "small",
                "largest_vehicle_m": 7.5,
                "flood_months": [9, 10],
                "has_power": True,
                "main_site_only": True,
                "onward_by": "foot",
                "onward_km": 2,
                "onward_min": 30,
            },
            "opening_windows": [{"weekday": 0, "opens": "07:30", "closes": "11:00"}],
            "closed_dates": [{"starts_on": "2027-02-01", "ends_on": "2027-02-09", "reason": "x"}],
            "contact_name": "Ông A",
            "contact_email": "a@example.org",
            "contact_until": "2027-01-01",
            "language": "vi",
            "is_in_use": True,
        },
    ),
    "change a venue": (
        "patch",
        lambda w: f"venues/{w.cast.venue.code}/",
        lambda w: {"name": "Tên", "lat": 19.24, "commune": w.cast.commune.code, "kind": "school"},
    ),
    "keep what belongs to a venue": (
        "patch",
        lambda w: f"venues/{w.cast.venue.code}/",
        lambda w: {
            "access": {"slope": "steep", "closed_months": [10], "signal": "weak"},
            "opening_windows": [{"weekday": 6, "opens": "06:00", "closes": "10:00"}],
            "closed_dates": [{"starts_on": "2027-02-01", "ends_on": "2027-02-09"}],
        },
    ),
    "add a travel time": (
        "post",
        lambda w: "travel-times/",
        lambda w: {
            "origin": w.cast.second_venue.code,
            "destination": w.cast.venue.code,
            "months": [9, 10, 11],
            "both_ways": True,
            "minutes": 90,
            "km": 31.5,
            "note": "Đường tràn",
        },
    ),
    "schedule an event": (
        "post",
        lambda w: "events/",
        lambda w: w.event_body(
            library=w.cast.library.slug,
            vehicle=w.cast.vehicle.slug,
            journey_min=30,
            crew={"operator": w.cast.operator.pk, "professionals": [w.cast.operator.pk]},
            title="Tên",
            note="Ghi chú",
            shares_venue=True,
            override_reason="Vì mưa",
        ),
    ),
    "change an event": (
        "patch",
        lambda w: f"events/{w.draft.uid}/",
        lambda w: decision(
            title="Tên", activities=[{"kind": "talk", "title": "x", "audience": "adult"}], crew={}
        ),
    ),
    "move an event": (
        "post",
        lambda w: f"events/{w.draft.uid}/move/",
        lambda w: decision(starts_at=iso(6), ends_at=iso(6, 9), venue=w.cast.second_venue.code),
    ),
    "cancel an event": (
        "post",
        lambda w: f"events/{w.public.uid}/cancel/",
        lambda w: {"reason": "storm", "note": "Bão", "expected_revision": 2},
    ),
    "publish an event": ("post", lambda w: f"events/{w.draft.uid}/publish/", lambda w: decision()),
    "schedule a trip": ("post", lambda w: "trips/", lambda w: w.trip_body(note="x")),
    "change a trip": (
        "patch",
        lambda w: f"trips/{w.draft_trip.uid}/",
        lambda w: decision(departs_at=iso(10, 5), returns_at=iso(10, 18), crew={}, note="x"),
    ),
    "move a trip": (
        "post",
        lambda w: f"trips/{w.draft_trip.uid}/move/",
        lambda w: decision(departs_at=iso(12, 6)),
    ),
    "add an event": (
        "post",
        lambda w: f"trips/{w.draft_trip.uid}/events/",
        lambda w: w.event_body(starts_at=iso(10, 15.5), ends_at=iso(10, 16.5)),
    ),
    "log a sheet": ("post", lambda w: "result-sheets/", full_sheet),
    "correct a sheet": (
        "post",
        lambda w: f"result-sheets/{w.sheet.uid}/correct/",
        lambda w: {
            "uid": "7f8c2c52-5a0d-4f31-a2e4-6a6f0d6f3b11",
            "figures": {"people_served": {"value": 3, "how": "counted"}},
            "reason": "Đếm lại",
        },
    ),
}


@pytest.mark.parametrize("name", WRITES)
def test_a_spoilt_body_is_stored_or_refused(name: str, world: World, owner: Caller) -> None:
    method, path, body = WRITES[name]
    address, whole = path(world), body(world)

    @QUICK
    @given(spoilt(whole))
    def send(sent: dict[str, Any]) -> None:
        with transaction.atomic():
            # A description that does not have the answer, or an error of ours, fails here.
            assert getattr(owner, method)(address, sent).status < 500
            transaction.set_rollback(True)

    assert getattr(owner, method)(address, whole).status < 300 or name == "schedule an event"
    send()


@pytest.mark.parametrize("name", WRITES)
@QUICK
@given(sent=ANYTHING)
def test_any_json_at_all_is_answered(name: str, world: World, owner: Caller, sent: Any) -> None:
    method, path, _body = WRITES[name]
    with transaction.atomic():
        assert getattr(owner, method)(path(world), json.dumps(sent).encode()).status < 500
        transaction.set_rollback(True)


LISTS = {
    path: [parameter["name"] for parameter in operations["get"].get("parameters", ())]
    for path, operations in description()["paths"].items()
    if "get" in operations and "{" not in path
}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize("who", ["nobody", "owner"])
def test_any_filter_is_answered(path: str, who: str, world: World, owner: Caller) -> None:
    caller = owner if who == "owner" else Caller()
    values = st.one_of(
        st.sampled_from([text for text in ODD_TEXTS if "\ud800" not in text]),
        st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
        st.integers().map(str),
    )

    @QUICK
    @given(st.dictionaries(st.sampled_from(LISTS[path]), values, max_size=4))
    def ask(query: dict[str, str]) -> None:
        assert caller.get(f"{path}?{urlencode(query)}").status < 500

    ask()


@QUICK
@given(key=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40))
def test_any_key_is_found_or_not(key: str, world: World, owner: Caller) -> None:
    kinds = "units venues travel-times vehicles crew events trips result-sheets"
    for name in kinds.split():
        assert owner.get(f"{name}/{quote(key, safe='')}/").status in (200, 404)


@pytest.mark.parametrize("place", ["library", "vehicle", "venue", "activities"])
def test_half_a_letter_is_refused_and_not_repeated(place: str, world: World, owner: Caller) -> None:
    body = world.event_body(library=world.cast.library.slug) | {place: "\ud800"}
    assert place in owner.post("events/", body)["fields"]
    odd = owner.post("events/", world.event_body() | {"\ud800": 1})
    assert odd.status == 400
