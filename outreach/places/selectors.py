"""Reads about places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from outreach.places import boundaries, lineage
from outreach.places.boundaries import Shapes
from outreach.places.lineage import Links, Standing, StoredLinks, standing
from outreach.places.models import AdministrativeUnit, Succession, Venue

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Lineage:
    """A unit that shares ground with another one.

    Attributes:
        is_split: a unit on the way was divided among several: figures carried along are estimates.
    """

    unit: AdministrativeUnit
    is_split: bool


def unit_on(unit: AdministrativeUnit, day: date) -> AdministrativeUnit:
    """Return the unit that stood on ``day`` where ``unit`` stands (or stood).

    Follows successions backwards or forwards, preferring the unit that kept the code, then the main
    successor. Returns ``unit`` itself where nothing better is known.
    """
    found = lineage.reached(standing(unit), day, StoredLinks())
    best = next(iter(found), unit.pk)
    return unit if best == unit.pk else AdministrativeUnit.objects.get(pk=best)


def successors_of(unit: AdministrativeUnit, day: date) -> list[Lineage]:
    """Return the units of ``day`` that ``unit`` went into, the main one first.

    Follows later reforms as far as needed. A unit in force on ``day`` is its own only answer; empty
    where nobody knows what became of it, and for a day before it was made.
    """
    return [] if day < unit.valid_from else _lineages(unit, day)


def predecessors_of(unit: AdministrativeUnit, day: date) -> list[Lineage]:
    """Return the units of ``day`` that ``unit`` was made of, the one that kept its code first.

    A unit in force on ``day`` is its own only answer; empty where nobody knows what was there, and
    for a day after it ended.
    """
    ended = unit.valid_to is not None and day >= unit.valid_to
    return [] if ended else _lineages(unit, day)


def _lineages(unit: AdministrativeUnit, day: date) -> list[Lineage]:
    found = lineage.reached(standing(unit), day, StoredLinks())
    units = AdministrativeUnit.objects.select_related("parent").in_bulk(found)
    return [Lineage(units[pk], is_split) for pk, is_split in found.items()]


def origins_of(unit: AdministrativeUnit) -> list[Lineage]:
    """Return the units that went into this one the day it was made, by name."""
    rows = Succession.objects.active().filter(successor=unit)
    return [
        Lineage(row.predecessor, row.is_split)
        for row in rows.select_related("predecessor__parent").order_by("predecessor__full_name")
    ]


def heirs_of(unit: AdministrativeUnit) -> list[Lineage]:
    """Return the units that this one went into the day it ended, the main one first."""
    rows = Succession.objects.active().filter(predecessor=unit)
    return [
        Lineage(row.successor, row.is_split)
        for row in rows.select_related("successor__parent").order_by(
            "-is_main", "successor__full_name"
        )
    ]


def commune_of(venue: Venue, day: date) -> AdministrativeUnit | None:
    """Return the commune a venue lay in on ``day``; ``None`` where its units are not loaded.

    Where the venue's commune was divided, or was made of several, the one whose boundary holds the
    venue's point, if both are known; else the one that the venue is known to have lain in; else the
    likeliest.
    """
    if venue.commune is None:
        return None
    found = Whereabouts(StoredLinks()).commune_on(
        standing(venue.commune),
        venue.point,
        day,
        is_active=venue.commune.is_active,
        former=lambda: communes_before([venue.pk]).get(venue.pk, []),
    )
    if found is None or found == venue.commune.pk:
        return None if found is None else venue.commune
    return AdministrativeUnit.objects.select_related("parent").get(pk=found)


class Whereabouts:
    """Says which commune a venue lay in on a day, for one venue or, with all links read, many."""

    def __init__(self, links: Links) -> None:
        self.links = links

    @cached_property
    def shapes(self) -> Shapes:
        """The boundaries, read when first asked for."""
        return boundaries.shapes_now()

    def commune_on(
        self,
        commune: Standing,
        point: tuple[float, float] | None,
        day: date,
        *,
        is_active: bool = True,
        former: Callable[[], Sequence[int]] = tuple,
    ) -> int | None:
        """Return the key of the commune of ``day`` for a venue that is known to lie in ``commune``.

        The known commune itself where the trail ends before that day, so that nothing is lost;
        ``None`` if its set is not active.

        Boundaries and earlier communes never lead out of the relatives of the known one: published
        boundaries are simplified, and a school near a border must not change hands for it.

        Args:
            former: returns the communes the venue was in before, the latest first; asked only
                where several are possible.
        """
        if not is_active:
            return None
        possible = list(lineage.reached(commune, day, self.links))
        if len(possible) > 1:
            inside = None if point is None else self.shapes.unit_at(point, day)
            hints = (pk for pk in (inside, *former()) if pk in possible)
            return next(hints, possible[0])
        return possible[0] if possible else commune.pk


def communes_before(venues: Collection[int]) -> dict[int, list[int]]:
    """Return, by venue, the keys of the communes in its history, the latest first."""
    found: dict[int, list[int]] = defaultdict(list)
    history: Any = Venue.history.model
    keys = sorted(venues)
    for begin in range(0, len(keys), _BATCH):
        rows = history.objects.filter(
            id__in=keys[begin : begin + _BATCH], commune_id__isnull=False
        ).order_by("-history_id")
        for venue, commune in rows.values_list("id", "commune_id"):
            if commune not in found[venue]:
                found[venue].append(commune)
    return found
