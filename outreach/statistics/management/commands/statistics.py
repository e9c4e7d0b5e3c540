"""Derive the statistics anew from the result sheets, or compare them with a recount."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from outreach.statistics import services


class Command(BaseCommand):
    """``statistics rebuild [--check]``."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        actions = parser.add_subparsers(dest="action", required=True)
        rebuild = actions.add_parser("rebuild", help="derive every fact and cell from the sheets")
        rebuild.add_argument(
            "--check",
            action="store_true",
            help="change nothing; print how many cells differ from a recount, exit 1 if any",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["check"]:
            services.rebuild()
            if options["verbosity"]:
                self.stdout.write("The statistics were derived anew from the sheets.")
            return
        differing = services.differing_cells()
        self.stdout.write(str(differing))
        if differing:
            raise SystemExit(1)
