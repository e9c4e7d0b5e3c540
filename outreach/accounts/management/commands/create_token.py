"""Make an API token for a person and print its key once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from outreach.accounts.models import User
from outreach.accounts.services import create_token


class Command(BaseCommand):
    """``create_token EMAIL [--label TEXT]`` prints the key, and nothing else."""

    help = __doc__

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--label", default="command line")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"], is_active=True).first()
        if user is None:
            raise CommandError(f"Nobody active signs in with {options['email']}.")
        _token, key = create_token(user=user, label=options["label"])
        self.stdout.write(key)
