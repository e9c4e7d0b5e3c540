"""The health checks tell the truth to whoever watches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection
from django.test import Client
from django_tasks_db.models import DBTaskResult

from outreach.common import clock
from outreach.web.health import views

pytestmark = pytest.mark.django_db


def waiting_task(**fields: Any) -> DBTaskResult[..., object]:
    task = DBTaskResult.objects.create(
        args_kwargs={"args": [], "kwargs": {}}, task_path="a.b", queue_name="mail", **fields
    )
    old = clock.now() - views.STUCK_AFTER - timedelta(seconds=1)
    DBTaskResult.objects.filter(pk=task.pk).update(enqueued_at=old)
    return task


def test_a_living_process_says_so_without_the_database(client: Client) -> None:
    answer = client.get("/healthz")
    assert (answer.status_code, answer.content) == (200, b"ok\n")


def test_a_migrated_and_guarded_installation_is_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json()
    assert answer.json()["ready"] is True


def test_a_database_that_does_not_answer_is_not_ready(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> int:
        raise DatabaseError

    monkeypatch.setattr(views, "_pending_migrations", refuse)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == "does not answer"


def test_a_lost_constraint_is_named(client: Client) -> None:
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type='trigger'")
            name = next(row[0] for row in cursor.fetchall() if "trip_vehicle_once" in row[0])
            cursor.execute(f'DROP TRIGGER "{name}"')
        else:
            cursor.execute("ALTER TABLE scheduling_trip DROP CONSTRAINT trip_vehicle_once")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "trip_vehicle_once" in answer.json()["checks"]["constraints"]


def test_work_that_nobody_picks_up_is_noticed(client: Client) -> None:
    waiting_task()
    assert client.get("/readyz").status_code == 503


def test_work_planned_for_later_is_not_stuck(client: Client) -> None:
    waiting_task(run_after=clock.now() + timedelta(hours=1))
    assert client.get("/readyz").status_code == 200
