"""A load in words: what is new, renamed, ended, divided, merged and changed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from outreach.places.loading.difference import Change, Difference
from outreach.places.loading.gazetteer import SuccessionRow, UnitKey, UnitRow

SHOWN = 5


@dataclass(frozen=True, slots=True)
class Section:
    """One kind of change, each with a line of its own."""

    title: str
    lines: list[str]


def sections(difference: Difference) -> list[Section]:
    """Return what a load would change, by kind. A unit may be named under several."""
    return _Report(difference).sections()


def summary(found: Iterable[Section], *, everything: bool) -> Iterator[str]:
    """Yield a line per kind with its count, and its first lines, or all of them, below."""
    for section in found:
        yield f"{section.title}: {len(section.lines):,}"
        shown = section.lines if everything else section.lines[:SHOWN]
        yield from (f"    {line}" for line in shown)
        left = len(section.lines) - len(shown)
        if left:
            yield f"    and {left:,} more (--all shows them)"


class _Report:
    def __init__(self, difference: Difference) -> None:
        self.difference = difference
        self.stored = difference.known.units
        self.new = {row.key: row for row in difference.new}
        self.heirs = self._heirs()
        self.origins: dict[UnitKey, list[SuccessionRow]] = defaultdict(list)
        for links in self.heirs.values():
            for link in links:
                self.origins[link.successor].append(link)

    def _heirs(self) -> dict[UnitKey, list[SuccessionRow]]:
        found: dict[UnitKey, list[SuccessionRow]] = defaultdict(list)
        for link in self.difference.links:
            found[link.predecessor].append(link)
        found.update(self.difference.relinked)
        return found

    def sections(self) -> list[Section]:
        found = {
            "New units": [self._unit(row.key) for row in self.difference.new],
            "Renamed (code or ground kept, other name)": list(self._renamed()),
            "Ended": list(self._ended()),
            "Divided among several": list(self._divided()),
            "Merged out of several": list(self._merged()),
            "Other facts of stored units": list(self._changed()),
            "Other successions of stored units": list(self._relinked()),
        }
        return [Section(title, lines) for title, lines in found.items() if lines]

    def _renamed(self) -> Iterator[str]:
        for key in self.new:
            old = self._same_lineage(key)
            if old is not None and self._name(old) != self._name(key):
                yield f"{self._unit(old)} -> {self._unit(key)} on {key.valid_from}"
        for key, change in self.difference.changes.items():
            if "full_name" in change.after:
                yield f"{self._unit(key)} -> {change.after['full_name']}, all its time"

    def _same_lineage(self, key: UnitKey) -> UnitKey | None:
        """Return the unit that kept its code in this one, or that is all this one was made of."""
        origins = self.origins.get(key, [])
        kept = [link.predecessor for link in origins if link.predecessor.code == key.code]
        if kept:
            return kept[0]
        whole = len(origins) == 1 and not origins[0].is_split
        return origins[0].predecessor if whole else None

    def _ended(self) -> Iterator[str]:
        for key, row in self.new.items():
            if row.valid_to is not None:
                yield self._end(key, row.valid_to)
        for key, change in self.difference.changes.items():
            if change.after.get("valid_to"):
                yield self._end(key, change.after["valid_to"])

    def _end(self, key: UnitKey, day: Any) -> str:
        into = ", ".join(self._unit(link.successor) for link in self._by_main(key))
        return f"{self._unit(key)} on {day}" + (f", into {into}" if into else "")

    def _by_main(self, key: UnitKey) -> list[SuccessionRow]:
        return sorted(self.heirs.get(key, []), key=lambda link: not link.is_main)

    def _divided(self) -> Iterator[str]:
        for key, links in self.heirs.items():
            if len(links) > 1:
                parts = ", ".join(
                    self._unit(link.successor) + (" (main)" if link.is_main else "")
                    for link in self._by_main(key)
                )
                yield f"{self._unit(key)}: {parts}"

    def _merged(self) -> Iterator[str]:
        for key, links in self.origins.items():
            if len(links) > 1:
                parts = ", ".join(
                    self._unit(link.predecessor) + (" (a part)" if link.is_split else "")
                    for link in links
                )
                yield f"{self._unit(key)}: {parts}"

    def _changed(self) -> Iterator[str]:
        for key, change in self.difference.changes.items():
            facts = list(self._facts(change))
            if facts:
                yield f"{self._unit(key)}: {', '.join(facts)}"

    def _facts(self, change: Change) -> Iterator[str]:
        for name, value in change.after.items():
            if name not in ("valid_to", "full_name"):
                yield f"{name} {_shown(change.before[name])} -> {_shown(value)}"
        if change.parent is not None:
            yield f"province -> {self._unit(change.parent)}"
        if change.shape is not None:
            yield "boundary " + ("replaced" if change.before["boundary"] else "added")

    def _relinked(self) -> Iterator[str]:
        for key in self.difference.relinked:
            parts = ", ".join(self._unit(link.successor) for link in self._by_main(key))
            yield f"{self._unit(key)}: {parts}"

    def _row(self, key: UnitKey) -> UnitRow | None:
        return self.new.get(key)

    def _name(self, key: UnitKey) -> str:
        row = self._row(key)
        return row.full_name if row is not None else self.stored[key].full_name

    def _unit(self, key: UnitKey) -> str:
        return f"{self._name(key)} ({key.code})"


def _shown(value: Any) -> str:
    return "nothing" if value in (None, "") else str(value)
