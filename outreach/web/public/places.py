"""The page of a place, which is a unit or a venue: when the library comes there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from outreach.common import clock
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling import selectors
from outreach.scheduling.models import Event
from outreach.scheduling.selectors import Filters
from outreach.web.public import maps
from outreach.web.public import units as units_pages
from outreach.web.public.dates import parse_date
from outreach.web.public.entries import days_of
from outreach.web.public.subscribing import feed_link
from outreach.web.public.views import access_for

NEXT_SHOWN = 20
PAST_SHOWN = 6


@require_safe
def place(request: HttpRequest, code: str) -> HttpResponse:
    """Show the unit in force today (or ``?on=`` another day) with this code, or a venue."""
    if not code.isprintable():
        raise Http404
    now = clock.now()
    asked, error = _asked_day(request)
    on = asked or clock.local(now).date()
    units = AdministrativeUnit.objects.active().filter(code=code).select_related("parent")
    unit = units_pages.unit_on(units, on, latest=asked is None)
    if unit is not None:
        return units_pages.show(request, unit, on=asked, error=error, now=now)
    venue = Venue.objects.filter(code=code).select_related("library", "commune__parent").first()
    if venue is None:
        raise Http404
    return render(request, "public/venue.html", _venue(request, venue, now))


def _asked_day(request: HttpRequest) -> tuple[date | None, str]:
    """Return the day of ``?on=``, or what is wrong with it."""
    typed = request.GET.get("on", "").strip()
    if not typed:
        return None, ""
    try:
        return parse_date(typed), ""
    except ValidationError as error:
        return None, " ".join(error.messages)


def _venue(request: HttpRequest, venue: Venue, now: datetime) -> dict[str, Any]:
    filters = Filters(venue=venue)
    events = list(selectors.next_visits(now=now, filters=filters).for_lists()[:NEXT_SHOWN])
    past = list(selectors.last_visits(now=now, filters=filters).for_lists()[:PAST_SHOWN])
    feeds = [feed_link(request, "venue", venue.code, venue.name)]
    if venue.commune is not None:
        feeds.append(feed_link(request, "commune", venue.commune.code, venue.commune.full_name))
    return {
        "venue": venue,
        "days": _days(events, now),
        "past": days_of(past),
        "relatives": _relatives(venue),
        "near": selectors.near_visits(venue.point, now=now) if venue.point and not events else [],
        "access": access_for(request.user, venue),
        "map": maps.of_place(request, venue, events[:1]),
        "feeds": feeds,
    }


def _relatives(venue: Venue) -> list[Venue]:
    """Return the main school of a school point, or the points of a school."""
    if venue.main_venue_id is not None:
        return list(Venue.objects.filter(pk=venue.main_venue_id))
    return list(venue.school_points.in_use())


def _days(events: list[Event], now: datetime) -> Any:
    return days_of(events, not_before=clock.local(now).date())
