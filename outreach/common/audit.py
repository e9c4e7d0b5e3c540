"""The audit trail: who changed which record, when, why, before and after.

History rows are written by django-simple-history in the transaction of the change itself
(docs/decisions/0003). Services call :func:`save`; nothing else in the product writes an audited
record.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import models
from simple_history.models import HistoricalRecords

from outreach.common.errors import StaleWrite


def history() -> HistoricalRecords:
    """Return the history field every audited model declares as ``history``."""
    return HistoricalRecords(
        history_change_reason_field=models.TextField(null=True),
        inherit=False,
    )


def save(
    record: Any,
    *,
    actor: Any,
    reason: str = "",
    clean: bool = True,
    exclude: Iterable[str] | None = None,
) -> None:
    """Validate and save one record together with its history row.

    Args:
        record: an instance of an audited model.
        actor: the user who answers for the change; ``None`` for the product itself.
        reason: why, in the person's words; kept with the history row.
        clean: run ``full_clean`` first.
        exclude: fields ``full_clean`` leaves alone.

    Raises:
        django.core.exceptions.ValidationError: if the record is not valid.
        django.db.IntegrityError: if a constraint of the database refuses it.
    """
    if clean:
        record.full_clean(exclude=exclude)
    record._history_user = actor
    record._change_reason = reason
    record.save()


def version_of(record: Any) -> int:
    """Return the number of a record's present version; 0 for one that is not stored."""
    if record is None or record.pk is None:
        return 0
    latest = record.history.order_by("-history_id").values_list("history_id", flat=True).first()
    return int(latest or 0)


def refuse_stale(record: Any, expected_version: int | None) -> None:
    """Refuse a change that was prepared on an older version; ``None`` was prepared on any.

    The record must be locked, or somebody else may change it a moment later.

    Raises:
        StaleWrite: if somebody changed it since.
    """
    if expected_version is not None and expected_version != version_of(record):
        raise StaleWrite()


def delete(record: Any, *, actor: Any, reason: str = "") -> None:
    """Delete one record and keep a last history row that says who and why."""
    record._history_user = actor
    record._change_reason = reason
    record.delete()


def trail(record: Any) -> list[dict[str, Any]]:
    """Return a record's changes, newest first: when, who, why, and the fields before and after."""
    rows = list(record.history.select_related("history_user").order_by("-history_date", "-pk"))
    entries = []
    for newer, older in zip(rows, [*rows[1:], None], strict=True):
        changes = newer.diff_against(older).changes if older else []
        entries.append(
            {
                "at": newer.history_date,
                "actor": newer.history_user,
                "reason": newer.history_change_reason,
                "kind": newer.history_type,
                "changes": [(c.field, c.old, c.new) for c in changes],
            }
        )
    return entries
