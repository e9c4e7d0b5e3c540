"""What is stored and active, as a load compares with it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from outreach.places.loading.gazetteer import Span, SuccessionRow, UnitKey
from outreach.places.models import AdministrativeUnit, Boundary, Succession, UnitChange


def key_of(unit: AdministrativeUnit) -> UnitKey:
    """Return what tells a unit apart within its country."""
    return UnitKey(unit.level, unit.code, unit.valid_from)


class Known:
    """The active units of a country with their successions."""

    def __init__(self, country: str) -> None:
        self.country = country
        units = AdministrativeUnit.objects.active().filter(country=country)
        self.units = {key_of(unit): unit for unit in units}
        self.keys = {unit.pk: key for key, unit in self.units.items()}
        self.heirs = self._successions()
        self._before = self._earlier()

    def spans(self) -> dict[UnitKey, Span]:
        """Return how long each unit stands."""
        return {
            key: Span(unit.valid_from, unit.valid_to, unit.full_name)
            for key, unit in self.units.items()
        }

    def before(self, unit: AdministrativeUnit) -> list[dict[str, Any]]:
        """Return what each active set found when it changed the unit."""
        return self._before.get(unit.pk, [])

    def was(self, unit: AdministrativeUnit, name: str, value: Any) -> bool:
        """Tell whether an active set replaced just this value of a unit by another.

        A source that still says so is older: loading it again must not undo the later one.
        """
        return any(name in before and before[name] == value for before in self.before(unit))

    def shapes(self, keys: Iterable[UnitKey]) -> dict[int, Boundary]:
        """Return the stored boundaries of units."""
        wanted = [self.units[key].pk for key in keys if key in self.units]
        return Boundary.objects.in_bulk(wanted)

    def _successions(self) -> dict[UnitKey, list[SuccessionRow]]:
        rows = Succession.objects.active().filter(predecessor__country=self.country)
        found: dict[UnitKey, list[SuccessionRow]] = defaultdict(list)
        for old, new, is_main, is_split in rows.order_by().values_list(
            "predecessor_id", "successor_id", "is_main", "is_split"
        ):
            if old in self.keys and new in self.keys:
                link = SuccessionRow(self.keys[old], self.keys[new], is_main, is_split)
                found[link.predecessor].append(link)
        return found

    def _earlier(self) -> dict[int, list[dict[str, Any]]]:
        changes = UnitChange.objects.filter(unit_set__activated_at__isnull=False)
        found: dict[int, list[dict[str, Any]]] = defaultdict(list)
        for unit, before in changes.filter(unit__country=self.country).values_list(
            "unit_id", "before"
        ):
            found[unit].append(before)
        return found
