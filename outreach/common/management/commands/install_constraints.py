from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import DEFAULT_DB_ALIAS

from outreach.common.checks import install_constraints, missing_constraints


class Command(BaseCommand):
    help = (
        "Puts back the constraints against overlapping periods that the database has lost, for"
        " example after a dump was restored. Does nothing where all are there."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)
        parser.add_argument(
            "--check", action="store_true", help="only list what is missing; exit 1 if anything is"
        )

    def handle(self, *args: Any, database: str, check: bool, **options: Any) -> None:
        if check:
            missing = missing_constraints(database)
            if missing:
                raise CommandError(f"Missing: {', '.join(missing)}", returncode=1)
            self.stdout.write("All constraints are in place.")
            return
        for name in install_constraints(database):
            self.stdout.write(f"Installed {name}.")
