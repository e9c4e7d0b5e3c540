"""What people typed wins, in the order the schedule has it too."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from itertools import product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.places.models import TravelTime, Venue
from outreach.places.travel import TypedTimes
from outreach.routing.problem import Matrix
from outreach.routing.travel.estimate import Estimate, NoRoads
from outreach.routing.travel.places import Place
from outreach.routing.travel.typed import Leg, laid_over, seasons

NAMES = ("base", "a", "b", "c")
BASE = Matrix(
    NAMES,
    np.arange(16, dtype=np.float64).reshape(4, 4) * (1 - np.eye(4)) * 1000,
    np.arange(16, dtype=np.float64).reshape(4, 4) * (1 - np.eye(4)) * 60,
    frozenset({("a", "b"), ("b", "a"), ("a", "c")}),
)
RAINY = frozenset({9, 10, 11})


def _s(matrix: Matrix, here: str, there: str) -> float:
    index = matrix.index()
    return float(matrix.seconds[index[here], index[there]])


def test_nothing_typed_changes_nothing() -> None:
    matrix = laid_over(BASE, [], 1)
    assert np.array_equal(matrix.seconds, BASE.seconds)
    assert matrix.estimated == BASE.estimated


def test_what_is_typed_holds_both_ways_and_is_no_estimate() -> None:
    matrix = laid_over(BASE, [Leg("a", "b", 7200, 19_000)], 1)

    assert (_s(matrix, "a", "b"), _s(matrix, "b", "a")) == (7200, 7200)
    assert matrix.metres[1, 2] == matrix.metres[2, 1] == 19_000
    assert matrix.estimated == {("a", "c")}
    assert _s(matrix, "a", "c") == _s(BASE, "a", "c")


def test_what_is_typed_for_one_direction_leaves_the_other() -> None:
    matrix = laid_over(BASE, [Leg("a", "b", 7200, both_ways=False)], 1)
    assert (_s(matrix, "a", "b"), _s(matrix, "b", "a")) == (7200, _s(BASE, "b", "a"))
    assert matrix.estimated == {("b", "a"), ("a", "c")}


def test_a_length_nobody_typed_stays() -> None:
    matrix = laid_over(BASE, [Leg(None, "b", 60, 5.0), Leg("a", "b", 7200)], 1)
    assert matrix.metres[1, 2] == BASE.metres[1, 2]


@pytest.mark.parametrize("month", range(1, 13))
def test_months_win_over_all_year_and_only_in_them(month: int) -> None:
    legs = [Leg("a", "b", 3600), Leg("a", "b", 9000, months=RAINY)]
    expected = 9000 if month in RAINY else 3600
    assert _s(laid_over(BASE, legs, month), "a", "b") == expected


def test_months_for_the_way_back_win_over_all_year_for_this_one() -> None:
    legs = [Leg("a", "b", 3600), Leg("b", "a", 9000, months=RAINY)]
    assert _s(laid_over(BASE, legs, 9), "a", "b") == 9000


def test_this_direction_wins_over_the_other() -> None:
    legs = [Leg("b", "a", 9000), Leg("a", "b", 3600)]
    matrix = laid_over(BASE, legs, 1)
    assert (_s(matrix, "a", "b"), _s(matrix, "b", "a")) == (3600, 9000)


def test_from_anywhere_holds_where_nothing_is_said_of_the_way_itself() -> None:
    matrix = laid_over(BASE, [Leg(None, "b", 5400, months=RAINY), Leg("a", "b", 3600)], 9)

    assert (_s(matrix, "a", "b"), _s(matrix, "c", "b"), _s(matrix, "base", "b")) == (
        3600,
        5400,
        5400,
    )
    assert _s(matrix, "b", "b") == 0
    assert _s(matrix, "b", "c") == _s(BASE, "b", "c")


def test_from_anywhere_months_win_over_all_year_whichever_stands_first() -> None:
    legs = [Leg(None, "b", 3600), Leg(None, "b", 5400, months=RAINY)]
    for said in (legs, legs[::-1]):
        assert _s(laid_over(BASE, said, 9), "a", "b") == 5400
        assert _s(laid_over(BASE, said, 9, homes=["base"]), "b", "base") == 5400
        assert _s(laid_over(BASE, said, 1), "a", "b") == 3600


def test_from_anywhere_and_back_holds_on_the_way_home_only() -> None:
    matrix = laid_over(BASE, [Leg(None, "b", 5400)], 1, homes={"base", "unknown"})
    assert _s(matrix, "b", "base") == 5400
    assert _s(matrix, "b", "a") == _s(BASE, "b", "a")


def test_a_way_that_is_closed_is_none() -> None:
    matrix = laid_over(BASE, [Leg("a", "b", math.inf, months=RAINY)], 10)
    assert _s(matrix, "a", "b") == math.inf


def test_legs_between_other_places_are_passed_over() -> None:
    matrix = laid_over(BASE, [Leg("x", "a", 1), Leg("a", "x", 1), Leg(None, "x", 1)], 1)
    assert np.array_equal(matrix.seconds, BASE.seconds)


def test_what_it_is_laid_over_stays_as_it_was() -> None:
    before = BASE.seconds.copy()
    laid_over(BASE, [Leg("a", "b", 7200, 1.0)], 1)
    assert np.array_equal(BASE.seconds, before)


def test_boats_go_where_somebody_typed_it_and_nowhere_else() -> None:
    places = [Place(name, 18 + number, 105) for number, name in enumerate(NAMES)]
    water = NoRoads().ask(places).matrix

    matrix = laid_over(water, [Leg("base", "a", 1800)], 1)

    assert _s(matrix, "a", "base") == 1800
    assert matrix.metres[0, 1] == pytest.approx(110_700, abs=500)
    assert _s(matrix, "base", "b") == math.inf
    assert np.all(np.diag(matrix.seconds) == 0)


def test_an_estimate_is_overridden_as_anything_else() -> None:
    places = [Place(name, 18 + number, 105) for number, name in enumerate(NAMES)]
    matrix = laid_over(Estimate().ask(places).matrix, [Leg("base", "a", 60)], 1)
    assert _s(matrix, "base", "a") == 60


@pytest.mark.parametrize(
    "wrong",
    [
        {"seconds": 0},
        {"seconds": -1},
        {"seconds": math.nan},
        {"end": "a"},
        {"metres": -1},
        {"metres": math.inf},
        {"months": frozenset({0})},
        {"months": frozenset({13})},
    ],
)
def test_what_nobody_can_have_typed_is_refused(wrong: Mapping[str, object]) -> None:
    with pytest.raises(ValueError, match=r"^No "):
        Leg(**{"start": "a", "end": "b", "seconds": 60, **wrong})  # type: ignore[arg-type]


LEGS = st.lists(
    st.builds(
        lambda ends, minutes, km, months, both_ways: (ends, minutes, km, months, both_ways),
        st.permutations((*NAMES, None)).map(tuple).filter(lambda ends: ends[1] is not None),
        st.integers(1, 1440),
        st.none() | st.integers(0, 1000),
        st.frozensets(st.integers(1, 3), max_size=2),
        st.booleans(),
    ),
    max_size=12,
)


@given(rows=LEGS, month=st.integers(1, 3))
def test_matrix_and_schedule_agree(rows: list[tuple], month: int) -> None:  # type: ignore[type-arg]
    """The schedule's own precedence (:class:`TypedTimes`), way by way."""
    legs, times, keys = [], TypedTimes([]), {name: key for key, name in enumerate(NAMES, 1)}
    for (start, end, *_others), minutes, km, months, both_ways in rows:
        metres = None if km is None else km * 1000.0
        legs.append(Leg(start, end, minutes * 60, metres, months, both_ways))
        way = (None if start is None else keys[start], keys[end])
        row = TravelTime(minutes=minutes, km=km, both_ways=both_ways)
        row.months = sorted(months)
        times._rows[way].append(row)

    matrix = laid_over(BASE, legs, month, homes=["base"])

    for here, there in product(NAMES, repeat=2):
        between = Venue(pk=keys[here]), Venue(pk=keys[there])
        on = date(2027, month, 1)
        said = times.home(*between, on) if there == "base" else times.on(*between, on)
        at = keys[here] - 1, keys[there] - 1
        seconds = BASE.seconds[at] if said is None else said.minutes * 60
        metres = BASE.metres[at] if said is None or said.km is None else said.km * 1000
        assert (matrix.seconds[at], matrix.metres[at]) == (seconds, metres)
        assert ((here, there) in matrix.estimated) == (
            said is None and (here, there) in BASE.estimated
        )


def test_seasons_are_the_months_with_the_same_legs() -> None:
    legs = [Leg("a", "b", 60), Leg("a", "b", 90, months=RAINY), Leg("a", "c", 9, months={1, 9})]  # type: ignore[arg-type]
    assert seasons(legs) == (
        frozenset({1}),
        frozenset({2, 3, 4, 5, 6, 7, 8, 12}),
        frozenset({9}),
        frozenset({10, 11}),
    )
    assert seasons([]) == (frozenset(range(1, 13)),)
