"""Storing many records at once, with the history rows that single saves would have written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any, Literal, TypeVar

from django.contrib.auth.base_user import AbstractBaseUser
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


def note(
    model: type[Record],
    records: Iterable[Record],
    *,
    by: Author | Callable[[Record], Author],
    at: datetime | Callable[[Record], datetime],
    reason: str | Callable[[Record], str] = "",
    kind: Literal["+", "~"] = "+",
) -> None:
    """Write a row of history for each record as it is now.

    Args:
        kind: made or changed.
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


def in_parts(items: Sequence[Item], size: int = 500) -> Iterator[Sequence[Item]]:
    """Yield the items some at a time: a statement takes only so many parameters."""
    for start in range(0, len(items), size):
        yield items[start : start + size]
