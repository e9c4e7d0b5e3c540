"""Pages that show and change single events, and schedule those that need no vehicle."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.places.access_notes import notes
from outreach.places.models import Venue
from outreach.planning.backlog.selectors import owed_of
from outreach.scheduling import services, undo
from outreach.scheduling.history import event_history
from outreach.scheduling.models import Duty, Event, State
from outreach.web.access import needs, person
from outreach.web.schedule import forms, undoing
from outreach.web.schedule.libraries import desk_of
from outreach.web.schedule.offer import offer_of
from outreach.web.schedule.pages import change_page, history_page, name_of, week_url_of, welcome
from outreach.web.schedule.refusals import attempt, succeeds
from outreach.web.zones import read_clocks_of


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def event_new(request: HttpRequest) -> HttpResponse:
    """Schedule an event that needs no vehicle."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    form = forms.LoneEventForm(
        request.POST or None,
        offer=offer_of(desk.library),
        initial={"on": _day(request), "kind_0": "exhibition"},
    )
    if form.is_valid():
        is_repeat = form.was_sent_before(Event)
        event = attempt(
            form,
            lambda: services.schedule_event(
                actor=user,
                library=desk.library,
                event=form.event_input(),
                crew=form.crew(),
                override_reason=form.cleaned_data["override_reason"],
                uid=form.uid,
            ),
        )
        if event is not None:
            welcome(request, is_repeat, _("The event is kept as a draft. Publish it for readers."))
            return redirect("schedule_event", event.uid)
    return change_page(
        request,
        "event_new",
        form,
        heading=_("Event without a vehicle"),
        verb=_("Save as draft"),
        desk=desk,
    )


