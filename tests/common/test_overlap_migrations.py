"""The rule stays on the table through every kind of migration, and stays the same."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, migrations, models
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Q
from django.db.models.base import ModelState

from outreach.common.constraints import NoOverlap, violated_constraint

pytestmark = pytest.mark.django_db(transaction=True)

APP = "overlap_app"
DAY = datetime(2026, 3, 2, tzinfo=UTC)

RULE = NoOverlap(
    name="raft_busy",
    resources=["ferry"],
    start="leaves_at",
    end="back_at",
    condition=Q(cancelled=False),
)
CREATE = [
    migrations.CreateModel("Ferry", [("id", models.BigAutoField(primary_key=True))]),
    migrations.CreateModel(
        "Raft",
        [
            ("id", models.BigAutoField(primary_key=True)),
            ("ferry", models.ForeignKey("Ferry", models.CASCADE)),
            ("leaves_at", models.DateTimeField()),
            ("back_at", models.DateTimeField()),
            ("cancelled", models.BooleanField(default=False)),
            ("note", models.CharField(max_length=20, default="")),
            ("spare", models.ForeignKey("Ferry", models.CASCADE, null=True, related_name="+")),
        ],
        options={"constraints": [RULE]},
    ),
]


class Database:
    """A throw-away corner of the test database, changed by migration operations."""

    def __init__(self) -> None:
        self.state = ProjectState()

    def migrate(self, *operations: Operation) -> None:
        """Apply operations, all in one transaction, as one migration would."""
        with connection.schema_editor() as editor:
            for operation in operations:
                before = self.state.clone()
                operation.state_forwards(APP, self.state)
                operation.database_forwards(APP, editor, before, self.state)

    def model(self, name: str) -> Any:
        return self.state.apps.get_model(APP, name)

    def add_rafts(self, *hours: int, model: str = "Raft", start: str = "leaves_at") -> None:
        """Store rows of an hour each that start at these hours."""
        raft = self.model(model)
        ferry = self.model("Ferry").objects.order_by("pk").first()
        ferry = ferry or self.model("Ferry").objects.create()
        for hour in hours:
            begins, ends = DAY + timedelta(hours=hour), DAY + timedelta(hours=hour + 1)
            raft.objects.create(**{"ferry": ferry, start: begins, "back_at": ends})

    def drop(self) -> None:
        with connection.schema_editor() as editor:
            for model in reversed(list(self.state.apps.get_models())):
                editor.delete_model(model)


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database()
    database.migrate(*CREATE)
    yield database
    database.drop()


def refuses(database: Database, model: str, **changes: Any) -> bool:
    """Tell whether the rule, and no other, refuses to store the last row with these changes."""
    row = database.model(model).objects.order_by("pk").last()
    for name, value in changes.items():
        setattr(row, name, value)
    try:
        row.save()
    except IntegrityError as error:
        return violated_constraint(error) == "raft_busy"
    return False


def holds(database: Database, model: str = "Raft", start: str = "leaves_at") -> bool:
    """Tell whether the rule refuses an overlap, and only that, on the table as it is now."""
    database.model(model).objects.all().delete()
    database.add_rafts(1, 2, model=model, start=start)
    early, late = DAY + timedelta(hours=1), DAY + timedelta(hours=1.5)
    inserted = refuses(database, model, pk=None, _state=ModelState())
    updated = refuses(database, model, **{start: early, "back_at": late})
    return inserted and updated


def test_it_holds_on_a_new_table(database: Database) -> None:
    assert holds(database)


REBUILDS: dict[str, list[Operation]] = {
    "alter a field": [
        migrations.AlterField("Raft", "note", models.CharField(max_length=30, default="x"))
    ],
    "alter a field of the rule": [
        migrations.AlterField("Raft", "leaves_at", models.DateTimeField(db_index=True))
    ],
    "alter the resource": [
        migrations.AlterField("Raft", "ferry", models.ForeignKey("Ferry", models.PROTECT))
    ],
    "add a field with a default": [
        migrations.AddField("Raft", "crew", models.IntegerField(default=2))
    ],
    "add an empty field": [migrations.AddField("Raft", "crew", models.IntegerField(null=True))],
    "add a unique field": [
        migrations.AddField("Raft", "code", models.CharField(max_length=5, null=True, unique=True))
    ],
    "add another constraint": [
        migrations.AddConstraint(
            "Raft",
            models.CheckConstraint(
                name="raft_order", condition=Q(back_at__gt=models.F("leaves_at"))
            ),
        )
    ],
    "add an index": [migrations.AddIndex("Raft", models.Index(fields=["note"], name="raft_note"))],
    "remove a plain field": [migrations.RemoveField("Raft", "note")],
    "remove a foreign key": [migrations.RemoveField("Raft", "spare")],
    "rename a plain field": [migrations.RenameField("Raft", "note", "remark")],
    "change the primary key": [
        migrations.AlterField("Ferry", "id", models.AutoField(primary_key=True))
    ],
    "rename the resource's model": [
        migrations.RenameModel("Ferry", "Barge"),
        migrations.RenameModel("Barge", "Ferry"),
    ],
    "two rebuilds in one migration": [
        migrations.AlterField("Raft", "note", models.CharField(max_length=30)),
        migrations.AddField("Raft", "crew", models.IntegerField(default=2)),
    ],
    "change the table's name": [migrations.AlterModelTable("Raft", "overlap_app_renamed")],
}


@pytest.mark.parametrize("change", REBUILDS.values(), ids=REBUILDS.keys())
def test_it_survives_a_change_of_the_table(database: Database, change: list[Operation]) -> None:
    database.migrate(*change)
    assert holds(database)


def test_it_survives_a_change_made_in_the_migration_that_creates_the_table() -> None:
    database = Database()
    database.migrate(*CREATE, *REBUILDS["alter a field"], *REBUILDS["add a field with a default"])
    assert holds(database)
    database.drop()


def test_it_survives_a_rename_of_its_model(database: Database) -> None:
    database.migrate(migrations.RenameModel("Raft", "Canoe"))
    assert holds(database, "Canoe")
    database.migrate(migrations.AlterField("Canoe", "note", models.CharField(max_length=9)))
    assert holds(database, "Canoe")


def test_it_survives_a_rename_of_its_field(database: Database) -> None:
    """Django's autodetector takes a constraint off around the rename of a field it names."""
    renamed = NoOverlap(
        name="raft_busy",
        resources=["ferry"],
        start="leaves_at",
        end="back_at",
        condition=Q(void=False),
    )
    database.migrate(
        migrations.RemoveConstraint("Raft", "raft_busy"),
        migrations.RenameField("Raft", "cancelled", "void"),
        migrations.AddConstraint("Raft", renamed),
    )
    assert holds(database)


