"""All active units in memory, by how their names sound."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from heapq import nsmallest
from itertools import accumulate
from typing import Any

from outreach.common.folding import fold
from outreach.places.models import AdministrativeUnit, Succession
from outreach.places.search.names import PROVINCE_ALIASES, Name, key_of, name_of

_FIELDS = ("pk", "level", "full_name", "within", "parent_id", "valid_from", "valid_to")
_SHORTEST_FOR_TYPOS = 5
MOST_BEGINNINGS = 200
"""Units looked at for an unfinished word; "t" alone begins thousands."""


@dataclass(slots=True)
class Entry:
    """A unit as the search knows it.

    ``districts`` and ``provinces`` are the keys of those it lies or lay in, and of those its
    predecessors lay and its successors lie in: people mix old and new in one address.
    """

    pk: int
    is_province: bool
    name: Name
    district: str
    parent: int | None
    valid_from: date
    valid_to: date | None
    districts: frozenset[str] = frozenset()
    provinces: frozenset[str] = frozenset()

    def is_in_force_on(self, day: date) -> bool:
        """Tell whether it stands on ``day``."""
        return self.valid_from <= day and (self.valid_to is None or day < self.valid_to)


@dataclass(slots=True)
class District:
    """A former district: its name, and the communes that lay in it."""

    name: Name
    full_name: str
    communes: list[int] = field(default_factory=list)


class Index:
    """The units, and the ways to look them up. Immutable once it is built."""

    def __init__(
        self,
        rows: Iterable[tuple[Any, ...]],
        successions: Iterable[tuple[int, int, bool]],
    ) -> None:
        self.after: dict[int, list[int]] = defaultdict(list)
        self.before: dict[int, list[int]] = defaultdict(list)
        for old, new, _is_main in sorted(successions, key=lambda row: not row[2]):
            self.after[old].append(new)
            self.before[new].append(old)
        self.units: dict[int, Entry] = {}
        self.districts: dict[str, District] = {}
        self._take(rows)
        self._place()
        self._file()
        self._slips = self._misspelled()

    @classmethod
    def load(cls) -> Index:
        """Read the active units and the successions that count: two queries."""
        units = AdministrativeUnit.objects.active().order_by("pk").values_list(*_FIELDS)
        successions = Succession.objects.active().order_by("pk")
        return cls(
            units.iterator(),
            successions.values_list("predecessor_id", "successor_id", "is_main").iterator(),
        )

    # --- Building ------------------------------------------------------------------------------

    def _take(self, rows: Iterable[tuple[Any, ...]]) -> None:
        names: dict[str, Name] = {}
        for pk, level, full_name, within, parent, valid_from, valid_to in rows:
            name = names.setdefault(full_name, name_of(full_name))
            district = f"{fold(within)}|{parent}" if within else ""
            if district:
                known = self.districts.get(district)
                if known is None:
                    known = self.districts[district] = District(name_of(within), within)
                known.communes.append(pk)
            self.units[pk] = Entry(
                pk, level == "province", name, district, parent, valid_from, valid_to
            )

    def _place(self) -> None:
        """Note of every unit which districts and provinces may stand beside it in an address."""
        for entry in self.units.values():
            around = [
                entry,
                *(self.units[pk] for pk in self.before[entry.pk] if pk in self.units),
                *(self.units[pk] for pk in self.after[entry.pk] if pk in self.units),
            ]
            entry.districts = frozenset(one.district for one in around if one.district)
            parents = (self.units.get(one.parent or one.pk) for one in around)
            entry.provinces = frozenset(one.name.key for one in parents if one)

    def _file(self) -> None:
        self.communes_called: dict[str, list[int]] = defaultdict(list)
        self.provinces_called: dict[str, list[int]] = defaultdict(list)
        self.districts_called: dict[str, list[str]] = defaultdict(list)
        self.inner: dict[str, list[int]] = defaultdict(list)
        for entry in self.units.values():
            shelf = self.provinces_called if entry.is_province else self.communes_called
            shelf[entry.name.key].append(entry.pk)
            words = entry.name.spelled
            if not entry.is_province:
                for start in range(1, len(words)):
                    self.inner[key_of(fold(word) for word in words[start:])].append(entry.pk)
        for code, district in self.districts.items():
            self.districts_called[district.name.key].append(code)
        for right, others in PROVINCE_ALIASES.items():
            for other in others:
                key = key_of(other.split())
                self.provinces_called[key] += self.provinces_called.get(key_of(right.split()), [])
        self.initials: dict[str, list[int]] = defaultdict(list)
        for entry in self.units.values():
            if entry.is_province:
                self.initials[entry.name.initials].append(entry.pk)
        self.keys = sorted({*self.communes_called, *self.provinces_called, *self.districts_called})
        self.inner_keys = sorted(self.inner)

    # --- Looking up ----------------------------------------------------------------------------

    def beginning(self, key: str) -> list[str]:
        """Return the keys of names that begin with ``key`` and go on, the shortest ones."""
        keys = nsmallest(MOST_BEGINNINGS, _beginning(self.keys, key), key=len)
        return self._enough(keys, self.communes_called)

    def inner_beginning(self, key: str) -> list[str]:
        """Return the keys of ends of names that begin with ``key``, the shortest ones."""
        itself = [key] if key in self.inner else []
        keys = itself + nsmallest(MOST_BEGINNINGS, _beginning(self.inner_keys, key), key=len)
        return self._enough(keys, self.inner)

    def _enough(self, keys: list[str], called: Mapping[str, list[int]]) -> list[str]:
        counts = accumulate(len(called.get(key, ())) for key in keys)
        return [key for key, count in zip(keys, counts, strict=True) if count <= MOST_BEGINNINGS]

    def provinces_for(self, key: str) -> list[int]:
        """Return the provinces of this name, or of these initials."""
        return self.provinces_called.get(key) or self.initials.get(key, [])

    def nearly(self, key: str) -> set[str]:
        """Return the keys that are one slip of the hand away from ``key``, itself not."""
        if len(key) < _SHORTEST_FOR_TYPOS:
            return set()
        found: set[str] = set()
        for form in (key, *_one_less(key)):
            found.update(self._slips.get(form, ()))
        return {one for one in found if one != key and abs(len(one) - len(key)) <= 1}

    def _misspelled(self) -> dict[str, list[str]]:
        slips: dict[str, list[str]] = defaultdict(list)
        for key in self.keys:
            if len(key) >= _SHORTEST_FOR_TYPOS - 1:
                for form in {key, *_one_less(key)}:
                    slips[form].append(key)
        return dict(slips)

    def on(self, pk: int, day: date) -> tuple[int, ...]:
        """Return the units in force on ``day`` where the unit lies or lay, the main one first."""
        entry = self.units[pk]
        if entry.is_in_force_on(day):
            return (pk,)
        ways = self.after if entry.valid_from <= day else self.before
        found: dict[int, None] = {}
        seen = {pk}
        queue = list(ways.get(pk, ()))
        while queue:
            here = queue.pop(0)
            if here in seen or here not in self.units:
                continue
            seen.add(here)
            if self.units[here].is_in_force_on(day):
                found[here] = None
            else:
                queue = list(ways.get(here, ())) + queue
        return tuple(found)


def _beginning(keys: list[str], key: str) -> Iterator[str]:
    place = bisect_left(keys, key)
    while place < len(keys) and keys[place].startswith(key):
        if keys[place] != key:
            yield keys[place]
        place += 1


def _one_less(key: str) -> Iterator[str]:
    """Yield ``key`` with each of its letters left out in turn."""
    return (key[:place] + key[place + 1 :] for place in range(len(key)))
