"""What it costs that the database refuses overlaps: the same rows with and without the rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import connection, transaction

from benchmarks.table import Row, milliseconds, show
from outreach.common import overlap_sql
from outreach.common.checks import declared, install_constraints
from outreach.fleet.models import Vehicle
from outreach.scheduling.models import Trip

TRIPS = 2_000
FIRST_DAY = datetime(2031, 1, 1, tzinfo=UTC)


def main() -> bool:
    """Measure writing trips one by one and all at once."""
    return show(f"{TRIPS:,} trips of one vehicle (floor: no rule in the database)", _rows())


def _rows() -> Iterator[Row]:
    vehicle = Vehicle.objects.select_related("library").first()
    if vehicle is None:
        raise SystemExit("The demonstration has no vehicle.")
    ways = {"in one statement": _at_once, "one by one": _one_by_one}
    ours = {name: milliseconds(partial(way, vehicle), 5) for name, way in ways.items()}
    _drop("trip_vehicle_once")
    try:
        floor = {name: milliseconds(partial(way, vehicle), 5) for name, way in ways.items()}
    finally:
        install_constraints()
    for name in ways:
        yield Row(name, ours[name], floor[name])


def _trips(vehicle: Vehicle) -> list[Trip]:
    return [
        Trip(
            library=vehicle.library,
            vehicle=vehicle,
            departs_at=(start := FIRST_DAY + timedelta(days=day)),
            returns_at=start + timedelta(hours=8),
        )
        for day in range(TRIPS)
    ]


def _at_once(vehicle: Vehicle) -> None:
    with transaction.atomic():
        Trip.objects.bulk_create(_trips(vehicle))
        transaction.set_rollback(True)


def _one_by_one(vehicle: Vehicle) -> None:
    with transaction.atomic():
        for trip in _trips(vehicle):
            Trip.objects.bulk_create([trip])
        transaction.set_rollback(True)


def _drop(name: str) -> None:
    model, rule = next(pair for pair in declared() if pair[1].name == name)
    with connection.schema_editor() as editor:
        if connection.vendor == "postgresql":
            editor.execute(overlap_sql.postgres_drop(rule, model, editor))
        else:
            for statement in overlap_sql.sqlite_drop(rule, editor):
                editor.execute(statement)
