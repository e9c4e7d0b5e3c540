"""Pages that schedule, show and change trips. Every change asks first and works without scripts."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.scheduling import board, services, undo
from outreach.scheduling.history import trip_history
from outreach.scheduling.models import Trip
from outreach.scheduling.services.progress import may_mark
from outreach.scheduling.today import with_progress
from outreach.web.access import needs, person
from outreach.web.schedule import forms, undoing
from outreach.web.schedule.libraries import desk_of
from outreach.web.schedule.offer import Offer, offer_of
from outreach.web.schedule.pages import change_page, history_page, name_of, week_url_of, welcome
from outreach.web.schedule.pause_forms import (
    PREFIX,
    BasePauses,
    empty_rows,
    redrawn_pauses,
    rows_of,
    sent_pauses,
    shown_pauses,
)
from outreach.web.schedule.refusals import attempt, succeeds
from outreach.web.zones import read_clocks_of

STOPS = "stops"
REDRAWS = {"add_stop", "remove_stop", "add_pause"}
"""Buttons that draw the form anew, with nothing judged."""


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_new(request: HttpRequest) -> HttpResponse:
    """Schedule a trip with its crew and stops, all or nothing."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    offer = offer_of(desk.library)
    if request.method != "POST":
        form, stops = _empty(request, offer)
        pauses = shown_pauses(empty_rows(form.initial["departs_on"]), offer)
    elif REDRAWS & request.POST.keys():
        form, stops = _redrawn(request.POST, offer)
        pauses = redrawn_pauses(request.POST, offer)
    else:
        form = forms.NewTripForm(request.POST, offer=offer)
        stops = forms.Stops(request.POST, prefix=STOPS, form_kwargs={"offer": offer})
        pauses = sent_pauses(request.POST, offer)
        is_repeat = form.is_valid() and form.was_sent_before(Trip)
        trip = _schedule(user, desk.library, form, stops, pauses)
        if trip is not None:
            welcome(request, is_repeat, _("The trip is kept as a draft. Publish it for readers."))
            return redirect("trip", trip.uid)
    context = {
        "desk": desk,
        "form": form,
        "stops": stops,
        "pauses": pauses,
        "max_stops": forms.MAX_STOPS,
    }
    return render(request, "schedule/trip_new.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def trip(request: HttpRequest, uid: str) -> HttpResponse:
    """Show a trip: where it goes, who goes, what was overridden and what became of it."""
    user = person(request)
    found = visible_trip(user, uid)
    context = {
        "sheet": (sheet := board.trip_sheet(found)),
        "undo": undoing.offered(request, found),
        "progress": (progress := with_progress(found, clock.now())),
        "may_mark": progress.is_marked_now and may_mark(user, found),
        "history": history_page(request, trip_history(found)),
        "heading": name_of(found),
        "week_url": week_url_of(found),
        "lasts_days": clock.local(found.departs_at).date() != clock.local(found.returns_at).date(),
        "may_schedule": user.may(Action.SCHEDULE, found.library_id),
        "may_keep_places": user.may(Action.KEEP_PLACES, found.library_id),
        "may_remove": sheet.was_never_public,
    }
    return render(request, "schedule/trip.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_edit(request: HttpRequest, uid: str) -> HttpResponse:
    """Change a trip's vehicle, crew, departure, return and note."""
    user, found = to_change(request, uid)
    offer = offer_of(found.library, found)
    if "add_pause" in request.POST:
        typed = _typed_trip(request.POST, forms.ChangeTripForm)
        form = forms.ChangeTripForm(offer=offer, record=found, initial=typed)
        pauses = redrawn_pauses(request.POST, offer)
    elif request.method == "POST":
        form = forms.ChangeTripForm(request.POST, offer=offer, record=found)
        pauses = sent_pauses(request.POST, offer)
    else:
        stored = forms.ChangeTripForm.initial_of_trip(found)
        form = forms.ChangeTripForm(offer=offer, record=found, initial=stored)
        pauses = shown_pauses(rows_of(found), offer)
    # A request that says nothing of the pauses leaves them.
    says_pauses = f"{PREFIX}-TOTAL_FORMS" in request.POST
    if (not form.is_bound or pauses.is_valid()) and succeeds(
        form,
        lambda: undoing.offer(
            request,
            undo.before(found),
            services.change_trip(
                actor=user,
                trip=found,
                reason=form.cleaned_data["reason"],
                pauses=pauses.wanted() if says_pauses else None,
                **form.wanted(),
                **form.settled(),
            ),
            actor=user,
        ),
    ):
        messages.success(request, _("The trip was changed."))
        return redirect("trip", uid)
    return change_page(
        request,
        "trip_edit",
        form,
        heading=_("Change the trip"),
        verb=_("Save the changes"),
        pauses=pauses,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_move(request: HttpRequest, uid: str) -> HttpResponse:
    """Move a whole trip; its stops move by the same time."""
    user, found = to_change(request, uid)
    departs = clock.local(found.departs_at)
    form = forms.MoveTripForm(
        request.POST or None,
        offer=offer_of(found.library, found),
        record=found,
        initial={"departs_on": departs.date(), "departs_time": departs.time()},
    )
    if succeeds(
        form,
        lambda: undoing.offer(
            request,
            undo.before(found),
            services.move_trip(
                actor=user,
                trip=found,
                departs_at=form.cleaned_data["departs_at"],
                vehicle=form.cleaned_data["vehicle"],
                reason=form.cleaned_data["reason"],
                **form.settled(),
            ),
            actor=user,
            events_went_along=True,
        ),
    ):
        messages.success(request, _("The trip and its stops were moved."))
        return redirect("trip", uid)
    return change_page(request, "trip_move", form, heading=_("Move the trip"), verb=_("Move"))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_add_event(request: HttpRequest, uid: str) -> HttpResponse:
    """Add a stop to a trip."""
    user, found = to_change(request, uid)
    form = forms.StopForm(
        request.POST or None,
        offer=offer_of(found.library),
        record=found,
        initial={"on": clock.local(found.departs_at).date()},
    )
    if succeeds(
        form,
        lambda: services.add_stop(
            actor=user,
            trip=found,
            event=form.event_input(),
            **form.settled(),
        ),
    ):
        messages.success(request, _("The stop was added as a draft."))
        return redirect("trip", uid)
    return change_page(
        request, "trip_add_event", form, heading=_("Add a stop"), verb=_("Add the stop")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_publish(request: HttpRequest, uid: str) -> HttpResponse:
    """Make a trip and its draft stops public."""
    user, found = to_change(request, uid)
    form = forms.ConfirmForm(request.POST or None, record=found)
    if succeeds(
        form,
        lambda: services.publish_trip(
            actor=user, trip=found, reason=form.cleaned_data["reason"], **form.settled()
        ),
    ):
        messages.success(request, _("The trip is public: readers see its stops now."))
        return redirect("trip", uid)
    sheet = board.trip_sheet(found)
    return change_page(
        request,
        "trip_confirm",
        form,
        heading=_("Publish the trip?"),
        verb=_("Publish"),
        explanation=_(
            "Readers will see these stops in the timetable, on the map and in calendars."
        ),
        sheet=sheet,
        overrides=sheet.overrides,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_cancel(request: HttpRequest, uid: str) -> HttpResponse:
    """Call off a trip with all its stops."""
    user, found = to_change(request, uid)
    form = forms.CancelForm(request.POST or None, record=found)
    if succeeds(
        form,
        lambda: services.cancel_trip(
            actor=user,
            trip=found,
            why=form.cleaned_data["why"],
            note=form.cleaned_data["note"],
            expected_revision=form.cleaned_data["expected_revision"],
        ),
    ):
        messages.success(request, _("The trip was cancelled with all its stops."))
        return redirect("trip", uid)
    return change_page(
        request,
        "trip_confirm",
        form,
        heading=_("Cancel the trip?"),
        verb=_("Cancel the trip"),
        is_danger=True,
        explanation=_("All its stops are called off. Vehicle and crew are free again."),
        sheet=board.trip_sheet(found),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_remove(request: HttpRequest, uid: str) -> HttpResponse:
    """Delete a trip that was never public."""
    user, found = to_change(request, uid)
    form = forms.ConfirmForm(request.POST or None, record=found)
    if succeeds(
        form,
        lambda: services.remove_trip(
            actor=user,
            trip=found,
            reason=form.cleaned_data["reason"],
            expected_revision=form.cleaned_data["expected_revision"],
        ),
    ):
        messages.success(request, _("The draft was removed."))
        return redirect("schedule")
    return change_page(
        request,
        "trip_confirm",
        form,
        heading=_("Remove the draft?"),
        verb=_("Remove"),
        is_danger=True,
        explanation=_("The trip and its stops go. It was never public, so nobody is told."),
        sheet=board.trip_sheet(found),
    )


def _schedule(
    user: User,
    library: Any,
    form: forms.NewTripForm,
    stops: forms.BaseStops,
    pauses: BasePauses,
) -> Trip | None:
    # All are asked, so that everything wrong is shown at once.
    if not all([form.is_valid(), stops.is_valid(), pauses.is_valid()]):
        return None
    filled = stops.filled()
    return attempt(
        form,
        lambda: services.schedule_trip(
            actor=user,
            library=library,
            events=[stop.event_input() for stop in filled],
            pauses=pauses.wanted(),
            override_reason=form.cleaned_data["override_reason"],
            uid=form.uid,
            **form.wanted(),
        ),
        filled,
    )


def _empty(request: HttpRequest, offer: Offer) -> tuple[forms.NewTripForm, forms.BaseStops]:
    """Return the forms of a new trip, filled with the vehicle, day and venue of the address."""
    try:
        on = date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        on = clock.today()
    vehicle, venue = request.GET.get("vehicle", ""), request.GET.get("venue", "")
    shown = {
        "vehicle": vehicle if vehicle in offer.vehicles else "",
        "departs_on": on,
        "departs_time": "07:00",
        "returns_on": on,
        "returns_time": "17:00",
    }
    stop = {"on": on, "venue": venue if venue in offer.venues else ""}
    return forms.NewTripForm(offer=offer, initial=shown), _stops([stop], offer)


def _redrawn(sent: QueryDict, offer: Offer) -> tuple[forms.NewTripForm, forms.BaseStops]:
    """Return the forms as they were typed, with one stop more or less and nothing judged yet."""
    typed = _typed_trip(sent, forms.NewTripForm)
    count = sent.get(f"{STOPS}-TOTAL_FORMS", "")
    total = min(int(count), forms.MAX_STOPS) if count.isdigit() else 0
    gone = sent.get("remove_stop", "")
    places = [place for place in range(total) if str(place) != gone]
    rows = [row for row in (_typed_stop(sent, place) for place in places) if row]
    if "add_stop" in sent and len(rows) < forms.MAX_STOPS:
        rows.append({"on": (rows[-1] if rows else typed).get("on") or typed.get("departs_on")})
    return forms.NewTripForm(offer=offer, initial=typed), _stops(rows, offer)


def _typed_trip(sent: QueryDict, form: type[forms.TripForm]) -> dict[str, Any]:
    typed: dict[str, Any] = {name: sent.get(name) for name in form.base_fields if name in sent}
    return typed | {"professionals": sent.getlist("professionals")}


def _typed_stop(sent: QueryDict, place: int) -> dict[str, Any]:
    start = f"{STOPS}-{place}-"
    return {name.removeprefix(start): sent[name] for name in sent if name.startswith(start)}


def _stops(rows: list[dict[str, Any]], offer: Offer) -> forms.BaseStops:
    stops: forms.BaseStops = forms.Stops(prefix=STOPS, initial=rows, form_kwargs={"offer": offer})
    stops.extra = len(rows)
    return stops


def visible_trip(user: User, uid: str) -> Trip:
    """Return a trip that ``user`` may see, and read the clocks of its library.

    Raises:
        Http404: if there is none.
    """
    trips = Trip.objects.visible_to(user).select_related("library", "vehicle")
    found = get_object_or_404(trips, uid=uid)
    read_clocks_of(found.library)
    return found


def to_change(request: HttpRequest, uid: str) -> tuple[User, Trip]:
    """Return who is at the page and the trip they want to change.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    found = visible_trip(user, uid)
    if not user.may(Action.SCHEDULE, found.library_id):
        raise NotAllowed()
    return user, found
