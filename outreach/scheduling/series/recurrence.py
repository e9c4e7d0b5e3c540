"""When a stop is visited: recurrence rules (RFC 5545, 3.3.10) and the words people use for them.

The dates themselves are dateutil's. A few parts of the rules that no timetable needs are refused,
because some of them never end or never match.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from math import gcd

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
    try:
        months = _numbers(parts, "BYMONTH", 12, from_the_end=False)
        days = _numbers(parts, "BYMONTHDAY", 31)
        places = _numbers(parts, "BYSETPOS", 5)
    except ValueError as error:
        raise BadRule(rule) from error
    longest = max(_LONGEST_MONTH.get(month, 31) for month in months or {1})
    if days and all(abs(day) > longest for day in days):
        raise BadRule(rule)
    named = _named_days(parts, rule, is_of_month=bool(months))
    counted = [match for match in named if match[1]]
    if counted and days:
        raise BadRule(rule)  # the 20th is never a first Monday
    if any(abs(place) > _certain(parts["FREQ"], named, days, longest) for place in places):
        raise BadRule(rule)


def _numbers(
    parts: dict[str, str], name: str, most: int, *, from_the_end: bool = True
) -> frozenset[int]:
    """Return the numbers of a part, 1 to ``most``, or as many from the end; none if not there.

    Raises:
        ValueError: if one is something else.
    """
    if name not in parts:
        return frozenset()
    numbers = frozenset(int(said) for said in parts[name].split(","))
    if any(not 1 <= (abs(number) if from_the_end else number) <= most for number in numbers):
        raise ValueError(name)
    return numbers


def _named_days(parts: dict[str, str], rule: str, *, is_of_month: bool) -> list[re.Match[str]]:
    """Return the weekdays of a rule, with the number before each if it has one."""
    most = {"MONTHLY": 5, "YEARLY": 5 if is_of_month else 52}.get(parts["FREQ"], 0)
    named = []
    for day in parts["BYDAY"].split(",") if "BYDAY" in parts else ():
        match = _DAY.fullmatch(day)
        if match is None or (match[1] is not None and not 1 <= abs(int(match[1])) <= most):
            raise BadRule(rule)
        named.append(match)
    return named


def _certain(
    frequency: str, named: Sequence[re.Match[str]], days: Collection[int], longest: int
) -> int:
    """Return how many days a period of a rule has now and then, for BYSETPOS to choose from."""
    if frequency == "DAILY" or not (named or days):
        return 0
    if named and days:
        return 1
    if frequency == "WEEKLY":
        return len({match[2] for match in named}) or 1
    if days:
        signs = [day > 0 for day in days if abs(day) <= longest]
        return max(signs.count(True), signs.count(False))
    numbers = [int(match[1]) for match in named if match[1]]
    if not numbers:
        return 5 * len({match[2] for match in named})
    distinct = {(int(match[1] or 1), match[2]) for match in named}
    firsts = [number > 0 for number, _day in distinct if abs(number) <= 4]
    return max(firsts.count(True), firsts.count(False), 1)


@lru_cache(maxsize=4096)
def _days(rule: str, starts_on: date, since: date, until: date) -> tuple[date, ...]:
    if _never_meets(rule, starts_on):
        return ()
    start = datetime.combine(since, time.min)
    end = datetime.combine(until, time.min) - timedelta(seconds=1)
    try:
        found = _rule_of(rule, _nearer(rule, starts_on, since)).between(start, end, inc=True)
    except (ValueError, IndexError, OverflowError) as error:  # dateutil stumbled over it
        raise BadRule(rule) from error
    return tuple(moment.date() for moment in found)


def _never_meets(rule: str, starts_on: date) -> bool:
    """Tell whether the steps of a rule never come upon a month or a weekday that it names."""
    named = weekdays_of(rule)
    months = re.search(r"BYMONTH=([\d,]+)", rule)
    if months is not None and "FREQ=MONTHLY" in rule:
        step = gcd(_interval(rule), 12)
        if all((int(month) - starts_on.month) % step for month in months[1].split(",")):
            return True
    is_of_weeks = "FREQ=DAILY" in rule and _interval(rule) % 7 == 0
    return is_of_weeks and bool(named) and starts_on.weekday() not in named


def _nearer(rule: str, starts_on: date, since: date) -> date:
    """Return a later start of the same dates from ``since``, so that few before are gone through.

    Only where a rule does not count its dates, and every period is as long.
    """
    days = 1 if "FREQ=DAILY" in rule else 7
    if "COUNT=" in rule or not ("FREQ=DAILY" in rule or "FREQ=WEEKLY" in rule):
        return starts_on
    step = days * _interval(rule)
    return starts_on + timedelta(days=max((since - starts_on).days // step - 1, 0) * step)


def _interval(rule: str) -> int:
    said = re.search(r"INTERVAL=(\d+)", rule)
    return int(said[1]) if said else 1


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

    Raises:
        BadRule: if dateutil cannot follow it.
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


@dataclass(frozen=True, slots=True)
class Remaining:
    """What is left of a rule from a date on; ``starts_on`` is ``None`` where nothing is left."""

    rule: str
    starts_on: date | None


def from_date_on(rule: str, starts_on: date, since: date) -> Remaining:
    """Return a rule that has the same dates from ``since`` on, and none before.

    Its start is one of its dates, so that "every two weeks" keeps step; a COUNT is what is left of
    it.
    """
    if not rule:
        return Remaining(rule, starts_on if starts_on >= since else None)
    left = rule
    if (count := re.search(r"COUNT=(\d+)", rule)) is not None and starts_on < since:
        number = int(count[1]) - len(_days(rule, starts_on, starts_on, since))
        if number < 1:
            return Remaining(rule, None)
        left = rule.replace(count[0], f"COUNT={number}")
    until = max(since, starts_on)
    for years in (1, 4, 30):
        ahead = min(until.toordinal() + years * 366, date.max.toordinal())
        found = dates(rule, starts_on, since=since, until=date.fromordinal(ahead))
        if found:
            return Remaining(left, found[0])
    return Remaining(left, None)
