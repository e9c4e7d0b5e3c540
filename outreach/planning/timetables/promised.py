"""How often a timetable promises each venue a visit, against what is promised already."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from outreach.accounts.models import Library
from outreach.planning.models import Promise
from outreach.planning.timetables.checks import Window
from outreach.planning.timetables.matching import Row
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.plan import IMPORT_REASON, Plan
from outreach.planning.timetables.stops import Stop
from outreach.scheduling.series.recurrence import dates

CYCLE_WEEKS = 52
"""How far ahead a venue's visits are looked at to tell how often it is promised one."""


def promise_of(rows: Sequence[Row], window: Window) -> Promise | None:
    """Return how often the rows of a venue say it is visited; ``None`` for less than twice."""
    until = window.since + timedelta(weeks=CYCLE_WEEKS)
    days: set[date] = set()
    for row in rows:
        stop = row.visiting.stop
        days.update(
            dates(
                stop.rule,
                stop.starts_on,
                since=window.since,
                until=until,
                ends_on=stop.ends_on,
                exceptions=stop.exceptions,
            )
        )
    ordered = sorted(days)
    if len(ordered) < 2:
        return None
    longest = max((b - a).days for a, b in itertools.pairwise(ordered))
    ends = [row.visiting.stop.ends_on for row in rows]
    minutes = max(_minutes(row.visiting.stop) for row in rows)
    return Promise(
        venue=rows[0].venue,
        every_weeks=min(max(-(-longest // 7), 1), 26),
        service_min=min(max(minutes, 1), 600),
        starts_on=window.since,
        ends_on=None if None in ends else max(end for end in ends if end),
    )


def _minutes(stop: Stop) -> int:
    arrives, departs = stop.arrives, stop.departs
    return (departs.hour - arrives.hour) * 60 + departs.minute - arrives.minute


class StoredPromises:
    """The promises of a library's venues that hold now or will hold."""

    def __init__(self, library: Library, today: date) -> None:
        self.by_venue: dict[int, list[Promise]] = defaultdict(list)
        self.imported: set[int] = set()
        if library._state.adding:
            return
        stored = Promise.objects.filter(venue__library=library).exclude(ends_on__lte=today)
        for promise in stored.select_related("venue"):
            self.by_venue[promise.venue_id].append(promise)
        self.imported = _last_changed_by_import(
            [one.pk for promises in self.by_venue.values() for one in promises]
        )

    def compare(self, wanted: Promise, row: int, plan: Plan) -> None:
        """Add the promise to the plan, unless one stands that people made or that says the same."""
        standing = self.by_venue.get(wanted.venue.pk, []) if wanted.venue.pk else []
        if not standing:
            plan.promises.new.append(wanted)
            return
        promise = standing[0]
        meant = (wanted.every_weeks, wanted.service_min, wanted.ends_on)
        if (promise.every_weeks, promise.service_min, promise.ends_on) == meant:
            plan.promises.unchanged += 1
        elif len(standing) == 1 and promise.pk in self.imported:
            promise.every_weeks, promise.service_min, promise.ends_on = meant
            plan.promises.changed.append(promise)
        else:
            plan.promises.unchanged += 1
            if promise.every_weeks != wanted.every_weeks:
                params = {"kept": promise.every_weeks, "meant": wanted.every_weeks}
                plan.remarks.append(Remark(row, Notice.PROMISE_STAYS, params, "frequency"))


def _last_changed_by_import(keys: Sequence[int]) -> set[int]:
    """Return the promises whose last change was an import's."""
    history: Any = Promise.history.model
    last: dict[int, str] = {}
    for start in range(0, len(keys), 500):
        rows = history.objects.filter(id__in=keys[start : start + 500]).order_by("history_id")
        for key, reason in rows.values_list("id", "history_change_reason"):
            last[key] = reason or ""
    return {key for key, reason in last.items() if reason == IMPORT_REASON}
