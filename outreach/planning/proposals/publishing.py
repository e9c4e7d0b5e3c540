"""Making a proposal the schedule: all of it or nothing, and later only what is otherwise.

What stands already stays what it is: an event of the same venue and occurrence is moved and keeps
its name (uid), bookings and calendar entries; what the plan no longer has is called off, or removed
if nobody was ever told of it. What bookings or results refer to is never called off silently: it is
named as an obstacle.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from django.conf import settings
from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, override, pgettext

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, NotAllowed, NotFound, StaleWrite
from outreach.common.locking import locked
from outreach.places.models import Venue
from outreach.planning.approval.content import content_of, differences
from outreach.planning.approval.deciding import lock_season
from outreach.planning.approval.standing import SeasonState
from outreach.planning.approval.standing import standing_of as approval_of
from outreach.planning.models import (
    Proposal,
    ProposedDuty,
    ProposedPause,
    ProposedTrip,
    ProposedVisit,
    Scenario,
    Season,
)
from outreach.planning.proposals import standing
from outreach.planning.selectors import VISIT
from outreach.scheduling import replanning
from outreach.scheduling.models import ActivityKind, Event, Reason, State, Trip, TripPause
from outreach.scheduling.replanning import Against, WantedTrip, WantedVisit, Wish, WishRefused
from outreach.scheduling.services import CrewInput, PauseInput

A_DAY = timedelta(days=1)
MAX_DAYS = 3
"""Trips in the field last up to three days (:mod:`outreach.scheduling.domain.times`)."""
REPLANNED = "library_asked"
"""The coded reason for calling off what a new plan drops."""


class What(StrEnum):
    """What becomes of a visit or an event."""

    ADDED = "added"
    MOVED = "moved"
    OTHER_VEHICLE = "other_vehicle"
    KEPT = "kept"
    PAST = "past"
    CANCELLED = "cancelled"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Step:
    """What becomes of one visit or event.

    Attributes:
        visit: of the proposal; ``None`` for an event that goes.
        event: that stands; ``None`` for a visit that is new.
        vehicle: that comes, or came if the event goes.
    """

    what: What
    venue: Venue
    vehicle: str
    visit: ProposedVisit | None
    event: Event | None

    @property
    def starts_at(self) -> datetime:
        """When it is held, or was to be."""
        one = self.visit or self.event
        assert one is not None
        return one.starts_at

    @property
    def was_at(self) -> datetime | None:
        """When it was to be held before."""
        return self.event.starts_at if self.event is not None else None


@dataclass(frozen=True, slots=True)
class Difference:
    """What publishing a proposal would do.

    Attributes:
        steps: what becomes of each visit and event, in order of time.
        new_trips, changed_trips, gone_trips: how many.
        drafts: events and trips that stand as drafts and would become public.
        against: what stands against it; what a reason helps against included.
        waits: why it cannot be published whatever the rules say; empty if nothing keeps it.
    """

    steps: tuple[Step, ...]
    new_trips: int
    changed_trips: int
    gone_trips: int
    against: tuple[Against, ...]
    waits: str = ""
    drafts: int = 0

    @property
    def digest(self) -> str:
        """SHA-256 of what would be done, in hexadecimal: the same as long as it would be the same.

        What stands against it is no part of it.
        """
        said = [
            [
                str(step.what),
                step.venue.pk,
                step.event.uid if step.event is not None else "",
                step.starts_at.isoformat(),
                step.vehicle,
            ]
            for step in self.steps
        ]
        trips = [self.new_trips, self.changed_trips, self.gone_trips, self.drafts]
        return hashlib.sha256(json.dumps([said, trips]).encode()).hexdigest()

    def count(self, what: What | str) -> int:
        """Return how many visits or events this becomes of."""
        return sum(step.what == what for step in self.steps)

    @property
    def counts(self) -> Mapping[str, int]:
        """How many visits and events each becomes of, by :class:`What`."""
        return Counter(str(step.what) for step in self.steps)

    @property
    def is_empty(self) -> bool:
        """Whether the schedule says already what the proposal says."""
        is_same = all(step.what in (What.KEPT, What.PAST) for step in self.steps)
        return is_same and not (
            self.new_trips or self.changed_trips or self.gone_trips or self.drafts
        )

    @property
    def can_be_overridden(self) -> bool:
        """Whether a reason is enough for all that stands against it."""
        return not self.waits and all(one.can_be_overridden for one in self.against)

    @property
    def needs_reason(self) -> bool:
        """Whether it can be published with a reason only."""
        return bool(self.against) and self.can_be_overridden


class PublishingRefused(WishRefused):
    """A proposal cannot be published as it is; nothing was."""

    template = gettext_lazy("Nothing was published: %(number)d things stand against it.")

    @property
    def message(self) -> str:
        """How many; the page lists which."""
        return str(self.template) % {"number": len(self.against)}


@dataclass(frozen=True, slots=True)
class Group:
    """Days of one vehicle that make one trip, loaded (:func:`loaded_days`)."""

    days: tuple[ProposedTrip, ...]

    @property
    def visits(self) -> list[ProposedVisit]:
        """The visits of all its days, in order."""
        return [visit for day in self.days for visit in day.visits.all()]


@dataclass(frozen=True, slots=True)
class _Plan:
    """A proposal beside the schedule.

    Attributes:
        groups: the trips to be, each beside its place in ``draft``.
        over: those that left before the days that can still be planned.
    """

    groups: tuple[Group, ...]
    draft: replanning.Draft
    matched: Mapping[int, Event]
    dropped: tuple[Event, ...]
    over: tuple[Group, ...]


def difference(
    proposal: Proposal, *, as_drafts: bool = True, now: datetime | None = None
) -> Difference:
    """Return what publishing a proposal would do; nothing is written.

    A fixed number of queries for 500 records each.
    """
    moment = now or clock.now()
    plan = _plan(proposal, as_drafts=as_drafts, now=moment)
    waits = _why_it_waits(proposal, as_drafts=as_drafts, accept_differences=True)
    return _difference(plan, waits, as_drafts=as_drafts)


@transaction.atomic
def publish(
    *,
    actor: User,
    proposal: Proposal,
    as_drafts: bool = True,
    override_reason: str = "",
    reason: str = "",
    why: Reason | None = None,
    accept_differences: bool = False,
    expected_revision: int | None = None,
    expected_digest: str | None = None,
    now: datetime | None = None,
) -> Difference:
    """Let the schedule of the season say what a proposal says, all or nothing.

    Published once more, it does what is otherwise by then. Trips and events that are public already
    stay so; others are drafts, or with ``as_drafts=False`` public at once.

    Args:
        as_drafts: leave new trips and events as drafts, to be handed in and approved.
        override_reason: why soft rules should not hold; recorded with each trip that breaks one.
        reason: for the audit trail; without one the proposal is named.
        why: the coded reason for what is called off; "needed by the library" without one.
        accept_differences: publish though the season's approved plan is another.
        expected_digest: of the difference that was looked at (:attr:`Difference.digest`).

    Raises:
        NotAllowed: if ``actor`` does not plan and schedule for the library.
        Conflict: if the proposal is not ready, the season's plan is waiting for a decision, or
            it is to be public and not approved; or something was changed meanwhile.
        StaleWrite: if somebody changed the proposal since ``expected_revision``, or proposal or
            schedule since ``expected_digest``.
        NotFound: if somebody removed it.
        PublishingRefused: naming everything that stands against it.
    """
    season = proposal.scenario.season
    if not all(actor.may(one, season.library_id) for one in (Action.PLAN, Action.SCHEDULE)):
        raise NotAllowed()
    moment = now or clock.now()
    season = lock_season(season)
    replanning.hold(season.library)
    proposal = _locked(proposal, expected_revision)
    waits = _why_it_waits(proposal, as_drafts=as_drafts, accept_differences=accept_differences)
    if waits:
        raise Conflict(waits.message, code=waits.code)
    plan = _plan(proposal, as_drafts=as_drafts, now=moment)
    done = _difference(plan, None, as_drafts=as_drafts)
    if expected_digest is not None and expected_digest != done.digest:
        raise StaleWrite()
    said = reason.strip() or _named(proposal)
    try:
        replanning.carry_out(
            plan.draft,
            actor=actor,
            reason=said,
            why=why or Reason.objects.get(pk=REPLANNED),
            override_reason=override_reason,
        )
    except WishRefused as refused:
        raise PublishingRefused(refused.against) from refused
    _link(plan)
    proposal.published_at, proposal.published_by = moment, actor
    proposal.save(update_fields=["published_at", "published_by"])
    if not as_drafts and not done.is_empty:
        season.published_at = moment
        audit.save(season, actor=actor, reason=override_reason.strip() or said)
    return done


def groups_of(days: Iterable[ProposedTrip]) -> list[tuple[ProposedTrip, ...]]:
    """Return days joined by nights away, each group a trip, in order of their first days.

    A day joins the one before if the same vehicle and crew slept where it begins, and that is not
    where the trip began.
    """
    of_vehicle: dict[int, list[ProposedTrip]] = defaultdict(list)
    for day in sorted(days, key=lambda one: (one.vehicle_id, one.on)):
        of_vehicle[day.vehicle_id].append(day)
    found: list[list[ProposedTrip]] = []
    for own in of_vehicle.values():
        for number, day in enumerate(own):
            if number and len(found[-1]) < MAX_DAYS and _goes_on(found[-1], day):
                found[-1].append(day)
            else:
                found.append([day])
    return [tuple(one) for one in sorted(found, key=lambda one: (one[0].on, one[0].pk))]


def _goes_on(before: Sequence[ProposedTrip], day: ProposedTrip) -> bool:
    last = before[-1]
    return (
        day.on == last.on + A_DAY
        and last.end_id == day.start_id
        and last.end_id != before[0].start_id
        and _crew_keys(last) == _crew_keys(day)
    )


def _crew_keys(day: ProposedTrip) -> set[int]:
    return {duty.member_id for duty in day.duties.all()}


# --- Beside the schedule -----------------------------------------------------------------------


def loaded_days(proposal: Proposal) -> list[ProposedTrip]:
    """Return the days of a proposal with all that publishing needs; a fixed number of queries."""
    visits = ProposedVisit.objects.select_related("stop__venue__commune").order_by(
        "starts_at", "pk"
    )
    duties = ProposedDuty.objects.select_related("member").order_by("-is_operator", "member_id")
    pauses = ProposedPause.objects.select_related("venue").order_by("starts_at", "pk")
    return list(
        proposal.trips.select_related("vehicle__base", "start", "end")
        .prefetch_related(
            Prefetch("visits", visits), Prefetch("duties", duties), Prefetch("pauses", pauses)
        )
        .order_by("on", "pk")
    )


def taken_of(
    proposal: Proposal, days: Iterable[ProposedTrip], stood: standing.Standing, *, now: datetime
) -> list[tuple[Against, ProposedTrip | None]]:
    """Return what is taken, booked or held in the way of a proposal, with the day it is about.

    Args:
        days: of the proposal (:func:`loaded_days`).
        stood: the schedule of its season.
    """
    plan = _beside(proposal, days, stood, as_drafts=True, now=now, asks_rules=False)
    return [
        (one, plan.groups[one.number].days[0] if one.number is not None else None)
        for one in plan.draft.against
    ]


def _plan(proposal: Proposal, *, as_drafts: bool, now: datetime) -> _Plan:
    stood = standing.standing_of(proposal.scenario, now=now)
    return _beside(proposal, loaded_days(proposal), stood, as_drafts=as_drafts, now=now)


def _beside(
    proposal: Proposal,
    days: Iterable[ProposedTrip],
    stood: standing.Standing,
    *,
    as_drafts: bool,
    now: datetime,
    asks_rules: bool = True,
) -> _Plan:
    scenario = proposal.scenario
    every = [Group(joined) for joined in groups_of(days)]
    coming = [group for group in every if group.days[0].on >= stood.since]
    events = standing.events_of(stood.coming)
    matched = _matched([visit for group in coming for visit in group.visits], events, scenario)
    kept = {event.pk for event in matched.values()}
    dropped = tuple(event for event in events if event.pk not in kept)
    wanted = _wanted(coming, matched)
    wish = Wish(
        library=scenario.season.library,
        trips=tuple(wanted),
        dropped=dropped,
        kind=ActivityKind.objects.get(pk=VISIT),
        is_public=not as_drafts,
    )
    draft = replanning.work_out(wish, now=now, asks_rules=asks_rules)
    draft.against[:0] = _other_bases(coming)
    over = tuple(group for group in every if group.days[0].on < stood.since)
    return _Plan(tuple(coming), draft, matched, dropped, over)


def _matched(
    visits: Sequence[ProposedVisit], events: Sequence[Event], scenario: Scenario
) -> dict[int, Event]:
    """Return which event each visit is: the one it was published as, or the same one otherwise."""
    zone = scenario.season.library.zone
    by_key = {event.pk: event for event in events}
    pairs = _linked(visits, by_key)
    taken = set(pairs.values())
    slots = [
        standing.Slot(
            visit.pk,
            visit.stop.venue_id,
            clock.local(visit.starts_at, zone).date(),
            visit.occurrence_on,
        )
        for visit in visits
        if visit.pk not in pairs
    ]
    rest = standing.slots_of([event for event in events if event.pk not in taken], zone)
    reach = standing.reach_of(visit.stop for visit in visits)
    pairs |= standing.matched(slots, rest, reach)
    return {key: by_key[event] for key, event in pairs.items()}


def _linked(visits: Iterable[ProposedVisit], events: Mapping[int, Event]) -> dict[int, int]:
    """Return the events that visits were published as before and that still stand."""
    return {
        visit.pk: visit.event_id
        for visit in visits
        if visit.event_id is not None and visit.event_id in events
    }


def _wanted(groups: Iterable[Group], matched: Mapping[int, Event]) -> list[WantedTrip]:
    """Return the trips to be, each beside its group."""
    taken: set[int] = set()
    found = []
    for group in groups:
        trip = _same_trip(group, matched, taken)
        if trip is not None:
            taken.add(trip.pk)
        found.append(_wanted_trip(group, matched, trip))
    return found


def _same_trip(group: Group, matched: Mapping[int, Event], taken: set[int]) -> Trip | None:
    """Return the trip that goes on as this one: of the same vehicle, with most of its events."""
    vehicle = group.days[0].vehicle_id
    shared: Counter[int] = Counter()
    trips: dict[int, Trip] = {}
    for visit in group.visits:
        event = matched.get(visit.pk)
        trip = event.trip if event is not None else None
        if trip is not None and trip.vehicle_id == vehicle and trip.pk not in taken:
            shared[trip.pk] += 1
            trips[trip.pk] = trip
    if not shared:
        return None
    linked = {day.trip_id for day in group.days}
    return trips[min(shared, key=lambda key: (key not in linked, -shared[key], key))]


def _wanted_trip(group: Group, matched: Mapping[int, Event], trip: Trip | None) -> WantedTrip:
    first, last = group.days[0], group.days[-1]
    return WantedTrip(
        vehicle=first.vehicle,
        departs_at=first.departs_at,
        returns_at=last.returns_at,
        crew=_crew(first),
        visits=tuple(
            WantedVisit(visit.stop.venue, visit.starts_at, visit.ends_at, matched.get(visit.pk))
            for visit in group.visits
        ),
        pauses=tuple(pauses_of(group)),
        trip=trip,
    )


def _crew(day: ProposedTrip) -> CrewInput:
    duties = list(day.duties.all())
    operators = [duty.member for duty in duties if duty.is_operator]
    return CrewInput(
        operators[0] if operators else None,
        tuple(duty.member for duty in duties if not duty.is_operator),
    )


def pauses_of(group: Group) -> list[PauseInput]:
    """Return lunches, rests and nights of a trip, in order."""
    on_the_way = _on_the_way()
    found = []
    for number, day in enumerate(group.days):
        found += [
            PauseInput(
                one.kind, one.starts_at, one.ends_at, one.venue, "" if one.venue else on_the_way
            )
            for one in day.pauses.all()
        ]
        if number + 1 < len(group.days):
            following = group.days[number + 1]
            found.append(
                PauseInput(TripPause.Kind.NIGHT, day.returns_at, following.departs_at, day.end)
            )
    return found


def _on_the_way() -> str:
    """Return what is stored as the place of a pause on the way.

    In the product's language, whoever publishes: else the same plan would differ from what it was
    published as, once somebody looks at it in another language.
    """
    with override(settings.LANGUAGE_CODE):
        return pgettext("pause", "on the way")


def _other_bases(groups: Sequence[Group]) -> list[Against]:
    """Return the trips whose vehicle is based elsewhere than the plan has it."""
    found = []
    for number, group in enumerate(groups):
        first, last = group.days[0], group.days[-1]
        base = first.vehicle.base_id
        other = next((end for end in (first.start, last.end) if end.pk != base), None)
        if other is not None:
            params = {"vehicle": first.vehicle.name, "venue": other.name}
            message = _(
                "%(vehicle)s starts and ends at %(venue)s here, but its base is another one:"
                " change that of the vehicle first."
            )
            found.append(Against("other_base", message % params, number=number))
    return found


def _difference(plan: _Plan, waits: _Waits | None, *, as_drafts: bool) -> Difference:
    batch = plan.draft.batch
    steps = []
    for group in plan.groups:
        for visit in group.visits:
            event = plan.matched.get(visit.pk)
            what = _what(visit, event, group)
            steps.append(Step(what, visit.stop.venue, _vehicle(group), visit, event))
    for group in plan.over:
        steps += [
            Step(What.PAST, visit.stop.venue, _vehicle(group), visit, None)
            for visit in group.visits
        ]
    for event in plan.dropped:
        what = What.REMOVED if event.published_at is None else What.CANCELLED
        vehicle = event.trip.vehicle.name if event.trip is not None else ""
        steps.append(Step(what, event.venue, vehicle, None, event))
    drafts = 0 if as_drafts else sum(event.state == State.DRAFT for event in plan.matched.values())
    return Difference(
        steps=tuple(sorted(steps, key=lambda step: (step.starts_at, step.venue.pk))),
        new_trips=len(batch.new_trips),
        changed_trips=plan.draft.changed_trips,
        gone_trips=len(batch.removed_trips) + len(batch.released_trips),
        against=tuple(plan.draft.against),
        waits=str(waits.message) if waits else "",
        drafts=drafts,
    )


def _vehicle(group: Group) -> str:
    return group.days[0].vehicle.name


def _what(visit: ProposedVisit, event: Event | None, group: Group) -> What:
    if event is None:
        return What.ADDED
    if (visit.starts_at, visit.ends_at) != (event.starts_at, event.ends_at):
        return What.MOVED
    before = event.trip.vehicle_id if event.trip is not None else None
    return What.KEPT if before == group.days[0].vehicle_id else What.OTHER_VEHICLE


def _link(plan: _Plan) -> None:
    """Let the proposal's rows know what they were published as."""
    days, visits = [], []
    for group, run, events in zip(plan.groups, plan.draft.trips, plan.draft.events, strict=True):
        for day in group.days:
            day.trip = run
            days.append(day)
        for visit, event in zip(group.visits, events, strict=True):
            visit.event = event
            visits.append(visit)
    ProposedTrip.objects.bulk_update(days, ["trip"], batch_size=200)
    ProposedVisit.objects.bulk_update(visits, ["event"], batch_size=200)


