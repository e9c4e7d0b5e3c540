"""Feeds as calendar programs fetch them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.test import Client
from django.urls import reverse

from outreach.calendars.models import Entry
from outreach.calendars.selectors import AHEAD, BACK, event_feed, feed
from outreach.common import clock
from outreach.scheduling import services as scheduling
from outreach.scheduling.models import Event
from outreach.scheduling.selectors import Filters, timetable
from tests.calendars.visits import cancel, in_days, visit
from tests.cast import Cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def season(cast: Cast) -> list[Event]:
    """Past, coming, far, cancelled and draft events at several venues, with and without a van."""
    events = [
        visit(cast, in_days(-200), now=in_days(-230)),
        visit(cast, in_days(-10), with_van=True, now=in_days(-20)),
        visit(cast, in_days(2), with_van=True),
        visit(cast, in_days(5), venue=cast.second_venue, kinds=["exhibition"], hours=60),
        visit(cast, in_days(300), venue=cast.second_venue),
        visit(cast, in_days(500)),
        visit(cast, in_days(9), publish=False),
    ]
    events.append(cancel(cast, visit(cast, in_days(12))))
    gone = visit(cast, in_days(14), now=in_days(-60))
    events.append(cancel(cast, gone, now=in_days(-45)))
    return events


def content_of(response: Any) -> bytes:
    assert response.status_code == 200
    return b"".join(response.streaming_content)


def uids(content: bytes) -> list[str]:
    return [str(item["UID"]) for item in icalendar.Calendar.from_ical(content).walk("VEVENT")]


def scopes(cast: Cast) -> list[tuple[str, str, Filters]]:
    province = cast.commune.parent
    assert province is not None
    return [
        ("vehicle", cast.vehicle.slug, Filters(vehicle=cast.vehicle)),
        ("venue", cast.venue.code, Filters(venue=cast.venue)),
        ("venue", cast.second_venue.code, Filters(venue=cast.second_venue)),
        ("commune", cast.commune.code, Filters(commune=cast.commune)),
        ("province", province.code, Filters(province=province)),
        ("library", cast.library.slug, Filters(library=cast.library)),
        ("library", cast.union.slug, Filters(library=cast.union)),
        ("library", cast.other_library.slug, Filters(library=cast.other_library)),
    ]


def test_every_feed_lists_exactly_what_the_timetable_does(
    cast: Cast, season: list[Event], client: Client
) -> None:
    today = clock.today()
    for scope, slug, filters in scopes(cast):
        listed = timetable(
            opens_on=today - BACK, closes_on=today + AHEAD, today=today, filters=filters
        )
        served = uids(content_of(client.get(reverse("calendar_feed", args=[scope, slug]))))
        assert served == [event.uid for event in listed], (scope, slug)
    assert served == []


def test_a_library_feed_holds_a_bounded_window_and_recent_cancellations(
    cast: Cast, season: list[Event], client: Client
) -> None:
    address = reverse("calendar_feed", args=["library", cast.library.slug])
    _past, recent, coming, show, far, _beyond, _draft, off, _long_off = (
        event.uid for event in season
    )
    assert uids(content_of(client.get(address))) == [recent, coming, show, off, far]


def test_the_envelope_is_what_clients_ask_for(
    cast: Cast, season: list[Event], client: Client
) -> None:
    response: Any = client.get(reverse("calendar_feed", args=["commune", cast.commune.code]))
    content = content_of(response)
    calendar = icalendar.Calendar.from_ical(content)
    assert response["Content-Type"] == "text/calendar; charset=utf-8"
    assert content.startswith(b"BEGIN:VCALENDAR\r\n")
    assert content.endswith(b"END:VCALENDAR\r\n")
    assert b"REFRESH-INTERVAL;VALUE=DURATION:PT6H\r\n" in content
    assert b"X-PUBLISHED-TTL:PT6H\r\n" in content
    assert cast.commune.full_name in str(calendar["X-WR-CALNAME"])
    assert "UID" not in calendar
    assert "METHOD" not in calendar
    zones = [str(zone["TZID"]) for zone in calendar.walk("VTIMEZONE")]
    assert zones == [cast.library.time_zone]
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    assert content.count(b"\n") == content.count(b"\r\n")


def test_a_feed_needs_no_cookie_and_no_accept_header(cast: Cast, client: Client) -> None:
    address = reverse("calendar_feed", args=["venue", cast.venue.code])
    response = client.get(address, headers={"accept": "application/json"})
    assert response.status_code == 200
    assert not response.cookies
    assert "Cookie" not in response["Vary"]


@pytest.mark.parametrize("path", ["vehicle/none", "venue/none", "planet/earth", "library/a%00b"])
def test_an_unknown_feed_is_not_found(client: Client, path: str) -> None:
    assert client.get(f"/calendar/{path}.ics").status_code == 404


def test_a_feed_may_only_be_read(cast: Cast, client: Client) -> None:
    assert client.post(reverse("calendar_feed", args=["venue", "x"])).status_code == 405


class TestAskingAgain:
    """What a program that has the feed already is answered."""

    @pytest.fixture
    def address(self, cast: Cast, season: list[Event]) -> str:
        return reverse("calendar_feed", args=["venue", cast.venue.code])

    def again(self, client: Client, address: str, etag: str) -> int:
        return client.get(address, headers={"if-none-match": etag}).status_code

    def test_nothing_new_is_said_in_304(self, client: Client, address: str) -> None:
        first = client.get(address)
        assert self.again(client, address, first["ETag"]) == 304
        answer = client.get(address, headers={"if-modified-since": first["Last-Modified"]})
        assert answer.status_code == 304

    def test_a_move_is_noticed(
        self, client: Client, address: str, cast: Cast, season: list[Event]
    ) -> None:
        etag = client.get(address)["ETag"]
        scheduling.move_event(
            actor=cast.owner,
            event=season[5],
            starts_at=in_days(20),
            ends_at=in_days(20, hour=12),
            reason="Đổi lịch",
        )
        assert self.again(client, address, etag) == 200

    def test_leaving_for_another_venue_is_noticed(
        self, client: Client, address: str, cast: Cast, season: list[Event]
    ) -> None:
        moved = visit(cast, in_days(40))
        before = client.get(address)
        scheduling.move_event(
            actor=cast.owner,
            event=moved,
            starts_at=moved.starts_at,
            ends_at=moved.ends_at,
            venue=cast.second_venue,
            reason="Đổi nơi",
            now=clock.now() + timedelta(seconds=5),
        )
        assert self.again(client, address, before["ETag"]) == 200
        by_time = {"if-modified-since": before["Last-Modified"]}
        assert client.get(address, headers=by_time).status_code == 200

    def test_a_deletion_is_noticed(self, client: Client, address: str, season: list[Event]) -> None:
        etag = client.get(address)["ETag"]
        Entry.objects.filter(event__uid=season[2].uid).delete()
        assert self.again(client, address, etag) == 200

    def test_a_new_day_is_noticed(self, cast: Cast, season: list[Event]) -> None:
        today = clock.today()
        one = feed("venue", cast.venue.code, today)
        two = feed("venue", cast.venue.code, today + timedelta(days=1))
        assert one is not None
        assert two is not None
        assert one.etag != two.etag


def test_a_cancellation_is_dropped_after_thirty_days(cast: Cast) -> None:
    event = cancel(cast, visit(cast, in_days(50)))
    today = clock.today()
    for days, is_there in ((0, True), (29, True), (31, False)):
        found = feed("venue", cast.venue.code, today + timedelta(days=days))
        assert found is not None
        assert (event.uid in uids(found.content())) is is_there


def test_a_code_means_the_commune_in_force_today(cast: Cast) -> None:
    day = cast.commune.valid_from - timedelta(days=1)
    assert feed("commune", cast.commune.code, day) is None


def test_one_event_can_be_fetched_however_long_ago(cast: Cast, client: Client) -> None:
    event = visit(cast, in_days(-200), now=in_days(-230))
    response = client.get(reverse("calendar_event", args=[event.uid]))
    assert uids(content_of(response)) == [event.uid]


def test_a_draft_cannot_be_fetched(cast: Cast, client: Client) -> None:
    event = visit(cast, in_days(3), publish=False)
    assert client.get(reverse("calendar_event", args=[event.uid])).status_code == 404
    assert event_feed(event.uid) is None


def test_a_longer_feed_takes_no_more_queries(
    cast: Cast, client: Client, django_assert_num_queries: Any
) -> None:
    address = reverse("calendar_feed", args=["library", cast.library.slug])
    for day in range(2):
        visit(cast, in_days(day + 1))
    with django_assert_num_queries(5):
        content_of(client.get(address))
    for day in range(2, 9):
        visit(cast, in_days(day + 1))
    with django_assert_num_queries(5):
        assert len(uids(content_of(client.get(address)))) == 9
