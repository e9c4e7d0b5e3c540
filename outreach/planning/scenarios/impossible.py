"""What cannot be in a scenario, in plain words, before anything is solved.

From the planner's own proofs (:mod:`outreach.routing.feasibility`) and from what did not become
part of the question at all.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from outreach.planning.models import Scenario, ScenarioPin, ScenarioStop, ScenarioVehicle
from outreach.planning.scenarios.hours import closed_text
from outreach.planning.scenarios.problem import Question
from outreach.planning.scenarios.shifts import Stays
from outreach.routing.feasibility import Cannot, Impossible, impossible
from outreach.routing.problem import Problem
from outreach.scheduling.domain.rules import hours_and_minutes

EXAMPLES = 5


class Lacks(StrEnum):
    """What is missing from a scenario before it is a question at all."""

    NO_STOPS = "no_stops"
    NO_VEHICLES = "no_vehicles"
    NO_SHIFTS = "no_shifts"
    NO_CREW = "no_crew"
    IDLE = "idle"
    LOOSE_PIN = "loose_pin"
    BASE_ELSEWHERE = "base_elsewhere"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that no plan for a scenario can do, or that it does without.

    Attributes:
        code: of :class:`Cannot` or :class:`Lacks`.
        is_whole: whether no plan is possible at all; else visits are left out.
        is_note: whether nothing is left out for it: it is only to be known.
        stop, vehicle, pin: the row it is about, to link to; the scenario itself without any.
        stops: further stops, for what is about many.
        facts: plain values for the message, as :class:`Impossible` has them.
    """

    code: str
    is_whole: bool = False
    is_note: bool = False
    stop: ScenarioStop | None = None
    other: ScenarioStop | None = None
    vehicle: ScenarioVehicle | None = None
    pin: ScenarioPin | None = None
    stops: tuple[ScenarioStop, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def message(self) -> str:
        """What it is, as a sentence of the active language."""
        said = {
            "venue": self.stop.venue.name if self.stop else "–",
            "other": self.other.venue.name if self.other else "–",
            "vehicle": self.vehicle.vehicle.name if self.vehicle else gettext("any vehicle"),
        } | {name: _said(name, value) for name, value in self.facts.items()}
        return str(_text(self)) % _Facts(said)

    def __str__(self) -> str:
        return self.message


class _Facts(dict[str, Any]):
    """Facts to fill in; one that is not known is a dash."""

    def __missing__(self, name: str) -> str:
        return "–"


TEXTS: dict[str, Promise] = {
    Lacks.NO_STOPS: _("No venue is planned to be visited."),
    Lacks.NO_VEHICLES: _("No vehicle goes out in this scenario."),
    Lacks.NO_SHIFTS: _("No vehicle can go out on any day of the season."),
    Lacks.IDLE: _("%(venue)s: its rhythm has no day in what is left of the season."),
    Lacks.LOOSE_PIN: _(
        "The visit of %(on)s fixed for %(venue)s does not count: the day is past, the venue is not "
        "planned, or another trip visits it on that day."
    ),
    Lacks.BASE_ELSEWHERE: _(
        "%(vehicle)s is based elsewhere in the fleet: change that before a plan is published, or "
        "its ways are reckoned from there."
    ),
    Cannot.HOURS: _(
        "The visits of the season take %(needs_s)s at the least; the vehicles have %(has_s)s: "
        "%(short_s)s too few."
    ),
    Cannot.HOURS_WEEK: _(
        "In the week from %(on)s the visits take %(needs_s)s at the least; the vehicles have "
        "%(has_s)s: %(short_s)s too few."
    ),
    Cannot.HOURS_BARRED: _(
        "%(count)s venues that only some vehicles reach need %(needs_s)s at the least; those "
        "vehicles have %(has_s)s: %(short_s)s too few (%(examples)s)."
    ),
    Cannot.HOURS_CLOSED: _(
        "%(count)s venues that are open on few days need %(needs_s)s at the least; on those days "
        "the vehicles have %(has_s)s: %(short_s)s too few (%(examples)s)."
    ),
    Cannot.UNREACHABLE: _("%(venue)s: no vehicle of the scenario gets there."),
    Cannot.NO_OCCURRENCE: _("%(venue)s: its rhythm has no day in the season."),
    Cannot.NO_DAY: _(
        "%(venue)s: %(visits)s of %(of)s visits have no day on which a vehicle could go there, "
        "mostly because %(why)s."
    ),
    Cannot.PIN_CLOSED: _(
        "The visit fixed for %(venue)s on %(on)s cannot be: the venue is closed (%(why)s)."
    ),
    Cannot.PIN_NO_SHIFT: _(
        "The visit fixed for %(venue)s on %(on)s cannot be: %(vehicle)s does not go out then."
    ),
    Cannot.PIN_BARRED: _(
        "The visit fixed for %(venue)s on %(on)s cannot be: %(vehicle)s does not get there."
    ),
    Cannot.PIN_OUTSIDE: _(
        "The visit fixed for %(venue)s on %(on)s cannot be: there is no time for it in the hours "
        "of the venue and of %(vehicle)s."
    ),
    Cannot.PINS_CLASH: _(
        "The visits fixed for %(venue)s and %(other)s on %(on)s cannot both be made by "
        "%(vehicle)s: %(short_s)s are missing."
    ),
    Cannot.SHIFTS_CLASH: _("Two days of one crew or vehicle overlap on %(on)s."),
}
WHY: dict[str, Promise] = {
    "closed": _("the venue is closed"),
    "window": _("its hours are shorter than the visit"),
    "no_shift": _("no vehicle goes out"),
    "barred": _("the vehicles do not get there"),
    "no_way": _("there is no way"),
    "shift_over": _("the way takes too long"),
    "driving": _("the driver would drive too long"),
    "lunch": _("there is no time for lunch"),
    "capacity": _("the vehicle does not carry enough"),
}


def impossible_in(
    scenario: Scenario, problem: Problem, question: Question | None = None
) -> list[Obstacle]:
    """Return what cannot be in a scenario, the worst first; what is only to be known comes last.

    Args:
        problem: the scenario's.
        question: what the problem came from; with it, what did not become part of the problem is
            told too.
    """
    rows = _Rows(scenario)
    found = [rows.obstacle(one) for one in impossible(problem)]
    found += _lacks(problem, rows)
    if question is not None:
        found += _left_aside(question, rows)
    return sorted(found, key=lambda one: (not one.is_whole, one.is_note))


class _Rows:
    """The rows that obstacles are about, by their names in a question."""

    def __init__(self, scenario: Scenario) -> None:
        stops = scenario.stops.select_related("venue")
        self.stops = {str(stop.pk): stop for stop in stops}
        vehicles = scenario.vehicles.select_related("vehicle")
        self.vehicles = {str(one.vehicle_id): one for one in vehicles}
        self.pins = {
            (pin.venue_id, pin.on): pin for pin in scenario.pins.select_related("venue", "vehicle")
        }

    def obstacle(self, one: Impossible) -> Obstacle:
        """Return what a planner's proof is about."""
        facts: dict[str, Any] = dict(one.facts)
        if one.code in (Cannot.HOURS, Cannot.HOURS_WEEK, Cannot.HOURS_BARRED, Cannot.HOURS_CLOSED):
            stops = tuple(self.stops[name] for name in one.names if name in self.stops)
            facts["count"] = len(stops)
            facts["examples"] = _examples(stop.venue.name for stop in stops)
            return Obstacle(one.code, one.is_whole, stops=stops, facts=facts)
        if one.code == Cannot.SHIFTS_CLASH:
            vehicle = one.names[1].partition(":")[0]
            return Obstacle(one.code, one.is_whole, True, None, None, self.vehicles.get(vehicle))
        known = [self.stops[name] for name in one.names if name in self.stops]
        # A vehicle may be called like a stop: it is what comes after the stops.
        expected = 2 if one.code == Cannot.PINS_CLASH else 1
        stops_named = known[:expected]
        rest = one.names[expected:]
        stop = stops_named[0] if stops_named else None
        on = facts.get("on")
        pin = self.pins.get((stop.venue_id, on)) if stop and isinstance(on, date) else None
        facts["why"] = _why(one)
        return Obstacle(
            one.code,
            one.is_whole,
            stop=stop,
            other=stops_named[1] if len(stops_named) > 1 else None,
            vehicle=self.vehicles.get(rest[0]) if rest else None,
            pin=pin,
            facts=facts,
        )


def _lacks(problem: Problem, rows: _Rows) -> Iterator[Obstacle]:
    if not any(stop.is_included for stop in rows.stops.values()):
        yield Obstacle(Lacks.NO_STOPS, is_whole=True)
    if not rows.vehicles:
        yield Obstacle(Lacks.NO_VEHICLES, is_whole=True)
    elif not problem.shifts:
        yield Obstacle(Lacks.NO_SHIFTS, is_whole=True)


def _left_aside(question: Question, rows: _Rows) -> Iterator[Obstacle]:
    """Yield what did not become part of a problem."""
    without = Counter(one.vehicle for one in question.at_home if one.code is Stays.NO_CREW)
    for vehicle, days in sorted(without.items()):
        facts = {"days": days}
        yield Obstacle(Lacks.NO_CREW, vehicle=rows.vehicles.get(str(vehicle)), facts=facts)
    for key in question.idle:
        yield Obstacle(Lacks.IDLE, is_note=True, stop=rows.stops.get(str(key)))
    by_venue = {stop.venue_id: stop for stop in rows.stops.values()}
    loose = set(question.loose_pins)
    for pin in rows.pins.values():
        if pin.pk in loose:
            yield Obstacle(
                Lacks.LOOSE_PIN,
                is_note=True,
                stop=by_venue.get(pin.venue_id),
                pin=pin,
                facts={"on": pin.on, "venue": pin.venue.name},
            )
    for key in question.base_elsewhere:
        yield Obstacle(Lacks.BASE_ELSEWHERE, is_note=True, vehicle=rows.vehicles.get(str(key)))


def _text(one: Obstacle) -> str | Promise:
    if one.code == Lacks.NO_CREW:
        return ngettext(
            "%(vehicle)s stays at home on %(days)d day: no operator and two professional staff are "
            "to be had (Circular 05/2022).",
            "%(vehicle)s stays at home on %(days)d days: no operator and two professional staff "
            "are to be had (Circular 05/2022).",
            one.facts["days"],
        )
    return TEXTS[one.code]


def _why(one: Impossible) -> str:
    """Return why most days will not do, or why a day is closed."""
    if one.code == Cannot.PIN_CLOSED:
        return closed_text(str(one.facts.get("reason") or "")) or "–"
    days = {
        name.removeprefix("days_"): value
        for name, value in one.facts.items()
        if name.startswith("days_") and isinstance(value, int)
    }
    most = max(days, key=lambda name: days[name], default="")
    return str(WHY.get(most, most)) or "–"


def _examples(names: Iterable[str]) -> str:
    known = list(names)
    return ", ".join(known[:EXAMPLES]) + ("…" if len(known) > EXAMPLES else "")


def _said(name: str, value: Any) -> Any:
    if isinstance(value, date):
        return date_format(value, "d/m/Y")
    if name.endswith("_s") and isinstance(value, int | float):
        return hours_and_minutes(-(-int(value) // 60))
    return "–" if value is None else value
