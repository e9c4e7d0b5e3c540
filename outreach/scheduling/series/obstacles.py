"""What stands against a date: something that is taken, or a day on which nobody is there."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library
from outreach.places.models import ClosedDates
from outreach.scheduling.rulebook import public_holidays


class Obstacle(StrEnum):
    """Every kind of obstacle. A code never changes once released."""

    HOLIDAY = "public_holiday"
    CLOSED = "venue_closed"
    VEHICLE_BUSY = "vehicle_busy"
    VEHICLE_OFF = "vehicle_off"
    VEHICLE_RETIRED = "vehicle_retired"
    VENUE_BUSY = "venue_busy"
    VENUE_RETIRED = "venue_retired"
    MEMBER_BUSY = "member_busy"
    MEMBER_OFF = "member_off"
    MEMBER_RETIRED = "member_retired"
    CLOCKS_CHANGE = "clocks_change"
    THERE_ALREADY = "there_already"
    LEFT_OUT = "left_out"
    IS_OVER = "is_over"
    NO_DATE = "no_such_date"


DAYS_OFF = frozenset({Obstacle.HOLIDAY, Obstacle.CLOSED})
"""On these days an event can be held all the same, if somebody says so."""

MESSAGES: dict[Obstacle, str | Promise] = {
    Obstacle.HOLIDAY: _("Public holiday: %(what)s."),
    Obstacle.CLOSED: _("%(venue)s is closed: %(what)s."),
    Obstacle.VEHICLE_BUSY: _("%(vehicle)s is already on the road: %(what)s, %(when)s."),
    Obstacle.VEHICLE_OFF: _("%(vehicle)s is not to be had: %(what)s."),
    Obstacle.VEHICLE_RETIRED: _("%(vehicle)s is no longer in use."),
    Obstacle.VENUE_BUSY: _("%(venue)s already has an event: %(what)s, %(when)s."),
    Obstacle.VENUE_RETIRED: _("%(venue)s is no longer visited."),
    Obstacle.MEMBER_BUSY: _("%(member)s is already on duty: %(what)s, %(when)s."),
    Obstacle.MEMBER_OFF: _("%(member)s is not to be had: %(what)s."),
    Obstacle.MEMBER_RETIRED: _("%(member)s no longer goes out."),
    Obstacle.CLOCKS_CHANGE: _("The clocks change that night: this time does not exist."),
    Obstacle.THERE_ALREADY: _("It is there already."),
    Obstacle.LEFT_OUT: _("The series leaves this date out."),
    Obstacle.IS_OVER: _("That time is over."),
    Obstacle.NO_DATE: _("The new rule has no date in its place."),
}


@dataclass(frozen=True, slots=True)
class Hindrance:
    """One obstacle with its facts."""

    kind: Obstacle
    params: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_day_off(self) -> bool:
        """Whether it only says that the day is a bad one."""
        return self.kind in DAYS_OFF

    @property
    def message(self) -> str:
        """The obstacle in the active language."""
        return str(MESSAGES[self.kind]) % self.params

    def __str__(self) -> str:
        return self.message


class DaysOff:
    """The public holidays of a library's country, and the days on which venues are closed.

    Args:
        venues: keys of the venues that will be asked about.
        since: first day that will be asked about.
        until: first day that will not.
    """

    def __init__(self, library: Library, venues: Iterable[int], since: date, until: date) -> None:
        self._holidays = public_holidays(library, since, until)
        self._closed: dict[int, list[tuple[date, date, str]]] = {}
        keys = sorted(set(venues))
        for start in range(0, len(keys), 500):
            rows = ClosedDates.objects.filter(
                venue__in=keys[start : start + 500], starts_on__lt=until, ends_on__gt=since
            )
            for venue, first, end, why in rows.values_list(
                "venue", "starts_on", "ends_on", "reason"
            ):
                self._closed.setdefault(venue, []).append((first, end, why))

    def on(self, day: date, venue: int, name: str) -> Hindrance | None:
        """Return why nobody should come to a venue on a day; ``None`` if there is no such reason.

        Args:
            venue: its key.
            name: what it is called in the message.
        """
        if day in self._holidays:
            return Hindrance(Obstacle.HOLIDAY, {"what": self._holidays[day]})
        for first, end, why in self._closed.get(venue, ()):
            if first <= day < end:
                what = why or f"{first:%d/%m/%Y} – {end - timedelta(days=1):%d/%m/%Y}"
                return Hindrance(Obstacle.CLOSED, {"venue": name, "what": what})
        return None
