"""A proposal by hand: the board of a week, one visit, and what a change breaks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import DomainError, NotAllowed
from outreach.common.periods import monday_of
from outreach.planning.models import Proposal, ProposedVisit
from outreach.planning.proposals import by_hand, selectors
from outreach.planning.proposals.findings import Said, findings_of
from outreach.web.access import needs
from outreach.web.plan.proposal_forms import MoveVisitForm
from outreach.web.plan.proposal_pages import BOARD, about, ready
from outreach.web.plan.proposal_rows import board_of, weeks_of
from outreach.web.plan.scenario_pages import succeeds

DAYS = 7


@require_safe
@needs(Action.SEE_SCHEDULE)
def proposal_board(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show a week: vehicles against days."""
    _user, found = ready(request, uid)
    return _board(request, found, _week(request.GET.get("from", ""), found))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def proposal_visit(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Move a visit to another day, vehicle or time, and say what that breaks."""
    user, found = ready(request, uid)
    visit = _visit(found, pk)
    vehicles = selectors.vehicles(found)
    was = _place(visit)
    form = MoveVisitForm(request.POST or None, proposal=found, vehicles=vehicles, visit=visit)
    broken: list[Said] = []
    if succeeds(
        form,
        lambda: broken.extend(by_hand.move_visit(actor=user, visit=visit, **form.wanted()).every),
    ):
        found.refresh_from_db()
        on: date = form.cleaned_data["on"]
        return _changed(request, found, on, visit, broken, undo=was)
    if _is_script(request) and form.errors:
        return _refused(request, found, visit, form)
    context = about(found, BOARD) | {
        "visit": visit,
        "form": form,
        "findings": _of_visit(found, visit),
        "week_url": _week_url(found, visit.trip.on),
    }
    return render(request, "plan/proposal_visit.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def proposal_pin(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Let a visit stay where it is when the rest is planned anew, or let it go."""
    user, found = ready(request, uid)
    visit = _visit(found, pk)
    change = by_hand.unpin_visit if visit.is_pinned else by_hand.pin_visit
    done = _("The visit is no longer pinned.") if visit.is_pinned else _("The visit stays there.")
    if _do(
        request,
        lambda: change(actor=user, visit=visit, expected_revision=_revision(request)),
    ):
        messages.success(request, done)
    return redirect(_week_url(found, visit.trip.on))


@require_POST
@needs(Action.SEE_SCHEDULE)
def proposal_take_out(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Leave a visit out."""
    user, found = ready(request, uid)
    visit = _visit(found, pk)
    on = visit.trip.on
    if _do(
        request,
        lambda: by_hand.take_out(actor=user, visit=visit, expected_revision=_revision(request)),
    ):
        name = visit.stop.venue.name
        messages.success(request, _("“%(name)s” is left out now.") % {"name": name})
    return redirect(_week_url(found, on))


def _board(
    request: HttpRequest, proposal: Proposal, first_on: date, **context: Any
) -> HttpResponse:
    trips = selectors.trips(proposal, first_on=first_on, days=DAYS)
    vehicles = selectors.vehicles(proposal)
    weeks = weeks_of(proposal)
    place = weeks.index(first_on)
    days = [first_on + timedelta(days=number) for number in range(DAYS)]
    shown = about(proposal, BOARD) | {
        "rows": board_of(trips, vehicles, first_on, DAYS, _by_place(proposal, trips)),
        "days": days,
        "today": clock.today(),
        "first_on": first_on,
        "last_on": days[-1],
        "weeks": weeks,
        "week_number": place + 1,
        "previous_on": weeks[place - 1] if place else None,
        "next_on": weeks[place + 1] if place + 1 < len(weeks) else None,
        "left_out": list(_left_out_in(proposal, first_on)),
    }
    return render(request, "plan/proposal_board.html", shown | context)


def _left_out_in(proposal: Proposal, first_on: date) -> Any:
    rows = selectors.left_out(proposal)
    return rows.filter(occurrence_on__gte=first_on, occurrence_on__lt=first_on + timedelta(days=7))


def _by_place(proposal: Proposal, trips: Sequence[Any]) -> dict[tuple[int, int | None], list[Said]]:
    """Return what the rules find in the trips of a week, by trip and visit."""
    shown = {trip.pk for trip in trips}
    found: dict[tuple[int, int | None], list[Said]] = {}
    for one in findings_of(proposal).every:
        if one.trip is not None and one.trip in shown:
            found.setdefault((one.trip, one.visit), []).append(one)
    return found


def _of_visit(proposal: Proposal, visit: ProposedVisit) -> list[Said]:
    every = findings_of(proposal).of_trip(visit.trip_id)
    return [one for one in every if one.visit in (None, visit.pk)]


def _changed(
    request: HttpRequest,
    proposal: Proposal,
    on: date,
    visit: ProposedVisit,
    broken: Sequence[Said],
    *,
    undo: dict[str, str],
) -> HttpResponse:
    """Say what a change broke, on the board of the week it went to."""
    if _is_script(request):
        return _board(
            request,
            proposal,
            monday_of(on),
            moved=selectors.visit(proposal, visit.pk),
            broken=list(broken),
            undo=undo,
        )
    messages.success(request, _("“%(name)s” was moved.") % {"name": visit.stop.venue.name})
    for one in broken:
        messages.warning(request, one.message)
    return redirect(_week_url(proposal, on))


def _refused(
    request: HttpRequest, proposal: Proposal, visit: ProposedVisit, form: MoveVisitForm
) -> HttpResponse:
    said = [str(error) for errors in form.errors.values() for error in errors]
    return _board(request, proposal, monday_of(visit.trip.on), refused=said)


def _do(request: HttpRequest, change: Callable[[], object]) -> bool:
    try:
        change()
    except NotAllowed:
        raise
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return False
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return False
    return True


def _place(visit: ProposedVisit) -> dict[str, str]:
    """Return what the form is sent to put a visit back."""
    return {
        "on": visit.trip.on.isoformat(),
        "vehicle": str(visit.trip.vehicle_id),
        "starts": f"{clock.local(visit.starts_at):%H:%M}",
    }


def _visit(proposal: Proposal, pk: int) -> ProposedVisit:
    found = selectors.visit(proposal, pk)
    if found is None:
        raise Http404
    return found


def _revision(request: HttpRequest) -> int | None:
    said = request.POST.get("expected_revision", "")
    return int(said) if said.isdecimal() and len(said) < 10 else None


def _is_script(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request"))


def _week(text: str, proposal: Proposal) -> date:
    """Return the Monday that was asked for, or the season's first one."""
    weeks = weeks_of(proposal)
    try:
        asked = monday_of(date.fromisoformat(text))
    except (ValueError, OverflowError):
        asked = monday_of(clock.today())
    return min(max(asked, weeks[0]), weeks[-1])


def _week_url(proposal: Proposal, on: date) -> str:
    query = urlencode({"from": on.isoformat()})
    return f"{reverse('proposal_board', args=[proposal.uid])}?{query}"
