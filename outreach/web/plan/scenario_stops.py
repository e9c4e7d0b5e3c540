"""The stops of a scenario: found, changed in place, changed many at once, added."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.common.errors import Conflict, InvalidInput
from outreach.planning.models import Scenario
from outreach.planning.scenarios import many_stops, selectors, services
from outreach.web.access import needs
from outreach.web.plan.scenario_pages import STOPS, about, scenario_of, stop_of, succeeds
from outreach.web.plan.stop_forms import (
    AddStopsForm,
    FindStopsForm,
    FindVenuesToAddForm,
    ManyStopsForm,
    StopForm,
)

STOPS_ON_A_PAGE = 25
VENUES_ON_A_PAGE = 100


@require_safe
@needs(Action.SEE_SCHEDULE)
def scenario_stops(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show the stops that fit what is asked for."""
    _user, found = scenario_of(request, uid)
    return _list(request, found)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_stop(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Change one stop: as a row of the list for a script, else as a page of its own."""
    user, found = scenario_of(request, uid)
    stop = stop_of(found, pk)
    in_row = bool(request.headers.get("HX-Request"))
    form = StopForm(request.POST or None, stop=stop)
    context: dict[str, Any] = {"scenario": found, "stop": stop, "form": form}
    if succeeds(
        form,
        lambda: services.set_stop(actor=user, scenario=found, venue=stop.venue, **form.wanted()),
    ):
        if in_row:
            context["stop"] = stop_of(found, pk)
            return render(request, "plan/scenario_stop_row.html", context | {"is_saved": True})
        messages.success(request, _("Saved."))
        return redirect(_back(request, found))
    if in_row and "row" in request.GET:
        return render(request, "plan/scenario_stop_row.html", context)
    if in_row:
        return render(request, "plan/scenario_stop_edit.html", context)
    return render(request, "plan/scenario_stop.html", about(found, STOPS) | context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_stops_many(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Change the chosen stops, or all that fit what is asked for."""
    user, found = scenario_of(request, uid)
    pks = list(_asked(request, found)[1].values_list("pk", flat=True))
    form = ManyStopsForm(request.POST, pks=pks)
    changed: list[int] = []

    def change() -> None:
        wanted = set(form.cleaned_data["stops"])
        chosen = pks if form.cleaned_data["whole"] else [pk for pk in pks if str(pk) in wanted]
        changed.append(
            many_stops.set_stops(actor=user, scenario=found, stops=chosen, **form.wanted())
        )

    if succeeds(form, change):
        text = ngettext("%(count)s stop was changed.", "%(count)s stops were changed.", changed[0])
        messages.success(request, text % {"count": changed[0]})
        return redirect(_back(request, found))
    return _list(request, found, form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def scenario_stops_add(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Add venues that are no stops yet."""
    user, found = scenario_of(request, uid)
    find = FindVenuesToAddForm(request.GET or None)
    text = find.cleaned_data["text"] if find.is_valid() else ""
    is_sent = request.method == "POST"
    offered = list(selectors.venues_to_add(found, "" if is_sent else text))
    shown = offered if is_sent else offered[:VENUES_ON_A_PAGE]
    form = AddStopsForm(request.POST or None, venues=shown)
    if succeeds(
        form,
        lambda: services.add_stops(actor=user, scenario=found, venues=form.cleaned_data["venues"]),
    ):
        count = len(form.cleaned_data["venues"])
        text = ngettext("%(count)s venue was added.", "%(count)s venues were added.", count)
        messages.success(request, text % {"count": count})
        return redirect("scenario_stops", found.uid)
    context = about(found, STOPS) | {
        "find": find,
        "form": form,
        "offered": len(offered),
        "has_more": len(offered) > len(shown),
    }
    return render(request, "plan/scenario_stops_add.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def scenario_stop_drop(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Take a venue out of the scenario for good."""
    user, found = scenario_of(request, uid)
    stop = stop_of(found, pk)
    try:
        services.drop_stop(actor=user, scenario=found, venue=stop.venue)
    except (Conflict, InvalidInput, ValidationError) as refusal:
        messages.error(request, str(refusal))
    else:
        name = stop.venue.name
        messages.success(request, _("“%(name)s” is no longer a stop.") % {"name": name})
    return redirect("scenario_stops", found.uid)


def _asked(request: HttpRequest, scenario: Scenario) -> tuple[FindStopsForm, Any]:
    form = FindStopsForm(request.GET or None, communes=selectors.communes(scenario))
    return form, selectors.stops(scenario, **form.asked())


def _list(
    request: HttpRequest, scenario: Scenario, many: ManyStopsForm | None = None
) -> HttpResponse:
    form, rows = _asked(request, scenario)
    page = Paginator(rows, STOPS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = about(scenario, STOPS) | {
        "form": form,
        "page_obj": page,
        "many": many or ManyStopsForm(),
        "chosen": set(request.POST.getlist("stops")),
        "query": request.GET.urlencode(),
        "reset_url": reverse("scenario_stops", args=[scenario.uid]),
    }
    return render(request, "plan/scenario_stops.html", context)


def _back(request: HttpRequest, scenario: Scenario) -> str:
    """Return the address of the list as it was narrowed before."""
    known = {key: value for key, value in request.GET.items() if key != "row"}
    home = reverse("scenario_stops", args=[scenario.uid])
    return f"{home}?{urlencode(known)}" if known else home
