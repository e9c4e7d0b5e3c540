"""The estimate as a matrix: the rougher end counts, whoever's figures hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.routing.problem import BadProblem
from outreach.routing.travel import (
    GOING,
    Going,
    Terrain,
    distances_m,
    road_km,
    travel_matrix_min,
)
from outreach.routing.travel.estimate import Estimate
from outreach.routing.travel.places import Place

PLACES = st.lists(
    st.builds(
        lambda lat, lon, terrain, region: (lat, lon, terrain, region),
        st.floats(8.0, 23.5),
        st.floats(102.0, 110.0),
        st.sampled_from(Terrain),
        st.sampled_from(["", "north", "south"]),
    ),
    min_size=1,
    max_size=8,
).map(lambda rows: [Place(str(number), *row) for number, row in enumerate(rows)])
ORDER = list(Terrain)
SLOW = {
    terrain: Going(going.detour * 1.5, going.speed_km_h / 2) for terrain, going in GOING.items()
}


@given(places=PLACES)
def test_every_way_is_that_of_its_rougher_end(places: list[Place]) -> None:
    matrix = Estimate().ask(places).matrix

    for a, here in enumerate(places):
        for b, there in enumerate(places):
            terrain = max(here.terrain, there.terrain, key=ORDER.index)
            ends = (here.lat, here.lon), (there.lat, there.lon)
            minutes = travel_matrix_min(ends, terrain)[0, 1]
            assert matrix.seconds[a, b] == pytest.approx(minutes * 60)
            assert matrix.metres[a, b] == pytest.approx(road_km(*ends, terrain) * 1000)


@given(places=PLACES)
def test_every_way_has_its_time_and_nothing_is_a_makeshift(places: list[Place]) -> None:
    answer = Estimate(regional={"north": SLOW}).ask(places)
    matrix = answer.matrix

    assert (matrix.estimated, answer.trouble) == (frozenset(), None)
    assert matrix.places == tuple(place.name for place in places)
    assert np.array_equal(matrix.seconds, matrix.seconds.T)
    assert np.all(np.diag(matrix.seconds) == 0.0)
    straight = distances_m([(place.lat, place.lon) for place in places])
    assert np.all(matrix.metres >= straight)
    assert np.all(np.isfinite(matrix.seconds))


def test_a_province_has_figures_of_its_own() -> None:
    plain = [Place("a", 18.0, 105.0), Place("b", 18.1, 105.0)]
    slow = [Place("a", 18.0, 105.0, region="north"), Place("b", 18.1, 105.0, region="north")]
    estimate = Estimate(regional={"north": SLOW})

    usual, own = estimate.ask(plain).matrix, estimate.ask(slow).matrix

    assert own.metres[0, 1] == pytest.approx(1.5 * usual.metres[0, 1])
    assert own.seconds[0, 1] == pytest.approx(3 * usual.seconds[0, 1])


def test_between_two_provinces_the_slower_one_counts() -> None:
    mixed = [Place("a", 18.0, 105.0), Place("b", 18.1, 105.0, region="north")]
    slow = [Place("a", 18.0, 105.0, region="north"), Place("b", 18.1, 105.0, region="north")]
    estimate = Estimate(regional={"north": SLOW})
    assert estimate.ask(mixed).matrix.seconds[0, 1] == estimate.ask(slow).matrix.seconds[0, 1]


def test_a_province_that_says_nothing_of_a_terrain_goes_by_the_others() -> None:
    places = [Place("a", 18.0, 105.0, region="north"), Place("b", 18.1, 105.0, region="north")]
    estimate = Estimate(regional={"north": {Terrain.MOUNTAIN: SLOW[Terrain.MOUNTAIN]}})
    assert np.array_equal(
        estimate.ask(places).matrix.seconds, Estimate().ask(places).matrix.seconds
    )


def test_times_are_not_rounded() -> None:
    places = [Place("a", 18.0, 105.0), Place("b", 18.0101, 105.0)]
    seconds = Estimate().ask(places).matrix.seconds[0, 1]
    assert seconds % 60 != 0
    assert 150 < seconds < 200


def test_no_places_have_no_ways() -> None:
    assert Estimate().ask([]).matrix.seconds.shape == (0, 0)


@pytest.mark.parametrize(
    "going", [Going(0.99, 40), Going(math.nan, 40), Going(1.3, 0), Going(1.3, math.inf)]
)
def test_figures_no_vehicle_can_have_are_refused(going: Going) -> None:
    with pytest.raises(ValueError, match="Nobody gets on"):
        Estimate({**GOING, Terrain.HILLS: going})
    with pytest.raises(ValueError, match="Nobody gets on"):
        Estimate(regional={"north": {Terrain.HILLS: going}})


def test_a_terrain_without_figures_is_refused() -> None:
    with pytest.raises(ValueError, match="mountain"):
        Estimate({Terrain.PLAIN: GOING[Terrain.PLAIN], Terrain.HILLS: GOING[Terrain.HILLS]})


def test_a_name_that_stands_for_two_places_is_refused() -> None:
    with pytest.raises(BadProblem, match="place_twice: a"):
        Estimate().ask([Place("a", 18, 105), Place("b", 18, 105), Place("a", 19, 105)])


def test_a_point_off_the_earth_is_refused() -> None:
    with pytest.raises(ValueError, match="off the earth"):
        Estimate().ask([Place("a", 91, 105)])
