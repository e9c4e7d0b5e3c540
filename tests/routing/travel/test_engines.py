"""What a road engine knows, the planner knows: the stub always, a real Valhalla where there is one.

Both are built from the same small piece of country.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from outreach.routing.travel.engine import Engine, Kind
from outreach.routing.travel.estimate import Estimate
from outreach.routing.travel.places import Answer, Place, Reason
from outreach.routing.travel.road import Road
from outreach.routing.travel.store import FolderStore
from tests.routing.travel import real_valhalla, valley
from tests.routing.travel.stub_engine import Point, StubEngine, Way, stub_engine

ENGINES = ["stub", *(["valhalla"] if real_valhalla.interpreter() else [])]


@pytest.fixture(scope="module", params=ENGINES)
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where an engine listens that knows the valley."""
    if request.param == "valhalla":
        with real_valhalla.valhalla(valley.extract()) as address:
            yield address
    else:
        with stub_engine() as stub:
            stub.off_map, stub.way = frozenset({valley.OFF_MAP}), _knowing_the_valley(stub)
            yield stub.url


def _knowing_the_valley(stub: StubEngine) -> Callable[[Point, Point], Way]:
    def way(here: Point, there: Point) -> Way:
        options = stub.bodies[-1].get("costing_options", {}).get("truck", {})
        return valley.known_way(here, there, by_ferry=options.get("use_ferry") != 0)

    return way


def _ask(url: str, places: tuple[Place, ...] = valley.PLACES, **options: float) -> Answer:
    return Road(Engine(Kind.VALHALLA, url, options=options)).ask(places)


def _minutes(answer: Answer, here: str, there: str) -> float:
    index = answer.matrix.index()
    return float(answer.matrix.seconds[index[here], index[there]]) / 60


def test_every_way_is_the_engines_own(url: str) -> None:
    answer = _ask(url)

    assert answer.trouble is None
    assert answer.matrix.estimated == frozenset()
    assert answer.matrix.places == valley.VISITED
    assert np.all(np.isfinite(answer.matrix.seconds))
    assert np.all(np.diag(answer.matrix.seconds) == 0.0)


def test_the_road_in_the_valley_is_as_long_as_it_is(url: str) -> None:
    answer = _ask(url)
    index = answer.matrix.index()
    assert answer.matrix.metres[index["market"], index["school"]] == pytest.approx(10_526, abs=20)


def test_the_turns_of_the_pass_count(url: str) -> None:
    answer = _ask(url)
    straight = Estimate().ask(valley.PLACES).matrix
    index = answer.matrix.index()
    over = index["market"], index["beyond"]
    assert answer.matrix.metres[over] > 1.1 * straight.metres[over]


def test_the_way_back_from_a_one_way_street_is_longer(url: str) -> None:
    answer = _ask(url)
    assert _minutes(answer, "bank", "market") > 4 * _minutes(answer, "market", "bank")


def test_the_ferry_is_taken_with_its_time(url: str) -> None:
    assert valley.FERRY_MIN < _minutes(_ask(url), "market", "hamlet") < 2 * valley.FERRY_MIN


def test_who_avoids_ferries_takes_the_bridge(url: str) -> None:
    by_ferry, by_bridge = _ask(url), _ask(url, use_ferry=0)
    assert _minutes(by_bridge, "market", "hamlet") > 1.5 * _minutes(by_ferry, "market", "hamlet")
    assert _minutes(by_bridge, "market", "school") == _minutes(by_ferry, "market", "school")


def test_only_ways_to_an_island_are_estimated(url: str) -> None:
    answer = _ask(url, (*valley.PLACES, valley.ISLAND))

    assert answer.trouble is not None
    assert answer.trouble.reason == Reason.UNANSWERED
    assert answer.matrix.estimated == _pairs_with("island")
    _is_engines_but_for(answer, {"island"}, _ask(url))


def test_a_point_off_the_map_does_not_spoil_the_others(url: str) -> None:
    """Engines refuse the whole question, and do not say which point it is about."""
    places = (*valley.PLACES[:2], valley.NOWHERE, *valley.PLACES[2:])

    answer = _ask(url, places)

    assert answer.trouble is not None
    assert answer.trouble.reason == Reason.UNANSWERED
    assert answer.matrix.estimated == _pairs_with("nowhere")
    _is_engines_but_for(answer, {"nowhere"}, _ask(url))


def test_an_unknown_profile_is_refused_and_all_is_estimated(url: str) -> None:
    answer = Road(Engine(Kind.VALHALLA, url, "camel")).ask(valley.PLACES)

    assert answer.trouble is not None
    assert answer.trouble.reason == Reason.REFUSED
    assert answer.trouble.pairs == len(valley.PLACES) * (len(valley.PLACES) - 1)


@pytest.mark.parametrize("block", [1, 2, 3, 50])
def test_blocks_are_put_together_as_the_whole(url: str, block: int) -> None:
    whole = _ask(url)

    parts = Road(Engine(Kind.VALHALLA, url, block=block)).ask(valley.PLACES)

    assert np.allclose(parts.matrix.metres, whole.matrix.metres, atol=2)
    assert np.allclose(parts.matrix.seconds, whole.matrix.seconds, atol=5)


def test_what_was_asked_once_is_known(url: str, tmp_path: Path) -> None:
    road = Road(Engine(Kind.VALHALLA, url), store=FolderStore(tmp_path))
    first = road.ask(valley.PLACES)

    again = road.ask(valley.PLACES[::-1])

    assert (first.is_stored, again.is_stored, again.requests) == (False, True, 0)
    assert np.array_equal(again.matrix.seconds, first.matrix.seconds[::-1, ::-1])


def _pairs_with(name: str) -> frozenset[tuple[str, str]]:
    return frozenset(pair for other in valley.VISITED for pair in ((name, other), (other, name)))


def _is_engines_but_for(answer: Answer, estimated: set[str], whole: Answer) -> None:
    index = answer.matrix.index()
    kept = [index[name] for name in whole.matrix.places if name not in estimated]
    assert np.array_equal(answer.matrix.metres[np.ix_(kept, kept)], whole.matrix.metres)
