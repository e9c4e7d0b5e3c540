"""The page of a commune or of a venue: when the library comes there."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from outreach.common import clock
from outreach.places.models import AdministrativeUnit, Succession, UnitQuerySet, Venue
from outreach.scheduling import selectors
from outreach.scheduling.models import Event
from outreach.scheduling.selectors import Filters
from outreach.web.public import maps
from outreach.web.public.dates import parse_date
from outreach.web.public.entries import days_of
from outreach.web.public.subscribing import feed_link
from outreach.web.public.views import access_for

NEXT_SHOWN = 20
PAST_SHOWN = 6
VENUES_SHOWN = 100


@require_safe
def place(request: HttpRequest, code: str) -> HttpResponse:
    """Show the commune in force today (or ``?on=`` another day) with this code, or a venue."""
    if not code.isprintable():
        raise Http404
    now = clock.now()
    asked, error = _asked_day(request)
    on = asked or clock.local(now).date()
    units = AdministrativeUnit.objects.active().filter(code=code).select_related("parent")
    unit = _unit_on(units, on, latest=asked is None)
    if unit is not None and unit.level == AdministrativeUnit.Level.PROVINCE:
        return redirect(f"{reverse('timetable')}?province={unit.code}")
    if unit is not None:
        day = {"on": asked, "error": error, "typed": request.GET.get("on", "")}
        return render(request, "public/commune.html", {**_commune(request, unit, now), **day})
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


def _unit_on(units: UnitQuerySet, on: date, *, latest: bool) -> AdministrativeUnit | None:
    """Return the unit in force; communes come before provinces, as their codes may be alike.

    Where none is in force and no day was asked for, the last one that had the code.
    """
    found = units.in_force_on(on).order_by("level").first()
    if found is None and latest:
        found = units.order_by("-valid_from", "level").first()
    return found


def _commune(request: HttpRequest, unit: AdministrativeUnit, now: datetime) -> dict[str, Any]:
    filters = Filters(commune=unit)
    events = list(selectors.next_visits(now=now, filters=filters).for_lists()[:NEXT_SHOWN])
    past = list(selectors.last_visits(now=now, filters=filters).for_lists()[:PAST_SHOWN])
    venues = Venue.objects.in_use().filter(commune=unit)
    has_ended = unit.valid_to is not None and unit.valid_to <= clock.local(now).date()
    near = (
        selectors.near_visits(unit.point, now=now, except_in=unit.pk)
        if unit.point and not events
        else []
    )
    return {
        "unit": unit,
        "has_ended": has_ended,
        "days": _days(events, now),
        "past": days_of(past),
        "venues": selectors.with_next_visit(venues, now=now)[:VENUES_SHOWN],
        "origins": _related(unit, "predecessor", successor=unit),
        "successors": _related(unit, "successor", predecessor=unit) if has_ended else [],
        "namesakes": _namesakes(unit),
        "near": near,
        "map": maps.of_place(request, unit, _first_each(events)),
        "feeds": []
        if has_ended
        else [feed_link(request, "commune", unit.code, unit.full_name), *_wider(request, unit)],
    }


def _wider(request: HttpRequest, unit: AdministrativeUnit) -> list[Any]:
    province = unit.parent
    return [feed_link(request, "province", province.code, province.full_name)] if province else []


def _related(unit: AdministrativeUnit, side: str, **where: Any) -> list[dict[str, Any]]:
    """Return the units that became this one, or that it became."""
    rows = (
        Succession.objects.filter(**where, **{f"{side}__is_active": True})
        .select_related(side, f"{side}__parent")
        .order_by("-is_main", f"{side}__full_name")
    )
    return [
        {
            "unit": getattr(row, side),
            "is_split": row.is_split,
            "province": _other_province(unit, getattr(row, side)),
        }
        for row in rows
    ]


def _other_province(unit: AdministrativeUnit, other: AdministrativeUnit) -> str:
    """Return the province of ``other`` where it bears another name."""
    if unit.parent is None or other.parent is None or unit.parent.name == other.parent.name:
        return ""
    return other.parent.full_name


def _namesakes(unit: AdministrativeUnit) -> list[AdministrativeUnit]:
    """Return other units that had the same code at another time, under another name."""
    others = AdministrativeUnit.objects.active().filter(code=unit.code, level=unit.level)
    return list(
        others.exclude(pk=unit.pk)
        .exclude(full_name=unit.full_name)
        .select_related("parent")
        .order_by("-valid_from")
    )


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


def _first_each(events: list[Event]) -> list[Event]:
    """Return the first event at each venue that stands."""
    first: dict[int, Event] = {}
    for event in events:
        if not event.is_cancelled:
            first.setdefault(event.venue_id, event)
    return list(first.values())
