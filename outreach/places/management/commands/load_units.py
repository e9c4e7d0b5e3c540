"""Load provinces and communes as dated sets: look, store, activate, take back."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.places.loading import activation, columns, files, reform, report, store, vietnam
from outreach.places.loading.columns import BadValue
from outreach.places.loading.files import UnreadableFile
from outreach.places.loading.gazetteer import COMMUNE, PROVINCE, Gazetteer
from outreach.places.loading.known import Known
from outreach.places.models import UnitSet

_LAST = ""
"""Stands for the set that this very command stores."""


class Command(BaseCommand):
    """Only tells what would change unless ``--commit`` is given; may be run again."""

    help = (
        "Load provinces and communes: those of Vietnam before 1 July 2025 and since, with what"
        " went into what, or those of a CSV or GeoJSON file (--file). Without --commit it only"
        " tells what would change. With it the units are stored as a set that is not in force"
        " until --activate; --deactivate takes a set back."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--commit", action="store_true", help="store what was read as a set")
        parser.add_argument(
            "--activate",
            nargs="?",
            const=_LAST,
            metavar="SET",
            help="bring a stored set into force; with --commit and no name, the one just stored",
        )
        parser.add_argument("--deactivate", metavar="SET", help="take an active set back")
        parser.add_argument("--discard", metavar="SET", help="remove a set that is not active")
        parser.add_argument("--list", action="store_true", help="show the sets that are stored")
        parser.add_argument("--all", action="store_true", help="show every change, not the first")
        parser.add_argument(
            "--json", action="store_true", help="end with one line of JSON for programs"
        )
        self._add_source(parser)

    def _add_source(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--provinces",
            help="of the package: codes of provinces since July 2025, separated by commas, e.g."
            " 38,40,42,44,46 (default: all); their predecessors come along",
        )
        parser.add_argument(
            "--file",
            type=Path,
            help="read units from a CSV file (UTF-8) or GeoJSON file, boundaries included",
        )
        parser.add_argument(
            "--successions", type=Path, help="CSV file of old and new codes for --file"
        )
        parser.add_argument(
            "--valid-from", metavar="DATE", help="first day of rows of --file that state none"
        )
        parser.add_argument(
            "--valid-to", metavar="DATE", help="first day after, of rows of --file that state none"
        )
        parser.add_argument(
            "--country", default=vietnam.COUNTRY, help="ISO 3166 code (default: %(default)s)"
        )
        parser.add_argument(
            "--parent",
            metavar="CODE[=NAME]",
            help="province of rows of --file that state none; with a name it is made",
        )
        parser.add_argument(
            "--level", choices=[PROVINCE, COMMUNE], help="level of rows of --file that state none"
        )
        parser.add_argument(
            "--columns",
            metavar="WHAT=TITLE,...",
            help=f"titles of columns that are not known by themselves; WHAT is one of"
            f" {', '.join(columns.ALIASES)}",
        )
        parser.add_argument("--name", default="", help="name of the set (default: the source's)")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            self._handle(options)
        except (UnreadableFile, BadValue, ValueError) as error:
            raise CommandError(str(error)) from error
        except DomainError as error:
            raise CommandError(error.message) from error

    def _handle(self, options: dict[str, Any]) -> None:
        if options["list"]:
            self._list()
        elif options["deactivate"]:
            self._change(options["deactivate"], "deactivated", activation.deactivate, options)
        elif options["discard"]:
            unit_set = _named(options["discard"])
            activation.discard(unit_set)
            self._say(options, f"The set {options['discard']} is removed.")
        elif options["activate"] and not options["commit"]:
            self._change(options["activate"], "activated", activation.activate, options)
        else:
            self._load(options)

    # --- Sets -----------------------------------------------------------------------------------

    def _list(self) -> None:
        for unit_set in UnitSet.objects.order_by("loaded_at", "pk"):
            since = unit_set.activated_at
            state = f"active since {clock.local(since):%Y-%m-%d %H:%M}" if since else "not active"
            self.stdout.write(
                f"{unit_set.name}: {unit_set.units.count():,} units,"
                f" {unit_set.changes.count():,} changes; {state}. {unit_set.source}"
            )
        if not UnitSet.objects.exists():
            self.stdout.write("No set is stored.")

    def _change(self, name: str, done: str, change: Any, options: dict[str, Any]) -> None:
        unit_set = _named(name)
        was = unit_set.is_active
        effect = change(unit_set, actor=None)
        unit_set.refresh_from_db()
        if was == unit_set.is_active:
            self._say(options, f"{name} was {done} already.")
        else:
            self._say(options, f"{name} is {done}: {_effect(effect)}")

    # --- Loading --------------------------------------------------------------------------------

    def _load(self, options: dict[str, Any]) -> None:
        if options["activate"] is not None and not options["commit"]:
            raise CommandError("--activate needs the name of a set (see --list), or --commit.")
        if options["activate"]:
            raise CommandError("With --commit, --activate takes no name: use --name.")
        known = Known(_country(options["country"]))
        gazetteer = _read(options, known)
        outcome = store.load(
            gazetteer,
            commit=options["commit"],
            activate=options["activate"] is not None,
            country=known.country,
            known=known,
            name=options["name"] or (options["file"].stem if options["file"] else ""),
        )
        if options["verbosity"]:
            self._tell(outcome, options)
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

    def _tell(self, outcome: store.Outcome, options: dict[str, Any]) -> None:
        self.stdout.write(
            f"{outcome.source}: {outcome.rows:,} rows, {len(outcome.refused):,} refused;"
            f" {outcome.difference.unchanged:,} as stored."
        )
        for line in report.summary(report.sections(outcome.difference), everything=options["all"]):
            self.stdout.write(line)
        for remark in outcome.refused:
            self.stderr.write(f"Row {remark.row} refused: {remark.message}")
        self._warn(outcome, everything=options["all"])
        self.stdout.write(_ending(outcome, committed=options["commit"]))

    def _warn(self, outcome: store.Outcome, *, everything: bool) -> None:
        shown = outcome.warnings if everything else outcome.warnings[: 4 * report.SHOWN]
        for remark in shown:
            self.stderr.write(f"Row {remark.row}: {remark.message}")
        left = len(outcome.warnings) - len(shown)
        if left:
            self.stderr.write(f"and {left:,} more warnings (--all shows them)")

    def _say(self, options: dict[str, Any], text: str) -> None:
        if options["verbosity"]:
            self.stdout.write(text)


def _read(options: dict[str, Any], known: Known) -> Gazetteer:
    if options["file"] is None:
        if options["successions"]:
            raise CommandError("--successions belongs to --file.")
        if known.country != vietnam.COUNTRY:
            raise CommandError("Units of other countries come from a file: --file.")
        wanted = [code.strip() for code in (options["provinces"] or "").split(",") if code.strip()]
        return vietnam.read(wanted or None)
    table = files.read(options["file"], _columns(options["columns"]), options["level"] or "")
    pairs: list[files.WrittenPair] = []
    if options["successions"]:
        pairs, faults = files.read_pairs(options["successions"])
        table.warnings += faults
    code, _sign, name = (options["parent"] or "").partition("=")
    terms = reform.Terms(
        today=clock.today(),
        valid_from=columns.day(options["valid_from"]),
        valid_to=columns.day(options["valid_to"]),
        parent=code.strip(),
        parent_name=name.strip(),
    )
    if terms.parent_name and terms.valid_from is None:
        raise CommandError("A province to be made needs its first day: --valid-from.")
    return reform.resolve(table, pairs, known, source=options["file"].name, terms=terms)


def _columns(written: str | None) -> dict[str, str]:
    pairs = [part.partition("=") for part in (written or "").split(",") if part.strip()]
    if any(not sign for _what, sign, _title in pairs):
        raise CommandError("--columns is written WHAT=TITLE,WHAT=TITLE.")
    return {what.strip(): title.strip() for what, _sign, title in pairs}


def _country(code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isalpha():
        raise CommandError(f"“{code}” is no ISO 3166 code of two letters.")
    return code.upper()


def _named(name: str) -> UnitSet:
    unit_set = UnitSet.objects.filter(name=name).first()
    if unit_set is None:
        raise CommandError(f"No set is called {name} (--list shows them).")
    return unit_set


def _effect(effect: activation.Effect) -> str:
    return (
        f"{effect.units:,} units, {effect.changes:,} changes to others,"
        f" {effect.venues:,} venues placed anew."
    )


def _ending(outcome: store.Outcome, *, committed: bool) -> str:
    if not outcome.difference:
        if not outcome.imported:
            return "Nothing to change: no row could be read."
        what = "what could be read" if outcome.refused else "all of it"
        return f"Nothing to change: {what} is stored and active."
    if not committed:
        same = store.same_set(outcome.difference)
        if same is not None:
            return f"It is stored as {same.name}, which is not active: --activate {same.name}"
        return "Nothing was stored. Add --commit to store it."
    assert outcome.unit_set is not None
    name = outcome.unit_set.name
    if outcome.effect is not None:
        return f"{name} is activated: {_effect(outcome.effect)}"
    stored = "Stored" if outcome.is_new else "It is stored already"
    return f"{stored} as {name}, which is not active: --activate {name}"
