"""Searching in a process of its own: it can be ended at any moment, and takes nobody along.

A search may not look up for a while, may be ended by the system for want of memory, or may hang.
Whoever waits for it here hears of all that, and has a cancelled one off the machine at once.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from time import monotonic
from typing import Any

from outreach.routing.effort import Ask, Cancelled, Effort, Progress
from outreach.routing.plan import Plan
from outreach.routing.problem import Problem

LOOK_S = 0.25
"""How often whoever waits looks up."""
GRACE_S = 300.0
"""A search that is not over so long after its time has hung."""

Watch = Callable[[Progress | None], Ask]
"""Told of the latest progress, ``None`` while there is none yet; says what is wanted."""
Solver = Callable[..., Plan]


class SearchFailed(RuntimeError):
    """The search broke, was ended from outside, or hung; the message says what is known of it."""


@dataclass(frozen=True, slots=True)
class _Outcome:
    plan: Plan | None = None
    failure: str = ""


def solve_apart(
    problem: Problem,
    effort: Effort,
    *,
    start: Plan | None = None,
    watch: Watch | None = None,
    solver: Solver | None = None,
    grace_s: float = GRACE_S,
) -> Plan:
    """Return the plan that a search of its own process finds.

    Args:
        start: a plan to begin with.
        watch: asked several times a second, whether the search has told something new or not.
        solver: what searches there, a function that can be imported; the planner's own by default.
        grace_s: how long after its time, in seconds, a search has hung.

    Raises:
        Cancelled: as soon as ``watch`` wants it.
        SearchFailed: if the search broke, was ended from outside, or hung.
    """
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_search, args=(theirs, solver, problem, effort, start))
    process.start()
    theirs.close()
    try:
        limit_s = None if effort.seconds is None else effort.seconds + grace_s
        return _wait(ours, watch, limit_s)
    finally:
        _end(process)
        ours.close()


def _wait(ours: Connection, watch: Watch | None, limit_s: float | None) -> Plan:
    began_s, latest, asked = monotonic(), None, Ask.GO_ON
    while True:
        told = _heard(ours)
        if isinstance(told, _Outcome):
            return _plan_of(told)
        latest = told or latest
        if limit_s is not None and monotonic() - began_s > limit_s:
            raise SearchFailed("The search did not end.")
        ask = watch(latest) if watch is not None else Ask.GO_ON
        if ask == Ask.CANCEL:
            raise Cancelled
        if ask != asked:
            asked = ask
            with contextlib.suppress(OSError):  # it may be over already: that is read next
                ours.send(ask)


def _heard(ours: Connection) -> Progress | _Outcome | None:
    """Return the latest of what a search has told within a moment; nothing after its outcome.

    Raises:
        SearchFailed: if it is gone.
    """
    until_s = monotonic() + LOOK_S
    told: Progress | _Outcome | None = None
    try:
        while ours.poll(max(until_s - monotonic(), 0)):
            told = ours.recv()
            if isinstance(told, _Outcome) or monotonic() >= until_s:
                break
    except (EOFError, OSError) as error:
        raise SearchFailed("The search was ended from outside.") from error
    return told


def _plan_of(outcome: _Outcome) -> Plan:
    if outcome.plan is None:
        raise SearchFailed(outcome.failure)
    return outcome.plan


def _end(process: BaseProcess) -> None:
    """Let nothing of a search go on: its own processes are of its group."""
    if process.pid is not None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    process.kill()
    process.join()


def _search(
    theirs: Connection, solver: Solver | None, problem: Problem, effort: Effort, start: Plan | None
) -> None:
    """Search, in the process that was made for it."""
    os.setsid()
    wish = Ask.GO_ON

    def tell(progress: Progress) -> Ask:
        nonlocal wish
        theirs.send(progress)  # raises once nobody listens any more: then nobody wants a plan
        while theirs.poll():
            wish = theirs.recv()
        return wish

    try:
        search = solver or _own_solver()
        found: Any = _Outcome(plan=search(problem, effort, start=start, watch=tell))
    except (BrokenPipeError, EOFError):
        return
    except BaseException as error:
        found = _Outcome(failure=f"{type(error).__name__}: {error}")
    theirs.send(found)


def _own_solver() -> Solver:
    """Return the planner's search; only this process loads what is compiled for it."""
    solver: Solver = import_module("outreach.routing.solver").solve
    return solver
