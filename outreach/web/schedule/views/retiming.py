"""The page on which the times of a trip are changed: shown first, then kept."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common.errors import InvalidInput
from outreach.scheduling import services, undo
from outreach.scheduling.models import Event, Trip, TripPause
from outreach.scheduling.retiming import Timeline, neighbours
from outreach.scheduling.retiming_preview import Preview, preview_retiming
from outreach.scheduling.services.retiming import Timed, timed
from outreach.web.access import needs
from outreach.web.schedule import undoing
from outreach.web.schedule.pages import change_page
from outreach.web.schedule.refusals import attempt
from outreach.web.schedule.time_forms import (
    PREFIX,
    BaseRows,
    RowForm,
    Rows,
    TimesForm,
    Wish,
    rows_showing,
    signature,
    typed_timeline,
)
from outreach.web.schedule.views.trips import to_change


@dataclass(frozen=True, slots=True)
class Line:
    """A row of the page: its form, what it is about, and whether it may change places."""

    form: RowForm
    event: Event | None
    pause: TripPause | None
    goes_up: bool
    goes_down: bool


@dataclass(slots=True)
class Page:
    """What the page shows: the rows, and the change if there is one to look at."""

    rows: BaseRows
    preview: Preview | None = None
    seen: str = ""


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_times(request: HttpRequest, uid: str) -> HttpResponse:
    """Move, stretch and reorder the stops and pauses of a trip; those after them follow."""
    user, found = to_change(request, uid)
    stored = timed(found)
    form = TimesForm(request.POST or None, record=found)
    if request.method == "POST":
        was = undo.before_times(stored)
        page = _answer(request.POST, form, stored, user)
        if page is None:
            found.refresh_from_db()
            undoing.offer(request, was, found, actor=user)
            messages.success(request, _("The times of the trip were changed."))
            return redirect("trip", uid)
    else:
        page = Page(rows_showing(stored.timeline))
    return change_page(
        request,
        "trip_times",
        form,
        heading=_("Change the times"),
        verb=_("Keep these times"),
        rows=page.rows,
        lines=_lines(page.rows, stored),
        preview=page.preview,
        seen=page.seen,
        stored=stored,
    )


def _answer(sent: QueryDict, form: TimesForm, stored: Timed, user: User) -> Page | None:
    """Do what was asked for and return what to show, or ``None`` if the times were kept."""
    rows: BaseRows = Rows(sent, prefix=PREFIX)
    if not all([form.is_valid(), rows.is_valid()]):
        return Page(rows)
    wish = Wish.of(sent)
    timeline = typed_timeline(rows, wish, stored, form.follows)
    if timeline is None:
        return Page(rows)
    try:
        preview = preview_retiming(stored, timeline, actor=user)
    except InvalidInput as refusal:
        form.add_error(None, refusal.message)
        return Page(rows_showing(stored.timeline))
    if wish.verb == "keep":
        if form.cleaned_data["seen"] != signature(timeline):
            form.add_error(None, _("The times were typed anew. Please look at the change first."))
        elif _keep(form, stored.trip, timeline, user):
            return None
    return Page(rows_showing(timeline), preview, signature(timeline))


def _keep(form: TimesForm, trip: Trip, timeline: Timeline, user: User) -> bool:
    kept = attempt(
        form,
        lambda: services.retime_trip(
            actor=user,
            trip=trip,
            timeline=timeline,
            reason=form.cleaned_data["reason"],
            **form.settled(),
        ),
    )
    return kept is not None


def _lines(rows: BaseRows, stored: Timed) -> list[Line]:
    timeline, road, lines = stored.timeline, stored.road, []
    for form in rows.forms:
        key = form["key"].value()
        event, pause = stored.events.get(key), stored.pauses.get(key)
        before = after = None
        if event is not None or pause is not None:
            before, after = neighbours(timeline, key, road)
        lines.append(Line(form, event, pause, before is not None, after is not None))
    return lines
