"""The rules people choose from, and any rule in words: every two weeks, the last Friday."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import TextChoices
from django.utils.dates import WEEKDAYS as WEEKDAY_NAMES
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext, pgettext_lazy

from outreach.scheduling.series.recurrence import WEEKDAYS

_WEEKLY = re.compile(r"FREQ=WEEKLY(?:;INTERVAL=(\d+))?(?:;BYDAY=([A-Z,]+))?")
_MONTHLY = re.compile(r"FREQ=MONTHLY(?:;INTERVAL=(\d+))?;BYDAY=(-1|[1-5])(MO|TU|WE|TH|FR|SA|SU)")


class Pattern(TextChoices):
    """In which way a series comes again."""

    WEEKLY = "weekly", pgettext_lazy("how a series comes again", "every so many weeks")
    MONTHLY = "monthly", pgettext_lazy("how a series comes again", "on a weekday of the month")


class Place(TextChoices):
    """Which of a month's Mondays, Tuesdays and so on."""

    FIRST = "1", pgettext_lazy("weekday of the month", "first")
    SECOND = "2", pgettext_lazy("weekday of the month", "second")
    THIRD = "3", pgettext_lazy("weekday of the month", "third")
    FOURTH = "4", pgettext_lazy("weekday of the month", "fourth")
    FIFTH = "5", pgettext_lazy("weekday of the month", "fifth")
    LAST = "-1", pgettext_lazy("weekday of the month", "last")


@dataclass(frozen=True, slots=True)
class Frequency:
    """A rule that people can choose on a page.

    Attributes:
        pattern: weekly, or on the n-th weekday of the month.
        every: of so many weeks or months, 1 or more.
        weekdays: 0 for Monday; of the month, only one.
        place: which one of the month: 1 to 5, or -1 for the last.
    """

    pattern: Pattern
    every: int
    weekdays: tuple[int, ...]
    place: int = 1

    @property
    def rule(self) -> str:
        """The recurrence rule (RFC 5545, 3.3.10)."""
        interval = f";INTERVAL={self.every}" if self.every > 1 else ""
        if self.pattern == Pattern.MONTHLY:
            return f"FREQ=MONTHLY{interval};BYDAY={self.place}{WEEKDAYS[self.weekdays[0]]}"
        named = ",".join(WEEKDAYS[day] for day in sorted(self.weekdays))
        return f"FREQ=WEEKLY{interval};BYDAY={named}"

    @classmethod
    def of(cls, rule: str, starts_on: date) -> Frequency | None:
        """Return a rule as people choose it; ``None`` for one that no page offers."""
        if match := _WEEKLY.fullmatch(rule):
            named = match[2].split(",") if match[2] else [WEEKDAYS[starts_on.weekday()]]
            days = tuple(sorted(WEEKDAYS.index(day) for day in named))
            return cls(Pattern.WEEKLY, int(match[1] or 1), days)
        if match := _MONTHLY.fullmatch(rule):
            day = WEEKDAYS.index(match[3])
            return cls(Pattern.MONTHLY, int(match[1] or 1), (day,), int(match[2]))
        return None


def describe(rule: str, starts_on: date) -> str:
    """Return a rule in words of the active language; one that has none as it is written."""
    if not rule:
        return pgettext("how a series comes again", "once")
    frequency = Frequency.of(rule, starts_on)
    if frequency is None:
        return rule
    days = named(frequency.weekdays)
    if frequency.pattern == Pattern.WEEKLY:
        if frequency.every == 1:
            return _("every week on %(days)s") % {"days": days}
        text = ngettext(
            "every %(count)d week on %(days)s",
            "every %(count)d weeks on %(days)s",
            frequency.every,
        )
        return text % {"count": frequency.every, "days": days}
    facts = {"place": Place(str(frequency.place)).label, "day": days, "count": frequency.every}
    if frequency.every == 1:
        return _("every %(place)s %(day)s of the month") % facts
    text = ngettext(
        "the %(place)s %(day)s of every %(count)d month",
        "the %(place)s %(day)s of every %(count)d months",
        frequency.every,
    )
    return text % facts


def named(weekdays: Sequence[int]) -> str:
    """Return the names of weekdays, 0 for Monday, in the active language."""
    return ", ".join(str(WEEKDAY_NAMES[day]) for day in weekdays)
