"""A road engine of nothing but this file: speaks as Valhalla, OSRM and openrouteservice do.

It listens on 127.0.0.1 in a thread of its own. What it is to do wrong is put into ``next`` or
``always``; what it was asked is in ``asked``.
"""

from __future__ import annotations

import json
import math
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qs, urlsplit

Point = tuple[float, float]
"""Latitude and longitude."""
Way = tuple[float, float] | None
"""Metres and seconds."""
Table = list[list[Way]]


@dataclass(frozen=True)
class Reply:
    """What is sent instead of a table; one that ``hangs`` is never finished."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = field(default_factory=dict)
    hangs: bool = False
    drips: bool = False


def climb(here: Point, there: Point) -> Way:
    """Return a way that takes longer northwards than back, and is 1.3 times as long as straight."""
    north_m = (there[0] - here[0]) * 111_000
    east_m = (there[1] - here[1]) * 105_000
    metres = float(round(1.3 * math.hypot(north_m, east_m) + 10))
    return metres, float(round(metres / 10 + max(0.0, north_m) / 50))


@dataclass
class StubEngine:
    """What the server does and what it saw.

    Attributes:
        url: where it listens.
        way: what it knows of a way; ``None`` for no way.
        off_map: points for which it refuses a whole question.
        next, always: what it answers instead, once each and to all others.
        asked: the number of sources and targets of each question, in order.
        paths, headers, bodies: of the requests.
        hung_up: set when somebody does not wait for the end of a reply that drips.
        over: set when the server ends.
    """

    url: str = ""
    way: Callable[[Point, Point], Way] = climb
    off_map: frozenset[Point] = frozenset()
    next: deque[Reply] = field(default_factory=deque)
    always: Reply | None = None
    asked: list[tuple[int, int]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)
    hung_up: Event = field(default_factory=Event)
    over: Event = field(default_factory=Event)

    def table(self, sources: Sequence[Point], targets: Sequence[Point]) -> Table | None:
        """Return the ways, or ``None`` if a point is off the map."""
        self.asked.append((len(sources), len(targets)))
        if self.off_map & {*sources, *targets}:
            return None
        return [[self.way(here, there) for there in targets] for here in sources]


@contextmanager
def stub_engine() -> Iterator[StubEngine]:
    """Run one on a free port."""
    stub = StubEngine()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(stub))
    server.daemon_threads = True
    server.block_on_close = False
    stub.url = f"http://127.0.0.1:{server.server_port}"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield stub
    finally:
        stub.over.set()
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(stub: StubEngine) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._reply(None)

        def do_POST(self) -> None:
            length = int(self.headers["Content-Length"])
            self._reply(json.loads(self.rfile.read(length)))

        def log_message(self, *args: object) -> None:
            """Say nothing: the tests read what they need."""

        def _reply(self, body: Any) -> None:
            stub.paths.append(self.path)
            stub.headers.append(dict(self.headers.items()))
            stub.bodies.append(body)
            reply = stub.next.popleft() if stub.next else stub.always
            with suppress(OSError):
                self._send(reply or _said(stub, self.path, body))

        def _send(self, reply: Reply) -> None:
            if reply.hangs:
                stub.over.wait()
                return
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(10**6 if reply.drips else len(reply.body)))
            self.end_headers()
            self.wfile.write(reply.body)
            try:
                # Quicker than any limit of time for a single read.
                while reply.drips and not stub.over.wait(0.005):
                    self.wfile.write(b" ")
            except OSError:
                stub.hung_up.set()

    return Handler


def _said(stub: StubEngine, path: str, body: Any) -> Reply:
    parts = urlsplit(path)
    if parts.path.endswith("/sources_to_targets"):
        return _valhalla(stub, body)
    if "/table/v1/" in parts.path:
        return _osrm(stub, parts.path, {key: one for key, (one,) in parse_qs(parts.query).items()})
    return _openrouteservice(stub, body)


def _json(body: object, status: int = 200) -> Reply:
    return Reply(status, json.dumps(body).encode(), {"Content-Type": "application/json"})


def _valhalla(stub: StubEngine, body: Any) -> Reply:
    if body["costing"] not in ("auto", "truck"):
        return _json({"error_code": 125, "error": "No costing method found"}, 400)
    sources, targets = (
        [(one["lat"], one["lon"]) for one in body[name]] for name in ("sources", "targets")
    )
    table = stub.table(sources, targets)
    if table is None:
        return _json({"error_code": 171, "error": "No suitable edges near location"}, 400)
    rows = [
        [
            {
                "from_index": a,
                "to_index": b,
                "time": None if way is None else way[1],
                "distance": None if way is None else way[0] / 1000,
            }
            for b, way in enumerate(row)
        ]
        for a, row in enumerate(table)
    ]
    return _json({"sources_to_targets": rows, "units": "kilometers"})


def _osrm(stub: StubEngine, path: str, query: dict[str, str]) -> Reply:
    pairs = [pair.split(",") for pair in path.rsplit("/", 1)[1].split(";")]
    points = [(float(lat), float(lon)) for lon, lat in pairs]
    if not 2 <= len(points) <= 100:
        return _json({"code": "TooBig" if points[2:] else "InvalidOptions"}, 400)
    chosen = (query[name].split(";") for name in ("sources", "destinations"))
    table = stub.table(*([points[int(one)] for one in numbers] for numbers in chosen))
    if query.get("exclude", "ferry") != "ferry":
        return _json({"code": "InvalidValue"}, 400)
    if table is None:
        return _json({"code": "NoSegment"}, 400)
    return _json({"code": "Ok", **_columns(table)})


def _openrouteservice(stub: StubEngine, body: Any) -> Reply:
    points = [(lat, lon) for lon, lat in body["locations"]]
    chosen = (body[name] for name in ("sources", "destinations"))
    table = stub.table(*([points[one] for one in numbers] for numbers in chosen))
    if table is None:
        return _json({"error": {"code": 6010, "message": "Could not find routable point"}}, 404)
    return _json(_columns(table))


def _columns(table: Table) -> dict[str, list[list[float | None]]]:
    return {
        "distances": [[None if way is None else way[0] for way in row] for row in table],
        "durations": [[None if way is None else way[1] for way in row] for row in table],
    }
