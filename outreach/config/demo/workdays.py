"""When libraries go out and schools are open: holidays, the school year, storms and floods."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from outreach.common.periods import Period
from outreach.config.demo import inputs


@dataclass(frozen=True, slots=True)
class Closure:
    """Days on which nothing could be held, and what the library said then."""

    days: Period[date]
    libraries: tuple[str, ...]
    reason: str
    note: str


@cache
def _holidays() -> list[Period[date]]:
    rows = inputs.read("calendar")["holidays"]
    return [_period(row) for row in rows]


@cache
def _closures() -> list[Closure]:
    rows = inputs.read("calendar")["closures"]
    return [
        Closure(_period(row), tuple(row["libraries"]), row["reason"], row["note"]) for row in rows
    ]


def _period(row: dict[str, str]) -> Period[date]:
    return Period(date.fromisoformat(row["from"]), date.fromisoformat(row["to"]))


@cache
def is_holiday(day: date) -> bool:
    """Tell whether nobody works on ``day``."""
    fixed: list[str] = inputs.read("calendar")["yearly_holidays"]
    return f"{day:%m-%d}" in fixed or any(day in period for period in _holidays())


def is_school_day(day: date) -> bool:
    """Tell whether schools teach on ``day``: Monday to Friday, 5 September to 31 May."""
    terms = inputs.read("calendar")["school_year"]
    in_term = not terms["last"] < f"{day:%m-%d}" < terms["first"]
    return in_term and day.weekday() < 5 and not is_holiday(day)


def is_workday(day: date) -> bool:
    """Tell whether a library sends its vehicles out on ``day``."""
    return day.weekday() < 5 and not is_holiday(day)


def closure(library: str, day: date) -> Closure | None:
    """Return why a library's events of ``day`` were called off, if they were."""
    return next((row for row in _closures() if library in row.libraries and day in row.days), None)


def days(period: Period[date]) -> Iterator[date]:
    """Yield every day of a period that has an end."""
    assert period.end is not None
    for offset in range((period.end - period.start).days):
        yield period.start + timedelta(offset)


def mondays(period: Period[date]) -> Iterator[date]:
    """Yield every Monday of a period that has an end."""
    return (day for day in days(period) if day.weekday() == 0)