# --- Whether it may be published ---------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Waits:
    """Why a proposal cannot be published whatever the rules say."""

    code: str
    message: str


def _why_it_waits(
    proposal: Proposal, *, as_drafts: bool, accept_differences: bool
) -> _Waits | None:
    if proposal.state != Proposal.State.DONE:
        return _Waits("not_ready", _("This proposal is not ready."))
    season = proposal.scenario.season
    approval = approval_of(season)
    if approval.open is not None:
        return _Waits(
            "waiting_for_decision",
            _("The plan of this season is waiting for a decision: take it back first."),
        )
    if as_drafts:
        return None
    if not approval.may_publish or approval.approved is None:
        return _Waits(
            "not_approved",
            _("A season is made public when its plan is approved; this one is %(state)s.")
            % {"state": approval.state.label},
        )
    is_new = approval.state == SeasonState.APPROVED and not accept_differences
    if is_new and differences(approval.approved.content, content_of(season)):
        return _Waits(
            "not_as_approved",
            _("The schedule is not as it was approved: look at what differs, and confirm it."),
        )
    return None


def _locked(proposal: Proposal, expected_revision: int | None) -> Proposal:
    rows = Proposal.objects.select_related("scenario__season__library")
    stored = locked(rows, proposal.pk)
    if stored is None:
        raise NotFound()
    if expected_revision is not None and expected_revision != stored.revision:
        raise StaleWrite()
    return stored


def _named(proposal: Proposal) -> str:
    """Return what publishing a proposal is called in the audit trail."""
    scenario: Scenario = proposal.scenario
    season: Season = scenario.season
    return f"{season.name} – {scenario.name} ({proposal.get_aim_display()})"
