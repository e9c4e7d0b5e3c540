"""Asking the rules about a trip or event, and recording who overrode which, and why."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common.errors import NotAllowed, RuleBroken
from outreach.fleet.models import CrewMember, Unavailability, Vehicle
from outreach.scheduling.domain import (
    CrewFact,
    EventFact,
    Finding,
    TripFact,
    findings_for,
    findings_for_event,
)
from outreach.scheduling.models import Duty, Event, RuleOverride, State, Trip
from outreach.scheduling.services.inputs import CrewInput, EventInput


def authorise(actor: User, library_id: int) -> None:
    """Refuse whoever does not schedule for this library.

    Raises:
        NotAllowed: if ``actor`` may not.
    """
    if not actor.may(Action.SCHEDULE, library_id):
        raise NotAllowed()


def trip_findings(
    *,
    vehicle: Vehicle,
    departs_at: datetime,
    returns_at: datetime,
    crew: CrewInput,
    events: Iterable[EventInput | Event],
    is_draft: bool = True,
) -> list[Finding]:
    """Return the rules a trip would break, without changing anything."""
    return findings_for(
        TripFact(
            departs_at=departs_at,
            returns_at=returns_at,
            vehicle=vehicle.name,
            crew=_crew_facts(crew, departs_at, returns_at),
            events=tuple(event_fact(event) for event in events),
            vehicle_time_off=_vehicle_time_off(vehicle, departs_at, returns_at),
            is_draft=is_draft,
        )
    )


def stored_trip_findings(trip: Trip, *, is_draft: bool | None = None) -> list[Finding]:
    """Return the rules a stored trip breaks as it stands."""
    return trip_findings(
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=CrewInput.of(list(trip.duties.select_related("member"))),
        events=list(trip.events.standing().prefetch_related("activities")),
        is_draft=trip.state == State.DRAFT if is_draft is None else is_draft,
    )


def event_findings(event: EventInput | Event, crew: CrewInput) -> list[Finding]:
    """Return the rules an event without a vehicle would break."""
    return findings_for_event(event_fact(event), _crew_facts(crew, event.starts_at, event.ends_at))


def event_fact(event: EventInput | Event) -> EventFact:
    """Return an event as the rules see it."""
    if isinstance(event, Event):
        return EventFact(event.title, event.starts_at, event.ends_at, len(event.activities.all()))
    return EventFact(event.name, event.starts_at, event.ends_at, len(event.activities))


def settle(
    findings: list[Finding],
    *,
    actor: User,
    library_id: int,
    override_reason: str,
    already: frozenset[str] = frozenset(),
) -> list[Finding]:
    """Return the findings to record as overridden, or refuse.

    Args:
        findings: what the rules found.
        actor: who wants the change.
        library_id: for which library.
        override_reason: why the soft rules should not hold here; empty for "they should".
        already: what was overridden earlier for the same trip or event (see :func:`overridden`);
            the same facts need no new reason, others do.

    Raises:
        RuleBroken: if a hard rule is broken, or a soft one without a reason.
    """
    hard = [finding for finding in findings if not finding.is_soft]
    soft = [finding for finding in findings if finding.is_soft and finding.mark not in already]
    may_override = actor.may(Action.OVERRIDE_RULES, library_id)
    if hard or (soft and not (override_reason.strip() and may_override)):
        raise RuleBroken([*hard, *soft], field=(hard or soft)[0].field)
    return soft


def record_overrides(
    findings: list[Finding],
    *,
    actor: User,
    reason: str,
    now: datetime,
    trip: Trip | None = None,
    event: Event | None = None,
) -> None:
    """Keep which rules were overridden, for the badge they show from then on."""
    RuleOverride.objects.bulk_create(
        RuleOverride(
            trip=trip,
            event=event,
            rule=finding.rule,
            params=finding.params,
            finding=finding.message,
            reason=reason.strip(),
            actor=actor,
            made_at=now,
        )
        for finding in findings
    )


def overridden(owner: Trip | Event) -> frozenset[str]:
    """Return the marks of the findings overridden for a trip or event so far."""
    return frozenset(override.found.mark for override in owner.overrides.all())


def _vehicle_time_off(vehicle: Vehicle, start: datetime, end: datetime) -> str | None:
    times_off = Unavailability.objects.filter(vehicle=vehicle)
    return (
        None
        if end <= start
        else times_off.meeting(start, end).values_list("reason", flat=True).first()
    )


def _crew_facts(crew: CrewInput, start: datetime, end: datetime) -> tuple[CrewFact, ...]:
    people = list(crew)
    off = _members_off([member for member, _role in people], start, end)
    return tuple(
        CrewFact(
            name=member.full_name,
            is_operator=role == Duty.Role.OPERATOR,
            can_operate=member.can_operate,
            time_off=off.get(member.pk),
            is_professional=member.is_professional,
            key=member.pk,
        )
        for member, role in people
    )


def _members_off(
    members: list[CrewMember], start: datetime, end: datetime
) -> dict[int | None, str]:
    if end <= start:
        return {}
    times_off = Unavailability.objects.filter(member__in=members).meeting(start, end)
    return dict(times_off.values_list("member_id", "reason"))
