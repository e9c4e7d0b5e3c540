"""What a proposal breaks, said by the same rules that say it of the schedule.

Trips of several days are asked about as the trips they will be. What the rules of scheduling do not
know, the planner's judge says: rhythm, pins, the hours of a vehicle, nights away. Nothing is said
twice.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from outreach.common import clock
from outreach.planning.models import Proposal, ProposedTrip
from outreach.planning.proposals import asking, names, publishing, standing, storing, wording
from outreach.planning.selectors import VISIT
from outreach.routing.plan import Plan
from outreach.routing.problem import Problem
from outreach.routing.validator import Code, Violation, violations
from outreach.scheduling.domain import Rule
from outreach.scheduling.models import ActivityKind, Duty
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services import EventInput, PauseInput
from outreach.scheduling.services.inputs import ActivityInput

SAID_BY_SCHEDULING = {
    Code.TOO_LITTLE_TIME: {Rule.LEG_TOO_SHORT},
    Code.LUNCH_MISSING: {Rule.LUNCH_MISSING},
    Code.DRIVING_UNBROKEN: {Rule.DRIVING_UNBROKEN},
    Code.DRIVING_DAY: {Rule.DRIVING_DAY},
    Code.DRIVING_WEEK: {Rule.DRIVING_WEEK},
    Code.UNKNOWN_SHIFT: {Rule.CREW_TOO_SMALL, Rule.NO_OPERATOR},
    Code.CLOSED: {
        Rule.VENUE_CLOSED,
        Rule.PUBLIC_HOLIDAY,
        Rule.OUTSIDE_TERM,
        Rule.NOT_PASSABLE,
        Rule.OUTSIDE_WINDOWS,
        Rule.OUTSIDE_SCHOOL_HOURS,
    },
    Code.OUTSIDE_WINDOW: {Rule.OUTSIDE_WINDOWS, Rule.OUTSIDE_SCHOOL_HOURS},
    Code.BARRED: {Rule.VEHICLE_TOO_LONG, Rule.NOT_PASSABLE},
    Code.BREAK_CLASHES: {Rule.PAUSE_CLASHES},
    Code.REVERSED: {Rule.REVERSED},
}
"""What the judge finds that a rule of scheduling has said already, where it has."""
_PLURAL = frozenset({Code.CLOSED, Code.OUTSIDE_WINDOW, Code.BARRED})


@dataclass(frozen=True, slots=True)
class Said:
    """Something that stands against a day or a visit of a proposal.

    Attributes:
        code: of a rule of scheduling, of the planner's judge, or of what is taken already.
        is_hard: nothing helps but changing what it is about; else a reason helps.
        is_note: it stands in nobody's way.
        trip, visit: keys of the rows it is about; ``None`` if it is about none, or no single one.
    """

    code: str
    name: str
    message: str
    is_hard: bool = False
    is_note: bool = False
    trip: int | None = None
    visit: int | None = None
    stop: int | None = None

    @property
    def is_soft(self) -> bool:
        """Whether a reason helps against it."""
        return not (self.is_hard or self.is_note)


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that stands against a proposal, hard things first."""

    every: tuple[Said, ...]

    def of_trip(self, key: int) -> list[Said]:
        """Return what is said of a day as a whole, and of its visits."""
        return [one for one in self.every if one.trip == key]

    def of_visit(self, key: int) -> list[Said]:
        """Return what is said of a visit."""
        return [one for one in self.every if one.visit == key]

    @property
    def by_trip(self) -> Mapping[int, list[Said]]:
        """What is said of each day, by its key; days about which nothing is said are missing."""
        found: dict[int, list[Said]] = defaultdict(list)
        for one in self.every:
            if one.trip is not None:
                found[one.trip].append(one)
        return dict(found)

    @property
    def of_all(self) -> list[Said]:
        """What is said of no single day."""
        return [one for one in self.every if one.trip is None]

    def about(self, trips: Collection[int], stops: Collection[int] = ()) -> Findings:
        """Return what is said of some days, and of some stops."""
        return Findings(tuple(one for one in self.every if one.trip in trips or one.stop in stops))

    @property
    def is_empty(self) -> bool:
        """Whether nothing stands against it but notes."""
        return all(one.is_note for one in self.every)


def findings_of(
    proposal: Proposal, *, problem: Problem | None = None, now: datetime | None = None
) -> Findings:
    """Return what stands against a proposal as it is; nothing is written.

    A fixed number of queries for 500 records each.

    Args:
        problem: the question it answers, if it is at hand (:func:`asking.question_of`).
    """
    moment = now or clock.now()
    days = publishing.loaded_days(proposal)
    groups = publishing.groups_of(days)
    stood = standing.standing_of(proposal.scenario, now=moment)
    said = _of_rules(proposal, groups, stood, moment)
    question = problem or asking.question_of(proposal, now=moment)
    question = asking.with_all_days(question, proposal.scenario, days)
    broken = _broken(question, storing.plan_of(proposal))
    said += _of_judge(groups, broken, said)
    said += _taken(proposal, days, stood, moment)
    return Findings(tuple(sorted(said, key=lambda one: (not one.is_hard, one.is_note))))


