"""What counts how much in a scenario: from its weights of 0 to 10 to metres' worth of driving.

All in one place; a cost of 1,000 is as bad as one kilometre.

=====================  ==========================================================================
cost                   metres' worth
=====================  ==========================================================================
metre                  1
second on duty         what the scenario's hour costs in kilometres / 3,600, x hours / 10
spread of weeks        1,000 x balance / 10, for an hour above the mean, squared
changed visit          60,000 x steadiness / 10 (another day; half for another vehicle)
day beside its rhythm  1,000 x same_vehicle / 10
other vehicle          10,000 x same_vehicle / 10
day of waiting         1,000 x fairness / 10, x the stop's weight, until its first visit
day out                what the scenario's day costs in kilometres
night away             what the scenario's night costs in kilometres
visit left out         4 x the farthest there-and-back with its hours and a day out, 200,000 at
                       least, x priority (low 1/2, usual 1, high 2), x the stop's weight as far as
                       fairness counts
=====================  ==========================================================================

What the aims make of the weights:

=========  ==================================================================================
shortest   all weights 0, a day out costs nothing: metres, nights and visits left out only
fairest    fairness 20
steadiest  steadiness 20, same_vehicle 5 at least
others     re-optimised: as steadiest; by hand: as they are
=========  ==================================================================================

A stop's weight: 1 + half of each cycle it has waited longer than promised (three at most; who was
never visited has waited one), x 1.5 in a priority commune (Circular 05/2022).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from outreach.planning.models import Proposal, Scenario, ScenarioStop
from outreach.routing.problem import Weights
from outreach.routing.rhythms import WEEK

FULL = 10
LEFT_OUT_TIMES = 4
LEFT_OUT_LEAST_M = 200_000.0
PRIORITY = {
    ScenarioStop.Priority.LOW: 0.5,
    ScenarioStop.Priority.USUAL: 1.0,
    ScenarioStop.Priority.HIGH: 2.0,
}
SPREAD_M = 1_000.0
CHANGE_M = 60_000.0
OFF_RHYTHM_M = 1_000.0
OTHER_VEHICLE_M = 10_000.0
WAITING_M = 1_000.0
WAITED_CYCLES = 3.0
PRIORITY_COMMUNE = 1.5
MOST_HOUR_M, MOST_DAY_M, MOST_NIGHT_M = 100_000.0, 500_000.0, 500_000.0
"""However cheap somebody says a kilometre is, an hour is not worth more than 100 of them."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """A scenario's weights under an aim, from 0 to 20, and its money in metres.

    Attributes:
        hour_m, day_m, night_m: what an hour of a crew, a day out and a night away are worth.
    """

    fairness: int
    balance: int
    steadiness: int
    same_vehicle: int
    hours: int
    hour_m: float
    day_m: float
    night_m: float

    @property
    def weights(self) -> Weights:
        """The weights of the planner's question."""
        return Weights(
            duty_second=self.hour_m / 3600 * self.hours / FULL,
            spread=SPREAD_M * self.balance / FULL,
            change=CHANGE_M * self.steadiness / FULL,
            off_rhythm_day=OFF_RHYTHM_M * self.same_vehicle / FULL,
            other_vehicle=OTHER_VEHICLE_M * self.same_vehicle / FULL,
            waiting_day=WAITING_M * self.fairness / FULL,
        )

    def left_out(
        self, stop: ScenarioStop, weight: float, farthest_m: float, away_s: float
    ) -> float:
        """Return what leaving out one visit costs.

        Args:
            weight: of the stop.
            farthest_m: the farthest there-and-back of the scenario.
            away_s: the longest time that this and a visit take.
        """
        detour = farthest_m + away_s * self.weights.duty_second + self.day_m
        base = max(LEFT_OUT_TIMES * detour, LEFT_OUT_LEAST_M)
        fair = 1 + min(self.fairness / FULL, 1) * (weight - 1)
        return base * PRIORITY[ScenarioStop.Priority(stop.priority)] * fair


def weighing_of(scenario: Scenario, aim: str) -> Weighing:
    """Return what counts how much for an aim, one of ``Proposal.Aim``."""
    km_cost = max(scenario.km_cost, 1)
    as_set = Weighing(
        fairness=scenario.fairness,
        balance=scenario.balance,
        steadiness=scenario.steadiness,
        same_vehicle=scenario.same_vehicle,
        hours=scenario.hours,
        hour_m=min(scenario.hour_cost / km_cost * 1000, MOST_HOUR_M),
        day_m=min(scenario.day_cost / km_cost * 1000, MOST_DAY_M),
        night_m=min(scenario.night_cost / km_cost * 1000, MOST_NIGHT_M),
    )
    match Proposal.Aim(aim):
        case Proposal.Aim.SHORTEST:
            return replace(
                as_set, fairness=0, balance=0, steadiness=0, same_vehicle=0, hours=0, day_m=0.0
            )
        case Proposal.Aim.FAIREST:
            return replace(as_set, fairness=2 * FULL)
        case Proposal.Aim.STEADIEST | Proposal.Aim.REWORKED:
            same = max(as_set.same_vehicle, FULL // 2)
            return replace(as_set, steadiness=2 * FULL, same_vehicle=same)
        case _:
            return as_set


def weight_of(
    stop: ScenarioStop, first_on: date, days: int, last_on: date | None, *, is_priority: bool
) -> float:
    """Return how much a stop counts for fairness; 1 is usual.

    Args:
        first_on, days: of the season.
        last_on: its last visit before.
        is_priority: whether its commune is one that comes first.
    """
    waited = 1.0
    if last_on is not None:
        cycle = cycle_days(stop, days)
        waited = min(max((first_on - last_on).days / cycle - 1, 0.0), WAITED_CYCLES)
    return (1 + waited / 2) * (PRIORITY_COMMUNE if is_priority else 1.0)


def cycle_days(stop: ScenarioStop, days: int) -> float:
    """Return how many days lie between two visits of a stop in a season of ``days`` days."""
    if stop.rhythm == ScenarioStop.Rhythm.WEEKS:
        return stop.every_weeks * WEEK
    if stop.rhythm == ScenarioStop.Rhythm.TIMES:
        return max(days / stop.times, 1.0)
    return 30.0 / max(len([part for part in stop.nths.split(",") if part.strip()]), 1)
