"""The visits owed: what was called off, until when it is to be made up for, and by which visit."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Prefetch
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.planning.backlog import selectors, services
from outreach.planning.models import OwedVisit
from outreach.scheduling.models import Event, Trip
from outreach.web.access import needs, person
from outreach.web.backlog.forms import FindBacklogForm, MakeUpForm, WaiveForm
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.schedule.offer import offer_of
from outreach.web.schedule.pages import change_page, welcome
from outreach.web.schedule.refusals import attempt
from outreach.web.zones import read_clocks_of

ON_A_PAGE = 25
TRIPS_OFFERED = 60


@require_safe
@needs(Action.SEE_SCHEDULE)
def backlog(request: HttpRequest) -> HttpResponse:
    """List the visits a library owes, the most overdue first; below, those that are waived."""
    user = person(request)
    desk = desk_of(request, user)
    form = FindBacklogForm(request.GET)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    owed = selectors.backlog([desk.library.pk], text=text)
    waived = selectors.for_lists(
        OwedVisit.objects.filter(event__library=desk.library, waived_at__isnull=False)
    ).order_by("-waived_at", "event")
    today = clock.today()
    context = {
        "desk": desk,
        "switches": switches(desk),
        "form": form,
        "today": today,
        "text": text,
        "owed_in_all": selectors.backlog([desk.library.pk]).count(),
        "overdue": selectors.overdue(selectors.backlog([desk.library.pk]), today),
        "page_obj": Paginator(owed, ON_A_PAGE).get_page(request.GET.get("page")),
        "waived": Paginator(waived, ON_A_PAGE).get_page(request.GET.get("waived")),
        "may_plan": user.may(Action.PLAN, desk.library.pk),
    }
    return render(request, "backlog/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def make_up(request: HttpRequest, uid: str) -> HttpResponse:
    """Plan a visit that makes up for one that was called off."""
    user, owed = _to_change(request, uid, Action.SCHEDULE)
    called_off = owed.event
    form = MakeUpForm(
        request.POST or None,
        offer=offer_of(called_off.library),
        trips=_trips_to_join(called_off),
        initial=_same_time(called_off),
    )
    if form.is_valid():
        is_repeat = form.was_sent_before(Event)
        event = attempt(form, lambda: services.plan_make_up(actor=user, owed=owed, **form.wanted()))
        if event is not None:
            welcome(request, is_repeat, _("The make-up visit is kept as a draft. Publish it."))
            return redirect("schedule_event", event.uid)
    return change_page(
        request,
        "make_up",
        form,
        heading=_("Make up for a visit"),
        verb=_("Save as draft"),
        owed=owed,
        today=clock.today(),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def waive(request: HttpRequest, uid: str) -> HttpResponse:
    """Say why a visit is not made up for."""
    user, owed = _to_change(request, uid, Action.PLAN)
    form = WaiveForm(request.POST or None)
    if form.is_valid():
        services.waive_owed_visit(actor=user, owed=owed, because=form.cleaned_data["because"])
        messages.success(request, _("The visit is not owed any more."))
        return redirect(_list_url(owed))
    context = {"form": form, "owed": owed, "back_url": _list_url(owed)}
    return render(request, "backlog/waive.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def owe(request: HttpRequest, uid: str) -> HttpResponse:
    """Take back that a visit is not made up for."""
    user, owed = _to_change(request, uid, Action.PLAN)
    services.owe_again(actor=user, owed=owed)
    messages.success(request, _("The visit is owed again."))
    return redirect(_list_url(owed))


def _list_url(owed: OwedVisit) -> str:
    return f"{reverse('backlog')}?library={owed.event.library.slug}"


def _same_time(event: Event) -> dict[str, Any]:
    """Propose the clock times of the visit that was called off; the day is for the person."""
    starts, ends = clock.local(event.starts_at), clock.local(event.ends_at)
    return {"starts": starts.time(), "ends": ends.time()}


def _trips_to_join(called_off: Event) -> list[Trip]:
    """Return the standing trips to come that the visit may become a stop of."""
    coming = Trip.objects.standing().filter(library=called_off.library, departs_at__gt=clock.now())
    stops = Event.objects.select_related("venue").order_by("starts_at")
    rows = coming.select_related("vehicle").prefetch_related(Prefetch("events", stops))
    rows = rows.order_by("departs_at", "pk")
    return list(rows[:TRIPS_OFFERED])


def _to_change(request: HttpRequest, uid: str, action: Action) -> tuple[User, OwedVisit]:
    """Return who is at the page and the visit that is owed.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    visible = selectors.for_lists(OwedVisit.objects.visible_to(user))
    owed = get_object_or_404(visible, event__uid=uid)
    if not user.may(action, owed.event.library_id):
        raise NotAllowed()
    read_clocks_of(owed.event.library)
    return user, owed
