"""Scenarios: a season's first one, its overview, what counts in it, and the order to plan it."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput
from outreach.planning.models import Scenario
from outreach.planning.proposals import selectors as proposed
from outreach.planning.proposals import services as proposals
from outreach.planning.scenarios import selectors, services
from outreach.web.access import needs
from outreach.web.plan.obstacles import outlook_of
from outreach.web.plan.scenario_forms import NameForm, OrderForm, WeightsForm
from outreach.web.plan.scenario_pages import (
    START,
    WEIGHTS,
    about,
    scenario_of,
    season_of,
    succeeds,
)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def season_scenarios(request: HttpRequest, pk: int) -> HttpResponse:
    """List the scenarios of a season; sending the form makes one from what is known today."""
    user, season = season_of(request, pk)
    if request.method == "POST":
        try:
            made = services.make_scenario(actor=user, season=season)
        except (Conflict, InvalidInput, ValidationError) as refusal:
            messages.error(request, said(refusal))
            return redirect("season_scenarios", season.pk)
        return redirect("scenario", made.uid)
    context = {
        "season": season,
        "scenarios": selectors.of_season(season),
        "is_over": season.ends_on <= clock.today(),
    }
    return render(request, "plan/scenarios.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def scenario(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show what a scenario comes to, what is impossible in it, and the button to start."""
    _user, found = scenario_of(request, uid)
    return _overview(request, found, OrderForm())


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_start(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Have proposals worked out."""
    user, found = scenario_of(request, uid)
    form = OrderForm(request.POST)
    if succeeds(
        form,
        lambda: proposals.order(
            actor=user,
            scenario=found,
            aims=form.cleaned_data["aims"],
            seconds=form.cleaned_data["seconds"],
        ),
    ):
        return redirect("proposals", found.uid)
    return _overview(request, found, form)


def _overview(request: HttpRequest, found: Scenario, form: OrderForm) -> HttpResponse:
    context = about(found, START) | {
        "form": form,
        "outlook": outlook_of(found) if "look" in request.GET else None,
        "proposals": proposed.of_scenario(found)[:6],
        "scenarios": selectors.of_season(found.season),
        "copy_form": NameForm(auto_id="id_copy_%s"),
    }
    return render(request, "plan/scenario.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_weights(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Say what counts, and what things cost."""
    user, found = scenario_of(request, uid)
    form = WeightsForm(request.POST or None, scenario=found)
    if succeeds(
        form,
        lambda: services.change_scenario(actor=user, scenario=found, **form.wanted()),
        found,
    ):
        messages.success(request, _("Saved."))
        return redirect("scenario_weights", found.uid)
    return render(request, "plan/scenario_weights.html", about(found, WEIGHTS) | {"form": form})


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_copy(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Make a copy to try something out in."""
    user, found = scenario_of(request, uid)
    form = NameForm(request.POST)
    try:
        name = form.data.get("name", "").strip()[:120]
        made = services.make_scenario(actor=user, season=found.season, name=name, based_on=found)
    except (Conflict, InvalidInput, ValidationError) as refusal:
        messages.error(request, said(refusal))
        return redirect("scenario", found.uid)
    messages.success(request, _("“%(name)s” is a copy of “%(of)s”.") % {"name": made, "of": found})
    return redirect("scenario", made.uid)


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_remove(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Remove a scenario with its proposals."""
    user, found = scenario_of(request, uid)
    season = found.season
    try:
        services.remove_scenario(actor=user, scenario=found)
    except (Conflict, InvalidInput) as refusal:
        messages.error(request, refusal.message)
        return redirect("scenario", found.uid)
    messages.success(request, _("The scenario was removed."))
    return redirect("season_scenarios", season.pk)


def said(refusal: Exception) -> str:
    """Return what a service refused as one sentence or more."""
    if isinstance(refusal, ValidationError):
        return " ".join(refusal.messages)
    return str(refusal)
