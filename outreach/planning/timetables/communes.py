"""The commune a stop lies in, as far as the loaded units tell."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from statistics import median

from outreach.accounts.models import Library
from outreach.common.folding import fold
from outreach.places import boundaries, search
from outreach.places.domain import distance_km, furthest_expected_km
from outreach.places.models import AdministrativeUnit
from outreach.planning.timetables.stops import Stop

_REACH_DEG = 2.0
"""Units with an office no nearer than this, some 200 km, are not those of the stops."""


class Communes:
    """Finds the communes of stops: by the boundary around the point, by name, or by address."""

    def __init__(self, library: Library, stops: Sequence[Stop], today: date) -> None:
        self._today = today
        self._understood: dict[str, AdministrativeUnit | None] = {}
        units = AdministrativeUnit.objects.in_force_on(today).communes()
        served = list(library.service_areas.values_list("unit", flat=True)) if library.pk else []
        self._served = served
        points = [stop.point for stop in stops if stop.point is not None]
        if served:
            units = units.filter(parent__in=served)
        elif points:
            lat, lon = (median(values) for values in zip(*points, strict=True))
            units = units.filter(
                lat__range=(lat - _REACH_DEG, lat + _REACH_DEG),
                lon__range=(lon - _REACH_DEG, lon + _REACH_DEG),
            )
        self._by_name: dict[str, list[AdministrativeUnit]] = {}
        for unit in units:
            for name in {fold(unit.name), fold(unit.full_name)}:
                self._by_name.setdefault(name, []).append(unit)

    @property
    def are_loaded(self) -> bool:
        """Whether any units around the stops are."""
        return bool(self._by_name)

    def of(self, stop: Stop) -> AdministrativeUnit | None:
        """Return the commune of a stop, or ``None`` where nothing tells it for certain."""
        if not self.are_loaded:
            return None
        if stop.point is not None and boundaries.are_known(self._today):
            within = boundaries.commune_at(stop.point, self._today)
            if within is not None:
                return within
        parts = [stop.community, *stop.address.split(",")]
        for name in filter(None, (fold(part) for part in parts)):
            found = [unit for unit in self._by_name.get(name, ()) if _can_lie_in(stop, unit)]
            if len(found) == 1:
                return found[0]
        commune = self._by_address(
            ", ".join(part for part in (stop.community, stop.address) if part)
        )
        return commune if commune is not None and _can_lie_in(stop, commune) else None

    def _by_address(self, text: str) -> AdministrativeUnit | None:
        """Return the commune that an address, an old one too, names beyond doubt."""
        if not text or not self._served:
            return None
        if text not in self._understood:
            found = search.find(
                text, on=self._today, provinces=self._served, limit=2, communes_only=True
            )
            sure = found and found[0].is_sure and not found[0].is_approximate and found[0].today
            self._understood[text] = found[0].today[0] if sure else None
        return self._understood[text]


def _can_lie_in(stop: Stop, unit: AdministrativeUnit) -> bool:
    if stop.point is None or unit.point is None:
        return True
    return distance_km(stop.point, unit.point) <= furthest_expected_km(unit.area_km2)
