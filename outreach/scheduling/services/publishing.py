"""Making many trips and events public at once: all or none, and quickly.

One after the other, a season of some hundred trips would hold the database for a minute.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import bulk, clock
from outreach.common.errors import RuleBroken
from outreach.scheduling import board
from outreach.scheduling.domain import Finding
from outreach.scheduling.followers import EventChange, Happening, tell_all
from outreach.scheduling.models import Event, EventQuerySet, State, Trip, TripQuerySet
from outreach.scheduling.rulebook import Rulebook
from outreach.scheduling.services import rules

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Obstacle:
    """A trip, or an event without one, and the rules that stand against publishing it."""

    owner: Trip | Event
    findings: tuple[Finding, ...]

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
        return all(finding.is_soft for finding in self.findings)


class ManyRefused(RuleBroken):
    """Some of many trips and events cannot be made public, so none is.

    Attributes:
        obstacles: each of them with what stands against it.
    """

    def __init__(self, obstacles: list[Obstacle]) -> None:
        self.obstacles = obstacles
        super().__init__([finding for one in obstacles for finding in one.findings])


@dataclass(frozen=True, slots=True)
class Drafts:
    """What is to be made public.

    Attributes:
        trips: with everything (:func:`board.with_everything`), in order of departure.
        events: those without a trip, in order of their start.
    """

    trips: tuple[Trip, ...]
    events: tuple[Event, ...]

    @classmethod
    def of(cls, trips: TripQuerySet, events: EventQuerySet) -> Drafts:
        """Load the standing ones of these with all that publishing needs; a few queries."""
        loaded = board.with_everything(trips.standing()).order_by("departs_at", "pk")
        alone = (
            events.filter(state=State.DRAFT, trip=None)
            .select_related("library", "venue__commune")
            .prefetch_related("activities__kind", "duties__member", "overrides")
            .order_by("starts_at", "pk")
        )
        return cls(tuple(loaded), tuple(alone))


def obstacles(library: Library, drafts: Drafts, now: datetime | None = None) -> list[Obstacle]:
    """Return what stands against publishing; what was overridden or is only noted does not.

    A fixed number of queries.
    """
    moment = now or clock.now()
    book = board.rulebook_of(library, drafts.trips, moment)
    found = [Obstacle(trip, _standing(board.open_findings(trip, book))) for trip in drafts.trips]
    found += _of_events(library, drafts.events, moment)
    return [one for one in found if one.findings]


@transaction.atomic
def publish_many(
    *,
    actor: User,
    library: Library,
    trips: TripQuerySet,
    events: EventQuerySet,
    reason: str = "",
    override_reason: str = "",
    now: datetime | None = None,
) -> Drafts:
    """Make trips with their draft events, and draft events without a trip, public at once.

    Args:
        trips: of ``library``; cancelled ones are left out.
        events: of ``library``; those that are not drafts, or have a trip, are left out.
        override_reason: why soft rules should not hold; recorded with each that breaks one.

    Raises:
        NotAllowed: if ``actor`` does not schedule for ``library``.
        ManyRefused: naming each that breaks a hard rule, or a soft one without a reason.
    """
    rules.authorise(actor, library.pk)
    _hold(trips, events)
    drafts = Drafts.of(trips.filter(library=library), events.filter(library=library))
    moment = now or clock.now()
    found = obstacles(library, drafts, moment)
    may_override = bool(override_reason.strip()) and actor.may(Action.OVERRIDE_RULES, library.pk)
    if any(not (may_override and one.can_be_overridden) for one in found):
        raise ManyRefused(found)
    for one in found:
        rules.record_overrides(
            list(one.findings),
            actor=actor,
            reason=override_reason,
            now=moment,
            trip=one.trip,
            event=one.event,
        )
    published = _publish(drafts, actor=actor, reason=reason, now=moment)
    tell_all(
        [EventChange(Happening.PUBLISHED, event, actor, reason, moment) for event in published]
    )
    return drafts


def _hold(trips: TripQuerySet, events: EventQuerySet) -> None:
    """Make others who change one of them wait until the transaction ends; trips first."""
    for rows in (trips, events):
        keys = list(rows.order_by("pk").values_list("pk", flat=True))
        alone = rows.model._base_manager.select_for_update(no_key=True).filter(pk__in=keys)
        list(alone.order_by("pk").values_list("pk", flat=True))


def _publish(drafts: Drafts, *, actor: User, reason: str, now: datetime) -> list[Event]:
    trips = [trip for trip in drafts.trips if trip.state == State.DRAFT]
    for trip in trips:
        trip.state = State.PUBLISHED
        trip.revision += 1
    events = [*drafts.events]
    for trip in drafts.trips:
        for event in trip.events.all():
            if event.state == State.DRAFT:
                event.trip, event.library = trip, trip.library
                events.append(event)
    for event in events:
        event.state, event.published_at = State.PUBLISHED, now
        event.revision += 1
    Trip.objects.bulk_update(trips, ["state", "revision"], batch_size=_BATCH)
    bulk.note(Trip, trips, by=actor, at=now, reason=reason, kind="~")
    columns = ["state", "published_at", "revision"]
    Event.objects.bulk_update(events, columns, batch_size=_BATCH)
    bulk.note(Event, events, by=actor, at=now, reason=reason, kind="~")
    return sorted(events, key=lambda event: (event.starts_at, event.pk))


def _of_events(library: Library, events: Sequence[Event], now: datetime) -> list[Obstacle]:
    if not events:
        return []
    crews = {
        event.pk: [(duty.member, duty.role) for duty in event.duties.all()] for event in events
    }
    people = {member.pk: member for crew in crews.values() for member, _role in crew}
    book = Rulebook(library, events=events, people=people.values(), now=now)
    found = []
    for event in events:
        overridden = rules.overridden(event)
        findings = book.event_findings(event, crews[event.pk])
        open_ones = [finding for finding in findings if finding.mark not in overridden]
        found.append(Obstacle(event, _standing(open_ones)))
    return found


def _standing(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    return tuple(finding for finding in findings if not finding.is_note)
