"""Storing many records at once, with the history rows that single saves would have written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection
from django.db.models import Model

Record = TypeVar("Record", bound=Model)
Item = TypeVar("Item")
Author = AbstractBaseUser | None
"""The user who answers for a change; ``None`` for the product itself."""
_BATCH = 1000


def store(
    model: type[Record],
    records: Sequence[Record],
    *,
    by: Author | Callable[[Record], Author],
    at: datetime | Callable[[Record], datetime],
    reason: str = "",
) -> Sequence[Record]:
    """Insert audited records and one "made" row of history for each.

    Args:
        by: who made them, for all or each.
        at: when, for all or each.
    """
    model._default_manager.bulk_create(records, batch_size=_BATCH)
    note(model, records, by=by, at=at, reason=reason)
    return records


def change(
    model: type[Record],
    records: Sequence[Record],
    columns: Sequence[str],
    *,
    by: Author | Callable[[Record], Author],
    at: datetime | Callable[[Record], datetime],
    reason: str | Callable[[Record], str] = "",
) -> None:
    """Write some columns of stored, audited records, and a "changed" row of history for each.

    One prepared statement for all of them, in their order: ``bulk_update`` takes ten times as long
    to word its own.
    """
    if not records:
        return
    fields: list[Any] = [model._meta.get_field(name) for name in columns]
    quoted = connection.ops.quote_name
    assignments = ", ".join(f"{quoted(field.column)} = %s" for field in fields)
    key: Any = model._meta.pk
    sql = f"UPDATE {quoted(model._meta.db_table)} SET {assignments} WHERE {quoted(key.column)} = %s"  # noqa: S608
    with connection.cursor() as cursor:
        cursor.executemany(
            sql,
            [
                [
                    field.get_db_prep_save(getattr(record, field.attname), connection)
                    for field in (*fields, key)
                ]
                for record in records
            ],
        )
    note(model, records, by=by, at=at, reason=reason, kind="~")


def note(
    model: type[Record],
    records: Iterable[Record],
    *,
    by: Author | Callable[[Record], Author],
    at: datetime | Callable[[Record], datetime],
    reason: str | Callable[[Record], str] = "",
    kind: Literal["+", "~", "-"] = "+",
) -> None:
    """Write a row of history for each record as it is now.

    Args:
        kind: made, changed or about to be deleted.
    """
    rows: Any = model.history.model  # type: ignore[attr-defined]
    names = [field.attname for field in rows.tracked_fields]
    rows.objects.bulk_create(
        [
            rows(
                history_date=at(record) if callable(at) else at,
                history_user=by(record) if callable(by) else by,
                history_change_reason=reason(record) if callable(reason) else reason,
                history_type=kind,
                **{name: getattr(record, name) for name in names},
            )
            for record in records
        ],
        batch_size=_BATCH,
    )


def delete(
    model: type[Record],
    records: Sequence[Record],
    *,
    by: Author | Callable[[Record], Author],
    at: datetime | Callable[[Record], datetime],
    reason: str | Callable[[Record], str] = "",
) -> None:
    """Delete audited records on which nothing hangs, each with a last row of history."""
    note(model, records, by=by, at=at, reason=reason, kind="-")
    rows: Any = model._default_manager.filter(pk__in=[record.pk for record in records])
    # Deleted as a whole: one by one, the history would be written a second time.
    rows._raw_delete(rows.db)


def in_parts(items: Sequence[Item], size: int = 500) -> Iterator[Sequence[Item]]:
    """Yield the items some at a time: a statement takes only so many parameters."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
