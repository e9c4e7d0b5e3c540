"""A road engine is asked within bounds; whatever it does, a matrix comes that says what it is."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.routing.problem import BadProblem
from outreach.routing.travel.engine import Engine, Kind, Option
from outreach.routing.travel.estimate import Estimate
from outreach.routing.travel.places import Answer, Place, Reason
from outreach.routing.travel.road import Road, key_of
from outreach.routing.travel.store import FolderStore
from tests.routing.travel.stub_engine import Point, Reply, StubEngine, Way, climb, stub_engine

PLACES = tuple(
    Place(name, 18.7 + 0.05 * number, 105.1 + 0.03 * (number % 3))
    for number, name in enumerate("abcdefg")
)
PAIRS = len(PLACES) * (len(PLACES) - 1)
JSON = {"Content-Type": "application/json"}


@pytest.fixture
def stub() -> Iterator[StubEngine]:
    with stub_engine() as running:
        yield running


class Waits(list[float]):
    """What somebody would have waited, in seconds."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)


def _road(stub: StubEngine, **changes: object) -> Road:
    engine = replace(Engine(Kind.VALHALLA, stub.url), **changes)  # type: ignore[arg-type]
    return Road(engine, wait=Waits())


def _waits(road: Road) -> list[float]:
    assert isinstance(road.wait, Waits)
    return list(road.wait)


def _known(places: Sequence[Place]) -> np.ndarray:
    """Return metres and seconds as the stub knows them."""
    points = [_point(place) for place in places]
    ways = [[(0.0, 0.0) if a == b else climb(a, b) for b in points] for a in points]
    return np.moveaxis(np.array(ways, dtype=np.float64), -1, 0)


def _is_the_engines(answer: Answer, places: Sequence[Place] = PLACES) -> None:
    metres, seconds = _known(places)
    assert answer.trouble is None
    assert answer.matrix.estimated == frozenset()
    assert np.allclose(answer.matrix.metres, metres, atol=1)  # routingpy cuts off decimals
    assert np.array_equal(answer.matrix.seconds, seconds)


def _is_all_estimated(answer: Answer, reason: Reason) -> None:
    guess = Estimate().ask(PLACES).matrix
    assert answer.trouble is not None
    assert (answer.trouble.reason, answer.trouble.pairs) == (reason, PAIRS)
    assert len(answer.matrix.estimated) == PAIRS
    assert np.array_equal(answer.matrix.seconds, guess.seconds)
    assert np.array_equal(answer.matrix.metres, guess.metres)


# --- Good answers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_every_server_is_understood(stub: StubEngine, kind: Kind) -> None:
    answer = _road(stub, kind=kind).ask(PLACES)

    _is_the_engines(answer)
    assert (answer.source, answer.requests, answer.is_stored) == (kind.value, 1, False)


@pytest.mark.parametrize("kind", Kind)
def test_there_and_back_are_not_the_same(stub: StubEngine, kind: Kind) -> None:
    matrix = _road(stub, kind=kind).ask(PLACES).matrix
    assert matrix.seconds[0, -1] > 1.1 * matrix.seconds[-1, 0]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("block", [1, 2, 3, 6, 7, 50])
