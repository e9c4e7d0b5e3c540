"""One rule against double booking, held by the database itself on SQLite and on PostgreSQL.

See docs/decisions/0001-two-databases-one-rule.md for why, and what was measured.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from django.apps import apps
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DEFAULT_DB_ALIAS, IntegrityError, connections
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import (
    BaseConstraint,
    BooleanField,
    DateField,
    DateTimeField,
    Deferrable,
    F,
    Model,
    Q,
    QuerySet,
    UniqueConstraint,
    Value,
)
from django.db.models.functions import Coalesce
from django.utils.functional import Promise

from outreach.common import overlap_sql
from outreach.common.overlap_sql import own_field


class NoOverlap(BaseConstraint):
    """No two rows with equal ``resources`` may have overlapping periods ``[start, end)``.

    Declared in ``Meta.constraints``. It becomes an exclusion constraint on PostgreSQL, and an index
    with two triggers on SQLite; both survive Django's table rebuilds and refuse a row with an
    ``IntegrityError`` that :func:`violated_constraint` can name.

    Two rows conflict if all resources are equal, both satisfy ``condition`` and their periods share
    a moment. Touching periods (``end == start``) and empty ones (``start == end``) do not. A row
    with a NULL resource or a NULL start never conflicts; a NULL end means "until further notice".
    An end before its start is the business of a ``CheckConstraint`` of the model.

    Args:
        name: unique in the database, at most 30 characters of ``a-z0-9_``.
        resources: names of fields (foreign keys or plain columns) that must all be equal.
        start: name of a ``DateTimeField`` or ``DateField``.
        end: name of a field of the same kind.
        condition: which rows count, on the row's own columns; ``None`` for all rows.
        deferrable: PostgreSQL only. SQLite has no deferred triggers.
        violation_error_code: code of the ``ValidationError``, for example ``"vehicle_busy"``.
        violation_error_message: may use ``%(name)s`` and ``%(clash)s`` (primary key of the row it
            clashes with).

    The order of many updates matters. SQLite's triggers, and PostgreSQL's constraint unless it is
    deferrable, look at each row as it is written, in the middle of a statement that changes many.
    So moving three trips of one vehicle an hour later in one ``UPDATE`` may be refused although the
    result is legal. Write them in an order that never overlaps: latest first when moving later.

    Validate in the transaction that writes. On PostgreSQL two transactions that insert overlapping
    rows at the same moment wait for each other, until after a second it ends one of them as a
    deadlock. :meth:`validate` (so ``full_clean``) therefore takes turns first: inside a transaction
    the second waits for the first to end, then sees its row and raises a ``ValidationError`` that
    names it. Writers that validate outside, or not at all, can meet an ``OperationalError``; they
    never store an overlap.

    ``bulk_create(ignore_conflicts=True)`` drops clashing rows silently on PostgreSQL and raises on
    SQLite; neither stores an overlap.
    """

    def __init__(
        self,
        *,
        name: str,
        resources: Sequence[str],
        start: str,
        end: str,
        condition: Q | None = None,
        deferrable: Deferrable | None = None,
        violation_error_code: str | None = None,
        violation_error_message: str | Promise | None = None,
    ) -> None:
        if isinstance(resources, str) or not resources:
            raise ValueError("NoOverlap.resources must be a list of at least one field name.")
        if condition is not None and not isinstance(condition, Q):
            raise ValueError("NoOverlap.condition must be a Q instance.")
        if deferrable is not None and not isinstance(deferrable, Deferrable):
            raise ValueError("NoOverlap.deferrable must be a Deferrable instance.")
        self.resources = tuple(resources)
        self.start = start
        self.end = end
        self.condition = condition
        self.deferrable = deferrable
        super().__init__(
            name=name,
            violation_error_code=violation_error_code,
            violation_error_message=cast(Any, violation_error_message),
        )

    # --- What Django's migrations ask for ------------------------------------------------------
    # The stubs let model and schema_editor be None; no caller in Django passes that.

    def constraint_sql(  # type: ignore[override]
        self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> str:
        if schema_editor.connection.vendor == "postgresql":
            return overlap_sql.postgres_constraint(self, model, schema_editor)
        # Not part of CREATE TABLE: deferred until the table has its final name and its rows.
        schema_editor.deferred_sql.extend(overlap_sql.sqlite_statements(self, model, schema_editor))
        return ""

    def create_sql(  # type: ignore[override]
        self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Any:
        if schema_editor.connection.vendor == "postgresql":
            return overlap_sql.postgres_add(self, model, schema_editor)
        *first, last = overlap_sql.sqlite_statements(self, model, schema_editor)
        schema_editor.deferred_sql.extend(first)
        return last

    def remove_sql(  # type: ignore[override]
        self, model: type[Model], schema_editor: BaseDatabaseSchemaEditor
    ) -> Any:
        return overlap_sql.postgres_drop(self, model, schema_editor)

    def deconstruct(self) -> tuple[str, Sequence[Any], dict[str, Any]]:
        path, args, kwargs = super().deconstruct()
        kwargs |= {"resources": self.resources, "start": self.start, "end": self.end}
        if self.condition is not None:
            kwargs["condition"] = self.condition
        if self.deferrable is not None:
            kwargs["deferrable"] = self.deferrable
        return path, args, kwargs

    def __eq__(self, other: object) -> bool:
        if isinstance(other, NoOverlap):
            return self.deconstruct() == other.deconstruct()
        return NotImplemented

    def __hash__(self) -> int:
        return hash((self.name, self.resources, self.start, self.end))

    def __repr__(self) -> str:
        _path, _args, kwargs = self.deconstruct()
        return f"<NoOverlap: {' '.join(f'{key}={value!r}' for key, value in kwargs.items())}>"

    # --- What forms and ``full_clean`` ask for -------------------------------------------------

    def validate(
        self,
        model: type[Model],
        instance: Model,
        exclude: Collection[str] | None = None,
        using: str = DEFAULT_DB_ALIAS,
    ) -> None:
        """Raise ``ValidationError`` if ``instance`` would overlap a stored row.

        The error carries ``violation_error_code`` and ``params`` with ``name`` (of the constraint)
        and ``clash`` (primary key of the earliest clashing row).
        """
        excluded = set(exclude or ())
        if excluded & self._names(model):
            return
        self._take_turns(model, instance, using)
        clash = self.clashes(model, instance, using=using).first()
        if clash is None or not self._counts(model, instance, using):
            return
        raise ValidationError(
            self.violation_error_message or self.default_violation_error_message,
            code=self.violation_error_code,
            params={"name": self.name, "clash": clash.pk},
        )

    def clashes(
        self, model: type[Model], instance: Model, *, using: str = DEFAULT_DB_ALIAS
    ) -> QuerySet[Model]:
        """Return the stored rows whose period meets the one of ``instance``, earliest first.

        ``condition`` is applied to the stored rows only. Empty if the instance has no period or no
        resource, or if one of those values is an expression that only the database knows.
        """
        rows = model._base_manager.using(using)
        values = self._values(model, instance)
        begin, until = values[self.start], values[self.end]
        unknown = any(hasattr(value, "resolve_expression") for value in values.values())
        if unknown or begin is None or any(values[name] is None for name in self.resources):
            return rows.none()
        if until is None and not own_field(model, self.end).null:
            return rows.none()
        if until is not None and until <= begin:
            return rows.none()
        meets = Q(**{name: values[name] for name in self.resources})
        meets &= Q(**{f"{self.end}__gt": begin}) | Q(**{f"{self.end}__isnull": True})
        meets &= Q(**{f"{self.end}__gt": F(self.start)}) | Q(**{f"{self.end}__isnull": True})
        if until is not None:
            meets &= Q(**{f"{self.start}__lt": until})
        if self.condition is not None:
            meets &= self.condition
        rows = rows.filter(meets)
        if instance.pk is not None and not instance._state.adding:
            rows = rows.exclude(pk=instance.pk)
        return rows.order_by(self.start, "pk")

    def _take_turns(self, model: type[Model], instance: Model, using: str) -> None:
        """Wait until no other transaction is about to write the same resources on the same day.

        PostgreSQL only: on SQLite a transaction has the whole database to itself. The day is part
        of the key, so that transactions which book several resources in different orders for
        different days do not wait for each other.
        """
        connection = connections[using]
        if connection.vendor != "postgresql" or not connection.in_atomic_block:
            return
        values = self._values(model, instance)
        begin = values[self.start]
        day = begin.astimezone(UTC).date() if isinstance(begin, datetime) else begin
        key = "/".join(map(str, [self.name, *(values[name] for name in self.resources), day]))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [key])

    def _values(self, model: type[Model], instance: Model) -> dict[str, Any]:
        """Return the values that decide, by field name; foreign keys as the key they store."""
        names = (*self.resources, self.start, self.end)
        return {name: getattr(instance, own_field(model, name).attname) for name in names}

    def _counts(self, model: type[Model], instance: Model, using: str) -> bool:
        """Tell whether the unsaved values of ``instance`` satisfy the condition; NULL does not."""
        if self.condition is None:
            return True
        definitely = Q(Coalesce(self.condition, Value(False), output_field=BooleanField()))
        values = instance._get_field_expression_map(model._meta)  # type: ignore[attr-defined]
        return definitely.check(values, using=using)

    def _names(self, model: type[Model]) -> set[str]:
        """Return the names of all fields the rule reads."""
        names = {*self.resources, self.start, self.end}
        if self.condition is not None:
            names |= {name for name, *_lookups in _references(model, self.condition)}
        return names

    def _check(self, model: type[Model], connection: Any) -> list[checks.CheckMessage]:
        """Report names that are no columns of the model, and a period of two different kinds."""
        references: set[tuple[str, ...]] = {
            (name,) for name in (*self.resources, self.start, self.end)
        }
        if self.condition is not None:
            references |= _references(model, self.condition)
        errors: list[checks.CheckMessage] = self._check_references(model, references)  # type: ignore[attr-defined]
        if errors:
            return errors
        kinds = {_period_kind(model, name) for name in (self.start, self.end)}
        if len(kinds) > 1 or None in kinds:
            errors.append(
                checks.Error(
                    f"NoOverlap {self.name!r} needs two DateTimeFields or two DateFields as its"
                    f" start and end.",
                    obj=model,
                    id="common.E001",
                )
            )
        return errors


def _references(model: type[Model], condition: Q) -> set[tuple[str, ...]]:
    """Return the fields a condition reads, each with the lookups behind it."""
    return set(model._get_expr_references(condition))  # type: ignore[attr-defined]


def _period_kind(model: type[Model], name: str) -> type[DateField[Any, Any]] | None:
    """Return ``DateTimeField`` or ``DateField`` for a field of that kind, else ``None``."""
    field = own_field(model, name)
    kinds = (DateTimeField, DateField)
    return next((kind for kind in kinds if isinstance(field, kind)), None)


_NAMED_FAILURE = re.compile(r"^(?:CHECK|EXCLUDE) constraint failed: (?P<name>\w+)$")
_UNIQUE_INDEX_FAILURE = re.compile(r"^UNIQUE constraint failed: index '(?P<name>[^']+)'$")
_UNIQUE_FAILURE = re.compile(r"^UNIQUE constraint failed: (?P<columns>.+)$")


def violated_constraint(error: IntegrityError) -> str | None:
    """Return the name of the constraint that made the database refuse a row, on either engine.

    Names :class:`NoOverlap`, ``CheckConstraint`` and ``UniqueConstraint`` alike. SQLite says only
    which columns were not unique: these are looked up among the models, and ``None`` is returned
    where no declared constraint, or more than one, has just those columns. ``None`` as well for
    what has no name: a missing value, or (on SQLite) a foreign key.
    """
    cause = error.__cause__
    diagnosis = getattr(cause, "diag", None)
    if diagnosis is not None:
        name: str | None = diagnosis.constraint_name
        return name
    message = str(cause or error)
    for pattern in (_NAMED_FAILURE, _UNIQUE_INDEX_FAILURE):
        if named := pattern.match(message):
            return named["name"]
    if unique := _UNIQUE_FAILURE.match(message):
        return _unique_constraint_on(frozenset(unique["columns"].split(", ")))
    return None


def _unique_constraint_on(columns: frozenset[str]) -> str | None:
    """Return the only declared unique constraint on columns given as ``table.column``."""
    found = {
        constraint.name
        for model in apps.get_models(include_auto_created=True)
        for constraint in model._meta.constraints
        if isinstance(constraint, UniqueConstraint)
        and (names := _names_of(constraint))
        and columns == _qualified_columns(model, names)
    }
    return found.pop() if len(found) == 1 else None


def _names_of(constraint: UniqueConstraint) -> Sequence[str]:
    """Return the fields that must be unique together; none where it is more than fields."""
    expressions = getattr(constraint, "expressions", ())
    plain = [one.name for one in expressions if isinstance(one, F)]
    return constraint.fields or (plain if len(plain) == len(expressions) else ())


def _qualified_columns(model: type[Model], names: Sequence[str]) -> frozenset[str]:
    table = model._meta.db_table
    try:
        return frozenset(f"{table}.{own_field(model, name).column}" for name in names)
    except FieldDoesNotExist:
        return frozenset()
