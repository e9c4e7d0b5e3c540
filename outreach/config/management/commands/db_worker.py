"""The worker, which also sees to the daily housekeeping."""

from __future__ import annotations

from typing import Any

from django_tasks_db.management.commands import db_worker

from outreach.config import housekeeping


class Command(db_worker.Command):
    """Run background work, and plan the housekeeping if nobody has."""

    def handle(self, **options: Any) -> None:
        housekeeping.plan()
        super().handle(**options)
