"""How often a stop is to be visited, and which days of a season that allows.

A rhythm says two things, each without the other: which *patterns* of days a planner may choose
from (:meth:`Rhythm.patterns`), and whether the days of a finished plan *hold* to it
(:meth:`Rhythm.holds`). A pattern is a tuple of *occurrences*, the days on which the visits would be
if nothing stood in the way; each visit lies at most ``tolerance_days`` beside its occurrence. A
visit that is left out is left out of its occurrence, so the others need not move.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

Pattern = tuple[date, ...]
WEEK = 7


class Rhythm(Protocol):
    """How often a stop is to be visited."""

    @property
    def tolerance_days(self) -> int:
        """How many days a visit may lie before or after its occurrence."""

    def patterns(self, first_on: date, days: int) -> list[Pattern]:
        """Return every choice of occurrences in a season, each in order; none twice."""

    def holds(self, occurrences: Collection[date], first_on: date, days: int) -> bool:
        """Tell whether these are the occurrences of one of the patterns."""


@dataclass(frozen=True, slots=True)
class EveryWeeks:
    """A visit every so many weeks, on the same weekday.

    Attributes:
        weeks: 1 or more.
        tolerance_days: 0 to half of the cycle, less half a day.
        weekdays: weekdays the occurrences may fall on, Monday is 0; empty for any.
        first_from, first_until: the first occurrence lies in these days, both included; ``None``
            for the season's first day and the last of its first cycle. A first occurrence that has
            to lie before the season is owed from its first day.
    """

    weeks: int
    tolerance_days: int = 0
    weekdays: frozenset[int] = frozenset()
    first_from: date | None = None
    first_until: date | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        if self.weeks < 1:
            raise ValueError("A cycle has at least one week.")
        if not 0 <= 2 * self.tolerance_days < self.weeks * WEEK:
            raise ValueError("Two visits of one cycle would meet.")

    def patterns(self, first_on: date, days: int) -> list[Pattern]:
        """Return one pattern for each day the first occurrence may fall on.

        A season shorter than the cycle has one visit. Where no day is left by ``weekdays``,
        ``first_from`` and ``first_until``, the whole first cycle is allowed.
        """
        end = first_on + timedelta(days=days)
        cycle = timedelta(days=WEEK * self.weeks)
        last_first = min(first_on + cycle, end) - timedelta(days=1)
        since = max(self.first_from or first_on, first_on)
        until = min(max(self.first_until or last_first, first_on), last_first)
        firsts = self._days(since, until) or self._days(first_on, last_first)
        return [_steps(first, cycle, end) for first in firsts]

    def _days(self, since: date, until: date) -> list[date]:
        span = range((until - since).days + 1)
        found = [since + timedelta(days=number) for number in span]
        return [day for day in found if not self.weekdays or day.weekday() in self.weekdays]

    def holds(self, occurrences: Collection[date], first_on: date, days: int) -> bool:
        """Tell whether the occurrences are a whole cycle apart, none missing at either end."""
        ordered = sorted(occurrences)
        if not ordered:
            return not self.patterns(first_on, days)
        cycle = timedelta(days=WEEK * self.weeks)
        apart = all(b - a == cycle for a, b in itertools.pairwise(ordered))
        whole = (
            first_on <= ordered[0] < first_on + cycle
            and ordered[-1] < first_on + timedelta(days=days) <= ordered[-1] + cycle
        )
        # The bounds of the first occurrence hold only where some day meets them.
        return apart and whole and ordered[0] in {p[0] for p in self.patterns(first_on, days)}


@dataclass(frozen=True, slots=True)
class NthWeekday:
    """A visit on the n-th weekdays of each month: each second Tuesday.

    Attributes:
        nths: 1 to 5, and -1 for the last.
        weekday: Monday is 0; ``None`` where the planner chooses one for the whole season.
        tolerance_days: 0 to 3.
    """

    nths: frozenset[int]
    weekday: int | None = None
    tolerance_days: int = 0

    def __post_init__(self) -> None:
        if not self.nths or not self.nths <= {1, 2, 3, 4, 5, -1}:
            raise ValueError("The n-th weekday of a month is 1 to 5, or -1 for the last.")
        if not 0 <= self.tolerance_days <= 3:
            raise ValueError("Two visits would meet.")

    def patterns(self, first_on: date, days: int) -> list[Pattern]:
        """Return one pattern for each weekday it may be; none where the season has no such day."""
        season = [first_on + timedelta(days=number) for number in range(days)]
        weekdays = range(WEEK) if self.weekday is None else (self.weekday,)
        found = [
            tuple(day for day in season if day.weekday() == weekday and self._is_nth(day))
            for weekday in weekdays
        ]
        return [pattern for pattern in found if pattern]

    def holds(self, occurrences: Collection[date], first_on: date, days: int) -> bool:
        """Tell whether the occurrences are all n-th days of one weekday."""
        return _among(occurrences, self.patterns(first_on, days))

    def _is_nth(self, day: date) -> bool:
        is_last = (day + timedelta(days=WEEK)).month != day.month
        return (day.day - 1) // WEEK + 1 in self.nths or (is_last and -1 in self.nths)


@dataclass(frozen=True, slots=True)
class TimesInSeason:
    """So many visits in the season, spread over it.

    Each lies in a stretch of its own: the season divided by their number.

    Attributes:
        times: 1 or more.
        tolerance_days: two visits are a stretch apart, less twice this.
    """

    times: int
    tolerance_days: int = 0

    def __post_init__(self) -> None:
        if self.times < 1:
            raise ValueError("There is at least one visit.")
        if self.tolerance_days < 0:
            raise ValueError("A tolerance is not negative.")

    def patterns(self, first_on: date, days: int) -> list[Pattern]:
        """Return a pattern for each day of the first stretch: the same day of every stretch.

        None where a stretch is too short for the tolerance.
        """
        step = days // self.times
        if step <= 2 * self.tolerance_days:
            return []
        return [
            tuple(first_on + timedelta(days=shift + step * number) for number in range(self.times))
            for shift in range(step)
        ]

    def holds(self, occurrences: Collection[date], first_on: date, days: int) -> bool:
        """Tell whether the occurrences are evenly spread."""
        return _among(occurrences, self.patterns(first_on, days))


@dataclass(frozen=True, slots=True)
class OneOf:
    """A choice among sets of days that somebody wrote down."""

    choices: tuple[Pattern, ...]
    tolerance_days: int = 0

    def patterns(self, first_on: date, days: int) -> list[Pattern]:
        """Return the choices that lie in the season."""
        end = first_on + timedelta(days=days)
        ordered = [tuple(sorted(choice)) for choice in self.choices]
        return [choice for choice in ordered if all(first_on <= day < end for day in choice)]

    def holds(self, occurrences: Collection[date], first_on: date, days: int) -> bool:
        """Tell whether the occurrences are one of the choices."""
        return _among(occurrences, self.patterns(first_on, days))


@dataclass(frozen=True, slots=True)
class LikeBefore:
    """A rhythm that may also keep to the days of a plan in force, though these are irregular.

    Attributes:
        rhythm: how often the stop is to be visited.
        days: on which days it is visited in the plan in force.
    """

    rhythm: Rhythm
    days: tuple[date, ...]

    @property
    def tolerance_days(self) -> int:
        """How many days a visit may lie before or after its occurrence."""
        return self.rhythm.tolerance_days

    def patterns(self, first_on: date, days: int) -> list[Pattern]:
        """Return the rhythm's patterns, and each with those days in place of its nearest ones.

        A day takes an occurrence from which it is less than half of the way to the next one.
        """
        regular = self.rhythm.patterns(first_on, days)
        end = first_on + timedelta(days=days)
        inside = [day for day in sorted(self.days) if first_on <= day < end]
        return list(dict.fromkeys([*regular, *(_drawn(one, inside, days) for one in regular)]))

    def holds(self, occurrences: Collection[date], first_on: date, days: int) -> bool:
        """Tell whether the occurrences keep to the rhythm or to what was before."""
        if self.rhythm.holds(occurrences, first_on, days):
            return True
        return _among(occurrences, self.patterns(first_on, days))


def _drawn(pattern: Pattern, days: Sequence[date], season: int) -> Pattern:
    """Return a pattern with some days in place of the occurrences they are nearest to."""
    gaps = [(b - a).days for a, b in itertools.pairwise(pattern)]
    reach = (min(gaps, default=season) + 1) // 2
    found = {on: on for on in pattern}
    for on in pattern:
        near = [day for day in days if abs((day - on).days) < reach]
        if near:
            found[on] = min(near, key=lambda day: (abs((day - on).days), day))
    # Two occurrences that would share a day stay where they are.
    drawn = [found[on] if list(found.values()).count(found[on]) == 1 else on for on in pattern]
    return tuple(sorted(drawn)) if len(set(drawn)) == len(drawn) else pattern


def _steps(first: date, step: timedelta, end: date) -> Pattern:
    found = []
    while first < end:
        found.append(first)
        first += step
    return tuple(found)


def _among(occurrences: Collection[date], patterns: Sequence[Pattern]) -> bool:
    return tuple(sorted(occurrences)) in set(patterns)
