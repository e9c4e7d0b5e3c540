"""Reading the audit trail as people tell it: who, when, why, and what became of what.

``audit`` writes one row per record; one deed of a person often touches several records at once (a
trip, its crew, its stops). Here the rows of one deed become one entry, with names for keys.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, cast

from django.db.models import Field, ForeignKey, Model
from django.utils import formats, timezone
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from outreach.common.months import spell_months

ONE_DEED = timedelta(seconds=2)
"""Rows by one person for one reason no further apart than this were written by one service call."""

UNTOLD = frozenset({"id", "uid", "revision", "library", "folded", "published_at", "cancelled_at"})
"""Fields that say nothing to a person which another field does not say better."""


@dataclass(frozen=True, slots=True)
class Change:
    """A field that changed; values as people read them."""

    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Line:
    """What happened to one record; ``kind`` is ``+`` added, ``~`` changed or ``-`` removed."""

    what: str
    kind: str
    changes: tuple[Change, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One deed: who did what to which records, and why."""

    at: datetime
    actor: str
    reason: str
    lines: tuple[Line, ...]


def entries(rows: Iterable[Any], name: Callable[[Any, Names], str]) -> list[Entry]:
    """Return history rows of any models as entries, newest first.

    Args:
        rows: history rows, all of those of each record, in any order.
        name: says what a row is about, given the row and the names of what it refers to.
    """
    ordered = sorted(rows, key=lambda row: (row.history_date, row.history_id))
    names = Names(ordered)
    older: dict[tuple[type, Any], Any] = {}
    lines: list[tuple[Any, Line]] = []
    for row in ordered:
        key = _record_of(row)
        changes = tuple(_changes(older.get(key), row, names)) if row.history_type == "~" else ()
        older[key] = row
        if changes or row.history_type != "~":
            lines.append((row, Line(name(row, names), row.history_type, changes)))
    return [_entry(deed, names) for deed in reversed(_deeds(lines))]


class Names:
    """What foreign keys in history rows point to, each model read once."""

    def __init__(self, rows: Iterable[Any]) -> None:
        wanted: dict[type[Model], set[Any]] = defaultdict(set)
        for row in rows:
            for field in row.tracked_fields:
                if isinstance(field, ForeignKey):
                    wanted[_target(field)].add(getattr(row, field.attname))
            wanted[_target(type(row).history_user.field)].add(row.history_user_id)
        self._found = {
            model: model._base_manager.in_bulk([key for key in keys if key is not None])
            for model, keys in wanted.items()
        }

    def of(self, model: type[Model], key: Any) -> str:
        """Return the name of a record, or a dash for none and for one that is gone."""
        return str(self._found.get(model, {}).get(key, "–"))


def _changes(before: Any, after: Any, names: Names) -> Iterator[Change]:
    if before is None:
        return
    for field in after.tracked_fields:
        if field.name in UNTOLD:
            continue
        old, new = getattr(before, field.attname), getattr(after, field.attname)
        if old != new:
            label = str(field.verbose_name)
            yield Change(label, _shown(field, old, names), _shown(field, new, names))


def _shown(field: Field[Any, Any], value: Any, names: Names) -> str:
    if value is None or value == "":
        return "–"
    if isinstance(field, ForeignKey):
        return names.of(_target(field), value)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, frozenset):
        return capfirst(spell_months(value)) or "–"
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    if isinstance(value, datetime):
        return formats.date_format(timezone.localtime(value), "SHORT_DATETIME_FORMAT")
    return formats.localize(value) if not isinstance(value, float) else f"{value:g}"


def _deeds(lines: list[tuple[Any, Line]]) -> list[list[tuple[Any, Line]]]:
    deeds: list[list[tuple[Any, Line]]] = []
    for row, line in lines:
        if deeds and _belongs(row, [earlier for earlier, _line in deeds[-1]]):
            deeds[-1].append((row, line))
        else:
            deeds.append([(row, line)])
    return deeds


def _belongs(row: Any, deed: list[Any]) -> bool:
    """Tell whether a row was written by the same deed: that touches no record twice."""
    last = deed[-1]
    return (
        last.history_user_id == row.history_user_id
        and (last.history_change_reason or "") == (row.history_change_reason or "")
        and row.history_date - last.history_date <= ONE_DEED
        and all(_record_of(one) != _record_of(row) for one in deed)
    )


def _record_of(row: Any) -> tuple[type, Any]:
    """Return what tells the record of a history row from all others."""
    return type(row), getattr(row, row.instance_type._meta.pk.attname)


def _entry(deed: list[tuple[Any, Line]], names: Names) -> Entry:
    first = deed[0][0]
    people = _target(type(first).history_user.field)
    actor = names.of(people, first.history_user_id) if first.history_user_id else ""
    lines = tuple(line for _row, line in deed)
    return Entry(first.history_date, actor, first.history_change_reason or "", lines)


def _target(field: ForeignKey[Any, Any]) -> type[Model]:
    return cast(type[Model], field.related_model)
