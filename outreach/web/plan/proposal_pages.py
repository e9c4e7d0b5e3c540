"""What all pages of a proposal share, and those that only show: figures, map, visits, changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.maps import plan_map
from outreach.maps.inline import inline
from outreach.planning.models import Proposal
from outreach.planning.proposals import comparing, selectors
from outreach.web.access import needs, person
from outreach.web.components import Bar
from outreach.web.plan.proposal_forms import FindLinesForm, FindVisitsForm, ReworkForm
from outreach.web.plan.proposal_rows import Column, lines_of, looks_of, rows_of, weeks_of
from outreach.web.public.forms import served_provinces
from outreach.web.zones import read_clocks_of

VISITS_ON_A_PAGE = 50
CHANGES_ON_A_PAGE = 50
FIGURES, BOARD, MAP, VISITS, LEFT_OUT, CHANGES = (
    *("figures", "board", "map", "visits", "left_out"),
    "changes",
)


def proposal_of(request: HttpRequest, uid: Any) -> tuple[User, Proposal]:
    """Return who is at the page and the proposal of a library they plan for.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if they may not plan for its library.
    """
    user = person(request)
    found = get_object_or_404(selectors.for_pages(user), uid=uid)
    library = found.scenario.season.library
    if not user.may(Action.PLAN, library.pk):
        raise NotAllowed()
    read_clocks_of(library)
    return user, found


def ready(request: HttpRequest, uid: UUID) -> tuple[User, Proposal]:
    """Return who is at the page and a proposal that is worked out.

    Raises:
        Http404: if it is not theirs to see, or there is nothing to show yet.
    """
    user, found = proposal_of(request, uid)
    if found.state != Proposal.State.DONE:
        raise Http404
    return user, found


def about(proposal: Proposal, current: str) -> dict[str, Any]:
    """Return what the head of each page of a proposal shows."""
    totals = selectors.totals(proposal)
    pages = [
        (FIGURES, "proposal", _("Figures"), "chart-column"),
        (BOARD, "proposal_board", pgettext("plan", "Board"), "calendar-days"),
        (MAP, "proposal_map", _("Map"), "map"),
        (VISITS, "proposal_visits", _("Visits (%(count)s)") % {"count": totals.visits}, "map-pin"),
        (
            LEFT_OUT,
            "proposal_left_out",
            _("Left out (%(count)s)") % {"count": totals.left_out},
            "circle-alert",
        ),
        (CHANGES, "proposal_changes", _("Changes"), "history"),
    ]
    return {
        "tab": current,
        "proposal": proposal,
        "scenario": proposal.scenario,
        "season": proposal.scenario.season,
        "totals": totals,
        "rework_form": ReworkForm(auto_id="id_rework_%s"),
        "tabs": [
            (reverse(name, args=[proposal.uid]), label, key == current, icon)
            for key, name, label, icon in pages
        ],
    }


@require_safe
@needs(Action.SEE_SCHEDULE)
def proposal(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show what a proposal costs and keeps; while it is worked out, lead to where it is told."""
    _user, found = proposal_of(request, uid)
    if found.state != Proposal.State.DONE:
        return redirect("proposals", found.scenario.uid)
    vehicles = selectors.vehicles(found)
    lines = [line for _name, line in lines_of(selectors.trips(found), looks_of(vehicles))]
    figures = found.figures
    communes = figures.get("by_commune", [])
    context = about(found, FIGURES) | {
        "figures": figures,
        "rows": rows_of([Column(found.get_aim_display(), figures, found)]),
        "picture": plan_map.small_map(lines, title=_("All trips of the season")),
        "legend": list(enumerate(vehicles)),
        "communes": communes,
        "weeks": _hours_by_week(found),
    }
    return render(request, "plan/proposal.html", context)


def _hours_by_week(proposal: Proposal) -> list[Bar]:
    """Return the hours on duty of all vehicles, week by week."""
    hours = dict.fromkeys(weeks_of(proposal), 0.0)
    for on, departs_at, returns_at in proposal.trips.values_list("on", "departs_at", "returns_at"):
        monday = next((week for week in reversed(hours) if week <= on), None)
        if monday is not None:
            hours[monday] += (returns_at - departs_at).total_seconds() / 3600
    return [Bar(f"{week:%d/%m}", round(value)) for week, value in hours.items()]


@require_safe
@needs(Action.SEE_SCHEDULE)
def proposal_map(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show the lines of the vehicle and the week that were chosen."""
    _user, found = ready(request, uid)
    vehicles = selectors.vehicles(found)
    weeks = weeks_of(found)
    asked = request.GET or {"week": weeks[0].isoformat()}
    form = FindLinesForm(asked, weeks=weeks, vehicles=vehicles)
    vehicle = form.cleaned_data.get("vehicle") if form.is_valid() else None
    trips = selectors.trips(found, first_on=form.first_on(), vehicle=vehicle)
    looks = looks_of(vehicles)
    chart = plan_map.large_map(
        lines_of(trips, looks),
        provinces=served_provinces(clock.today()),
        offices_url=reverse("map_offices"),
    )
    context = about(found, MAP) | {
        "form": form,
        "trips": trips,
        "legend": [(looks[one.pk], one) for one in vehicles if vehicle in (None, one)],
        "map": inline(chart, nonce=str(request.csp_nonce)),  # type: ignore[attr-defined]
    }
    return render(request, "plan/proposal_map.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def proposal_visits(request: HttpRequest, uid: UUID) -> HttpResponse:
    """List the visits by commune and venue, or by day."""
    _user, found = ready(request, uid)
    form = FindVisitsForm(
        request.GET or None,
        communes=selectors.communes(found),
        vehicles=selectors.vehicles(found),
    )
    rows = selectors.visits(found, **form.asked())
    context = about(found, VISITS) | {
        "form": form,
        "page_obj": Paginator(rows, VISITS_ON_A_PAGE).get_page(request.GET.get("page")),
        "reset_url": reverse("proposal_visits", args=[found.uid]),
    }
    return render(request, "plan/proposal_visits.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def proposal_changes(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show which visits are otherwise than in the running season, or in another proposal."""
    _user, found = ready(request, uid)
    others = [
        one
        for one in selectors.of_scenario(found.scenario)
        if one.state == Proposal.State.DONE and one.pk != found.pk
    ]
    named = next((one for one in others if str(one.uid) == request.GET.get("with")), None)
    if named is None and "with" not in request.GET:
        named = next((one for one in others if one.pk == found.reworked_id), None)
    if named is not None:
        named.scenario = found.scenario
        compared = comparing.compare(named, found)
    else:
        compared = comparing.compare_with_season(found)
    page = Paginator(compared.differences, CHANGES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = about(found, CHANGES) | {
        "others": others,
        "named": named,
        "compared": compared,
        "page_obj": page,
    }
    return render(request, "plan/proposal_changes.html", context)
