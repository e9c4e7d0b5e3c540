"""Import a timetable of stops: vehicles, venues, promises and dated visits."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.planning.timetables import importing
from outreach.planning.timetables.plan import Plan
from outreach.planning.timetables.stops import read_date
from outreach.scheduling.models import ActivityKind

MOST_WEEKS = 104


class Command(BaseCommand):
    """Only tells what would change unless ``--commit`` is given; may be run again."""

    help = (
        "Import a timetable in the open mobile-library schema (CSV), or in our own workbook"
        " (XLSX): its vehicles, venues, promises and dated visits. Without --commit it only tells"
        " what would change. The same file twice changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="CSV or XLSX")
        parser.add_argument("--commit", action="store_true", help="store what was read")
        parser.add_argument(
            "--json", action="store_true", help="end with one line of JSON for programs"
        )
        parser.add_argument(
            "--library",
            metavar="SLUG",
            help="whose timetable it is (default: the organisation each row names, which is made"
            " where there is none of its name)",
        )
        parser.add_argument(
            "--time-zone",
            metavar="ZONE",
            help="of a library that is made, e.g. Europe/London (default: where the stops lie)",
        )
        parser.add_argument(
            "--from", dest="since", metavar="DATE", help="first day of visits (default: today)"
        )
        parser.add_argument(
            "--weeks",
            type=int,
            default=importing.WEEKS,
            help="how many weeks of visits to make (default: %(default)s)",
        )
        parser.add_argument(
            "--publish",
            metavar="WHY",
            help="make the visits public at once though nobody is on duty yet, and why that is"
            " right; needs --by",
        )
        parser.add_argument(
            "--strict",
            action="store_true",
            help="refuse rows whose visits break a rule of scheduling, such as a public holiday"
            " or too little time on the way (default: they become drafts, with a note)",
        )
        parser.add_argument("--by", metavar="EMAIL", help="who answers for it")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            content = Path(options["file"]).read_bytes()
        except OSError as error:
            raise CommandError(
                _("%(file)s cannot be read: %(why)s.")
                % {"file": options["file"], "why": error.strerror}
            ) from error
        wishes = self._wishes(options)
        now = clock.now()
        try:
            plan = importing.preview(content, wishes, now=now)
            if options["commit"]:
                _have_reference_data()
                importing.commit(plan, wishes, actor=self._actor(options["by"]), now=now)
        except DomainError as error:
            raise CommandError(error.message) from error
        if options["verbosity"]:
            self._tell(plan, committed=options["commit"])
        if options["json"]:
            summary = {
                "rows": plan.rows,
                "imported": len(plan.imported),
                "refused": plan.refused,
                "warnings": len(plan.warnings),
            }
            self.stdout.write(json.dumps(summary))

    def _wishes(self, options: dict[str, Any]) -> importing.Wishes:
        library = None
        if options["library"]:
            library = Library.objects.running_services().filter(slug=options["library"]).first()
            if library is None:
                raise CommandError(
                    _("There is no library called %(slug)s.") % {"slug": options["library"]}
                )
        if options["time_zone"] and options["time_zone"] not in available_timezones():
            raise CommandError(_("%(name)s is not a time zone.") % {"name": options["time_zone"]})
        since = read_date(options["since"]) if options["since"] else None
        if options["since"] and since is None:
            raise CommandError(_("“%(said)s” is no date.") % {"said": options["since"]})
        if not 1 <= options["weeks"] <= MOST_WEEKS:
            raise CommandError(_("Weeks go from 1 to %(most)d.") % {"most": MOST_WEEKS})
        if options["publish"] is not None and not (options["publish"].strip() and options["by"]):
            raise CommandError(_("Publishing needs a reason, and --by: who answers for it."))
        return importing.Wishes(
            library=library,
            time_zone=options["time_zone"] or "",
            since=since,
            weeks=options["weeks"],
            publish=options["publish"] is not None,
            strict=options["strict"],
            override_reason=options["publish"] or "",
        )

    def _actor(self, email: str | None) -> User | None:
        if not email:
            return None
        actor = User.objects.filter(email__iexact=email, is_active=True).first()
        if actor is None:
            raise CommandError(_("Nobody signs in as %(email)s.") % {"email": email})
        return actor

    def _tell(self, plan: Plan, *, committed: bool) -> None:
        for remark in plan.remarks:
            where = _("Row %(row)d") % {"row": remark.row} if remark.row else _("The file")
            verdict = _("refused") if remark.is_refusal else _("note")
            self.stderr.write(f"{where}, {verdict}: {remark.message}")
        kinds, changes = _kinds(), _changes()
        for name, counts in plan.counts().items():
            told = ", ".join(f"{changes[how]} {count}" for how, count in counts.items() if count)
            self.stdout.write(f"{kinds[name]}: {told or 0}")
        self.stdout.write(
            _(
                "%(rows)d rows from %(since)s to %(last)s: %(imported)d imported (%(warned)d of"
                " them with a note), %(refused)d refused."
            )
            % {
                "rows": plan.rows,
                "since": plan.window.since,
                "last": plan.window.last_on,
                "imported": len(plan.imported),
                "warned": plan.warned,
                "refused": plan.refused,
            }
        )
        if not committed:
            self.stdout.write(_("Nothing was stored. Add --commit to store it."))


def _have_reference_data() -> None:
    """Load the coded lists into a database that has none yet: visits need their kind."""
    if not ActivityKind.objects.exists():
        call_command("load_reference", verbosity=0)


def _kinds() -> dict[str, str]:
    """Return what the kinds of records are called."""
    return {
        "libraries": _("Libraries"),
        "vehicles": _("Vehicles"),
        "venues": _("Venues"),
        "series": _("Series"),
        "promises": _("Promises"),
        "visits": _("Visits"),
    }


def _changes() -> dict[str, str]:
    """Return what happens to them."""
    return {
        "new": pgettext("records", "New").lower(),
        "changed": pgettext("records", "Changed").lower(),
        "unchanged": pgettext("records", "As it was").lower(),
        "removed": pgettext("records", "Removed").lower(),
    }
