"""From the rows of a file to dated units: what goes on, what ends, what begins, and out of what.

A row speaks of a day, ``valid_from``. Its unit goes on if one of that code stands on that day under
the same name in the same province, and nobody names it as a predecessor: then only its stated facts
(boundary, area, office) are taken. Else a new unit begins on that day, and its predecessors end.
Where none are named, the unit that had the code is the predecessor.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta

from outreach.common.folding import spelling
from outreach.places.loading.files import Table, Written, WrittenPair
from outreach.places.loading.gazetteer import (
    COMMUNE,
    PROVINCE,
    Gazetteer,
    Remark,
    SuccessionRow,
    UnitKey,
    UnitRow,
)
from outreach.places.loading.inheritance import inherit
from outreach.places.loading.known import Known

_EVE = timedelta(days=1)
_KIND = re.compile(r"^(xã|phường|thị trấn|đặc khu|tỉnh|thành phố)\s+(?=\S)", re.IGNORECASE)
"""What stands before the short name of a unit of Vietnam."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What a person says about a file as a whole.

    Attributes:
        valid_from: the first day of rows that state none.
        valid_to: the first day after, of rows that state none.
        parent: code of the province of rows that state none.
        parent_name: its name, if it is to be made.
        today: the day on which rows without any day are looked up.
    """

    today: date
    valid_from: date | None = None
    valid_to: date | None = None
    parent: str = ""
    parent_name: str = ""


class _Refused(Exception):
    """This row cannot be stored."""


@dataclass(slots=True)
class _Unit:
    """A unit on the time line: stored, or begun by a row of the file."""

    key: UnitKey
    valid_to: date | None
    name: str
    full_name: str
    parent: UnitKey | None
    is_stored: bool
    number: int = 0

    def stands_on(self, day: date) -> bool:
        return self.key.valid_from <= day and (self.valid_to is None or day < self.valid_to)


def resolve(
    table: Table,
    pairs: Iterable[WrittenPair],
    known: Known,
    *,
    source: str,
    terms: Terms,
) -> Gazetteer:
    """Return the units and successions that a file states, against what is stored.

    A row that is refused must leave no trace: what it would have ended stands. So the file is read
    again without it, until no further row falls.
    """
    rows = {row.number: row for row in table.rows}
    refused: dict[int, Remark] = {}
    while True:
        attempt = _Attempt(
            [row for number, row in rows.items() if number not in refused],
            list(pairs),
            known,
            terms,
        )
        attempt.run()
        if not attempt.refused:
            break
        refused.update(attempt.refused)
    successions = attempt.successions()
    return Gazetteer(
        source,
        inherit(list(attempt.units.values()), successions, known),
        successions,
        refused=[*table.refused, *refused.values()],
        warnings=[*table.warnings, *attempt.warnings],
        rows=table.count,
    )


class _Attempt:
    """One reading of the rows, in the order of their days."""

    def __init__(
        self, rows: list[Written], pairs: list[WrittenPair], known: Known, terms: Terms
    ) -> None:
        self.known = known
        self.terms = terms
        self.units: dict[UnitKey, UnitRow] = {}
        self.refused: dict[int, Remark] = {}
        self.warnings: list[Remark] = []
        self._taken: dict[tuple[date, str, str], int] = {}
        self.links: dict[UnitKey, dict[UnitKey, bool | None]] = defaultdict(dict)
        self._line: dict[tuple[str, str], list[_Unit]] = defaultdict(list)
        for key, unit in known.units.items():
            parent = known.keys.get(unit.parent_id or 0)
            self._line[key.level, key.code].append(
                _Unit(key, unit.valid_to, unit.name, unit.full_name, parent, is_stored=True)
            )
        self._named_as_province = {row.parent for row in rows if row.parent}
        self.rows = [dated for row in rows if (dated := self._dated(row)) is not None]
        self.rows.sort(key=lambda row: (row[0], row[1] != PROVINCE, row[2].number))
        self.pairs = pairs
        self.pairs_of: dict[str, list[WrittenPair]] = defaultdict(list)
        for pair in pairs:
            self.pairs_of[pair.new].append(pair)
        self.claims = self._claims()

    def run(self) -> None:
        """Take every row, and then the successions of units that are no row."""
        self._make_parent()
        for day, level, row in self.rows:
            try:
                self._take(row, level, day)
            except _Refused as reason:
                self._refuse(row, str(reason))
        self._link_others()
        self._doubt_provinces()

    def successions(self) -> list[SuccessionRow]:
        """Return the successions, each old unit with one main successor."""
        found = []
        for old, heirs in self.links.items():
            for link in self.known.heirs.get(old, []):
                heirs.setdefault(link.successor, None)
            main = self._main(old, heirs)
            found += [
                SuccessionRow(old, new, is_main=new == main, is_split=len(heirs) > 1)
                for new in heirs
            ]
        return found

    def _main(self, old: UnitKey, heirs: dict[UnitKey, bool | None]) -> UnitKey:
        stored = {link.successor for link in self.known.heirs.get(old, []) if link.is_main}
        return min(
            heirs,
            key=lambda new: (
                heirs[new] is not True,
                new not in stored,
                heirs[new] is False,
                new.code != old.code,
            ),
        )

    # --- Which day, which level ---------------------------------------------------------------

    def _dated(self, row: Written) -> tuple[date, str, Written] | None:
        """Return a row with its day and level; ``None``, and refused, where it has none."""
        day = row.valid_from or self.terms.valid_from
        level = self._level(row, day or self.terms.today)
        if not level:
            self._refuse(row, "neither its province nor its level is stated (--level, --parent).")
            return None
        if day is None:
            stands = self._on(level, row.code, self.terms.today)
            if stands is None:
                self._refuse(row, "the day from which it holds is not stated (--valid-from).")
                return None
            day = stands.key.valid_from
        return day, level, row

    def _level(self, row: Written, day: date) -> str:
        if row.level:
            return row.level
        if row.parent:
            return COMMUNE
        if row.code in self._named_as_province:
            return PROVINCE
        for level in (COMMUNE, PROVINCE):
            if self._on(level, row.code, day) or self._on(level, row.code, day - _EVE):
                return level
        return COMMUNE if self.terms.parent else ""

    def _claims(self) -> dict[tuple[date, str, str], set[int]]:
        """Return by whom a code is named as a predecessor, by day and level."""
        claims: dict[tuple[date, str, str], set[int]] = defaultdict(set)
        for day, level, row in self.rows:
            old = [*row.predecessors, *(pair.old for pair in self.pairs_of.get(row.code, ()))]
            for code in old:
                claims[day, level, code].add(row.number)
        return claims

    # --- One row --------------------------------------------------------------------------------

    def _take(self, row: Written, level: str, day: date) -> None:
        # Whatever the first of two rows of one code says, the second contradicts it.
        first = self._taken.setdefault((day, level, row.code), row.number)
        if first != row.number:
            raise _Refused(f"the same code is in row {first} already.")
        parent = self._parent(row, level, day)
        same = next(
            (unit for unit in self._line[level, row.code] if unit.key.valid_from == day), None
        )
        if same is not None:
            self._restate(row, same, level, day, parent)
            return
        stands = self._on(level, row.code, day)
        if stands is not None and self._goes_on(row, stands, level, day, parent):
            self._restate(row, stands, level, day, None)
            return
        self._begin(row, stands, level, day, parent)

    def _parent(self, row: Written, level: str, day: date) -> UnitKey | None:
        """Return the province of a row; ``None`` where the row states none."""
        code = row.parent or self.terms.parent
        if level == PROVINCE or not code:
            return None
        province = self._on(PROVINCE, code, day)
        if province is None:
            raise _Refused(f"its province ({code}) is not there on {day}.")
        return province.key

    def _goes_on(
        self, row: Written, stands: _Unit, level: str, day: date, parent: UnitKey | None
    ) -> bool:
        claimed = self.claims.get((day, level, row.code), set())
        if not claimed <= {row.number} or set(row.predecessors) - {row.code}:
            return False
        names = {spelling(stands.name), spelling(stands.full_name)}
        if row.name and spelling(row.name) not in names:
            return False
        if row.full_name and spelling(row.full_name) != spelling(stands.full_name):
            return False
        return parent is None or parent == stands.parent

    def _restate(
        self, row: Written, unit: _Unit, level: str, day: date, parent: UnitKey | None
    ) -> None:
        """Take the stated facts of a unit that is there, and what it was made of."""
        if unit.number:
            raise _Refused(f"the same code is in row {unit.number} already.")
        old = self._predecessors(row, level, day) if unit.key.valid_from == day else []
        end = row.valid_to or self.terms.valid_to
        if end is not None and end <= unit.key.valid_from:
            raise _Refused("ends before it starts.")
        unit.number = row.number
        # A short name alone that is the stored full one says nothing new.
        is_full = spelling(row.name) == spelling(unit.full_name) and not row.full_name
        name = "" if is_full else row.name
        stated = self._row(row, unit.key, name, row.full_name, parent)
        self._state(replace(stated, valid_to=end))
        if end is not None:
            unit.valid_to = end
        self._succeed(old, unit.key, day, row)

    def _begin(
        self, row: Written, stands: _Unit | None, level: str, day: date, parent: UnitKey | None
    ) -> None:
        """Begin a unit, and end what it was made of."""
        if not (row.name or row.full_name):
            raise _Refused("code or name is missing.")
        end = row.valid_to or self.terms.valid_to
        if end is not None and end <= day:
            raise _Refused("ends before it starts.")
        later = self._later(level, row.code, day)
        if later is not None and (end is None or end > later.key.valid_from):
            raise _Refused(f"{later.full_name} has this code since {later.key.valid_from}.")
        old = self._predecessors(row, level, day)
        if stands is not None and stands not in old and not self._is_claimed(stands, row, day):
            old.append(stands)
            if row.predecessors:
                self._doubt(row, f"{stands.full_name} had its code and is taken as a predecessor.")
        parent = parent or self._parent_of(old, level)
        if level == COMMUNE and parent is None:
            raise _Refused("its province is not stated.")
        key = UnitKey(level, row.code, day)
        full_name = row.full_name or row.name
        name = row.name if row.full_name and row.name else _KIND.sub("", full_name)
        self._state(replace(self._row(row, key, name, full_name, parent), valid_to=end))
        self._line[level, row.code].append(
            _Unit(key, end, name, full_name, parent, is_stored=False, number=row.number)
        )
        self._succeed(old, key, day, row)
        if stands is not None:
            self._end(stands, day)

    def _predecessors(self, row: Written, level: str, day: date) -> list[_Unit]:
        """Return the units of the day before that a row names, or that is divided here."""
        found = []
        for code in row.predecessors:
            unit = self._on(level, code, day - _EVE)
            if unit is None:
                raise _Refused(f"its predecessor {code} is not there on {day - _EVE}.")
            found.append(unit)
        for pair in self.pairs_of.get(row.code, ()):
            unit = self._on(level, pair.old, day - _EVE)
            if unit is not None and unit not in found:
                found.append(unit)
        own = self._on(level, row.code, day - _EVE)
        if not found and own is not None and self.claims.get((day, level, row.code)):
            found.append(own)
        return found

    def _is_claimed(self, unit: _Unit, row: Written, day: date) -> bool:
        claimed = self.claims.get((day, unit.key.level, unit.key.code), set())
        return bool(claimed - {row.number})

    def _parent_of(self, old: list[_Unit], level: str) -> UnitKey | None:
        parents = {unit.parent for unit in old}
        return parents.pop() if level == COMMUNE and len(parents) == 1 else None

    def _succeed(self, old: list[_Unit], new: UnitKey, day: date, row: Written) -> None:
        wanted = {pair.old: pair.is_main for pair in self.pairs_of.get(row.code, ())}
        for unit in old:
            self._end(unit, day)
            self.links[unit.key][new] = wanted.get(unit.key.code)

    def _end(self, unit: _Unit, day: date) -> None:
        """End a unit on ``day`` if it would stand on."""
        if unit.valid_to is not None and unit.valid_to <= day:
            return
        unit.valid_to = day
        stated = self.units.get(unit.key) or UnitRow(
            unit.key.level, unit.key.code, "", "", unit.key.valid_from
        )
        self.units[unit.key] = replace(stated, valid_to=day)

    def _state(self, row: UnitRow) -> None:
        ending = self.units.get(row.key)
        if ending is not None and row.valid_to is None:
            row = replace(row, valid_to=ending.valid_to)
        self.units[row.key] = row

    def _row(
        self, row: Written, key: UnitKey, name: str, full_name: str, parent: UnitKey | None
    ) -> UnitRow:
        return UnitRow(
            level=key.level,
            code=key.code,
            name=name,
            full_name=full_name,
            valid_from=key.valid_from,
            parent=parent,
            within=row.within,
            lat=row.lat,
            lon=row.lon,
            area_km2=row.area_km2,
            shape=row.shape,
            number=row.number,
        )

    # --- The file as a whole -------------------------------------------------------------------

    def _make_parent(self) -> None:
        """Make the province that the command names, where it is not there."""
        terms = self.terms
        day = terms.valid_from
        if not terms.parent_name or day is None or self._on(PROVINCE, terms.parent, day):
            return
        key = UnitKey(PROVINCE, terms.parent, day)
        name = terms.parent_name
        self.units[key] = UnitRow(PROVINCE, terms.parent, name, name, day)
        self._line[PROVINCE, terms.parent].append(
            _Unit(key, None, name, name, None, is_stored=False)
        )

    def _link_others(self) -> None:
        """Link the pairs of a file of successions whose new unit is no row of the file of units."""
        begun = {row.code for _day, _level, row in self.rows}
        day = self.terms.valid_from
        for pair in self.pairs:
            new = None if day is None else self._of_any_level(pair.new, day)
            old = None if new is None or day is None else self._before(new, pair.old, day)
            if new is None or old is None:
                missing = pair.new if new is None else pair.old
                text = f"{pair.old} -> {pair.new}: {missing} is not there."
                self.warnings.append(Remark(pair.number, f"Succession {text}"))
            elif pair.new not in begun:
                assert day is not None
                self._end(old, day)
                self.links[old.key][new.key] = pair.is_main

    def _of_any_level(self, code: str, day: date) -> _Unit | None:
        return self._on(COMMUNE, code, day) or self._on(PROVINCE, code, day)

    def _before(self, unit: _Unit, code: str, day: date) -> _Unit | None:
        return self._on(unit.key.level, code, day - _EVE)

    def _doubt_provinces(self) -> None:
        """Say which communes go on although their province ends."""
        left: dict[UnitKey, int] = defaultdict(int)
        ends = {
            unit.key: unit.valid_to
            for (level, _code), units in self._line.items()
            if level == PROVINCE
            for unit in units
            if unit.valid_to is not None and unit.key in self.units
        }
        for (level, _code), units in self._line.items():
            for unit in units:
                end = ends.get(unit.parent) if unit.parent and level == COMMUNE else None
                if end is not None and unit.stands_on(end):
                    assert unit.parent is not None
                    left[unit.parent] += 1
        for key, count in left.items():
            text = (
                f"{count} of the communes of the province ({key.code}) that ends would be left"
                " in it: state their new province."
            )
            self.warnings.append(Remark(self._number(key), text))

    def _number(self, key: UnitKey) -> int:
        """Return the row that a stored unit ends by: of its first successor, or its own."""
        heirs = [self.units[new].number for new in self.links.get(key, {}) if new in self.units]
        return min(heirs, default=self.units[key].number)

    # --- The time line -------------------------------------------------------------------------

    def _on(self, level: str, code: str, day: date) -> _Unit | None:
        units = self._line.get((level, code), ())
        return next((unit for unit in units if unit.stands_on(day)), None)

    def _later(self, level: str, code: str, day: date) -> _Unit | None:
        units = [unit for unit in self._line[level, code] if unit.key.valid_from > day]
        return min(units, key=lambda unit: unit.key.valid_from, default=None)

    def _refuse(self, row: Written, reason: str) -> None:
        self.refused[row.number] = Remark(row.number, f"{_label(row)}: {reason}")

    def _doubt(self, row: Written, text: str) -> None:
        self.warnings.append(Remark(row.number, f"{_label(row)}: {text}"))


def _label(row: Written) -> str:
    return f"{row.full_name or row.name or '?'} ({row.code})"
