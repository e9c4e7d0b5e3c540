"""Asking the rules about a trip or event, and recording who overrode which, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common.errors import NotAllowed, RuleBroken
from outreach.fleet.models import Vehicle
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Event, RuleOverride, State, Trip, TripPause
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services.inputs import CrewInput, EventInput, PauseInput


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
    trip: Trip | None = None,
    pauses: Iterable[PauseInput | TripPause] = (),
    now: datetime | None = None,
    left: Collection[datetime] = frozenset(),
) -> list[Finding]:
    """Return the rules a trip would break, without changing anything.

    Args:
        trip: the stored trip that this is about, if it is stored.
        now: the present instant, if something is put where it would be.
        left: when what stays where it was begins, see :func:`beginnings`.
    """
    shape = TripShape(
        vehicle=vehicle,
        departs_at=departs_at,
        returns_at=returns_at,
        crew=list(crew),
        events=list(events),
        pauses=list(pauses),
        is_draft=is_draft,
        key=trip.pk if trip is not None else None,
        left=left,
    )
    return Rulebook(vehicle.library, [shape], now=now).trip_findings(shape)


def stored_trip_findings(
    trip: Trip,
    *,
    is_draft: bool | None = None,
    now: datetime | None = None,
    left: Collection[datetime] = frozenset(),
) -> list[Finding]:
    """Return the rules a stored trip breaks as it stands."""
    events = trip.events.standing().select_related("venue").prefetch_related("activities")
    return trip_findings(
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=CrewInput.of(list(trip.duties.select_related("member"))),
        events=list(events),
        is_draft=trip.state == State.DRAFT if is_draft is None else is_draft,
        trip=trip,
        pauses=list(trip.pauses.select_related("venue")),
        now=now,
        left=left,
    )


def event_findings(
    event: EventInput | Event,
    crew: CrewInput,
    library: Library | None = None,
    *,
    now: datetime | None = None,
    left: Collection[datetime] = frozenset(),
) -> list[Finding]:
    """Return the rules an event without a vehicle would break.

    Args:
        library: whose event it is; the venue's where nobody says.
    """
    book = Rulebook(library or event.venue.library, events=[event], people=crew.members, now=now)
    return book.event_findings(event, list(crew), left)


def beginnings(owner: Trip | Event) -> frozenset[datetime]:
    """Return when a stored trip departs and its stops start, or when an event starts.

    Read before a change: what is left there is not put into the past by it.
    """
    if isinstance(owner, Event):
        return beginnings(owner.trip) if owner.trip is not None else frozenset([owner.starts_at])
    starts = owner.events.standing().values_list("starts_at", flat=True)
    return frozenset([owner.departs_at, *starts])


def standing(owner: Trip | Event) -> frozenset[str]:
    """Return the marks of what needs no new reason when a trip or event is changed.

    That is what was overridden for it; while it is a draft, also what still stands against it: a
    reason is asked for that when it is published.
    """
    marks = overridden(owner)
    if owner.state != State.DRAFT:
        return marks
    if isinstance(owner, Trip):
        found = stored_trip_findings(owner)
    elif owner.trip is not None:
        return standing(owner.trip)
    else:
        crew = CrewInput.of(list(owner.duties.select_related("member")))
        found = event_findings(owner, crew)
    return marks | {finding.mark for finding in found}


def refuse_hard(findings: list[Finding]) -> None:
    """Refuse what no reason helps against, before anything is written.

    What is soft is settled after writing: that something is taken is said first, as a reason does
    not help against that either.

    Raises:
        RuleBroken: if a hard rule is broken; with the soft ones, to be read together.
    """
    if any(finding.is_hard for finding in findings):
        broken = [finding for finding in findings if not finding.is_note]
        raise RuleBroken(broken, field=broken[0].field)


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
    hard = [finding for finding in findings if finding.is_hard]
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
    """Return the marks of the findings overridden for a trip or event that still stand."""
    return frozenset(one.found.mark for one in owner.overrides.all() if one.stands)


def ever_overridden(owner: Trip | Event) -> frozenset[str]:
    """Return the marks of everything that was overridden for a trip or event, lapsed or not."""
    return frozenset(override.found.mark for override in owner.overrides.all())
