"""A constraint the database has lost is noticed by name, and can be put back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.core import checks
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction

from outreach.common.checks import install_constraints, missing_constraints
from outreach.common.constraints import violated_constraint
from tests.overlap_app.models import Boat, Voyage

pytestmark = pytest.mark.django_db

LOSSES = {
    "sqlite": {
        "insert trigger": "DROP TRIGGER voyage_boat_busy_insert",
        "update trigger": "DROP TRIGGER voyage_boat_busy_update",
        "index": "DROP INDEX voyage_boat_busy",
    },
    "postgresql": {
        "constraint": "ALTER TABLE overlap_app_voyage DROP CONSTRAINT voyage_boat_busy",
    },
}


def execute(*statements: str) -> None:
    with connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)


each_loss = pytest.mark.parametrize(
    "loss", LOSSES[connection.vendor].values(), ids=LOSSES[connection.vendor].keys()
)


def lose_everything() -> None:
    execute(*LOSSES[connection.vendor].values())


def store_an_overlap() -> None:
    boat = Boat.objects.create(name="One")
    day = datetime(2026, 3, 2, tzinfo=UTC)
    for _ in range(2):
        Voyage.objects.create(boat=boat, leaves_at=day, back_at=day + timedelta(hours=1))
    connection.check_constraints()


def test_nothing_is_missing_after_the_migrations() -> None:
    assert missing_constraints() == []


@each_loss
def test_a_lost_part_is_reported_by_name(loss: str) -> None:
    execute(loss)
    assert missing_constraints() == ["voyage_boat_busy"]


def test_a_trigger_of_another_text_counts_as_lost() -> None:
    lose_everything()
    table = "overlap_app_voyage"
    if connection.vendor == "sqlite":
        body = f"ON {table} BEGIN SELECT 1; END"
        execute(
            f"CREATE TRIGGER voyage_boat_busy_insert AFTER INSERT {body}",
            f"CREATE TRIGGER voyage_boat_busy_update AFTER UPDATE {body}",
            f"CREATE INDEX voyage_boat_busy ON {table} (boat_id)",
        )
    else:
        execute(f"ALTER TABLE {table} ADD CONSTRAINT voyage_boat_busy CHECK (id > 0)")
    assert missing_constraints() == ["voyage_boat_busy"]


def test_a_rename_there_and_back_is_no_loss() -> None:
    execute(
        "ALTER TABLE overlap_app_voyage RENAME COLUMN leaves_at TO starts_at",
        "ALTER TABLE overlap_app_voyage RENAME TO overlap_app_trip",
        "ALTER TABLE overlap_app_trip RENAME TO overlap_app_voyage",
        "ALTER TABLE overlap_app_voyage RENAME COLUMN starts_at TO leaves_at",
    )
    assert missing_constraints() == []


def test_a_table_that_is_not_there_yet_is_not_reported() -> None:
    execute("DROP TABLE overlap_app_voyage")
    assert missing_constraints() == []


def test_the_database_checks_warn_of_a_loss_by_name() -> None:
    lose_everything()
    messages = checks.run_checks(tags=[checks.Tags.database], databases=["default"])
    found = [message for message in messages if message.id == "common.W001"]
    assert ["'voyage_boat_busy'" in message.msg for message in found] == [True]


def test_the_checks_leave_the_database_alone_unless_asked() -> None:
    lose_everything()
    assert not [message for message in checks.run_checks() if message.id == "common.W001"]


@each_loss
def test_installing_puts_back_what_was_lost(loss: str) -> None:
    execute(loss)
    assert install_constraints() == ["voyage_boat_busy"]
    assert missing_constraints() == []
    with pytest.raises(IntegrityError) as error, transaction.atomic():
        store_an_overlap()
    assert violated_constraint(error.value) == "voyage_boat_busy"


def test_installing_over_stored_overlaps_is_refused_by_name() -> None:
    lose_everything()
    store_an_overlap()
    with pytest.raises(IntegrityError) as error:
        install_constraints()
    assert violated_constraint(error.value) == "voyage_boat_busy"


def test_the_command_says_what_it_put_back(capsys: pytest.CaptureFixture[str]) -> None:
    lose_everything()
    call_command("install_constraints")
    assert capsys.readouterr().out == "Installed voyage_boat_busy.\n"


def test_the_command_only_looks_when_told_to(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("install_constraints", check=True)
    assert "in place" in capsys.readouterr().out
    lose_everything()
    with pytest.raises(CommandError, match="voyage_boat_busy") as error:
        call_command("install_constraints", check=True)
    assert error.value.returncode == 1
    assert missing_constraints() == ["voyage_boat_busy"]
