"""What a disruption would do, to be looked at before it is done."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.scheduling.disruption import checks
from outreach.scheduling.disruption.checks import Obstacle, Wanted
from outreach.scheduling.disruption.inputs import Choices, Trouble, What
from outreach.scheduling.disruption.outcome import Outcome, Run, Step, work_out
from outreach.scheduling.disruption.selectors import Touched, touched
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Event, RuleOverride, State, Trip
from outreach.scheduling.rulebook import Rulebook, TripShape


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of a trip or event as it is to be.

    Attributes:
        found: what they find, hard ones first.
        already: marks of what needs no new reason for the same trip or event.
        steps: the events it is about.
        trip: as it is to be; ``None`` for an event without one.
        only_new: leaves out what stood against it before: the event stays where it is.
    """

    found: list[Finding]
    already: frozenset[str]
    steps: list[Step]
    trip: Trip | None = None
    only_new: bool = False

    @property
    def findings(self) -> list[Finding]:
        """What the rules have to say about the change."""
        if not self.only_new:
            return self.found
        return [one for one in self.found if one.mark not in self.already]

    @property
    def open_findings(self) -> list[Finding]:
        """What needs a change, or a reason."""
        return [
            one
            for one in self.findings
            if one.is_hard or (one.is_soft and one.mark not in self.already)
        ]


@dataclass(frozen=True, slots=True)
class Preview:
    """What would be done, and what stands in the way.

    Attributes:
        state: names what was looked at; given back, it is done only if that is still so.
    """

    touched: Touched
    outcome: Outcome
    obstacles: list[Obstacle]
    rulings: list[Ruling]

    @property
    def state(self) -> str:
        return self.touched.state

    @property
    def needs_reason(self) -> bool:
        """Whether a soft rule stands against it."""
        return any(one.is_soft for ruling in self.rulings for one in ruling.open_findings)

    @property
    def is_possible(self) -> bool:
        """Whether nothing stands in the way but what a reason overrides."""
        hard = any(one.is_hard for ruling in self.rulings for one in ruling.findings)
        return bool(self.outcome.steps) and not hard and not self.obstacles


def preview(trouble: Trouble, choices: Choices, *, now: datetime | None = None) -> Preview:
    """Return what ``choices`` would do with the events that ``trouble`` touches; change nothing.

    Raises:
        InvalidInput: if the area is none, or too many events are touched.
    """
    found = touched(trouble, now=now or clock.now())
    outcome = work_out(found.events, choices)
    return Preview(
        found, outcome, checks.obstacles(wanted_of(outcome)), rulings_of(trouble.library, outcome)
    )


def wanted_of(outcome: Outcome) -> Wanted:
    """Return what is to stand where, and what leaves its place for it."""
    leaving = [step for step in outcome.steps if step.after.state == State.CANCELLED]
    postponed = outcome.postponed
    lifted = {run.source.pk for run in outcome.runs if not run.is_new}
    return Wanted(
        events=[step.after for step in postponed],
        trips=[run.trip for run in outcome.runs],
        duties=[
            *(duty for run in outcome.runs for duty in run.duties),
            *(duty for _step, duties in outcome.lone for duty in duties),
        ],
        lifted_events={step.before.pk for step in [*leaving, *postponed]},
        lifted_trips=lifted | {trip.pk for trip in outcome.called_off},
    )


def rulings_of(library: Library, outcome: Outcome) -> list[Ruling]:
    """Ask the rules about everything that goes on another day, or into a room.

    Cancelling needs no rule. Everything the rules must know is read once.
    """
    shapes = {
        id(run): (_shape(run, number), _former_shape(run))
        for number, run in enumerate(outcome.runs, start=1)
    }
    indoors = [step for step in outcome.steps if step.what == What.INDOORS]
    lone = [step for step, _duties in outcome.lone]
    events = [event for step in [*lone, *indoors] for event in (step.before, step.after)]
    people = [duty.member for _step, duties in outcome.lone for duty in duties]
    if not (shapes or events):
        return []
    every = [shape for pair in shapes.values() for shape in pair]
    book = Rulebook(
        library,
        every,
        events=events,
        people=people,
        moving=[now for now, _before in shapes.values()],
        called_off=[trip.pk for trip in outcome.called_off],
    )
    rulings = []
    for run in outcome.runs:
        now, before = shapes[id(run)]
        former = book.trip_findings(before) if run.trip.state == State.DRAFT else []
        already = _marks(run.steps[0].before.trip, former)
        rulings.append(Ruling(book.trip_findings(now), already, run.steps, run.trip))
    for step, duties in outcome.lone:
        crew = [(duty.member, duty.role) for duty in duties]
        is_draft = step.before.state == State.DRAFT
        former = book.event_findings(step.before, crew) if is_draft else []
        findings = book.event_findings(step.after, crew)
        rulings.append(Ruling(findings, _marks(step.before, former), [step]))
    for step in indoors:
        former = book.event_findings(step.before, [])
        already = _marks(step.before.trip or step.before, former)
        findings = book.event_findings(step.after, [])
        rulings.append(Ruling(findings, already, [step], step.before.trip, only_new=True))
    return rulings


def _shape(run: Run, number: int) -> TripShape:
    """Return a run as the rules see it; a trip that is not stored yet is known by its number."""
    return TripShape(
        vehicle=run.trip.vehicle,
        departs_at=run.trip.departs_at,
        returns_at=run.trip.returns_at,
        crew=[(duty.member, duty.role) for duty in run.duties],
        events=[step.after for step in run.steps],
        pauses=run.pauses,
        is_draft=run.trip.state == State.DRAFT,
        key=run.trip.pk or -number,
    )


def _former_shape(run: Run) -> TripShape:
    return TripShape(
        vehicle=run.source.vehicle,
        departs_at=run.source.departs_at,
        returns_at=run.source.returns_at,
        crew=[(duty.member, duty.role) for duty in run.duties],
        events=[step.before for step in run.steps],
        is_draft=run.source.state == State.DRAFT,
        key=run.source.pk,
    )


def _marks(owner: Trip | Event | None, former: Iterable[Finding]) -> frozenset[str]:
    """Return what needs no new reason: what was overridden, and what stood against a draft."""
    overrides: list[RuleOverride] = list(owner.overrides.all()) if owner is not None else []
    marks = {override.found.mark for override in overrides if override.stands}
    return frozenset(marks | {finding.mark for finding in former})
