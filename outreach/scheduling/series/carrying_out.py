"""Doing what a plan says, once everything has been decided."""

from __future__ import annotations

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import bulk
from outreach.common.errors import InvalidInput, RuleBroken
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Event, Reason, RuleOverride, Trip
from outreach.scheduling.series import batch as batches
from outreach.scheduling.series.plan import Plan
from outreach.scheduling.services import overrides


def carry_out(
    plan: Plan,
    *,
    actor: User,
    library: Library,
    now: datetime,
    reason: str,
    override_reason: str = "",
    why: Reason | None = None,
    note: str = "",
    seen: str = "",
) -> None:
    """Write what a plan says, all of it or nothing; inside a transaction.

    Args:
        reason: needed where people who were told already will hear of it.
        override_reason: why soft rules should not hold for what is public.
        why: needed where events are called off.
        note: on calling off, for readers.
        seen: the digest of the plan a person has agreed to; empty for whatever it is.

    Raises:
        InvalidInput: if something is not decided yet, or a reason is missing.
        RuleBroken: if rules stand against it.
        Conflict: if what would happen is no longer what was agreed to.
    """
    if seen and seen != plan.digest:
        raise batches.changed_meanwhile()
    _refuse_undecided(plan)
    if plan.needs_why and why is None:
        raise InvalidInput(
            _("Some events are called off: please choose the reason."),
            code="why_missing",
            field="why",
        )
    if plan.needs_reason and not reason.strip():
        raise InvalidInput(
            _("Please say why: readers and the host have already been told."),
            code="reason_missing",
            field="reason",
        )
    overridden = _settle(plan, actor, library, override_reason)
    trips, events = _touched(plan)
    batches.store(plan.batch, actor=actor, now=now, reason=reason, why=why, note=note)
    RuleOverride.objects.bulk_create(
        [
            RuleOverride(
                trip=trip,
                rule=finding.rule,
                params=finding.params,
                finding=finding.message,
                reason=override_reason.strip(),
                actor=actor,
                made_at=now,
            )
            for trip, finding in overridden
        ],
        batch_size=500,
    )
    overrides.review(now=now, trips=trips, events=events)


def _touched(plan: Plan) -> tuple[set[int], set[int]]:
    """Return the keys of the stored trips, and events without one, that a plan changes.

    Read before it is carried out: an event may leave its trip for another one.
    """
    batch = plan.batch
    trips = {trip.pk for trip in batch.trips.values()}
    events: set[int] = set()
    changed = [*batch.stored_events, *batch.removed, *batch.cancelled]
    for some in bulk.in_parts([event.pk for event in changed]):
        for event in Event.objects.filter(pk__in=some).only("trip"):
            if event.trip_id is None:
                events.add(event.pk)
            else:
                trips.add(event.trip_id)
    return trips, events


def _refuse_undecided(plan: Plan) -> None:
    blocked = plan.blocked
    hard = [finding for line in blocked for finding in line.hard]
    if hard:
        raise RuleBroken(hard, field=hard[0].field)
    if blocked:
        first = blocked[0]
        raise InvalidInput(
            _("Please decide about %(day)s: %(what)s"),
            code="undecided",
            field="choices",
            params={
                "day": f"{first.on:%d/%m/%Y}",
                "what": first.against.message if first.against else "",
                "names": [line.name for line in blocked],
            },
        )


def _settle(
    plan: Plan, actor: User, library: Library, override_reason: str
) -> list[tuple[Trip, Finding]]:
    """Return the findings to be recorded as overridden, or refuse.

    Drafts may be as they are: the rules are asked again when they are published.

    Raises:
        RuleBroken: if a soft rule stands against something public and no reason is given.
    """
    found: dict[str, tuple[Trip, list[Finding]]] = {}
    for line in plan.lines:
        trip = line.event.trip if line.event is not None else None
        if line.is_public and trip is not None and line.soft:
            found[trip.uid] = (trip, line.soft)
    keys = [trip.pk for trip, _findings in found.values() if trip.pk is not None]
    known = {
        (override.trip_id, override.found.mark)
        for override in RuleOverride.objects.standing().filter(trip__in=keys)
    }
    new = [
        (trip, finding)
        for trip, findings in found.values()
        for finding in findings
        if (trip.pk, finding.mark) not in known
    ]
    may_override = actor.may(Action.OVERRIDE_RULES, library.pk)
    if new and not (override_reason.strip() and may_override):
        findings = [finding for _trip, finding in new]
        raise RuleBroken(findings, field=findings[0].field)
    return new
