"""Taking a disruption back on the same day, all of it or nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override

from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, NotFound
from outreach.common.locking import locked
from outreach.scheduling.disruption import checks
from outreach.scheduling.disruption.checks import Obstacle, Wanted
from outreach.scheduling.disruption.inputs import Trouble, What
from outreach.scheduling.disruption.outcome import OfTrip, later
from outreach.scheduling.disruption.services import hold
from outreach.scheduling.disruption.texts import Line, texts_of
from outreach.scheduling.disruption.writing import Writing, write
from outreach.scheduling.followers import EventChange, Happening, tell_all
from outreach.scheduling.models import (
    DisruptedEvent,
    Disruption,
    Duty,
    Event,
    RuleOverride,
    Trip,
    TripPause,
)
from outreach.scheduling.services import overrides, records, rules

HAPPENINGS = {
    What.CANCEL: Happening.RESTORED,
    What.POSTPONE: Happening.MOVED,
    What.INDOORS: Happening.CHANGED,
}


class ChangedSince(Conflict):
    """Somebody has changed since what a disruption did.

    Attributes:
        events: the events that are not as the disruption left them.
        obstacles: what is taken now at the times things had before.
    """

    code = "changed_since"
    template = gettext_lazy("This cannot be undone as a whole: %(what)s")

    def __init__(
        self, events: list[Event], obstacles: list[Obstacle], made_up: list[Event]
    ) -> None:
        self.events, self.obstacles, self.made_up = events, obstacles, made_up
        said = [_("“%(title)s” was changed since.") % {"title": one.title} for one in events]
        said += [
            _("A make-up visit is planned already: “%(title)s”.") % {"title": one.title}
            for one in made_up
        ]
        said += [obstacle.message for obstacle in obstacles]
        super().__init__(params={"what": " ".join(said)})


@dataclass(slots=True)
class _Way:
    """The way back: records as they were."""

    rows: list[DisruptedEvent]
    writing: Writing = field(default_factory=Writing)
    made: list[Trip] = field(default_factory=list)


def may_be_undone(disruption: Disruption, now: datetime) -> bool:
    """Tell whether it is still the day on which it was done, by the library's clock."""
    zone = disruption.library.zone
    same_day = clock.local(disruption.made_at, zone).date() == clock.local(now, zone).date()
    return disruption.undone_at is None and same_day


@transaction.atomic
def undo_disruption(
    *, actor: User, disruption: Disruption, reason: str = "", now: datetime | None = None
) -> Disruption:
    """Put everything back as it was, on the day of the disruption; each host is told once.

    Undoing twice changes nothing more.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        NotFound: if it is gone.
        ChangedSince: if somebody changed one of its events or trips since, took a place, or planned
            a make-up visit; nothing is undone then.
        Conflict: if its day is over.
    """
    rules.authorise(actor, disruption.library_id)
    stored = locked(Disruption.objects.select_related("library", "why"), disruption.pk)
    if stored is None:
        raise NotFound()
    if stored.undone_at is not None:
        return stored
    moment = now or clock.now()
    if not may_be_undone(stored, moment):
        raise Conflict(
            gettext_lazy(
                "It is too late to undo this: that is done on the same day. "
                "Change the events one by one."
            ),
            code="undo_too_late",
        )
    _lock(stored)
    rows = _rows(stored)
    _refuse_changed(rows)
    way = _way_back(rows)
    _refuse_taken(way)
    said = _said(stored, reason)
    changes = list(_changes(way, actor=actor, reason=said, now=moment))
    write(way.writing, actor=actor, reason=said, why=stored.why, now=moment)
    _erase(way.made, actor=actor, reason=said)
    stored.messages = [*stored.messages, *_texts(stored, way)]
    stored.undone_by, stored.undone_at = actor, moment
    audit.save(stored, actor=actor, reason=said)
    _review(stored, rows, now=moment)
    tell_all(changes)
    return stored


