"""Measuring and printing: a row is our figure, the floor or peer beside it, and their ratio."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

ROUNDS = 15


@dataclass(frozen=True, slots=True)
class Row:
    """One thing measured.

    Attributes:
        what: the thing, and its size if that matters.
        ours_ms: how long it takes us, in milliseconds.
        floor_ms: how long the floor or peer takes in the same run.
        most: the highest ratio that is good enough, or ``None`` where there is no goal yet.
        remark: what else was seen, such as bytes.
    """

    what: str
    ours_ms: float
    floor_ms: float
    most: float | None = None
    remark: str = ""

    @property
    def ratio(self) -> float:
        """Ours over the floor."""
        return self.ours_ms / self.floor_ms

    @property
    def is_good_enough(self) -> bool:
        """Whether the goal, if any, is met."""
        return self.most is None or self.ratio <= self.most


def milliseconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Return the median time of ``work``, after one round to warm up."""
    work()
    return median(_once(work) for _round in range(rounds))


def _once(work: Callable[[], object]) -> float:
    start = perf_counter()
    work()
    return (perf_counter() - start) * 1000


def show(title: str, rows: Iterable[Row]) -> bool:
    """Print the rows as a table; tell whether all of them are good enough."""
    print(f"\n{title}")
    print(f"  {'':44} {'ours ms':>9} {'floor ms':>9} {'ratio':>7} {'goal':>6}")
    good = True
    for row in rows:
        goal = "" if row.most is None else f"{row.most:g}"
        verdict = "" if row.is_good_enough else "  MISSED"
        print(
            f"  {row.what:44} {row.ours_ms:9.2f} {row.floor_ms:9.2f} {row.ratio:7.2f} {goal:>6}"
            f"  {row.remark}{verdict}".rstrip()
        )
        good &= row.is_good_enough
    return good
