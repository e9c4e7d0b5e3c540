"""Do by hand what the product does by itself every night."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outreach.config.housekeeping import NotAllDone, keep_house


class Command(BaseCommand):
    """Erase contacts whose last day has passed, and give venues the commune they lie in."""

    help = (
        "Erase contacts whose last day has passed, and give venues the commune they lie in today."
        " A worker does this every night; running it again changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = keep_house()
        except NotAllDone as failed:
            raise CommandError(f"Not done, see the log: {failed}") from failed
        for name, count in done.items():
            self.stdout.write(f"{count} {name}")
