"""Putting a trip or an event elsewhere: what it would break, and doing it.

The board asks at each new position of what is being dragged; nothing is stored for that.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_

from django.db import transaction
from django.db.models import Q

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.fleet.models import CrewMember, Vehicle
from outreach.scheduling.clashes import Clash
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Duty, Event, State, Trip
from outreach.scheduling.services import (
    CrewInput,
    PauseInput,
    change_trip,
    move_event,
    move_trip,
    rules,
)
from outreach.scheduling.services.trips import require_reason


class Weight(StrEnum):
    """How much something stands in the way."""

    HARD = "hard"
    SOFT = "soft"
    """May be overridden, with a reason, by somebody with the right to."""
    NOTE = "note"
    """Worth knowing; nothing has to be done."""


@dataclass(frozen=True, slots=True)
class Hindrance:
    """What a placement would break or clash with.

    Attributes:
        code: of the rule, or the kind of clash.
        name: in two or three words.
        message: in the active language.
        weight: whether it forbids, may be overridden, or is only said.
    """

    code: str
    name: str
    message: str
    weight: Weight


@dataclass(frozen=True, slots=True)
class TripPlacement:
    """A trip with other times, another vehicle or another crew.

    A trip that stays as long as it was is moved, and its events with it; one that becomes longer or
    shorter, or changes only its vehicle or crew, leaves its events where they are.
    """

    trip: Trip
    departs_at: datetime
    returns_at: datetime
    vehicle: Vehicle
    crew: CrewInput

    @property
    def is_move(self) -> bool:
        """Whether the events go along."""
        lasted = self.trip.returns_at - self.trip.departs_at
        shift = self.departs_at - self.trip.departs_at
        return bool(shift) and self.returns_at - self.departs_at == lasted


@dataclass(frozen=True, slots=True)
class EventPlacement:
    """An event at another time."""

    event: Event
    starts_at: datetime
    ends_at: datetime


Placement = TripPlacement | EventPlacement


def crew_with(crew: CrewInput, member: CrewMember, instead_of: CrewMember | None) -> CrewInput:
    """Return a crew in which ``member`` has the place of ``instead_of``, or one more place."""
    if instead_of is not None and crew.operator == instead_of:
        return CrewInput(member, crew.professionals)
    if instead_of is not None:
        others = tuple(member if one == instead_of else one for one in crew.professionals)
        return CrewInput(crew.operator, others)
    if crew.operator is None and not member.is_professional:
        return CrewInput(member, crew.professionals)
    return CrewInput(crew.operator, (*crew.professionals, member))


def hindrances(
    placement: Placement, *, actor: User, now: datetime | None = None
) -> list[Hindrance]:
    """Return what stands against a placement, the worst first, in a fixed number of queries.

    What needs no new reason, as it stood or was overridden before, is a note; a soft rule is hard
    for whoever may not override it.
    """
    moment = now or clock.now()
    if isinstance(placement, TripPlacement):
        owner: Trip | Event = placement.trip
        found, taken = _of_trip(placement, moment)
    else:
        owner = placement.event.trip or placement.event
        found, taken = _of_event(placement, moment)
    settled = rules.standing(owner) if any(finding.is_soft for finding in found) else frozenset()
    may_override = actor.may(Action.OVERRIDE_RULES, owner.library_id)
    answer = [of_clash(clash) for clash in taken]
    for finding in found:
        one = of_finding(finding, may_override=may_override)
        stood = finding.is_soft and finding.mark in settled
        answer.append(replace(one, weight=Weight.NOTE) if stood else one)
    return sorted(answer, key=lambda one: list(Weight).index(one.weight))


@transaction.atomic
def carry_out(
    placement: Placement,
    *,
    actor: User,
    reason: str = "",
    override_reason: str = "",
    expected_revision: int | None = None,
) -> Trip | Event:
    """Do it, through the services that everything else goes through.

    Raises:
        NotAllowed, RuleBroken, Clash, Conflict, StaleWrite: as the services do.
        InvalidInput: if something published is changed without a reason.
    """
    said = {
        "reason": reason,
        "override_reason": override_reason,
        "expected_revision": expected_revision,
    }
    if isinstance(placement, EventPlacement):
        return move_event(
            actor=actor,
            event=placement.event,
            starts_at=placement.starts_at,
            ends_at=placement.ends_at,
            **said,  # type: ignore[arg-type]
        )
    trip = placement.trip
    rules.authorise(actor, trip.library_id)
    require_reason(trip, reason)
    if placement.is_move:
        return move_trip(
            actor=actor,
            trip=trip,
            departs_at=placement.departs_at,
            vehicle=placement.vehicle,
            crew=placement.crew,
            **said,  # type: ignore[arg-type]
        )
    return change_trip(
        actor=actor,
        trip=trip,
        vehicle=placement.vehicle,
        departs_at=placement.departs_at,
        returns_at=placement.returns_at,
        crew=placement.crew,
        note=trip.note,
        **said,  # type: ignore[arg-type]
    )


def of_clash(clash: Clash) -> Hindrance:
    """Return a clash as what stands against a placement."""
    return Hindrance(clash.kind, str(clash.title), clash.message, Weight.HARD)


def of_finding(finding: Finding, *, may_override: bool = True) -> Hindrance:
    """Return a broken rule as what stands against a placement."""
    weight = Weight.HARD
    if finding.is_note:
        weight = Weight.NOTE
    elif finding.is_soft and may_override:
        weight = Weight.SOFT
    return Hindrance(str(finding.rule), finding.name, finding.message, weight)


def _of_trip(placement: TripPlacement, now: datetime) -> tuple[list[Finding], list[Clash]]:
    trip = placement.trip
    stored = trip.events.standing().select_related("venue").prefetch_related("activities")
    events = list(stored.order_by("starts_at"))
    pauses = [PauseInput.of(pause) for pause in trip.pauses.select_related("venue")]
    if placement.is_move:
        shift = placement.departs_at - trip.departs_at
        events = [_shifted(event, shift) for event in events]
        pauses = [pause.moved(shift) for pause in pauses]
    found = rules.trip_findings(
        vehicle=placement.vehicle,
        departs_at=placement.departs_at,
        returns_at=placement.returns_at,
        crew=placement.crew,
        events=events,
        is_draft=trip.state == State.DRAFT,
        trip=trip,
        pauses=pauses,
        now=now,
        left=rules.beginnings(trip),
    )
    if placement.returns_at <= placement.departs_at:
        return found, []
    moved = events if placement.is_move else []
    return found, [
        *vehicle_taken(trip, placement.vehicle, placement.departs_at, placement.returns_at),
        *members_taken(trip, placement.crew, placement.departs_at, placement.returns_at),
        *venues_taken(moved, Q(trip=trip)),
    ]


def _of_event(placement: EventPlacement, now: datetime) -> tuple[list[Finding], list[Clash]]:
    event = copy.copy(placement.event)
    event.starts_at, event.ends_at = placement.starts_at, placement.ends_at
    if event.trip is not None:
        return _of_stop(event, event.trip, placement, now)
    crew = CrewInput.of(list(event.duties.select_related("member")))
    found = rules.event_findings(event, crew, now=now, left={placement.event.starts_at})
    if event.ends_at <= event.starts_at:
        return found, []
    members = members_taken(event, crew, event.starts_at, event.ends_at)
    return found, [*members, *venues_taken([event], Q(pk=event.pk))]


def _of_stop(
    event: Event, trip: Trip, placement: EventPlacement, now: datetime
) -> tuple[list[Finding], list[Clash]]:
    """Return what stands against a stop; the only one of a trip takes the trip along."""
    standing = trip.events.standing().exclude(pk=event.pk)
    others = list(standing.select_related("venue").prefetch_related("activities"))
    pauses = [PauseInput.of(pause) for pause in trip.pauses.select_related("venue")]
    departs_at, returns_at = trip.departs_at, trip.returns_at
    if not others:
        shift = placement.starts_at - placement.event.starts_at
        departs_at += shift
        returns_at += placement.ends_at - placement.event.ends_at
        pauses = [pause.moved(shift) for pause in pauses]
    crew = CrewInput.of(list(trip.duties.select_related("member")))
    found = rules.trip_findings(
        vehicle=trip.vehicle,
        departs_at=departs_at,
        returns_at=returns_at,
        crew=crew,
        events=[*others, event],
        is_draft=trip.state == State.DRAFT,
        trip=trip,
        pauses=pauses,
        now=now,
        left=rules.beginnings(trip),
    )
    if event.ends_at <= event.starts_at or returns_at <= departs_at:
        return found, []
    taken: list[Clash] = []
    if not others:
        taken += vehicle_taken(trip, trip.vehicle, departs_at, returns_at)
        taken += members_taken(trip, crew, departs_at, returns_at)
    return found, [*taken, *venues_taken([event], Q(pk=event.pk))]


def _shifted(event: Event, shift: timedelta) -> Event:
    moved = copy.copy(event)
    moved.starts_at, moved.ends_at = event.starts_at + shift, event.ends_at + shift
    return moved


def vehicle_taken(trip: Trip, vehicle: Vehicle, start: datetime, end: datetime) -> Iterator[Clash]:
    """Yield what else a vehicle does at that time, the first of it."""
    others = Trip.objects.standing().filter(vehicle=vehicle).meeting(start, end)
    taken = others.exclude(pk=trip.pk).select_related("vehicle").order_by("departs_at").first()
    if taken is not None:
        yield Clash("vehicle_busy", taken)


def members_taken(
    owner: Trip | Event, crew: CrewInput, start: datetime, end: datetime
) -> Iterator[Clash]:
    """Yield what else a crew is on duty for at that time, once a person."""
    own = Q(trip=owner) if isinstance(owner, Trip) else Q(event=owner)
    taken = (
        Duty.objects.filter(member__in=crew.members, is_standing=True)
        .filter(starts_at__lt=end, ends_at__gt=start)
        .exclude(own)
        .select_related("member", "trip", "event")
        .order_by("starts_at")
    )
    # One a person is enough; the query stays as short as the crew's day.
    for duty in {duty.member_id: duty for duty in reversed(taken)}.values():
        yield Clash("member_busy", duty)


def venues_taken(events: Iterable[Event], own: Q) -> Iterator[Clash]:
    """Yield what else is held at the venues of events at their times, but for ``own``."""
    wanted = [
        Q(venue=event.venue_id, starts_at__lt=event.ends_at, ends_at__gt=event.starts_at)
        for event in events
        if not event.shares_venue
    ]
    if not wanted:
        return
    taken = Event.objects.standing().filter(reduce(or_, wanted), shares_venue=False).exclude(own)
    for event in taken.select_related("venue").order_by("starts_at"):
        yield Clash("venue_busy", event)
