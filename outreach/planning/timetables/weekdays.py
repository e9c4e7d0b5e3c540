"""A stop whose first date is not on the weekday it names: which of the two is meant."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta

from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.stops import Stop
from outreach.scheduling.series.recurrence import follows_weekday, weekdays_of

_Route = tuple[str, str, str]


def settle(stops: Iterable[Stop]) -> tuple[list[Stop], list[Remark]]:
    """Return the stops with the weekday and first day that are meant, and what was decided.

    A rule that names its weekdays is followed as it stands. Of a weekly one without, the start is
    the next date on the weekday that the row names, because a whole route is often given the first
    day of its season; unless other stops of the route start on that very weekday and name it too:
    then the name in this row is the slip.
    """
    rows = list(stops)
    known: dict[_Route, set[int]] = defaultdict(set)
    for stop in rows:
        if stop.weekday is not None and stop.starts_on.weekday() == stop.weekday:
            known[_route_of(stop)].add(stop.weekday)
    settled, remarks = [], []
    for stop in rows:
        meant, remark = _settled(stop, known[_route_of(stop)])
        settled.append(meant)
        if remark is not None:
            remarks.append(remark)
    return settled, remarks


def _settled(stop: Stop, known: set[int]) -> tuple[Stop, Remark | None]:
    if stop.weekday is None:
        return stop, None
    shown = stop.said.get("day", "")
    named = weekdays_of(stop.rule)
    if named or not follows_weekday(stop.rule):
        falls_so = stop.weekday in named if named else stop.starts_on.weekday() == stop.weekday
        remark = Remark(stop.row, Notice.RULE_OFF_WEEKDAY, {"weekday": shown}, "day")
        return stop, None if falls_so else remark
    start = stop.starts_on
    if start.weekday() == stop.weekday:
        return stop, None
    params = {"start": start.isoformat(), "weekday": shown}
    if start.weekday() in known and stop.weekday not in known:
        meant = replace(stop, weekday=start.weekday())
        return meant, Remark(stop.row, Notice.NOT_THAT_WEEKDAY, params, "day")
    first = start + timedelta(days=(stop.weekday - start.weekday()) % 7)
    meant = replace(stop, starts_on=first)
    return meant, Remark(
        stop.row, Notice.OFF_WEEKDAY, params | {"first": first.isoformat()}, "start"
    )


def _route_of(stop: Stop) -> _Route:
    return (stop.organisation, stop.mobile, stop.route)
