"""Which events something touches, with all that is needed to say what becomes of them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

import shapely
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outreach.common.errors import InvalidInput
from outreach.scheduling.disruption.area import read_area
from outreach.scheduling.disruption.inputs import Trouble
from outreach.scheduling.models import Event, EventQuerySet

MOST_EVENTS = 500
"""More at once nobody can look over; a longer storm is entered week by week."""


@dataclass(frozen=True, slots=True)
class Touched:
    """The events that something touches, in order of time.

    Attributes:
        off_the_map: events of the period whose venue has no point, where an area was drawn: nobody
            can tell by it whether they are touched.
    """

    events: list[Event]
    off_the_map: list[Event]

    @property
    def state(self) -> str:
        """Names these events as they are now: another state has another name."""
        marks = sorted(
            [event.uid, event.revision, event.trip.revision if event.trip else 0]
            for event in self.events
        )
        return hashlib.sha256(json.dumps(marks).encode()).hexdigest()[:32]


def touched(trouble: Trouble, *, now: datetime) -> Touched:
    """Return the standing events that are not over and that ``trouble`` touches.

    A fixed number of queries, however many events.

    Raises:
        InvalidInput: if the area is none, or more than 500 events are touched.
    """
    keys, unknown = _keys(trouble, now)
    off_the_map = Event.objects.filter(pk__in=unknown - keys).select_related("venue", "commune")
    return Touched(
        _loaded(Event.objects.filter(pk__in=keys)),
        list(off_the_map.order_by("starts_at", "pk")) if unknown else [],
    )


def touched_keys(trouble: Trouble, *, now: datetime) -> set[int]:
    """Return the keys of the events that :func:`touched` returns.

    Raises:
        InvalidInput: if the area is none.
    """
    return _keys(trouble, now)[0]


def _keys(trouble: Trouble, now: datetime) -> tuple[set[int], set[int]]:
    """Return the keys of what is touched, and of what an area cannot tell about."""
    found = Event.objects.standing().filter(library=trouble.library, ends_at__gt=now)
    found = found.meeting(trouble.starts_at, trouble.ends_at)
    area = read_area(trouble.area) if trouble.area is not None else None
    named = _named(trouble)
    if area is None and named is None:
        return set(found.values_list("pk", flat=True)), set()
    keys: set[int] = set()
    unknown: set[int] = set()
    if named is not None:
        keys.update(found.filter(named).values_list("pk", flat=True))
    if area is not None:
        for key, lat, lon in found.values_list("pk", "venue__lat", "venue__lon"):
            if lat is None or lon is None:
                unknown.add(key)
            elif shapely.intersects_xy(area, lon, lat):
                keys.add(key)
    return keys, unknown


def _named(trouble: Trouble) -> Q | None:
    """Return the condition of what was named beside an area; ``None`` if nothing was."""
    causes: list[Q] = []
    if trouble.units:
        keys = [unit.pk for unit in trouble.units]
        causes += [
            Q(commune__in=keys),
            Q(commune__parent__in=keys),
            Q(commune=None, venue__commune__in=keys),
            Q(commune=None, venue__commune__parent__in=keys),
        ]
    if trouble.vehicle is not None:
        causes.append(Q(trip__vehicle=trouble.vehicle))
    if trouble.member is not None:
        on_duty = Q(duties__member=trouble.member) | Q(trip__duties__member=trouble.member)
        causes.append(Q(pk__in=Event.objects.filter(on_duty).values("pk")))
    if trouble.venue is not None:
        causes.append(Q(venue=trouble.venue) | Q(venue__main_venue=trouble.venue))
    condition = Q()
    for cause in causes:
        condition |= cause
    return condition if causes else None


def _loaded(events: EventQuerySet) -> list[Event]:
    rows = list(
        events.select_related(
            "library",
            "venue__library",
            "venue__commune",
            "commune__parent",
            "trip__vehicle__base",
            "trip__library",
        )
        .prefetch_related("activities__kind", "duties__member", "overrides", "trip__overrides")
        .order_by("starts_at", "pk")[: MOST_EVENTS + 1]
    )
    if len(rows) > MOST_EVENTS:
        raise InvalidInput(
            _("This touches more than %(most)d events: choose a shorter time or a smaller area."),
            code="too_many_events",
            params={"most": MOST_EVENTS},
        )
    return rows
