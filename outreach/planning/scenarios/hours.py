"""When a stop may be visited, day by day, and why not on the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, time
from enum import StrEnum

from django.utils.translation import gettext as _

from outreach.places.models import ClosedDates, OpeningWindow, VenueAccess
from outreach.planning.models import ScenarioStop
from outreach.routing.problem import ALL_DAY, Window
from outreach.scheduling.domain import LimitsFact
from outreach.scheduling.domain.places import SUNDAY, is_in_term
from outreach.scheduling.rulebook import SCHOOLS


class Closed(StrEnum):
    """Why a stop cannot be visited on a day. Stored with proposals: a code never changes."""

    HOLIDAY = "public_holiday"
    TERM = "outside_term"
    DATES = "venue_closed"
    MONTHS = "venue_not_passable"
    NO_HOURS = "no_hours"
    OWN_HOURS = "outside_own_hours"
    TAKEN = "venue_taken"
    VISITED = "visited_already"


def closed(code: Closed, fact: str = "") -> str:
    """Return why a day is closed as one word with its fact, as ``Stop.closed`` holds it."""
    return f"{code.value}:{fact}" if fact else code.value


def closed_text(said: str) -> str:
    """Return what ``Stop.closed`` says of a day in the active language.

    An unknown word, as of a later version, is returned as it is.
    """
    code, _colon, fact = said.partition(":")
    texts = {
        Closed.HOLIDAY: _("public holiday: %(fact)s"),
        Closed.TERM: _("outside the school year"),
        Closed.DATES: _("closed: %(fact)s") if fact else _("closed on this day"),
        Closed.MONTHS: _("no vehicle gets through in this month"),
        Closed.NO_HOURS: _("takes no visitors on this weekday"),
        Closed.OWN_HOURS: _("not open in the hours set for this season"),
        Closed.TAKEN: _("another event is held there"),
        Closed.VISITED: _("another trip visits it on this day"),
    }
    text = texts.get(code)  # type: ignore[call-overload]
    return said if text is None else str(text) % {"fact": fact}


@dataclass(frozen=True, slots=True)
class Taken:
    """Hours of a day in which a venue is taken, in seconds after midnight.

    Attributes:
        is_visit: a vehicle serves there, so that no other need come on that day.
    """

    starts_s: int
    ends_s: int
    is_visit: bool = False


@dataclass(frozen=True, slots=True)
class HoursOf:
    """The hours of a stop.

    Attributes:
        windows: by day; days that are closed are missing.
        closed: why, by day.
    """

    windows: Mapping[date, tuple[Window, ...]]
    closed: Mapping[date, str]


@dataclass(slots=True)
class Hours:
    """What is known about the hours of venues in a season."""

    limits: LimitsFact
    goes_on_holidays: bool
    opening: Mapping[int, Sequence[OpeningWindow]]
    closed_dates: Mapping[int, Sequence[ClosedDates]]
    access: Mapping[int, VenueAccess]
    taken: Mapping[tuple[int, date], Sequence[Taken]] = field(default_factory=dict)

    def of(self, stop: ScenarioStop, dates: Iterable[date]) -> HoursOf:
        """Return when a stop may be visited on these days."""
        week = self._week(stop)
        access = self.access.get(stop.venue_id)
        impassable = access.closed_months if access else frozenset()
        is_school = stop.venue.kind in SCHOOLS
        shut = self.closed_dates.get(stop.venue_id, ())
        windows: dict[date, tuple[Window, ...]] = {}
        why: dict[date, str] = {}
        for day in dates:
            if not self.goes_on_holidays and day in self.limits.holidays:
                why[day] = closed(Closed.HOLIDAY, self.limits.holidays[day])
            elif row := next((row for row in shut if row.starts_on <= day < row.ends_on), None):
                why[day] = closed(Closed.DATES, row.reason)
            elif day.month in impassable:
                why[day] = closed(Closed.MONTHS)
            elif is_school and not is_in_term(day, self.limits):
                why[day] = closed(Closed.TERM)
            elif isinstance(open_then := week[day.weekday()], str):
                why[day] = open_then
            else:
                self._open(stop, day, open_then, windows, why)
        return HoursOf(windows, why)

    def _open(
        self,
        stop: ScenarioStop,
        day: date,
        open_then: tuple[Window, ...],
        windows: dict[date, tuple[Window, ...]],
        why: dict[date, str],
    ) -> None:
        taken = self.taken.get((stop.venue_id, day), ())
        left = _without(open_then, taken)
        if any(one.is_visit for one in taken):
            why[day] = closed(Closed.VISITED)
        elif not left:
            why[day] = closed(Closed.TAKEN)
        else:
            windows[day] = left

    def _week(self, stop: ScenarioStop) -> list[tuple[Window, ...] | str]:
        """Return the windows of each weekday, or why there are none."""
        return [self._weekday(stop, number) for number in range(7)]

    def _weekday(self, stop: ScenarioStop, weekday: int) -> tuple[Window, ...] | str:
        found = self._hours(stop, weekday)
        if not found:
            return closed(Closed.NO_HOURS)
        if stop.opens is None or stop.closes is None:
            return found
        own = _window(stop.opens, stop.closes)
        both = (
            Window(max(one.opens_s, own.opens_s), min(one.closes_s, own.closes_s)) for one in found
        )
        return _kept(both) or closed(Closed.OWN_HOURS)

    def _hours(self, stop: ScenarioStop, weekday: int) -> tuple[Window, ...]:
        """Return the hours of the venue itself; a visit beside them would break a rule."""
        rows = self.opening.get(stop.venue_id)
        if rows is not None:
            return _kept(_window(row.opens, row.closes) for row in rows if row.weekday == weekday)
        if stop.venue.kind not in SCHOOLS:
            return ALL_DAY
        if weekday == SUNDAY:
            return ()
        return _kept([_window(self.limits.school_opens, self.limits.school_closes)])


def by_venue(rows: Iterable[OpeningWindow]) -> dict[int, list[OpeningWindow]]:
    """Return opening windows by venue."""
    found: dict[int, list[OpeningWindow]] = defaultdict(list)
    for row in rows:
        found[row.venue_id].append(row)
    return found


def seconds_of(clock: time) -> int:
    """Return a clock time as seconds after midnight."""
    return (clock.hour * 60 + clock.minute) * 60 + clock.second


def _window(opens: time, closes: time) -> Window:
    """Return whole minutes within: plans are made to the minute."""
    return Window(-(-seconds_of(opens) // 60) * 60, seconds_of(closes) // 60 * 60)


def _kept(windows: Iterable[Window]) -> tuple[Window, ...]:
    """Return windows in order, without empty ones and without those within another."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda one: (one.opens_s, -one.closes_s)):
        is_within = bool(found) and window.closes_s <= found[-1].closes_s
        if window.closes_s > window.opens_s and not is_within:
            found.append(window)
    return tuple(found)


def _without(windows: tuple[Window, ...], taken: Iterable[Taken]) -> tuple[Window, ...]:
    left = list(windows)
    for one in taken:
        left = [
            part
            for window in left
            for part in (
                Window(window.opens_s, min(window.closes_s, one.starts_s)),
                Window(max(window.opens_s, one.ends_s), window.closes_s),
            )
            if part.closes_s > part.opens_s
        ]
    return _kept(left) if left != list(windows) else windows
