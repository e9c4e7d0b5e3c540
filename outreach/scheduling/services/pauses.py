"""The pauses of a trip: lunch, rests, and where the crew spends the night."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from django.db import transaction
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput
from outreach.scheduling.followers import Happening
from outreach.scheduling.models import State, Trip, TripPause
from outreach.scheduling.services import overrides, records, rules
from outreach.scheduling.services.inputs import PauseInput

AWAY = timedelta(days=146_097)
"""Four hundred years: where rows wait for a moment in which they would overlap each other."""


@transaction.atomic
def set_pauses(
    *,
    actor: User,
    trip: Trip,
    pauses: Sequence[PauseInput],
    reason: str = "",
    override_reason: str = "",
    expected_revision: int | None = None,
    now: datetime | None = None,
) -> Trip:
    """Let a trip have these pauses and no others; its stops stay where they are.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if two pauses share a moment, or a venue belongs to another library.
        RuleBroken: if a rule refuses the trip with them.
        Conflict: if the trip is cancelled.
        StaleWrite: if somebody changed the trip since ``expected_revision``.
    """
    rules.authorise(actor, trip.library_id)
    trip = records.lock_trip(trip)
    records.check_revision(trip, expected_revision)
    if trip.state == State.CANCELLED:
        raise Conflict(_("This trip is cancelled."), code="cancelled")
    moment = now or clock.now()
    already = rules.standing(trip)
    if not store(trip, pauses, actor=actor, reason=reason):
        return trip
    trip.revision += 1
    audit.save(trip, actor=actor, reason=reason)
    overridden = rules.settle(
        rules.stored_trip_findings(trip),
        actor=actor,
        library_id=trip.library_id,
        override_reason=override_reason,
        already=already,
    )
    rules.record_overrides(overridden, actor=actor, reason=override_reason, now=moment, trip=trip)
    overrides.review(now=moment, trips=[trip.pk])
    for event in trip.events.standing().select_related("library", "venue"):
        records.announce(Happening.CHANGED, event, actor=actor, reason=reason, now=moment)
    return trip


def store(trip: Trip, wanted: Sequence[PauseInput], *, actor: User | None, reason: str) -> bool:
    """Bring the rows in line with ``wanted``, in order of time; tell whether anything changed.

    For use inside a transaction; the trip is stored and locked.

    Raises:
        InvalidInput: if one ends before it starts, two share a moment, or a venue is not theirs.
    """
    wanted = sorted(wanted, key=lambda pause: pause.starts_at)
    refuse_impossible(trip, wanted)
    stored = list(trip.pauses.select_related("venue"))
    if [PauseInput.of(pause) for pause in stored] == wanted:
        return False
    for pause in stored[len(wanted) :]:
        audit.delete(pause, actor=actor, reason=reason)
    kept = stored[: len(wanted)]
    step_aside(kept)
    kept += [TripPause(trip=trip) for _more in wanted[len(kept) :]]
    for pause, asked in zip(kept, wanted, strict=True):
        pause.kind, pause.starts_at, pause.ends_at = asked.kind, asked.starts_at, asked.ends_at
        pause.venue, pause.place = asked.venue, asked.place
        audit.save(pause, actor=actor, reason=reason)
    return True


def shift(trip: Trip, by: timedelta, *, actor: User | None, reason: str) -> None:
    """Move all pauses of a trip by the same time; for use inside a transaction."""
    if not by:
        return
    pauses = list(trip.pauses.all())
    step_aside(pauses)
    for pause in pauses:
        pause.starts_at += by
        pause.ends_at += by
        audit.save(pause, actor=actor, reason=reason)


def erase(trip: Trip, *, actor: User | None, reason: str) -> None:
    """Delete the pauses of a trip, each with its history; for use inside a transaction."""
    for pause in trip.pauses.all():
        audit.delete(pause, actor=actor, reason=reason)


def refuse_impossible(trip: Trip, wanted: Sequence[PauseInput]) -> None:
    """Refuse pauses that the database would not keep, and venues of others.

    Args:
        wanted: in order of time.

    Raises:
        InvalidInput: saying the first reason.
    """
    records.check_ownership(trip.library, *(pause.venue for pause in wanted))
    for pause in wanted:
        if pause.ends_at <= pause.starts_at:
            raise _refusal("period_reversed", _("The end must be after the start."))
    for one, other in pairwise(wanted):
        if other.starts_at < one.ends_at:
            raise _refusal("pause_busy", _("The trip has another pause at that time."))


def step_aside(pauses: Sequence[TripPause]) -> None:
    """Take stored rows out of each other's way until they are saved again, one by one."""
    TripPause.objects.filter(pk__in=[pause.pk for pause in pauses]).update(
        starts_at=F("starts_at") - AWAY, ends_at=F("ends_at") - AWAY
    )


def _refusal(code: str, message: Promise) -> InvalidInput:
    return InvalidInput(message, code=code, field="pauses")
