"""What a source of administrative units says, before anything is stored."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from outreach.places.models import AdministrativeUnit

PROVINCE = AdministrativeUnit.Level.PROVINCE
COMMUNE = AdministrativeUnit.Level.COMMUNE


@dataclass(frozen=True, slots=True)
class UnitKey:
    """What tells units apart: a bare code is reused, a code with its first day is not."""

    level: str
    code: str
    valid_from: date


@dataclass(frozen=True, slots=True)
class UnitRow:
    """One unit as the source has it.

    Attributes:
        within: the district, while there were any.
        parent: the province of a commune; ``None`` for a province.
        valid_to: the first day on which it stood no more; ``None`` while it stands.
        lat: latitude of the office (commune) or of the middle (province), WGS 84 degrees.
    """

    level: str
    code: str
    name: str
    full_name: str
    valid_from: date
    valid_to: date | None = None
    parent: UnitKey | None = None
    within: str = ""
    lat: float | None = None
    lon: float | None = None
    area_km2: float | None = None

    @property
    def key(self) -> UnitKey:
        """What it is told apart by."""
        return UnitKey(self.level, self.code, self.valid_from)


@dataclass(frozen=True, slots=True)
class SuccessionRow:
    """One old unit and one of the units it went into."""

    predecessor: UnitKey
    successor: UnitKey
    is_main: bool = True
    is_split: bool = False


@dataclass(frozen=True, slots=True)
class Remark:
    """Something about one row that a person should read; ``row`` counts from 1."""

    row: int
    message: str


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """All a source says: units and successions, and what it could not say."""

    source: str
    units: list[UnitRow]
    successions: list[SuccessionRow]


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that may be stored, those that may not, and doubts about the former."""

    units: list[UnitRow]
    successions: list[SuccessionRow]
    refused: list[Remark]
    warnings: list[Remark]


def check(gazetteer: Gazetteer) -> Checked:
    """Tell the rows that can be stored from those that cannot.

    A unit is refused when it lacks a code or name, repeats another one's key, ends before it
    starts, has a point off the earth, or lies in a province that is not there. A succession is left
    out, with a warning, when one of its units is.
    """
    numbered = list(enumerate(gazetteer.units, 1))
    kept: dict[UnitKey, UnitRow] = {}
    refused, warnings = [], []
    for level in (PROVINCE, COMMUNE):
        for number, unit in numbered:
            if unit.level != level:
                continue
            fault = _fault(unit, kept)
            if fault:
                refused.append(Remark(number, fault))
            else:
                kept[unit.key] = unit
    successions = [
        row for row in gazetteer.successions if row.predecessor in kept and row.successor in kept
    ]
    dropped = len(gazetteer.successions) - len(successions)
    if dropped:
        warnings.append(Remark(0, f"{dropped} successions name a unit that is not there."))
    warnings += _doubts(numbered, kept, successions)
    return Checked(list(kept.values()), successions, refused, warnings)


def _fault(unit: UnitRow, kept: dict[UnitKey, UnitRow]) -> str:
    """Return why a unit cannot be stored, or nothing."""
    name = f"{unit.full_name or '?'} ({unit.code or '?'})"
    if not (unit.code and unit.name and unit.full_name):
        return f"{name}: code or name is missing."
    if unit.valid_to is not None and unit.valid_to <= unit.valid_from:
        return f"{name}: ends before it starts."
    if unit.key in kept:
        return f"{name}: the same code from the same day is there twice."
    if unit.lat is not None and not (-90 <= unit.lat <= 90 and -180 <= (unit.lon or 0) <= 180):
        return f"{name}: {unit.lat}, {unit.lon} is not on the earth."
    if unit.level == COMMUNE and unit.parent not in kept:
        return f"{name}: its province is not there."
    return ""


def _doubts(
    numbered: Iterable[tuple[int, UnitRow]],
    kept: dict[UnitKey, UnitRow],
    successions: list[SuccessionRow],
) -> list[Remark]:
    """Return what looks wrong about rows that can be stored all the same."""
    led_on = {row.predecessor for row in successions if row.is_main}
    doubts = []
    for number, unit in numbered:
        if kept.get(unit.key) is not unit:
            continue
        if unit.valid_to is not None and unit.key not in led_on:
            doubts.append(Remark(number, f"{unit.full_name} ({unit.code}): has no main successor."))
        if unit.valid_to is None and unit.level == COMMUNE and unit.lat is None:
            doubts.append(Remark(number, f"{unit.full_name} ({unit.code}): has no office point."))
    return doubts
