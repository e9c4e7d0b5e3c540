"""Keeping cells equal to the facts, and facts equal to the sheets.

Writers only append notes (:mod:`outreach.statistics.services.facts`), so they never wait for a
cell. Whoever is about to read cells folds the notes first. Folders take turns; what a fold has read
it deletes by key and nothing else, because on PostgreSQL a lower key may be committed later.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from functools import reduce
from operator import or_
from typing import Any

from django.db import connection, models, transaction
from django.db.models import Max, Q, QuerySet, Sum

from outreach.common import query_planning
from outreach.statistics.derivation import PREFIX, Rows, activity_rows, event_rows, zones
from outreach.statistics.models import (
    ActivityFact,
    ActivityTotals,
    Cell,
    DirtyCell,
    EventFact,
    Totals,
)
from outreach.statistics.services.facts import CellKey
from outreach.statistics.services.tables import fill, names, own_columns, run, table

NOTES_PER_FOLD = 2_000
"""How many notes one transaction takes in; each stays below the parameter limit of SQLite."""
KEYS_PER_QUERY = 100

_FOLDERS_TURN = 0x6F757472
"""Key of the advisory lock under which cells are written on PostgreSQL."""

Sums = dict[str, int]


def columns_of(totals: type[models.Model]) -> list[str]:
    """Return the names of the columns that an abstract set of totals adds to a table."""
    return [field.attname for field in totals._meta.local_fields]


EVENT_COLUMNS = columns_of(Totals)
ACTIVITY_COLUMNS = columns_of(ActivityTotals)


def fold() -> None:
    """Bring the cells in line with every note that was committed before this call."""
    newest = DirtyCell.objects.aggregate(newest=Max("pk"))["newest"]
    while newest is not None and _fold_some(newest):
        pass


@transaction.atomic
def rebuild() -> None:
    """Derive every fact and every cell anew from the sheets."""
    _take_turn()
    _hold_facts_still()
    query_planning.learn_sizes()
    notes = list(DirtyCell.objects.values_list("pk", flat=True))
    for model in (ActivityFact, EventFact, Cell):
        run(f"DELETE FROM {table(model)}")  # noqa: S608
    for zone in zones():
        fill(zone)
    Cell.objects.bulk_create(_cells(_sums_of_facts()))
    _drop(notes)


@transaction.atomic
def differing_cells() -> int:
    """Recount everything from the sheets and return how many cells are not what they should be.

    A cell differs if its sums do, or if a fact beneath it does: those answer finer questions.
    """
    fold()
    _take_turn()
    _hold_facts_still()
    recount: dict[CellKey, Sums] = {}
    differing: set[CellKey] = set()
    for zone in zones():
        _recount(recount, event_rows(zone), EVENT_COLUMNS)
        differing |= _differing_facts(EventFact, [event_rows(zone)], zone.key)
        activities = list(activity_rows(zone))
        for rows in activities:
            _recount(recount, rows, ACTIVITY_COLUMNS)
        differing |= _differing_facts(ActivityFact, activities, zone.key)
    stored = {
        CellKey(cell.month, cell.library_id, cell.kind_id): {
            name: getattr(cell, name) for name in (*EVENT_COLUMNS, *ACTIVITY_COLUMNS)
        }
        for cell in Cell.objects.all()
    }
    nothing = dict.fromkeys((*EVENT_COLUMNS, *ACTIVITY_COLUMNS), 0)
    for key in recount.keys() | stored.keys():
        if nothing | recount.get(key, {}) != stored.get(key):
            differing.add(key)
    return len(differing)


# --- Folding -------------------------------------------------------------------------------------


@transaction.atomic
def _fold_some(newest: int) -> bool:
    """Take in some of the notes up to the key ``newest``; tell whether there may be more.

    A note is read before the facts. A writer that commits in between leaves a note of its own, and
    the cell is folded again; one whose note is not committed yet has its turn later.
    """
    _take_turn()
    notes = DirtyCell.objects.filter(pk__lte=newest).order_by("pk")
    read = list(notes.values_list("pk", *CellKey._fields)[:NOTES_PER_FOLD])
    keys = {CellKey(*note[1:]) for note in read}
    sums = _sums_of_facts(keys)
    Cell.objects.bulk_create(
        _cells(sums),
        update_conflicts=True,
        unique_fields=["month", "library", "kind"],
        update_fields=[*EVENT_COLUMNS, *ACTIVITY_COLUMNS],
    )
    for gone in _parts(keys - sums.keys()):
        Cell.objects.filter(_any_of(gone)).delete()
    _drop([note[0] for note in read])
    return len(read) == NOTES_PER_FOLD


def _sums_of_facts(keys: set[CellKey] | None = None) -> dict[CellKey, Sums]:
    """Return the sums of the facts by cell: of all cells, or of those named."""
    sums: dict[CellKey, Sums] = {}
    for some in [None] if keys is None else _parts(keys):
        for facts, columns in (
            (EventFact.objects.all(), EVENT_COLUMNS),
            (ActivityFact.objects.all(), ACTIVITY_COLUMNS),
        ):
            _add_sums(sums, facts.filter(_any_of(some)) if some else facts, columns)
    return sums


def _add_sums(sums: dict[CellKey, Sums], facts: QuerySet[Any], columns: list[str]) -> None:
    totals = {f"sum_{name}": Sum(name) for name in columns}
    rows = facts.order_by().values(*CellKey._fields).annotate(**totals)
    for row in rows:
        key = CellKey(row["month"], row["library_id"], row["kind_id"])
        sums.setdefault(key, {}).update({name: row[f"sum_{name}"] for name in columns})


def _cells(sums: dict[CellKey, Sums]) -> list[Cell]:
    return [Cell(**key._asdict(), **values) for key, values in sums.items()]


def _any_of(keys: Iterable[CellKey]) -> Q:
    return reduce(or_, [Q(**key._asdict()) for key in keys])


def _parts(keys: set[CellKey]) -> Iterator[list[CellKey]]:
    ordered = sorted(keys)
    for start in range(0, len(ordered), KEYS_PER_QUERY):
        yield ordered[start : start + KEYS_PER_QUERY]


def _drop(notes: list[int]) -> None:
    for start in range(0, len(notes), NOTES_PER_FOLD):
        DirtyCell.objects.filter(pk__in=notes[start : start + NOTES_PER_FOLD]).delete()


# --- Locks ---------------------------------------------------------------------------------------


def _take_turn() -> None:
    """Wait until no other transaction is writing cells.

    Without it a fold that read the facts early could write its sums over those of one that read
    them late. SQLite has one writer at a time anyway.
    """
    if connection.vendor == "postgresql":
        run("SELECT pg_advisory_xact_lock(%s)", [_FOLDERS_TURN])


def _hold_facts_still() -> None:
    """Wait for the transactions that are changing facts, and let no other one begin to."""
    if connection.vendor == "postgresql":
        run(f"LOCK TABLE {table(EventFact)} IN EXCLUSIVE MODE")


# --- Whole tables --------------------------------------------------------------------------------


def _recount(sums: dict[CellKey, Sums], rows: Rows, columns: list[str]) -> None:
    """Add the sums of derived rows by cell."""
    sql, params = rows.query.sql_with_params()
    keys = names(CellKey._fields, PREFIX)
    totals = ", ".join(f"SUM({names([name], PREFIX)})" for name in columns)
    for row in run(
        f"SELECT {keys}, {totals} FROM ({sql}) AS derived GROUP BY {keys}",  # noqa: S608
        params,
    ):
        into = sums.setdefault(_key(row), {})
        for name, value in zip(columns, row[len(CellKey._fields) :], strict=True):
            into[name] = into.get(name, 0) + int(value)


def _differing_facts(model: type[models.Model], derived: list[Rows], zone: str) -> set[CellKey]:
    """Return the cells of the facts that are stored otherwise than they are derived."""
    columns = own_columns(model)
    parts = [rows.query.sql_with_params() for rows in derived]
    union = " UNION ALL ".join(
        f"SELECT {names(columns, PREFIX)} FROM ({sql}) AS derived"  # noqa: S608
        for sql, _params in parts
    )
    wanted = [param for _sql, params in parts for param in params]
    stored, held = (
        model._default_manager.filter(library__time_zone=zone)
        .order_by()
        .values(*columns)
        .query.sql_with_params()
    )
    keys = {
        _key(tuple(row[columns.index(name)] for name in CellKey._fields))
        for one, other, params in (
            (union, stored, [*wanted, *held]),
            (stored, union, [*held, *wanted]),
        )
        for row in run(f"SELECT * FROM ({one}) AS a EXCEPT SELECT * FROM ({other}) AS b", params)  # noqa: S608
    }
    return keys


def _key(row: tuple[Any, ...]) -> CellKey:
    month, library_id, kind_id = row[: len(CellKey._fields)]
    # Without a model SQLite returns dates as text.
    return CellKey(
        date.fromisoformat(month) if isinstance(month, str) else month, library_id, kind_id
    )
