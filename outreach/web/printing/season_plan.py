"""The season's plan for approval, as a document and as a workbook."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import NotFound
from outreach.common.periods import first_of_month
from outreach.common.spreadsheets import Cell, Table, as_xlsx
from outreach.planning.approval import (
    Difference,
    Line,
    content_of,
    differences,
    lines_of,
    standing_of,
)
from outreach.planning.approval.content import kind_name
from outreach.planning.models import Season, SeasonSubmission
from outreach.printing.kinds import Order
from outreach.web.printing.papers import written

KINDS_OF_DIFFERENCE: dict[str, Promise] = {
    "added": pgettext_lazy("difference", "Added"),
    "dropped": pgettext_lazy("difference", "Dropped"),
    "moved": pgettext_lazy("difference", "Moved"),
    "changed": pgettext_lazy("difference", "Changed"),
}
WHAT_DIFFERS: dict[str, Promise] = {
    "moved": pgettext_lazy("difference", "time"),
    "place": pgettext_lazy("difference", "place"),
    "title": pgettext_lazy("difference", "title"),
    "kinds": pgettext_lazy("difference", "kinds of activity"),
    "vehicle": pgettext_lazy("difference", "vehicle"),
    "crew": pgettext_lazy("difference", "crew"),
    "people": pgettext_lazy("difference", "people expected"),
}
TODAY = "today"
"""As ``of``: the schedule as it stands, whatever was handed in."""


@dataclass(slots=True)
class Sum:
    """What some events come to."""

    name: str = ""
    day: date | None = None
    events: int = 0
    people: int | None = None
    places: set[str] = field(default_factory=set)
    lines: list[Line] = field(default_factory=list)

    @property
    def venues(self) -> int:
        """How many venues."""
        return len(self.places)

    @property
    def shown_people(self) -> str:
        """How many people are expected; a dash where nobody said."""
        return "–" if self.people is None else str(intcomma(self.people))

    def add(self, line: Line) -> None:
        """Count one event."""
        self.events += 1
        self.places.add(line.row["venue_code"])
        self.lines.append(line)
        people = line.row["people"]
        if people is not None:
            self.people = (self.people or 0) + people


@dataclass(frozen=True, slots=True)
class ShownDifference:
    """A difference in words."""

    difference: Difference

    @property
    def label(self) -> str:
        """What kind it is."""
        return str(KINDS_OF_DIFFERENCE[self.difference.kind])

    @property
    def details(self) -> str:
        """What of the event differs."""
        return ", ".join(str(WHAT_DIFFERS[name]) for name in self.difference.what)

    @property
    def before(self) -> Line | None:
        """The row of the plan."""
        return self.difference.before

    @property
    def after(self) -> Line | None:
        """The row of today."""
        return self.difference.after


@dataclass(frozen=True, slots=True)
class Paper:
    """One version of a season's plan: handed in, or as the schedule stands."""

    season: Season
    submission: SeasonSubmission | None
    lines: list[Line]
    differences: list[ShownDifference]

    @property
    def is_approved(self) -> bool:
        """Whether just this was approved."""
        return (
            self.submission is not None and self.submission.state == SeasonSubmission.State.APPROVED
        )


class SeasonPlan:
    """The plan of a season in the form of an official letter; ``season`` and perhaps ``of``."""

    label: Promise = gettext_lazy("Season plan for approval")

    def order(self, wanted: Mapping[str, str], reader: User) -> Order:
        """Return the order; see :class:`outreach.printing.kinds.DocumentKind`."""
        season = season_of(wanted, reader)
        params = {"season": str(season.pk)}
        if wanted.get("of"):
            params["of"] = wanted["of"]
            _submission(season, wanted["of"])
        return Order(
            library=season.library,
            title=_("Plan %(season)s – %(library)s")
            % {"season": season.name, "library": season.library.name},
            stem=stem(season, "plan"),
            params=params,
        )

    def html(self, order: Order, reader: User, toolbar: str = "") -> str:
        """Return the document."""
        paper = paper_of(season_of(order.params, reader), order.params.get("of", ""))
        return written("documents/season_plan.html", order, toolbar, **_context(paper))


