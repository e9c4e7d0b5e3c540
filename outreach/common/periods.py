"""Half-open periods of dates and instants, and the calendars that reports count by.

A period is always ``[start, end)``: it contains its start and does not contain its end. The same
convention holds in SQL, in QuerySets and here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Generic, TypeVar

from django.db.models import Q

T = TypeVar("T", date, datetime)


@dataclass(frozen=True, slots=True)
class Period(Generic[T]):
    """A half-open period ``[start, end)``; ``end`` of ``None`` means it is still open.

    Raises:
        ValueError: if ``end`` is not after ``start``.
    """

    start: T
    end: T | None

    def __post_init__(self) -> None:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"A period must end after it starts: {self.start} .. {self.end}")

    def __contains__(self, moment: T) -> bool:
        return self.start <= moment and (self.end is None or moment < self.end)

    def overlaps(self, other: Period[T]) -> bool:
        """Tell whether the two periods share a moment; touching ends do not."""
        return (other.end is None or self.start < other.end) and (
            self.end is None or other.start < self.end
        )


def holds_on(day: date, *, start: str, end: str) -> Q:
    """Return the condition "``day`` lies in ``[start, end)``" for two date columns."""
    return Q(**{f"{start}__lte": day}) & (Q(**{f"{end}__gt": day}) | Q(**{f"{end}__isnull": True}))


def first_of_month(day: date) -> date:
    """Return the first day of the month of ``day``."""
    return day.replace(day=1)


def add_months(month: date, count: int) -> date:
    """Return the first day of the month that lies ``count`` months after ``month``."""
    index = month.year * 12 + month.month - 1 + count
    return date(index // 12, index % 12 + 1, 1)


def months_between(start: date, end: date) -> list[date]:
    """Return the first days of all months that meet ``[start, end)``, in order."""
    months = []
    month = first_of_month(start)
    while month < end:
        months.append(month)
        month = add_months(month, 1)
    return months


def evaluation_year(year: int) -> Period[date]:
    """Return the library evaluation year: 1 December before to 30 November of ``year``.

    Source: Circular 05/2020/TT-BVHTTDL.
    """
    return Period(date(year - 1, 12, 1), date(year, 12, 1))


def evaluation_year_of(day: date) -> int:
    """Return the evaluation year (named by the year it ends in) that ``day`` falls into."""
    return day.year + 1 if day.month == 12 else day.year


def monday_of(day: date) -> date:
    """Return the Monday of the ISO week of ``day``."""
    return day - timedelta(days=day.weekday())
