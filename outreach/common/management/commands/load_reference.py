"""Load or refresh the reference data of ``fixtures/``; running it again changes nothing."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction


class Command(BaseCommand):
    """Load every ``fixtures/reference/*.json``."""

    help = __doc__

    def handle(self, *args: Any, **options: Any) -> None:
        files = sorted((settings.BASE_DIR / "fixtures" / "reference").glob("*.json"))
        with transaction.atomic():
            call_command("loaddata", *[str(file) for file in files], verbosity=0)
        if options["verbosity"]:
            self.stdout.write(f"{len(files)} reference lists loaded.")
