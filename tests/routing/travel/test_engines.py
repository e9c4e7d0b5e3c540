"""What a road engine knows, the planner knows: stubs always, real ones where there are any.

All are built from the same small piece of country.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from outreach.routing.travel.engine import Engine, Kind, Option
from outreach.routing.travel.estimate import Estimate
from outreach.routing.travel.places import Answer, Place, Reason
from outreach.routing.travel.road import Road
from outreach.routing.travel.store import FolderStore
from tests.routing.travel import real_engines, valley
from tests.routing.travel.stub_engine import Point, StubEngine, Way, stub_engine

NO_FERRY: dict[Kind, dict[str, Option]] = {
    Kind.VALHALLA: {"use_ferry": 0},
    Kind.OSRM: {"exclude": "ferry"},
}
STUBS = [(kind, False) for kind in NO_FERRY]
REAL = [(kind, True) for kind in real_engines.found()]


@pytest.fixture(
    scope="module",
    params=[*STUBS, *REAL],
    ids=lambda one: f"{'real' if one[1] else 'stub'}-{one[0]}",
)
def engine(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """An engine that knows the valley."""
    kind, is_real = request.param
    if is_real:
        with real_engines.serving(kind, valley.extract()) as url:
            yield Engine(kind, url)
    else:
        with stub_engine() as stub:
            stub.off_map, stub.way = frozenset({valley.OFF_MAP}), _knowing_the_valley(stub)
            yield Engine(kind, stub.url)


def _knowing_the_valley(stub: StubEngine) -> Callable[[Point, Point], Way]:
    def way(here: Point, there: Point) -> Way:
        is_barred = "use_ferry" in str(stub.bodies[-1]) or "exclude=ferry" in stub.paths[-1]
        return valley.known_way(here, there, by_ferry=not is_barred)

    return way


def _ask(engine: Engine, places: tuple[Place, ...] = valley.PLACES) -> Answer:
    return Road(engine).ask(places)


def _minutes(answer: Answer, here: str, there: str) -> float:
    index = answer.matrix.index()
    return float(answer.matrix.seconds[index[here], index[there]]) / 60


def test_every_way_is_the_engines_own(engine: Engine) -> None:
    answer = _ask(engine)

    assert answer.trouble is None
    assert answer.matrix.estimated == frozenset()
    assert answer.matrix.places == valley.VISITED
    assert np.all(np.isfinite(answer.matrix.seconds))
    assert np.all(np.diag(answer.matrix.seconds) == 0.0)


def test_the_road_in_the_valley_is_as_long_as_it_is(engine: Engine) -> None:
    answer = _ask(engine)
    index = answer.matrix.index()
    assert answer.matrix.metres[index["market"], index["school"]] == pytest.approx(10_526, abs=20)


def test_the_turns_of_the_pass_count(engine: Engine) -> None:
    answer = _ask(engine)
    straight = Estimate().ask(valley.PLACES).matrix
    index = answer.matrix.index()
    over = index["market"], index["beyond"]
    assert answer.matrix.metres[over] > 1.1 * straight.metres[over]


def test_the_way_back_from_a_one_way_street_is_longer(engine: Engine) -> None:
    answer = _ask(engine)
    assert _minutes(answer, "bank", "market") > 4 * _minutes(answer, "market", "bank")


def test_the_ferry_is_taken_with_its_time(engine: Engine) -> None:
    assert valley.FERRY_MIN < _minutes(_ask(engine), "market", "hamlet") < 2 * valley.FERRY_MIN


def test_who_avoids_ferries_takes_the_bridge(engine: Engine) -> None:
    by_ferry = _ask(engine)
    by_bridge = _ask(replace(engine, options=NO_FERRY[engine.kind]))

    assert _minutes(by_bridge, "market", "hamlet") > 1.5 * _minutes(by_ferry, "market", "hamlet")
    assert _minutes(by_bridge, "market", "school") == _minutes(by_ferry, "market", "school")


def test_only_ways_to_an_island_are_estimated(engine: Engine) -> None:
    answer = _ask(engine, (*valley.PLACES, valley.ISLAND))

    assert answer.trouble is not None
    assert answer.trouble.reason == Reason.UNANSWERED
    assert answer.matrix.estimated == _pairs_with("island")
    _is_engines_but_for(answer, {"island"}, _ask(engine))


def test_a_point_off_the_map_does_not_spoil_the_others(engine: Engine) -> None:
    """Engines refuse the whole question, and do not say which point it is about."""
    places = (*valley.PLACES[:2], valley.NOWHERE, *valley.PLACES[2:])

    answer = _ask(engine, places)

    assert answer.trouble is not None
    assert answer.trouble.reason == Reason.UNANSWERED
    assert answer.matrix.estimated == _pairs_with("nowhere")
    _is_engines_but_for(answer, {"nowhere"}, _ask(engine))


def test_a_question_it_does_not_take_makes_all_an_estimate(engine: Engine) -> None:
    asking = {Kind.VALHALLA: {"profile": "camel"}, Kind.OSRM: {"options": {"exclude": "camels"}}}

    answer = _ask(replace(engine, **asking[engine.kind]))  # type: ignore[arg-type]

    assert answer.trouble is not None
    assert answer.trouble.reason == Reason.REFUSED
    assert answer.trouble.pairs == len(valley.PLACES) * (len(valley.PLACES) - 1)


@pytest.mark.parametrize("block", [1, 2, 3, 50])
def test_blocks_are_put_together_as_the_whole(engine: Engine, block: int) -> None:
    whole = _ask(engine)

    parts = _ask(replace(engine, block=block))

    assert np.allclose(parts.matrix.metres, whole.matrix.metres, atol=2)
    assert np.allclose(parts.matrix.seconds, whole.matrix.seconds, atol=5)


def test_what_was_asked_once_is_known(engine: Engine, tmp_path: Path) -> None:
    road = Road(engine, store=FolderStore(tmp_path))
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
