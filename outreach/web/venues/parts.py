"""Changing what is kept with a venue: access file, hours, closed dates, travel times."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, StaleWrite
from outreach.places import services
from outreach.places.access_notes import access_of
from outreach.places.models import ClosedDates, TravelTime, Venue, VenueAccess
from outreach.places.venue_state import OpeningHours
from outreach.scheduling.models import Trip
from outreach.web.access import needs, person
from outreach.web.venues.part_forms import (
    AccessForm,
    ClosedForm,
    HoursForm,
    PartForm,
    RemoveForm,
    TravelForm,
)
from outreach.web.zones import read_clocks_of

FORM = require_http_methods(["GET", "HEAD", "POST"])


@FORM
@needs(Action.SEE_SCHEDULE)
def access(request: HttpRequest, code: str) -> HttpResponse:
    """Change the access file of a venue."""
    user, venue = to_keep(request, code)
    record = access_of(venue) or VenueAccess(venue=venue)
    form = AccessForm(request.POST or None, access=record)
    if _succeeds(
        form, lambda: services.change_access(actor=user, venue=venue, **form.wanted()), record
    ):
        return _done(request, venue, _("The access file was changed."))
    return _page(request, "venues/access.html", venue, form, heading=_("Getting there"))


@FORM
@needs(Action.SEE_SCHEDULE)
def hours(request: HttpRequest, code: str) -> HttpResponse:
    """Change the hours in which a venue can be visited."""
    user, venue = to_keep(request, code)
    form = HoursForm(request.POST or None, venue=venue)
    if _succeeds(
        form,
        lambda: services.set_opening_windows(
            actor=user,
            venue=venue,
            windows=form.windows(),
            reason=form.cleaned_data["reason"],
            expected_version=form.cleaned_data["expected_version"],
        ),
        OpeningHours(venue),
    ):
        return _done(request, venue, _("The opening hours were changed."))
    return _page(request, "venues/hours.html", venue, form, heading=_("Opening hours"))


@FORM
@needs(Action.SEE_SCHEDULE)
def closed_new(request: HttpRequest, code: str) -> HttpResponse:
    """Note dates on which a venue is closed."""
    user, venue = to_keep(request, code)
    form = ClosedForm(request.POST or None)
    if _succeeds(form, lambda: services.add_closed_dates(actor=user, venue=venue, **form.wanted())):
        return _done(request, venue, _("The closed dates were added."))
    return _page(request, "venues/closed.html", venue, form, heading=_("New closed dates"))


@FORM
@needs(Action.SEE_SCHEDULE)
def closed_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change dates on which a venue is closed."""
    user, venue = to_keep(request, code)
    closed = _closed(venue, pk)
    form = ClosedForm(request.POST or None, closed=closed)
    if _succeeds(
        form,
        lambda: services.change_closed_dates(actor=user, closed=closed, **form.wanted()),
        closed,
    ):
        return _done(request, venue, _("The closed dates were changed."))
    context = {"heading": _("Change closed dates"), "record": closed, "removing": RemoveForm()}
    return _page(request, "venues/closed.html", venue, form, **context)


@require_http_methods(["POST"])
@needs(Action.SEE_SCHEDULE)
def closed_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Note that a venue is not closed on these dates."""
    user, venue = to_keep(request, code)
    closed = _closed(venue, pk)
    services.remove_closed_dates(actor=user, closed=closed, reason=_reason(request))
    return _done(request, venue, _("The closed dates were removed."))


@FORM
@needs(Action.SEE_SCHEDULE)
def travel_new(request: HttpRequest, code: str) -> HttpResponse:
    """Note what the way to a venue takes; asked from a trip, it leads back there."""
    user, venue = to_keep(request, code)
    origin = {"origin": request.GET.get("origin", "")}
    form = TravelForm(request.POST or None, venue=venue, initial=origin)
    if _succeeds(
        form, lambda: services.add_travel_time(actor=user, destination=venue, **form.wanted())
    ):
        said = _("The travel time was added.")
        asked_from = Trip.objects.visible_to(user).filter(uid=request.GET.get("trip", "")).first()
        if asked_from is not None:
            messages.success(request, said)
            return redirect("trip", asked_from.uid)
        return _done(request, venue, said)
    return _page(request, "venues/travel.html", venue, form, heading=_("New travel time"))


@FORM
@needs(Action.SEE_SCHEDULE)
def travel_edit(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Change what the way to a venue takes."""
    user, venue = to_keep(request, code)
    time = _travel_time(venue, pk)
    form = TravelForm(request.POST or None, venue=venue, travel_time=time)
    if _succeeds(
        form, lambda: services.change_travel_time(actor=user, time=time, **form.wanted()), time
    ):
        return _done(request, venue, _("The travel time was changed."))
    context = {"heading": _("Change the travel time"), "record": time, "removing": RemoveForm()}
    return _page(request, "venues/travel.html", venue, form, **context)


@require_http_methods(["POST"])
@needs(Action.SEE_SCHEDULE)
def travel_remove(request: HttpRequest, code: str, pk: int) -> HttpResponse:
    """Go back to what is computed for a way."""
    user, venue = to_keep(request, code)
    time = _travel_time(venue, pk)
    services.remove_travel_time(actor=user, time=time, reason=_reason(request))
    return _done(request, venue, _("The travel time was removed."))


def to_keep(request: HttpRequest, code: str) -> tuple[User, Venue]:
    """Return who is at the page and the venue they want to change.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    visible = Venue.objects.visible_to(user)
    venue = get_object_or_404(
        visible.select_related("library", "commune", "main_venue", "access"), code=code
    )
    if not user.may(Action.KEEP_PLACES, venue.library_id):
        raise NotAllowed()
    read_clocks_of(venue.library)
    return user, venue


def _closed(venue: Venue, pk: int) -> ClosedDates:
    return get_object_or_404(venue.closed_dates.select_related("venue"), pk=pk)


def _travel_time(venue: Venue, pk: int) -> TravelTime:
    return get_object_or_404(venue.ways_in.select_related("origin", "destination"), pk=pk)


def _reason(request: HttpRequest) -> str:
    form = RemoveForm(request.POST)
    return str(form.cleaned_data["reason"]) if form.is_valid() else ""


def _succeeds(form: PartForm, change: Callable[[], object], record: Any = None) -> bool:
    """Read the form and do the change; tell whether all went well. The form shows what did not."""
    if not form.is_valid():
        return False
    try:
        change()
    except (ValidationError, InvalidInput, Conflict) as refusal:
        form.show(refusal)
        if isinstance(refusal, StaleWrite):
            form.take_news(record)
    return not form.errors


def _done(request: HttpRequest, venue: Venue, said: str) -> HttpResponse:
    messages.success(request, said)
    return redirect("venue", venue.code)


def _page(
    request: HttpRequest, template: str, venue: Venue, form: PartForm, **context: Any
) -> HttpResponse:
    return render(request, template, {"venue": venue, "form": form} | context)
