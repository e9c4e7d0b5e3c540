"""A geocoder on this machine that also answers what real ones sometimes do."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

MUONG_XEN = {"display_name": "Mường Xén, Nghệ An, Việt Nam", "lat": "19.4021", "lon": "104.1297"}
FAR_END = {"display_name": "Keng Đu, Nghệ An, Việt Nam", "lat": "19.6120", "lon": "104.1980"}


@dataclass
class Stub:
    """What it was asked, and how it behaves.

    ``behaviour`` is one of: found, nothing, forbidden, too_many, slow, drip, rubbish, other_json,
    nowhere, huge, elsewhere, broken.
    """

    behaviour: str = "found"
    retry_after: str | None = "120"
    url: str = ""
    asked: list[dict[str, Any]] = field(default_factory=list)
    instants: list[float] = field(default_factory=list)
    over: Event = field(default_factory=Event)


@contextmanager
def running() -> Iterator[Stub]:
    """Run one on a free port of 127.0.0.1."""
    stub = Stub()
    handler = type("Handler", (_Handler,), {"stub": stub})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    stub.url = f"http://127.0.0.1:{server.server_address[1]}/nominatim"
    thread = Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    yield stub
    stub.over.set()
    server.shutdown()
    server.server_close()


class _Handler(BaseHTTPRequestHandler):
    stub: ClassVar[Stub]

    def do_GET(self) -> None:
        self.stub.instants.append(time.monotonic())
        parts = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(parts.query).items()}
        self.stub.asked.append(
            asked | {"path": parts.path, "agent": self.headers.get("User-Agent", "")}
        )
        try:
            getattr(self, self.stub.behaviour)()
        except (BrokenPipeError, ConnectionResetError):
            return  # the product hung up, as it should

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def say(self, body: bytes, status: int = 200, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def found(self) -> None:
        self.say(json.dumps([MUONG_XEN, FAR_END]).encode())

    def nothing(self) -> None:
        self.say(b"[]")

    def forbidden(self) -> None:
        self.say(b"<h1>Access blocked</h1>" * 10_000, 403, Content_Type="text/html")

    def too_many(self) -> None:
        told = {} if self.stub.retry_after is None else {"Retry_After": self.stub.retry_after}
        self.say(b"slow down", 429, **told)

    def slow(self) -> None:
        self.stub.over.wait()

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        while not self.stub.over.wait(0.05):
            self.wfile.write(b" ")
            self.wfile.flush()

    def rubbish(self) -> None:
        self.say(b"<html>\xff\xfeWelcome to our Wi-Fi</html>")

    def other_json(self) -> None:
        self.say(json.dumps([{"hello": "world"}]).encode())

    def nowhere(self) -> None:
        self.say(json.dumps([MUONG_XEN | {"lat": "nan", "lon": "1e9"}]).encode())

    def huge(self) -> None:
        self.say(b"[" + b'{"display_name": "x"},' * 400_000 + b"{}]")

    def elsewhere(self) -> None:
        self.say(b"", 302, Location=f"{self.stub.url}/somewhere-else")

    def broken(self) -> None:
        self.say(b"", 500)
