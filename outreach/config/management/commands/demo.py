"""Load the demonstration: invented libraries at work, on real places."""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outreach.common.errors import DomainError
from outreach.config.demo import people
from outreach.config.demo.load import Outcome, load

_SIGN_INS = (
    ("officer", people.OFFICER),
    ("coordinator, Nghệ An", people.address("coordinator", people.HOME)),
    ("crew, Nghệ An", people.address("crew", people.HOME)),
    ("school, Nghệ An", people.address("school", people.HOME)),
    ("coordinator, Huế", people.address("coordinator", "hue")),
)


class Command(BaseCommand):
    """Load the demonstration once; a second run changes nothing."""

    help = (
        "Load the demonstration: invented libraries, venues and people on real places, with one"
        " finished year and a season around today. Running it again changes nothing."
    )

    # ``migrate`` has just run them; here they would take as long as the loading.
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--today",
            type=date.fromisoformat,
            metavar="YYYY-MM-DD",
            help="the day the running season lies around (default: today)",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            outcome = load(options["today"])
        except DomainError as error:
            raise CommandError(error.message) from error
        if options["verbosity"]:
            self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        if outcome.already:
            self.stdout.write("The demo is there already; nothing was changed.")
        else:
            self.stdout.write(
                f"Loaded {outcome.venues} venues, {outcome.trips} trips, {outcome.events} events"
                f" and {outcome.sheets} result sheets. Venues and people are invented."
            )
        self.stdout.write(f"Sign in with the password {people.PASSWORD} as")
        for role, email in _SIGN_INS:
            self.stdout.write(f"  {email:<28} {role}")
