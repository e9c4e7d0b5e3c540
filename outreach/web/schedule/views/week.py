"""The week of each vehicle, and the list of trips."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.periods import monday_of
from outreach.fleet.models import Vehicle
from outreach.scheduling import board
from outreach.scheduling.models import Event, Trip
from outreach.web.access import needs, person
from outreach.web.components import WeekCell, WeekChip, WeekRow
from outreach.web.schedule.fields import FIRST_DAY, LAST_DAY
from outreach.web.schedule.forms import FindTripsForm
from outreach.web.schedule.libraries import Desk, desk_of, switches

TRIPS_ON_A_PAGE = 25


@require_safe
@needs(Action.SEE_SCHEDULE)
def schedule(request: HttpRequest) -> HttpResponse:
    """Show the week of each vehicle of a library."""
    desk = desk_of(request, person(request))
    monday = _monday(request.GET.get("week", ""))
    week = board.week(desk.library, monday)
    context = {
        "desk": desk,
        "switches": switches(desk, week=monday.isoformat()),
        "rows": [_row(row, week, desk) for row in week.rows],
        "has_events": any(day.trips or day.events for row in week.rows for day in row.days),
        "monday": monday,
        "looked_at": monday,
        "sunday": monday + timedelta(days=6),
        "this_week": monday_of(clock.today()),
        "previous_week": max(monday - timedelta(days=7), FIRST_DAY),
        "next_week": min(monday + timedelta(days=7), LAST_DAY),
    }
    return render(request, "schedule/week.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def trips(request: HttpRequest) -> HttpResponse:
    """Show the trips of a library as a list."""
    desk = desk_of(request, person(request))
    form = FindTripsForm(request.GET or None)
    form.offer_vehicles(Vehicle.objects.filter(library=desk.library))
    found = board.with_everything(Trip.objects.filter(library=desk.library))
    page = Paginator(form.narrow(found), TRIPS_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "switches": switches(desk),
        "form": form,
        "page_obj": page,
        "reset_url": f"?library={desk.library.slug}",
    }
    return render(request, "schedule/trips.html", context)


def _monday(typed: str) -> date:
    """Return the Monday of the week that was asked for, or of this one."""
    try:
        day = date.fromisoformat(typed)
    except ValueError:
        day = clock.today()
    return monday_of(min(max(day, FIRST_DAY + timedelta(days=7)), LAST_DAY))


def _row(row: board.VehicleWeek, week: board.Week, desk: Desk) -> WeekRow:
    cells = [_cell(row.vehicle, day, week, desk) for day in row.days]
    if row.vehicle is None:
        return WeekRow(_("Without a vehicle"), cells)
    return WeekRow(row.vehicle.name, cells, row.vehicle.plate)


def _cell(vehicle: Vehicle | None, day: board.VehicleDay, week: board.Week, desk: Desk) -> WeekCell:
    chips = [_trip_chip(trip, week) for trip in day.trips]
    chips += [_event_chip(event) for event in day.events]
    return WeekCell(day.on, chips, day.away, _add_url(vehicle, day.on, desk))


def _add_url(vehicle: Vehicle | None, on: date, desk: Desk) -> str:
    """Return where a new trip of this vehicle, or an event without one, is scheduled."""
    if not desk.may_schedule:
        return ""
    query: dict[str, Any] = {"on": on.isoformat(), "library": desk.library.slug}
    if vehicle is None:
        return f"{reverse('event_new')}?{urlencode(query)}"
    return f"{reverse('trip_new')}?{urlencode(query | {'vehicle': vehicle.slug})}"


def _trip_chip(trip: Trip, week: board.Week) -> WeekChip:
    crew = [_short(duty.member.full_name) for duty in trip.duties.all()]
    warnings = [finding.name for finding in week.findings[trip.pk]]
    overridden = [
        _("Overridden: %(rule)s") % {"rule": one.found.name} for one in trip.overrides.all()
    ]
    return WeekChip(
        trip.departs_at,
        trip.returns_at,
        ", ".join(crew) or _("No crew yet"),
        reverse("trip", args=[trip.uid]),
        kind="trip",
        status=trip.state,
        detail=" · ".join([*_days(trip), *warnings, *overridden]),
    )


def _event_chip(event: Event) -> WeekChip:
    activities = event.activities.all()
    kind = activities[0].kind if activities else ""
    named = event.title.endswith(event.venue.name)
    return WeekChip(
        event.starts_at,
        event.ends_at,
        event.venue.name if named else event.title,
        reverse("schedule_event", args=[event.uid]),
        kind=kind,
        status=event.state,
        detail="" if named else event.venue.name,
    )


def _days(trip: Trip) -> list[str]:
    """Return from when until when a trip of several days lasts."""
    first, last = clock.local(trip.departs_at), clock.local(trip.returns_at)
    return [f"{first:%d/%m} – {last:%d/%m}"] if first.date() != last.date() else []


def _short(name: str) -> str:
    """Return the given name, by which colleagues call each other: the last word."""
    return name.split()[-1] if name.split() else name
