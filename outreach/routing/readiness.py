"""Having the search compiled before somebody waits for it."""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np

from outreach.routing.apart import Solver, solve_apart
from outreach.routing.effort import Effort
from outreach.routing.plan import Plan
from outreach.routing.problem import ALL_DAY, Matrix, Problem, Shift, Stop
from outreach.routing.rhythms import OneOf

EFFORT = Effort(seconds=60.0, iterations=40, processes=1)
"""A few steps; the time is for a search that hangs."""


def get_ready(*, solver: Solver | None = None) -> Plan:
    """Plan two visits in a process of its own: what is compiled for that is kept for the next.

    Args:
        solver: what searches there; the planner's own by default.

    Raises:
        SearchFailed: if the search cannot be begun here.
    """
    return solve_apart(_two_visits(), EFFORT, solver=solver)


def _two_visits() -> Problem:
    on = date(2026, 1, 5)
    ways_s = np.array([[0.0, 600.0, 900.0], [600.0, 0.0, 600.0], [900.0, 600.0, 0.0]])
    days = (on, on + timedelta(days=1))
    open_on = dict.fromkeys(days, ALL_DAY)
    stops = [
        Stop(name, name, OneOf(((on,),)), 1800, open_on, left_out_cost=1e6)
        for name in ("here", "there")
    ]
    shifts = [
        Shift(f"van {day}", "van", "crew", day, 7 * 3600, 17 * 3600, "base", "base", "road")
        for day in days
    ]
    matrix = Matrix(("base", "here", "there"), ways_s * 10, ways_s)
    return Problem(on, 7, tuple(stops), tuple(shifts), {"road": matrix})
