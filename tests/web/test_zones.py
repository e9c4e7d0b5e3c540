"""Staff read and write the clock time of the library a page is about, wherever its server is."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from outreach.scheduling.models import Event
from tests.cast import Cast, make_cast
from tests.scheduling.desk import MONDAY, make_event
from tests.scheduling.ways import send, typed_event, typed_stops, typed_trip


@pytest.fixture
def londoners(db: None) -> Cast:
    """The cast, whose library lies in London."""
    cast = make_cast()
    cast.library.time_zone = "Europe/London"
    cast.library.save()
    return cast


def test_what_is_typed_is_the_time_of_the_library(londoners: Cast) -> None:
    send(
        londoners.owner,
        "trip_new",
        **typed_trip(londoners),
        **typed_stops(typed_event(londoners, 8)),
    )
    event = Event.objects.get()
    assert event.starts_at == datetime(MONDAY.year, MONDAY.month, MONDAY.day, 8, tzinfo=UTC)


@pytest.mark.parametrize("name", ["schedule_event", "event_move"])
def test_what_is_shown_is_the_time_of_the_library(londoners: Cast, name: str) -> None:
    event = make_event(londoners)
    client = Client()
    client.force_login(londoners.owner)
    page = client.get(reverse(name, args=[event.uid])).content.decode()
    shown = event.starts_at.astimezone(londoners.library.zone)
    assert f"{shown:%H:%M}" in page
    assert f"{timezone.localtime(event.starts_at):%H:%M}" not in page


def test_the_next_request_knows_nothing_of_it(londoners: Cast) -> None:
    client = Client()
    client.force_login(londoners.owner)
    client.get(reverse("schedule"))
    assert timezone.get_current_timezone_name() == "Asia/Ho_Chi_Minh"
