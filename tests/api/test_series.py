"""Series through the API: looked at first, then made, changed, split and ended."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from outreach.common import clock
from outreach.scheduling.models import Event, Series, State
from tests.api.callers import Caller
from tests.api.world import Ground, World
from tests.scheduling.series.desk import days_of, make


def on(count: int) -> date:
    """Return the day that lies ``count`` days after one hundred days from today."""
    return clock.today() + timedelta(days=100 + count)


def body(ground: Ground, **changes: Any) -> dict[str, Any]:
    """Return the body of a weekly series."""
    return {
        "venue": ground.cast.venue.code,
        "vehicle": ground.cast.vehicle.slug,
        "rule": "FREQ=WEEKLY",
        "arrives": "08:00",
        "departs": "10:00",
        "starts_on": on(0).isoformat(),
        "until": on(28).isoformat(),
    } | changes


def weekly(ground: Ground) -> Series:
    """Store a weekly series of four dates."""
    starts_on = on(0)
    return make(ground.cast, now=clock.now(), rule="FREQ=WEEKLY", starts_on=starts_on)


def test_a_dry_run_tells_everything_and_stores_nothing(ground: Ground, owner: Caller) -> None:
    answer = owner.post("series/", body(ground, dry_run=True))

    assert answer.status == 200
    assert answer["is_dry_run"]
    assert answer["counts"]["make"] == 4
    assert [line["on"] for line in answer["lines"]] == [on(7 * n).isoformat() for n in range(4)]
    assert not Series.objects.exists()


def test_a_series_is_made_with_its_events(ground: Ground, owner: Caller) -> None:
    answer = owner.post("series/", body(ground, choices={on(7).isoformat(): "out"}))

    assert answer.status == 201
    series = Series.objects.get(pk=answer["series"]["id"])
    assert days_of(series) == [on(0), on(14), on(21)]
    assert answer["series"]["exceptions"] == [on(7).isoformat()]
    assert answer.raw["ETag"]


def test_a_change_splits_a_series_and_keeps_the_events(ground: Ground, owner: Caller) -> None:
    series = weekly(ground)
    uids = set(Event.objects.values_list("uid", flat=True))
    said = {"scope": "following", "on": on(14).isoformat(), "arrives": "09:00"}

    dry = owner.patch(f"series/{series.pk}/", said | {"dry_run": True})
    assert [line["deed"] for line in dry["lines"]] == ["move", "move"]
    assert {line["event"] for line in dry["lines"]} < uids
    answer = owner.patch(f"series/{series.pk}/", said)

    assert answer["series"]["continues"] == series.pk
    assert set(Event.objects.values_list("uid", flat=True)) == uids
    assert days_of(series) == [on(0), on(7)]


def test_one_date_is_held_on_another_day(ground: Ground, owner: Caller) -> None:
    series = weekly(ground)

    owner.patch(
        f"series/{series.pk}/",
        {"scope": "one", "on": on(7).isoformat(), "held_on": on(8).isoformat()},
    )

    assert days_of(series) == [on(0), on(8), on(14), on(21)]


def test_a_change_prepared_on_an_older_state_is_refused(ground: Ground, owner: Caller) -> None:
    series = weekly(ground)
    known = owner.get(f"series/{series.pk}/").raw["ETag"]
    owner.patch(f"series/{series.pk}/", {"title": "Khác"})

    answer = owner.patch(f"series/{series.pk}/", {"arrives": "09:00"}, If_Match=known)

    assert (answer.status, answer.code) == (412, "stale")


def test_what_has_to_be_decided_is_named(ground: Ground, owner: Caller) -> None:
    series = weekly(ground)
    other = ground.cast.second_venue
    make(
        ground.cast,
        weeks=1,
        now=clock.now(),
        rule="FREQ=WEEKLY",
        starts_on=on(7),
        venue=other,
        arrives=time(14),
        departs=time(15),
    )

    said = {"arrives": "14:00", "departs": "15:00"}
    answer = owner.patch(f"series/{series.pk}/", said)
    assert (answer.status, answer.code) == (400, "undecided")
    dry = owner.patch(f"series/{series.pk}/", said | {"dry_run": True})
    [blocked] = [line for line in dry["lines"] if line["deed"] == "blocked"]
    assert (blocked["on"], blocked["against"]) == (on(7).isoformat(), "vehicle_busy")
    done = owner.patch(f"series/{series.pk}/", said | {"choices": {blocked["on"]: "stay"}})

    assert done.status == 200


def test_a_series_ends_and_a_date_is_left_out_and_taken_up_again(
    ground: Ground, owner: Caller
) -> None:
    series = weekly(ground)
    path = f"series/{series.pk}/"

    owner.post(path + "leave-out/", {"on": on(7).isoformat()})
    assert days_of(series) == [on(0), on(14), on(21)]
    owner.post(path + "put-back/", {"on": on(7).isoformat()})
    assert days_of(series) == [on(0), on(7), on(14), on(21)]
    dry = owner.post(path + "end/", {"ends_on": on(14).isoformat(), "dry_run": True})
    assert dry["counts"]["remove"] == 2
    ended = owner.post(path + "end/", {"ends_on": on(14).isoformat()})

    assert ended["series"]["ends_on"] == on(14).isoformat()
    assert days_of(series) == [on(0), on(7)]
    assert not Event.objects.filter(state=State.CANCELLED).exists()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"rule": "x" * 201}, "rule"),
        ({"arrives": "25:00"}, "arrives"),
        ({"starts_on": "1800-01-01"}, "starts_on"),
        ({"choices": {"tomorrow": "out"}}, "choices"),
        ({"choices": {"2027-03-09": "perhaps"}}, "choices"),
        ({"wheels": 4}, "wheels"),
    ],
)
def test_what_cannot_be_read_is_said_at_its_field(
    ground: Ground, owner: Caller, changes: dict[str, Any], field: str
) -> None:
    answer = owner.post("series/", body(ground, **changes))

    assert answer.status == 400
    assert field in answer.text


def test_a_rule_that_never_comes_is_refused(ground: Ground, owner: Caller) -> None:
    answer = owner.post("series/", body(ground, rule="FREQ=MONTHLY;BYDAY=6FR"))

    assert (answer.status, answer.code) == (400, "bad_rule")


def test_series_are_listed_and_narrowed(world: World, owner: Caller, stranger: Caller) -> None:
    series = weekly(world)

    for query in ({}, {"venue": series.venue.code}, {"on": on(0).isoformat()}):
        assert [one["id"] for one in owner.get("series/", **query)["results"]] == [series.pk]
    assert owner.get("series/", on=on(-1).isoformat())["results"] == []
    assert stranger.get("series/")["results"] == []
    assert owner.get(f"series/{series.pk}/")["words"]
