"""Front page, timetable and the page of an event."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from outreach.accounts.models import User
from outreach.common import clock
from outreach.places.access_notes import notes
from outreach.places.models import Venue
from outreach.scheduling import selectors
from outreach.scheduling.models import Event
from outreach.scheduling.selectors import Filters
from outreach.scheduling.selectors.postponed import postponed_from, postponement_of
from outreach.web.components import TimetableDay
from outreach.web.public import maps
from outreach.web.public.entries import days_of, in_zone
from outreach.web.public.forms import TimetableForm
from outreach.web.public.subscribing import feed_link

NEXT_ON_FRONT_PAGE = 10
PLACES_FOUND = 6
OTHERS_SHOWN = 4


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Answer "when does the book van come near us?" in one glance."""
    now = clock.now()
    form = TimetableForm(today=clock.local(now).date())
    events = selectors.next_visits(now=now).for_lists()[:NEXT_ON_FRONT_PAGE]
    context = {
        "form": form,
        "days": days_of(events, not_before=clock.local(now).date()),
        "provinces": form.provinces,
        "kinds": form.kinds,
    }
    return render(request, "public/home.html", context)


@require_safe
def timetable(request: HttpRequest) -> HttpResponse:
    """List the public events by day, narrowed as the reader asks."""
    now = clock.now()
    today = clock.local(now).date()
    form = TimetableForm(request.GET, today=today)
    page = selectors.from_page(
        opens_on=form.opens_on, closes_on=form.closes_on, today=today, filters=form.filters()
    )
    context = {
        "form": form,
        "days": days_of(
            page.events,
            not_before=form.opens_on,
            away=postponed_from(
                clock.start_of(form.opens_on),
                clock.start_of(page.later_on or form.closes_on),
                filters=form.filters(),
            ),
        ),
        "opens_on": form.opens_on,
        "is_today": form.opens_on == today,
        "earlier": _page_address(request, page.earlier_on),
        "later": _page_address(request, page.later_on),
        "from_today": _page_address(request, today),
        **_places(form, now, has_events=bool(page.events)),
    }
    return render(request, "public/timetable.html", context)


def _page_address(request: HttpRequest, start: date | None) -> str:
    """Return this address from another day on."""
    if start is None:
        return ""
    query = request.GET.copy()
    query["start"] = start.isoformat()
    return f"?{query.urlencode()}"


def _places(form: TimetableForm, now: Any, *, has_events: bool) -> dict[str, Any]:
    """Return the places that the search words may mean, and what is near where nothing comes."""
    if not form.text:
        return {}
    communes = selectors.communes_found(form.text, on=form.today, now=now, most=PLACES_FOUND)
    venues = list(selectors.venues_found(form.text, now=now)[:PLACES_FOUND])
    context: dict[str, Any] = {"communes": communes, "venues": venues}
    points = [place.unit.point for place in communes] + [place.point for place in venues]
    point = next((point for point in points if point), None)
    if not has_events and point:
        context["near"] = selectors.near_visits(point, now=now)
    return context


@require_safe
def event(request: HttpRequest, uid: str) -> HttpResponse:
    """Say what happens, when, where and with which vehicle; who serves is not for the public."""
    found = Event.objects.public().for_lists().filter(uid=uid).first() if _sane(uid) else None
    if found is None:
        raise Http404
    zone = found.library.zone
    context = {
        "event": found,
        "starts_at": in_zone(found.starts_at, zone),
        "ends_at": in_zone(found.ends_at, zone),
        "is_over": found.ends_at <= clock.now(),
        "postponed": postponement_of(found),
        "made_up_by": Event.objects.public().standing().filter(makes_up_for=found).first(),
        "activities": found.activities.all(),
        "access": access_for(request.user, found.venue),
        "map": maps.of_events(request, [found]),
        "others": _others_here(found),
        "calendar_url": reverse("calendar_event", args=[found.uid]),
        "feeds": [
            feed_link(request, "venue", found.venue.code, found.venue.name),
            *(
                [feed_link(request, "vehicle", found.trip.vehicle.slug, found.trip.vehicle.name)]
                if found.trip
                else []
            ),
            feed_link(request, "library", found.library.slug, found.library.name),
        ],
    }
    return render(request, "public/event.html", context)


def _others_here(event: Event) -> list[TimetableDay]:
    """Return the next visits in the same commune, or at the same venue where that is unknown."""
    where = Filters(commune=event.commune) if event.commune else Filters(venue=event.venue)
    coming = selectors.next_visits(now=clock.now(), filters=where).exclude(pk=event.pk)
    return days_of(coming.for_lists()[:OTHERS_SHOWN])


def access_for(user: Any, venue: Venue) -> dict[str, Any] | None:
    """Return how to reach and work at a venue, for those whose library's schedule it is on."""
    if not isinstance(user, User) or not Venue.objects.visible_to(user).filter(pk=venue.pk):
        return None
    return {"notes": notes(venue), "note": venue.access_note}


def _sane(part: str) -> bool:
    return part.isprintable()
