"""Following units through time along their successions, one at a time or many at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from outreach.places.models import AdministrativeUnit, Succession
from outreach.places.models.units import SuccessionQuerySet


@dataclass(frozen=True, slots=True)
class Standing:
    """A unit's key and the days on which it stood: from the first, before the last."""

    pk: int
    code: str
    valid_from: date
    valid_to: date | None

    def holds_on(self, day: date) -> bool:
        """Tell whether the unit stood on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(frozen=True, slots=True)
class Link:
    """One succession that counts."""

    predecessor: Standing
    successor: Standing
    is_main: bool
    is_split: bool


class Links(Protocol):
    """Where a unit came from and what became of it, the likeliest first."""

    def back(self, pk: int) -> list[Link]:
        """Return the links to what became the unit: the one that kept the code, then the main."""

    def onward(self, pk: int) -> list[Link]:
        """Return the links to what the unit became, the main successor first."""


_COLUMNS = tuple(
    f"{side}__{name}"
    for side in ("predecessor", "successor")
    for name in ("pk", "code", "valid_from", "valid_to")
)


class StoredLinks:
    """Asks the database at each step: for one unit."""

    def back(self, pk: int) -> list[Link]:
        return sorted(_read(Succession.objects.filter(successor=pk)), key=_by_kept_code)

    def onward(self, pk: int) -> list[Link]:
        return sorted(_read(Succession.objects.filter(predecessor=pk)), key=_by_main)


class AllLinks:
    """Reads every succession once: for many units."""

    def __init__(self) -> None:
        self._back: dict[int, list[Link]] = defaultdict(list)
        self._onward: dict[int, list[Link]] = defaultdict(list)
        for link in _read(Succession.objects.all()):
            self._back[link.successor.pk].append(link)
            self._onward[link.predecessor.pk].append(link)

    def back(self, pk: int) -> list[Link]:
        return sorted(self._back.get(pk, ()), key=_by_kept_code)

    def onward(self, pk: int) -> list[Link]:
        return sorted(self._onward.get(pk, ()), key=_by_main)


def _read(rows: SuccessionQuerySet) -> Iterator[Link]:
    columns = rows.active().order_by().values_list(*_COLUMNS, "is_main", "is_split")
    for row in columns.iterator(chunk_size=5000):
        yield Link(Standing(*row[:4]), Standing(*row[4:8]), row[8], row[9])


def _by_kept_code(link: Link) -> tuple[bool, bool, str, int]:
    kept = link.predecessor.code == link.successor.code
    return (not kept, not link.is_main, link.predecessor.code, link.predecessor.pk)


def _by_main(link: Link) -> tuple[bool, str, int]:
    return (not link.is_main, link.successor.code, link.successor.pk)


def standing(unit: AdministrativeUnit) -> Standing:
    """Return what matters of a unit when following it."""
    return Standing(unit.pk, unit.code, unit.valid_from, unit.valid_to)


def reached(start: Standing, day: date, links: Links) -> dict[int, bool]:
    """Return the units of ``day`` that share ground with ``start``, the likeliest first.

    The value tells whether one of the units on the way was divided among several, so that ``start``
    and the unit have only a part of their ground in common as far as anybody knows. A unit that
    stood on ``day`` is its own answer. Empty where the trail ends before that day.
    """
    if start.holds_on(day):
        return {start.pk: False}
    onward = day >= start.valid_from
    found: dict[int, bool] = {}
    seen: set[tuple[int, bool]] = set()
    waiting: list[tuple[Standing, bool]] = [(start, False)]
    while waiting:
        unit, was_split = waiting.pop()
        if (unit.pk, was_split) in seen:
            continue
        seen.add((unit.pk, was_split))
        if unit.holds_on(day):
            found[unit.pk] = found.get(unit.pk, True) and was_split
            continue
        waiting += reversed(list(_steps(unit, day, links, onward=onward, was_split=was_split)))
    return found


def _steps(
    unit: Standing, day: date, links: Links, *, onward: bool, was_split: bool
) -> Iterable[tuple[Standing, bool]]:
    """Yield the next units on the way to ``day``; never past it, never back."""
    if onward and unit.valid_to is not None and day >= unit.valid_to:
        for link in links.onward(unit.pk):
            yield link.successor, was_split or link.is_split
    elif not onward and day < unit.valid_from:
        for link in links.back(unit.pk):
            yield link.predecessor, was_split or link.is_split
