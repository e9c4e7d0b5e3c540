"""The page of a venue as staff see it: everything that is known, and what may be changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.history import Entry, Names, entries
from outreach.common.months import spell_months
from outreach.places.access_notes import access_of, facts, warnings
from outreach.places.models import ClosedDates, OpeningWindow, TravelTime, Venue, VenueAccess
from outreach.places.selectors import Lineage, predecessors_of, successors_of
from outreach.places.services.hours import Hours, spell_hours
from outreach.planning.selectors import visit_owed
from outreach.scheduling.selectors.venue_diary import venue_diary
from outreach.web.access import needs, person
from outreach.web.public import maps
from outreach.web.zones import read_clocks_of

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Day:
    """The hours of one day of the week."""

    name: str
    hours: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Way:
    """A travel time as one reads it at one of its ends."""

    time: TravelTime
    is_inwards: bool

    @property
    def other(self) -> Venue | None:
        """The venue at the other end; ``None`` for wherever the vehicle comes from."""
        return self.time.origin if self.is_inwards else self.time.destination

    @property
    def months(self) -> str:
        """The months in which it holds, in words."""
        return capfirst(spell_months(self.time.months)) if self.time.months else _("All year")

    @property
    def hours_and_minutes(self) -> tuple[int, int]:
        """How long it takes, as people say it."""
        return divmod(self.time.minutes, 60)


@require_safe
@needs(Action.SEE_SCHEDULE)
def venue(request: HttpRequest, code: str) -> HttpResponse:
    """Show everything about a venue."""
    user = person(request)
    visible = Venue.objects.visible_to(user).select_related(
        "library", "commune__parent", "main_venue", "access"
    )
    found = get_object_or_404(visible, code=code)
    read_clocks_of(found.library)
    return render(request, "venues/venue.html", _context(request, user, found))


def _context(request: HttpRequest, user: User, venue: Venue) -> dict[str, Any]:
    now = clock.now()
    today = clock.local(now).date()
    may_keep = user.may(Action.KEEP_PLACES, venue.library_id)
    closed = list(venue.closed_dates.all())
    access = access_of(venue)
    return {
        "venue": venue,
        "may_keep": may_keep,
        "may_plan": user.may(Action.PLAN, venue.library_id),
        "before": _before(venue),
        "successors": _successors(venue, today),
        "school_points": list(venue.school_points.in_use()),
        "warnings": warnings(venue),
        "access_facts": list(facts(access)) if access else [],
        "days": list(_days(venue.opening_windows.all())),
        "closed": [row for row in closed if row.ends_on > today],
        "was_closed": [row for row in reversed(closed) if row.ends_on <= today],
        "ways": _ways(venue, user),
        "owed": visit_owed(venue, today),
        "diary": venue_diary(venue, user=user, now=now),
        "map": maps.of_place(request, venue, []),
        "is_contact_over": venue.contact_until is not None and venue.contact_until < today,
        "history": history_of(venue) if may_keep else [],
    }


def _before(venue: Venue) -> list[Lineage]:
    """Return what the venue's commune was made of, the day before it was."""
    commune = venue.commune
    if commune is None:
        return []
    found = predecessors_of(commune, commune.valid_from - ONE_DAY)
    return [one for one in found if one.unit.pk != commune.pk]


def _successors(venue: Venue, today: date) -> list[Lineage]:
    """Return what became of the venue's commune, where it is no more."""
    commune = venue.commune
    if commune is None or commune.valid_to is None or commune.valid_to > today:
        return []
    return successors_of(commune, today)


def _days(windows: Iterable[OpeningWindow]) -> Iterator[Day]:
    """Yield the days of the week that have hours; days in a row with the same ones as one."""
    by_day = {
        weekday: tuple(spell_hours(Hours(one.weekday, one.opens, one.closes)) for one in rows)
        for weekday, rows in groupby(windows, key=lambda one: one.weekday)
    }
    for hours, group in groupby(range(7), key=lambda weekday: by_day.get(weekday, ())):
        if hours:
            days = list(group)
            names = [str(capfirst(WEEKDAYS[day])) for day in (days[0], days[-1])]
            name = names[0] if len(days) == 1 else f"{names[0]} \N{EN DASH} {names[1]}"
            yield Day(name, hours)


def _ways(venue: Venue, user: User) -> list[Way]:
    rows = TravelTime.objects.visible_to(user).filter(Q(origin=venue) | Q(destination=venue))
    ways = [
        Way(row, row.destination_id == venue.pk)
        for row in rows.select_related("origin", "destination")
    ]
    return sorted(ways, key=_order)


def _order(way: Way) -> tuple[bool, bool, str, list[int]]:
    """Put what holds from anywhere first, then ways here, and all year before single months."""
    name = way.other.name if way.other else ""
    return not way.is_inwards, way.other is not None, name, sorted(way.time.months)


def history_of(venue: Venue) -> list[Entry]:
    """Return what became of a venue and of all that is kept with it."""
    ways = TravelTime.history.filter(Q(destination_id=venue.pk) | Q(origin_id=venue.pk))
    rows = [
        *venue.history.all(),
        *VenueAccess.history.filter(venue_id=venue.pk),
        *OpeningWindow.history.filter(venue_id=venue.pk),
        *ClosedDates.history.filter(venue_id=venue.pk),
        *ways,
    ]
    return entries(rows, _what)


def _what(row: Any, names: Names) -> str:
    """Say what a row of history is about."""
    kind = row.instance_type
    if kind is VenueAccess:
        return _("Access file")
    if kind is OpeningWindow:
        hours = spell_hours(Hours(row.weekday, row.opens, row.closes))
        return f"{capfirst(WEEKDAYS[row.weekday])} {hours}"
    if kind is ClosedDates:
        first, last = (
            formats.date_format(day, "SHORT_DATE_FORMAT")
            for day in (row.starts_on, row.ends_on - ONE_DAY)
        )
        span = first if first == last else f"{first} \N{EN DASH} {last}"
        return _("Closed %(span)s") % {"span": span}
    if kind is TravelTime:
        return _way(row, names)
    return str(row.name)


def _way(row: Any, names: Names) -> str:
    there = names.of(Venue, row.destination_id)
    if row.origin_id is None:
        return _("Travel time to %(there)s") % {"there": there}
    return pgettext("travel time", "%(here)s → %(there)s") % {
        "here": names.of(Venue, row.origin_id),
        "there": there,
    }
