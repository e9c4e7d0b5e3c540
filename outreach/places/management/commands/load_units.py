"""Load provinces and communes, those before July 2025 and those since, with their successions."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outreach.places.loading import store, vietnam


class Command(BaseCommand):
    """Only tells what would change unless ``--commit`` is given; may be run again."""

    help = (
        "Load the provinces and communes of Vietnam, those before 1 July 2025 and those since,"
        " with what went into what. Without --commit it only tells what would change."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--provinces",
            help="codes of provinces since July 2025, separated by commas, e.g."
            " 38,40,42,44,46 (default: all); their predecessors come along",
        )
        parser.add_argument("--commit", action="store_true", help="store what was read")
        parser.add_argument(
            "--json", action="store_true", help="end with one line of JSON for programs"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        wanted = [code.strip() for code in (options["provinces"] or "").split(",") if code.strip()]
        try:
            gazetteer = vietnam.read(wanted or None)
        except ValueError as error:
            raise CommandError(str(error)) from error
        outcome = store.load(gazetteer, commit=options["commit"])
        if options["verbosity"]:
            self._tell(outcome, committed=options["commit"])
        if options["json"]:
            self.stdout.write(
                json.dumps(
                    {
                        "rows": outcome.rows,
                        "imported": outcome.imported,
                        "refused": len(outcome.refused),
                        "warnings": len(outcome.warnings),
                    }
                )
            )

    def _tell(self, outcome: store.Outcome, *, committed: bool) -> None:
        self.stdout.write(
            f"{outcome.source}: {outcome.new} new units, {outcome.changed} changed,"
            f" {outcome.unchanged} as they were; {outcome.successions} successions."
        )
        for remark in outcome.refused:
            self.stderr.write(f"Row {remark.row} refused: {remark.message}")
        for remark in outcome.warnings:
            self.stderr.write(f"Row {remark.row}: {remark.message}")
        if not committed:
            self.stdout.write("Nothing was stored. Add --commit to store it.")
