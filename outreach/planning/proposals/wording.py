"""What the planner's own rules find, in sentences: rhythm, pins, hours of a vehicle."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from outreach.common.errors import Conflict, DomainError, InvalidInput, NotAllowed, NotFound
from outreach.fleet.models import Vehicle
from outreach.planning.models import Proposal, ScenarioStop
from outreach.planning.proposals import names
from outreach.routing.validator import Code, Violation
from outreach.scheduling.domain.rules import hours_and_minutes

MOST_TOLD = 3
TEXTS: dict[Code, Promise] = {
    Code.UNKNOWN_SHIFT: gettext_lazy("%(vehicle)s has no crew, or does not go out, on %(day)s."),
    Code.UNKNOWN_STOP: gettext_lazy("One of the visits is no longer planned."),
    Code.UNKNOWN_PLACE: gettext_lazy("The ways from one of the places are not known."),
    Code.SHIFT_TWICE: gettext_lazy("%(vehicle)s goes out twice on %(day)s."),
    Code.ROUTE_EMPTY: gettext_lazy("%(vehicle)s goes out on %(day)s and visits nobody."),
    Code.REVERSED: gettext_lazy("%(vehicle)s is back before it leaves on %(day)s."),
    Code.OUTSIDE_SHIFT: gettext_lazy("%(vehicle)s is out beyond its hours on %(day)s."),
    Code.TOO_LONG: gettext_lazy("%(vehicle)s is out %(over)s too long on %(day)s."),
    Code.WRONG_START: gettext_lazy("%(vehicle)s does not begin where it stands on %(day)s."),
    Code.WRONG_END: gettext_lazy("%(vehicle)s ends where it may not stay on %(day)s."),
    Code.NIGHT_WITHOUT_MORNING: gettext_lazy(
        "%(vehicle)s stays away on %(day)s, and nobody goes on from there the next day."
    ),
    Code.TOO_MANY_NIGHTS: gettext_lazy("%(vehicle)s stays away too many nights in a row."),
    Code.AT_ONCE: gettext_lazy("A vehicle or crew is in two places at once."),
    Code.CAPACITY: gettext_lazy("%(vehicle)s carries too little for %(day)s."),
    Code.WRONG_SERVICE: gettext_lazy("%(stop)s is served for %(is)s instead of %(wanted)s."),
    Code.CLOSED: gettext_lazy("%(stop)s cannot be visited on %(day)s."),
    Code.OUTSIDE_WINDOW: gettext_lazy("%(stop)s is visited outside its hours on %(day)s."),
    Code.BARRED: gettext_lazy("%(vehicle)s cannot get to %(stop)s."),
    Code.TWICE_A_DAY: gettext_lazy("%(stop)s is visited twice on one day."),
    Code.NO_WAY: gettext_lazy("There is no way for %(vehicle)s on %(day)s."),
    Code.TOO_LITTLE_TIME: gettext_lazy("%(vehicle)s has too little time on the way on %(day)s."),
    Code.BREAK_CLASHES: gettext_lazy("The break and something else meet on %(day)s."),
    Code.BREAK_ELSEWHERE: gettext_lazy("The break on %(day)s is not where the vehicle stands."),
    Code.LUNCH_MISSING: gettext_lazy("There is no time for lunch on %(day)s."),
    Code.DRIVING_UNBROKEN: gettext_lazy("Too much driving without a break on %(day)s."),
    Code.DRIVING_DAY: gettext_lazy("Too much driving in one day."),
    Code.DRIVING_WEEK: gettext_lazy("Too much driving in one week."),
    Code.RHYTHM: gettext_lazy("The visits of %(stop)s do not keep to its rhythm."),
    Code.BESIDE_RHYTHM: gettext_lazy("The visit of %(stop)s on %(day)s is too far from its day."),
    Code.OCCURRENCE_TWICE: gettext_lazy("Two visits of %(stop)s are for the same time."),
    Code.PIN_MISSING: gettext_lazy("The pinned visit of %(stop)s on %(day)s is not made."),
    Code.PIN_VEHICLE: gettext_lazy(
        "The pinned visit of %(stop)s on %(day)s is made by another vehicle."
    ),
    Code.PIN_TIME: gettext_lazy("The pinned visit of %(stop)s on %(day)s is at another time."),
    Code.LEFT_OUT: gettext_lazy("A visit of %(stop)s that must be made is left out."),
}


OUR_FAULT = "our_fault"
NOTHING_TO_PLAN = "nothing_to_plan"
NOT_LEGAL = "not_legal"
FAILURES: dict[str, Promise | str] = {
    **{one.code: one.template for one in (InvalidInput, NotAllowed, NotFound, Conflict)},
    OUR_FAULT: gettext_lazy(
        "Something went wrong on our side, and nothing was stored. Please tell whoever looks after"
        " the server."
    ),
    NOTHING_TO_PLAN: gettext_lazy(
        "There is nothing to plan here: no stop, or no vehicle that goes out."
    ),
    NOT_LEGAL: gettext_lazy("No plan was found that keeps every rule."),
}
"""Why there is no plan, by the codes that are stored."""

NAMES: dict[Code, Promise] = {
    Code.RHYTHM: gettext_lazy("Rhythm not kept"),
    Code.BESIDE_RHYTHM: gettext_lazy("Far from its day"),
    Code.OCCURRENCE_TWICE: gettext_lazy("Twice for one time"),
    Code.TWICE_A_DAY: gettext_lazy("Twice on one day"),
    Code.PIN_MISSING: gettext_lazy("Pinned visit missing"),
    Code.PIN_VEHICLE: gettext_lazy("Pinned to another vehicle"),
    Code.PIN_TIME: gettext_lazy("Pinned to another time"),
    Code.LEFT_OUT: gettext_lazy("Must not be left out"),
    Code.OUTSIDE_SHIFT: gettext_lazy("Beyond the vehicle's hours"),
    Code.TOO_LONG: gettext_lazy("Day too long"),
    Code.CAPACITY: gettext_lazy("Carries too little"),
    Code.NO_WAY: gettext_lazy("No way"),
    Code.UNKNOWN_SHIFT: gettext_lazy("No crew on this day"),
    Code.CLOSED: gettext_lazy("Closed"),
    Code.OUTSIDE_WINDOW: gettext_lazy("Outside its hours"),
    Code.BARRED: gettext_lazy("Vehicle cannot get there"),
    Code.TOO_MANY_NIGHTS: gettext_lazy("Too many nights away"),
    Code.NIGHT_WITHOUT_MORNING: gettext_lazy("Does not come back"),
}
"""What the planner's rules are called on a badge; the others are rare."""
OTHER = gettext_lazy("Does not fit")
TAKEN = {
    "vehicle_busy": gettext_lazy("Vehicle taken"),
    "member_busy": gettext_lazy("Crew member taken"),
    "venue_busy": gettext_lazy("Venue taken"),
    "trip_busy": gettext_lazy("Another stop then"),
    "in_use": gettext_lazy("Booked or held"),
    "other_base": gettext_lazy("Another base"),
}


