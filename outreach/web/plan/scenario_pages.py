"""What all pages of a scenario share: whose it is, its tabs, and how a service is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common.errors import DomainError, NotAllowed, StaleWrite
from outreach.planning.models import Scenario, ScenarioStop, Season
from outreach.planning.scenarios import selectors
from outreach.web.access import person
from outreach.web.plan.forms import PlanForm
from outreach.web.versions import VersionedForm
from outreach.web.zones import read_clocks_of

START, STOPS, FLEET, PINS, WEIGHTS, TRIALS = "start", "stops", "fleet", "pins", "weights", "trials"


def season_of(request: HttpRequest, pk: int) -> tuple[User, Season]:
    """Return who is at the page and the season they plan.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    visible = Season.objects.visible_to(user).select_related("library")
    season = get_object_or_404(visible, pk=pk)
    _must_plan(user, season)
    return user, season


def scenario_of(request: HttpRequest, uid: UUID) -> tuple[User, Scenario]:
    """Return who is at the page and the scenario they plan.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if they may not plan for its library.
    """
    user = person(request)
    scenario = get_object_or_404(selectors.for_pages(user), uid=uid)
    _must_plan(user, scenario.season)
    return user, scenario


def stop_of(scenario: Scenario, pk: int) -> ScenarioStop:
    """Return a stop of a scenario.

    Raises:
        Http404: if it has no such stop.
    """
    found = selectors.stop(scenario, pk)
    if found is None:
        raise Http404
    return found


def _must_plan(user: User, season: Season) -> None:
    if not user.may(Action.PLAN, season.library_id):
        raise NotAllowed()
    read_clocks_of(season.library)


def about(scenario: Scenario, current: str) -> dict[str, Any]:
    """Return what the head of each page of a scenario shows."""
    totals = selectors.totals(scenario)
    pages = [
        (START, "scenario", pgettext("scenario", "Overview"), "layout-dashboard"),
        (STOPS, "scenario_stops", _("Stops (%(count)s)") % {"count": totals.included}, "map-pin"),
        (FLEET, "scenario_fleet", _("Vehicles and crew"), "van"),
        (PINS, "scenario_pins", _("Pinned visits and closed ways"), "lock"),
        (WEIGHTS, "scenario_weights", _("What counts"), "list-filter"),
        (TRIALS, "scenario_trials", _("What if"), "copy"),
    ]
    return {
        "scenario": scenario,
        "season": scenario.season,
        "totals": totals,
        "tabs": [
            (reverse(name, args=[scenario.uid]), label, key == current, icon)
            for key, name, label, icon in pages
        ],
    }


def succeeds(form: PlanForm, change: Callable[[], object], record: Any = None) -> bool:
    """Read the form and do the change; tell whether all went well. The form shows what did not.

    Raises:
        NotAllowed: if the person may not do it at all.
    """
    if not form.is_valid():
        return False
    try:
        change()
    except NotAllowed:
        raise
    except StaleWrite as refusal:
        form.show(refusal)
        if isinstance(form, VersionedForm):
            form.take_news(record)
    except (DomainError, ValidationError) as refusal:
        form.show(refusal)
    return not form.errors
