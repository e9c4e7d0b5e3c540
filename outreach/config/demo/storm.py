"""Three days two weeks ago on which one library stayed at home, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta

from outreach.common import bulk, clock
from outreach.common.periods import Period, monday_of
from outreach.config.demo import inputs
from outreach.config.demo.diary import Entry, Fate
from outreach.config.demo.past_year import Scene
from outreach.planning.event_follower import OwedVisits
from outreach.scheduling.disruption.inputs import Trouble, What
from outreach.scheduling.disruption.texts import Line, texts_of
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import DisruptedEvent, Disruption, Event, Reason, State
from outreach.scheduling.services.trips import explain

LIBRARY = "quang-tri"
STARTS_ON = 1
"""The trips of that week all leave on the Tuesday."""
_STORMS = range(7, 12)
_TOLD_AT = time(16, 30)


def days(today: date) -> Period[date]:
    """Return the three days."""
    tuesday = monday_of(today) - timedelta(weeks=2) + timedelta(days=STARTS_ON)
    return Period(tuesday, tuesday + timedelta(days=3))


def is_hit(scene: Scene, monday: date, today: date) -> bool:
    """Tell whether the storm struck a library in the week of ``monday``."""
    return scene.staff.slug == LIBRARY and monday == monday_of(days(today).start)


def fate(day: date) -> Fate:
    """Return what became of the trips: a storm in its season, else a road that slid away."""
    reason = "storm" if day.month in _STORMS else "road_closed"
    return Fate(State.CANCELLED, reason, inputs.read("themes")["cancel_notes"][reason])


def struck(entries: Iterable[Entry], today: date) -> list[Event]:
    """Return the visits that were called off for it, in order."""
    period = days(today)
    events = [
        entry.event
        for entry in entries
        if entry.staff.slug == LIBRARY
        and entry.event.state == State.CANCELLED
        and entry.event.trip is not None
        and entry.event.trip.departs_at.astimezone(entry.staff.library.zone).date() in period
    ]
    return sorted(events, key=lambda event: event.starts_at)


def call_off(scene: Scene, entries: Iterable[Entry], today: date) -> bool:
    """Let all of them be called off at once, the evening before; tell whether there are any."""
    events = struck(entries, today)
    for event in events:
        event.cancelled_at = _told_at(scene, today)
    return bool(events)


def _told_at(scene: Scene, today: date) -> datetime:
    monday = days(today).start - timedelta(days=1)
    return clock.at(monday, _TOLD_AT, scene.staff.library.zone)


def record(scene: Scene, entries: Sequence[Entry], today: date) -> None:
    """Store what was done to the schedule that day, once trips and events are stored."""
    events = struck(entries, today) if scene.staff.slug == LIBRARY else []
    if not events:
        return
    trouble = _trouble(scene, events, today)
    actor = scene.staff.coordinator
    told_at = _told_at(scene, today)
    disruption = Disruption(
        uid=str(inputs.uid("disruption", scene.staff.slug, trouble.starts_at)),
        library=scene.staff.library,
        why=trouble.why,
        note=trouble.note,
        starts_at=trouble.starts_at,
        ends_at=trouble.ends_at,
        messages=texts_of(trouble, [_line(event) for event in events]),
        made_by=actor,
        made_at=told_at,
    )
    reason = explain(trouble.why, trouble.note)
    bulk.store(Disruption, [disruption], by=actor, at=told_at, reason=reason)
    disruption.units.set(trouble.units)
    DisruptedEvent.objects.bulk_create(
        DisruptedEvent(
            disruption=disruption,
            event=event,
            what=What.CANCEL,
            before=_before(event),
            revision_after=event.revision,
        )
        for event in events
    )


def owe(scene: Scene, entries: Iterable[Entry], since: date, now: datetime) -> None:
    """Owe the visits of the season that were announced and called off, as the product does."""
    zone = scene.staff.library.zone
    OwedVisits().follow_all(
        [
            EventChange(
                Happening.CANCELLED,
                entry.event,
                scene.staff.coordinator,
                entry.event.cancel_note,
                entry.event.cancelled_at or now,
            )
            for entry in entries
            if entry.staff is scene.staff
            and entry.event.state == State.CANCELLED
            and entry.event.starts_at.astimezone(zone).date() >= since
        ]
    )


def _trouble(scene: Scene, events: Sequence[Event], today: date) -> Trouble:
    period, zone = days(today), scene.staff.library.zone
    assert period.end is not None
    reason = events[0].cancel_reason_id
    communes = {event.commune.pk: event.commune for event in events if event.commune}
    return Trouble(
        library=scene.staff.library,
        why=Reason.objects.get(pk=reason),
        starts_at=clock.start_of(period.start, zone),
        ends_at=clock.start_of(period.end, zone),
        note=events[0].cancel_note,
        units=tuple(communes.values()),
    )


def _line(event: Event) -> Line:
    return Line(event.venue, event.uid, What.CANCEL, event.starts_at, event.starts_at)


def _before(event: Event) -> dict[str, object]:
    """Return how the event was, in the words of the service."""
    trip = event.trip
    assert trip is not None
    return {
        "starts_at": event.starts_at.isoformat(),
        "ends_at": event.ends_at.isoformat(),
        "state": State.PUBLISHED,
        "venue": event.venue_id,
        "trip": event.trip_id,
        "note": event.note,
        "commune": event.commune_id,
        "is_indoors": event.is_indoors,
        "days": 0,
        "trip_revision": trip.revision,
        "departs_at": trip.departs_at.isoformat(),
        "returns_at": trip.returns_at.isoformat(),
        "trip_state": State.PUBLISHED,
        "new_trip": None,
    }
