"""Vehicles, crew, fixed visits and closed ways of a scenario."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from outreach.accounts.domain import Action
from outreach.common.errors import Conflict, InvalidInput
from outreach.planning.models import Scenario, ScenarioVehicle
from outreach.planning.scenarios import selectors, services
from outreach.web.access import needs
from outreach.web.plan.scenario_forms import ClosureForm, CrewForm, PinForm, ScenarioVehicleForm
from outreach.web.plan.scenario_pages import FLEET, PINS, about, scenario_of, succeeds

PINS_ON_A_PAGE = 25


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_fleet(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show the vehicles of a scenario, and choose who may go out."""
    user, found = scenario_of(request, uid)
    form = CrewForm(request.POST or None, members=selectors.members(found))
    if request.method == "POST" and succeeds(
        form,
        lambda: services.set_members(
            actor=user, scenario=found, members=form.cleaned_data["members"]
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("scenario_fleet", found.uid)
    context = about(found, FLEET) | {
        "form": form,
        "vehicles": selectors.vehicles(found),
        "others": selectors.other_vehicles(found),
    }
    return render(request, "plan/scenario_fleet.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_vehicle_new(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Let one more vehicle go out."""
    user, found = scenario_of(request, uid)
    others = selectors.other_vehicles(found)
    form = ScenarioVehicleForm(
        request.POST or None,
        vehicles=others,
        venues=selectors.venues(found),
        initial={
            "weekdays": frozenset(range(5)),
            "departs": "07:00",
            "returns": "17:30",
            "nights": 0,
        },
    )
    if succeeds(
        form,
        lambda: services.set_vehicle(
            actor=user, scenario=found, vehicle=form.cleaned_data["vehicle"], **form.wanted()
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("scenario_fleet", found.uid)
    return _form(request, found, FLEET, form, _("One more vehicle"), "scenario_fleet")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_vehicle(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Say when and from where a vehicle goes out."""
    user, found = scenario_of(request, uid)
    chosen = _vehicle(found, pk)
    form = ScenarioVehicleForm(
        request.POST or None, vehicles=[], venues=selectors.venues(found), chosen=chosen
    )
    if succeeds(
        form,
        lambda: services.set_vehicle(
            actor=user, scenario=found, vehicle=chosen.vehicle, **form.wanted()
        ),
    ):
        messages.success(request, _("Saved."))
        return redirect("scenario_fleet", found.uid)
    return _form(request, found, FLEET, form, chosen.vehicle.name, "scenario_fleet")


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_vehicle_drop(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Leave a vehicle at home."""
    user, found = scenario_of(request, uid)
    chosen = _vehicle(found, pk)
    _do(
        request,
        lambda: services.drop_vehicle(actor=user, scenario=found, vehicle=chosen.vehicle),
        _("“%(name)s” stays at home.") % {"name": chosen.vehicle.name},
    )
    return redirect("scenario_fleet", found.uid)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_pins(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show the visits that stay where they are and the ways that are closed; fix one more."""
    user, found = scenario_of(request, uid)
    vehicles = [one.vehicle for one in selectors.vehicles(found)]
    form = PinForm(
        request.POST or None,
        venues=selectors.stop_venues(found),
        vehicles=vehicles,
        auto_id="id_pin_%s",
    )
    if succeeds(form, lambda: services.pin(actor=user, scenario=found, **form.cleaned_data)):
        messages.success(request, _("The visit stays there, whatever is planned around it."))
        return redirect("scenario_pins", found.uid)
    page = Paginator(selectors.pins(found), PINS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = about(found, PINS) | {
        "form": form,
        "page_obj": page,
        "closures": selectors.closures(found),
    }
    return render(request, "plan/scenario_pins.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_unpin(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Let a visit lie wherever it suits."""
    user, found = scenario_of(request, uid)
    pin = get_object_or_404(selectors.pins(found), pk=pk)
    _do(
        request,
        lambda: services.unpin(actor=user, scenario=found, venue=pin.venue, on=pin.on),
        _("The visit is no longer pinned."),
    )
    return redirect("scenario_pins", found.uid)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_way_new(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Close a way for a while."""
    user, found = scenario_of(request, uid)
    form = ClosureForm(
        request.POST or None,
        venues=selectors.stop_venues(found),
        initial={"starts_on": found.season.starts_on, "last_on": found.season.last_on},
    )
    if succeeds(form, lambda: services.close_way(actor=user, scenario=found, **form.wanted())):
        messages.success(request, _("The way is closed in this scenario."))
        return redirect("scenario_pins", found.uid)
    return _form(request, found, PINS, form, _("Close a way"), "scenario_pins")


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_way_open(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Open a way again."""
    user, found = scenario_of(request, uid)
    closure = get_object_or_404(found.closures.all(), pk=pk)
    _do(
        request,
        lambda: services.open_way(actor=user, scenario=found, closure=closure),
        _("The way is open again."),
    )
    return redirect("scenario_pins", found.uid)


def _vehicle(scenario: Scenario, pk: int) -> ScenarioVehicle:
    found = next((one for one in selectors.vehicles(scenario) if one.pk == pk), None)
    if found is None:
        raise Http404
    return found


def _do(request: HttpRequest, change: Callable[[], object], done: str) -> None:
    """Do a change that has no form, and say how it went."""
    try:
        change()
    except (Conflict, InvalidInput) as refusal:
        messages.error(request, refusal.message)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
    else:
        messages.success(request, done)


def _form(
    request: HttpRequest, scenario: Scenario, tab: str, form: Any, heading: str, home: str
) -> HttpResponse:
    context = about(scenario, tab) | {
        "form": form,
        "heading": heading,
        "home_url": reverse(home, args=[scenario.uid]),
    }
    return render(request, "plan/scenario_form.html", context)
