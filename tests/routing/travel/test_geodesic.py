"""Travel times: the distances are the geodesic's, and the minutes follow the ground."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from geopy.distance import geodesic
from hypothesis import given
from hypothesis import strategies as st

from outreach.routing.travel import (
    GOING,
    Terrain,
    distance_m,
    distances_m,
    road_km,
    travel_matrix_min,
    travel_min,
)

VINH, TRI_LE, HUE = (18.6796, 105.6813), (19.5870, 104.7330), (16.4637, 107.5909)
NEAR = st.tuples(st.floats(8.0, 23.5), st.floats(102.0, 110.0))


@given(a=NEAR, b=NEAR)
def test_distances_within_the_country_are_the_geodesics(
    a: tuple[float, float], b: tuple[float, float]
) -> None:
    assert distance_m(a, b) == pytest.approx(geodesic(a, b).meters, rel=1e-4, abs=1.0)


@given(a=NEAR, b=NEAR)
def test_the_way_back_is_as_long(a: tuple[float, float], b: tuple[float, float]) -> None:
    assert distance_m(a, b) == pytest.approx(distance_m(b, a))


def test_a_matrix_holds_every_pair_and_nothing_on_its_diagonal() -> None:
    points = [VINH, TRI_LE, HUE]

    matrix = distances_m(points)

    assert matrix.shape == (3, 3)
    assert matrix[0, 1] == pytest.approx(distance_m(VINH, TRI_LE))
    assert np.all(np.diag(matrix) == 0.0)
    assert np.allclose(matrix, matrix.T)


def test_no_points_give_an_empty_matrix() -> None:
    assert distances_m([]).shape == (0, 0)


@pytest.mark.parametrize("point", [(90.01, 0.0), (0.0, 180.01), (float("nan"), 0.0)])
def test_a_point_off_the_earth_is_refused(point: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="off the earth"):
        distance_m(VINH, point)


def test_the_same_place_takes_no_time() -> None:
    assert travel_min(VINH, VINH) == 0


def test_minutes_are_rounded_up_to_five() -> None:
    going = GOING[Terrain.PLAIN]
    exact = road_km(VINH, TRI_LE, Terrain.PLAIN) / going.speed_km_h * 60

    shown = travel_min(VINH, TRI_LE, Terrain.PLAIN)

    assert shown % 5 == 0
    assert 0 <= shown - exact < 5


def test_mountains_take_longer_than_hills_and_hills_longer_than_the_plain() -> None:
    plain, hills, mountain = (travel_min(VINH, TRI_LE, ground) for ground in Terrain)
    assert plain < hills < mountain


def test_a_known_mountain_leg_of_19_km_is_not_called_short() -> None:
    """A school point 19 km from the main site was reported to take 2 hours."""
    there = (VINH[0] + 0.1716, VINH[1])
    assert geodesic(VINH, there).km == pytest.approx(19.0, abs=0.1)
    assert 90 <= travel_min(VINH, there, Terrain.MOUNTAIN) <= 120


def test_the_matrix_and_the_single_leg_agree() -> None:
    matrix = travel_matrix_min([VINH, HUE], Terrain.MOUNTAIN)
    assert 0 <= travel_min(VINH, HUE, Terrain.MOUNTAIN) - matrix[0, 1] < 5


def test_routing_runs_without_django() -> None:
    code = "import sys, outreach.routing.travel; sys.exit('django' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_far_legs_run_on_trunk_roads_for_all_but_their_rough_end() -> None:
    near, far = (VINH[0] + 0.15, VINH[1]), (VINH[0] + 1.0, VINH[1])
    slowest = distance_m(VINH, far) / 1000 * 1.8 / 22 * 60

    assert travel_min(VINH, far, Terrain.MOUNTAIN) < 0.7 * slowest
    assert travel_min(VINH, far, Terrain.MOUNTAIN) > travel_min(VINH, near, Terrain.MOUNTAIN)
