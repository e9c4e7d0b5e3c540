"""What goes along with a disruption: mails, calendars, bookings, figures, visits owed; and back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.bookings.models import Booking
from outreach.calendars.models import Entry
from outreach.messaging import delivery
from outreach.messaging.models import Message
from outreach.planning.models import OwedVisit
from outreach.scheduling import services
from outreach.scheduling.disruption import Choice, undo_disruption
from outreach.scheduling.models import ActivityKind, Event
from outreach.statistics import services as statistics
from outreach.statistics.models import EventFact
from tests.cast import Cast
from tests.factories import VenueFactory
from tests.planning.promises import promise
from tests.scheduling.desk import MONDAY, make_public_trip, storm, visit
from tests.scheduling.disruption.weather import (
    CANCEL,
    INDOORS,
    NEXT_WEEK,
    NOW,
    contact,
    strike,
)

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(hours=3)


def two_visits(cast: Cast) -> tuple[Event, Event]:
    """Store a public trip to two venues with one host."""
    for venue in (cast.venue, cast.second_venue):
        contact(venue, "lan@example.org", contact_phone="0912 345 678", language="vi")
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13, venue=cast.second_venue))
    Message.objects.all().delete()
    first, second = trip.events.order_by("starts_at")
    return first, second


def calendars_of(message: Message) -> list[Any]:
    raw = [message.calendar, *(part.calendar for part in message.parts.all())]
    return [icalendar.Calendar.from_ical(bytes(one)) for one in raw]


def test_each_host_gets_one_mail_with_a_part_for_each_event(cast: Cast) -> None:
    first, second = two_visits(cast)
    strike(cast, by_event={second.uid: NEXT_WEEK})
    message = Message.objects.get()
    calendars = calendars_of(message)
    assert [one["METHOD"] for one in calendars] == ["CANCEL", "REQUEST"]
    assert [one.walk("VEVENT")[0]["UID"] for one in calendars] == [first.uid, second.uid]
    assert [len(one.walk("VEVENT")) for one in calendars] == [1, 1]
    assert "Bão, áp thấp nhiệt đới" in message.body
    assert first.title in message.body
    assert second.title in message.body


def test_the_parts_leave_as_parts_that_name_their_method(cast: Cast) -> None:
    _first, second = two_visits(cast)
    strike(cast, by_event={second.uid: NEXT_WEEK})
    delivery.deliver_due(now=LATER)
    (sent,) = mail.outbox
    parts = [part for part in sent.message().walk() if part.get_content_type() == "text/calendar"]
    assert [part.get_param("method") for part in parts] == ["CANCEL", "REQUEST"]


def test_the_mail_is_in_the_language_of_the_host(cast: Cast) -> None:
    two_visits(cast)
    contact(cast.venue, "ann@example.org", language="en")
    strike(cast)
    english = Message.objects.get(to="ann@example.org")
    assert "Storm" in english.body
    assert "Bão, áp thấp" not in english.body


def test_a_host_hears_of_a_move_indoors(cast: Cast) -> None:
    first, _second = two_visits(cast)
    strike(cast, Choice(), by_event={first.uid: INDOORS})
    (calendar,) = calendars_of(Message.objects.get())
    assert calendar["METHOD"] == "REQUEST"


def test_calendar_entries_go_along_and_back_with_rising_sequence(cast: Cast) -> None:
    first, _second = two_visits(cast)
    disruption = strike(cast)
    entry = Entry.objects.get(event=first)
    assert (entry.sequence, b"STATUS:CANCELLED" in bytes(entry.vevent)) == (1, True)
    undo_disruption(actor=cast.owner, disruption=disruption, now=LATER)
    entry.refresh_from_db()
    assert (entry.sequence, b"STATUS:CONFIRMED" in bytes(entry.vevent)) == (2, True)


def test_undoing_writes_to_each_host_once(cast: Cast) -> None:
    two_visits(cast)
    disruption = strike(cast)
    Message.objects.all().delete()
    undo_disruption(actor=cast.owner, disruption=disruption, now=LATER)
    message = Message.objects.get()
    assert [one["METHOD"] for one in calendars_of(message)] == ["REQUEST", "REQUEST"]


def test_the_text_to_forward_names_no_person(cast: Cast) -> None:
    two_visits(cast)
    contact(cast.venue, "lan@example.org", contact_name="Cô Lan")
    disruption = strike(cast)
    (text,) = disruption.messages
    assert cast.venue.name in text["text"]
    assert cast.second_venue.name in text["text"]
    assert "Lan" not in text["text"]
    assert "0912" not in text["text"]


def test_bookings_and_figures_go_along_and_come_back(cast: Cast) -> None:
    first, _second = two_visits(cast)
    booking = Booking.objects.create(
        library=cast.library,
        venue=cast.venue,
        kind=ActivityKind.objects.get(pk="mobile_service"),
        wanted_on=MONDAY,
        classes=1,
        pupils=30,
        state="accepted",
        event=first,
        asked_by=cast.host,
    )
    disruption = strike(cast)
    booking.refresh_from_db()
    assert booking.state == "called_off"
    undo_disruption(actor=cast.owner, disruption=disruption, now=LATER)
    booking.refresh_from_db()
    assert booking.state == "accepted"
    assert not EventFact.objects.exists()
    assert statistics.differing_cells() == 0


# --- Visits owed -------------------------------------------------------------------------------


def test_an_announced_visit_that_is_called_off_is_owed_by_its_promised_day(cast: Cast) -> None:
    promise(cast, starts_on=MONDAY - timedelta(weeks=4))
    first, second = two_visits(cast)
    strike(cast)
    owed = {visit.event_id: visit.due_on for visit in OwedVisit.objects.open()}
    assert owed == {first.pk: MONDAY, second.pk: MONDAY + timedelta(days=28)}


def test_the_last_visit_before_counts_for_the_promised_day(cast: Cast) -> None:
    promise(cast, starts_on=MONDAY - timedelta(weeks=20))
    services.publish_event(
        actor=cast.owner,
        event=services.schedule_event(
            actor=cast.owner, library=cast.library, event=visit(cast, 8, day=-7)
        ),
    )
    first, _second = two_visits(cast)
    strike(cast)
    assert OwedVisit.objects.get(event=first).due_on == MONDAY + timedelta(days=21)


def test_any_cancellation_owes_and_restoring_settles(cast: Cast) -> None:
    first, _second = two_visits(cast)
    services.cancel_event(actor=cast.owner, event=first, why=storm())
    assert OwedVisit.objects.get().event == first
    services.restore_event(actor=cast.owner, event=first, reason="Nhầm")
    assert not OwedVisit.objects.exists()


def test_a_postponed_visit_and_a_draft_owe_nothing(cast: Cast) -> None:
    two_visits(cast)
    strike(cast, NEXT_WEEK)
    assert not OwedVisit.objects.exists()


def test_undoing_settles_what_is_owed(cast: Cast) -> None:
    two_visits(cast)
    disruption = strike(cast)
    assert OwedVisit.objects.count() == 2
    undo_disruption(actor=cast.owner, disruption=disruption, now=LATER)
    assert not OwedVisit.objects.exists()


# --- How much is asked -------------------------------------------------------------------------


def storm_over(cast: Cast, count: int) -> int:
    """Return how many queries a storm over ``count`` more events takes."""
    venues = [
        VenueFactory.create(
            library=cast.library, commune=cast.commune, contact_email=f"{n}@example.org"
        )
        for n in range(count)
    ]
    make_public_trip(cast, *(visit(cast, 7 + n, 1, venue=venue) for n, venue in enumerate(venues)))
    with CaptureQueriesContext(connection) as queries:
        strike(cast, CANCEL)
    return len(queries)


def test_more_events_do_not_mean_more_queries(cast: Cast) -> None:
    few = storm_over(cast, 2)
    assert storm_over(cast, 9) <= few + 2
