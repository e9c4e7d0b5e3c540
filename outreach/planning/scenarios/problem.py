"""A season's question for the planner, put together from a scenario.

Its valid plans pass the rules of scheduling: hours, holidays, terms and closed dates are in the
stops' windows; times off and what else is scheduled are in the shifts; ways and what is to spare on
them are those that scheduling reckons with.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import numpy as np

from outreach.common import clock
from outreach.places.models import ClosedDates
from outreach.planning.models import Proposal, Scenario, ScenarioPin, ScenarioStop
from outreach.planning.scenarios.cadence import rhythm_of
from outreach.planning.scenarios.hours import Hours, Taken, by_venue, seconds_of
from outreach.planning.scenarios.reading import Facts, Horizon, facts_of, is_visit
from outreach.planning.scenarios.shifts import AtHome, Fleet, fleet_of
from outreach.planning.scenarios.ways import place_of
from outreach.planning.scenarios.weighing import Weighing, weighing_of, weight_of
from outreach.routing.problem import Limits, Matrix, Pin, Problem, Running, Stop
from outreach.routing.rhythms import LikeBefore, Rhythm
from outreach.scheduling.models import Event

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Question:
    """A planner's question, and what did not become part of it.

    Attributes:
        idle: keys of stops that are not due in these days at all: their rhythm has no day there.
        at_home: days on which a vehicle would go out and cannot.
        loose_pins: keys of pins that say nothing: outside the days that are planned, of a stop that
            is not planned, or where a trip that stays visits on that day.
        base_elsewhere: keys of vehicles that are based elsewhere in the fleet: their trips are
            reckoned from there once they are published.
    """

    problem: Problem
    idle: tuple[int, ...]
    at_home: tuple[AtHome, ...]
    loose_pins: tuple[int, ...]
    base_elsewhere: tuple[int, ...]


def problem_of(scenario: Scenario, aim: str, *, now: datetime, running: bool = True) -> Problem:
    """Return a scenario as the planner's question.

    Args:
        aim: one of ``Proposal.Aim``.
        now: the present instant: of a season under way, only what is to come is planned.
        running: whether the schedule as it stands is what little is to be changed of.

    Raises:
        Conflict: if the season is over.
    """
    return question_of(scenario, aim, now=now, running=running).problem


def question_of(scenario: Scenario, aim: str, *, now: datetime, running: bool = True) -> Question:
    """Return a scenario as the planner's question, with what did not become part of it.

    A fixed number of queries, however many stops, vehicles and days.

    Raises:
        Conflict: if the season is over.
    """
    facts = facts_of(scenario, now)
    horizon = facts.horizon
    weighing = weighing_of(scenario, aim)
    fleet = fleet_of(facts, weighing)
    matrices = facts.ways.matrices()
    making = _Stops(facts, fleet, weighing, matrices)
    stops = making.stops()
    named = {stop.name for stop in stops}
    pins = [making.pin(pin) for pin in making.pins if str(making.stop_at[pin.venue_id].pk) in named]
    visits = _running(facts, named, making.stop_at) if running else ()
    if aim == Proposal.Aim.STEADIEST:
        stops = [_like_before(stop, visits) for stop in stops]
    problem = Problem(
        first_on=horizon.first_on,
        days=horizon.days,
        stops=tuple(stops),
        shifts=fleet.shifts,
        matrices=matrices,
        limits=Limits(leg_buffer_s=facts.limits.leg_buffer_min * 60, nights=fleet.nights),
        weights=weighing.weights,
        pins=tuple(pins),
        running=visits,
    )
    kept = {pin.pk for pin in making.pins}
    return Question(
        problem=problem,
        idle=tuple(stop.pk for stop in facts.stops if str(stop.pk) not in named),
        at_home=fleet.at_home,
        loose_pins=tuple(pin.pk for pin in facts.pins if pin.pk not in kept),
        base_elsewhere=tuple(
            one.vehicle_id
            for one in facts.vehicles
            if one.vehicle.base_id not in (None, one.base_id)
        ),
    )


def _like_before(stop: Stop, running: Sequence[Running]) -> Stop:
    """Return a stop that may also be visited on the days of the running season, as they are."""
    days = tuple(visit.on for visit in running if visit.stop == stop.name)
    return replace(stop, rhythm=LikeBefore(stop.rhythm, days)) if days else stop


class _Stops:
    """Makes the stops of a question and their pins."""

    def __init__(
        self, facts: Facts, fleet: Fleet, weighing: Weighing, matrices: dict[str, Matrix]
    ) -> None:
        self.facts, self.weighing = facts, weighing
        self.horizon = facts.horizon
        self.stop_at = {stop.venue_id: stop for stop in facts.stops}
        self.vehicles = {one.vehicle_id: one.vehicle for one in facts.vehicles}
        self.taken = _taken(facts, set(self.stop_at))
        self.hours = Hours(
            limits=facts.limits,
            goes_on_holidays=facts.scenario.goes_on_holidays,
            opening=by_venue(facts.opening),
            closed_dates=_by_venue(facts),
            access=facts.access,
            taken=self.taken,
        )
        self.pins = [pin for pin in facts.pins if self._says_something(pin)]
        self.first = {
            row.unit_id
            for row in facts.priorities
            if row.valid_from <= self.horizon.first_on
            and (row.valid_to is None or self.horizon.first_on < row.valid_to)
        }
        self.farthest_m, self.farthest_s = _farthest(facts, fleet, matrices)

    def stops(self) -> list[Stop]:
        """Return the stops that are due in these days."""
        pinned: dict[int, list[date]] = defaultdict(list)
        for pin in self.pins:
            pinned[pin.venue_id].append(pin.on)
        found = []
        for stop in self.facts.stops:
            last_on = self._last_on(stop)
            rhythm = rhythm_of(
                stop,
                self.horizon.first_on,
                self.horizon.days,
                last_on=last_on,
                already=self.facts.already.get(stop.venue_id, 0),
                pinned=tuple(sorted(pinned.get(stop.venue_id, ()))),
            )
            if rhythm is not None:
                found.append(self._stop(stop, rhythm, last_on))
        return found

    def pin(self, pin: ScenarioPin) -> Pin:
        """Return a pinned visit; a vehicle that no longer goes out is no condition."""
        is_known = pin.vehicle_id in self.vehicles
        return Pin(
            stop=str(self.stop_at[pin.venue_id].pk),
            on=pin.on,
            vehicle=str(pin.vehicle_id) if is_known else None,
            starts_s=None if pin.starts is None else seconds_of(pin.starts) // 60 * 60,
        )

    def _stop(self, stop: ScenarioStop, rhythm: Rhythm, last_on: date | None) -> Stop:
        hours = self.hours.of(stop, self.horizon.dates)
        commune = stop.venue.commune
        weight = weight_of(
            stop,
            self.horizon.first_on,
            self.horizon.days,
            last_on,
            is_priority=stop.venue.commune_id in self.first,
        )
        service_s = stop.service_min * 60
        away_s = self.farthest_s + service_s
        return Stop(
            name=str(stop.pk),
            place=place_of(stop.venue_id),
            rhythm=rhythm,
            service_s=service_s,
            windows=hours.windows,
            closed=hours.closed,
            barred=self._barred(stop),
            left_out_cost=self.weighing.left_out(stop, weight, self.farthest_m, away_s),
            weight=weight,
            commune=commune.code if commune else "",
        )

    def _barred(self, stop: ScenarioStop) -> dict[str, str]:
        access = self.facts.access.get(stop.venue_id)
        largest = access.largest_vehicle_m if access else None
        return {
            str(key): f"too_long:{vehicle.length_m:g}/{largest:g}"
            for key, vehicle in self.vehicles.items()
            if largest and vehicle.length_m and vehicle.length_m > largest
        }

    def _last_on(self, stop: ScenarioStop) -> date | None:
        known = [stop.last_on, self.facts.last_on.get(stop.venue_id)]
        return max(
            (day for day in known if day is not None and day < self.horizon.first_on), default=None
        )

    def _says_something(self, pin: ScenarioPin) -> bool:
        if not self.horizon.holds(pin.on) or pin.venue_id not in self.stop_at:
            return False
        return not any(one.is_visit for one in self.taken.get((pin.venue_id, pin.on), ()))


def _by_venue(facts: Facts) -> dict[int, list[ClosedDates]]:
    found: dict[int, list[ClosedDates]] = defaultdict(list)
    for row in facts.closed_dates:
        found[row.venue_id].append(row)
    return found


def _taken(facts: Facts, venues: set[int]) -> dict[tuple[int, date], list[Taken]]:
    """Return when venues are taken by what stays in the schedule."""
    events: list[Event] = [event for trip in facts.season.others for event in trip.events.all()]
    found: dict[tuple[int, date], list[Taken]] = defaultdict(list)
    for event in [*events, *facts.season.loose]:
        visits = is_visit(event)
        if event.venue_id not in venues or (event.shares_venue and not visits):
            continue
        for on, starts_s, ends_s in _hours_of(event, facts.horizon):
            found[event.venue_id, on].append(Taken(starts_s, ends_s, visits))
    return found


def _hours_of(event: Event, horizon: Horizon) -> list[tuple[date, int, int]]:
    """Return the hours of an event on each of its days, to the minute, outwards."""
    starts_at = clock.local(event.starts_at, horizon.zone)
    ends_at = clock.local(event.ends_at, horizon.zone)
    found = []
    on = max(starts_at.date(), horizon.first_on)
    while on <= ends_at.date() and on < horizon.end_on:
        starts_s = seconds_of(starts_at.time()) // 60 * 60 if on == starts_at.date() else 0
        ends_s = -(-seconds_of(ends_at.time()) // 60) * 60 if on == ends_at.date() else 24 * 3600
        if ends_s > starts_s:
            found.append((on, starts_s, ends_s))
        on += DAY
    return found


def _farthest(facts: Facts, fleet: Fleet, matrices: dict[str, Matrix]) -> tuple[float, float]:
    """Return metres and seconds of the longest way there and back again, each from its best base.

    Stops that nobody gets to are left out of it.
    """
    metres = seconds = 0.0
    bases = sorted({place_of(one.base_id) for one in facts.vehicles})
    if not bases or not facts.stops:
        return metres, seconds
    for matrix in matrices.values():
        index = matrix.index()
        homes = [index[base] for base in bases]
        away = [index[place_of(stop.venue_id)] for stop in facts.stops]
        there, back = np.ix_(homes, away), np.ix_(away, homes)
        both_s = matrix.seconds[there] + matrix.seconds[back].T
        both_m = np.where(np.isfinite(both_s), matrix.metres[there] + matrix.metres[back].T, np.inf)
        for values, is_metres in ((both_m, True), (both_s, False)):
            nearest = values.min(axis=0)
            known = nearest[np.isfinite(nearest)]
            longest = float(known.max()) if known.size else 0.0
            if is_metres:
                metres = max(metres, longest)
            else:
                seconds = max(seconds, longest)
    return metres, seconds


def _running(
    facts: Facts, named: set[str], stop_at: dict[int, ScenarioStop]
) -> tuple[Running, ...]:
    """Return the visits of the schedule that the plan is about."""
    found: dict[tuple[str, date], Running] = {}
    for trip in facts.season.own:
        for event in trip.events.all():
            stop = stop_at.get(event.venue_id)
            if stop is None or str(stop.pk) not in named:
                continue
            starts_at = clock.local(event.starts_at, facts.horizon.zone)
            on, starts_s = starts_at.date(), seconds_of(starts_at.time())
            visit = Running(str(stop.pk), on, str(trip.vehicle_id), starts_s)
            found.setdefault((visit.stop, on), visit)
    return tuple(found.values())
