"""What a new unit has from those it was made of, where the source does not state it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace

import shapely

from outreach.places.loading.gazetteer import SuccessionRow, UnitKey, UnitRow
from outreach.places.loading.known import Known
from outreach.places.models import AdministrativeUnit, Boundary


def inherit(rows: list[UnitRow], links: list[SuccessionRow], known: Known) -> list[UnitRow]:
    """Give each new unit that is the whole of stored ones their ground and area.

    A unit that is only renamed has its predecessor's office as well; where several were merged,
    nobody knows the office until it is stated.
    """
    whole = _whole(links)
    origins = {
        row.key: [known.units[key] for key in whole[row.key]]
        for row in rows
        if row.key not in known.units
        and row.key in whole
        and all(key in known.units for key in whole[row.key])
    }
    shapes = Boundary.objects.in_bulk({unit.pk for units in origins.values() for unit in units})
    return [
        _inherited(row, origins[row.key], shapes) if row.key in origins else row for row in rows
    ]


def _whole(links: list[SuccessionRow]) -> dict[UnitKey, list[UnitKey]]:
    """Return what each unit was made of, for those made of undivided units only."""
    origins: dict[UnitKey, list[UnitKey]] = defaultdict(list)
    parts = {link.successor for link in links if link.is_split}
    for link in links:
        if link.successor not in parts:
            origins[link.successor].append(link.predecessor)
    return origins


def _inherited(
    row: UnitRow, origins: list[AdministrativeUnit], shapes: Mapping[int, Boundary]
) -> UnitRow:
    if row.area_km2 is None and all(unit.area_km2 is not None for unit in origins):
        row = replace(row, area_km2=round(sum(unit.area_km2 or 0 for unit in origins), 6))
    if row.shape is None and all(unit.pk in shapes for unit in origins):
        row = replace(row, shape=_union([bytes(shapes[unit.pk].shape) for unit in origins]))
    if row.lat is None and len(origins) == 1:
        row = replace(row, lat=origins[0].lat, lon=origins[0].lon)
    return row


def _union(shapes: list[bytes]) -> bytes:
    if len(shapes) == 1:
        return shapes[0]
    return bytes(shapely.to_wkb(shapely.union_all(shapely.from_wkb(shapes)), byte_order=1))
