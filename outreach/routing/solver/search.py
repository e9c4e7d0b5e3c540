"""The search for a season's plan: strands of ruin and recreate that share what they find."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from time import monotonic

import numpy as np

from outreach.routing.effort import Ask, Cancelled, Effort, Progress, Watch
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import DAY_S, Matrix, Problem, Shift, Stop, Window
from outreach.routing.rhythms import OneOf
from outreach.routing.solver import kernel
from outreach.routing.solver.compiled import FAR, Compiled
from outreach.routing.solver.kernel import arrays
from outreach.routing.solver.plans import keeps_pins, plan_of, put_into, put_pins

ROUNDS = 40
"""A search has at least so many rounds; after each, strands are compared and people are told."""
ROUND_S = 1.0
"""And no round is longer than this."""
CHUNK_S = 0.1
SHARING = (0.5, 0.7, 0.85)
"""At these shares of the work, all strands go on from the best plan."""
WARM, COLD = 0.2, 0.004
"""Temperatures at the beginning and the end, in median ways."""
NOISE = 0.1
MOST_STOPS = 24
"""Taken out in one step; fewer where there are few."""
FEW_STOPS = 8
"""Where there are no more than these, all may be taken out at once."""


def solve(
    problem: Problem, effort: Effort, *, start: Plan | None = None, watch: Watch | None = None
) -> Plan:
    """Return the best plan that is found.

    Args:
        start: a plan to begin with; what of it is not legal is planned anew.
        watch: is told of progress about once a second, and says what is wanted.

    Raises:
        Cancelled: if ``watch`` says so.
        BadProblem: if more visits of a stop are pinned than the season has.
    """
    if not problem.stops or not problem.shifts:
        return Plan((), _all_left_out(problem))
    return _Search(Compiled(problem), effort, start).run(watch)


def make_ready() -> None:
    """Compile the kernel, by planning next to nothing; half a minute if it never was."""
    on = date(2001, 1, 1)
    windows = {on: (Window(0, DAY_S),)}
    stop = Stop("stop", "place", OneOf(((on,),)), 60, windows, left_out_cost=1.0)
    shift = Shift("shift", "vehicle", "crew", on, 0, DAY_S, "place", "place", "road")
    matrix = Matrix(("place",), np.zeros((1, 1)), np.zeros((1, 1)))
    problem = Problem(on, 1, (stop,), (shift,), {"road": matrix})
    solve(problem, Effort(None, iterations=1, processes=1))


def _all_left_out(problem: Problem) -> tuple[LeftOut, ...]:
    """Return every visit of the first pattern of each stop."""
    return tuple(
        LeftOut(stop.name, on)
        for stop in problem.stops
        for on in (stop.rhythm.patterns(problem.first_on, problem.days) or [()])[0]
    )


class _Strand:
    """One search, with a plan and random numbers of its own."""

    def __init__(self, compiled: Compiled, seed: int, start: Plan | None) -> None:
        self.compiled = compiled
        self.question = compiled.question
        self.state = compiled.state(seed)
        self.touched = compiled.touched()
        self.value = np.full(compiled.problem.days, math.inf)
        self.best_cost = math.inf
        self.steps = 200
        if start is not None and keeps_pins(compiled.problem, start):
            put_into(compiled, self.state, start)
        else:
            put_pins(compiled, self.state)
        kernel.build(self.question, self.state, self.touched, self.value, _build_order(compiled))
        self.best = compiled.kept(self.state)
        self._note_if_best()

    def _note_if_best(self) -> None:
        cost, excess = kernel.refresh_all(self.question, self.state)
        if excess == 0.0 and cost < self.best_cost:
            self.best_cost = cost
            kernel.keep(self.state, self.best)

    def take(self, other: _Strand) -> None:
        """Go on from the best plan of another strand."""
        if other.best_cost < math.inf:
            kernel.restore(self.question, self.state, other.best)
            self._note_if_best()

    def run(self, steps: int, heat: float) -> None:
        """Take so many steps at a temperature, in cost."""
        count = len(self.question.stop_f)
        most = max(min(count, FEW_STOPS), min(MOST_STOPS, int(0.3 * count)))
        self.best_cost = kernel.search(
            self.question,
            self.state,
            self.best,
            self.touched,
            self.value,
            steps,
            most,
            heat,
            NOISE,
            self.best_cost,
        )

    def run_until(self, deadline: float, heat: Callable[[], float]) -> None:
        """Take steps until a time, in chunks of about :data:`CHUNK_S`."""
        while (now := monotonic()) < deadline:
            self.run(self.steps, heat())
            took = max(monotonic() - now, 1e-4)
            self.steps = max(20, int(self.steps * min(4.0, CHUNK_S / took)))


class _Search:
    """Strands, rounds, and what is told of them."""

    def __init__(self, compiled: Compiled, effort: Effort, start: Plan | None) -> None:
        self.compiled = compiled
        self.effort = effort
        self.strands = [
            _Strand(compiled, effort.seed * 1_000 + number, start)
            for number in range(effort.processes)
        ]
        legs = compiled.question.ways[arrays.LEG]
        known = legs[(legs > 0) & (legs < FAR)]
        self.usual = float(np.median(known)) if known.size else 1.0
        # Compiling the kernel, the first time it is used, is no work on the question.
        self.strands[0].run(0, 1.0)
        self.began = monotonic()
        self.shared = 0

    def run(self, watch: Watch | None) -> Plan:
        """Search until the end, or until ``watch`` says so."""
        with ThreadPoolExecutor(len(self.strands)) as pool:
            number, rounds = 0, self._rounds()
            while self._share(number, rounds) < 1.0:
                jobs = [pool.submit(self._round, strand, number, rounds) for strand in self.strands]
                for job in jobs:
                    job.result()
                number += 1
                share = self._share(number, rounds)
                if watch is not None:
                    ask = watch(self._progress(share))
                    if ask == Ask.CANCEL:
                        raise Cancelled
                    if ask == Ask.STOP:
                        break
                self._share_the_best(share)
        return plan_of(self.compiled, self._leader().best)

    def _rounds(self) -> int:
        if self.effort.seconds is None:
            return ROUNDS
        return max(ROUNDS, math.ceil(self.effort.seconds / ROUND_S))

    def _share(self, number: int, rounds: int) -> float:
        """Return the share of the work that is done before a round."""
        done = 0.0
        if self.effort.iterations is not None:
            done = number / rounds
        if self.effort.seconds is not None:
            done = max(done, (monotonic() - self.began) / self.effort.seconds)
        return float(min(done, 1.0))

    def _heat(self, share: float) -> float:
        return float(self.usual * WARM * (COLD / WARM) ** min(share, 1.0))

    def _round(self, strand: _Strand, number: int, rounds: int) -> None:
        if self.effort.iterations is not None:
            steps = math.ceil(self.effort.iterations / rounds)
            strand.run(steps, self._heat(number / rounds))
            return
        seconds = self.effort.seconds or 0.0
        deadline = self.began + seconds * (number + 1) / rounds
        strand.run_until(deadline, lambda: self._heat((monotonic() - self.began) / seconds))

    def _leader(self) -> _Strand:
        return min(self.strands, key=lambda strand: strand.best_cost)

    def _share_the_best(self, share: float) -> None:
        if self.shared < len(SHARING) and share >= SHARING[self.shared]:
            self.shared += 1
            leader = self._leader()
            for strand in self.strands:
                strand.take(leader)

    def _progress(self, share: float) -> Progress:
        leader = self._leader()
        seen = self.compiled.state(0)
        kernel.restore(self.compiled.question, seen, leader.best)
        choice = leader.best.choice
        promised = sum(
            len(self.compiled.occurrences[pattern]) for pattern in choice[:, 0] if pattern >= 0
        )
        return Progress(
            seconds=monotonic() - self.began,
            share=share,
            cost=leader.best_cost,
            metres=self._metres(leader.best),
            duty_s=float(seen.sums[:, arrays.DUTY].sum()),
            placed=int((choice[:, 1:] >= 0).sum()),
            promised=promised,
        )

    def _metres(self, kept: arrays.Kept) -> float:
        problem, q = self.compiled.problem, self.compiled.question
        total = 0.0
        for number, shift in enumerate(problem.shifts):
            length, start, end = kept.route[number]
            if length:
                stops = kept.seq[number, :length]
                places = [start, *q.stop_n[stops, arrays.PLACE], end]
                names = [self.compiled.places[place] for place in places]
                total += sum(
                    problem.way(shift.profile, a, b)[0] for a, b in itertools.pairwise(names)
                )
        return total


def _build_order(compiled: Compiled) -> arrays.N:
    """Return the stops, those with pins first, then those with the fewest choices."""
    q = compiled.question

    def key(stop: int) -> tuple[float, ...]:
        first, last = q.stop_n[stop : stop + 2, arrays.PATTERNS]
        days = q.days[q.day_from[first] : q.day_from[first + 1]]
        work = q.stop_f[stop, arrays.ITEMS] + q.stop_f[stop, arrays.SERVICE] / 600
        return (
            -int((days[:, arrays.PINNED] >= 0).sum()),
            int(last - first),
            -len(days) * float(work),
        )

    return np.array(sorted(range(len(q.stop_f)), key=key), dtype=np.int64)
