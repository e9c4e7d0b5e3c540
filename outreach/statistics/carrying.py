"""Figures in the units of one day, whatever the units were when they were counted.

A fact keeps the commune it was counted in. Where that commune has gone into one other, the fact
goes along. Where it was divided, the fact goes where its venue lies, if anybody knows that: by the
boundary around its point, or because a person gave it its commune. Else it goes to the main
successor, and is an estimate. No figure is ever divided or counted twice, so that both ways of
looking add up to the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q

from outreach.places import boundaries, lineage
from outreach.places.lineage import AllLinks, standing
from outreach.places.models import AdministrativeUnit, Venue
from outreach.places.placing import placed_by_the_product

Spot = tuple[int | None, int]
"""The commune a fact was counted in, and its venue."""
_BATCH = 500


@dataclass(frozen=True, slots=True)
class Ground:
    """Where a fact lies in the units of the day.

    Attributes:
        commune: key; ``None`` where none was recorded.
        province: key of its province.
        is_estimate: whether it may as well lie in another commune.
        may_cross: whether that other commune may lie in another province.
    """

    commune: int | None
    province: int | None
    is_estimate: bool = False
    may_cross: bool = False

    def of(self, level: str) -> int | None:
        """Return the key of its unit of a level."""
        return self.province if level == AdministrativeUnit.Level.PROVINCE else self.commune

    def is_doubtful(self, level: str) -> bool:
        """Tell whether its unit of a level is an estimate."""
        return self.may_cross if level == AdministrativeUnit.Level.PROVINCE else self.is_estimate


class Carried:
    """Where facts lie in the units in force on a day."""

    def __init__(self, spots: Iterable[Spot], day: date) -> None:
        """Find the ground of each spot, in a number of queries that does not grow with them."""
        wanted = set(spots)
        keys = {commune for commune, _venue in wanted if commune is not None}
        units: dict[int, AdministrativeUnit] = {}
        for batch in _batches(sorted(keys)):
            units |= AdministrativeUnit.objects.in_bulk(batch)
        ended = {key for key, unit in units.items() if not standing(unit).holds_on(day)}
        links = AllLinks() if ended else None
        became = {
            key: list(lineage.reached(standing(units[key]), day, links).items())
            for key in ended
            if links is not None
        }
        reached = {pk for found in became.values() for pk, _split in found}
        parents = _parents(reached | keys)
        divided = {
            (commune, venue)
            for commune, venue in wanted
            if commune in became and len(became[commune]) > 1
        }
        known = _known({venue for _commune, venue in divided}, day)
        self.ground: dict[Spot, Ground] = {}
        for spot in wanted:
            commune, venue = spot
            if commune is None:
                self.ground[spot] = Ground(None, None)
            elif not became.get(commune):
                self.ground[spot] = Ground(commune, parents.get(commune))
            else:
                self.ground[spot] = _among(
                    [pk for pk, _split in became[commune]], known.get(venue), parents
                )

    def within(self, level: str, units: Iterable[int | None]) -> Q:
        """Return the condition that a fact of an event lies in one of these units."""
        wanted = set(units)
        return self._where(
            spot for spot, ground in self.ground.items() if ground.of(level) in wanted
        )

    def doubtful(self, level: str) -> Q:
        """Return the condition that a fact's unit of a level is an estimate."""
        return self._where(
            spot for spot, ground in self.ground.items() if ground.is_doubtful(level)
        )

    def _where(self, spots: Iterable[Spot]) -> Q:
        """Return the condition on these spots, and on no others of those that were looked at."""
        venues: dict[int | None, set[int]] = defaultdict(set)
        for commune, venue in spots:
            venues[commune].add(venue)
        all_of: dict[int | None, set[int]] = defaultdict(set)
        for commune, venue in self.ground:
            all_of[commune].add(venue)
        whole = [key for key in venues if key is not None and venues[key] == all_of[key]]
        found = Q(commune__in=whole)
        for commune, some in venues.items():
            if commune is None:
                found |= Q(commune__isnull=True)
            elif commune not in whole:
                found |= Q(commune=commune, venue__in=some)
        return found


def _among(candidates: list[int], known: int | None, parents: dict[int, int | None]) -> Ground:
    """Return the ground of a venue whose commune went into several."""
    if known in candidates or len(candidates) == 1:
        commune = known if known in candidates else candidates[0]
        assert commune is not None
        return Ground(commune, parents.get(commune))
    return Ground(
        candidates[0],
        parents.get(candidates[0]),
        is_estimate=True,
        may_cross=len({parents.get(pk) for pk in candidates}) > 1,
    )


def _known(venues: set[int], day: date) -> dict[int, int]:
    """Return the communes of the day in which venues are known to lie, by venue."""
    if not venues:
        return {}
    guessed, shapes = placed_by_the_product(venues), boundaries.shapes_now()
    found: dict[int, int] = {}
    for batch in _batches(sorted(venues)):
        for venue in Venue.objects.filter(pk__in=batch):
            inside = shapes.unit_at(venue.point, day) if venue.point else None
            if inside is not None:
                found[venue.pk] = inside
            elif venue.commune_id is not None and venue.pk not in guessed:
                found[venue.pk] = venue.commune_id
    return found


def _parents(communes: set[int]) -> dict[int, int | None]:
    found: dict[int, int | None] = {}
    for batch in _batches(sorted(communes)):
        rows = AdministrativeUnit.objects.filter(pk__in=batch)
        found |= dict(rows.values_list("pk", "parent"))
    return found


def _batches(keys: list[int]) -> Iterable[list[int]]:
    return (keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH))
