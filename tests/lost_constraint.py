"""The test database without one of its constraints, to show what would happen without it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import Model

from outreach.common import overlap_sql
from outreach.common.checks import declared, install_constraints


def drop_constraint(name: str) -> type[Model]:
    """Take a constraint out of the database and return its model.

    :func:`outreach.common.checks.install_constraints` puts it back.
    """
    model, rule = next(pair for pair in declared() if pair[1].name == name)
    with connection.schema_editor() as editor:
        if connection.vendor == "postgresql":
            editor.execute(overlap_sql.postgres_drop(rule, model, editor))
        else:
            for statement in overlap_sql.sqlite_drop(rule, editor):
                editor.execute(statement)
    return model


@contextmanager
def without_constraint(name: str) -> Iterator[None]:
    """Take a constraint out of the database; put it back once its table has been emptied."""
    model = drop_constraint(name)
    try:
        yield
    finally:
        model._base_manager.all().delete()
        install_constraints()
