"""Making the smallest change that would place a visit left out: in its scenario, or in a copy.

A scenario knows hours for all days of a vehicle and one window for a venue, so a change that the
planner asks for on one day holds for all of them there; what cannot be said in a scenario, such as
a way that a vehicle takes after all, is left to where it belongs.
"""

from __future__ import annotations

from datetime import date, time
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common.errors import Conflict
from outreach.planning.models import LeftOutVisit, Scenario, ScenarioStop, ScenarioVehicle
from outreach.planning.scenarios import services

MOST_TOLERANCE_DAYS = 14
LAST_MINUTE = time(23, 59)
GRANTED = frozenset(
    {
        "longer_shift",
        "another_day",
        "other_window",
        "shorter_service",
        "extra_shift",
        "longer_cycle",
    }
)
"""Kinds of changes (:data:`outreach.planning.proposals.reasons.KINDS`) that a scenario can say."""


def can_grant(left_out: LeftOutVisit) -> bool:
    """Tell whether the smallest change is one that a scenario can say."""
    return left_out.change.get("kind") in GRANTED


@transaction.atomic
def grant(
    *, actor: User, left_out: LeftOutVisit, in_copy: bool = False, name: str = ""
) -> Scenario:
    """Make the smallest change that would place a visit; return the scenario it was made in.

    Args:
        left_out: with its stop and the stop's venue.
        in_copy: leave the scenario as it is and make a copy.
        name: of the copy.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        Conflict: if there is no such change, or what it is about is no longer there.
        ValidationError: if it goes beyond what a scenario can say.
    """
    if not can_grant(left_out):
        raise Conflict(_("There is no change that could be made here."), code="no_change")
    scenario = left_out.proposal.scenario
    if in_copy:
        scenario = services.make_scenario(
            actor=actor, season=scenario.season, name=name, based_on=scenario
        )
    facts = left_out.change
    if "vehicle" in facts:
        _grant_vehicle(actor, scenario, facts)
    else:
        _grant_stop(actor, scenario, left_out, facts)
    return scenario


def _grant_vehicle(actor: User, scenario: Scenario, facts: dict[str, Any]) -> None:
    rows = ScenarioVehicle.objects.filter(scenario=scenario, vehicle=facts["vehicle"])
    chosen = rows.select_related("vehicle", "base").first()
    if chosen is None:
        raise Conflict(_("This vehicle no longer goes out."), code="vehicle_gone")
    on = date.fromisoformat(facts["on"])
    if facts["kind"] == "extra_shift":
        if on.weekday() in chosen.weekdays:
            raise Conflict(
                _("The vehicle goes out on that weekday already: it is the crew that is missing."),
                code="crew_missing",
            )
        changed: dict[str, Any] = {"weekdays": chosen.weekdays | {on.weekday()}}
    else:
        changed = _longer(chosen, facts["seconds"])
    services.set_vehicle(actor=actor, scenario=scenario, vehicle=chosen.vehicle, **changed)


def _longer(chosen: ScenarioVehicle, seconds: int) -> dict[str, Any]:
    """Return hours that are longer, by whole quarters of an hour."""
    more_min = -(-seconds // 900) * 15
    end_min = min(chosen.returns.hour * 60 + chosen.returns.minute + more_min, 24 * 60 - 1)
    changed: dict[str, Any] = {"returns": time(end_min // 60, end_min % 60)}
    if chosen.longest_min is not None:
        changed["longest_min"] = chosen.longest_min + more_min
    return changed


def _grant_stop(
    actor: User, scenario: Scenario, left_out: LeftOutVisit, facts: dict[str, Any]
) -> None:
    rows = ScenarioStop.objects.filter(scenario=scenario, venue=left_out.stop.venue_id)
    stop = rows.select_related("venue").first()
    if stop is None:
        raise Conflict(_("This venue is no longer a stop."), code="stop_gone")
    services.set_stop(actor=actor, scenario=scenario, venue=stop.venue, **_wanted(stop, facts))


def _wanted(stop: ScenarioStop, facts: dict[str, Any]) -> dict[str, Any]:
    match facts["kind"]:
        case "another_day":
            days = min(stop.tolerance_days + facts["days"], MOST_TOLERANCE_DAYS)
            return {"tolerance_days": days}
        case "shorter_service":
            return {"service_min": max(stop.service_min - -(-facts["seconds"] // 60), 1)}
        case "longer_cycle":
            return {"rhythm": ScenarioStop.Rhythm.WEEKS, "every_weeks": facts["weeks"]}
        case _:
            opens, closes = _clock(facts["opens_s"]), _clock(facts["closes_s"])
            return {
                "opens": min(opens, stop.opens or opens),
                "closes": max(closes, stop.closes or closes),
            }


def _clock(seconds: int) -> time:
    minutes = seconds // 60
    return time(minutes // 60, minutes % 60) if minutes < 24 * 60 else LAST_MINUTE
