"""Proposals side by side: how far each is, what each comes to, and what a person asks of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotFound
from outreach.maps import plan_map
from outreach.planning.models import Proposal, Scenario
from outreach.planning.proposals import selectors, services, wording
from outreach.planning.proposals.figures import figures_of_season
from outreach.planning.scenarios.problem import problem_of
from outreach.routing.problem import BadProblem
from outreach.web.access import needs
from outreach.web.plan.proposal_forms import ReworkForm
from outreach.web.plan.proposal_pages import proposal_of
from outreach.web.plan.proposal_rows import (
    Column,
    Progress,
    lines_of,
    looks_of,
    progress_of,
    rows_of,
)
from outreach.web.plan.scenario_pages import scenario_of

MOST_TO_CHOOSE = 30
"""Older proposals are seldom looked for; the list of those to choose from stays short."""


@dataclass(frozen=True, slots=True)
class Card:
    """A proposal in the row of proposals.

    Attributes:
        is_quiet: the work in the background has stopped without a word.
        failure: why there is no plan.
    """

    proposal: Proposal
    progress: Progress
    picture: SafeString
    left_out: int
    is_under_way: bool
    is_quiet: bool
    failure: str


@require_safe
@needs(Action.SEE_SCHEDULE)
def proposals(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show two or three proposals side by side, with the others below."""
    _user, scenario = scenario_of(request, uid)
    found = selectors.of_scenario(scenario)
    shown = selectors.side_by_side(found, request.GET.getlist("show"))
    cards = _cards(scenario, shown)
    is_under_way = any(card.is_under_way for card in cards)
    columns = [] if is_under_way else _columns(scenario, shown)
    context = {
        "scenario": scenario,
        "season": scenario.season,
        "cards": cards,
        "columns": columns,
        "rows": rows_of(columns) if any(one.proposal for one in columns) else [],
        "others": [one for one in found if one not in shown],
        "all": found[:MOST_TO_CHOOSE],
        "is_under_way": is_under_way,
        "polls": any(card.is_under_way and not card.is_quiet for card in cards),
    }
    return render(request, "plan/proposals.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def proposal_ask(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Stop early and keep the best, give up, or begin anew what failed."""
    user, found = proposal_of(request, uid)
    changes = {"cancel": services.give_up, "again": services.order_again}
    change: Callable[..., object] = changes.get(request.POST.get("what", ""), services.stop)
    try:
        change(actor=user, proposal=found)
    except (Conflict, InvalidInput, NotFound) as refusal:
        messages.error(request, refusal.message)
    return redirect("proposals", found.scenario.uid)


@require_POST
@needs(Action.SEE_SCHEDULE)
def proposal_remove(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Remove a proposal."""
    user, found = proposal_of(request, uid)
    scenario = found.scenario
    try:
        services.remove(actor=user, proposal=found)
    except (Conflict, InvalidInput) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The proposal was removed."))
    return redirect("proposals", scenario.uid)


@require_POST
@needs(Action.SEE_SCHEDULE)
def proposal_rework(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Plan the rest anew; what is fixed stays, and as little as may be changes."""
    user, found = proposal_of(request, uid)
    form = ReworkForm(request.POST)
    seconds = form.cleaned_data["seconds"] if form.is_valid() else 20
    try:
        services.rework(actor=user, proposal=found, seconds=seconds)
    except (Conflict, InvalidInput) as refusal:
        messages.error(request, refusal.message)
        return redirect("proposal", found.uid)
    return redirect("proposals", found.scenario.uid)


def _cards(scenario: Scenario, shown: Sequence[Proposal]) -> list[Card]:
    now = clock.now()
    return [_card(scenario, one, now) for one in shown]


def _card(scenario: Scenario, proposal: Proposal, now: Any) -> Card:
    is_under_way = proposal.state in selectors.UNDER_WAY
    is_done = proposal.state == Proposal.State.DONE
    return Card(
        proposal=proposal,
        progress=progress_of(proposal),
        picture=_picture(proposal) if is_done else SafeString(""),
        left_out=(proposal.figures or {}).get("left_out", 0),
        is_under_way=is_under_way,
        is_quiet=is_under_way and services.is_quiet(proposal, now),
        failure=wording.failure(proposal),
    )


def _picture(proposal: Proposal) -> SafeString:
    trips = selectors.trips(proposal)
    vehicles = sorted({trip.vehicle for trip in trips}, key=lambda one: (one.name, one.pk))
    lines = [line for _name, line in lines_of(trips, looks_of(vehicles))]
    title = _("Map of the proposal “%(name)s”") % {"name": proposal.get_aim_display()}
    return plan_map.small_map(lines, title=title)


def _columns(scenario: Scenario, shown: Sequence[Proposal]) -> list[Column]:
    """Return what stands side by side: today's schedule, today's plan, and the proposals."""
    done = [one for one in shown if one.state == Proposal.State.DONE]
    if not done:
        return []
    columns = []
    if running := _season_figures(scenario):
        columns.append(Column(_("The season as it runs"), running))
    if scenario.based_on is not None and (best := selectors.best_of(scenario.based_on)):
        name = scenario.based_on.name
        columns.append(Column(name, best.figures, best, note=best.get_aim_display()))
    columns += [Column(one.get_aim_display(), one.figures, one) for one in done]
    return columns


def _season_figures(scenario: Scenario) -> dict[str, Any]:
    now = clock.now()
    try:
        problem = problem_of(scenario, Proposal.Aim.STEADIEST, now=now, running=False)
    except (BadProblem, Conflict):
        return {}
    found = figures_of_season(scenario, problem, now=now)
    return found if found["visits"] else {}
