"""The board's month with 1,000 events, against a bare answer of the same bars."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.contrib.auth import get_user_model
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from benchmarks.table import Row, milliseconds, show
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models import Activity, ActivityKind, Duty, Event, Trip

FIRST = date(2031, 3, 3)
DAYS = 25
VEHICLES = 20
STOPS = 2
"""20 vehicles, 25 days, 2 stops a trip: 500 trips and 1,000 events in one month."""


def main() -> bool:
    """Measure the month's data, and asking what one move would break."""
    user = get_user_model().objects.get(email="coordinator@demo.invalid")
    library = Library.objects.visible_to(user).running_services()[0]
    trip = _fill(library)
    return show(
        "A board of 1,000 events in a month (floor: the same JSON, ready)", _rows(user, trip)
    )


def _rows(user: User, trip: Trip) -> Iterator[Row]:
    client = Client(SERVER_NAME="localhost")
    client.force_login(user)
    for by in ("vehicle", "crew"):
        query = {"view": "month", "from": FIRST.isoformat(), "by": by}
        with CaptureQueriesContext(connection) as queries:
            answer = client.get(reverse("board_data"), query)
        asked = len(queries)
        told = answer.json()
        events = sum(len(bar["stops"]) or 1 for bar in told["bars"])
        body = json.dumps(told, ensure_ascii=False).encode()
        floor_ms = milliseconds(lambda told=told: _bare(told))  # type: ignore[misc]
        ours_ms = milliseconds(lambda query=query: client.get(reverse("board_data"), query), 5)  # type: ignore[misc]
        remark = f"{events} events, {asked} queries, {len(body) / 1000:.0f} kB,"
        remark += f" {len(gzip.compress(body)) / 1000:.0f} kB over the line"
        yield Row(f"board.json by {by}", ours_ms, floor_ms, remark=remark)
    sent = _moved(trip)
    with CaptureQueriesContext(connection) as queries:
        answer = client.post(reverse("board_check"), sent)
    if answer.status_code != 200:
        raise SystemExit(f"The check answers {answer.status_code}.")
    remark = f"{len(queries)} queries"
    floor_ms = milliseconds(lambda: client.get("/healthz"))
    ours_ms = milliseconds(lambda: client.post(reverse("board_check"), sent))
    yield Row(
        "what one move would break (floor: /healthz)",
        ours_ms,
        floor_ms,
        remark=remark,
    )


def _bare(told: dict[str, Any]) -> HttpResponse:
    def view(_request: HttpRequest) -> HttpResponse:
        return JsonResponse(told, json_dumps_params={"ensure_ascii": False})

    return view(RequestFactory().get("/"))


def _moved(trip: Trip) -> dict[str, Any]:
    departs, returns = clock.local(trip.departs_at), clock.local(trip.returns_at)
    row = f"vehicle:{trip.vehicle.slug}"
    shift = timedelta(minutes=15)
    times = {"start": departs + shift, "end": returns + shift}
    stamps = {name: f"{at:%Y-%m-%dT%H:%M}" for name, at in times.items()}
    return {"id": f"trip:{trip.uid}", "row": row, "from_row": row, **stamps}


def _fill(library: Library) -> Trip:
    """Store the month; the database's own rules hold for it too."""
    vehicles = Vehicle.objects.bulk_create(
        Vehicle(library=library, slug=f"bench-{number}", name=f"Xe {number}")
        for number in range(VEHICLES)
    )
    people = CrewMember.objects.bulk_create(
        CrewMember(library=library, full_name=f"Nguyễn Thị {number}", can_operate=number % 3 == 0)
        for number in range(VEHICLES * 3)
    )
    venues = list(Venue.objects.filter(library=library).order_by("pk")[: VEHICLES * STOPS])
    hours = [8, 14]
    trips = Trip.objects.bulk_create(
        Trip(
            library=library,
            vehicle=vehicle,
            departs_at=clock.start_of(FIRST + timedelta(days=day)) + timedelta(hours=7),
            returns_at=clock.start_of(FIRST + timedelta(days=day)) + timedelta(hours=17),
        )
        for day in range(DAYS)
        for vehicle in vehicles
    )
    events = Event.objects.bulk_create(
        Event(
            library=library,
            trip=trip,
            venue=venues[(place * STOPS + stop) % len(venues)],
            commune=venues[(place * STOPS + stop) % len(venues)].commune,
            starts_at=trip.departs_at + timedelta(hours=hours[stop] - 7),
            ends_at=trip.departs_at + timedelta(hours=hours[stop] - 5),
            title=f"Xe thư viện lưu động tại {venues[(place * STOPS + stop) % len(venues)].name}",
            shares_venue=True,
        )
        for place, trip in enumerate(trips)
        for stop in range(STOPS)
    )
    kind = ActivityKind.objects.get(pk="mobile_service")
    Activity.objects.bulk_create(Activity(event=event, kind=kind) for event in events)
    Duty.objects.bulk_create(
        Duty(
            trip=trip,
            member=people[place % VEHICLES * 3 + seat],
            role=Duty.Role.PROFESSIONAL if seat else Duty.Role.OPERATOR,
            starts_at=trip.departs_at,
            ends_at=trip.returns_at,
        )
        for place, trip in enumerate(trips)
        for seat in range(3)
    )
    return trips[0]
