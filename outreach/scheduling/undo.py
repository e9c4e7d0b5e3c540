"""Taking a change of the schedule back: a signed note of what was there before.

The note is handed to whoever made the change, and to nobody else; within a day they may hand it
back. It is carried out through the same services as any other change, so that history, followers
and rules have their say, and refused if somebody changed the record since.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.core import signing
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from outreach.accounts.models import User
from outreach.common.errors import Conflict, InvalidInput, NotFound, StaleWrite
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import Venue
from outreach.scheduling import services
from outreach.scheduling.models import Event, State, Trip
from outreach.scheduling.retiming import Slot, Timeline
from outreach.scheduling.rulebook import beginnings_marks
from outreach.scheduling.services import CrewInput, PauseInput, rules
from outreach.scheduling.services.retiming import Timed

SALT = "outreach.scheduling.undo"
GOOD_FOR = timedelta(days=1)

Before = dict[str, Any]
"""What a trip or event said before the change, as plain values."""


class CannotUndo(Conflict):
    """A change that can no longer be taken back."""

    code = "cannot_undo"


def before(record: Trip | Event) -> Before:
    """Return what has to be known before a change, to take it back afterwards."""
    told = {"revision": record.revision, "stood": sorted(_stands(record))}
    if isinstance(record, Event):
        return told | {
            "starts_at": record.starts_at.isoformat(),
            "ends_at": record.ends_at.isoformat(),
            "venue": record.venue_id,
        }
    crew = CrewInput.of(list(record.duties.select_related("member")))
    return told | {
        "departs_at": record.departs_at.isoformat(),
        "returns_at": record.returns_at.isoformat(),
        "vehicle": record.vehicle_id,
        "operator": crew.operator.pk if crew.operator else None,
        "professionals": [member.pk for member in crew.professionals],
        "note": record.note,
        "pauses": [
            [one.kind, one.starts_at.isoformat(), one.ends_at.isoformat(), one.venue_id, one.place]
            for one in record.pauses.all()
        ],
    }


def before_times(stored: Timed) -> Before:
    """Return what has to be known before the times of a trip change, to take that back."""
    timeline = stored.timeline
    spans = [
        [one.key, one.starts_at.isoformat(), one.ends_at.isoformat()] for one in timeline.slots
    ]
    return {
        "revision": stored.trip.revision,
        "stood": sorted(_stands(stored.trip)),
        "departs_at": timeline.departs_at.isoformat(),
        "returns_at": timeline.returns_at.isoformat(),
        "slots": spans,
    }


def note(was: Before, changed: Trip | Event, *, actor: User, events_went_along: bool) -> str:
    """Return the signed note with which ``actor`` may take a change back.

    Args:
        was: from :func:`before`.
        changed: the record as it was stored.
        events_went_along: for a trip, whether its events were moved by the same time.
    """
    content = {
        "who": actor.pk,
        "kind": "event" if isinstance(changed, Event) else "trip",
        "uid": changed.uid,
        "revision": changed.revision,
        "along": events_went_along,
        "was": was,
    }
    return signing.dumps(content, salt=SALT, compress=True)


def take_back(text: str, *, actor: User) -> Trip | Event:
    """Bring a trip or event back to where it was, and return it.

    Raises:
        InvalidInput: if the note was not made by us for this person.
        CannotUndo: if it is older than a day, or somebody changed the record since.
        NotFound: if the record is gone, or no longer this person's to see.
        RuleBroken, Clash: if a rule now refuses what was, or its place is taken.
    """
    content = _read(text, actor)
    if content["kind"] == "event":
        return _take_back_event(content, actor)
    return _take_back_trip(content, actor)


def _read(text: str, actor: User) -> dict[str, Any]:
    try:
        content: dict[str, Any] = signing.loads(text, salt=SALT, max_age=GOOD_FOR)
    except signing.SignatureExpired as error:
        raise CannotUndo(gettext_lazy("This is too long ago to be undone.")) from error
    except signing.BadSignature as error:
        raise InvalidInput(gettext_lazy("This cannot be undone."), code="undo_unknown") from error
    if content["who"] != actor.pk:
        raise InvalidInput(gettext_lazy("This cannot be undone."), code="undo_unknown")
    return content


def _take_back_event(content: dict[str, Any], actor: User) -> Event:
    found = Event.objects.visible_to(actor).select_related("library", "venue")
    event = _present(found.filter(uid=content["uid"]).first())
    was = content["was"]
    _refuse_newer(event, content)
    return services.move_event(
        actor=actor,
        event=event,
        starts_at=datetime.fromisoformat(was["starts_at"]),
        ends_at=datetime.fromisoformat(was["ends_at"]),
        venue=Venue.objects.get(pk=was["venue"]),
        reason=_reason(event),
        stood=frozenset(was["stood"]),
        expected_revision=content["revision"],
    )


def _take_back_trip(content: dict[str, Any], actor: User) -> Trip:
    found = Trip.objects.visible_to(actor).select_related("library", "vehicle")
    trip = _present(found.filter(uid=content["uid"]).first())
    was = content["was"]
    _refuse_newer(trip, content)
    if "slots" in was:
        return services.retime_trip(
            actor=actor,
            trip=trip,
            timeline=_timeline(was),
            reason=_reason(trip),
            stood=frozenset(was["stood"]),
            expected_revision=content["revision"],
        )
    people = CrewMember.objects.in_bulk([*was["professionals"], was["operator"] or 0])
    crew = CrewInput(
        people.get(was["operator"]),
        tuple(people[key] for key in was["professionals"] if key in people),
    )
    vehicle = Vehicle.objects.get(pk=was["vehicle"])
    departs_at = datetime.fromisoformat(was["departs_at"])
    if content["along"] and departs_at != trip.departs_at:
        return services.move_trip(
            actor=actor,
            trip=trip,
            departs_at=departs_at,
            vehicle=vehicle,
            crew=crew,
            reason=_reason(trip),
            stood=frozenset(was["stood"]),
            expected_revision=content["revision"],
        )
    return services.change_trip(
        actor=actor,
        trip=trip,
        vehicle=vehicle,
        departs_at=departs_at,
        returns_at=datetime.fromisoformat(was["returns_at"]),
        crew=crew,
        note=was["note"],
        pauses=_pauses(was),
        reason=_reason(trip),
        stood=frozenset(was["stood"]),
        expected_revision=content["revision"],
    )


def _stands(record: Trip | Event) -> frozenset[str]:
    """Return the marks of what stands against a record as it is: an undo needs no reason for it."""
    if isinstance(record, Trip):
        found = rules.stored_trip_findings(record)
    elif record.trip is not None:
        return _stands(record.trip)
    else:
        crew = CrewInput.of(list(record.duties.select_related("member")))
        found = rules.event_findings(record, crew)
    marks = rules.overridden(record) | {finding.mark for finding in found if finding.is_soft}
    # Nor for going back to where it was, though that be past by now.
    return marks | beginnings_marks(record.library, rules.beginnings(record))


def _present(record: Any) -> Any:
    if record is None:
        raise NotFound()
    return record


def _timeline(was: Before) -> Timeline:
    slots = tuple(
        Slot(key, datetime.fromisoformat(start), datetime.fromisoformat(end))
        for key, start, end in was["slots"]
    )
    departs_at, returns_at = was["departs_at"], was["returns_at"]
    return Timeline(datetime.fromisoformat(departs_at), datetime.fromisoformat(returns_at), slots)


def _pauses(was: Before) -> list[PauseInput]:
    venues = Venue.objects.in_bulk([one[3] for one in was["pauses"] if one[3] is not None])
    return [
        PauseInput(
            kind, datetime.fromisoformat(start), datetime.fromisoformat(end), venues.get(at), place
        )
        for kind, start, end, at, place in was["pauses"]
    ]


def _refuse_newer(record: Trip | Event, content: dict[str, Any]) -> None:
    """Refuse in words that fit an undo; the service looks again once the row is locked."""
    if record.revision != content["revision"]:
        raise StaleWrite(gettext_lazy("Somebody changed this since: it was not undone."))


def _reason(record: Trip | Event) -> str:
    return _("Undone") if record.state == State.PUBLISHED else ""
