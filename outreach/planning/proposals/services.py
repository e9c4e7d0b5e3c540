"""Ordering proposals, stopping their search early, giving them up, and working on from one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from outreach.common.locking import locked
from outreach.planning.models import Proposal, Scenario
from outreach.planning.proposals import work
from outreach.planning.proposals.asking import ASKED

Aim, State, Ask = Proposal.Aim, Proposal.State, Proposal.Ask
QUIET = timedelta(minutes=2)
"""A search that gave no sign of life for this long has died."""
UNHEARD = timedelta(minutes=10)
"""What nobody has begun after this long may have been lost: it can be ordered again."""
UNDER_WAY = (State.WAITING, State.SOLVING)


@transaction.atomic
def order(
    *,
    actor: User,
    scenario: Scenario,
    aims: Sequence[str],
    seconds: int = 60,
    seed: int = 1,
    iterations: int | None = None,
    now: datetime | None = None,
) -> list[Proposal]:
    """Have a scenario planned in the background, once for each aim.

    Args:
        aims: of ``Proposal.Aim``: shortest, fairest, steadiest; each once.
        seconds: how long each may be worked on, 1 to 3600.
        seed: of the search.
        iterations: steps of the search after which it ends, whatever the time; the same seed and
            iterations give the same plan.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: without an aim, or with one that cannot be ordered.
        ValidationError: if a value is out of range.
        Conflict: if the scenario is being worked on for one of the aims already.
        NotFound: if somebody removed the scenario.
    """
    _authorise(actor, scenario)
    stored = locked(Scenario.objects.select_related("season__library"), scenario.pk)
    if stored is None:
        raise NotFound()
    wanted = list(dict.fromkeys(str(aim) for aim in aims))
    if not wanted or not set(wanted) <= {str(aim) for aim in ASKED}:
        raise InvalidInput(
            _("Please choose what the plan is to be good at."), code="aims", field="aims"
        )
    moment = now or clock.now()
    if _under_way(stored, moment).filter(aim__in=wanted).exists():
        raise Conflict(_("This is being worked out already."), code="under_way")
    return [
        _ordered(actor, stored, Aim(aim), seconds, moment, seed=seed, iterations=iterations)
        for aim in wanted
    ]


@transaction.atomic
def rework(
    *,
    actor: User,
    proposal: Proposal,
    seconds: int = 20,
    seed: int = 1,
    iterations: int | None = None,
    now: datetime | None = None,
) -> Proposal:
    """Have a proposal worked out again: pins and changes by hand stay, the rest changes little.

    The scenario is read anew: stops and vehicles that changed since count as they are now.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        ValidationError: if a value is out of range.
        Conflict: if the proposal is not ready.
        NotFound: if somebody removed it.
    """
    _authorise(actor, proposal.scenario)
    stored = _locked(proposal)
    _refuse_unless_done(stored)
    return _ordered(
        actor,
        stored.scenario,
        Aim.REWORKED,
        seconds,
        now or clock.now(),
        seed=seed,
        iterations=iterations,
        reworked=stored,
    )


@transaction.atomic
def order_again(*, actor: User, proposal: Proposal, now: datetime | None = None) -> Proposal:
    """Have a proposal worked out that failed, was given up, or whose work has died.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        Conflict: if it is ready, or being worked out.
        NotFound: if somebody removed it.
    """
    _authorise(actor, proposal.scenario)
    stored = _locked(proposal)
    moment = now or clock.now()
    over = stored.state in (State.FAILED, State.CANCELLED)
    if not over and not is_quiet(stored, moment):
        raise Conflict(_("This is being worked out already, or ready."), code="under_way")
    stored.state, stored.asked_to, stored.failure = State.WAITING, Ask.GO_ON, {}
    stored.progress, stored.ended_at, stored.beat_at = {}, None, moment
    # Work that comes back to life finds that it is no longer its own.
    stored.revision += 1
    stored.save()
    _have_it_done(stored)
    return stored


def stop(*, actor: User, proposal: Proposal, now: datetime | None = None) -> None:
    """Let a search end early and keep the best it has found. What has not begun is given up.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        Conflict: if it is over.
    """
    _authorise(actor, proposal.scenario)
    own = Proposal.objects.filter(pk=proposal.pk)
    if own.filter(state=State.SOLVING).update(asked_to=Ask.STOP):
        return
    give_up(actor=actor, proposal=proposal, now=now)


def give_up(*, actor: User, proposal: Proposal, now: datetime | None = None) -> None:
    """Give a proposal up that is not ready yet; whoever works on it leaves off.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        Conflict: if it is over.
    """
    _authorise(actor, proposal.scenario)
    open_ones = Proposal.objects.filter(pk=proposal.pk, state__in=UNDER_WAY)
    given_up = {"state": State.CANCELLED, "asked_to": Ask.CANCEL, "ended_at": now or clock.now()}
    if not open_ones.update(**given_up):
        raise Conflict(_("This can no longer be given up."), code="too_late")


@transaction.atomic
def remove(*, actor: User, proposal: Proposal, now: datetime | None = None) -> None:
    """Delete a proposal.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        Conflict: if it is being worked out, or was published: later differences rest on it.
        NotFound: if somebody removed it.
    """
    _authorise(actor, proposal.scenario)
    stored = _locked(proposal)
    if stored.state in UNDER_WAY and not is_quiet(stored, now or clock.now()):
        raise Conflict(_("This is being worked out: give it up first."), code="under_way")
    if stored.published_at is not None:
        raise Conflict(_("This has been published: it is kept."), code="was_published")
    stored.delete()


def is_quiet(proposal: Proposal, now: datetime) -> bool:
    """Tell whether work that should be under way has given no sign of life for too long."""
    if proposal.state == State.SOLVING:
        return proposal.beat_at < now - QUIET
    return proposal.state == State.WAITING and proposal.beat_at < now - UNHEARD


def _under_way(scenario: Scenario, now: datetime) -> QuerySet[Proposal]:
    alive = Q(state=State.SOLVING, beat_at__gte=now - QUIET)
    alive |= Q(state=State.WAITING, beat_at__gte=now - UNHEARD)
    return Proposal.objects.filter(alive, scenario=scenario)


def _ordered(
    actor: User,
    scenario: Scenario,
    aim: Proposal.Aim,
    seconds: int,
    now: datetime,
    *,
    seed: int,
    iterations: int | None,
    reworked: Proposal | None = None,
) -> Proposal:
    proposal = Proposal(
        scenario=scenario,
        aim=aim,
        reworked=reworked,
        seconds=seconds,
        seed=seed,
        iterations=iterations,
        made_by=actor,
        made_at=now,
        beat_at=now,
    )
    proposal.full_clean()
    proposal.save()
    _have_it_done(proposal)
    return proposal


def _have_it_done(proposal: Proposal) -> None:
    key = proposal.pk
    transaction.on_commit(lambda: work.work_out.enqueue(key))


def _locked(proposal: Proposal) -> Proposal:
    stored = locked(Proposal.objects.select_related("scenario__season__library"), proposal.pk)
    if stored is None:
        raise NotFound()
    return stored


def _refuse_unless_done(proposal: Proposal) -> None:
    if proposal.state != State.DONE:
        raise Conflict(_("This proposal is not ready."), code="not_ready")


def _authorise(actor: User, scenario: Scenario) -> None:
    if not actor.may(Action.PLAN, scenario.season.library_id):
        raise NotAllowed()
