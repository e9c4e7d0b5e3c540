"""Finding a place among all units of Vietnam, against fetching the same ten units by their keys."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from itertools import cycle
from time import perf_counter

from django.core.management import call_command

from benchmarks.table import Row, milliseconds, show
from outreach.common import clock
from outreach.common.folding import fold
from outreach.places import search
from outreach.places.models import AdministrativeUnit

ASKED = 200
LONGEST_MS = 50.0


def main() -> bool:
    """Measure typing, old addresses and slips of the hand."""
    call_command("load_units", "--commit", "--activate", verbosity=0)
    count = AdministrativeUnit.objects.active().communes().count()
    title = f"A place among {count:,} communes (floor: fetching ten units by key)"
    return show(title, _rows())


def _rows() -> Iterator[Row]:
    units = AdministrativeUnit.objects.active()
    keys = list(units.values_list("pk", flat=True)[:10])
    floor_ms = milliseconds(lambda: units.select_related("parent").in_bulk(keys), ASKED)
    build_ms = milliseconds(_read_anew, 3)
    yield Row("reading the units, once in a process", build_ms, floor_ms)
    for what, texts in _asked().items():
        slowest_ms = max(map(_once, texts))
        # The median is the figure; the slowest of all must stay under 50 ms.
        most = None if slowest_ms < LONGEST_MS else 0.0
        ours_ms = milliseconds(_next_of(texts), ASKED)
        yield Row(what, ours_ms, floor_ms, most, f"slowest {slowest_ms:.0f} ms")


def _read_anew() -> None:
    search.forget()
    search.find("", on=clock.today())


def _once(text: str) -> float:
    start = perf_counter()
    search.find(text, on=clock.today())
    return (perf_counter() - start) * 1000


def _next_of(texts: list[str]) -> Callable[[], object]:
    waiting = cycle(texts)
    return lambda: search.find(next(waiting), on=clock.today())


def _asked() -> dict[str, list[str]]:
    chance = random.Random(3)
    communes = AdministrativeUnit.objects.active().communes().select_related("parent")
    old = chance.sample(list(communes.exclude(valid_to=None)), ASKED)
    new = chance.sample(list(communes.filter(valid_to=None)), ASKED)
    return {
        "two letters": [fold(unit.name)[:2] for unit in new],
        "five letters": [fold(unit.name)[:5] for unit in new],
        "a name and its province": [f"{unit.full_name}, {unit.parent}" for unit in new],
        "an old address": [f"thôn 3, {unit}, {unit.within}, {unit.parent}" for unit in old],
        "the same without accents": [fold(f"{unit} {unit.within} {unit.parent}") for unit in old],
        "one letter missing": [_slipped(fold(unit.name), chance) for unit in new],
    }


def _slipped(name: str, chance: random.Random) -> str:
    place = chance.randrange(len(name))
    return name[:place] + name[place + 1 :]
