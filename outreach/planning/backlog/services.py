"""Making up for visits that were called off, and saying why one is not made up for."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from outreach.common.locking import locked
from outreach.fleet.models import Vehicle
from outreach.planning.models import OwedVisit
from outreach.scheduling import services as schedule
from outreach.scheduling.models import Event, Trip
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput

NOBODY = CrewInput()


@transaction.atomic
def plan_make_up(
    *,
    actor: User,
    owed: OwedVisit,
    starts_at: datetime,
    ends_at: datetime,
    trip: Trip | None = None,
    vehicle: Vehicle | None = None,
    journey: timedelta = timedelta(0),
    crew: CrewInput = NOBODY,
    note: str = "",
    override_reason: str = "",
    uid: str = "",
    now: datetime | None = None,
) -> Event:
    """Schedule a draft visit that makes up for one that was called off, at the same venue.

    What happens there is what was to happen then. The visit is no longer owed while it stands.

    Args:
        trip: a trip that it becomes a stop of; else it is on its own, with a vehicle or without.
        vehicle: what comes, on a trip of its own; not with ``trip``.
        journey: how long the way takes, each way; only with ``vehicle``.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if it would begin in the past, or both a trip and a vehicle are given.
        Conflict: if the visit takes place after all, is made up for already, or was waived.
        RuleBroken, Clash: as for any new event.
    """
    moment = now or clock.now()
    stored = _lock(owed)
    if stored.waived_at is not None:
        raise Conflict(_("It was decided not to make up for this visit."), code="waived")
    if starts_at <= moment:
        raise InvalidInput(
            _("The visit must begin in the future."), code="visit_past", field="starts_at"
        )
    if trip is not None and vehicle is not None:
        raise InvalidInput(
            _("Choose a trip or a vehicle, not both."), code="trip_or_vehicle", field="vehicle"
        )
    called_off = stored.event
    event = EventInput(
        venue=called_off.venue,
        starts_at=starts_at,
        ends_at=ends_at,
        activities=tuple(
            ActivityInput(activity.kind, activity.title, activity.audience)
            for activity in called_off.activities.select_related("kind", "audience")
        ),
        title=called_off.title,
        note=note,
        shares_venue=called_off.shares_venue,
        expected_people=called_off.expected_people,
        expected_classes=called_off.expected_classes,
        makes_up_for=called_off,
    )
    if trip is not None:
        return schedule.add_stop(actor=actor, trip=trip, event=event, now=now)
    return schedule.schedule_event(
        actor=actor,
        library=called_off.library,
        event=event,
        crew=crew,
        vehicle=vehicle,
        journey=journey,
        override_reason=override_reason,
        uid=uid,
        now=now,
    )


@transaction.atomic
def waive_owed_visit(
    *, actor: User, owed: OwedVisit, because: str, now: datetime | None = None
) -> OwedVisit:
    """Decide that a visit is not made up for, and say why.

    Waiving twice changes nothing more.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: without a reason.
        NotFound: if the visit is not owed any more.
    """
    if not actor.may(Action.PLAN, owed.event.library_id):
        raise NotAllowed()
    if not because.strip():
        raise InvalidInput(
            _("Please say why this visit is not made up for."),
            code="reason_missing",
            field="because",
        )
    stored = _lock(owed)
    if stored.waived_at is not None:
        return stored
    stored.waived_at, stored.waived_by = now or clock.now(), actor
    stored.waived_because = because.strip()[:200]
    audit.save(stored, actor=actor, reason=stored.waived_because)
    return stored


@transaction.atomic
def owe_again(*, actor: User, owed: OwedVisit, reason: str = "") -> OwedVisit:
    """Take back that a visit is not made up for.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if the visit is not owed any more.
    """
    if not actor.may(Action.PLAN, owed.event.library_id):
        raise NotAllowed()
    stored = _lock(owed)
    if stored.waived_at is None:
        return stored
    stored.waived_at, stored.waived_by, stored.waived_because = None, None, ""
    audit.save(stored, actor=actor, reason=reason)
    return stored


def _lock(owed: OwedVisit) -> OwedVisit:
    """Return the visit owed as stored, locked until the transaction ends."""
    rows = OwedVisit.objects.select_related("event__library", "event__venue")
    stored = locked(rows, owed.pk)
    if stored is None:
        raise NotFound()
    return stored
