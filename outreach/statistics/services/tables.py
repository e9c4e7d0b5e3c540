"""Filling the tables of facts from derived rows, without carrying the rows through Python."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection, models

from outreach.statistics.derivation import PREFIX, Rows, activity_rows, event_rows
from outreach.statistics.models import ActivityFact, EventFact

_SOME_EVENT = -1
"""Stands in a prepared statement for the key of an event; keys are positive."""

Statement = tuple[str, tuple[Any, ...]]


def run(sql: str, params: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute a statement and return what it answers, if anything."""
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall() if cursor.description else []


def table(model: type[models.Model]) -> str:
    """Return the quoted name of a model's table."""
    return connection.ops.quote_name(model._meta.db_table)


def names(columns: Iterable[str], prefix: str = "") -> str:
    """Return quoted names of columns, separated by commas."""
    return ", ".join(connection.ops.quote_name(prefix + name) for name in columns)


def own_columns(model: type[models.Model]) -> list[str]:
    """Return the names of the columns that are derived: all but an automatic key."""
    return [
        field.attname
        for field in model._meta.concrete_fields
        if not isinstance(field, models.AutoField)
    ]


def fill(zone: ZoneInfo) -> None:
    """Add the facts of every event of the libraries in ``zone``; there are none of them yet."""
    for sql, params in _statements(zone):
        run(sql, params)


def fill_one(zone: ZoneInfo, event_id: int) -> None:
    """Add the facts of one event of a library in ``zone``; there are none of it yet."""
    for sql, params in _prepared(connection.vendor, zone):
        run(sql, [event_id if param == _SOME_EVENT else param for param in params])


def fill_some(zone: ZoneInfo, event_ids: Sequence[int]) -> None:
    """Add the facts of those of some events that are of libraries in ``zone``; none are there."""
    for sql, params in _statements(zone, event_ids):
        run(sql, params)


@cache
def _prepared(_vendor: str, zone: ZoneInfo) -> list[Statement]:
    """Return the statements for one event. Wording them takes longer than executing them."""
    return _statements(zone, [_SOME_EVENT])


def _statements(zone: ZoneInfo, event_ids: Sequence[int] | None = None) -> list[Statement]:
    derived: list[tuple[type[models.Model], Rows]] = [
        (EventFact, event_rows(zone)),
        *((ActivityFact, rows) for rows in activity_rows(zone)),
    ]
    statements = []
    for model, rows in derived:
        key = "d_event_id" if model is EventFact else "d_fact_id"
        some = rows if event_ids is None else rows.filter(**{f"{key}__in": event_ids})
        statements.append(_insertion(model, some))
    return statements


def _insertion(model: type[models.Model], rows: Rows) -> Statement:
    columns = own_columns(model)
    sql, params = rows.query.sql_with_params()
    return (
        f"INSERT INTO {table(model)} ({names(columns)})"  # noqa: S608
        f" SELECT {names(columns, PREFIX)} FROM ({sql}) AS derived",
        tuple(params),
    )
