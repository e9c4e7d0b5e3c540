"""Looking at the rows of a timetable together: what one vehicle cannot do, and what looks odd."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

from outreach.planning.timetables.names import same_name
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.sheet import Row, Sheet
from outreach.planning.timetables.stops import Stop, read_stop
from outreach.planning.timetables.weekdays import settle
from outreach.routing.travel import distance_m
from outreach.scheduling.series.recurrence import BadRule, dates

FAR_KM = 300
"""No vehicle serves stops this far from the middle of all others."""


@dataclass(frozen=True, slots=True)
class Window:
    """The days ``[since, until)`` for which visits are made."""

    since: date
    until: date

    @property
    def last_on(self) -> date:
        """The last day."""
        return self.until - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Visiting:
    """A stop with the days on which it is visited in the window."""

    stop: Stop
    days: tuple[date, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """The rows that may be imported, and everything there is to say about all of them.

    ``remarks`` are in the order of the rows; those about the whole file come first. ``names`` says
    by what a person finds a row again.
    """

    rows: int
    accepted: list[Visiting]
    remarks: list[Remark]
    names: dict[int, str]


def without(checked: Checked, refused: Iterable[Remark]) -> Checked:
    """Return what was checked without the rows that are refused after all, and why."""
    said = list(refused)
    rows = {remark.row for remark in said}
    return Checked(
        checked.rows,
        [visiting for visiting in checked.accepted if visiting.stop.row not in rows],
        [*checked.remarks, *said],
        checked.names,
    )


Progress = Callable[[int, int], None]
"""Is told how many rows are done, and how many there are."""
_TOLD_EVERY = 200


def untold(_done: int, _total: int) -> None:
    """Tell nobody."""


def check(
    sheet: Sheet, window: Window, progress: Progress = untold, *, is_one_library: bool = False
) -> Checked:
    """Tell the rows that can be imported from those that cannot, and why.

    A row is refused for what it says, for repeating an earlier one, and for putting a vehicle where
    an earlier accepted row has it at the same time on one of the days of the window.

    Args:
        is_one_library: all rows are one library's, whatever organisations they name.
    """
    remarks = list(_about_the_file(sheet))
    stops: list[Stop] = []
    for row in sheet.rows:
        stop, found = read_stop(row)
        remarks += found
        if stop is not None:
            stops.append(stop)
    stops, found = settle(stops)
    remarks += found
    accepted: list[Visiting] = []
    kept = _Kept(is_one_library)
    for done, stop in enumerate(stops):
        if done % _TOLD_EVERY == 0:
            progress(done, len(stops))
        try:
            visiting = Visiting(stop, days_of(stop, window))
            refusal = kept.refusal_of(visiting)
        except BadRule:
            said = stop.said.get("frequency", "")
            refusal = Remark(stop.row, Notice.BAD_RULE, {"said": said}, "frequency")
        if refusal is not None:
            remarks = [remark for remark in remarks if remark.row != stop.row]
            remarks.append(refusal)
            continue
        kept.add(visiting)
        accepted.append(visiting)
        remarks += _about_the_days(visiting, window)
    remarks += _far_points(accepted)
    remarks += kept.without_driving_time()
    remarks.sort(key=lambda remark: remark.row)
    names = {row.number: _name_of(row) for row in sheet.rows}
    return Checked(len(sheet.rows), accepted, remarks, names)


def _name_of(row: Row) -> str:
    """Return by what a person finds a row again."""
    cells = (row.cells.get(column, "") for column in ("mobile", "route", "stop"))
    return " · ".join(" ".join(cell.split()) for cell in cells if cell)[:200]


def days_of(stop: Stop, window: Window) -> tuple[date, ...]:
    """Return the days of the window on which a stop is visited."""
    return tuple(
        dates(
            stop.rule,
            stop.starts_on,
            since=window.since,
            until=window.until,
            ends_on=stop.ends_on,
            exceptions=stop.exceptions,
        )
    )


class _Kept:
    """The accepted rows, by what the next one is compared with."""

    def __init__(self, is_one_library: bool) -> None:
        self.is_one_library = is_one_library
        self.said: dict[tuple[tuple[str, str], ...], int] = {}
        self.by_day: dict[tuple[str, str, date], list[Stop]] = defaultdict(list)

    def refusal_of(self, visiting: Visiting) -> Remark | None:
        """Return why an earlier row leaves no room for this one, if so."""
        stop = visiting.stop
        same = self.said.get(_said(stop))
        if same is not None:
            return Remark(stop.row, Notice.REPEATED, {"row": same})
        for day in visiting.days:
            for other in self.by_day[*self._vehicle_of(stop), day]:
                if stop.arrives < other.departs and other.arrives < stop.departs:
                    params = {
                        "mobile": stop.mobile,
                        "stop": other.name,
                        "row": other.row,
                        "day": day.isoformat(),
                    }
                    return Remark(stop.row, Notice.OVERLAPS, params, "arrival")
        return None

    def _vehicle_of(self, stop: Stop) -> tuple[str, str]:
        organisation = "" if self.is_one_library else same_name(stop.organisation)
        return same_name(stop.mobile), organisation

    def add(self, visiting: Visiting) -> None:
        """Keep an accepted row."""
        stop = visiting.stop
        self.said[_said(stop)] = stop.row
        for day in visiting.days:
            self.by_day[*self._vehicle_of(stop), day].append(stop)

    def without_driving_time(self) -> Iterator[Remark]:
        """Yield the stops at another place than the one left at that very minute, once each."""
        told = set()
        for stops in self.by_day.values():
            ordered = sorted(stops, key=lambda stop: stop.arrives)
            for before, stop in itertools.pairwise(ordered):
                is_elsewhere = (before.name, before.community) != (stop.name, stop.community)
                if before.departs == stop.arrives and is_elsewhere and stop.row not in told:
                    told.add(stop.row)
                    params = {"stop": before.name, "row": before.row}
                    yield Remark(stop.row, Notice.NO_DRIVING_TIME, params, "arrival")


def _said(stop: Stop) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((column, cell) for column, cell in stop.said.items() if cell))


def _about_the_file(sheet: Sheet) -> Iterator[Remark]:
    if sheet.is_guessed:
        yield Remark(0, Notice.GUESSED_LETTERS)
    if sheet.unknown:
        yield Remark(0, Notice.UNKNOWN_COLUMNS, {"columns": ", ".join(sheet.unknown)})


def _about_the_days(visiting: Visiting, window: Window) -> Iterator[Remark]:
    stop = visiting.stop
    if stop.ends_on is not None and stop.ends_on <= window.since:
        yield Remark(stop.row, Notice.ENDED, {"last": stop.said.get("end", "")}, "end")
    elif not visiting.days:
        params = {"since": window.since.isoformat(), "last": window.last_on.isoformat()}
        yield Remark(stop.row, Notice.NO_DATES, params, "frequency")


def _far_points(accepted: Sequence[Visiting]) -> Iterator[Remark]:
    """Yield the stops that lie far from the middle of their organisation's."""
    groups: dict[str, list[Stop]] = defaultdict(list)
    for visiting in accepted:
        if visiting.stop.point is not None:
            groups[visiting.stop.organisation].append(visiting.stop)
    for stops in groups.values():
        middle = _middle(stops)
        for stop in stops:
            assert stop.point is not None
            if _is_near(stop.point, middle):
                continue
            km = distance_m(stop.point, middle) / 1000
            if km > FAR_KM:
                yield Remark(stop.row, Notice.FAR_POINT, {"km": round(km)}, "geox")


def _middle(stops: Iterable[Stop]) -> tuple[float, float]:
    points = [stop.point for stop in stops if stop.point is not None]
    return median(lat for lat, _lon in points), median(lon for _lat, lon in points)


def _is_near(point: tuple[float, float], middle: tuple[float, float]) -> bool:
    """Tell without arithmetic on the ellipsoid that most points are near enough."""
    return abs(point[0] - middle[0]) < 1 and abs(point[1] - middle[1]) < 1