def test_blocks_are_put_together_as_the_whole(stub: StubEngine, kind: Kind, block: int) -> None:
    answer = _road(stub, kind=kind, block=block).ask(PLACES)

    _is_the_engines(answer)
    blocks = -(-len(PLACES) // block)
    assert answer.requests == len(stub.asked) == blocks**2
    assert max(max(size) for size in stub.asked) <= block


def test_no_block_is_larger_than_servers_allow_by_default(stub: StubEngine) -> None:
    places = [Place(str(number), 18 + number / 200, 105.0) for number in range(101)]

    _is_the_engines(_road(stub, kind=Kind.OSRM).ask(places), places)

    assert max(sources * targets for sources, targets in stub.asked) == 2500


@pytest.mark.parametrize("places", [(), PLACES[:1]])
def test_nothing_is_asked_about_no_way(stub: StubEngine, places: tuple[Place, ...]) -> None:
    answer = _road(stub).ask(places)

    assert answer.matrix.seconds.shape == (len(places), len(places))
    assert not answer.matrix.seconds.any()
    assert (answer.trouble, stub.asked) == (None, [])


@pytest.mark.parametrize("kind", Kind)
def test_a_metre_less_than_nothing_is_nothing(stub: StubEngine, kind: Kind) -> None:
    """OSRM says so between some points of one road."""
    stub.way = lambda a, b: (-1.1, -0.1)
    near = [Place("a", 18.7, 105.1), Place("b", 18.70001, 105.1)]

    answer = _road(stub, kind=kind).ask(near)

    assert answer.trouble is None
    assert not answer.matrix.metres.any()
    assert not answer.matrix.seconds.any()


def test_two_names_for_one_point_are_asked_about_once(stub: StubEngine) -> None:
    twin = replace(PLACES[0], name="twin", lat=PLACES[0].lat + 1e-7)

    answer = _road(stub).ask((*PLACES, twin))

    assert stub.asked == [(len(PLACES), len(PLACES))]
    assert answer.trouble is None
    assert answer.matrix.seconds[0, -1] == 0.0
    assert np.array_equal(answer.matrix.seconds[-1], answer.matrix.seconds[0])


def test_a_name_that_stands_for_two_places_is_refused(stub: StubEngine) -> None:
    with pytest.raises(BadProblem, match="place_twice: a"):
        _road(stub).ask((*PLACES, PLACES[0]))


@pytest.mark.parametrize(
    ("kind", "profile", "options", "path", "body"),
    [
        (
            Kind.VALHALLA,
            "auto",
            {"use_ferry": 0.0},
            "/base/sources_to_targets",
            {"costing": "auto", "costing_options": {"auto": {"use_ferry": 0.0}}},
        ),
        (Kind.VALHALLA, "", {}, "/base/sources_to_targets", {"costing": "truck"}),
        (Kind.OSRM, "", {"exclude": "ferry"}, "/base/table/v1/driving/", "exclude=ferry"),
        (Kind.OPENROUTESERVICE, "driving-car", {}, "/base/v2/matrix/driving-car/json", {}),
    ],
)
def test_profile_and_options_reach_the_engine(
    stub: StubEngine,
    kind: Kind,
    profile: str,
    options: dict[str, Option],
    path: str,
    body: object,
) -> None:
    url = f"{stub.url}/base/"
    answer = _road(stub, kind=kind, url=url, profile=profile, options=options).ask(PLACES)

    assert answer.trouble is None
    assert stub.paths[0].startswith(path)
    if isinstance(body, dict):
        assert body.items() <= stub.bodies[0].items()
    else:
        assert body in stub.paths[0].split("?")[1].split("&")


def test_a_key_is_sent_in_a_header_and_shown_nowhere(stub: StubEngine) -> None:
    road = _road(stub, kind=Kind.OPENROUTESERVICE, api_key="s3cret")

    answer = road.ask(PLACES)

    assert stub.headers[0]["Authorization"] == "s3cret"
    assert "s3cret" not in f"{road!r}{answer!r}{stub.paths}{key_of(road.engine, [])}"


@pytest.mark.parametrize("kind", Kind)
def test_nothing_goes_anywhere_but_to_the_engine(
    stub: StubEngine, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not to routingpy's public servers, and not by a proxy of the surroundings."""
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://192.0.2.1:3128")
    connected: list[object] = []
    connect = socket.create_connection

    def note(where: tuple[str, int], *args: object, **kwargs: object) -> socket.socket:
        connected.append(where)
        return connect(where, *args, **kwargs)  # type: ignore[arg-type]

    def never(*_args: object, **_kwargs: object) -> None:
        raise AssertionError("routingpy's own client is at work")

    monkeypatch.setattr(socket, "create_connection", note)
    monkeypatch.setattr(requests.Session, "request", never)

    assert _road(stub, kind=kind).ask(PLACES).trouble is None

    host, port = stub.url.removeprefix("http://").split(":")
    assert set(connected) == {(host, int(port))}


# --- What it does not know ------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_ways_it_does_not_know_are_estimated_and_marked(stub: StubEngine, kind: Kind) -> None:
    here, there = PLACES[2], PLACES[5]
    stub.way = lambda a, b: None if (a, b) == (_point(here), _point(there)) else climb(a, b)

    answer = _road(stub, kind=kind).ask(PLACES)

    guess = Estimate().ask(PLACES).matrix
    metres, seconds = _known(PLACES)
    metres[2, 5], seconds[2, 5] = guess.metres[2, 5], guess.seconds[2, 5]
    assert answer.matrix.estimated == {(here.name, there.name)}
    assert answer.trouble is not None
    assert (answer.trouble.reason, answer.trouble.pairs) == (Reason.UNANSWERED, 1)
    assert np.array_equal(answer.matrix.seconds, seconds)
    assert np.allclose(answer.matrix.metres, metres, atol=1)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("lost", ["a", "dg", "abcdefg"])
def test_points_off_the_map_do_not_spoil_the_others(
    stub: StubEngine, kind: Kind, lost: str
) -> None:
    stub.off_map = frozenset(_point(place) for place in PLACES if place.name in lost)

    answer = _road(stub, kind=kind, block=3).ask(PLACES)

    assert answer.matrix.estimated == {
        (here.name, there.name)
        for here in PLACES
        for there in PLACES
        if here != there and (here.name in lost or there.name in lost)
    }
    known = [number for number, place in enumerate(PLACES) if place.name not in lost]
    assert np.array_equal(
        answer.matrix.seconds[np.ix_(known, known)], _known(PLACES)[1][np.ix_(known, known)]
    )


def test_a_point_off_the_map_costs_one_request_for_each_point(stub: StubEngine) -> None:
    stub.off_map = frozenset({_point(PLACES[3])})
    assert _road(stub).ask(PLACES).requests == 1 + len(PLACES) + 1


def test_a_length_without_a_time_is_no_answer(stub: StubEngine) -> None:
    rows = [[{"distance": 99, "time": None}] * len(PLACES)] * len(PLACES)
    stub.always = Reply(200, json.dumps({"sources_to_targets": rows}).encode(), JSON)
    _is_all_estimated(_road(stub).ask(PLACES), Reason.UNANSWERED)


@pytest.mark.parametrize("kind", Kind)
def test_islands_that_may_not_be_asked_about_together_are_asked_about_alone(
    stub: StubEngine, kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    island = {_point(PLACES[1]), _point(PLACES[4])}
    table = stub.table

    def apart(sources: Sequence[Point], targets: Sequence[Point]) -> object:
        asked = table(sources, targets)
        points = {*sources, *targets}
        return asked if points <= island or not points & island else None

    monkeypatch.setattr(stub, "table", apart)

    answer = _road(stub, kind=kind).ask(PLACES)

    assert len(answer.matrix.estimated) == 2 * 2 * (len(PLACES) - 2)
    assert answer.matrix.seconds[1, 4] == _known(PLACES)[1][1, 4]
    assert answer.matrix.seconds[0, 6] == _known(PLACES)[1][0, 6]


def test_a_way_shorter_than_the_crow_flies_is_not_believed(stub: StubEngine) -> None:
    """A venue without a road near is moved to the nearest one, however far that is."""
    stub.way = lambda a, b: (0.0, 0.0)

    answer = _road(stub).ask(PLACES)

    _is_all_estimated(answer, Reason.UNANSWERED)


# --- What goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 503])
def test_it_is_asked_again_when_it_says_so(stub: StubEngine, status: int) -> None:
    stub.next.extend([Reply(status, headers={"Retry-After": "7"}), Reply(status)])
    road = _road(stub)

    answer = road.ask(PLACES)

    _is_the_engines(answer)
    assert _waits(road) == [7.0, 2.0]
    assert answer.requests == 3


def test_a_date_to_come_back_is_understood(stub: StubEngine) -> None:
    stub.next.append(Reply(429, headers={"Retry-After": "Sat, 01 Jan 2000 00:00:00 GMT"}))
    road = _road(stub)

    _is_the_engines(road.ask(PLACES))

    assert _waits(road) == [0.0]


def test_who_always_says_later_is_asked_no_more(stub: StubEngine) -> None:
    stub.always = Reply(429, headers={"Retry-After": "1"})
    road = _road(stub, most_retries=2)

    _is_all_estimated(road.ask(PLACES), Reason.BUSY)

    assert _waits(road) == [1.0, 1.0]
    assert len(stub.paths) == 3


def test_requests_without_success_are_counted(stub: StubEngine) -> None:
    stub.next.append(Reply(503))
    stub.always = Reply(500)
    assert _road(stub).ask(PLACES).requests == len(stub.paths) == 2


def test_nobody_waits_for_longer_than_the_whole_may_take(stub: StubEngine) -> None:
    stub.always = Reply(429, headers={"Retry-After": "3600"})
    road = _road(stub)

    _is_all_estimated(road.ask(PLACES), Reason.BUSY)

    assert _waits(road) == []
    assert len(stub.paths) == 1


def test_who_does_not_answer_is_waited_for_so_long_and_no_longer(stub: StubEngine) -> None:
    stub.always = Reply(hangs=True)
    _is_all_estimated(_road(stub, request_s=0.05).ask(PLACES), Reason.SLOW)


def test_an_answer_in_drops_is_cut_off(stub: StubEngine) -> None:
    """Each drop comes in time; all of them would take hours."""
    stub.always = Reply(drips=True)

    _is_all_estimated(_road(stub, request_s=0.1).ask(PLACES), Reason.SLOW)

    assert stub.hung_up.wait(30)


def test_the_whole_is_bounded_however_many_requests_it_takes(stub: StubEngine) -> None:
    answered = 3
    road = _road(stub, block=1, whole_s=0.2)
    table = stub.table

    def slower_and_slower(sources: Sequence[Point], targets: Sequence[Point]) -> object:
        if len(stub.asked) >= answered:
            stub.over.wait()
        return table(sources, targets)

    stub.table = slower_and_slower  # type: ignore[method-assign, assignment]

    _is_all_estimated(road.ask(PLACES), Reason.SLOW)


def test_a_port_where_nobody_listens_is_not_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    road = Road(Engine(Kind.VALHALLA, f"http://127.0.0.1:{port}"))

    _is_all_estimated(road.ask(PLACES), Reason.NOT_THERE)


def test_a_name_that_leads_nowhere_is_not_there() -> None:
    road = Road(Engine(Kind.VALHALLA, "http://engine.invalid"))
    _is_all_estimated(road.ask(PLACES), Reason.NOT_THERE)


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (301, Reason.REFUSED),
        (400, Reason.REFUSED),
        (403, Reason.REFUSED),
        (404, Reason.REFUSED),
        (500, Reason.BROKEN),
        (502, Reason.BROKEN),
    ],
)
@pytest.mark.parametrize("body", [b"", b"<html>no</html>", b'{"error_code": [1], "code": null}'])
def test_an_error_is_told_by_its_kind(
    stub: StubEngine, status: int, reason: Reason, body: bytes
) -> None:
    stub.always = Reply(status, body, {"Location": "http://192.0.2.1/"})

    _is_all_estimated(_road(stub).ask(PLACES), reason)

    assert len(stub.paths) == 1


def _valhalla_of(figure: object, rows: int = 7, columns: int = 7) -> bytes:
    one = {"time": figure, "distance": 1}
    return json.dumps({"sources_to_targets": [[one] * columns] * rows}).encode()


def _columns_of(figure: object, rows: int = 7, columns: int = 7) -> bytes:
    table = [[figure] * columns] * rows
    return json.dumps({"code": "Ok", "durations": table, "distances": table}).encode()


RUBBISH = [
    b"",
    b"\xff\xfe\x00",
    b"<html><h1>It works!</h1></html>",
    b"null",
    b"[]",
    b"7",
    b'"table"',
    b"{}",
    b'{"sources_to_targets": null, "durations": null, "distances": null}',
    b'{"sources_to_targets": [], "durations": [], "distances": []}',
    b'{"sources_to_targets": {"durations": []}, "durations": {}, "distances": {}}',
    b'{"sources_to_targets": [[[]]], "durations": [[[]]], "distances": [[[]]]}',
    b"[" * 100_000,
    _valhalla_of(1)[:-30],
    _columns_of(1)[:-30],
]
FIGURES = [-11, -1e9, float("nan"), float("inf"), "12", True, [], {}, 10**400, 1e300, "1e999"]


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("body", RUBBISH)
def test_what_is_no_table_is_not_read(stub: StubEngine, kind: Kind, body: bytes) -> None:
    stub.always = Reply(200, body, JSON)
    _is_all_estimated(_road(stub, kind=kind).ask(PLACES), Reason.UNREADABLE)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("figure", FIGURES)
def test_what_is_no_figure_is_not_read(stub: StubEngine, kind: Kind, figure: object) -> None:
    body = _valhalla_of(figure) if kind == Kind.VALHALLA else _columns_of(figure)
    stub.always = Reply(200, body.replace(b'"1e999"', b"1e999"), JSON)
    _is_all_estimated(_road(stub, kind=kind).ask(PLACES), Reason.UNREADABLE)


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize(("rows", "columns"), [(6, 7), (7, 6), (8, 7), (7, 8), (49, 1)])
def test_a_table_of_another_shape_is_not_read(
    stub: StubEngine, kind: Kind, rows: int, columns: int
) -> None:
    of = _valhalla_of if kind == Kind.VALHALLA else _columns_of
    stub.always = Reply(200, of(5, rows, columns), JSON)
    _is_all_estimated(_road(stub, kind=kind).ask(PLACES), Reason.UNREADABLE)


def test_an_answer_cut_off_in_the_middle_is_not_read(stub: StubEngine) -> None:
    stub.always = Reply(200, _valhalla_of(5), {"Content-Length": "99999"})
    answer = _road(stub, request_s=2.0).ask(PLACES)
    assert answer.trouble is not None
    assert answer.trouble.pairs == PAIRS


def test_one_bad_block_makes_all_of_it_an_estimate(stub: StubEngine) -> None:
    """Figures of two kinds are not mixed because a server had a bad minute."""
    road = _road(stub, block=4)
    good, bad = 2, Reply(500)
    table = stub.table

    def fails_later(sources: Sequence[Point], targets: Sequence[Point]) -> object:
        if len(stub.asked) == good:
            stub.always = bad
        return table(sources, targets)

    stub.table = fails_later  # type: ignore[method-assign, assignment]

    _is_all_estimated(road.ask(PLACES), Reason.BROKEN)


@given(body=st.binary(max_size=200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_no_answer_at_all_makes_it_raise(stub: StubEngine, body: bytes) -> None:
    stub.always = Reply(200, body)
    assert len(_road(stub).ask(PLACES).matrix.estimated) == PAIRS


# --- What is set up -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:8002",
        "//127.0.0.1",
        "file:///etc/passwd",
        "ftp://127.0.0.1",
        "gopher://127.0.0.1",
        "javascript:alert(1)",
        "http://",
        "http://:8002",
        "http://user:secret@127.0.0.1",
        "http://127.0.0.1:port",
        "http://127.0.0.1:99999",
        "http://127.0.0.1/?x=1",
        "http://127.0.0.1/#x",
        " http://127.0.0.1",
        "http://127.0.0.1/\r\nX: y",
    ],
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"address|[Pp]ort"):
        Engine(Kind.VALHALLA, url)


@pytest.mark.parametrize(
    "changes",
    [
        {"profile": "../status"},
        {"profile": "a b"},
        {"block": 0},
        {"request_s": 0.0},
        {"whole_s": float("inf")},
        {"most_retries": -1},
        {"kind": Kind.OPENROUTESERVICE, "options": {"use_ferry": 0}},
    ],
)
def test_settings_that_cannot_be_meant_are_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\."):
        replace(Engine(Kind.VALHALLA, "http://127.0.0.1:8002"), **changes)  # type: ignore[arg-type]


# --- What is kept ---------------------------------------------------------------------------------


def _storing(stub: StubEngine, folder: Path, **changes: object) -> Road:
    return replace(_road(stub, **changes), store=FolderStore(folder))


def test_what_is_known_is_not_asked_again(stub: StubEngine, tmp_path: Path) -> None:
    road = _storing(stub, tmp_path)
    road.ask(PLACES)
    stub.asked.clear()

    again = road.ask(PLACES)

    _is_the_engines(again)
    assert again.is_stored
    assert stub.asked == []


@given(order=st.permutations(range(len(PLACES))))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
def test_the_order_of_places_and_their_names_do_not_matter(
    stub: StubEngine, tmp_path: Path, order: list[int]
) -> None:
    road = _storing(stub, tmp_path)
    road.ask(PLACES)
    places = [replace(PLACES[number], name=f"place {number}") for number in order]

    answer = road.ask(places)

    assert (answer.is_stored, answer.requests) == (True, 0)
    _is_the_engines(answer, places)


@pytest.mark.parametrize(
    "changes",
    [
        {"kind": Kind.OSRM},
        {"profile": "auto"},
        {"options": {"use_ferry": 0}},
        {"edition": "2026-11"},
    ],
)
def test_another_question_is_another_answer(
    stub: StubEngine, tmp_path: Path, changes: dict[str, object]
) -> None:
    _storing(stub, tmp_path).ask(PLACES)
    assert not _storing(stub, tmp_path, **changes).ask(PLACES).is_stored


def test_a_place_that_moved_by_metres_is_another_question(stub: StubEngine, tmp_path: Path) -> None:
    road = _storing(stub, tmp_path)
    road.ask(PLACES)
    moved = replace(PLACES[0], lat=PLACES[0].lat + 5e-5)
    assert not road.ask((moved, *PLACES[1:])).is_stored


def test_how_it_is_asked_does_not_make_it_another_question(
    stub: StubEngine, tmp_path: Path
) -> None:
    _storing(stub, tmp_path).ask(PLACES)
    assert _storing(stub, tmp_path, block=2, request_s=9.0, most_retries=0).ask(PLACES).is_stored


def test_estimates_are_not_kept(stub: StubEngine, tmp_path: Path) -> None:
    road = _storing(stub, tmp_path)
    stub.next.append(Reply(500))
    _is_all_estimated(road.ask(PLACES), Reason.BROKEN)

    answer = road.ask(PLACES)

    assert not answer.is_stored
    _is_the_engines(answer)


def test_what_it_did_not_know_is_estimated_anew_from_what_is_kept(
    stub: StubEngine, tmp_path: Path
) -> None:
    def way(here: Point, there: Point) -> Way:
        return None if here == _point(PLACES[0]) else climb(here, there)

    stub.way = way
    road = _storing(stub, tmp_path)
    first = road.ask(PLACES)
    again = road.ask(PLACES)

    assert again.is_stored
    assert again.trouble == first.trouble
    assert again.matrix.estimated == first.matrix.estimated == {("a", one) for one in "bcdefg"}


@pytest.mark.parametrize("content", [b"", b"rubbish", b"\x93NUMPY\x01\x00v\x00"])
def test_a_value_that_is_no_table_is_asked_for_again(
    stub: StubEngine, tmp_path: Path, content: bytes
) -> None:
    road, store = _storing(stub, tmp_path), FolderStore(tmp_path)
    store.put(key_of(road.engine, sorted(map(_point, PLACES))), content)

    answer = road.ask(PLACES)

    assert not answer.is_stored
    _is_the_engines(answer)


def _point(place: Place) -> Point:
    return round(place.lat, 5), round(place.lon, 5)
