"""Requests to a road engine that cannot take long, bring much, or go anywhere else.

Stands where routingpy's own client would. That one has no limit for a whole answer, follows
redirects, takes proxies and passwords from its surroundings, and does not read ``Retry-After``.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from queue import Empty, SimpleQueue
from threading import Thread
from time import monotonic
from typing import Any
from urllib.parse import SplitResult, urlencode, urlsplit

from outreach.routing.travel.places import Reason

AGENT = "outreach-planner"
MOST_BYTES = 32 * 1024 * 1024
MOST_DETAIL = 200
TOO_MANY, UNAVAILABLE = 429, 503
# "Beyond the distance limit", "in unconnected regions", "no road near", "no path".
NOWHERE_VALHALLA = frozenset({154, 170, 171, 442})
NOWHERE_OSRM = frozenset({"NoSegment", "NoTable", "NoRoute"})
NOWHERE_OPENROUTESERVICE = frozenset({6009, 6010})


class EngineTrouble(Exception):
    """A road engine gave no answer.

    Attributes:
        reason: why.
        detail: what was seen, in English.
        requests: how many were sent for the whole question.
    """

    requests = 0

    def __init__(self, reason: Reason, detail: str = "") -> None:
        super().__init__(f"{reason}: {detail[:MOST_DETAIL]}")
        self.reason = reason
        self.detail = detail[:MOST_DETAIL]


class Nowhere(Exception):
    """The engine is well, but knows no roads for some of the points; it does not say which."""


def address(url: str) -> SplitResult:
    """Return the parts of an engine's address.

    Raises:
        ValueError: if it is anything but ``http(s)://host[:port][/path]``.
    """
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or url != url.strip():
        raise ValueError("A road engine's address begins with http:// or https:// and a host.")
    if "@" in parts.netloc or parts.query or parts.fragment or not url.isprintable():
        raise ValueError("A road engine's address has no user, query or fragment.")
    _ = parts.port  # raises ValueError if it is none
    return parts


@dataclass(slots=True)
class Exchange:
    """What is sent in one whole question, and what comes back.

    Attributes:
        url: the engine's address.
        until: when all of it must be over, on the monotonic clock.
        request_s: longest time for one request, looking up the name included.
        most_retries: how often a request is sent again that the engine asks to send later.
        headers: besides the usual ones.
        wait: how to wait some seconds.
        requests: how many were sent.
    """

    url: str
    until: float
    request_s: float
    most_retries: int
    wait: Callable[[float], None]
    headers: dict[str, str] = field(default_factory=dict)
    requests: int = 0

    def _request(
        self,
        url: str,
        get_params: Mapping[str, object] | None = None,
        post_params: Mapping[str, object] | None = None,
        dry_run: bool | None = None,
    ) -> Any:
        """Return the answer's JSON; the name and the arguments are routingpy's.

        Raises:
            EngineTrouble: if there is none.
            Nowhere: if the engine knows no roads for some of the points.
        """
        path = f"{address(self.url).path.rstrip('/')}{url}"
        if get_params:
            path += "?" + urlencode(sorted(get_params.items()), safe=";,")
        body = None if post_params is None else json.dumps(post_params).encode()
        turn = 0
        while (reply := self._send(path, body)).status in {TOO_MANY, UNAVAILABLE}:
            wait_s = reply.wait_s(turn)
            if turn == self.most_retries or wait_s >= self._left_s():
                raise EngineTrouble(Reason.BUSY, f"HTTP {reply.status}, {wait_s:g} s to wait")
            self.wait(wait_s)
            turn += 1
        return reply.json()

    def _left_s(self) -> float:
        return self.until - monotonic()

    def _send(self, path: str, body: bytes | None) -> _Reply:
        """Send a request in a thread of its own, which is cut off when the time is over."""
        limit_s = min(self.request_s, self._left_s())
        if limit_s <= 0:
            raise EngineTrouble(Reason.SLOW, "no time left")
        self.requests += 1
        headers = {"User-Agent": AGENT, "Accept": "application/json", **self.headers}
        call = _Call(address(self.url), limit_s, path, body, headers)
        Thread(target=call.run, name="road-engine", daemon=True).start()
        try:
            outcome = call.outcome.get(timeout=limit_s)
        except Empty:
            call.cut()
            raise EngineTrouble(Reason.SLOW, f"nothing whole in {limit_s:g} s") from None
        if isinstance(outcome, Exception):
            raise _trouble(outcome) from outcome
        return outcome


@dataclass(frozen=True, slots=True)
class _Reply:
    status: int
    retry_after: str
    content: bytes

    def wait_s(self, turn: int) -> float:
        """Return how many seconds the engine wants us to wait; it need not say."""
        asked = self.retry_after.strip()
        if asked.isascii() and asked.isdigit():
            return float(asked[:9])
        try:
            until = parsedate_to_datetime(asked)
        except ValueError:
            return float(2**turn)
        left = until.replace(tzinfo=until.tzinfo or UTC) - datetime.now(UTC)
        return max(0.0, left.total_seconds())

    def json(self) -> Any:
        """Return what the engine says.

        Raises:
            EngineTrouble: if that is no answer.
            Nowhere: if it knows no roads for some of the points.
        """
        if len(self.content) > MOST_BYTES:
            raise EngineTrouble(Reason.UNREADABLE, f"more than {MOST_BYTES} bytes")
        try:
            said = json.loads(self.content, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            if self.status == 200:
                raise EngineTrouble(Reason.UNREADABLE, f"no JSON: {error}") from error
            said = None
        if self.status == 200:
            return said
        if 400 <= self.status < 500 and _is_nowhere(said):
            raise Nowhere
        reason = Reason.BROKEN if self.status >= 500 else Reason.REFUSED
        raise EngineTrouble(reason, f"HTTP {self.status}: {self.content[:MOST_DETAIL]!r}")


@dataclass(slots=True)
class _Call:
    """One request over a connection of its own."""

    to: SplitResult
    limit_s: float
    path: str
    body: bytes | None
    headers: Mapping[str, str]
    outcome: SimpleQueue[_Reply | Exception] = field(default_factory=SimpleQueue)
    wire: socket.socket | None = None
    is_cut: bool = False

    def run(self) -> None:
        """Put the reply, or what went wrong, into ``outcome``."""
        try:
            self.outcome.put(self._reply())
        except Exception as error:  # whatever it is, somebody waits for it
            self.outcome.put(error)

    def cut(self) -> None:
        """End the connection, whatever it is about."""
        self.is_cut = True
        if self.wire is not None:
            with suppress(OSError):
                self.wire.shutdown(socket.SHUT_RDWR)

    def _reply(self) -> _Reply:
        kind = HTTPSConnection if self.to.scheme == "https" else HTTPConnection
        connection = kind(str(self.to.hostname), self.to.port, timeout=self.limit_s)
        try:
            connection.connect()
            self.wire = connection.sock
            if self.is_cut:
                raise TimeoutError("connected too late")
            method = "GET" if self.body is None else "POST"
            headers = {**self.headers, "Connection": "close"}
            if self.body is not None:
                headers["Content-Type"] = "application/json"
            connection.request(method, self.path, self.body, headers)
            with connection.getresponse() as answer:
                content = answer.read(MOST_BYTES + 1)
                return _Reply(answer.status, answer.getheader("Retry-After", ""), content)
        finally:
            connection.close()


def _trouble(error: Exception) -> EngineTrouble:
    """Return what an error of the connection means."""
    detail = f"{type(error).__name__}: {error}"
    if isinstance(error, TimeoutError):
        return EngineTrouble(Reason.SLOW, detail)
    if isinstance(error, ConnectionResetError | BrokenPipeError | HTTPException):
        return EngineTrouble(Reason.UNREADABLE, detail)
    return EngineTrouble(Reason.NOT_THERE, detail)


def _is_nowhere(said: Any) -> bool:
    """Tell whether an engine refuses because of where the points lie."""
    if not isinstance(said, dict):
        return False
    inner = said.get("error")
    code = inner.get("code") if isinstance(inner, dict) else None
    found = (said.get("error_code"), NOWHERE_VALHALLA), (said.get("code"), NOWHERE_OSRM)
    return any(
        isinstance(word, str | int) and word in known
        for word, known in (*found, (code, NOWHERE_OPENROUTESERVICE))
    )


def _no_number(word: str) -> float:
    raise ValueError(f"{word} is no number")
