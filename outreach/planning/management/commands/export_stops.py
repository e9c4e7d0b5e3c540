"""Export the series of stops in the open mobile-library schema."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from outreach.accounts.models import Library
from outreach.planning.timetables import exporting
from outreach.planning.timetables.stops import read_date
from outreach.scheduling.models import Series


class Command(BaseCommand):
    """Writes what ``import_stops`` reads; a round trip loses nothing."""

    help = (
        "Write the stops of one library, or of all, in the open mobile-library schema: CSV, or our"
        " own workbook where the file is called .xlsx."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "file", nargs="?", help="where to write it (default: CSV to standard output)"
        )
        parser.add_argument("--library", metavar="SLUG", help="only this library's")
        parser.add_argument(
            "--on", metavar="DATE", help="leave out what had ended by then (default: nothing)"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        series = Series.objects.all()
        if options["library"]:
            library = Library.objects.filter(slug=options["library"]).first()
            if library is None:
                raise CommandError(
                    _("There is no library called %(slug)s.") % {"slug": options["library"]}
                )
            series = series.filter(library=library)
        day = read_date(options["on"]) if options["on"] else None
        if options["on"] and day is None:
            raise CommandError(_("“%(said)s” is no date.") % {"said": options["on"]})
        rows = exporting.rows_of(series, on=day)
        if options["file"] is None:
            self.stdout.write(exporting.as_csv(rows), ending="")
            return
        target = Path(options["file"])
        is_workbook = target.suffix.lower() == ".xlsx"
        content = exporting.as_xlsx(rows) if is_workbook else exporting.as_csv(rows).encode()
        try:
            target.write_bytes(content)
        except OSError as error:
            raise CommandError(
                _("%(file)s cannot be written: %(why)s.")
                % {"file": options["file"], "why": error.strerror}
            ) from error
