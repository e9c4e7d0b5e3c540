"""No list asks the database more often because it holds more rows."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.callers import Caller
from tests.api.world import World, more_of_everything

MOST_QUERIES = 16
LISTS = [
    "units",
    "venues",
    "travel-times",
    "vehicles",
    "crew",
    "events",
    "trips",
    "result-sheets",
    "measures",
]


def queries(caller: Caller, path: str) -> tuple[int, int]:
    """Return how many rows a list holds and how many queries it took."""
    with CaptureQueriesContext(connection) as taken:
        answer = caller.get(path, page_size="200")
    return len(answer["results"]), len(taken)


def test_lists_take_as_many_queries_for_few_rows_as_for_many(world: World, owner: Caller) -> None:
    few = {name: queries(owner, f"{name}/") for name in LISTS}
    few["public"] = queries(Caller(), "events/")
    more_of_everything(world, 6)
    many = {name: queries(owner, f"{name}/") for name in LISTS}
    many["public"] = queries(Caller(), "events/")
    for name in ("venues", "travel-times", "events", "trips", "result-sheets", "public"):
        assert many[name][0] >= few[name][0] + 6, name
    assert {name: taken for name, (_rows, taken) in many.items()} == {
        name: taken for name, (_rows, taken) in few.items()
    }
    assert max(taken for _rows, taken in many.values()) <= MOST_QUERIES


@pytest.mark.parametrize("page_size", ["0", "-1", "x", "100000"])
def test_a_page_size_that_means_nothing_falls_back(owner: Caller, page_size: str) -> None:
    assert owner.get("venues/", page_size=page_size).status == 200
