"""Today: what is on the road, what is late, who has not logged yet; and saying how far one is."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.attendance.selectors import events_without_sheet
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput
from outreach.scheduling.models import TripMark
from outreach.scheduling.services.progress import mark_trip, unmark_trip
from outreach.scheduling.today import Progress, today
from outreach.web.access import needs, person
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.schedule.views.trips import visible_trip

SHEETS_ON_A_PAGE = 20
MOST_DIGITS = 18
"""Of a key; longer ones are none the database could hold."""


@dataclass(frozen=True, slots=True)
class Card:
    """A trip on the page, and whether who looks may say how far it has come."""

    progress: Progress
    may_mark: bool


@require_safe
@needs(Action.SEE_SCHEDULE)
def schedule_today(request: HttpRequest) -> HttpResponse:
    """Show what a library has on the road now."""
    user = person(request)
    desk = desk_of(request, user)
    now = clock.now()
    found = today(desk.library, now)
    missing = events_without_sheet(user, now, only_mine=False, with_today=True)
    page = Paginator(missing.filter(library=desk.library), SHEETS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "desk": desk,
        "switches": switches(desk),
        "now": now,
        "late": [_card(user, one) for one in found.late],
        "awaited": [_card(user, one) for one in found.awaited],
        "on_the_road": [_card(user, one) for one in found.on_the_road],
        "to_come": [_card(user, one) for one in found.to_come],
        "done": [_card(user, one) for one in found.done],
        "page": page,
    }
    return render(request, "schedule/today.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def trip_mark(request: HttpRequest, uid: str) -> HttpResponse:
    """Note that a trip has left, arrived, finished, or is back."""
    user = person(request)
    found = visible_trip(user, uid)
    event = None
    if request.POST.get("event"):
        event = get_object_or_404(found.events.all(), uid=request.POST["event"])
    try:
        mark_trip(actor=user, trip=found, kind=request.POST.get("kind", ""), event=event)
    except (Conflict, InvalidInput) as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("It is noted."))
    return _back(request, uid, found.library.slug)


@require_POST
@needs(Action.SEE_SCHEDULE)
def trip_unmark(request: HttpRequest, uid: str) -> HttpResponse:
    """Take back what was noted by mistake."""
    user = person(request)
    found = visible_trip(user, uid)
    sent = request.POST.get("mark", "")
    key = int(sent) if sent.isdecimal() and len(sent) < MOST_DIGITS else 0
    mark = get_object_or_404(TripMark.objects.filter(trip=found), pk=key)
    unmark_trip(actor=user, mark=mark)
    messages.success(request, _("The note was taken back."))
    return _back(request, uid, found.library.slug)


def _card(user: User, progress: Progress) -> Card:
    trip = progress.trip
    goes_along = any(
        duty.member.user_id == user.pk and duty.is_standing for duty in trip.duties.all()
    )
    may_mark = goes_along or user.may(Action.SCHEDULE, trip.library_id)
    return Card(progress, may_mark and progress.is_marked_now)


def _back(request: HttpRequest, uid: str, library: str) -> HttpResponse:
    """Lead back to the page the button was on."""
    if request.POST.get("page") == "today":
        query = urlencode({"library": library})
        return redirect(f"{reverse('schedule_today')}?{query}")
    return redirect("trip", uid)
