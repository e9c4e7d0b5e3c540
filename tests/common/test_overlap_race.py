"""Processes that book the same boat at the same moment: only the database can tell who was first.

The first test shows that the race is real: to look first, then write, books twice. Only because of
that does it mean something that the others find no overlap.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from itertools import combinations

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, OperationalError, connection, transaction

from outreach.common.constraints import violated_constraint
from tests.lost_constraint import without_constraint
from tests.overlap_app.models import Boat, Voyage
from tests.processes import line_up, together

pytestmark = pytest.mark.django_db(transaction=True)

PROCESSES = 4
ROUNDS = 100
DAY = datetime(2026, 3, 2, tzinfo=UTC)
BOOKED, SEEN, REFUSED = "booked", "seen in time", "refused by the database"


def wanted(number: int, boat_id: int, round_number: int) -> Voyage:
    """Return an hour that overlaps what the other processes want in the same round, and no more."""
    starts_at = DAY + timedelta(hours=2 * round_number, minutes=10 * number)
    return Voyage(boat_id=boat_id, leaves_at=starts_at, back_at=starts_at + timedelta(hours=1))


def look_then_write(number: int, boat_id: int) -> Counter[str]:
    """Book round by round as careful code without the rule would, in step with the others.

    Everybody looks before anybody writes: the unlucky moment, made certain. A transaction around
    look and write does not help PostgreSQL. It would help SQLite, where it locks the database
    first; so there it is left out, as between showing a form and saving it.
    """
    outcomes: Counter[str] = Counter()
    for round_number in range(ROUNDS):
        voyage = wanted(number, boat_id, round_number)
        line_up()
        with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
            taken = Voyage.objects.filter(
                boat_id=boat_id, leaves_at__lt=voyage.back_at, back_at__gt=voyage.leaves_at
            )
            is_taken = taken.exists()
            line_up()
            if is_taken:
                outcomes[SEEN] += 1
            else:
                voyage.save()
                outcomes[BOOKED] += 1
    return outcomes


def write_blindly(number: int, boat_id: int) -> Counter[str]:
    """Write without looking, in an order of its own; the database is all there is."""
    outcomes: Counter[str] = Counter()
    for round_number in random.Random(number).sample(range(ROUNDS), ROUNDS):
        try:
            wanted(number, boat_id, round_number).save()
        except IntegrityError as error:
            if violated_constraint(error) != "voyage_boat_busy":
                raise
            outcomes[REFUSED] += 1
        except OperationalError as error:
            # Two that meet within the same instant: PostgreSQL ends one of them.
            if "deadlock detected" not in str(error):
                raise
            outcomes[REFUSED] += 1
        else:
            outcomes[BOOKED] += 1
    return outcomes


def validate_then_write(number: int, boat_id: int) -> Counter[str]:
    """Book round by round as the services do, in step with the others."""
    outcomes: Counter[str] = Counter()
    for round_number in range(ROUNDS):
        voyage = wanted(number, boat_id, round_number)
        line_up()
        try:
            with transaction.atomic():
                voyage.full_clean()
                voyage.save()
        except ValidationError as error:
            assert error.error_dict["__all__"][0].code == "boat_busy"  # noqa: PT017
            outcomes[SEEN] += 1
        else:
            outcomes[BOOKED] += 1
    return outcomes


def race(booking: Callable[[int, int], Counter[str]]) -> Counter[str]:
    boat = Boat.objects.create(name="One")
    return sum(together(booking, PROCESSES, boat.pk), Counter())


def overlaps() -> int:
    """Count the pairs of stored voyages of a boat that share a moment, by looking at each."""
    periods = list(Voyage.objects.values_list("leaves_at", "back_at"))
    return sum(
        a_start < b_end and b_start < a_end
        for (a_start, a_end), (b_start, b_end) in combinations(periods, 2)
    )


def test_without_the_constraint_looking_first_books_twice() -> None:
    with without_constraint("voyage_boat_busy"):
        outcomes = race(look_then_write)
        assert overlaps() > 0, outcomes


def test_the_database_alone_stores_one_of_each_overlapping_pair() -> None:
    outcomes = race(write_blindly)
    assert overlaps() == 0
    assert outcomes == {BOOKED: ROUNDS, REFUSED: (PROCESSES - 1) * ROUNDS}


def test_every_round_has_one_winner_and_the_others_are_told_by_whom() -> None:
    outcomes = race(validate_then_write)
    assert overlaps() == 0
    assert outcomes == {BOOKED: ROUNDS, SEEN: (PROCESSES - 1) * ROUNDS}
