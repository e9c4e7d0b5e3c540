"""What it costs that the database refuses overlaps: the same rows with and without the rule."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from django.db import transaction

from benchmarks.table import Row, milliseconds, show
from outreach.common.checks import install_constraints
from outreach.fleet.models import Vehicle
from outreach.scheduling.models import Trip
from tests.lost_constraint import drop_constraint

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
    drop_constraint("trip_vehicle_once")
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
