"""Finding a place by what people call it: today's name, an old one, or an old address."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from threading import Lock
from typing import Any

from django.db.models import Count, Max, Subquery, Sum, Value
from django.db.models.functions import Length

from outreach.places.models import AdministrativeUnit, Succession, UnitSet
from outreach.places.search.index import Index
from outreach.places.search.matching import Candidate, candidates
from outreach.places.search.reading import read

SURE_BY = 12.0
"""By how many points the best fit must lead before it alone is meant."""


@dataclass(frozen=True, slots=True)
class Match:
    """A unit that a text may mean.

    Attributes:
        unit: the unit that matched, with its province.
        today: the units in force on the day asked for in which it lies, the main one first; itself
            if it is in force. Empty where nobody knows what became of it.
        is_former: whether it is not in force on that day.
        is_approximate: whether it was divided: then only the exact place tells which unit it is in.
        is_whole: whether its name was written in full, not begun and without a slip.
        is_sure: whether the text names it in full and names nothing else as well.
        has_rest: whether words of the text are left that nothing explains.
        district: the former district that was named where no commune was; ``unit`` is then one of
            those it went into.
    """

    unit: AdministrativeUnit
    today: tuple[AdministrativeUnit, ...]
    is_former: bool
    is_approximate: bool
    is_whole: bool
    is_sure: bool
    has_rest: bool
    district: str = ""

    @property
    def name_in_full(self) -> str:
        """What was understood, from small to large: commune, former district, province."""
        province = self.unit.parent.full_name if self.unit.parent else ""
        within = "" if self.district else self.unit.within
        return ", ".join(part for part in (self.unit.full_name, within, province) if part)


def find(
    text: str,
    *,
    on: date,
    provinces: Collection[int] = (),
    limit: int = 10,
    communes_only: bool = False,
) -> list[Match]:
    """Return the units that a text may mean, best first.

    Understands names with and without accents, wherever a tone mark stands; kinds and their short
    forms (xã, P., TP.); "cũ" in front or behind; unfinished words; one slip of the hand where
    nothing else fits; and addresses of old, with commas, dashes or nothing between their parts.

    The units are read into memory once per process and again when they change; then a search takes
    one query to see whether they did and one to fetch what was found.

    Args:
        on: the day whose units are wanted.
        provinces: keys of the provinces the place must lie in on that day; all where empty.
        limit: how many at most.
        communes_only: leave provinces out.
    """
    index = _shelf.index()
    found = candidates(index, read(text), on)
    lead = _lead(found, index, on)
    kept: list[tuple[Candidate, tuple[int, ...]]] = []
    shown: set[tuple[str, tuple[int, ...]]] = set()
    for candidate in found:
        entry = index.units[candidate.unit]
        today = index.on(candidate.unit, on)
        if communes_only and entry.is_province:
            continue
        if provinces and not any(_province_of(index, pk) in provinces for pk in today):
            continue
        # Of a unit and the one of the same name it went into whole, the better fit is enough.
        if (entry.name.key, today) in shown:
            continue
        if len(today) == 1:
            shown.add((entry.name.key, today))
        kept.append((candidate, today))
        if len(kept) == limit:
            break
    return _fetched(kept, index, on, lead)


def forget() -> None:
    """Read the units again at the next search."""
    _shelf.forget()


def _lead(found: Sequence[Candidate], index: Index, on: date) -> float:
    """Return by how much the best leads the next one that lies elsewhere today."""
    if not found:
        return 0.0
    today = index.on(found[0].unit, on)
    others = (one.points for one in found[1:] if index.on(one.unit, on) != today)
    return found[0].points - next(others, 0.0)


def _province_of(index: Index, pk: int) -> int:
    return index.units[pk].parent or pk


def _fetched(
    kept: Sequence[tuple[Candidate, tuple[int, ...]]], index: Index, on: date, lead: float
) -> list[Match]:
    keys = {pk for candidate, today in kept for pk in (candidate.unit, *today)}
    units = AdministrativeUnit.objects.select_related("parent").in_bulk(keys)
    return [
        Match(
            unit=units[candidate.unit],
            today=tuple(units[pk] for pk in today if pk in units),
            is_former=not index.units[candidate.unit].is_in_force_on(on),
            is_approximate=len(today) > 1,
            is_whole=candidate.is_whole,
            is_sure=place == 0
            and candidate.is_whole
            and not candidate.district
            and lead >= SURE_BY,
            has_rest=candidate.rest,
            district=index.districts[candidate.district].full_name if candidate.district else "",
        )
        for place, (candidate, today) in enumerate(kept)
        if candidate.unit in units
    ]


class _Shelf:
    """The index of this process, and which state of the units it was made of."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._state: Any = None
        self._index: Index | None = None

    def index(self) -> Index:
        state = _state()
        index = self._index
        if index is None or state != self._state:
            with self._lock:
                if self._index is None or state != self._state:
                    self._index, self._state = Index.load(), state
                index = self._index
        return index

    def forget(self) -> None:
        with self._lock:
            self._index = self._state = None


_shelf = _Shelf()


def _state() -> tuple[Any, ...]:
    """Return what changes when units are loaded, activated, changed or taken back."""
    units = AdministrativeUnit.objects.active().aggregate(
        Count("pk"), Max("pk"), Count("valid_to"), letters=Sum(Length("folded"))
    )
    links = Succession.objects.order_by().values(every=Value(1)).annotate(count=Count("pk"))
    sets = UnitSet.objects.order_by("pk").values_list(
        "pk", "activated_at", Subquery(links.values("count"))
    )
    return (*units.values(), *sets)
