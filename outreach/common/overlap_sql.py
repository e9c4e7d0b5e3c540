"""The statements behind :class:`outreach.common.constraints.NoOverlap`, for both engines.

Every SQLite statement holds its table as a reference, so that Django's table rebuild, which makes
the table under another name and renames it, renames the statement with it.
"""

from __future__ import annotations

from typing import Any, Protocol, cast

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.backends.ddl_references import Statement, Table
from django.db.models import DateTimeField, Deferrable, Field, Model, Q
from django.db.models.sql.query import Query

FAILURE_PREFIX = "EXCLUDE constraint failed: "
"""Starts the message of SQLite's triggers, worded like its own ``CHECK constraint failed: ``."""

_FOREVER = "'9999-12-31 23:59:59.999999'"


class OverlapRule(Protocol):
    """What the statements need to know of a constraint."""

    name: str
    resources: tuple[str, ...]
    start: str
    end: str
    condition: Q | None
    deferrable: Deferrable | None


def own_field(model: type[Model], name: str) -> Field[Any, Any]:
    """Return the field of that name, which has a column in the model's own table."""
    return cast("Field[Any, Any]", model._meta.get_field(name))


class _Columns:
    """Quoted column names of one rule on one model, optionally behind a row alias."""

    def __init__(
        self,
        rule: OverlapRule,
        model: type[Model],
        schema_editor: BaseDatabaseSchemaEditor,
        alias: str = "",
    ) -> None:
        def column(name: str) -> str:
            quoted = schema_editor.quote_name(str(own_field(model, name).column))
            return f'"{alias}".{quoted}' if alias else quoted

        self.resources = [column(name) for name in rule.resources]
        self.start = column(rule.start)
        self.end = column(rule.end)
        self.open_start = own_field(model, rule.start).null
        self.open_end = own_field(model, rule.end).null
        self.condition = _condition_sql(rule.condition, model, schema_editor, alias)

    def counts(self) -> str:
        """SQL that is true for a row the rule looks at: not empty, and within the condition."""
        period = f"{self.start} < {self.end}"
        if self.open_end:
            period = f"({period} OR ({self.end} IS NULL AND {self.start} IS NOT NULL))"
        return f"{period} AND ({self.condition})" if self.condition else period


def _condition_sql(
    condition: Q | None,
    model: type[Model],
    schema_editor: BaseDatabaseSchemaEditor,
    alias: str = "",
) -> str:
    """Compile a condition on a row's own columns, with the row called ``alias``."""
    if condition is None:
        return ""
    query = Query(model, alias_cols=bool(alias))
    if alias:
        # Before anything is resolved: fields keep a column they once made under the table's name,
        # and a rebuild copies them into a model of another table.
        query.change_aliases({query.get_initial_alias(): alias})
    where = query.build_where(condition)
    compiler = query.get_compiler(connection=schema_editor.connection)
    sql, params = where.as_sql(compiler, schema_editor.connection)
    return str(sql % tuple(schema_editor.quote_value(value) for value in params))


# --- PostgreSQL --------------------------------------------------------------------------------


def postgres_constraint(
    rule: OverlapRule, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
) -> str:
    """Return the ``CONSTRAINT ... EXCLUDE`` clause, having made sure of the extension it needs.

    Equality inside a GiST index comes from ``btree_gist``. The first migration of ``common``
    creates it too, but nothing orders that migration before every table that needs it.
    """
    schema_editor.execute("CREATE EXTENSION IF NOT EXISTS btree_gist", None)
    columns = _Columns(rule, model, schema_editor)
    dates_only = not isinstance(own_field(model, rule.start), DateTimeField)
    function = "daterange" if dates_only else "tstzrange"
    parts = [f"{column} WITH =" for column in columns.resources]
    parts.append(f"{function}({columns.start}, {columns.end}, '[)') WITH &&")
    conditions = [f"{columns.start} IS NOT NULL"] if columns.open_start else []
    if columns.condition:
        conditions.append(f"({columns.condition})")
    where = f" WHERE ({' AND '.join(conditions)})" if conditions else ""
    name = schema_editor.quote_name(rule.name)
    deferrable = schema_editor._deferrable_constraint_sql(rule.deferrable)  # type: ignore[attr-defined]
    return f"CONSTRAINT {name} EXCLUDE USING gist ({', '.join(parts)}){where}{deferrable}"


def postgres_add(
    rule: OverlapRule, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
) -> Statement:
    """Return the statement that adds the constraint to a table, checking the rows it has."""
    return Statement(
        "ALTER TABLE %(table)s ADD %(constraint)s",
        table=_table(model, schema_editor),
        constraint=postgres_constraint(rule, model, schema_editor),
    )


