"""A stop's rhythm in words of the planner."""

from __future__ import annotations

from datetime import date, timedelta

from outreach.planning.models import ScenarioStop
from outreach.routing.rhythms import WEEK, EveryWeeks, NthWeekday, OneOf, Rhythm, TimesInSeason

MOST_BESIDE_NTH = 3
"""Days that a visit may lie beside an n-th weekday: at more, those of two weeks would meet."""


def nths_of(text: str) -> frozenset[int]:
    """Return n-th weekdays as numbers: 1 to 5, -1 for the last.

    Raises:
        ValueError: if one is none of them.
    """
    found = frozenset(int(part) for part in text.replace(" ", "").split(",") if part)
    if not found <= {1, 2, 3, 4, 5, -1}:
        raise ValueError(f"Not n-th weekdays: {text}")
    return found


def rhythm_of(
    stop: ScenarioStop,
    first_on: date,
    days: int,
    *,
    last_on: date | None = None,
    already: int = 0,
    pinned: tuple[date, ...] = (),
) -> Rhythm | None:
    """Return how often a stop is to be visited in ``days`` days from ``first_on``.

    Args:
        last_on: the last visit before.
        already: visits of this season that lie before ``first_on``.
        pinned: days of its pinned visits, in order.

    Returns:
        ``None`` where no visit is to be made, nor pinned. Where visits are pinned and nothing else
        is due, those.
    """
    found = _rhythm(stop, first_on, days, last_on=last_on, already=already)
    if found is not None and found.patterns(first_on, days):
        return found
    return OneOf((pinned,)) if pinned else None


def _rhythm(
    stop: ScenarioStop, first_on: date, days: int, *, last_on: date | None, already: int
) -> Rhythm | None:
    if stop.rhythm == ScenarioStop.Rhythm.NTH:
        nths = nths_of(stop.nths) or frozenset({1})
        return NthWeekday(nths, stop.weekday, min(stop.tolerance_days, MOST_BESIDE_NTH))
    if stop.rhythm == ScenarioStop.Rhythm.TIMES:
        times = min(max(stop.times - already, 0), days)
        if not times:
            return None
        return TimesInSeason(times, min(stop.tolerance_days, (days // times - 1) // 2))
    since, until = first_days(stop, first_on, last_on)
    return EveryWeeks(
        stop.every_weeks,
        min(stop.tolerance_days, (stop.every_weeks * WEEK - 1) // 2),
        frozenset() if stop.weekday is None else frozenset({stop.weekday}),
        since,
        until,
    )


def first_days(
    stop: ScenarioStop, first_on: date, last_on: date | None
) -> tuple[date | None, date | None]:
    """Return between which days the first visit of a stop every so many weeks lies, if bounded.

    Not before half a cycle after the last visit, and by the day it is due. What is due soon, or
    overdue, comes in the first half of the first cycle: after a break all stops are overdue at
    once. A day that somebody has set ("first visit by") and that is past means the first week.
    """
    cycle = stop.every_weeks * WEEK
    since = last_on + timedelta(days=(cycle + 1) // 2) if last_on else None
    if stop.due_on is not None:
        return since, max(stop.due_on, first_on + timedelta(days=WEEK - 1))
    if last_on is None:
        return None, None
    soon = first_on + timedelta(days=max((cycle + 1) // 2, WEEK) - 1)
    return since, max(last_on + timedelta(days=cycle), soon)