def _lock(disruption: Disruption) -> None:
    events = disruption.events.values_list("event", "event__trip", "before")
    kept = list(events)
    trips = {trip for _event, trip, _before in kept} | {row[2].get("trip") for row in kept}
    hold({trip for trip in trips if trip}, {event for event, _trip, _before in kept})


def _rows(disruption: Disruption) -> list[DisruptedEvent]:
    along = ("event__library", "event__venue__library", "event__venue__commune", "event__trip")
    rows = disruption.events.select_related(*along).prefetch_related("event__duties__member")
    return list(rows.order_by("event__starts_at", "event"))


def _refuse_changed(rows: list[DisruptedEvent]) -> None:
    """Refuse where an event or trip is not as the disruption left it.

    Raises:
        ChangedSince: naming each event.
    """
    trips = Trip.objects.in_bulk({row.before["trip"] for row in rows if row.before["trip"]})
    new = [row.before["new_trip"] for row in rows if row.before.get("new_trip")]
    joined = Event.objects.filter(trip__in=new).exclude(pk__in=[row.event_id for row in rows])
    changed = [row.event for row in rows if _is_changed(row, trips)] + list(joined)
    cancelled = [row.event_id for row in rows if row.what == What.CANCEL]
    made_up = Event.objects.standing().filter(makes_up_for__in=cancelled)
    if changed or made_up:
        raise ChangedSince(changed, [], list(made_up))


def _is_changed(row: DisruptedEvent, trips: dict[int, Trip]) -> bool:
    if row.event.revision != row.revision_after:
        return True
    key = row.before["trip"]
    if key is None:
        return row.event.trip_id is not None
    source, new = trips.get(key), row.before["new_trip"]
    if source is None or source.revision != row.before["trip_revision"]:
        return True
    return row.event.trip_id != (new or key) or (
        new is not None and row.event.trip is not None and row.event.trip.revision != 1
    )


def _way_back(rows: list[DisruptedEvent]) -> _Way:
    way = _Way(rows)
    trips = Trip.objects.select_related("vehicle", "library").in_bulk(
        {row.before["trip"] for row in rows if row.before["trip"]}
    )
    was: dict[int, dict[str, Any]] = {}
    for row in rows:
        event, before = row.event, row.before
        if before["trip"]:
            event.trip = trips[before["trip"]]
            if before["new_trip"] is None and row.what != What.INDOORS:
                # A stop that was postponed along says by how much its pauses went, too.
                kept = was.setdefault(before["trip"], before)
                was[before["trip"]] = before if before["days"] else kept
        event.starts_at = datetime.fromisoformat(before["starts_at"])
        event.ends_at = datetime.fromisoformat(before["ends_at"])
        event.state, event.is_indoors = before["state"], before["is_indoors"]
        event.commune_id = before["commune"]
        event.cancel_reason, event.cancel_note, event.cancelled_at = None, "", None
        event.revision += 1
        way.writing.events.append(event)
        if event.trip is None and row.what != What.INDOORS:
            way.writing.duties += _back_on_duty(event)
    new = {row.before["new_trip"] for row in rows if row.before.get("new_trip")}
    way.made = list(Trip.objects.filter(pk__in=new))
    duties, pauses = _by_trip(Duty, was), _by_trip(TripPause, was)
    for key, before in was.items():
        _restore_trip(trips[key], before, duties[key], pauses[key], way)
    return way


def _by_trip(model: type[OfTrip], trips: Iterable[int]) -> Mapping[int, list[OfTrip]]:
    found: dict[int, list[OfTrip]] = defaultdict(list)
    along = ["member"] if model is Duty else []
    rows = model._default_manager.filter(trip__in=list(trips))
    for row in rows.select_related(*along) if along else rows:
        found[row.trip_id or 0].append(row)
    return found


def _back_on_duty(event: Event) -> list[Duty]:
    duties = list(event.duties.all())
    for duty in duties:
        duty.starts_at, duty.ends_at, duty.is_standing = event.starts_at, event.ends_at, True
    return duties


