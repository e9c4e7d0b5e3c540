"""What a source says otherwise than what is stored and active."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from outreach.common.folding import spelling
from outreach.places.loading.gazetteer import Checked, SuccessionRow, UnitKey, UnitRow
from outreach.places.loading.known import Known
from outreach.places.models import AdministrativeUnit, Boundary

FIELDS = ("name", "full_name", "within", "valid_to", "lat", "lon", "area_km2")
"""The plain facts of a unit that a source may state; its province and boundary come beside."""


@dataclass(slots=True)
class Change:
    """Facts of a stored unit that become others.

    Attributes:
        before: by the name of the field, as it is kept in JSON.
        after: the same names; without the province, which is ``parent``, and the boundary.
        parent: its other province, where that changes.
        shape: its other boundary as WKB, where that changes.
    """

    unit: AdministrativeUnit
    before: dict[str, Any] = field(default_factory=dict)
    after: dict[str, Any] = field(default_factory=dict)
    parent: UnitKey | None = None
    shape: bytes | None = None


@dataclass(slots=True)
class Difference:
    """What a load brings: new units, changes to stored ones, and successions.

    Attributes:
        links: successions of units that had none.
        relinked: for units that have successions, all of them as they should be.
        unchanged: rows that say what is stored already.
    """

    known: Known
    new: list[UnitRow] = field(default_factory=list)
    changes: dict[UnitKey, Change] = field(default_factory=dict)
    links: list[SuccessionRow] = field(default_factory=list)
    relinked: dict[UnitKey, list[SuccessionRow]] = field(default_factory=dict)
    unchanged: int = 0

    def __bool__(self) -> bool:
        return bool(self.new or self.changes or self.links or self.relinked)

    def touched(self) -> list[UnitKey]:
        """Return the stored units that change in any way, in order."""
        keys = self.changes.keys() | self.relinked.keys()
        return sorted(keys, key=lambda key: (key.level, key.code, key.valid_from))


def compare(checked: Checked, known: Known) -> Difference:
    """Return what the rows of a source would change about the active units of its country."""
    found = Difference(known)
    shapes = known.shapes(row.key for row in checked.units if row.shape is not None)
    for row in checked.units:
        unit = known.units.get(row.key)
        if unit is None:
            found.new.append(row)
        elif change := _change(unit, row, known, shapes.get(unit.pk)):
            found.changes[row.key] = change
        else:
            found.unchanged += 1
    _link(found, checked.successions)
    return found


def _change(
    unit: AdministrativeUnit, row: UnitRow, known: Known, boundary: Boundary | None
) -> Change | None:
    change = Change(unit)
    for name in FIELDS:
        stated, held = as_json(getattr(row, name)), as_json(getattr(unit, name))
        unstated = stated is None or (stated == "" and name != "within")
        if unstated or _is_alike(stated, held) or known.was(unit, name, stated):
            continue
        change.before[name], change.after[name] = held, stated
    _compare_parent(change, row, known)
    stored = None if boundary is None else bytes(boundary.shape)
    if row.shape is not None and row.shape != stored and not _was_shape(unit, row, known):
        change.shape = row.shape
        change.before["boundary"] = boundary_json(stored, boundary.source if boundary else "")
    return change if change.before else None


def _is_alike(stated: Any, held: Any) -> bool:
    """Tell whether two values are one, however their tone marks are placed: Hoà is Hòa."""
    if isinstance(stated, str) and isinstance(held, str):
        return stated == held or spelling(stated) == spelling(held)
    return bool(stated == held)


def _compare_parent(change: Change, row: UnitRow, known: Known) -> None:
    if row.parent is None:
        return
    stored = known.units.get(row.parent)
    if stored is not None and (
        stored.pk == change.unit.parent_id or known.was(change.unit, "parent", stored.pk)
    ):
        return
    change.parent = row.parent
    change.before["parent"] = change.unit.parent_id


def _was_shape(unit: AdministrativeUnit, row: UnitRow, known: Known) -> bool:
    assert row.shape is not None
    return any(
        known.was(unit, "boundary", boundary_json(row.shape, source))
        for source in _sources_before(unit, known)
    )


def _sources_before(unit: AdministrativeUnit, known: Known) -> set[str]:
    return {before["boundary"]["source"] for before in known.before(unit) if before.get("boundary")}


def boundary_json(shape: bytes | None, source: str) -> dict[str, str] | None:
    """Return a boundary as it is kept in a change."""
    return None if shape is None else {"shape": shape.hex(), "source": source}


def as_json(value: Any) -> Any:
    """Return a fact of a unit as JSON holds it."""
    return value.isoformat() if isinstance(value, date) else value


def from_json(name: str, value: Any) -> Any:
    """Return a fact of a unit as its column holds it."""
    return date.fromisoformat(value) if name == "valid_to" and value is not None else value


def _link(found: Difference, rows: list[SuccessionRow]) -> None:
    """Tell the successions of units that had none from those that change."""
    wanted: dict[UnitKey, list[SuccessionRow]] = defaultdict(list)
    for row in rows:
        wanted[row.predecessor].append(row)
    for key, links in wanted.items():
        stored = found.known.heirs.get(key)
        if not stored:
            found.links += links
        elif set(stored) != set(links) and not _was_linked(found.known, key, links):
            found.relinked[key] = links


def _was_linked(known: Known, key: UnitKey, links: list[SuccessionRow]) -> bool:
    """Tell whether an active set replaced just these successions."""
    said = {
        (known.units[link.successor].pk, link.is_main, link.is_split)
        for link in links
        if link.successor in known.units
    }
    return len(said) == len(links) and any(
        {(row[1], row[2], row[3]) for row in before["successions"]} == said
        for before in known.before(known.units[key])
        if "successions" in before
    )