def _broken(problem: Problem, plan: Plan) -> list[Violation]:
    """Return what the judge says of the days that can still be planned.

    Of a season under way the rhythm is another one than that the plan was made for: days that are
    over belonged to it.
    """
    coming = tuple(
        route for route in plan.routes if names.vehicle_day(route.shift)[1] >= problem.first_on
    )
    if len(coming) == len(plan.routes):
        return violations(problem, plan)
    left_out = tuple(one for one in plan.left_out if one.occurrence_on >= problem.first_on)
    found = violations(problem, Plan(coming, left_out))
    return [one for one in found if one.code is not Code.RHYTHM]


def _of_rules(
    proposal: Proposal,
    groups: Sequence[Sequence[ProposedTrip]],
    stood: standing.Standing,
    now: datetime,
) -> list[Said]:
    kind = ActivityKind.objects.get(pk=VISIT)
    shapes = [_shape(days, kind, -1 - number) for number, days in enumerate(groups)]
    if not shapes:
        return []
    library = proposal.scenario.season.library
    book = Rulebook(
        library, shapes, now=now, moving=shapes, called_off=[trip.pk for trip in stood.coming]
    )
    found = []
    for shape, days in zip(shapes, groups, strict=True):
        by_day = {f"{day.on:%d/%m/%Y}": day for day in days}
        visits = [(day, visit) for day in days for visit in day.visits.all()]
        for finding in book.trip_findings(shape):
            day, visit = days[0], None
            if finding.event is not None:
                day, visit = visits[finding.event]
            elif finding.params.get("day") in by_day:
                day = by_day[finding.params["day"]]
            if finding.rule is Rule.IN_THE_PAST and _was_published(day):
                continue
            found.append(
                Said(
                    code=str(finding.rule),
                    name=finding.name,
                    message=finding.message,
                    is_hard=finding.is_hard,
                    is_note=finding.is_note,
                    trip=day.pk,
                    visit=visit.pk if visit is not None else None,
                    stop=visit.stop_id if visit is not None else None,
                )
            )
    return found


def _was_published(day: ProposedTrip) -> bool:
    return day.trip_id is not None


def _shape(days: Sequence[ProposedTrip], kind: ActivityKind, key: int) -> TripShape:
    group = publishing.Group(tuple(days))
    crew = [
        (duty.member, Duty.Role.OPERATOR if duty.is_operator else Duty.Role.PROFESSIONAL)
        for duty in days[0].duties.all()
    ]
    pauses: list[PauseInput] = publishing.pauses_of(group)
    return TripShape(
        vehicle=days[0].vehicle,
        departs_at=days[0].departs_at,
        returns_at=days[-1].returns_at,
        crew=crew,
        events=[
            EventInput(visit.stop.venue, visit.starts_at, visit.ends_at, (ActivityInput(kind),))
            for visit in group.visits
        ],
        pauses=pauses,
        is_draft=False,
        key=key,
    )


def _of_judge(
    groups: Iterable[Sequence[ProposedTrip]], broken: Sequence[Violation], said: Sequence[Said]
) -> list[Said]:
    days = {(day.vehicle_id, day.on): day for group in groups for day in group}
    known: set[tuple[str, int | None, int | None]] = set()
    for one in said:
        known |= {(one.code, one.trip, None), (one.code, one.trip, one.stop)}
    texts = wording.sentences(broken)
    found: list[Said] = []
    told: set[tuple[str, str]] = set()
    for violation, text in zip(broken, texts, strict=True):
        what = wording.about(violation)
        day = _day(days, what)
        key = day.pk if day is not None else None
        same = SAID_BY_SCHEDULING.get(violation.code, set())
        stop = what.stop if violation.code in _PLURAL else None
        if any((str(rule), key, stop) in known for rule in same):
            continue
        if violation.code in (Code.DRIVING_DAY, Code.DRIVING_WEEK) and any(
            one.code in same for one in said
        ):
            continue
        if (violation.code, text) in told:
            continue
        told.add((violation.code, text))
        found.append(
            Said(
                code=str(violation.code),
                name=wording.name(violation.code),
                message=text,
                trip=key,
                visit=_visit(day, what.stop),
                stop=what.stop,
            )
        )
    return found


def _day(days: Mapping[tuple[int, date], ProposedTrip], what: wording.About) -> ProposedTrip | None:
    if what.vehicle is not None and what.on is not None:
        return days.get((what.vehicle, what.on))
    if what.stop is None or what.on is None:
        return None
    own = (day for (_vehicle, on), day in days.items() if on == what.on)
    return next((day for day in own if _visit(day, what.stop) is not None), None)


def _visit(day: ProposedTrip | None, stop: int | None) -> int | None:
    if day is None or stop is None:
        return None
    return next((visit.pk for visit in day.visits.all() if visit.stop_id == stop), None)


def _taken(
    proposal: Proposal, days: Sequence[ProposedTrip], stood: standing.Standing, now: datetime
) -> list[Said]:
    """Return what of vehicles, people and venues is taken by others of the schedule."""
    return [
        Said(
            code=one.code,
            name=wording.taken_name(one.code),
            message=one.message,
            is_hard=True,
            trip=day.pk if day is not None else None,
        )
        for one, day in publishing.taken_of(proposal, days, stood, now=now)
    ]
