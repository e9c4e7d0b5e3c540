"""Coordinators who schedule the same vehicle at the same moment, each in a process of their own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from django.db import connection, transaction

from outreach.accounts.models import User
from outreach.fleet.models import Vehicle
from outreach.scheduling.clashes import Clash
from outreach.scheduling.models import Trip
from outreach.scheduling.services import CrewInput, schedule_trip
from tests.cast import make_cast
from tests.lost_constraint import without_constraint
from tests.processes import line_up, together

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 2
ROUNDS = 200
FIRST_DAY = datetime(2027, 3, 1, 1, tzinfo=UTC)
BOOKED, REFUSED = "booked", "refused"

Schedule = Callable[[User, Vehicle, datetime, datetime], bool]


def look_then_write(actor: User, vehicle: Vehicle, start: datetime, end: datetime) -> bool:
    """Schedule as careful code would without the rule; tell whether it did.

    Everybody looks before anybody writes: the unlucky moment, made certain. A transaction around
    look and write does not help PostgreSQL. On SQLite it would, so there it is left out, as between
    showing a form and saving it.
    """
    with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        is_taken = Trip.objects.standing().meeting(start, end).filter(vehicle=vehicle).exists()
        line_up()
        if is_taken:
            return False
        Trip(library=vehicle.library, vehicle=vehicle, departs_at=start, returns_at=end).save()
    return True


def through_the_service(actor: User, vehicle: Vehicle, start: datetime, end: datetime) -> bool:
    """Schedule as pages and API do; tell whether it succeeded."""
    try:
        schedule_trip(
            actor=actor,
            library=vehicle.library,
            vehicle=vehicle,
            departs_at=start,
            returns_at=end,
            crew=CrewInput(),
        )
    except Clash as clash:
        assert clash.kind == "vehicle_busy"  # noqa: PT017
        return False
    return True


def compete(
    number: int, schedule: Schedule, rounds: int, actor_id: int, vehicle_id: int
) -> Counter[str]:
    """Try to schedule one trip a day, in step with the others, a few minutes beside theirs."""
    actor = User.objects.get(pk=actor_id)
    vehicle = Vehicle.objects.select_related("library").get(pk=vehicle_id)
    outcomes: Counter[str] = Counter()
    for day in range(rounds):
        start = FIRST_DAY + timedelta(days=day, minutes=10 * number)
        line_up()
        booked = schedule(actor, vehicle, start, start + timedelta(hours=4))
        outcomes[BOOKED if booked else REFUSED] += 1
    return outcomes


def race(schedule: Schedule, rounds: int) -> Counter[str]:
    cast = make_cast()
    results = together(compete, PROCESSES, schedule, rounds, cast.owner.pk, cast.vehicle.pk)
    return sum(results, Counter())


def overlaps() -> int:
    """Count the pairs of stored trips of the vehicle that share a moment, by looking at each."""
    periods = list(Trip.objects.values_list("departs_at", "returns_at"))
    return sum(
        a_start < b_end and b_start < a_end
        for (a_start, a_end), (b_start, b_end) in combinations(periods, 2)
    )


def test_without_the_constraint_a_vehicle_is_booked_twice() -> None:
    with without_constraint("trip_vehicle_once"):
        outcomes = race(look_then_write, 20)
        assert overlaps() > 0, outcomes


def test_each_day_one_coordinator_gets_the_vehicle_and_the_others_are_told() -> None:
    outcomes = race(through_the_service, ROUNDS)
    assert overlaps() == 0
    assert outcomes == {BOOKED: ROUNDS, REFUSED: (PROCESSES - 1) * ROUNDS}
