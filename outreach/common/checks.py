"""Are the overlap constraints that the models declare really in the database?

A constraint can get lost without a migration knowing: a restored dump, a table rebuilt by hand, or
a trigger that SQLite dropped with its table.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS, connections, router, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import Model

from outreach.common import overlap_sql
from outreach.common.constraints import NoOverlap


def declared(using: str = DEFAULT_DB_ALIAS) -> Iterator[tuple[type[Model], NoOverlap]]:
    """Yield every declared constraint whose table exists in the database, with its model."""
    with connections[using].cursor() as cursor:
        tables = set(connections[using].introspection.table_names(cursor))
    for model in apps.get_models(include_auto_created=True):
        if model._meta.db_table in tables and router.allow_migrate_model(using, model):
            for constraint in model._meta.constraints:
                if isinstance(constraint, NoOverlap):
                    yield model, constraint


def missing_constraints(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Return the names of declared constraints that the database does not hold, sorted.

    On SQLite a trigger or index whose text is not the one this version writes is missing too.
    A table that is not there yet is the migrations' affair and not reported.
    """
    connection = connections[using]
    return sorted(
        rule.name for model, rule in declared(using) if not _holds(connection, model, rule)
    )


def install_constraints(using: str = DEFAULT_DB_ALIAS) -> list[str]:
    """Put the missing constraints back, in one transaction, and return their names.

    Raises:
        django.db.IntegrityError: if rows that overlap were stored in the meantime.
    """
    connection = connections[using]
    installed = []
    with transaction.atomic(using=using):
        for model, rule in declared(using):
            if not _holds(connection, model, rule):
                _install(connection, model, rule)
                installed.append(rule.name)
    return sorted(installed)


def overlap_constraints_are_present(
    app_configs: Sequence[AppConfig] | None, databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[checks.CheckMessage]:
    """Warn of each missing constraint by name, when a database is checked.

    A warning, because ``migrate`` runs the checks first and must be able to add what is missing.
    """
    return [
        checks.Warning(
            f"The database {alias!r} does not hold the constraint {name!r}:"
            " overlapping periods would be stored.",
            hint="Run 'manage.py install_constraints'.",
            id="common.W001",
        )
        for alias in databases or ()
        for name in missing_constraints(alias)
    ]


def _holds(connection: BaseDatabaseWrapper, model: type[Model], rule: NoOverlap) -> bool:
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT 1 FROM pg_constraint WHERE contype = 'x' AND convalidated"
                " AND conname = %s AND conrelid = to_regclass(%s)",
                [rule.name, connection.ops.quote_name(model._meta.db_table)],
            )
            return cursor.fetchone() is not None
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE tbl_name = %s AND type <> 'table'",
            [model._meta.db_table],
        )
        found = dict(cursor.fetchall())
    objects = overlap_sql.sqlite_objects(rule, model, _editor(connection))
    return all(found.get(name) == str(statement) for name, statement in objects.items())


def _install(connection: BaseDatabaseWrapper, model: type[Model], rule: NoOverlap) -> None:
    editor = _editor(connection)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
            cursor.execute(str(overlap_sql.postgres_add(rule, model, editor)), None)
            return
        for statement in overlap_sql.sqlite_drop(rule, editor):
            cursor.execute(str(statement), None)
        for statement in overlap_sql.sqlite_statements(rule, model, editor):
            cursor.execute(str(statement), None)


def _editor(connection: BaseDatabaseWrapper) -> BaseDatabaseSchemaEditor:
    """Return an editor that only words statements: it is never entered, so changes nothing."""
    return connection.schema_editor(atomic=False)