def season_of(wanted: Mapping[str, str], reader: User) -> Season:
    """Return the season that is wanted.

    Raises:
        NotFound: if there is none, or it is not ``reader``'s to see.
    """
    key = wanted.get("season", "")
    if not key.isascii() or not key.isdigit() or len(key) > 18:
        raise NotFound()
    visible = Season.objects.visible_to(reader).select_related("library__union")
    season = visible.filter(pk=int(key)).first()
    if season is None:
        raise NotFound()
    return season


def stem(season: Season, what: str) -> str:
    """Return the name of a file about a season."""
    return f"{what}-{season.library.slug}-{season.starts_on:%Y-%m-%d}"


def paper_of(season: Season, of: str = "") -> Paper:
    """Return a season's plan: what waits for a decision or was approved, else the schedule.

    Args:
        of: the uid of a submission, or :data:`TODAY`.
    """
    submission = _submission(season, of)
    present = content_of(season)
    if submission is None:
        return Paper(season, None, lines_of(present), [])
    found = differences(submission.content, present)
    if submission.state in (SeasonSubmission.State.RETURNED, SeasonSubmission.State.WITHDRAWN):
        found = []  # that plan is history: nobody holds the schedule against it
    return Paper(
        season,
        submission,
        lines_of(submission.content),
        [ShownDifference(one) for one in found],
    )


def _submission(season: Season, of: str) -> SeasonSubmission | None:
    if of == TODAY:
        return None
    if of:
        found = [one for one in standing_of(season).submissions if str(one.uid) == of]
        if not found:
            raise NotFound()
        return found[0]
    standing = standing_of(season)
    return standing.open or (standing.approved if standing.may_publish else None)


def _context(paper: Paper) -> dict[str, Any]:
    season, submission, lines = paper.season, paper.submission, paper.lines
    zone = season.library.zone
    return {
        "season": season,
        "submission": submission,
        "made_on": clock.local(submission.made_at, zone).date() if submission else None,
        "approved": paper.is_approved,
        "watermark": "" if paper.is_approved else pgettext("watermark", "Draft"),
        "months": sums_by_month(lines),
        "kinds": sums_by_kind(lines),
        "communes": sums_by_commune(lines),
        "figures": _figures(lines),
        "differences": paper.differences,
    }


def _figures(lines: Sequence[Line]) -> dict[str, Any]:
    people = [line.row["people"] for line in lines if line.row["people"] is not None]
    return {
        "events": len(lines),
        "days": len({line.on for line in lines}),
        "venues": len({line.row["venue_code"] for line in lines}),
        "communes": len({line.row["commune_code"] for line in lines} - {""}),
        "vehicles": sorted({line.row["vehicle"] for line in lines} - {""}),
        "people": sum(people) if people else None,
        "unknown": len(lines) - len(people),
    }


def sums_by_month(lines: Iterable[Line]) -> list[Sum]:
    """Return the events of each month."""
    sums: dict[date, Sum] = {}
    for line in lines:
        month = first_of_month(line.on)
        sums.setdefault(month, Sum(day=month)).add(line)
    return [sums[month] for month in sorted(sums)]


def sums_by_commune(lines: Iterable[Line]) -> list[Sum]:
    """Return the events of each commune, by name; those without one last."""
    sums: dict[str, Sum] = defaultdict(Sum)
    for line in lines:
        one = sums[line.row["commune_code"]]
        one.name = line.row["commune"] or _("no commune known")
        one.add(line)
    return [sums[code] for code in sorted(sums, key=lambda code: (not code, sums[code].name))]


