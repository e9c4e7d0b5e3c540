"""Why a visit is left out and what would place it: stored as plain values, told in sentences.

Codes of reasons are those of :class:`outreach.routing.timing.Reason` and never change; kinds of
changes are named here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from outreach.fleet.models import Vehicle
from outreach.planning.models import LeftOutVisit
from outreach.planning.proposals import names
from outreach.planning.scenarios.hours import closed_text
from outreach.routing.changes import (
    AnotherDay,
    Change,
    ExtraShift,
    LongerCycle,
    LongerShift,
    OtherVehicle,
    OtherWindow,
    ShorterService,
)
from outreach.routing.explainer import Explanation, Refusal
from outreach.routing.problem import Window
from outreach.routing.timing import Reason
from outreach.scheduling.domain.rules import hours_and_minutes

MINUTE_S = 60
MOST_FACTS = 3
"""Of the facts beside a reason, so many are stored; the rest are like them."""
TAKEN_OUT = "taken_out"
"""The reason of a visit that somebody took out by hand."""
NOT_ASKED = "not_asked"
"""The reason of a visit that was just left out and not explained yet."""

REASONS: dict[str, Promise] = {
    Reason.NO_SHIFT: _("no vehicle goes out with a crew"),
    Reason.CLOSED: _("the venue cannot be visited"),
    Reason.BARRED: _("the vehicle cannot get there"),
    Reason.TWICE: _("it is visited on that day already"),
    Reason.CAPACITY: _("the vehicle carries too little"),
    Reason.NO_WAY: _("there is no way"),
    Reason.WINDOW: _("the vehicle cannot be there in the venue's hours"),
    Reason.DRIVING: _("it would be too much driving for one person"),
    Reason.LUNCH: _("no time for lunch would be left"),
    Reason.SHIFT_OVER: _("the vehicle would be back too late"),
    Reason.BUSY: _("vehicle or crew are out elsewhere"),
    Reason.PINNED: _("a pinned visit stands in the way"),
}
KINDS: dict[type[Change], str] = {
    LongerShift: "longer_shift",
    AnotherDay: "another_day",
    OtherWindow: "other_window",
    OtherVehicle: "other_vehicle",
    ShorterService: "shorter_service",
    ExtraShift: "extra_shift",
    LongerCycle: "longer_cycle",
}


@dataclass(frozen=True, slots=True)
class Told:
    """What people read of a visit left out.

    Attributes:
        reasons: a sentence each, the most frequent first.
        change: the smallest change that would place it; empty if none was found.
        trouble_min: how much trouble that is, in minutes of somebody's time.
    """

    reasons: tuple[str, ...]
    change: str
    trouble_min: int = 0


# --- Stored ------------------------------------------------------------------------------------


def stored(explanation: Explanation) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return an explanation as it is stored: reasons, most frequent first, and the change."""
    of_reason: dict[str, list[Refusal]] = defaultdict(list)
    for refusal in explanation.refusals:
        of_reason[refusal.reason].append(refusal)
    ordered = sorted(of_reason.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    reasons = [_stored_reason(code, refusals) for code, refusals in ordered]
    if explanation.smallest is None:
        return reasons, {}
    change = stored_change(explanation.smallest)
    return reasons, change | {"trouble_min": explanation.trouble_min}


def _stored_reason(code: str, refusals: Sequence[Refusal]) -> dict[str, Any]:
    facts: dict[str, Any] = {"code": str(code), "times": len(refusals)}
    facts["days"] = [one.isoformat() for one in sorted({one.on for one in refusals})]
    over = [one.over_s for one in refusals if one.over_s]
    if over:
        facts["over_min"] = _minutes(min(over))
    because = list(dict.fromkeys(one.because for one in refusals if one.because))
    if because:
        facts["because"] = because[:MOST_FACTS]
    vehicles = sorted({int(one.vehicle) for one in refusals if one.vehicle})
    if vehicles:
        facts["vehicles"] = vehicles
    return facts


def stored_change(change: Change) -> dict[str, Any]:
    """Return a change as plain values."""
    facts: dict[str, Any] = {"kind": KINDS[type(change)]}
    match change:
        case LongerShift(shift, seconds):
            vehicle, on = names.vehicle_day(shift)
            facts |= {"vehicle": vehicle, "on": on.isoformat(), "seconds": seconds}
        case AnotherDay(stop, days):
            facts |= {"stop": int(stop), "days": days}
        case OtherWindow(stop, on, window):
            facts |= {"stop": int(stop), "on": on.isoformat()}
            facts |= {"opens_s": window.opens_s, "closes_s": window.closes_s}
        case OtherVehicle(stop, name):
            facts |= {"stop": int(stop), "vehicle": int(name)}
        case ShorterService(stop, seconds):
            facts |= {"stop": int(stop), "seconds": seconds}
        case ExtraShift(name, on, crew):
            facts |= {"vehicle": int(name), "on": on.isoformat(), "crew": names.crew_of(crew)}
        case LongerCycle(stop, weeks):
            facts |= {"stop": int(stop), "weeks": weeks}
    return facts


def change_of(facts: Mapping[str, Any]) -> Change | None:
    """Return a stored change as the planner knows it; ``None`` if none is stored, or known."""
    read: dict[str, Callable[[], Change]] = {
        "longer_shift": lambda: LongerShift(
            names.shift_name(facts["vehicle"], _on(facts)), facts["seconds"]
        ),
        "another_day": lambda: AnotherDay(str(facts["stop"]), facts["days"]),
        "other_window": lambda: OtherWindow(
            str(facts["stop"]), _on(facts), Window(facts["opens_s"], facts["closes_s"])
        ),
        "other_vehicle": lambda: OtherVehicle(str(facts["stop"]), str(facts["vehicle"])),
        "shorter_service": lambda: ShorterService(str(facts["stop"]), facts["seconds"]),
        "extra_shift": lambda: ExtraShift(
            str(facts["vehicle"]), _on(facts), "-".join(str(key) for key in facts["crew"])
        ),
        "longer_cycle": lambda: LongerCycle(str(facts["stop"]), facts["weeks"]),
    }
    make = read.get(facts.get("kind", ""))
    return make() if make is not None else None


# --- Told --------------------------------------------------------------------------------------


def told(rows: Sequence[LeftOutVisit]) -> dict[int, Told]:
    """Return what people read of visits left out, by their keys; one query.

    Args:
        rows: with their stops.
    """
    keys = {key for row in rows for key in _vehicles(row)}
    vehicles = {one.pk: one.name for one in Vehicle.objects.filter(pk__in=keys)}
    return {row.pk: _told(row, vehicles) for row in rows}


def _vehicles(row: LeftOutVisit) -> Iterable[int]:
    for reason in row.reasons:
        yield from reason.get("vehicles", ())
    if "vehicle" in row.change:
        yield row.change["vehicle"]


def _told(row: LeftOutVisit, vehicles: Mapping[int, str]) -> Told:
    return Told(
        reasons=tuple(_sentence(reason, vehicles) for reason in row.reasons),
        change=_change(row, vehicles),
        trouble_min=row.change.get("trouble_min", 0),
    )


def _sentence(reason: Mapping[str, Any], vehicles: Mapping[int, str]) -> str:
    """Return one reason as a sentence: how often, what, and what of it is known."""
    code = reason["code"]
    if code == TAKEN_OUT:
        return gettext("Somebody took it out by hand.")
    if code == NOT_ASKED:
        return gettext("It was left out when something else was changed by hand.")
    what = str(REASONS.get(code, code))
    if said := _facts(reason, vehicles):
        what = f"{what} ({said})"
    text = ngettext(
        "On %(times)d vehicle-day: %(what)s.",
        "On %(times)d vehicle-days: %(what)s.",
        reason["times"],
    )
    if code == Reason.NO_SHIFT:
        text = ngettext(
            "On %(times)d day: %(what)s.", "On %(times)d days: %(what)s.", reason["times"]
        )
    return text % {"times": reason["times"], "what": what}


def _facts(reason: Mapping[str, Any], vehicles: Mapping[int, str]) -> str:
    if "over_min" in reason:
        over = hours_and_minutes(reason["over_min"])
        return gettext("by %(over)s at the least") % {"over": over}
    if reason["code"] == Reason.CLOSED:
        return "; ".join(closed_text(one) for one in reason.get("because", ()))
    if reason["code"] == Reason.BARRED:
        return ", ".join(vehicles[key] for key in reason.get("vehicles", ()) if key in vehicles)
    return ""


def _change(row: LeftOutVisit, vehicles: Mapping[int, str]) -> str:
    facts = row.change
    if not facts:
        return ""
    params: dict[str, Any] = {"vehicle": vehicles.get(facts.get("vehicle", 0), "–")}
    if "on" in facts:
        params["day"] = date_format(_on(facts), "D d/m/Y")
    if "seconds" in facts:
        params["time"] = hours_and_minutes(_minutes(facts["seconds"]))
    if "opens_s" in facts:
        params |= {"opens": _clock(facts["opens_s"]), "closes": _clock(facts["closes_s"])}
    params["weeks"], params["days"] = facts.get("weeks", 0), facts.get("days", 0)
    params["before"] = row.stop.every_weeks
    params["left"] = hours_and_minutes(
        max(row.stop.service_min - _minutes(facts.get("seconds", 0)), 0)
    )
    texts = {
        "longer_shift": gettext("%(vehicle)s is out %(time)s longer on %(day)s."),
        "another_day": ngettext(
            "The visits here may lie %(days)d day farther from their rhythm.",
            "The visits here may lie %(days)d days farther from their rhythm.",
            params["days"],
        ),
        "other_window": gettext("It may be visited from %(opens)s to %(closes)s on %(day)s."),
        "other_vehicle": gettext("%(vehicle)s gets there after all."),
        "shorter_service": gettext("The visits here are %(time)s shorter (%(left)s)."),
        "extra_shift": gettext("%(vehicle)s goes out on %(day)s too."),
        "longer_cycle": gettext("A visit every %(weeks)d weeks instead of %(before)d."),
    }
    text = texts.get(facts["kind"])
    return text % params if text is not None else ""


def _minutes(seconds: int) -> int:
    """Return whole minutes that are enough."""
    return -(-seconds // MINUTE_S)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"


def _on(facts: Mapping[str, Any]) -> date:
    return date.fromisoformat(facts["on"])