def postgres_drop(
    rule: OverlapRule, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
) -> Statement:
    """Return the statement that takes the constraint away."""
    return Statement(
        "ALTER TABLE %(table)s DROP CONSTRAINT %(name)s",
        table=_table(model, schema_editor),
        name=schema_editor.quote_name(rule.name),
    )


# --- SQLite ------------------------------------------------------------------------------------


def sqlite_objects(
    rule: OverlapRule, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
) -> dict[str, Statement]:
    """Return the statements that make the rule's index and triggers, by the name of each.

    The triggers fire after the row is written, so that the row has its final key (an upsert or an
    automatic key would not before) and the model's own CHECKs speak first. The index makes a look
    cost one seek plus the rows of that resource that end later than the new one starts.
    """
    new = _Columns(rule, model, schema_editor, "NEW")
    other = _Columns(rule, model, schema_editor, "other")
    before_new_ends = f"{other.start} < {new.end}"
    after_new_starts = f"{other.end} > {new.start}"
    if new.open_end:
        before_new_ends = f"({new.end} IS NULL OR {before_new_ends})"
        after_new_starts = f"({other.end} IS NULL OR {after_new_starts})"
    clash = " AND ".join(
        [
            *(f"{a} = {b}" for a, b in zip(other.resources, new.resources, strict=True)),
            before_new_ends,
            after_new_starts,
            '"other"._rowid_ <> "NEW"._rowid_',
            other.counts(),
        ]
    )
    bare = _Columns(rule, model, schema_editor)
    table = _table(model, schema_editor)
    objects = {
        rule.name: Statement(
            "CREATE INDEX %(name)s ON %(table)s (%(columns)s)",
            name=schema_editor.quote_name(rule.name),
            table=table,
            columns=", ".join([*bare.resources, bare.end]),
        )
    }
    for event in ("INSERT", "UPDATE"):
        name = f"{rule.name}_{event.lower()}"
        objects[name] = Statement(
            "CREATE TRIGGER %(name)s AFTER %(event)s ON %(table)s WHEN %(counts)s BEGIN "
            'SELECT RAISE(ABORT, %(message)s) FROM %(table)s AS "other" WHERE %(clash)s; END',
            name=schema_editor.quote_name(name),
            event=event,
            table=_table(model, schema_editor),
            counts=new.counts(),
            message=schema_editor.quote_value(FAILURE_PREFIX + rule.name),
            clash=clash,
        )
    return objects


def sqlite_verify(
    rule: OverlapRule, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
) -> Statement:
    """Return a statement that fails like the triggers do if stored rows overlap, else does nothing.

    One pass in order of start finds the rows that begin before an earlier one has ended; touching
    those makes the UPDATE trigger speak.
    """
    row = _Columns(rule, model, schema_editor)
    busy_until = f"COALESCE({row.end}, {_FOREVER})" if row.open_end else row.end
    return Statement(
        "UPDATE %(table)s SET %(start)s = %(start)s WHERE _rowid_ IN ("
        'SELECT "row" FROM (SELECT _rowid_ AS "row", %(start)s AS "begins", '
        "MAX(%(busy_until)s) OVER (PARTITION BY %(resources)s ORDER BY %(start)s, _rowid_ "
        'ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS "busy_until" '
        'FROM %(table)s WHERE %(counts)s AND %(present)s) WHERE "begins" < "busy_until")',
        table=_table(model, schema_editor),
        start=row.start,
        busy_until=busy_until,
        resources=", ".join(row.resources),
        counts=row.counts(),
        present=" AND ".join(f"{column} IS NOT NULL" for column in row.resources),
    )


def sqlite_statements(
    rule: OverlapRule, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
) -> list[Statement]:
    """Return all statements that put the rule on a table, the check of its present rows last."""
    objects = sqlite_objects(rule, model, schema_editor)
    return [*objects.values(), sqlite_verify(rule, model, schema_editor)]


def sqlite_drop(rule: OverlapRule, schema_editor: BaseDatabaseSchemaEditor) -> list[Statement]:
    """Return the statements that take the rule's index and triggers away where they are there."""
    names = {"TRIGGER": [f"{rule.name}_insert", f"{rule.name}_update"], "INDEX": [rule.name]}
    return [
        Statement(
            "DROP %(kind)s IF EXISTS %(name)s", kind=kind, name=schema_editor.quote_name(name)
        )
        for kind, kind_names in names.items()
        for name in kind_names
    ]


def _table(model: type[Model], schema_editor: BaseDatabaseSchemaEditor) -> Table:
    return Table(model._meta.db_table, schema_editor.quote_name)
