"""Telling whether a stored, inactive set says just what a load would store."""

from __future__ import annotations

from typing import Any

from outreach.places.loading.difference import Difference, as_json
from outreach.places.loading.gazetteer import SuccessionRow, UnitKey, UnitRow
from outreach.places.loading.known import key_of
from outreach.places.models import AdministrativeUnit, Boundary, Succession, UnitSet

Saying = tuple[Any, ...]


def is_same(unit_set: UnitSet, difference: Difference) -> bool:
    """Tell whether activating the set would change just what the difference does."""
    if unit_set.units.count() != len(difference.new):
        return False
    return _of_set(unit_set) == _of_difference(difference)


def _of_difference(difference: Difference) -> set[Saying]:
    said: set[Saying] = {_of_row(row) for row in difference.new}
    links = list(difference.links)
    for rows in difference.relinked.values():
        links += rows
    said |= {_of_link(link) for link in links}
    for key, change in difference.changes.items():
        said |= {("fact", key, name, value) for name, value in change.after.items()}
        if change.parent is not None:
            said.add(("fact", key, "parent", change.parent))
        if change.shape is not None:
            said.add(("fact", key, "boundary", change.shape.hex()))
    return said


def _of_row(row: UnitRow) -> Saying:
    facts = (row.name, row.full_name, row.within or "", row.lat, row.lon, row.area_km2)
    return ("unit", row.key, as_json(row.valid_to), row.parent, *facts, row.shape)


def _of_link(link: SuccessionRow) -> Saying:
    return ("link", link.predecessor, link.successor, link.is_main, link.is_split)


class _Keys(dict[int, UnitKey]):
    """Finds the keys of units that were not read along."""

    def __missing__(self, pk: int) -> UnitKey:
        key = key_of(AdministrativeUnit.objects.get(pk=pk))
        self[pk] = key
        return key


def _of_set(unit_set: UnitSet) -> set[Saying]:
    units = list(unit_set.units.select_related("parent"))
    keys = _Keys((unit.pk, key_of(unit)) for unit in units)
    keys.update((unit.parent.pk, key_of(unit.parent)) for unit in units if unit.parent)
    shapes = {
        boundary.pk: bytes(boundary.shape)
        for boundary in Boundary.objects.filter(unit__unit_set=unit_set)
    }
    said: set[Saying] = {
        _of_row(
            UnitRow(
                level=unit.level,
                code=unit.code,
                name=unit.name,
                full_name=unit.full_name,
                valid_from=unit.valid_from,
                valid_to=unit.valid_to,
                parent=keys[unit.parent_id] if unit.parent_id else None,
                within=unit.within,
                lat=unit.lat,
                lon=unit.lon,
                area_km2=unit.area_km2,
                shape=shapes.get(unit.pk),
            )
        )
        for unit in units
    }
    return said | _changes_of(unit_set, keys) | _links_of(unit_set, keys)


def _changes_of(unit_set: UnitSet, keys: _Keys) -> set[Saying]:
    said: set[Saying] = set()
    for change in unit_set.changes.select_related("unit"):
        key = key_of(change.unit)
        for name, value in change.after.items():
            if name == "successions":
                said |= {
                    ("link", key, keys[successor], is_main, is_split)
                    for _pk, successor, is_main, is_split, _set in value
                }
            elif name == "parent":
                said.add(("fact", key, name, keys[value]))
            elif name == "boundary":
                said.add(("fact", key, name, value["shape"]))
            else:
                said.add(("fact", key, name, value))
    return said


def _links_of(unit_set: UnitSet, keys: _Keys) -> set[Saying]:
    """Return the successions of a set whose flags are not told by a change."""
    told = [change.unit_id for change in unit_set.changes.all() if "successions" in change.after]
    rows = Succession.objects.filter(unit_set=unit_set).exclude(predecessor__in=told)
    pairs = rows.select_related("predecessor", "successor")
    return {
        (
            "link",
            keys.setdefault(row.predecessor_id, key_of(row.predecessor)),
            keys.setdefault(row.successor_id, key_of(row.successor)),
            row.is_main,
            row.is_split,
        )
        for row in pairs
    }
