"""What can be counted, and how sums stay apart from what was estimated or never collected."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from outreach.attendance.domain import OTHER_OUTPUTS, OUTPUTS
from outreach.attendance.models import ACTIVITY_MEASURES, SHEET_MEASURES
from outreach.statistics.models import AUDIENCES, BUILDING_MEASURES

PRIORITY_GROUPS = ("disability", "ethnic_minority")
"""Audiences that cut across the age bands: never added to them."""
AGE_BANDS = tuple(code for code in AUDIENCES if code not in PRIORITY_GROUPS)
"""Audiences that add up to the people who were broken down."""

BUILDING_SUFFIX = ".building"


class Basis(StrEnum):
    """What a figure is counted on. Figures of two bases are shown side by side, never mixed."""

    EVENT = "event"
    ACTIVITY = "activity"
    BUILDING = "building"


@dataclass(frozen=True, slots=True)
class Countable:
    """One figure that can be asked for.

    Attributes:
        key: how addresses and the API call it; ``items_lent.building`` is the building's part of a
            measure that events count too.
        code: the measure in the catalogue; also the name of its column.
        basis: what it is counted on.
    """

    key: str
    code: str
    basis: Basis

    @property
    def is_count(self) -> bool:
        """Whether it counts the bearers themselves: neither estimated nor missing."""
        return self.code in ("events", "activities")

    @property
    def knows_audiences(self) -> bool:
        """Whether it can be told by audience (people served, and what activities came to)."""
        return self.code == "people_served" or self.basis is Basis.ACTIVITY


def _countables() -> dict[str, Countable]:
    found = [Countable(code, code, Basis.EVENT) for code in ("events", *SHEET_MEASURES)]
    found += [Countable(code, code, Basis.ACTIVITY) for code in ("activities", *ACTIVITY_MEASURES)]
    for code in BUILDING_MEASURES:
        key = code + BUILDING_SUFFIX if code in SHEET_MEASURES else code
        found.append(Countable(key, code, Basis.BUILDING))
    return {countable.key: countable for countable in found}


COUNTABLES = _countables()
"""Everything that can be asked for, by key, in the order it is shown."""


def is_asked(measure: str, kind: str) -> bool:
    """Tell whether sheets ask for this output of this kind of activity.

    An output that is not asked for is no gap in the figures: an exhibition has items shown, a talk
    has not.
    """
    return measure in OUTPUTS.get(kind, OTHER_OUTPUTS)


def kinds_apart(measure: str) -> tuple[bool, tuple[str, ...]]:
    """Return for which kinds an output is asked, as (listed ones only?, listed kinds).

    ``(True, kinds)``: for these kinds only. ``(False, kinds)``: for all but these.
    """
    if measure in OTHER_OUTPUTS:
        return False, tuple(kind for kind, outputs in OUTPUTS.items() if measure not in outputs)
    return True, tuple(kind for kind, outputs in OUTPUTS.items() if measure in outputs)


@dataclass(frozen=True, slots=True)
class Value:
    """A sum with what it rests on.

    Attributes:
        amount: the sum of what was collected.
        estimated: the part of ``amount`` that was estimated.
        bearers: how many sheets, activities or library-months could have had the figure.
        missing: how many of them do not have it.
        carried: the part of ``amount`` that a divided unit left to its main successor.
    """

    amount: int = 0
    estimated: int = 0
    bearers: int = 0
    missing: int = 0
    carried: int = 0

    @property
    def is_collected(self) -> bool:
        """Whether anybody collected it at all; where nobody did, it is not 0 but unknown."""
        return self.amount > 0 or self.missing < self.bearers or self.bearers == 0

    @property
    def shown(self) -> int | None:
        """The sum, or ``None`` where nobody collected anything."""
        return self.amount if self.is_collected else None

    def __add__(self, other: Value) -> Value:
        return Value(
            self.amount + other.amount,
            self.estimated + other.estimated,
            self.bearers + other.bearers,
            self.missing + other.missing,
            self.carried + other.carried,
        )


def added(values: Iterable[Value]) -> Value:
    """Return the sum of values."""
    return sum(values, Value())
