"""A visit that had been announced and is called off is owed until it is made up for."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django.db.models import Exists, OuterRef, Subquery

from outreach.common import bulk, clock
from outreach.planning.models import OwedVisit, Promise
from outreach.planning.selectors import due_on, held_visits
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import Activity, Event

WITHOUT_PROMISE = timedelta(days=28)
"""How long a venue waits at most that was promised nothing: four weeks, the commonest cycle."""
VISIT = "mobile_service"


class OwedVisits:
    """Owes the visits that are called off, whoever calls them off; settles those restored.

    What makes up for another visit owes nothing by itself: the first one is owed again.
    """

    def follow(self, change: EventChange) -> None:
        """Owe the visit, or settle it."""
        self.follow_all([change])

    def follow_all(self, changes: Sequence[EventChange]) -> None:
        """Do so for many visits, in a fixed number of queries for 500 each."""
        cancelled = [one for one in changes if one.happening is Happening.CANCELLED]
        restored = [one for one in changes if one.happening is Happening.RESTORED]
        for part in bulk.in_parts(cancelled):
            _owe({one.event.pk: one for one in part})
        for part in bulk.in_parts(restored):
            _settle({one.event.pk: one for one in part})


def _owe(changes: Mapping[int, EventChange]) -> None:
    owing = _owing(changes)
    promises = _promises({event.venue_id for event in owing})
    owed = [
        OwedVisit(event=event, due_on=_due_on(event, event.last_at, promises[event.venue_id]))
        for event in owing
    ]
    if owed:
        bulk.store(
            OwedVisit,
            owed,
            by=lambda visit: changes[visit.event_id].actor,
            at=lambda visit: changes[visit.event_id].at,
            reason=changes[owed[0].event_id].reason,
        )


def _owing(keys: Iterable[int]) -> list[Any]:
    """Return the announced visits among some events, with the last one before them."""
    service = Activity.objects.filter(event=OuterRef("pk"), kind=VISIT)
    # Through the relation of the bookings, which stand beside planning, not below it.
    booked = Event.objects.filter(pk=OuterRef("pk"), bookings__state__in=["accepted", "called_off"])
    before = held_visits().filter(venue=OuterRef("venue"), starts_at__lt=OuterRef("starts_at"))
    events = Event.objects.filter(Exists(service) | Exists(booked), pk__in=list(keys))
    return list(
        events.filter(published_at__isnull=False, makes_up_for=None, owed=None)
        .select_related("library")
        .annotate(last_at=Subquery(before.order_by("-starts_at").values("starts_at")[:1]))
        .order_by("pk")
    )


def _promises(venues: set[int]) -> Mapping[int, list[Promise]]:
    found: dict[int, list[Promise]] = defaultdict(list)
    for promise in Promise.objects.filter(venue__in=venues):
        found[promise.venue_id].append(promise)
    return found


def _due_on(event: Event, last_at: Any, promises: Iterable[Promise]) -> date:
    """Return the day the venue was promised its visit for.

    That is four weeks from the event's day where nothing was promised. Where the promised day had
    passed already when the visit was to be, it is one cycle from the event's day: nobody could have
    kept a day before the visit itself.
    """
    zone = event.library.zone
    day = clock.local(event.starts_at, zone).date()
    for promise in promises:
        if promise.starts_on <= day and (promise.ends_on is None or day < promise.ends_on):
            promised = due_on(promise, clock.local(last_at, zone).date() if last_at else None)
            return promised if promised >= day else day + timedelta(weeks=promise.every_weeks)
    return day + WITHOUT_PROMISE


def _settle(changes: Mapping[int, EventChange]) -> None:
    owed = list(OwedVisit.objects.filter(event__in=changes).order_by("pk"))
    bulk.delete(
        OwedVisit,
        owed,
        by=lambda visit: changes[visit.event_id].actor,
        at=lambda visit: changes[visit.event_id].at,
        reason=lambda visit: changes[visit.event_id].reason,
    )
