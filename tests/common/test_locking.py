"""Holding a row still while somebody else is changing what it points to."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction

from outreach.common.locking import locked
from tests.overlap_app.models import Boat, Voyage

pytestmark = pytest.mark.django_db(transaction=True)

LEAVES_AT = datetime(2026, 3, 2, tzinfo=UTC)


def voyage() -> Voyage:
    return Voyage.objects.create(
        boat=Boat.objects.create(name="One"),
        leaves_at=LEAVES_AT,
        back_at=LEAVES_AT + timedelta(hours=1),
    )


def wait_until_somebody_waits() -> None:
    """Return once another connection waits for a lock; SQLite lets nobody begin before it ends."""
    while connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_locks JOIN pg_stat_activity USING (pid)"
                " WHERE NOT granted AND datname = current_database()"
            )
            if cursor.fetchone()[0]:
                return


def test_a_row_that_came_to_point_elsewhere_is_found_with_what_it_points_to_now() -> None:
    stored, other = voyage(), Boat.objects.create(name="Other")
    changed = threading.Event()

    def change_slowly() -> None:
        with transaction.atomic():
            Voyage.objects.filter(pk=stored.pk).update(boat=other)
            changed.set()
            wait_until_somebody_waits()
        connection.close()

    writer = threading.Thread(target=change_slowly)
    writer.start()
    assert changed.wait(30)
    with transaction.atomic():
        found = locked(Voyage.objects.select_related("boat"), stored.pk)
    writer.join()
    assert found is not None
    assert found.boat == other


def test_a_row_that_is_gone_is_nothing() -> None:
    stored = voyage()
    key = stored.pk
    stored.delete()
    with transaction.atomic():
        assert locked(Voyage.objects.all(), key) is None