@require_safe
@needs(Action.SEE_SCHEDULE)
def schedule_event(request: HttpRequest, uid: str) -> HttpResponse:
    """Show an event as staff see it, with the contact of its venue and what became of it."""
    user = person(request)
    event = _visible(user, uid)
    context = {
        "event": event,
        "undo": undoing.offered(request, event),
        "trip_name": name_of(event.trip) if event.trip else "",
        "week_url": week_url_of(event),
        "may_publish": event.state == State.DRAFT
        and (event.trip is None or event.trip.state == State.PUBLISHED),
        "crew": _crew(event),
        "contact": _contact(event.venue),
        "history": history_page(request, event_history(event)),
        "may_schedule": user.may(Action.SCHEDULE, event.library_id),
        "may_log": user.may(Action.LOG_RESULTS, event.library_id) and _was_held(event),
        "access_notes": notes(event.venue),
        "overrides": event.overrides.standing().select_related("actor"),
        "made_up_by": Event.objects.standing().filter(makes_up_for=event).first(),
        "owed": owed_of(event) if event.is_cancelled else None,
        "disruptions": event.disruptions.select_related("disruption__why").order_by("-pk")[:5],
    }
    return render(request, "schedule/event.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def event_edit(request: HttpRequest, uid: str) -> HttpResponse:
    """Change what is said about an event and what happens in it."""
    user, event = _to_change(request, uid)
    of_trip = event.trip_id is not None
    initial = forms.WhatForm.initial_of_content(event)
    if not of_trip:
        initial |= forms.CrewForm.initial_of(_crew(event))
    kind = forms.ChangeEventForm if of_trip else forms.ChangeLoneEventForm
    form = kind(
        request.POST or None, offer=offer_of(event.library, event), record=event, initial=initial
    )
    if succeeds(form, lambda: _change(user, event, form)):
        messages.success(request, _("The event was changed."))
        return redirect("schedule_event", uid)
    return change_page(
        request, "event_edit", form, heading=_("Change the event"), verb=_("Save the changes")
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def event_move(request: HttpRequest, uid: str) -> HttpResponse:
    """Move an event in time, place, or both."""
    user, event = _to_change(request, uid)
    form = forms.MoveEventForm(
        request.POST or None,
        offer=offer_of(event.library, event),
        record=event,
        initial=forms.WhenForm.initial_of_time(event) | {"venue": event.venue.code},
    )
    if succeeds(
        form,
        lambda: undoing.offer(
            request,
            undo.before(event),
            services.move_event(
                actor=user,
                event=event,
                starts_at=form.cleaned_data["starts_at"],
                ends_at=form.cleaned_data["ends_at"],
                venue=form.cleaned_data["venue"],
                reason=form.cleaned_data["reason"],
                **form.settled(),
            ),
            actor=user,
        ),
    ):
        messages.success(request, _("The event was moved."))
        return redirect("schedule_event", uid)
    return change_page(request, "event_move", form, heading=_("Move the event"), verb=_("Move"))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def event_publish(request: HttpRequest, uid: str) -> HttpResponse:
    """Make an event public."""
    user, event = _to_change(request, uid)
    form = forms.ConfirmForm(request.POST or None, record=event)
    if succeeds(
        form,
        lambda: services.publish_event(
            actor=user, event=event, reason=form.cleaned_data["reason"], **form.settled()
        ),
    ):
        messages.success(request, _("The event is public."))
        return redirect("schedule_event", uid)
    return change_page(
        request,
        "event_confirm",
        form,
        heading=_("Publish the event?"),
        verb=_("Publish"),
        explanation=_("Readers will see it in the timetable, on the map and in calendars."),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def event_cancel(request: HttpRequest, uid: str) -> HttpResponse:
    """Call off an event."""
    user, event = _to_change(request, uid)
    form = forms.CancelForm(request.POST or None, record=event)
    if succeeds(
        form,
        lambda: services.cancel_event(
            actor=user,
            event=event,
            why=form.cleaned_data["why"],
            note=form.cleaned_data["note"],
            expected_revision=form.cleaned_data["expected_revision"],
        ),
    ):
        messages.success(request, _("The event was cancelled."))
        return redirect("schedule_event", uid)
    return change_page(
        request,
        "event_confirm",
        form,
        heading=_("Cancel the event?"),
        verb=_("Cancel the event"),
        is_danger=True,
        explanation=_(
            "It stays in the timetable, marked as cancelled. "
            "If it is the last stop of its trip, the trip is cancelled too."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def event_restore(request: HttpRequest, uid: str) -> HttpResponse:
    """Undo a cancellation."""
    user, event = _to_change(request, uid)
    form = forms.ConfirmForm(request.POST or None, record=event)
    if succeeds(
        form,
        lambda: services.restore_event(
            actor=user, event=event, reason=form.cleaned_data["reason"], **form.settled()
        ),
    ):
        messages.success(request, _("The event stands again."))
        return redirect("schedule_event", uid)
    return change_page(
        request,
        "event_confirm",
        form,
        heading=_("Restore the event?"),
        verb=_("Restore"),
        explanation=_(
            "It stands again as public as it was. Its vehicle, crew and venue must still be free."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def event_remove(request: HttpRequest, uid: str) -> HttpResponse:
    """Delete an event that was never public."""
    user, event = _to_change(request, uid)
    form = forms.ConfirmForm(request.POST or None, record=event)
    if succeeds(
        form,
        lambda: services.remove_event(
            actor=user,
            event=event,
            reason=form.cleaned_data["reason"],
            expected_revision=form.cleaned_data["expected_revision"],
        ),
    ):
        messages.success(request, _("The draft was removed."))
        return redirect("trip", event.trip.uid) if event.trip else redirect("schedule")
    return change_page(
        request,
        "event_confirm",
        form,
        heading=_("Remove the draft?"),
        verb=_("Remove"),
        is_danger=True,
        explanation=_("It was never public, so nobody is told."),
    )


def _change(
    user: User, event: Event, form: forms.ChangeEventForm | forms.ChangeLoneEventForm
) -> Event:
    crew = form.crew() if isinstance(form, forms.ChangeLoneEventForm) else None
    said: dict[str, Any] = {
        name: form.cleaned_data[name] for name in ("title", "note", "shares_venue", "reason")
    }
    return services.change_event(
        actor=user,
        event=event,
        activities=form.activities(),
        crew=crew,
        expected=form.expected(),
        **said,
        **form.settled(),
    )


def _day(request: HttpRequest) -> date:
    try:
        return date.fromisoformat(request.GET.get("on", ""))
    except ValueError:
        return clock.today()


def _crew(event: Event) -> list[Duty]:
    """Return who serves: the crew of the trip, or of the event itself."""
    owner = event.trip or event
    return list(owner.duties.select_related("member").order_by("role", "pk"))


def _contact(venue: Venue) -> Venue | None:
    """Return the venue if it has a contact that may still be shown."""
    is_known = venue.contact_name or venue.contact_phone or venue.contact_email
    is_kept = venue.contact_until is None or venue.contact_until >= clock.today()
    return venue if is_known and is_kept else None


def _was_held(event: Event) -> bool:
    return event.is_published and event.starts_at <= clock.now()


def _visible(user: User, uid: str) -> Event:
    found = get_object_or_404(Event.objects.visible_to(user).for_lists(), uid=uid)
    read_clocks_of(found.library)
    return found


def _to_change(request: HttpRequest, uid: str) -> tuple[User, Event]:
    """Return who is at the page and the event they want to change.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    event = _visible(user, uid)
    if not user.may(Action.SCHEDULE, event.library_id):
        raise NotAllowed()
    return user, event
