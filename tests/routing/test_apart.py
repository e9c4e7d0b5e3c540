"""A search in a process of its own is heard, stopped and ended, whatever it does."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable
from datetime import date

import numpy as np
import pytest

from outreach.routing.apart import SearchFailed, solve_apart
from outreach.routing.effort import Ask, Cancelled, Effort, Progress
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import Matrix, Problem
from outreach.routing.readiness import get_ready

ON = date(2027, 3, 1)
PROBLEM = Problem(
    first_on=ON,
    days=7,
    stops=(),
    shifts=(),
    matrices={"": Matrix(("a",), np.zeros((1, 1)), np.zeros((1, 1)))},
)
EFFORT = Effort(seconds=60.0)
PROGRESS = Progress(1.0, 0.5, 3.0, 2.0, 1.0, 4, 5)


def at_once(problem: Problem, effort: Effort, *, start: Plan | None, watch: object) -> Plan:
    """Say that a visit is left out for each process asked for."""
    return Plan((), (LeftOut(f"{problem.days} {effort.seed}", problem.first_on),))


def until_stopped(
    problem: Problem,
    effort: Effort,
    *,
    start: Plan | None,
    watch: Callable[[Progress], Ask],
) -> Plan:
    """Go on until somebody says stop."""
    while watch(PROGRESS) != Ask.STOP:
        threading.Event().wait(0.01)
    return Plan(())


def for_ever(problem: Problem, effort: Effort, *, start: Plan | None, watch: object) -> Plan:
    """Never look up."""
    threading.Event().wait()
    return Plan(())


def broken(problem: Problem, effort: Effort, *, start: Plan | None, watch: object) -> Plan:
    """Fail."""
    raise ValueError("no such day")


def killed(problem: Problem, effort: Effort, *, start: Plan | None, watch: object) -> Plan:
    """End as the system ends what takes too much memory."""
    os.kill(os.getpid(), signal.SIGKILL)
    return Plan(())


def test_the_plan_comes_back_whole() -> None:
    found = solve_apart(PROBLEM, Effort(seconds=None, iterations=1, seed=4), solver=at_once)
    assert found == Plan((), (LeftOut("7 4", ON),))


def test_progress_is_told_and_a_stop_is_heard() -> None:
    told: list[Progress] = []

    def watch(progress: Progress | None) -> Ask:
        if progress is not None:
            told.append(progress)
        return Ask.STOP if told else Ask.GO_ON

    assert solve_apart(PROBLEM, EFFORT, solver=until_stopped, watch=watch) == Plan(())
    assert told[0] == PROGRESS


def test_a_search_that_never_looks_up_can_be_cancelled() -> None:
    with pytest.raises(Cancelled):
        solve_apart(PROBLEM, EFFORT, solver=for_ever, watch=lambda _progress: Ask.CANCEL)


def test_a_search_that_hangs_is_ended() -> None:
    with pytest.raises(SearchFailed):
        solve_apart(PROBLEM, Effort(seconds=0.1), solver=for_ever, grace_s=0.1)


@pytest.mark.parametrize(("solver", "words"), [(broken, "no such day"), (killed, "from outside")])
def test_a_search_that_breaks_says_so(solver: Callable[..., Plan], words: str) -> None:
    with pytest.raises(SearchFailed, match=words):
        solve_apart(PROBLEM, EFFORT, solver=solver)


def in_two_days(problem: Problem, effort: Effort, *, start: Plan | None, watch: object) -> Plan:
    """Leave both visits out that are asked for to have the search ready."""
    return Plan((), tuple(LeftOut(stop.name, problem.first_on) for stop in problem.stops))


def test_the_search_is_made_ready_in_a_process_of_its_own() -> None:
    assert len(get_ready(solver=in_two_days).left_out) == 2
    with pytest.raises(SearchFailed):
        get_ready(solver=broken)
