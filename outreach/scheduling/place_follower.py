"""Events follow the units: each keeps the commune its venue lay in on its day (DESIGN.md 1)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from django.db.models import F, Q
from django.db.models.functions import TruncDate

from outreach.accounts.models import Library, User
from outreach.common import bulk
from outreach.common.followers import Followers
from outreach.places.followers import PlacesChange
from outreach.places.lineage import AllLinks, standing
from outreach.places.selectors import Whereabouts, communes_before
from outreach.scheduling.models import Event, EventQuerySet

BATCH = 500
"""How many events are read, written and told of at a time."""


@dataclass(frozen=True, slots=True)
class EventsPlaced:
    """Some events lie in another commune than they did; the events are stored as they are now."""

    event_ids: list[int]
    actor: User | None
    reason: str
    at: datetime


FOLLOWERS = Followers[EventsPlaced]()
register, registered, tell = FOLLOWERS.register, FOLLOWERS.registered, FOLLOWERS.tell


class EventPlaces:
    """Gives events whose commune is unknown, not active or not of their day the right one."""

    def follow(self, change: PlacesChange) -> None:
        """Bring the communes of events in line, in bulk, and tell whoever follows events."""
        whereabouts = Whereabouts(AllLinks())
        for keys in _batches(_misplaced()):
            events = Event.objects.filter(pk__in=keys)
            # Locked alone: PostgreSQL does not lock the nullable side of a join.
            list(events.order_by("pk").select_for_update(of=("self",)).values_list("pk"))
            rows = list(events.select_related("venue__commune", "library").order_by("pk"))
            former = communes_before({event.venue_id for event in rows})
            moved = [event for event in rows if _place(event, whereabouts, former)]
            Event.objects.bulk_update(moved, ["commune"], batch_size=BATCH)
            bulk.note(Event, moved, by=change.actor, at=change.at, reason=change.reason, kind="~")
            if moved:
                tell(
                    EventsPlaced(
                        [event.pk for event in moved], change.actor, change.reason, change.at
                    )
                )


def _place(event: Event, whereabouts: Whereabouts, former: Mapping[int, list[int]]) -> bool:
    """Set an event's commune and tell whether it is another one now."""
    venue = event.venue
    found = None
    if venue.commune is not None:
        found = whereabouts.commune_on(
            standing(venue.commune),
            venue.point,
            event.starts_at.astimezone(event.library.zone).date(),
            is_active=venue.commune.is_active,
            former=lambda: former.get(venue.pk, []),
        )
    if found == event.commune_id:
        return False
    event.commune_id = found
    return True


def _misplaced() -> Iterator[int]:
    """Yield the keys of the events whose commune cannot be right."""
    names = Library.objects.order_by().values_list("time_zone", flat=True).distinct()
    for name in names:
        yield from _wrong_in(ZoneInfo(name)).values_list("pk", flat=True)


def _wrong_in(zone: ZoneInfo) -> EventQuerySet:
    events = Event.objects.filter(library__time_zone=zone.key).annotate(
        day=TruncDate("starts_at", tzinfo=zone)
    )
    return events.filter(
        Q(commune__isnull=True, venue__commune__isnull=False)
        | Q(commune__is_active=False)
        | Q(commune__valid_from__gt=F("day"))
        | Q(commune__valid_to__lte=F("day"))
    ).order_by("pk")


def _batches(keys: Iterator[int]) -> Iterator[list[int]]:
    every = list(keys)
    for begin in range(0, len(every), BATCH):
        yield every[begin : begin + BATCH]
