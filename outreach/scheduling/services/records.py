"""Writing the rows of trips and events; the rules have been asked before this is called."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar

from django.db.models import ProtectedError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.errors import Conflict, InvalidInput, NotFound, StaleWrite
from outreach.common.locking import locked
from outreach.fleet.models import CrewMember
from outreach.places.models import Venue
from outreach.places.selectors import commune_of
from outreach.scheduling import clashes
from outreach.scheduling.followers import EventChange, Happening, tell
from outreach.scheduling.models import Activity, Duty, Event, Trip, new_uid
from outreach.scheduling.services.inputs import ActivityInput, CrewInput, EventInput

Stored = TypeVar("Stored", Trip, Event)

_NOT_OWNED = _("%(what)s does not belong to %(library)s.")


def check_ownership(library: Library, *owned: object) -> None:
    """Refuse a vehicle, person or venue of another library.

    Raises:
        InvalidInput: naming the first one that does not belong to ``library``.
    """
    for thing in owned:
        if thing is not None and thing.library_id != library.pk:  # type: ignore[attr-defined]
            raise InvalidInput(
                params={"what": str(thing), "library": str(library)},
                message=_NOT_OWNED,
                code="of_another_library",
            )


def check_revision(record: Trip | Event, expected: int | None) -> None:
    """Refuse a change that was prepared on an older state of the record.

    Raises:
        StaleWrite: if ``expected`` is given and is not the stored revision.
    """
    if expected is not None and expected != record.revision:
        raise StaleWrite()


def lock_trip(trip: Trip) -> Trip:
    """Return the trip as stored, locked until the transaction ends.

    Raises:
        NotFound: if somebody removed it.
    """
    return _present(locked(Trip.objects.select_related("library", "vehicle"), trip.pk))


def lock_event(event: Event) -> Event:
    """Return the event as stored, locked until the transaction ends; its trip is locked first.

    Raises:
        NotFound: if somebody removed it.
    """
    if event.trip_id is not None:
        _present(locked(Trip.objects.all(), event.trip_id))
    along = ("library", "venue", "venue__commune", "trip", "trip__library", "trip__vehicle")
    return _present(locked(Event.objects.select_related(*along), event.pk))


def erase(record: Trip | Event | Activity | Duty, *, actor: User | None, reason: str) -> None:
    """Delete a record and keep its history.

    Raises:
        Conflict: if something still refers to it, such as a result sheet or a booking.
    """
    try:
        audit.delete(record, actor=actor, reason=reason)
    except ProtectedError as error:
        raise Conflict(
            _("“%(what)s” cannot be removed: results or bookings refer to it."),
            code="in_use",
            params={"what": str(record)},
        ) from error


def place(event: Event) -> None:
    """Set the commune the event's venue lies in on the event's day."""
    day = timezone.localdate(event.starts_at, timezone=event.library.zone)
    event.commune = commune_of(event.venue, day)


def made_before(model: type[Stored], uid: str, library: Library) -> Stored | None:
    """Return what an earlier request of the same ``uid`` stored, so that sending twice makes one.

    Raises:
        Conflict: if the ``uid`` is taken by another library's record.
    """
    # One after the other, so that the second of two equal requests sees the first.
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)
    stored = model._default_manager.filter(uid=uid).first()
    if stored is not None and stored.library_id != library.pk:
        raise Conflict(_("This id is taken."), code="uid_taken")
    return stored


def add_event(
    library: Library,
    wanted: EventInput,
    *,
    trip: Trip | None,
    actor: User,
    reason: str,
    uid: str = "",
) -> Event:
    """Store a draft event with its activities.

    Raises:
        Clash: if the venue or the trip has another event at that time.
    """
    check_ownership(library, wanted.venue)
    event = Event(
        uid=uid or new_uid(),
        library=library,
        trip=trip,
        venue=wanted.venue,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        title=wanted.name,
        note=wanted.note,
        shares_venue=wanted.shares_venue,
        is_indoors=wanted.is_indoors,
        expected_people=wanted.expected_people,
        expected_classes=wanted.expected_classes,
        asked_on=wanted.asked_on,
        makes_up_for=_to_make_up(library, wanted.makes_up_for),
    )
    place(event)
    clashes.save(event, actor=actor, reason=reason)
    set_activities(event, wanted.activities, actor=actor, reason=reason)
    return event


def _to_make_up(library: Library, called_off: Event | None) -> Event | None:
    """Return the event that is to be made up for, locked: the first one, of a made-up one.

    Raises:
        InvalidInput: if it belongs to another library.
        Conflict: if it is not cancelled, or another one makes up for it already.
    """
    if called_off is None:
        return None
    check_ownership(library, called_off)
    first = locked(Event.objects.all(), called_off.makes_up_for_id or called_off.pk)
    if first is None:
        raise NotFound()
    if not first.is_cancelled or first.published_at is None:
        # Nor for a draft that nobody was told of; it may also be removed, and the link with it.
        raise Conflict(
            _("“%(what)s” was not announced and called off: there is nothing to make up for."),
            code="nothing_to_make_up",
            field="makes_up_for",
            params={"what": first.title},
        )
    if Event.objects.standing().filter(makes_up_for=first).exists():
        raise Conflict(
            _("Another visit makes up for this one already."),
            code="made_up_already",
            field="makes_up_for",
        )
    return first


def set_activities(
    event: Event, wanted: Iterable[ActivityInput], *, actor: User, reason: str
) -> None:
    """Bring an event's activities in line with ``wanted``, keeping the rows by position.

    Result sheets refer to activities, so a row is changed rather than written anew.

    Raises:
        Conflict: if an activity is to go that a result sheet refers to.
    """
    kept = {activity.position: activity for activity in event.activities.all()}
    for position, item in enumerate(wanted):
        activity = kept.pop(position, None) or Activity(event=event, position=position)
        before = (activity.kind_id, activity.title, activity.audience_id)
        activity.kind, activity.title, activity.audience = item.kind, item.title, item.audience
        if before != (activity.kind_id, activity.title, activity.audience_id):
            audit.save(activity, actor=actor, reason=reason)
    for activity in kept.values():
        erase(activity, actor=actor, reason=reason)


def set_crew(crew: CrewInput, owner: Trip | Event, *, actor: User, reason: str) -> None:
    """Bring the duties of a trip, or of an event without one, in line with ``crew``.

    Raises:
        Clash: if somebody is on duty elsewhere at that time.
    """
    kept = {duty.member_id: duty for duty in owner.duties.all()}
    wanted = {member.pk: (member, role) for member, role in crew}
    check_ownership(owner.library, *(member for member, role in wanted.values()))
    for member_id in kept.keys() - wanted.keys():
        audit.delete(kept[member_id], actor=actor, reason=reason)
    for member_id, (member, role) in wanted.items():
        duty = kept.get(member_id) or _new_duty(owner, member)
        before = (duty.role, duty.is_standing, duty.starts_at, duty.ends_at)
        duty.role, duty.is_standing = role, True
        duty.starts_at, duty.ends_at = _span(owner)
        if before != (duty.role, duty.is_standing, duty.starts_at, duty.ends_at):
            clashes.save(duty, actor=actor, reason=reason)


def announce(
    happening: Happening,
    event: Event,
    *,
    actor: User | None,
    reason: str,
    now: datetime,
    before: tuple[datetime, datetime] | None = None,
    previous_venue: Venue | None = None,
) -> None:
    """Tell the followers what happened to an event."""
    tell(
        EventChange(
            happening=happening,
            event=event,
            actor=actor,
            reason=reason,
            at=now,
            previous_starts_at=before[0] if before else None,
            previous_ends_at=before[1] if before else None,
            previous_venue=previous_venue,
        )
    )


def _present(record: Stored | None) -> Stored:
    if record is None:
        raise NotFound()
    return record


def _new_duty(owner: Trip | Event, member: CrewMember) -> Duty:
    if isinstance(owner, Trip):
        return Duty(member=member, trip=owner)
    return Duty(member=member, event=owner)


def _span(owner: Trip | Event) -> tuple[datetime, datetime]:
    if isinstance(owner, Trip):
        return owner.departs_at, owner.returns_at
    return owner.starts_at, owner.ends_at
