"""When a venue can be visited: opening windows of the week, and dates on which it is closed."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time
from itertools import pairwise
from typing import NamedTuple

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit
from outreach.common.errors import InvalidInput, NotFound
from outreach.common.locking import locked
from outreach.places.models import ClosedDates, OpeningWindow, Venue
from outreach.places.services.keeping import authorise, hold_venue
from outreach.places.venue_state import OpeningHours

MOST_WINDOWS = 70
"""Ten for each day of the week: more are a mistake."""
MOST_CLOSURES = 400


class Hours(NamedTuple):
    """Hours ``[opens, closes)`` of a weekday; 0 is Monday."""

    weekday: int
    opens: time
    closes: time


class Closure(NamedTuple):
    """Days ``[starts_on, ends_on)`` on which a venue is closed, and why."""

    starts_on: date
    ends_on: date
    reason: str = ""


# --- Opening windows ---------------------------------------------------------------------------


@transaction.atomic
def set_opening_windows(
    *,
    actor: User,
    venue: Venue,
    windows: Iterable[Hours],
    reason: str = "",
    expected_version: int | None = None,
) -> None:
    """Say in which hours of the week a venue can be visited; none means always.

    Args:
        windows: all of them, in any order.
        expected_version: the version of :class:`OpeningHours` that the change was prepared on.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venue's library.
        NotFound: if somebody removed the venue.
        StaleWrite: if somebody changed the windows since ``expected_version``.
        InvalidInput: if two of them overlap, or one ends before it begins.
    """
    authorise(actor, venue.library_id)
    hold_venue(venue)
    audit.refuse_stale(OpeningHours(venue), expected_version)
    write_windows(venue, windows, actor=actor, reason=reason)


def write_windows(venue: Venue, windows: Iterable[Hours], *, actor: User, reason: str) -> None:
    """Store the opening windows of a venue that is held; those that stay are left alone.

    Raises:
        InvalidInput: if two of them overlap, one ends before it begins, or there are too many.
    """
    wanted = sorted(windows)
    refuse_overlaps(wanted)
    kept: set[Hours] = set()
    for window in venue.opening_windows.all():
        hours = Hours(window.weekday, window.opens, window.closes)
        if hours in wanted:
            kept.add(hours)
        else:
            audit.delete(window, actor=actor, reason=reason)
    for hours in wanted:
        if hours not in kept:
            window = OpeningWindow(venue=venue, **hours._asdict())
            audit.save(window, actor=actor, reason=reason)


def refuse_overlaps(windows: list[Hours]) -> None:
    """Refuse windows that are none, or overlap; one may begin when another ends.

    Args:
        windows: in order.

    Raises:
        InvalidInput: naming the first ones.
    """
    if len(windows) > MOST_WINDOWS:
        raise InvalidInput(
            _("There are too many opening hours."), code="too_many", field="opening_windows"
        )
    for one in windows:
        if one.closes <= one.opens:
            raise InvalidInput(
                _("The end must be after the start."),
                code="window_closes_after_opening",
                field="opening_windows",
            )
    for one, two in pairwise(windows):
        if one.weekday == two.weekday and two.opens < one.closes:
            raise InvalidInput(
                _("%(weekday)s: %(one)s and %(two)s overlap."),
                code="windows_overlap",
                field="opening_windows",
                params={
                    "weekday": str(WEEKDAYS.get(one.weekday, one.weekday)),
                    "one": spell_hours(one),
                    "two": spell_hours(two),
                },
            )


def spell_hours(hours: Hours) -> str:
    """Return hours as people write them, e.g. ``07:30-11:00``."""
    return f"{hours.opens:%H:%M}\N{EN DASH}{hours.closes:%H:%M}"


# --- Closed dates ------------------------------------------------------------------------------


@transaction.atomic
def add_closed_dates(
    *, actor: User, venue: Venue, starts_on: date, ends_on: date, why: str = ""
) -> ClosedDates:
    """Note that a venue cannot be visited in ``[starts_on, ends_on)``.

    Args:
        why: what readers of the page are told.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venue's library.
        NotFound: if somebody removed the venue.
        django.core.exceptions.ValidationError: if the period is empty, or meets another one.
    """
    authorise(actor, venue.library_id)
    hold_venue(venue)
    closed = ClosedDates(venue=venue, starts_on=starts_on, ends_on=ends_on, reason=why)
    audit.save(closed, actor=actor)
    return closed


@transaction.atomic
def change_closed_dates(
    *,
    actor: User,
    closed: ClosedDates,
    starts_on: date,
    ends_on: date,
    why: str = "",
    expected_version: int | None = None,
) -> ClosedDates:
    """Correct the dates on which a venue is closed.

    Raises:
        NotAllowed, ValidationError: as for new ones.
        NotFound: if somebody removed them.
        StaleWrite: if somebody changed them since ``expected_version``.
    """
    stored = _hold(actor, closed)
    audit.refuse_stale(stored, expected_version)
    stored.starts_on, stored.ends_on, stored.reason = starts_on, ends_on, why
    audit.save(stored, actor=actor)
    return stored


@transaction.atomic
def remove_closed_dates(*, actor: User, closed: ClosedDates, reason: str = "") -> None:
    """Note that a venue is not closed on these dates.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venue's library.
        NotFound: if somebody removed them already.
    """
    audit.delete(_hold(actor, closed), actor=actor, reason=reason)


@transaction.atomic
def set_closed_dates(
    *, actor: User, venue: Venue, closed: Iterable[Closure], reason: str = ""
) -> None:
    """Say on which dates a venue is closed: all of them, in place of those there are.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venue's library.
        NotFound: if somebody removed the venue.
        InvalidInput: if there are too many.
        django.core.exceptions.ValidationError: if a period is empty, or two of them meet.
    """
    authorise(actor, venue.library_id)
    hold_venue(venue)
    write_closed_dates(venue, closed, actor=actor, reason=reason)


def write_closed_dates(
    venue: Venue, closed: Iterable[Closure], *, actor: User, reason: str
) -> None:
    """Store the closed dates of a venue that is held; those that stay are left alone.

    Raises:
        InvalidInput: if there are too many.
        django.core.exceptions.ValidationError: if a period is empty, or two of them meet.
    """
    wanted = sorted(closed)
    if len(wanted) > MOST_CLOSURES:
        raise InvalidInput(
            _("There are too many closed dates."), code="too_many", field="closed_dates"
        )
    kept: set[Closure] = set()
    for row in venue.closed_dates.all():
        period = Closure(row.starts_on, row.ends_on, row.reason)
        if period in wanted:
            kept.add(period)
        else:
            audit.delete(row, actor=actor, reason=reason)
    for period in wanted:
        if period in kept:
            kept.discard(period)
            continue
        row = ClosedDates(venue=venue, **period._asdict())
        try:
            audit.save(row, actor=actor, reason=reason)
        except ValidationError as error:
            raise ValidationError({"closed_dates": error.messages}) from error


def _hold(actor: User, closed: ClosedDates) -> ClosedDates:
    """Return the dates as stored, with their venue held.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venue's library.
        NotFound: if somebody removed them.
    """
    authorise(actor, closed.venue.library_id)
    hold_venue(closed.venue)
    stored = locked(ClosedDates.objects.select_related("venue"), closed.pk)
    if stored is None:
        raise NotFound()
    return stored
