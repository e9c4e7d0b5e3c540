"""Making an approved season public: every trip and event of it, or none."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, NotAllowed, RuleBroken, StaleWrite
from outreach.planning.approval.content import (
    checksum_of,
    content_of,
    differences,
    events_in,
)
from outreach.planning.approval.deciding import lock_season
from outreach.planning.approval.standing import standing_of
from outreach.planning.models import Season, SeasonSubmission
from outreach.scheduling.models import Event, EventQuerySet, State, Trip, TripQuerySet
from outreach.scheduling.services.publishing import (
    Drafts,
    ManyRefused,
    Obstacle,
    obstacles,
    publish_many,
)


class SeasonRefused(RuleBroken):
    """Some trips or events of a season cannot be made public, so none is.

    Attributes:
        refusals: each of them with what stands against it, in order of time.
    """

    template = _("Nothing was published: %(number)d trips or events cannot be public as they are.")

    def __init__(self, refusals: list[Obstacle]) -> None:
        self.refusals = refusals
        findings = [finding for refusal in refusals for finding in refusal.findings]
        super().__init__(findings, params={"number": len(refusals)}, code="season_refused")

    @property
    def message(self) -> str:
        """How many; the page lists which."""
        return str(self.template) % self.params


@dataclass(frozen=True, slots=True)
class Extent:
    """How much is made public: numbers of trips, and of events, those of the trips included."""

    trips: int
    events: int


def what_is_published(season: Season) -> Extent:
    """Return how much publishing the season would make public; two queries.

    A trip that reaches beyond the season becomes public as a whole.
    """
    trips = _draft_trips(season)
    alone = Q(trip=None, pk__in=_drafts(season).order_by().values("pk"))
    drafts = Event.objects.filter(alone | Q(trip__in=trips), state=State.DRAFT)
    return Extent(trips.count(), drafts.count())


def what_refuses(season: Season) -> list[Obstacle]:
    """Return what stands against publishing the season's drafts, in order of time."""
    return obstacles(season.library, Drafts.of(_draft_trips(season), _drafts(season)))


@transaction.atomic
def publish_season(
    *,
    actor: User,
    season: Season,
    override_reason: str = "",
    accept_differences: bool = False,
    expected_checksum: str | None = None,
    now: datetime | None = None,
) -> Extent:
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
    moment = now or clock.now()
    try:
        published = publish_many(
            actor=actor,
            library=season.library,
            trips=_draft_trips(season),
            events=_drafts(season),
            reason=f"{season.name} – {approved.decision}",
            override_reason=override_reason,
            now=moment,
        )
    except ManyRefused as refused:
        raise SeasonRefused(refused.obstacles) from refused
    if season.published_at is None or published.trips or published.events:
        season.published_at = moment
        audit.save(season, actor=actor, reason=override_reason.strip() or approved.decision)
    return _extent_of(published, moment)


def _extent_of(published: Drafts, moment: datetime) -> Extent:
    """Return how much was made public at this moment; parts of a trip may have been before."""
    events = [event for trip in published.trips for event in trip.events.all()]
    of_trips = sum(event.published_at == moment for event in events)
    return Extent(len(published.trips), of_trips + len(published.events))


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


def _drafts(season: Season) -> EventQuerySet:
    return events_in(season).filter(state=State.DRAFT)


def _draft_trips(season: Season) -> TripQuerySet:
    """Return the trips with a draft event in the season."""
    return Trip.objects.standing().filter(pk__in=_drafts(season).order_by().values("trip"))