def sums_by_kind(lines: Iterable[Line]) -> list[Sum]:
    """Return the events of each kind of activity; one with several counts under each."""
    sums: dict[str, Sum] = defaultdict(Sum)
    for line in lines:
        for kind in line.row["kinds"]:
            sums[kind["code"]].name = kind_name(kind)
            sums[kind["code"]].add(line)
    return sorted(sums.values(), key=lambda one: (-one.events, one.name))


def workbook(paper: Paper) -> bytes:
    """Return a season's plan as a workbook: the events, their sums, and what was decided."""
    title = f"{paper.season.name} – {paper.season.library.name}"
    tables = [_events_table(paper), _sums_table(paper), _state_table(paper)]
    if paper.differences:
        tables.append(_differences_table(paper))
    return as_xlsx(tables, title)


def _events_table(paper: Paper) -> Table:
    head = [
        pgettext("row", "No."),
        _("Date"),
        _("From"),
        _("Until"),
        _("Last day"),
        _("Place"),
        _("Commune"),
        _("Title"),
        _("Kinds of activity"),
        _("Vehicle"),
        _("Number plate"),
        _("Crew"),
        _("Classes expected"),
        _("People expected"),
    ]
    widths = (6, 11, 7, 7, 11, 20, 13, 24, 16, 13, 10, 19, 9, 9)
    rows = [_cells(line) for line in paper.lines]
    return Table(_("Plan"), rows, widths, head, is_prose=True)


def _cells(line: Line) -> list[Cell]:
    row = line.row
    return [
        line.number,
        line.on,
        line.starts,
        line.ends,
        line.until if line.until != line.on else None,
        row["venue"],
        row["commune"] or None,
        row["title"],
        ", ".join(line.kinds),
        row["vehicle"] or None,
        row["plate"] or None,
        line.crew or None,
        row["classes"],
        row["people"],
    ]


def _sums_table(paper: Paper) -> Table:
    rows: list[list[Cell]] = []
    parts = (
        (_("Month"), sums_by_month(paper.lines)),
        (_("Kind of activity"), sums_by_kind(paper.lines)),
        (_("Commune"), sums_by_commune(paper.lines)),
    )
    for name, sums in parts:
        for one in sums:
            label = f"{one.day:%m/%Y}" if one.day else one.name
            rows.append([name, label, one.venues, one.events, one.people])
    head = [_("By"), _("Name"), _("Venues"), _("Events"), _("People expected")]
    return Table(_("Summary"), rows, (20, 36, 12, 12, 16), head, heads_down=2)


def _state_table(paper: Paper) -> Table:
    submission = paper.submission
    rows: list[list[Cell]] = [
        [_("Library"), paper.season.library.name],
        [_("Season"), paper.season.name],
        [_("First day"), paper.season.starts_on],
        [_("Last day"), paper.season.last_on],
    ]
    if submission is not None:
        rows += [
            [_("Submission no."), str(submission.number)],
            [_("State"), str(submission.get_state_display())],
            [_("Authority"), submission.authority],
            [_("Decision no."), submission.decision],
            [_("Date of the decision"), submission.decision_on],
            [_("Checksum of this plan (SHA-256)"), submission.checksum],
        ]
    return Table(_("Approval"), rows, (34, 70), [_("What"), _("Value")])


def _differences_table(paper: Paper) -> Table:
    rows: list[list[Cell]] = []
    for one in paper.differences:
        line = one.difference.line
        rows.append(
            [
                one.label,
                one.details,
                one.before.on if one.before else None,
                one.before.starts if one.before else None,
                one.after.on if one.after else None,
                one.after.starts if one.after else None,
                line.row["venue"],
                line.row["title"],
            ]
        )
    head = [
        _("Difference"),
        _("What differs"),
        _("Date in the plan"),
        _("From, in the plan"),
        _("Date today"),
        _("From, today"),
        _("Place"),
        _("Title"),
    ]
    widths = (14, 24, 14, 12, 14, 12, 32, 44)
    return Table(_("Differences"), rows, widths, head, is_prose=True)
