"""How soon a month of 110 stops and 200 visits has its first legal plan, and how full it is.

20 stops weekly, 30 fortnightly and 60 monthly; two vans at two bases on 20 days; visits of 45 to 90
minutes; each stop is closed on one weekday, and three of ten take visits in the morning only.
"""

from __future__ import annotations

import random
from datetime import date, timedelta
from time import perf_counter

from outreach.routing.costs import cost_of
from outreach.routing.effort import Effort
from outreach.routing.problem import Problem, Shift, Stop, Weights, Window
from outreach.routing.rhythms import EveryWeeks
from outreach.routing.solver import solve
from outreach.routing.travel.estimate import Estimate
from outreach.routing.travel.places import Place
from outreach.routing.validator import violations

FIRST_ON = date(2026, 3, 2)
DAYS = 28
VISITS = {1: 20, 2: 30, 4: 60}
"""How many stops are visited every so many weeks."""
H = 3600
MOST_S, GOAL_S = 15.0, 2.0


def main() -> bool:
    """Measure; compiling the search, the first time it is used, is not counted."""
    problem = a_month(random.Random(1))
    solve(problem, Effort(None, iterations=40, processes=1))
    print("\nA month of 110 stops, 200 visits, 2 vans, 20 days")
    good = True
    for what, effort in (
        ("first legal plan", Effort(None, iterations=40, processes=1)),
        ("after 2 s", Effort(2.0)),
        ("after 20 s", Effort(20.0)),
    ):
        began = perf_counter()
        plan = solve(problem, effort)
        took = perf_counter() - began
        costs = cost_of(problem, plan)
        placed = sum(1 for _visit in plan.visits())
        legal = not violations(problem, plan)
        good &= legal
        print(
            f"  {what:18} {took:6.2f} s  {placed:3} of {placed + costs.left_out} visits"
            f"  {costs.metres / 1000:6.0f} km  {'legal' if legal else 'NOT LEGAL'}"
        )
        if what == "first legal plan":
            good &= took <= MOST_S
            print(f"  {'':18} at most {MOST_S:g} s, goal {GOAL_S:g} s")
    return good


def a_month(chance: random.Random) -> Problem:
    """Return the season."""
    dates = [FIRST_ON + timedelta(days=number) for number in range(DAYS)]
    weeks = [weeks for weeks, count in VISITS.items() for _stop in range(count)]
    bases = [Place("base 1", 18.67, 105.69), Place("base 2", 19.05, 105.3)]
    places = [
        Place(f"stop {n}", chance.uniform(18.75, 19.1), chance.uniform(105.2, 105.7))
        for n in range(len(weeks))
    ]
    stops = tuple(
        _stop(place.name, every, dates, chance) for place, every in zip(places, weeks, strict=True)
    )
    shifts = tuple(
        Shift(
            f"{base.name} {on}",
            base.name,
            base.name,
            on,
            7 * H,
            17 * H + 1800,
            base.name,
            base.name,
            "road",
        )
        for on in dates
        if on.weekday() < 5
        for base in bases
    )
    matrix = Estimate().ask([*bases, *places]).matrix
    return Problem(FIRST_ON, DAYS, stops, shifts, {"road": matrix}, weights=Weights())


def _stop(name: str, weeks: int, dates: list[date], chance: random.Random) -> Stop:
    closed = chance.randrange(5)
    closes_s = 11 * H + 1800 if chance.random() < 0.3 else 17 * H
    hours = (Window(7 * H + 1800, closes_s),)
    windows = {on: hours for on in dates if on.weekday() not in (closed, 5, 6)}
    return Stop(
        name,
        name,
        EveryWeeks(weeks, tolerance_days=1 if weeks > 1 else 0),
        chance.choice([45, 60, 75, 90]) * 60,
        windows,
        left_out_cost=500_000.0,
    )


if __name__ == "__main__":
    raise SystemExit(0 if main() else 1)
