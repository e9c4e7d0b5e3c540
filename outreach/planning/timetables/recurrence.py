"""When a stop is visited: recurrence rules (RFC 5545, 3.3.10) and the words people use for them.

The dates themselves are dateutil's. A few parts of the rules that no timetable needs are refused,
because some of them never end or never match.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from dateutil.rrule import rrulestr

from outreach.common.folding import fold

WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = {"DAILY", "WEEKLY", "MONTHLY", "YEARLY"}
_PARTS = {
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "BYDAY",
    "BYMONTHDAY",
    "BYMONTH",
    "BYSETPOS",
    "WKST",
}
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_LONGEST_MONTH = {2: 29, 4: 30, 6: 30, 9: 30, 11: 30}
_MOST_INTERVAL = 520

_EVERY = r"(?:every|moi|cu)? ?"
_WORDS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), rule)
    for pattern, rule in (
        (r"(?:once|one off|mot lan|1 lan)", ""),
        (rf"{_EVERY}(?:weekly|week|hang tuan|tuan)", "FREQ=WEEKLY"),
        (rf"{_EVERY}(?:fortnightly|fortnight|hai tuan(?: mot lan)?)", "FREQ=WEEKLY;INTERVAL=2"),
        (
            rf"{_EVERY}(\d{{1,2}}) ?(?:weekly|weeks?|tuan)(?: mot lan| 1 lan|/lan)?",
            "FREQ=WEEKLY;INTERVAL={}",
        ),
        (rf"{_EVERY}(?:monthly|month|hang thang|thang)(?: mot lan)?", "FREQ=MONTHLY;BYDAY={nth}"),
    )
)


class BadRule(ValueError):
    """A recurrence rule that cannot be understood, or never would end."""


def read_rule(text: str, starts_on: date) -> str:
    """Return a rule without ``RRULE:``, upper case; empty for a single date.

    Args:
        text: a rule, or words such as "every 2 weeks" or "2 tuần một lần".
        starts_on: "monthly" in words means the same weekday of the month as this one.

    Raises:
        BadRule: if it is neither.
    """
    wanted = text.strip()
    if not wanted:
        return ""
    if "=" not in wanted:
        return _from_words(wanted, starts_on)
    rule = re.sub(r"\s+", "", wanted).upper().removeprefix("RRULE:").strip(";")
    _check(rule)
    return rule


def _from_words(text: str, starts_on: date) -> str:
    folded = fold(text)
    for pattern, rule in _WORDS:
        match = pattern.fullmatch(folded)
        if match:
            nth = f"{(starts_on.day - 1) // 7 + 1}{WEEKDAYS[starts_on.weekday()]}"
            made = rule.format(*match.groups(), nth=nth)
            if made:
                _check(made)
            return made
    raise BadRule(text)


def _check(rule: str) -> None:
    parts: dict[str, str] = {}
    for part in rule.split(";"):
        name, equals, value = part.partition("=")
        if not equals or name not in _PARTS or name in parts or not value:
            raise BadRule(rule)
        parts[name] = value
    if parts.get("FREQ") not in _FREQUENCIES:
        raise BadRule(rule)
    for name, most in (("INTERVAL", _MOST_INTERVAL), ("COUNT", 5000)):
        value = parts.get(name, "1")
        if not value.isdecimal() or not 1 <= int(value) <= most:
            raise BadRule(rule)
    _check_days(parts, rule)
    try:
        _rule_of(rule, date(2026, 1, 1))
    except (ValueError, TypeError, IndexError, KeyError, OverflowError) as error:
        raise BadRule(rule) from error


def _check_days(parts: dict[str, str], rule: str) -> None:
    """Refuse days that never come: dateutil would look for them until the year 9999."""
    most = {"MONTHLY": 5, "YEARLY": 53}.get(parts["FREQ"], 0)
    for day in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = _DAY.fullmatch(day)
        if match is None or (match[1] is not None and not 1 <= abs(int(match[1])) <= most):
            raise BadRule(rule)
    try:
        months = [int(month) for month in parts.get("BYMONTH", "1").split(",")]
        days = [int(day) for day in parts.get("BYMONTHDAY", "1").split(",")]
        places = [int(place) for place in parts.get("BYSETPOS", "1").split(",")]
    except ValueError as error:
        raise BadRule(rule) from error
    longest = max(_LONGEST_MONTH.get(month, 31) for month in months)
    if (
        not all(1 <= month <= 12 for month in months)
        or not any(1 <= abs(day) <= longest for day in days)
        or not all(1 <= abs(day) <= 31 for day in days)
        or not all(1 <= abs(place) <= 5 for place in places)
        or (parts["FREQ"] == "MONTHLY" and _misses(parts, days))
    ):
        raise BadRule(rule)


def _misses(parts: dict[str, str], days: list[int]) -> bool:
    """Tell whether a day of the month and an n-th weekday can never fall together."""
    if "BYMONTHDAY" not in parts or "BYDAY" not in parts:
        return False
    return any(match[1] for match in _DAY.finditer(parts["BYDAY"]))


@lru_cache(maxsize=4096)
def _days(rule: str, starts_on: date, since: date, until: date) -> tuple[date, ...]:
    start = datetime.combine(since, time.min)
    end = datetime.combine(until, time.min) - timedelta(seconds=1)
    found = _rule_of(rule, starts_on).between(start, end, inc=True)
    return tuple(moment.date() for moment in found)


def _rule_of(rule: str, starts_on: date):  # type: ignore[no-untyped-def]
    # An UNTIL in UTC would have to be compared with a start in UTC: what is meant is its day.
    by_day = re.sub(r"UNTIL=(\d{8})T?\d*Z?", r"UNTIL=\1", rule)
    return rrulestr(by_day, dtstart=datetime.combine(starts_on, time.min))


def dates(
    rule: str,
    starts_on: date,
    *,
    since: date,
    until: date,
    ends_on: date | None = None,
    exceptions: Collection[date] = (),
) -> list[date]:
    """Return the dates of a rule in ``[since, until)``, in order.

    Args:
        rule: as :func:`read_rule` returns it; empty for ``starts_on`` alone.
        starts_on: the rule's DTSTART.
        ends_on: the first day on which it no longer holds.
        exceptions: dates to leave out.
    """
    last = until if ends_on is None else min(until, ends_on)
    first = max(since, starts_on)
    if first >= last:
        return []
    found = _days(rule, starts_on, first, last) if rule else (starts_on,)
    return [day for day in found if first <= day < last and day not in exceptions]


def weekdays_of(rule: str) -> frozenset[int]:
    """Return the weekdays a rule names, 0 for Monday; none where its start decides."""
    named = re.search(r"BYDAY=([^;]+)", rule)
    if named is None:
        return frozenset()
    return frozenset(WEEKDAYS.index(match[2]) for match in _DAY.finditer(named[1]))


def follows_weekday(rule: str) -> bool:
    """Tell whether the weekday of the start decides on which days a rule falls."""
    return "FREQ=WEEKLY" in rule and "BYDAY" not in rule
