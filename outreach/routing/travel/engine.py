"""A road engine beside the product: which one it is, and asking it for a table of ways."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray
from routingpy import ORS, OSRM, Valhalla

from outreach.routing.travel.exchange import EngineTrouble, Exchange, Nowhere, address
from outreach.routing.travel.geodesic import Point
from outreach.routing.travel.places import Reason

MOST_REFUSALS = 1000
"""How often a block is divided because of points the engine has no roads for."""
MOST_METRES, MOST_SECONDS = 4e7, 30 * 86_400.0
"""Once around the earth, and a month: more is no way of a vehicle."""
LEAST = -10.0
"""Between points of one road OSRM says now and then that it is a metre less than nothing."""
PLAIN_WORD = re.compile(r"[A-Za-z0-9_-]+")

Option = str | float | bool
Table = NDArray[np.float64]
"""Metres and seconds, as an array of 2 x sources x targets; NaN where the engine cannot say."""


class Kind(StrEnum):
    """Servers whose language is spoken."""

    VALHALLA = "valhalla"
    OSRM = "osrm"
    OPENROUTESERVICE = "openrouteservice"


PROFILES = {
    Kind.VALHALLA: "truck",
    Kind.OSRM: "driving",
    Kind.OPENROUTESERVICE: "driving-hgv",
}


@dataclass(frozen=True, slots=True)
class Engine:
    """A road engine, as the installation's settings name it.

    Attributes:
        kind: the language it speaks.
        url: where it listens, ``http(s)://host[:port][/path]``. Nothing is sent anywhere else.
        profile: how it is to travel; empty for a lorry where the engine knows one.
        options: Valhalla's costing options, such as ``use_ferry`` or ``height``; OSRM's parameters,
            such as ``exclude``. openrouteservice takes none for tables.
        edition: a word for its map data. Change it when the data changes: answers that are stored
            under another one are not used.
        api_key: for openrouteservice.
        request_s, whole_s: longest time for one request, and for a whole matrix.
        block: sources and targets in one request, at most; the engine limits their number too.
        most_retries: of one request that the engine asks to send later.

    Raises:
        ValueError: for an address, profile or figure that cannot be meant.
    """

    kind: Kind
    url: str
    profile: str = ""
    options: Mapping[str, Option] = field(default_factory=dict)
    edition: str = ""
    api_key: str = field(default="", repr=False)
    request_s: float = 30.0
    whole_s: float = 180.0
    block: int = 50
    most_retries: int = 3

    def __post_init__(self) -> None:
        """Refuse what cannot be meant."""
        address(self.url)
        if not PLAIN_WORD.fullmatch(self.way_of_travel):
            raise ValueError("A road engine's profile is one word.")
        if self.kind == Kind.OPENROUTESERVICE and self.options:
            raise ValueError("openrouteservice takes no options for tables.")
        if not (0 < self.request_s < math.inf and 0 < self.whole_s < math.inf):
            raise ValueError("A road engine's limits of time are above 0.")
        if self.block < 1 or self.most_retries < 0:
            raise ValueError("A block has at least one place; there are no fewer retries than 0.")

    @property
    def way_of_travel(self) -> str:
        """The profile that is asked for."""
        return self.profile or PROFILES[Kind(self.kind)]

    def table(
        self, points: Sequence[Point], *, wait: Callable[[float], None] = time.sleep
    ) -> tuple[Table, int]:
        """Return the ways between all points, and how many requests it took.

        Raises:
            EngineTrouble: if it does not answer all of it in time.
        """
        exchange = Exchange(
            self.url, time.monotonic() + self.whole_s, self.request_s, self.most_retries, wait
        )
        asking = _Asking(points, _ask_with(self, exchange))
        size = len(points)
        table = np.zeros((2, size, size))
        blocks = [range(at, min(at + self.block, size)) for at in range(0, size, self.block)]
        try:
            for sources, targets in product(blocks, blocks) if size > 1 else ():
                table[:, sources.start : sources.stop, targets.start : targets.stop] = asking.block(
                    sources, targets
                )
        except EngineTrouble as trouble:
            trouble.requests = exchange.requests
            raise
        own = np.arange(size)
        table[:, own, own] = 0.0
        return table, exchange.requests


Ask = Callable[[list[list[float]], list[int], list[int]], Any]
"""Takes (longitude, latitude) and the numbers of sources and targets; gives routingpy's matrix."""


def _ask_with(engine: Engine, exchange: Exchange) -> Ask:
    """Return how the engine is asked: routingpy knows its language, the exchange sends."""

    def client(*_args: object, **settings: Any) -> Exchange:
        if engine.api_key:
            exchange.headers.update(settings.get("headers") or {})
        return exchange

    profile, options = engine.way_of_travel, dict(engine.options)
    if engine.kind == Kind.VALHALLA:
        valhalla = Valhalla(base_url=engine.url, client=client)
        return lambda where, sources, targets: valhalla.matrix(
            where, profile, sources, targets, options=options
        )
    if engine.kind == Kind.OSRM:
        osrm = OSRM(base_url=engine.url, client=client)
        return lambda where, sources, targets: osrm.matrix(
            where, profile, sources=sources, destinations=targets, **options
        )
    ors = ORS(api_key=engine.api_key, base_url=engine.url, client=client)
    return lambda where, sources, targets: ors.matrix(
        where, profile, sources, targets, metrics=["distance", "duration"]
    )


