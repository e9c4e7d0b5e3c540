"""One row of a timetable as a stop: what it says, what is wrong with it, what is doubtful."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time, timedelta

from outreach.common.folding import fold
from outreach.planning.timetables.columns import COLUMNS
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.sheet import Row
from outreach.scheduling.series.recurrence import BadRule, read_rule

NIGHT_ENDS = time(6, 0)
"""Nobody visits before this hour."""
NOON = time(12, 0)

LONGEST = {
    "organisation": 200,
    "mobile": 100,
    "route": 160,
    "community": 120,
    "stop": 160,
    "address": 240,
    "postcode": 20,
    "type": 80,
    "frequency": 200,
    "timetable": 500,
}
"""Characters a column may have."""

_DAYS = {
    **{
        fold(name): day
        for day, name in enumerate(
            ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
        )
    },
    **{
        fold(name): day
        for day, name in enumerate(("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"))
    },
    **{
        fold(name): day
        for day, name in enumerate(
            ("Thứ hai", "Thứ ba", "Thứ tư", "Thứ năm", "Thứ sáu", "Thứ bảy", "Chủ nhật")
        )
    },
    **{f"thu {day + 2}": day for day in range(6)},
    **{f"t{day + 2}": day for day in range(6)},
    "cn": 6,
    "tues": 1,
    "weds": 2,
    "thur": 3,
    "thurs": 3,
}
_CLOCK = re.compile(
    r"(\d{1,2})(?:\s*(?:[:.hg]|giờ)\s*(\d{2}))?(?::\d{2}(?:\.0+)?)?"
    r"\s*(?:h|g|giờ)?\s*(am|pm|a\.m\.?|p\.m\.?|sáng|chiều|tối)?z?"
)
"""The Z that some files put behind a time is no time zone: they mean the clock on the wall."""
_HOUR_ALONE = re.compile(r"\d\s*(?:h|g|giờ)")
_TWELVE_HOURS = re.compile(r"[1-5]\D\d\d(?::\d\d)?")
"""Written as on a clock of twelve hours: 24-hour tables write 01:30 for the night."""
_EVENING = re.compile(r"[6-9]\D\d\d(?::\d\d)?")
"""May be the evening, where the visit began in the afternoon on a clock of twelve hours."""
_ISO = re.compile(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})")
_DAY_FIRST = re.compile(r"(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})")
_BETWEEN_DATES = re.compile(r"[,;|\s]+")
_NUMBER = re.compile(r"[-+−]?\d{1,3}(?:[.,]\d+)?(?:e[-+]?\d{1,2})?", re.IGNORECASE)
_UNSEEN = re.compile("[\u200b-\u200f\u2060\ufeff\u00ad]")
"""Signs that take no room: they come along when text is copied from a page."""
_NO_TIME_OF_DAY = re.compile(r"(?<=\d)[T ]0{1,2}:00(?::00)?(?:\.0+)?Z?")
EARLIEST, LATEST = date(1900, 1, 1), date(2999, 12, 31)
"""A date outside of these was mistyped."""


@dataclass(frozen=True, slots=True)
class Stop:
    """A row that can be imported.

    Attributes:
        row: its number in the file.
        said: the row's cells as they were written, for columns the file has.
        point: latitude and longitude.
        weekday: the day it names, 0 for Monday.
        starts_on: the recurrence's first day.
        ends_on: the first day on which it no longer holds.
    """

    row: int
    said: Mapping[str, str]
    organisation: str
    mobile: str
    route: str
    community: str
    name: str
    address: str
    postcode: str
    point: tuple[float, float] | None
    weekday: int | None
    visit_type: str
    arrives: time
    departs: time
    rule: str
    starts_on: date
    ends_on: date | None
    exceptions: tuple[date, ...]
    timetable_url: str


@dataclass(slots=True)
class _Reading:
    """A row while it is being read."""

    row: int
    cells: dict[str, str]
    remarks: list[Remark] = field(default_factory=list)

    def note(self, notice: Notice, column: str = "", **params: object) -> None:
        self.remarks.append(Remark(self.row, notice, params, column))

    def text(self, column: str) -> str:
        """Return a cell in one line, without the spaces people and the marks pages leave."""
        cell = html.unescape(self.cells.get(column, ""))
        return " ".join(_UNSEEN.sub("", cell).split())


def read_stop(row: Row) -> tuple[Stop | None, list[Remark]]:
    """Return the stop a row describes and what is to be said about it; no stop if it is refused."""
    reading = _Reading(row.number, row.cells)
    for column, most in LONGEST.items():
        if len(reading.text(column)) > most:
            reading.note(Notice.TOO_LONG, column, most=most)
    if not reading.text("stop"):
        reading.note(Notice.NO_STOP, "stop")
    arrives, departs = _times(reading)
    weekday = _weekday(reading)
    starts_on, ends_on = _span(reading)
    rule = _rule(reading, starts_on)
    exceptions = _exceptions(reading)
    point = _point(reading)
    if any(remark.is_refusal for remark in reading.remarks):
        return None, [remark for remark in reading.remarks if remark.is_refusal]
    assert arrives is not None
    assert departs is not None
    assert starts_on is not None
    assert rule is not None
    return (
        Stop(
            row=row.number,
            said={column: row.cells[column] for column in COLUMNS if column in row.cells},
            organisation=reading.text("organisation"),
            mobile=reading.text("mobile"),
            route=reading.text("route"),
            community=reading.text("community"),
            name=reading.text("stop"),
            address=reading.text("address"),
            postcode=reading.text("postcode"),
            point=point,
            weekday=weekday,
            visit_type=reading.text("type"),
            arrives=arrives,
            departs=departs,
            rule=rule,
            starts_on=starts_on,
            ends_on=ends_on,
            exceptions=exceptions,
            timetable_url=reading.text("timetable"),
        ),
        reading.remarks,
    )


# --- Times and days ----------------------------------------------------------------------------


def _times(reading: _Reading) -> tuple[time | None, time | None]:
    arrives, departs = _time(reading, "arrival"), _time(reading, "departure")
    if arrives is None or departs is None:
        return arrives, departs
    if arrives >= NOON and departs < NOON and _is_evening(reading):
        departs = departs.replace(hour=departs.hour + 12)
        taken = f"{departs:%H:%M}"
        reading.note(Notice.AFTERNOON, "departure", said=reading.text("departure"), taken=taken)
    if departs <= arrives:
        reading.note(
            Notice.REVERSED, "departure", arrives=f"{arrives:%H:%M}", departs=f"{departs:%H:%M}"
        )
    elif arrives < NIGHT_ENDS:
        reading.note(Notice.AT_NIGHT, "arrival", arrives=f"{arrives:%H:%M}")
    return arrives, departs


def _is_evening(reading: _Reading) -> bool:
    """Tell whether a visit that began in the afternoon ends on the same clock of twelve hours."""
    arrival, departure = reading.text("arrival"), reading.text("departure")
    return bool(_TWELVE_HOURS.fullmatch(arrival) and _EVENING.fullmatch(departure))


def _time(reading: _Reading, column: str) -> time | None:
    said = reading.text(column)
    if not said:
        reading.note(Notice.NO_TIME, column)
        return None
    found = read_time(said)
    if found is None:
        reading.note(Notice.BAD_TIME, column, said=said)
    elif found < NIGHT_ENDS and _TWELVE_HOURS.fullmatch(said):
        found = found.replace(hour=found.hour + 12)
        reading.note(Notice.AFTERNOON, column, said=said, taken=f"{found:%H:%M}")
    return found


def read_time(said: str) -> time | None:
    """Return a time of day such as ``9:20``, ``09:20:00``, ``9h20`` or ``1.30 pm``."""
    match = _CLOCK.fullmatch(said.strip().lower())
    if match is None:
        return None
    hour, minute = int(match[1]), int(match[2] or 0)
    if match[3]:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (0 if match[3][0] in "as" else 12)
    elif match[2] is None and not _HOUR_ALONE.search(said.lower()):
        return None  # a bare number is no time
    return time(hour, minute) if hour < 24 and minute < 60 else None


def _weekday(reading: _Reading) -> int | None:
    said = reading.text("day")
    if not said:
        return None
    weekday = _DAYS.get(fold(said))
    if weekday is None:
        reading.note(Notice.BAD_DAY, "day", said=said)
    return weekday


def read_date(said: str) -> date | None:
    """Return a date such as ``2026-09-15`` or ``15/09/2026``; a time behind it does not matter."""
    day = said.strip().split("T")[0].split(" ")[0]
    if match := _ISO.fullmatch(day):
        year, month, number = match.groups()
    elif match := _DAY_FIRST.fullmatch(day):
        number, month, year = match.groups()
    else:
        return None
    try:
        found = date(int(year), int(month), int(number))
    except ValueError:
        return None
    return found if EARLIEST <= found <= LATEST else None


def _date(reading: _Reading, column: str) -> date | None:
    said = reading.text(column)
    if not said:
        return None
    found = read_date(said)
    if found is None:
        reading.note(Notice.BAD_DATE, column, said=said)
    return found


def _span(reading: _Reading) -> tuple[date | None, date | None]:
    """Return the first day and the first one after the last."""
    starts_on, last = _date(reading, "start"), _date(reading, "end")
    if not reading.text("start"):
        reading.note(Notice.NO_START, "start")
    if starts_on and last and last < starts_on:
        reading.note(Notice.ENDS_FIRST, "end")
    return starts_on, None if last is None else last + timedelta(days=1)


def _exceptions(reading: _Reading) -> tuple[date, ...]:
    days = set()
    for said in _BETWEEN_DATES.split(_NO_TIME_OF_DAY.sub("", reading.text("exceptions"))):
        if not said:
            continue
        day = read_date(said)
        if day is None:
            reading.note(Notice.BAD_DATE, "exceptions", said=said)
        else:
            days.add(day)
    return tuple(sorted(days))


def _rule(reading: _Reading, starts_on: date | None) -> str | None:
    said = reading.text("frequency")
    try:
        return read_rule(said, starts_on or date(2026, 1, 1))
    except BadRule:
        reading.note(Notice.BAD_RULE, "frequency", said=said)
        return None


# --- Places ------------------------------------------------------------------------------------


def _point(reading: _Reading) -> tuple[float, float] | None:
    lon, lat = reading.text("geox"), reading.text("geoy")
    if not lon and not lat:
        reading.note(Notice.NO_POINT, "geox")
        return None
    east, north = _degrees(lon, 180), _degrees(lat, 90)
    if east is None or north is None or (east == 0 and north == 0):
        reading.note(Notice.BAD_POINT, "geox", said=f"{lon}, {lat}")
        return None
    return north, east


def point_of(row: Row) -> tuple[float, float] | None:
    """Return the latitude and longitude a row states, if it states any that can be."""
    return _point(_Reading(row.number, row.cells))


def _degrees(said: str, limit: int) -> float | None:
    if not _NUMBER.fullmatch(said):
        return None
    degrees = float(said.replace(",", ".").replace("−", "-"))
    return degrees if abs(degrees) <= limit else None
