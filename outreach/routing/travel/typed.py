"""What people have typed about ways; it wins over what any provider says.

The same precedence as in :mod:`outreach.places.travel`, for whole matrices.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from outreach.routing.problem import Matrix

MONTHS = range(1, 13)


@dataclass(frozen=True, slots=True)
class Leg:
    """What somebody typed about a way.

    Attributes:
        start: the place it begins at; ``None`` for "from wherever the vehicle comes".
        end: the place it leads to, another one.
        seconds: above 0; ``inf`` where nobody gets through.
        metres: at least 0; ``None`` where only the time was typed.
        months: in which it holds (1 to 12); empty for all year.
        both_ways: whether the way back takes as long.

    Raises:
        ValueError: for figures outside these ranges.
    """

    start: str | None
    end: str
    seconds: float
    metres: float | None = None
    months: frozenset[int] = frozenset()
    both_ways: bool = True

    def __post_init__(self) -> None:
        """Refuse what nobody can have typed."""
        if not self.seconds > 0 or self.start == self.end:
            raise ValueError(f"No way takes this long: {self}.")
        if self.metres is not None and not 0 <= self.metres < math.inf:
            raise ValueError(f"No way is this long: {self}.")
        if not self.months <= set(MONTHS):
            raise ValueError(f"No such month: {self}.")


def laid_over(
    matrix: Matrix, legs: Sequence[Leg], month: int, *, homes: Collection[str] = ()
) -> Matrix:
    """Return the matrix as it is in a month, with what people typed in place of its figures.

    What is said of the way itself counts before what is said of a place "from wherever the vehicle
    comes". There, what is said of single months counts before all year; then what was typed for
    this direction before what was typed for the other one and holds both ways; then what stands
    first. A way whose length nobody typed keeps the length it has.

    Args:
        legs: those about other places are passed over.
        month: 1 to 12, that of the arrival.
        homes: places to which vehicles return. On the way there, what is said of the place before
            "from wherever the vehicle comes, and back" holds if nothing else does.
    """
    index = matrix.index()
    metres, seconds = matrix.metres.copy(), matrix.seconds.copy()
    is_typed = np.zeros(seconds.shape, dtype=bool)
    # The weakest first: what is written last stays.
    for leg, here, there in _weakest_first(legs, month, index, homes):
        seconds[here, there] = leg.seconds
        metres[here, there] = matrix.metres[here, there] if leg.metres is None else leg.metres
        is_typed[here, there] = True
    own = np.arange(len(index))
    metres[own, own], seconds[own, own] = matrix.metres[own, own], matrix.seconds[own, own]
    estimated = frozenset(
        pair for pair in matrix.estimated if not is_typed[index[pair[0]], index[pair[1]]]
    )
    return Matrix(matrix.places, metres, seconds, estimated)


def seasons(legs: Iterable[Leg]) -> tuple[frozenset[int], ...]:
    """Return the months, grouped by which legs hold in them: a matrix for each is enough."""
    legs = tuple(legs)
    groups: dict[tuple[bool, ...], set[int]] = {}
    for month in MONTHS:
        groups.setdefault(tuple(month in leg.months for leg in legs), set()).add(month)
    return tuple(frozenset(group) for group in groups.values())


Places = int | NDArray[np.intp]


def _weakest_first(
    legs: Sequence[Leg], month: int, index: Mapping[str, int], homes: Collection[str]
) -> Iterator[tuple[Leg, Places, Places]]:
    """Yield legs with the numbers of the places between which they hold."""
    known = [leg for leg in legs if leg.end in index and (leg.start is None or leg.start in index)]
    known = [leg for leg in known if not leg.months or month in leg.months]
    # Sorting keeps the order of those of one rank: the first of them is written last.
    known.reverse()
    known.sort(key=lambda leg: bool(leg.months))
    anywhere = [(leg, index[leg.end]) for leg in known if leg.start is None]
    own = [(leg, index[leg.start], index[leg.end]) for leg in known if leg.start is not None]
    everywhere = np.arange(len(index))
    home = np.array(sorted(index[name] for name in homes if name in index), dtype=np.intp)
    yield from ((leg, there, home) for leg, there in anywhere if leg.both_ways)
    yield from ((leg, everywhere, there) for leg, there in anywhere)
    for seasonal in (False, True):
        of_rank = [one for one in own if bool(one[0].months) is seasonal]
        yield from ((leg, there, here) for leg, here, there in of_rank if leg.both_ways)
        yield from of_rank
