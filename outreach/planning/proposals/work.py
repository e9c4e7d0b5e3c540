"""Working a proposal out in the background: the question, the search, the reasons, the rows.

The search runs in processes of its own; this one waits, writes down how far it is at most once a
second, and hands on what a person wants of it meanwhile. A proposal belongs to whoever claimed it
under its present revision: work that comes back from the dead finds that it has lost it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime
from time import monotonic
from typing import Any

from django.db import OperationalError, transaction
from django_tasks import task

from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.planning.models import Proposal
from outreach.planning.proposals import asking, figures, reasons, storing, wording
from outreach.routing.apart import SearchFailed, solve_apart
from outreach.routing.costs import cost_of
from outreach.routing.effort import Ask, Cancelled, Effort, Progress
from outreach.routing.explainer import explain
from outreach.routing.placing import place
from outreach.routing.plan import LeftOut, Plan
from outreach.routing.problem import BadProblem, Problem
from outreach.routing.readiness import get_ready
from outreach.routing.validator import violations

State = Proposal.State
LOG = logging.getLogger(__name__)
BEAT_S = 1.0
"""Progress is written, and a person's wish read, at most this often."""
PROCESSES = 2
Solver = Callable[..., Plan]


class GivenUp(Exception):
    """Somebody gave the proposal up, or it is somebody else's by now."""


@task()
def work_out(pk: int) -> None:
    """Work a proposal out that waits for it; what is not waiting is left alone."""
    work_on(pk)


@task()
def prepare() -> None:
    """Have the search compiled, so that the first that is ordered need not wait for that.

    Where it is compiled already this takes a moment. A search that cannot be begun here is no harm:
    whoever orders one will hear of it.
    """
    try:
        get_ready()
    except SearchFailed as error:
        LOG.warning("The search could not be made ready: %s", error)


def work_on(
    pk: int, *, solver: Solver = solve_apart, tick: Callable[[], float] = monotonic
) -> None:
    """Work a proposal out, with this solver.

    Args:
        tick: tells the seconds by which it is decided when to write progress down.
    """
    claimed = _claim(pk)
    if claimed is None:
        return
    try:
        _work(claimed, solver, _Watch(claimed, tick))
    except (GivenUp, Cancelled):
        _end(claimed, State.CANCELLED)
    except BadProblem as error:
        LOG.warning("Proposal %s: %s", pk, error)
        _end(claimed, State.FAILED, failure=wording.stored_failure(wording.NOTHING_TO_PLAN))
    except DomainError as error:
        LOG.warning("Proposal %s: %s", pk, error)
        _end(claimed, State.FAILED, failure=wording.stored_failure(error.kind))
    except Exception:
        _end(claimed, State.FAILED, failure=wording.stored_failure(wording.OUR_FAULT))
        raise


class _Watch:
    """Writes down how a search comes along, and says what a person wants of it."""

    def __init__(self, proposal: Proposal, tick: Callable[[], float]) -> None:
        self._proposal = proposal
        self._tick = tick
        self._last: float | None = None
        self._ask = Ask.GO_ON

    def __call__(self, progress: Progress | None) -> Ask:
        """Return whether to go on; written and read at most once a second."""
        if self._is_due():
            self._look({"progress": told(progress)} if progress is not None else {})
        return self._ask

    def beat(self) -> None:
        """Show that the work is alive.

        Raises:
            GivenUp: if nobody wants it any more.
        """
        self._look({})
        if self._ask == Ask.CANCEL:
            raise GivenUp

    def _is_due(self) -> bool:
        now = self._tick()
        if self._last is not None and now - self._last < BEAT_S:
            return False
        self._last = now
        return True

    def _look(self, columns: dict[str, Any]) -> None:
        own = _own(self._proposal)
        try:
            if not own.update(beat_at=clock.now(), **columns):
                self._ask = Ask.CANCEL
                return
            wish = own.values_list("asked_to", flat=True).first()
        except OperationalError:
            # A database that is busy for a while is no reason to lose the search.
            LOG.info("Proposal %s: progress could not be written.", self._proposal.pk)
            return
        self._ask = Ask(wish) if wish is not None else Ask.CANCEL


def told(progress: Progress) -> dict[str, float]:
    """Return progress as plain values, as :attr:`Proposal.progress` keeps it."""
    return {
        "seconds": round(progress.seconds, 1),
        "share": round(min(max(progress.share, 0.0), 1.0), 3),
        "cost": round(progress.cost),
        "metres": round(progress.metres),
        "duty_s": round(progress.duty_s),
        "placed": progress.placed,
        "promised": progress.promised,
    }


def _claim(pk: int) -> Proposal | None:
    waiting = Proposal.objects.filter(pk=pk, state=State.WAITING)
    if not waiting.update(state=State.SOLVING, beat_at=clock.now()):
        return None
    rows = Proposal.objects.select_related(
        "scenario__season__library", "reworked__scenario__season__library"
    )
    return rows.filter(pk=pk).first()


def _work(proposal: Proposal, solver: Solver, watch: _Watch) -> None:
    moment = clock.now()
    problem, start = asking.question_to_work_on(proposal, now=moment)
    watch.beat()
    effort = Effort(
        seconds=None if proposal.iterations else float(proposal.seconds),
        iterations=proposal.iterations,
        seed=proposal.seed,
        processes=PROCESSES,
    )
    plan = solver(problem, effort, start=start, watch=watch)
    watch.beat()
    plan = with_all_that_fit(problem, plan)
    if broken := violations(problem, plan):
        LOG.error("Proposal %s: the plan is not legal: %s", proposal.pk, broken[:10])
        _end(proposal, State.FAILED, failure=wording.not_legal(broken))
        return
    why = {one.left_out: reasons.stored(one) for one in explain(problem, plan)}
    watch.beat()
    _keep(proposal, problem, plan, why, now=moment)


def with_all_that_fit(problem: Problem, plan: Plan) -> Plan:
    """Return the plan with every visit placed that fits anywhere: none is left out by oversight."""
    tried: set[LeftOut] = set()
    while True:
        rest = [one for one in plan.left_out if one not in tried]
        if not rest:
            return plan
        tried.add(rest[0])
        placed = place(problem, plan, rest[0])
        if placed is not None:
            plan = placed


@transaction.atomic
def _keep(
    proposal: Proposal,
    problem: Problem,
    plan: Plan,
    why: dict[LeftOut, storing.Why],
    *,
    now: datetime,
) -> None:
    """Store a plan as the proposal's, if it still is ours.

    Raises:
        GivenUp: if it is not.
    """
    if not _end(proposal, State.DONE):
        raise GivenUp
    former = proposal.reworked
    kept = storing.kept_of(storing.trips_of(former)) if former is not None else None
    storing.store(proposal, problem, plan, why=why, kept=kept or storing.NOTHING_KEPT)
    found = figures.figures_of(proposal, cost_of(problem, plan))
    Proposal.objects.filter(pk=proposal.pk).update(figures=found)


def _own(proposal: Proposal) -> Any:
    return Proposal.objects.filter(pk=proposal.pk, state=State.SOLVING, revision=proposal.revision)


def _end(
    proposal: Proposal, state: Proposal.State, *, failure: dict[str, Any] | None = None
) -> bool:
    """Close a proposal; return whether it was still ours."""
    moment = clock.now()
    ended = _own(proposal).update(
        state=state, failure=failure or {}, ended_at=moment, beat_at=moment
    )
    return bool(ended)
