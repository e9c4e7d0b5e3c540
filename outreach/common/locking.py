"""Holding a row still while it is being changed."""

from __future__ import annotations

from typing import Any, TypeVar

from django.db import connection
from django.db.models import Model, QuerySet

M = TypeVar("M", bound=Model)


def locked(rows: QuerySet[M], pk: Any) -> M | None:
    """Return a row as it is stored now, locked until the transaction ends; ``None`` if it is gone.

    Args:
        rows: where to look, with whatever is to be read along (``select_related``).
        pk: the row's key.

    The row is locked alone before it is read. PostgreSQL joins before it waits for a lock, and then
    holds the row as somebody else left it against the rows joined before: an event that was moved
    to another venue meanwhile would not be found at all, or come without its trip.
    """
    if connection.features.has_select_for_update:
        alone = rows.model._base_manager.select_for_update().filter(pk=pk)
        # Not in the model's own order, which may join what PostgreSQL cannot lock.
        if alone.order_by("pk").values_list("pk", flat=True).first() is None:
            return None
    return rows.filter(pk=pk).first()