def test_it_survives_the_bare_rename_of_a_column_it_reads(database: Database) -> None:
    """The engine itself rewrites the rule, even where the migration does not mention it."""
    database.migrate(migrations.RenameField("Raft", "leaves_at", "starts_at"))
    assert holds(database, start="starts_at")


def test_it_keeps_the_rows_of_a_full_table(database: Database) -> None:
    ferry = database.model("Ferry").objects.create()
    hour = timedelta(hours=1)
    raft = database.model("Raft")
    raft.objects.bulk_create(
        raft(ferry=ferry, leaves_at=DAY + i * hour, back_at=DAY + (i + 1) * hour)
        for i in range(5000)
    )
    database.migrate(*REBUILDS["add a field with a default"])
    assert database.model("Raft").objects.count() == 5000


def test_adding_it_to_a_table_with_overlaps_is_refused(database: Database) -> None:
    database.migrate(migrations.RemoveConstraint("Raft", "raft_busy"))
    database.add_rafts(1, 3, 1)
    with pytest.raises(IntegrityError) as error:
        database.migrate(migrations.AddConstraint("Raft", RULE))
    assert violated_constraint(error.value) == "raft_busy"


@pytest.mark.parametrize(
    "change",
    [
        [migrations.RemoveConstraint("Raft", "raft_busy")],
        [
            migrations.DeleteModel("Raft"),
            CREATE[1],
            migrations.RemoveConstraint("Raft", "raft_busy"),
        ],
    ],
    ids=["removed", "table made again and removed"],
)
def test_it_is_gone_once_removed(database: Database, change: list[Operation]) -> None:
    database.migrate(*change)
    database.add_rafts(1, 1)


def test_makemigrations_sees_no_difference() -> None:
    call_command("makemigrations", "overlap_app", "common", check=True, dry_run=True, verbosity=0)


def test_sqlmigrate_shows_the_statements(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("sqlmigrate", "overlap_app", "0001")
    assert "voyage_boat_busy" in capsys.readouterr().out