def name(code: Code) -> str:
    """Return what a rule of the planner is called on a badge."""
    return str(NAMES.get(code, OTHER))


def taken_name(code: str) -> str:
    """Return what something that is taken is called on a badge."""
    return str(TAKEN.get(code, OTHER))


@dataclass(frozen=True, slots=True)
class About:
    """What a violation is about, as far as its names and facts say.

    Attributes:
        vehicle: key of the vehicle.
        stop: key of the stop of the scenario.
    """

    vehicle: int | None = None
    on: date | None = None
    stop: int | None = None


def about(violation: Violation) -> About:
    """Return what a violation is about: shifts are named after vehicle and day, stops by a key."""
    vehicle: int | None = None
    stop: int | None = None
    on = violation.facts.get("on")
    day = on if isinstance(on, date) else None
    is_vehicle = violation.facts.get("of") == "vehicle" or violation.code is Code.TOO_MANY_NIGHTS
    for name in violation.names:
        if ":" in name:
            vehicle, day = names.vehicle_day(name)
        elif name.isdecimal() and is_vehicle:
            vehicle = int(name)
        elif name.isdecimal() and stop is None:
            stop = int(name)
    return About(vehicle, day, stop)


def sentences(violations: Sequence[Violation]) -> list[str]:
    """Return what is told of violations, in their order; two queries."""
    every = [about(one) for one in violations]
    vehicles = Vehicle.objects.in_bulk({one.vehicle for one in every if one.vehicle})
    rows = ScenarioStop.objects.filter(pk__in={one.stop for one in every if one.stop})
    stops = {row.pk: row.venue.name for row in rows.select_related("venue")}
    return [
        str(TEXTS[violation.code])
        % (
            _facts(violation.facts)
            | {
                "vehicle": vehicles[one.vehicle].name if one.vehicle in vehicles else "–",
                "stop": stops.get(one.stop or 0, "–"),
                "day": date_format(one.on, "D d/m/Y") if one.on else "–",
            }
        )
        for violation, one in zip(violations, every, strict=True)
    ]


# --- Why there is no plan ----------------------------------------------------------------------


def stored_failure(code: str, **facts: Any) -> dict[str, Any]:
    """Return why a proposal failed, as :attr:`Proposal.failure` keeps it: no words yet.

    Args:
        code: one of :data:`FAILURES`, or of an error of the house.
    """
    return {"code": code, **facts}


def not_legal(violations: Sequence[Violation]) -> dict[str, Any]:
    """Return why a plan was not kept, the first few reasons, as it is stored."""
    broken = [
        {"code": str(one.code), "names": list(one.names), "facts": _plain(one.facts)}
        for one in violations[:MOST_TOLD]
    ]
    return stored_failure(NOT_LEGAL, broken=broken)


def failure(proposal: Proposal) -> str:
    """Return why a proposal failed, in the active language; two queries if its plan broke rules."""
    if not proposal.failure:
        return ""
    code = proposal.failure.get("code", "")
    told = [str(FAILURES.get(code, DomainError.template))]
    broken = [_violation(one) for one in proposal.failure.get("broken", ())]
    if broken:
        told += dict.fromkeys(sentences(broken))
    return " ".join(told)


def _violation(kept: Mapping[str, Any]) -> Violation:
    facts = dict(kept["facts"])
    if facts.get("on"):
        facts["on"] = date.fromisoformat(facts["on"])
    return Violation(Code(kept["code"]), tuple(kept["names"]), facts)


def _plain(facts: Mapping[str, Any]) -> dict[str, Any]:
    """Return facts as plain values; one that is without end is left out, no database keeps it."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in facts.items()
        if not (isinstance(value, float) and not math.isfinite(value))
    }


def _facts(facts: Mapping[str, Any]) -> dict[str, str]:
    """Return durations as people say them; those a text speaks of are never missing."""
    found = {"over": "–", "is": "–", "wanted": "–"}
    for name, value in facts.items():
        if name.endswith("_s") and isinstance(value, int | float):
            found[name.removesuffix("_s")] = hours_and_minutes(-(-int(value) // 60))
    return found
