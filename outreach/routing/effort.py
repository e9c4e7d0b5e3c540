"""How much work a search may be, how far it is, and what a person wants of it.

Apart from the search itself: who orders one need not have it loaded.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum


class Cancelled(Exception):
    """Somebody wants no plan any more."""


class Ask(StrEnum):
    """What a person wants of a search under way."""

    GO_ON = ""
    STOP = "stop"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much work a search may be.

    Attributes:
        seconds: at most; ``None`` for no limit.
        iterations: steps of each strand; ``None`` for no limit. The plan then depends on the
            question, the seed, the iterations and the number of strands only.
        seed: of the random numbers, 0 or more.
        processes: strands searching side by side, at least 1.
    """

    seconds: float | None
    iterations: int | None = None
    seed: int = 1
    processes: int = 2

    def __post_init__(self) -> None:
        """Refuse a search without an end.

        Raises:
            ValueError: if neither seconds nor iterations limit it, or one of them is not positive.
        """
        limits = [limit for limit in (self.seconds, self.iterations) if limit is not None]
        if not limits or min(limits) <= 0 or self.processes < 1:
            raise ValueError("A search needs an end, and somebody to search.")


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a search is.

    Attributes:
        seconds: since it began.
        share: of the work that is done, 0 to 1.
        cost: of the best plan so far.
        metres, duty_s: of that plan: on the road, and on duty.
        placed, promised: visits in it, and visits in all.
    """

    seconds: float
    share: float
    cost: float
    metres: float
    duty_s: float
    placed: int
    promised: int


Watch = Callable[[Progress], Ask]
