"""Comparing what a source says with what is stored, and storing the difference."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from outreach.common import clock
from outreach.common.folding import slug
from outreach.places.loading.gazetteer import (
    Checked,
    Gazetteer,
    Remark,
    SuccessionRow,
    UnitKey,
    UnitRow,
    check,
)
from outreach.places.models import AdministrativeUnit, Succession, UnitSet

_FIELDS = ("name", "full_name", "within", "valid_to", "lat", "lon", "area_km2")
_BATCH = 2000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a load came to, or would come to.

    ``rows`` is ``imported + len(refused)``; ``imported`` counts the units that were there already
    as well, so that loading twice reports the same.
    """

    source: str
    rows: int
    new: int
    changed: int
    unchanged: int
    successions: int
    refused: list[Remark]
    warnings: list[Remark]

    @property
    def imported(self) -> int:
        """Units of the source that are, or would be, stored as it says."""
        return self.new + self.changed + self.unchanged


def load(
    gazetteer: Gazetteer, *, commit: bool, country: str = "VN", now: datetime | None = None
) -> Outcome:
    """Compare the units of a source with the stored ones and, with ``commit``, store them.

    New units are stored inactive, with their successions, and then activated as one set, all in
    one transaction. Units the source no longer names are left as they are.

    Args:
        commit: store; otherwise only tell what would happen.
        country: ISO 3166 code the units belong to.

    Raises:
        django.db.IntegrityError: if a unit's code is taken at that time by one stored from
            another source.
    """
    checked = check(gazetteer)
    difference = _Difference(checked.units, country)
    if commit:
        with transaction.atomic():
            _store(gazetteer.source, checked, difference, country, now or clock.now())
    return Outcome(
        source=gazetteer.source,
        rows=len(gazetteer.units),
        new=len(difference.new),
        changed=len(difference.changed),
        unchanged=len(checked.units) - len(difference.new) - len(difference.changed),
        successions=len(checked.successions),
        refused=checked.refused,
        warnings=checked.warnings,
    )


class _Difference:
    """Which units of a source are new, and which are stored otherwise."""

    def __init__(self, rows: Iterable[UnitRow], country: str) -> None:
        self.stored = _stored(country)
        self.new: list[UnitRow] = []
        self.changed: list[UnitRow] = []
        for row in rows:
            unit = self.stored.get(row.key)
            if unit is None:
                self.new.append(row)
            elif _differs(unit, row, self.stored):
                self.changed.append(row)


def _stored(country: str) -> dict[UnitKey, AdministrativeUnit]:
    return {
        UnitKey(unit.level, unit.code, unit.valid_from): unit
        for unit in AdministrativeUnit.objects.filter(country=country)
    }


def _differs(
    unit: AdministrativeUnit, row: UnitRow, stored: dict[UnitKey, AdministrativeUnit]
) -> bool:
    parent = stored[row.parent].pk if row.parent in stored else None
    return (
        not unit.is_active
        or unit.parent_id != parent
        or any(getattr(unit, name) != getattr(row, name) for name in _FIELDS)
    )


def _store(
    source: str, checked: Checked, difference: _Difference, country: str, now: datetime
) -> None:
    stored = difference.stored
    if difference.new:
        unit_set = _unit_set(source)
        for level in AdministrativeUnit.Level.values:
            rows = [row for row in difference.new if row.level == level]
            units = [_unit(row, unit_set, country, stored) for row in rows]
            AdministrativeUnit.objects.bulk_create(units, batch_size=_BATCH)
            stored.update(zip((row.key for row in rows), units, strict=True))
    _change(difference.changed, stored)
    _link(checked.successions, stored)
    if difference.new:
        _activate(unit_set, now)


def _unit_set(source: str) -> UnitSet:
    return UnitSet.objects.get_or_create(name=slug(source)[:80], defaults={"source": source})[0]


def _unit(
    row: UnitRow, unit_set: UnitSet, country: str, stored: dict[UnitKey, AdministrativeUnit]
) -> AdministrativeUnit:
    unit = AdministrativeUnit(
        unit_set=unit_set,
        country=country,
        level=row.level,
        code=row.code,
        valid_from=row.valid_from,
        parent=stored[row.parent] if row.parent else None,
        is_active=False,
        **{name: getattr(row, name) for name in _FIELDS},
    )
    unit.folded = unit.folded_name()
    return unit


def _change(rows: list[UnitRow], stored: dict[UnitKey, AdministrativeUnit]) -> None:
    """Bring stored units in line with the source."""
    units = []
    for row in rows:
        unit = stored[row.key]
        for name in _FIELDS:
            setattr(unit, name, getattr(row, name))
        unit.parent = stored[row.parent] if row.parent else None
        unit.folded = unit.folded_name()
        unit.is_active = True
        units.append(unit)
    AdministrativeUnit.objects.bulk_update(
        units, [*_FIELDS, "parent", "folded", "is_active"], batch_size=200
    )


def _link(rows: list[SuccessionRow], stored: dict[UnitKey, AdministrativeUnit]) -> None:
    """Store the successions that are missing or stored otherwise."""
    known = {(link.predecessor_id, link.successor_id): link for link in Succession.objects.all()}
    new, changed = [], []
    for row in rows:
        pair = (stored[row.predecessor].pk, stored[row.successor].pk)
        link = known.get(pair)
        if link is None:
            new.append(
                Succession(
                    predecessor_id=pair[0],
                    successor_id=pair[1],
                    is_main=row.is_main,
                    is_split=row.is_split,
                )
            )
        elif (link.is_main, link.is_split) != (row.is_main, row.is_split):
            link.is_main, link.is_split = row.is_main, row.is_split
            changed.append(link)
    # Those that stop being the main one first: an old unit has one at a time.
    for link in sorted(changed, key=lambda link: link.is_main):
        link.save()
    Succession.objects.bulk_create(new, batch_size=_BATCH)


def _activate(unit_set: UnitSet, now: datetime) -> None:
    unit_set.units.filter(is_active=False).update(is_active=True)
    UnitSet.objects.filter(pk=unit_set.pk).update(activated_at=now)
