"""Making an approved season public: every trip and event of it, or none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, DomainError, NotAllowed, RuleBroken, StaleWrite
from outreach.planning.approval.content import (
    checksum_of,
    content_of,
    differences,
    standing_in,
)
from outreach.planning.approval.deciding import lock_season
from outreach.planning.approval.standing import standing_of
from outreach.planning.models import Season, SeasonSubmission
from outreach.scheduling import board
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Event, State, Trip
from outreach.scheduling.rulebook import Rulebook
from outreach.scheduling.services import CrewInput, publish_event, publish_trip
from outreach.scheduling.services import rules as scheduling_rules


@dataclass(frozen=True, slots=True)
class Refusal:
    """A trip, or an event without one, that cannot be made public as it is.

    Attributes:
        findings: the rules that stand against it.
        message: what else does.
    """

    owner: Trip | Event
    findings: tuple[Finding, ...] = ()
    message: str = ""

    @property
    def trip(self) -> Trip | None:
        """The trip, if it is one."""
        return self.owner if isinstance(self.owner, Trip) else None

    @property
    def event(self) -> Event | None:
        """The event, if it is one without a trip."""
        return self.owner if isinstance(self.owner, Event) else None

    @property
    def can_be_overridden(self) -> bool:
        """Whether only soft rules stand against it."""
        return not self.message and all(finding.is_soft for finding in self.findings)


class SeasonRefused(RuleBroken):
    """Some trips or events of a season cannot be made public, so none is.

    Attributes:
        refusals: each of them with what stands against it.
    """

    template = _("Nothing was published: %(number)d trips or events cannot be public as they are.")

    def __init__(self, refusals: list[Refusal]) -> None:
        self.refusals = refusals
        findings = [finding for refusal in refusals for finding in refusal.findings]
        super().__init__(findings, params={"number": len(refusals)}, code="season_refused")

    @property
    def message(self) -> str:
        """How many; the page lists which."""
        return str(self.template) % self.params


@dataclass(frozen=True, slots=True)
class Published:
    """What was made public: numbers of trips, and of events without one."""

    season: Season
    trips: int
    events: int


def what_refuses(season: Season) -> list[Refusal]:
    """Return what stands against publishing the season's drafts, in order of time."""
    trips = list(board.with_everything(_draft_trips(season)))
    book = board.rulebook_of(season.library, trips)
    found = [Refusal(trip, tuple(_in_the_way(trip, book))) for trip in trips]
    found += [Refusal(event, tuple(_findings_of(event))) for event in _lone_drafts(season)]
    return [refusal for refusal in found if refusal.findings]


def _in_the_way(trip: Trip, book: Rulebook) -> list[Finding]:
    """Return what stands against publishing a trip; what is only pointed out does not."""
    return [finding for finding in board.open_findings(trip, book) if not finding.is_note]


@transaction.atomic
def publish_season(
    *,
    actor: User,
    season: Season,
    override_reason: str = "",
    accept_differences: bool = False,
    expected_checksum: str | None = None,
    now: datetime | None = None,
) -> Published:
    """Make every draft of an approved season public. Publishing again changes nothing more.

    Args:
        override_reason: why soft rules should not hold; recorded with each trip that breaks one.
        accept_differences: publish though the schedule differs from the approved plan.
        expected_checksum: of the plan that was looked at (:func:`checksum_of`).

    Raises:
        NotAllowed: if ``actor`` does not plan and schedule for the library.
        Conflict: if the plan is not approved, or a newer one is on its way, or the schedule is
            not as approved and ``accept_differences`` was not said.
        StaleWrite: if the schedule has changed since ``expected_checksum``.
        SeasonRefused: naming every trip that a rule stands against, hard or soft without a reason.
    """
    if not all(actor.may(one, season.library_id) for one in (Action.PLAN, Action.SCHEDULE)):
        raise NotAllowed()
    season = lock_season(season)
    approved = _approved(season)
    _check_content(season, approved, accept_differences, expected_checksum)
    may_override = bool(override_reason.strip()) and actor.may(
        Action.OVERRIDE_RULES, season.library_id
    )
    standing = what_refuses(season)
    if any(not (may_override and refusal.can_be_overridden) for refusal in standing):
        raise SeasonRefused(standing)
    moment = now or clock.now()
    because = {
        "actor": actor,
        "reason": f"{season.name} – {approved.decision}",
        "override_reason": override_reason,
        "now": moment,
    }
    published = _publish(season, because)
    if season.published_at is None or published.trips or published.events:
        season.published_at = moment
        audit.save(season, actor=actor, reason=override_reason.strip() or approved.decision)
    return published


def _approved(season: Season) -> SeasonSubmission:
    standing = standing_of(season)
    approved = standing.approved
    if not standing.may_publish or approved is None:
        raise Conflict(
            _("A season is made public when its plan is approved; this one is %(state)s."),
            code="not_approved",
            params={"state": standing.state.label},
        )
    return approved


def _check_content(
    season: Season,
    approved: SeasonSubmission,
    accept_differences: bool,
    expected_checksum: str | None,
) -> None:
    present = content_of(season)
    if expected_checksum is not None and expected_checksum != checksum_of(present):
        raise StaleWrite()
    if not accept_differences and differences(approved.content, present):
        raise Conflict(
            _("The schedule is not as it was approved: look at what differs, and confirm it."),
            code="not_as_approved",
            field="accept_differences",
        )


def _publish(season: Season, because: dict[str, Any]) -> Published:
    """Publish all drafts; the transaction around it undoes all if one is refused.

    Raises:
        SeasonRefused: if something was refused that was not when it was looked at.
    """
    trips, events = list(_draft_trips(season)), list(_lone_drafts(season))
    refused = list(_refused(trips, events, because))
    if refused:
        raise SeasonRefused(refused)
    return Published(season, len(trips), len(events))


def _refused(trips: list[Trip], events: list[Event], because: dict[str, Any]) -> Iterator[Refusal]:
    owners: list[Trip | Event] = [*trips, *events]
    for owner in owners:
        try:
            with transaction.atomic():
                if isinstance(owner, Trip):
                    publish_trip(trip=owner, **because)
                else:
                    publish_event(event=owner, **because)
        except RuleBroken as refusal:
            yield Refusal(owner, tuple(refusal.findings))
        except DomainError as refusal:
            yield Refusal(owner, message=refusal.message)


def _draft_trips(season: Season) -> Any:
    """Return the trips with a draft event in the season."""
    drafts = standing_in(season).filter(state=State.DRAFT, trip__isnull=False)
    keys = drafts.order_by().values("trip")
    return Trip.objects.standing().filter(pk__in=keys).order_by("departs_at", "pk")


def _lone_drafts(season: Season) -> Any:
    return standing_in(season).filter(state=State.DRAFT, trip=None)


def _findings_of(event: Event) -> list[Finding]:
    crew = CrewInput.of(list(event.duties.all()))
    overridden = scheduling_rules.overridden(event)
    found = scheduling_rules.event_findings(event, crew)
    return [finding for finding in found if finding.mark not in overridden and not finding.is_note]
