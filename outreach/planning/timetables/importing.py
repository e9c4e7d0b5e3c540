"""Importing a timetable: the one way for the command, the page and the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.planning.timetables import rulings
from outreach.planning.timetables.checks import Progress, Window, check, untold, without
from outreach.planning.timetables.comparison import compare
from outreach.planning.timetables.plan import Plan
from outreach.planning.timetables.sheet import Sheet, read
from outreach.planning.timetables.stops import point_of
from outreach.planning.timetables.storing import store
from outreach.planning.timetables.zones import zone_at

WEEKS = 13
"""Visits are made this far ahead unless somebody wishes otherwise: a season."""


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a timetable is to be imported.

    Attributes:
        library: whose it is; ``None`` for the organisations that its rows name.
        time_zone: of a library that is made; empty to tell it by the points of the stops.
        since: first day of visits; ``None`` for today.
        weeks: how many weeks of visits are made; at least 1.
        publish: make the visits public at once; otherwise they are drafts.
        override_reason: why trips may be public without a crew.
        strict: refuse rows whose visits break a rule of scheduling; else they are drafts that say
            what stands against them.
    """

    library: Library | None = None
    time_zone: str = ""
    since: date | None = None
    weeks: int = WEEKS
    publish: bool = False
    override_reason: str = ""
    strict: bool = False


def preview(
    content: bytes,
    wishes: Wishes,
    *,
    now: datetime,
    progress: Progress = untold,
) -> Plan:
    """Return what importing a file would do; nothing is written.

    Args:
        progress: is called now and then with the rows done and their number; may raise to stop.

    Raises:
        Unreadable: if the file is no timetable.
    """
    sheet = read(content)
    since = wishes.since or clock.local(now, _zone(sheet, wishes)).date()
    window = Window(since, since + timedelta(weeks=wishes.weeks))
    checked = check(sheet, window, progress, is_one_library=wishes.library is not None)
    found = partial(
        compare, window=window, library=wishes.library, time_zone=wishes.time_zone, now=now
    )
    plan = found(checked)
    told = rulings.remarks(rulings.of_plan(plan), refuse_soft=wishes.strict)
    refused = [remark for remark in told if remark.is_refusal]
    if refused:
        # What is refused may have kept others from a vehicle or a venue.
        rows = {remark.row for remark in refused}
        aside = [key for row, key in plan.series_of.items() if row in rows]
        plan = found(without(checked, refused), aside=aside)
        told = rulings.remarks(rulings.of_plan(plan), refuse_soft=False)
    plan.remarks = sorted([*plan.remarks, *told], key=lambda remark: remark.row)
    return plan


def _zone(sheet: Sheet, wishes: Wishes) -> ZoneInfo | None:
    """Return the zone in which it is "today" for a timetable; ``None`` for our own."""
    if wishes.library is not None:
        return wishes.library.zone
    points = [point for row in sheet.rows if (point := point_of(row)) is not None]
    name = wishes.time_zone or zone_at(points)
    return ZoneInfo(name) if name else None


def commit(plan: Plan, wishes: Wishes, *, actor: User | None, now: datetime) -> None:
    """Store what :func:`preview` found, all or nothing.

    Args:
        actor: who answers for it, if not the administrator at the machine.

    Raises:
        NotAllowed: if ``actor`` does not keep the plan, places and schedule of a library.
        Conflict: if something has changed since the preview.
        InvalidInput: if visits are to be public without ``actor`` and reason.
    """
    if actor is not None:
        authorise(actor, wishes.library)
    store(
        plan,
        actor=actor,
        now=now,
        publish=wishes.publish,
        override_reason=wishes.override_reason,
    )


def authorise(actor: User, library: Library | None) -> None:
    """Refuse who may not import for a library; making one is for administrators.

    Raises:
        NotAllowed: if ``actor`` may not.
    """
    needed = (Action.PLAN, Action.SCHEDULE, Action.KEEP_PLACES)
    if library is None:
        if not actor.is_superuser:
            raise NotAllowed()
    elif not all(actor.may(action, library.pk) for action in needed):
        raise NotAllowed()
