"""What a source of administrative units says, before anything is stored."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
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
    """One unit as the source has it. What is ``None``, or a name left empty, it does not state.

    Attributes:
        within: the district, while there were any.
        parent: the province of a commune; ``None`` for a province.
        valid_to: the first day on which it stood no more. A source that knows of no end does not
            state that there will be none: a later reform may have ended the unit.
        lat: latitude of the office (commune) or of the middle (province), WGS 84 degrees.
        shape: its boundary as WKB, longitude and latitude, WGS 84.
        number: its row in the source, counted from 1; 0 for what follows from another row.
    """

    level: str
    code: str
    name: str
    full_name: str
    valid_from: date
    valid_to: date | None = None
    parent: UnitKey | None = None
    within: str | None = None
    lat: float | None = None
    lon: float | None = None
    area_km2: float | None = None
    shape: bytes | None = None
    number: int = 0

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
    """All a source says: units and successions, and the rows that could not be read.

    Attributes:
        rows: how many rows the source has; counted from the units where ``None``.
    """

    source: str
    units: list[UnitRow]
    successions: list[SuccessionRow]
    refused: list[Remark] = field(default_factory=list)
    warnings: list[Remark] = field(default_factory=list)
    rows: int | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that may be stored, those that may not, and doubts about the former."""

    units: list[UnitRow]
    successions: list[SuccessionRow]
    refused: list[Remark]
    warnings: list[Remark]


@dataclass(frozen=True, slots=True)
class Span:
    """How long a unit that is stored stands, and what it is called."""

    valid_from: date
    valid_to: date | None
    label: str

    def overlaps(self, start: date, end: date | None) -> bool:
        """Tell whether the unit stood at any time in ``[start, end)``."""
        return (end is None or self.valid_from < end) and (
            self.valid_to is None or start < self.valid_to
        )


def check(gazetteer: Gazetteer, stored: Mapping[UnitKey, Span] | None = None) -> Checked:
    """Tell the rows that can be stored from those that cannot.

    A unit is refused when it lacks a code or name, repeats another one's key, ends before it
    starts, has a point off the earth, lies in a province that is not there, or bears a code that
    another unit has at that time. A succession is left out, with a warning, when one of its units
    is.

    Args:
        stored: the units that are active already; a province or predecessor may be one of them.
    """
    known = stored or {}
    numbered = [(row.number or place, row) for place, row in enumerate(gazetteer.units, 1)]
    kept: dict[UnitKey, UnitRow] = {}
    refused, warnings = list(gazetteer.refused), list(gazetteer.warnings)
    taken = _Taken(gazetteer.units, known)
    for level in (PROVINCE, COMMUNE):
        for number, unit in numbered:
            if unit.level != level:
                continue
            fault = _fault(unit, kept, known) or taken.fault(unit)
            if fault:
                refused.append(Remark(number, fault))
            else:
                kept[unit.key] = unit
    there = kept.keys() | known.keys()
    successions = [
        row for row in gazetteer.successions if row.predecessor in there and row.successor in there
    ]
    dropped = len(gazetteer.successions) - len(successions)
    if dropped:
        warnings.append(Remark(0, f"{dropped} successions name a unit that is not there."))
    warnings += _doubts(numbered, kept, known, successions)
    return Checked(list(kept.values()), successions, refused, warnings)


class _Taken:
    """Who has which code when, the ends that this source brings included."""

    def __init__(self, rows: Iterable[UnitRow], stored: Mapping[UnitKey, Span]) -> None:
        ends = {row.key: row.valid_to for row in rows if row.valid_to is not None}
        self._spans: dict[tuple[str, str], dict[date, Span]] = defaultdict(dict)
        for key, span in stored.items():
            end = ends.get(key, span.valid_to)
            self._spans[key.level, key.code][key.valid_from] = Span(key.valid_from, end, span.label)

    def fault(self, row: UnitRow) -> str:
        """Return who has the row's code at that time, or nothing, and then take it down."""
        spans = self._spans[row.level, row.code]
        stands = spans.get(row.valid_from)
        end = row.valid_to or (stands.valid_to if stands else None)
        for start, span in spans.items():
            if start != row.valid_from and span.overlaps(row.valid_from, end):
                since = f"since {start:%Y-%m-%d}"
                return f"{row.full_name} ({row.code}): {span.label} has this code {since}."
        spans[row.valid_from] = Span(row.valid_from, end, row.full_name or row.code)
        return ""


def _fault(unit: UnitRow, kept: Mapping[UnitKey, UnitRow], stored: Collection[UnitKey]) -> str:
    """Return why a unit cannot be stored, or nothing."""
    name = f"{unit.full_name or unit.name or '?'} ({unit.code or '?'})"
    is_new = unit.key not in stored
    if not unit.code or (is_new and not (unit.name and unit.full_name)):
        return f"{name}: code or name is missing."
    if unit.valid_to is not None and unit.valid_to <= unit.valid_from:
        return f"{name}: ends before it starts."
    if unit.key in kept:
        return f"{name}: the same code from the same day is there twice."
    if not on_earth(unit.lat, unit.lon):
        return f"{name}: {unit.lat}, {unit.lon} is not on the earth."
    if unit.level == COMMUNE and not _lies_somewhere(unit, kept, stored, is_new=is_new):
        return f"{name}: its province is not there."
    return ""


def on_earth(lat: float | None, lon: float | None) -> bool:
    """Tell whether a latitude and longitude can be; unknown ones can."""
    return lat is None or (-90 <= lat <= 90 and -180 <= (lon or 0) <= 180)


def _lies_somewhere(
    unit: UnitRow,
    kept: Mapping[UnitKey, UnitRow],
    stored: Collection[UnitKey],
    *,
    is_new: bool,
) -> bool:
    if unit.parent is None:
        return not is_new
    return unit.parent in kept or unit.parent in stored


def _doubts(
    numbered: Iterable[tuple[int, UnitRow]],
    kept: Mapping[UnitKey, UnitRow],
    stored: Collection[UnitKey],
    successions: list[SuccessionRow],
) -> list[Remark]:
    """Return what looks wrong about rows that can be stored all the same."""
    led_on = {row.predecessor for row in successions if row.is_main}
    doubts = []
    for number, unit in numbered:
        if kept.get(unit.key) is not unit or unit.key in stored:
            continue
        if unit.valid_to is not None and unit.key not in led_on:
            doubts.append(Remark(number, f"{unit.full_name} ({unit.code}): has no main successor."))
        if unit.valid_to is None and unit.level == COMMUNE and unit.lat is None:
            doubts.append(Remark(number, f"{unit.full_name} ({unit.code}): has no office point."))
    return doubts