@dataclass(slots=True)
class _Asking:
    """Asks for blocks of a table, and finds the points that make the engine refuse.

    Attributes:
        points: all of them.
        ask: how.
        lonely: numbers of points without a road near; there is no use in asking about them.
        probed: numbers of points of which that is known, one way or the other.
        refusals: how often the engine had no roads for some point.
    """

    points: Sequence[Point]
    ask: Ask
    lonely: set[int] = field(default_factory=set)
    probed: set[int] = field(default_factory=set)
    refusals: int = 0

    def block(self, sources: Sequence[int], targets: Sequence[int]) -> Table:
        """Return the ways from some points to others.

        An engine refuses a whole block because of a point off its map. Such points are found one
        by one; if it still refuses, as between islands, the block is divided.

        Raises:
            EngineTrouble: if there is no answer.
        """
        table = np.full((2, len(sources), len(targets)), np.nan)
        rows = [row for row, number in enumerate(sources) if number not in self.lonely]
        columns = [column for column, number in enumerate(targets) if number not in self.lonely]
        if rows and columns:
            near, far = [sources[row] for row in rows], [targets[column] for column in columns]
            table[np.ix_((0, 1), rows, columns)] = self._answered(near, far)
        return table

    def _answered(self, sources: Sequence[int], targets: Sequence[int]) -> Table:
        try:
            return self._asked(sources, targets)
        except Nowhere:
            self.refusals += 1
        is_single = len(sources) == len(targets) == 1
        if is_single or self.refusals > MOST_REFUSALS:
            return np.full((2, len(sources), len(targets)), np.nan)
        if self._probe({*sources, *targets}):
            return self.block(sources, targets)
        if len(sources) >= len(targets):
            half = len(sources) // 2
            parts = self.block(sources[:half], targets), self.block(sources[half:], targets)
            return np.concatenate(parts, axis=1)
        half = len(targets) // 2
        parts = self.block(sources, targets[:half]), self.block(sources, targets[half:])
        return np.concatenate(parts, axis=2)

    def _probe(self, numbers: Iterable[int]) -> bool:
        """Find lonely points among these; return whether there are new ones."""
        before = len(self.lonely)
        for number in sorted(set(numbers) - self.probed):
            self.probed.add(number)
            try:
                self._asked([number], [number])
            except Nowhere:
                self.lonely.add(number)
        return len(self.lonely) > before

    def _asked(self, sources: Sequence[int], targets: Sequence[int]) -> Table:
        """Return the ways from some points to others, by one request.

        Raises:
            EngineTrouble: if there is no answer, or one that is no table.
            Nowhere: if the engine knows no roads for some of the points.
        """
        numbers = sorted({*sources, *targets})
        place = {number: at for at, number in enumerate(numbers)}
        where = [[self.points[number][1], self.points[number][0]] for number in numbers]
        rows, columns = [place[one] for one in sources], [place[one] for one in targets]
        if len(where) == 1:
            where, columns = where * 2, [1]  # OSRM takes no fewer than two
        shape = len(sources), len(targets)
        try:
            said = self.ask(where, rows, columns)
            table = np.stack([_figures(said.distances, shape), _figures(said.durations, shape)])
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
            # JSON, but not of the shape that routingpy or we read.
            detail = f"{type(error).__name__}: {error}"
            raise EngineTrouble(Reason.UNREADABLE, detail) from error
        if bool(np.any(table[0] > MOST_METRES) or np.any(table[1] > MOST_SECONDS)):
            raise EngineTrouble(Reason.UNREADABLE, "a way that is too long")
        table[:, np.isnan(table).any(axis=0)] = np.nan
        return table


def _figures(rows: Any, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Return rows of numbers as an array; NaN for null.

    Raises:
        ValueError: if they are of another shape, no numbers, clearly negative or not finite.
    """
    if not isinstance(rows, list) or len(rows) != shape[0]:
        raise ValueError("other rows than were asked for")
    if any(not isinstance(row, list) or len(row) != shape[1] for row in rows):
        raise ValueError("other columns than were asked for")
    if any(type(one) not in (int, float, type(None)) for row in rows for one in row):
        raise ValueError("not all are numbers")
    if any(one is not None and not LEAST <= one < math.inf for row in rows for one in row):
        raise ValueError("a number out of range")
    table = [[math.nan if one is None else max(0.0, float(one)) for one in row] for row in rows]
    return np.array(table, dtype=np.float64).reshape(shape)
