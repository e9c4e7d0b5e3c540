"""What if: a copy of a scenario with one thing changed, worked out beside today's plan."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from outreach.accounts.domain import Action
from outreach.planning.models import Proposal, Scenario
from outreach.planning.proposals import services as proposals
from outreach.planning.scenarios import selectors, what_if
from outreach.web.access import needs
from outreach.web.plan.scenario_pages import TRIALS, about, scenario_of, succeeds
from outreach.web.plan.trial_forms import (
    ClosedWayForm,
    EveryStopForm,
    FewerVehiclesForm,
    MoreVenuesForm,
    NewBaseForm,
    TrialForm,
)

SECONDS = 60


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_trials(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Ask one of five questions, and have the answer worked out."""
    user, found = scenario_of(request, uid)
    forms = _forms(request, found)
    asked = next((form for form in forms if form.is_bound), None)
    made: list[Scenario] = []

    def try_out(form: TrialForm) -> None:
        name = str(form.question)[:120]
        made.append(what_if.try_out(actor=user, scenario=found, change=form.change(), name=name))

    if asked is not None and succeeds(asked, lambda: try_out(asked)):
        aims = [Proposal.Aim.SHORTEST]
        proposals.order(actor=user, scenario=made[0], aims=aims, seconds=SECONDS)
        return redirect("proposals", made[0].uid)
    variants = [one for one in selectors.of_season(found.season) if one.based_on_id == found.pk]
    context = about(found, TRIALS) | {"forms": forms, "asked": asked, "variants": variants}
    context["seconds"] = SECONDS
    return render(request, "plan/scenario_trials.html", context)


def _forms(request: HttpRequest, scenario: Scenario) -> list[TrialForm]:
    """Return a form for each question; the one that was sent is filled in."""
    chosen = [one.vehicle for one in selectors.vehicles(scenario)]
    others = list(selectors.venues_to_add(scenario))
    stops = selectors.stop_venues(scenario)
    season = scenario.season
    days = {"starts_on": season.starts_on, "last_on": season.last_on}
    needs_: list[tuple[type[TrialForm], dict[str, Any]]] = [
        (FewerVehiclesForm, {"vehicles": chosen}),
        (EveryStopForm, {}),
        (NewBaseForm, {"vehicles": chosen, "venues": selectors.venues(scenario)}),
        (MoreVenuesForm, {"venues": others}),
        (ClosedWayForm, {"venues": stops, "initial": days}),
    ]
    kind = request.POST.get("kind", "")
    return [
        form(
            request.POST if kind == form.kind else None,
            auto_id=f"id_{form.kind}_%s",
            **offered,
        )
        for form, offered in needs_
    ]
