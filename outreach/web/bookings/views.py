"""Asking for visits, and answering: each sees the requests of their own schools or libraries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.bookings import selectors, services
from outreach.bookings.models import Booking
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.common.history import entries
from outreach.web.access import needs, person
from outreach.web.bookings.forms import (
    AcceptForm,
    RefuseForm,
    RequestForm,
    ShowsRefusals,
    WithdrawForm,
)
from outreach.web.schedule.offer import offer_of
from outreach.web.schedule.refusals import succeeds
from outreach.web.zones import read_clocks_of

BOOKINGS_ON_A_PAGE = 20
USUAL_NOTICE = timedelta(days=14)
CLASS_MIN = 20
"""Minutes a class is counted with, for the end that is offered."""


@require_safe
@needs(Action.ASK_FOR_VISITS, Action.ANSWER_BOOKINGS)
def bookings(request: HttpRequest) -> HttpResponse:
    """Show what waits for an answer, what one asked for oneself, and what was answered."""
    user = person(request)
    answers = user.may(Action.ANSWER_BOOKINGS)
    hosted = list(selectors.venues_hosted(user))
    page = Paginator(selectors.answered(user), BOOKINGS_ON_A_PAGE) if answers else None
    context = {
        "answers": answers,
        "asks": bool(hosted) or not answers,
        "hosted": hosted,
        "mine": list(selectors.asked_for(user)) if hosted or not answers else [],
        "waiting": list(selectors.to_answer(user)) if answers else [],
        "left_standing": list(selectors.left_standing(user, clock.now())) if answers else [],
        "page_obj": page.get_page(request.GET.get("page")) if page else None,
        "libraries": len(user.scope.libraries(Action.ANSWER_BOOKINGS)),
    }
    return render(request, "bookings/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.ASK_FOR_VISITS)
def booking_new(request: HttpRequest) -> HttpResponse:
    """Ask for a visit."""
    user = person(request)
    venues = list(selectors.venues_hosted(user))
    shown = {"wanted_on": clock.today() + USUAL_NOTICE, "kind": "mobile_service"}
    form = RequestForm(request.POST or None, venues=venues, initial=shown)
    if _succeeds(form, lambda: services.request_visit(actor=user, **form.cleaned_data)):
        messages.success(request, _("The library has your request and will answer here."))
        return redirect("bookings")
    return render(request, "bookings/new.html", {"form": form, "venues": venues})


@require_safe
@needs(Action.ASK_FOR_VISITS, Action.ANSWER_BOOKINGS)
def booking(request: HttpRequest, uid: str) -> HttpResponse:
    """Show a request and what became of it."""
    user = person(request)
    found = _visible(user, uid)
    answers = user.may(Action.ANSWER_BOOKINGS, found.library_id)
    context = {
        "booking": found,
        "answers": answers,
        "may_accept": answers and found.state in {"submitted", "called_off"},
        "may_refuse": answers and found.state == "submitted",
        "may_withdraw": services.is_host(user, found.venue_id) and _is_open(found),
        "stands_alone": answers
        and found.state == "withdrawn"
        and found.event is not None
        and not found.event.is_cancelled,
        "history": entries(found.history.all(), lambda row, names: _("Request")) if answers else [],
    }
    return render(request, "bookings/booking.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.ANSWER_BOOKINGS)
def booking_accept(request: HttpRequest, uid: str) -> HttpResponse:
    """Accept a request, with a planned event or a new one."""
    user, found = _to_answer(request, uid)
    events = list(selectors.events_to_accept_onto(found, clock.now()))
    offer = offer_of(found.library)
    minutes = min(found.classes * CLASS_MIN, 8 * 60)
    ends_at = clock.start_of(found.wanted_on) + timedelta(hours=8, minutes=minutes)
    shown = {"on": found.wanted_on, "starts": "08:00", "ends": clock.local(ends_at).time()}
    form = AcceptForm(request.POST or None, offer=offer, events=events, initial=shown)
    if succeeds(
        form,
        lambda: services.accept(
            actor=user,
            booking=found,
            event=form.chosen,
            visit=form.visit(),
            answer=form.cleaned_data["answer"],
            override_reason=form.cleaned_data["override_reason"],
        ),
    ):
        messages.success(request, _("The request is accepted."))
        return redirect("booking", uid)
    return _page(request, "accept", found, form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.ANSWER_BOOKINGS)
def booking_refuse(request: HttpRequest, uid: str) -> HttpResponse:
    """Refuse a request, with a reason."""
    user, found = _to_answer(request, uid)
    form = RefuseForm(request.POST or None)
    if _succeeds(form, lambda: services.refuse(actor=user, booking=found, **form.cleaned_data)):
        messages.success(request, _("The request is refused. The host sees why."))
        return redirect("bookings")
    return _page(request, "refuse", found, form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.ASK_FOR_VISITS)
def booking_withdraw(request: HttpRequest, uid: str) -> HttpResponse:
    """Take a request back."""
    user = person(request)
    found = _visible(user, uid)
    if not services.is_host(user, found.venue_id):
        raise NotAllowed()
    # The reason may stay empty, so that an empty form is sent, too.
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if _succeeds(form, lambda: services.withdraw(actor=user, booking=found, **form.cleaned_data)):
        messages.success(request, _("Your request is withdrawn."))
        return redirect("bookings")
    return _page(request, "withdraw", found, form)


def _page(request: HttpRequest, template: str, found: Booking, form: Any) -> HttpResponse:
    return render(request, f"bookings/{template}.html", {"booking": found, "form": form})


def _succeeds(form: ShowsRefusals, change: Callable[[], object]) -> bool:
    """Read the form and do the change; tell whether all went well. The form shows what did not."""
    if not form.is_valid():
        return False
    try:
        change()
    except (ValidationError, InvalidInput, Conflict) as refusal:
        form.show(refusal)
    return not form.errors


def _is_open(found: Booking) -> bool:
    begun = found.event is not None and found.event.starts_at <= clock.now()
    return found.state in {"submitted", "accepted"} and not begun


def _visible(user: User, uid: str) -> Booking:
    found = get_object_or_404(Booking.objects.visible_to(user).for_lists(), uid=uid)
    read_clocks_of(found.library)
    return found


def _to_answer(request: HttpRequest, uid: str) -> tuple[User, Booking]:
    """Return who is at the page and the request they want to answer.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    found = _visible(user, uid)
    if not user.may(Action.ANSWER_BOOKINGS, found.library_id):
        raise NotAllowed()
    return user, found
