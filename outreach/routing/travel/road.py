"""The provider that asks a road engine, keeps what it says, and estimates what it cannot say."""

from __future__ import annotations

import io
import json
import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from outreach.routing.problem import Matrix
from outreach.routing.travel.engine import Engine, Table
from outreach.routing.travel.estimate import Estimate
from outreach.routing.travel.exchange import EngineTrouble
from outreach.routing.travel.geodesic import Point, distances_m
from outreach.routing.travel.places import Answer, Place, Reason, Trouble, pairs_of
from outreach.routing.travel.store import Store

FORM = 1
"""Of what is stored; counted up when the same question would get another answer."""
DIGITS = 5
"""Of degrees, as the engine is asked: about a metre."""
OFF_ROAD_M = 2_000.0
"""Engines move points to the nearest road, however far. Where that makes a way this much shorter
than the crow flies, it is not the way that was asked for."""
logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Road:
    """Ways as a road engine knows them, estimates where it knows none.

    Figures of two kinds are not mixed because a server had a bad minute: if it fails in the middle,
    all is estimated. Only single ways it has no answer for are estimated among others.

    Attributes:
        engine: whom to ask.
        otherwise: estimates.
        store: keeps whole answers of the engine, never estimates; ``None`` to ask each time.
        wait: how to wait some seconds.
    """

    engine: Engine
    otherwise: Estimate = field(default_factory=Estimate)
    store: Store | None = None
    wait: Callable[[float], None] = time.sleep

    def ask(self, places: Sequence[Place]) -> Answer:
        """Return all ways; see :class:`outreach.routing.travel.places.Provider`.

        It comes back after ``engine.whole_s`` seconds and never raises for what the engine does:
        the answer's ``trouble`` tells.

        Raises:
            BadProblem: if two places have the same name.
            ValueError: if a point lies off the earth.
        """
        guess = self.otherwise.ask(places).matrix
        at = [(round(place.lat, DIGITS) + 0.0, round(place.lon, DIGITS) + 0.0) for place in places]
        points = sorted(set(at))
        try:
            table, requests, is_stored = self._table(points)
        except EngineTrouble as trouble:
            logger.warning("The road engine at %s: %s", self.engine.url, trouble)
            everywhere = ~np.eye(len(places), dtype=bool)
            return self._answer(guess, everywhere, trouble.reason, trouble.detail, trouble.requests)
        number = {point: at for at, point in enumerate(points)}
        order = np.array([number[point] for point in at], dtype=np.intp)
        whole = table[:, order[:, None], order]
        missing = np.isnan(whole[0]) | (whole[0] + OFF_ROAD_M < distances_m(at))
        matrix = Matrix(
            guess.places,
            np.where(missing, guess.metres, whole[0]),
            np.where(missing, guess.seconds, whole[1]),
        )
        return self._answer(matrix, missing, Reason.UNANSWERED, "", requests, is_stored)

    def _answer(
        self,
        matrix: Matrix,
        missing: NDArray[np.bool_],
        reason: Reason,
        detail: str = "",
        requests: int = 0,
        is_stored: bool = False,
    ) -> Answer:
        estimated = pairs_of(matrix.places, missing)
        trouble = Trouble(reason, len(estimated), detail) if estimated else None
        marked = Matrix(matrix.places, matrix.metres, matrix.seconds, estimated)
        return Answer(marked, str(self.engine.kind), trouble, requests, is_stored)

    def _table(self, points: Sequence[Point]) -> tuple[Table, int, bool]:
        """Return the table, how many requests it took, and whether it was stored."""
        key = key_of(self.engine, points)
        stored = self.store.get(key) if self.store is not None else None
        known = _unpacked(stored, len(points)) if stored is not None else None
        if known is not None:
            return known, 0, True
        table, requests = self.engine.table(points, wait=self.wait)
        if self.store is not None and requests:
            self.store.put(key, _packed(table))
        return table, requests, False


def key_of(engine: Engine, points: Sequence[Point]) -> str:
    """Return under what an answer is stored: a SHA-256 of all it depends on.

    Args:
        points: in the order of the table.
    """
    asked = {
        "form": FORM,
        "kind": str(engine.kind),
        "url": engine.url,
        "profile": engine.way_of_travel,
        "options": dict(engine.options),
        "edition": engine.edition,
        "points": points,
    }
    return sha256(json.dumps(asked, sort_keys=True).encode()).hexdigest()


def _packed(table: Table) -> bytes:
    file = io.BytesIO()
    np.save(file, table, allow_pickle=False)
    return file.getvalue()


def _unpacked(stored: bytes, size: int) -> Table | None:
    """Return a table that was stored, or ``None`` if it is none of this size."""
    try:
        table = np.load(io.BytesIO(stored), allow_pickle=False)
    except (ValueError, EOFError, OSError):
        return None
    is_table = isinstance(table, np.ndarray) and table.dtype == np.float64
    if not is_table or table.shape != (2, size, size):
        return None
    return table if bool(np.all(np.isnan(table) | ((table >= 0) & (table < np.inf)))) else None
