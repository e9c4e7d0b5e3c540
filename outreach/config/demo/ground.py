"""The units the demonstration stands on: loaded, served, and some of them coming first."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from functools import cached_property

from outreach.config.demo import inputs, terrain
from outreach.config.demo.people import People, Staff
from outreach.places.loading import store, vietnam
from outreach.places.models import AdministrativeUnit, ServiceArea, Succession, UnitPriority

_LEAST_REMOTE_KM2 = 40.0


class Ground:
    """The communes of the five provinces as they stand now, and what they were made of."""

    def __init__(self) -> None:
        current = AdministrativeUnit.objects.active().filter(valid_to__isnull=True)
        self.communes = {unit.code: unit for unit in current.communes()}
        self.provinces = {unit.code: unit for unit in current.provinces()}
        self.first_day = min(unit.valid_from for unit in self.provinces.values())

    @cached_property
    def _origins(self) -> dict[int, list[AdministrativeUnit]]:
        """Former communes of each commune: the one that kept its code first, then by code."""
        origins = defaultdict(list)
        links = Succession.objects.active().filter(successor__in=self.communes.values())
        for link in links.select_related("predecessor", "successor"):
            kept = link.predecessor.code == link.successor.code
            origins[link.successor_id].append(
                (not kept, not link.is_main, link.predecessor.code, link.predecessor)
            )
        return {pk: [row[-1] for row in sorted(rows, key=_order)] for pk, rows in origins.items()}

    def former(self, commune: AdministrativeUnit) -> list[AdministrativeUnit]:
        """Return the communes that went into this one, the likeliest site of its office first."""
        return self._origins.get(commune.pk, [])

    def on(self, commune: AdministrativeUnit, day: date) -> AdministrativeUnit:
        """Return the commune that stood on ``day`` where this one stands.

        The same choice as ``places.selectors.unit_on``, without a query for each event.
        """
        if day >= commune.valid_from:
            return commune
        return self.former(commune)[0]

    def divided(self, staff: Staff) -> AdministrativeUnit | None:
        """Return a former commune of the library's province that went into several, if any did."""
        links = Succession.objects.active().filter(
            is_split=True, is_main=True, successor__parent__code=staff.facts["province"]
        )
        link = links.select_related("predecessor").order_by("predecessor__code").first()
        return None if link is None else link.predecessor

    def capital(self, staff: Staff) -> AdministrativeUnit:
        """Return the commune in which the library has its building."""
        return self.communes[staff.facts["capital"]]

    def remote(self, staff: Staff) -> list[AdministrativeUnit]:
        """Return the rural communes a library's vans go to.

        Of those that are far from its town and wide, every second one; those on the border that
        ``fixtures/demo`` names come first.
        """
        province = self.provinces[staff.facts["province"]]
        town = self.capital(staff).point
        assert town is not None
        borders = {row["code"] for row in priorities() if row["kind"] == "border"}
        scored = [
            (unit.code in borders, terrain.distance_km(town, unit.point) * unit.area_km2, unit)
            for unit in self.communes.values()
            if unit.parent_id == province.pk
            and unit.full_name.startswith("Xã ")
            and unit.code not in staff.facts.get("water_communes", [])
            and unit.point is not None
            and (unit.area_km2 or 0) > _LEAST_REMOTE_KM2
            and unit.area_km2 is not None
        ]
        scored.sort(key=lambda row: (not row[0], -row[1], row[2].code))
        chosen = [unit for on_border, _score, unit in scored if on_border]
        others = [unit for on_border, _score, unit in scored if not on_border]
        wanted: int = staff.facts["remote_communes"]
        return [*chosen, *others[::2]][:wanted]

    def waterside(self, staff: Staff) -> list[AdministrativeUnit]:
        """Return the communes a library's boat goes to."""
        return [self.communes[code] for code in staff.facts.get("water_communes", [])]


def _order(row: tuple[bool, bool, str, AdministrativeUnit]) -> tuple[bool, bool, str]:
    return row[:3]


def priorities() -> list[dict[str, str]]:
    """Return the communes that come first, each with kind and why."""
    rows: list[dict[str, str]] = inputs.read("libraries")["priority_communes"]
    return rows


def make(people: People, now: datetime) -> Ground:
    """Load the units of the five provinces and say who serves them."""
    codes = [staff.facts["province"] for staff in people.staff]
    store.load(vietnam.read(codes), commit=True, activate=True, now=now)
    ground = Ground()
    ServiceArea.objects.bulk_create(_service_areas(people, ground))
    UnitPriority.objects.bulk_create(
        UnitPriority(
            unit=ground.communes[row["code"]],
            kind=row["kind"],
            valid_from=ground.first_day,
            source=f"demo: {row['because']}",
        )
        for row in priorities()
    )
    return ground


def _service_areas(people: People, ground: Ground) -> list[ServiceArea]:
    """Return the provinces of each library, those before July 2025 included."""
    areas = []
    for staff in people.staff:
        province = ground.provinces[staff.facts["province"]]
        former = AdministrativeUnit.objects.filter(successions__successor=province)
        areas += [ServiceArea(library=staff.library, unit=unit) for unit in [province, *former]]
    return areas
