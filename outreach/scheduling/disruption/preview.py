"""What a disruption would do, to be looked at before it is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from outreach.common import clock
from outreach.scheduling.disruption import checks
from outreach.scheduling.disruption.checks import Obstacle, Wanted
from outreach.scheduling.disruption.inputs import Choices, Trouble
from outreach.scheduling.disruption.outcome import Outcome, Run, Step, work_out
from outreach.scheduling.disruption.selectors import Touched, touched
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Event, RuleOverride, State, Trip
from outreach.scheduling.services import rules
from outreach.scheduling.services.inputs import CrewInput


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the rules say of a trip or lone event at its new time.

    Attributes:
        findings: what is not overridden yet and may stand in the way, hard ones first.
        already: marks of what was overridden earlier for the same trip or event.
        steps: the events it is about.
        trip: as it is to be; ``None`` for an event without one.
    """

    findings: list[Finding]
    already: frozenset[str]
    steps: list[Step]
    trip: Trip | None = None

    @property
    def open_findings(self) -> list[Finding]:
        """Return what needs a change, or a reason."""
        return [one for one in self.findings if not one.is_soft or one.mark not in self.already]


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
        hard = any(not one.is_soft for ruling in self.rulings for one in ruling.findings)
        return bool(self.outcome.steps) and not hard and not self.obstacles


def preview(trouble: Trouble, choices: Choices, *, now: datetime | None = None) -> Preview:
    """Return what ``choices`` would do with the events that ``trouble`` touches; change nothing.

    Raises:
        InvalidInput: if the area is none, or too many events are touched.
    """
    found = touched(trouble, now=now or clock.now())
    outcome = work_out(found.events, choices)
    return Preview(found, outcome, checks.obstacles(wanted_of(outcome)), rulings_of(outcome))


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


def rulings_of(outcome: Outcome) -> list[Ruling]:
    """Ask the rules about everything that goes on another day; cancelling needs no rule."""
    rulings = [_of_run(run) for run in outcome.runs]
    for step, duties in outcome.lone:
        findings = rules.event_findings(step.after, CrewInput.of(duties))
        rulings.append(Ruling(findings, _marks(step.before), [step]))
    return rulings


def _of_run(run: Run) -> Ruling:
    findings = rules.trip_findings(
        vehicle=run.trip.vehicle,
        departs_at=run.trip.departs_at,
        returns_at=run.trip.returns_at,
        crew=CrewInput.of(run.duties),
        events=[step.after for step in run.steps],
        is_draft=run.trip.state == State.DRAFT,
    )
    return Ruling(findings, _marks(run.steps[0].before.trip), run.steps, run.trip)


def _marks(owner: Trip | Event | None) -> frozenset[str]:
    overrides: list[RuleOverride] = list(owner.overrides.all()) if owner is not None else []
    return frozenset(override.found.mark for override in overrides)