def _restore_trip(
    trip: Trip, before: dict[str, Any], duties: list[Duty], pauses: list[TripPause], way: _Way
) -> None:
    """Give a trip that was called off or moved its times back, and its crew and pauses."""
    departs_at = datetime.fromisoformat(before["departs_at"])
    if trip.state == before["trip_state"] and trip.departs_at == departs_at:
        return
    trip.departs_at, trip.returns_at = departs_at, datetime.fromisoformat(before["returns_at"])
    trip.state = before["trip_state"]
    trip.revision += 1
    way.writing.trips.append(trip)
    for duty in duties:
        duty.starts_at, duty.ends_at, duty.is_standing = trip.departs_at, trip.returns_at, True
        way.writing.duties.append(duty)
    for pause in pauses if before["days"] else ():
        pause.starts_at = later(pause.starts_at, -before["days"], trip.library.zone)
        pause.ends_at = later(pause.ends_at, -before["days"], trip.library.zone)
        way.writing.pauses.append(pause)


def _refuse_taken(way: _Way) -> None:
    """Refuse where somebody took a vehicle, person or venue in the meantime.

    Raises:
        ChangedSince: naming what is in the way.
    """
    writing = way.writing
    moved = [row.event for row in way.rows if row.what != What.INDOORS]
    found = checks.obstacles(
        Wanted(
            events=moved,
            trips=writing.trips,
            duties=writing.duties,
            lifted_events={event.pk for event in moved},
            lifted_trips={trip.pk for trip in [*writing.trips, *way.made]},
        )
    )
    if found:
        raise ChangedSince([], found, [])


def _changes(way: _Way, *, actor: User, reason: str, now: datetime) -> Iterator[EventChange]:
    """Yield what followers are told; what is over at both times is told like the rest."""
    now_at = {
        event.pk: event for event in Event.objects.filter(pk__in=[row.event_id for row in way.rows])
    }
    for row in way.rows:
        moved = now_at[row.event_id] if row.what == What.POSTPONE else None
        yield EventChange(
            happening=HAPPENINGS[What(row.what)],
            event=row.event,
            actor=actor,
            reason=reason,
            at=now,
            previous_starts_at=moved.starts_at if moved else None,
            previous_ends_at=moved.ends_at if moved else None,
            tells_hosts=row.what == What.INDOORS,
        )


def _review(disruption: Disruption, rows: list[DisruptedEvent], *, now: datetime) -> None:
    """Let lapse what was overridden for it; what lapsed by it stands again."""
    trips = {row.before["trip"] for row in rows if row.before["trip"]}
    events = {row.event_id for row in rows if not row.before["trip"]}
    lapsed: set[str] = set()
    for of_owner in ({"trip__in": trips}, {"event__in": events}):
        found = RuleOverride.objects.filter(**of_owner, lapsed_at=disruption.made_at)
        lapsed |= {override.found.mark for override in found}
    overrides.review(now=now, trips=trips, events=events, again=lapsed)


def _erase(trips: list[Trip], *, actor: User, reason: str) -> None:
    """Delete the trips that were made for postponed stops, each with its history."""
    for trip in trips:
        below: list[TripPause | Duty] = [*trip.pauses.all(), *trip.duties.all()]
        for record in below:
            audit.delete(record, actor=actor, reason=reason)
        records.erase(trip, actor=actor, reason=reason)


def _texts(disruption: Disruption, way: _Way) -> list[Any]:
    trouble = Trouble(disruption.library, disruption.why, disruption.starts_at, disruption.ends_at)
    lines = [
        Line(
            row.event.venue,
            row.event.uid,
            What(row.what),
            row.event.starts_at,
            row.event.starts_at,
        )
        for row in way.rows
        if row.event.published_at is not None
    ]
    return list(texts_of(trouble, lines, is_undoing=True))


def _said(disruption: Disruption, reason: str) -> str:
    """Return what the history says of it, in the installation's language."""
    with override(settings.LANGUAGE_CODE):
        undone = _("Undone: %(why)s") % {"why": disruption.why.name}
    return f"{undone}. {reason.strip()}" if reason.strip() else undone
