"""Reads about seasons and promises, shaped for their pages."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.folding import fold
from outreach.places.models import Venue
from outreach.planning.models import Promise, PromiseQuerySet, Season
from outreach.scheduling.models import Activity, Event, EventQuerySet, State

VISIT = "mobile_service"
"""The kind of activity that a promise is about."""


@dataclass(frozen=True, slots=True)
class VisitOwed:
    """A promise in force, and how far it is kept.

    Attributes:
        last_on: the day of the last visit; ``None`` if there never was one.
        due_on: the day by which the next visit was promised.
        overdue_days: days since then; negative while there is time.
        next_event: the next event with a visit that is planned there, draft or public.
    """

    promise: Promise
    last_on: date | None
    due_on: date
    overdue_days: int
    next_event: Event | None

    @property
    def venue(self) -> Venue:
        """The venue that is waiting."""
        return self.promise.venue

    @property
    def is_late(self) -> bool:
        """Whether the promised day has passed."""
        return self.overdue_days > 0

    @property
    def days_left(self) -> int:
        """Days until the promised day; 0 or more while there is time."""
        return -self.overdue_days

    @property
    def comes_late(self) -> bool:
        """Whether the next planned visit is after the promised day."""
        return (
            self.next_event is not None
            and clock.local(self.next_event.starts_at).date() > self.due_on
        )


def due_on(promise: Promise, last_on: date | None) -> date:
    """Return the day by which the next visit is promised.

    That is one cycle after the last visit, or after the promise began if nobody has been since.
    """
    began_on = promise.starts_on if last_on is None else max(last_on, promise.starts_on)
    return began_on + timedelta(weeks=promise.every_weeks)


def visits_owed(libraries: Iterable[int], today: date) -> list[VisitOwed]:
    """Return the visits promised to venues of these libraries (ids), the most overdue first.

    A visit counts from the day on which a published event with mobile service was held, unless it
    was called off or reported as not held. What lies before ``today`` is past, the rest planned.
    Two queries, however many venues.
    """
    promises = Promise.objects.filter(venue__library_id__in=list(libraries), venue__is_in_use=True)
    owed = _all_owed(promises, today)
    return sorted(owed, key=lambda visit: (-visit.overdue_days, visit.venue.name, visit.venue.pk))


def visit_owed(venue: Venue, today: date) -> VisitOwed | None:
    """Return the visit promised to one venue, if one is; reckoned as in :func:`visits_owed`."""
    return next(iter(_all_owed(Promise.objects.filter(venue=venue), today)), None)


def _all_owed(promises: PromiseQuerySet, today: date) -> list[VisitOwed]:
    """Return the visits owed by those of ``promises`` that are in force, in two queries."""
    midnight = clock.start_of(today)
    visits = _visits().filter(venue=OuterRef("venue"))
    held = held_visits().filter(venue=OuterRef("venue"), starts_at__lt=midnight)
    planned = visits.standing().filter(starts_at__gte=midnight)
    promises = (
        promises.in_force_on(today)
        .select_related("venue__library", "venue__commune")
        .annotate(
            last_at=Subquery(held.order_by("-starts_at").values("starts_at")[:1]),
            next_id=Subquery(planned.order_by("starts_at", "pk").values("pk")[:1]),
        )
    )
    rows: list[Any] = list(promises)
    events = Event.objects.in_bulk([row.next_id for row in rows if row.next_id is not None])
    return [_owed(row, row.last_at, events.get(row.next_id), today) for row in rows]


def narrowed(
    visits: Iterable[VisitOwed], *, text: str = "", late: bool = False, unplanned: bool = False
) -> list[VisitOwed]:
    """Return those whose venue or commune is named like ``text``, late or without a plan."""
    words = fold(text)
    return [
        visit
        for visit in visits
        if words in _folded(visit.venue)
        and (visit.is_late or not late)
        and (visit.next_event is None or not unplanned)
    ]


def seasons(user: User, libraries: Iterable[int], today: date) -> list[Season]:
    """Return the seasons of these libraries that are not over, the next one first."""
    visible = Season.objects.visible_to(user).filter(library_id__in=list(libraries))
    rows = visible.filter(ends_on__gt=today).select_related("library")
    return list(rows.order_by("starts_on", "library__slug"))


def held_visits() -> EventQuerySet:
    """Return the published events with mobile service, without those reported as not held."""
    return _visits().filter(state=State.PUBLISHED).exclude(_not_held())


def _visits() -> EventQuerySet:
    service = Activity.objects.filter(event=OuterRef("pk"), kind=VISIT)
    return Event.objects.filter(Exists(service))


def _not_held() -> Exists:
    """Return the condition "the sheet that counts says it was not held".

    Through the relation of the sheets, as attendance stands beside planning, not below it.
    """
    sheets = {"sheets__state": "accepted", "sheets__outcome": "not_held"}
    return Exists(Event.objects.filter(pk=OuterRef("pk"), **sheets))


def _owed(
    promise: Promise, last_at: datetime | None, next_event: Event | None, today: date
) -> VisitOwed:
    last_on = clock.local(last_at).date() if last_at else None
    due = due_on(promise, last_on)
    return VisitOwed(promise, last_on, due, (today - due).days, next_event)


def _folded(venue: Venue) -> str:
    commune = venue.commune.folded if venue.commune else ""
    return f"{venue.folded} {venue.locality_folded} {commune}"
