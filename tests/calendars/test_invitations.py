"""Mails to the host of a visit, and the invitations they carry."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import icalendar
import pytest
from django.core import mail

from outreach.calendars.models import Entry
from outreach.common import clock
from outreach.messaging import delivery
from outreach.messaging.models import Message
from outreach.places.models import Venue
from outreach.scheduling import services as scheduling
from outreach.scheduling.models import Event
from tests.calendars.visits import cancel, in_days, visit
from tests.cast import Cast, make_cast

pytestmark = pytest.mark.django_db


@pytest.fixture
def cast() -> Cast:
    made = make_cast()
    made.library.email = "thuvien@example.org"
    made.library.save()
    contact(made.venue, "lan@example.org", name="Cô Lan")
    return made


def contact(venue: Venue, email: str, **fields: Any) -> None:
    venue.contact_email = email
    venue.contact_name = fields.pop("name", "")
    for name, value in fields.items():
        setattr(venue, name, value)
    venue.save()


def move(cast: Cast, event: Event, **fields: Any) -> Event:
    wanted = {"starts_at": in_days(6), "ends_at": in_days(6, hour=12), "reason": "Mưa lũ", **fields}
    return scheduling.move_event(actor=cast.owner, event=event, **wanted)


def messages() -> list[Message]:
    return list(Message.objects.order_by("pk"))


def calendar(message: Message) -> Any:
    return icalendar.Calendar.from_ical(bytes(message.calendar))


def vevent(message: Message) -> Any:
    return calendar(message).walk("VEVENT")[0]


def test_a_draft_sends_nothing(cast: Cast) -> None:
    event = visit(cast, in_days(3), publish=False)
    move(cast, event)
    cancel(cast, event)
    scheduling.restore_event(actor=cast.owner, event=event)
    assert messages() == []


def test_publishing_invites_the_contact(cast: Cast) -> None:
    event = visit(cast, in_days(3))
    (message,) = messages()
    assert (message.to, message.method, message.about) == ("lan@example.org", "REQUEST", event.uid)
    assert message.library == cast.library
    assert str(calendar(message)["METHOD"]) == "REQUEST"
    assert str(vevent(message)["UID"]) == event.uid
    assert str(vevent(message)["ORGANIZER"]) == "mailto:thuvien@example.org"
    assert str(vevent(message)["ATTENDEE"]) == "mailto:lan@example.org"
    assert event.title in message.body
    assert "Cô Lan" in message.body


def test_each_step_carries_the_same_uid_and_a_higher_sequence(cast: Cast) -> None:
    event = visit(cast, in_days(3))
    event = move(cast, event)
    event = cancel(cast, event, note="Cầu ngập.")
    scheduling.restore_event(actor=cast.owner, event=event, reason="Nước rút")
    sent = messages()
    assert [message.method for message in sent] == ["REQUEST", "REQUEST", "CANCEL", "REQUEST"]
    assert {str(vevent(message)["UID"]) for message in sent} == {event.uid}
    assert [vevent(message)["SEQUENCE"] for message in sent] == [0, 1, 2, 3]
    assert str(vevent(sent[2])["STATUS"]) == "CANCELLED"
    assert "Mưa lũ" in sent[1].body
    assert "Cầu ngập." in sent[2].body
    assert "Nước rút" in sent[3].body


def test_the_invitation_agrees_with_the_public_entry(cast: Cast) -> None:
    event = visit(cast, in_days(3))
    entry = icalendar.Event.from_ical(bytes(Entry.objects.get(event=event).vevent))
    invited = vevent(messages()[0])
    for name in ("UID", "SEQUENCE", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "LAST-MODIFIED"):
        assert invited[name].to_ical() == entry[name].to_ical(), name


def test_a_move_to_another_venue_cancels_there_and_invites_here(cast: Cast) -> None:
    contact(cast.second_venue, "hung@example.org")
    event = visit(cast, in_days(3))
    move(cast, event, venue=cast.second_venue)
    _first, off, on = messages()
    assert (off.to, off.method) == ("lan@example.org", "CANCEL")
    assert str(vevent(off)["STATUS"]) == "CANCELLED"
    assert (on.to, on.method) == ("hung@example.org", "REQUEST")
    assert str(vevent(on)["STATUS"]) == "CONFIRMED"


def test_a_cancelled_trip_tells_every_host(cast: Cast) -> None:
    event = visit(cast, in_days(3), with_van=True)
    assert event.trip is not None
    cancelled = cancel(cast, event)
    assert cancelled.is_cancelled
    assert [message.method for message in messages()] == ["REQUEST", "CANCEL"]


def test_no_contact_no_mail(cast: Cast) -> None:
    visit(cast, in_days(3), venue=cast.second_venue)
    assert messages() == []


@pytest.mark.parametrize(("days", "count"), [(-1, 0), (0, 1), (1, 1)])
def test_a_contact_is_written_to_until_its_last_day(cast: Cast, days: int, count: int) -> None:
    until = clock.today() + timedelta(days=days)
    contact(cast.venue, "lan@example.org", contact_until=until)
    visit(cast, in_days(3))
    assert len(messages()) == count


def test_what_is_over_sends_nothing(cast: Cast) -> None:
    event = visit(cast, in_days(-3))
    cancel(cast, event)
    assert messages() == []


def test_the_mail_is_in_the_language_of_the_contact(cast: Cast) -> None:
    contact(cast.venue, "lan@example.org", language="en")
    visit(cast, in_days(3))
    (message,) = messages()
    assert message.subject.startswith("Library visit on")
    assert "Mobile service" in message.body


def test_the_times_in_a_mail_are_those_of_the_library(cast: Cast) -> None:
    cast.library.time_zone = "Asia/Tokyo"
    cast.library.save()
    visit(cast, in_days(3, hour=9))
    (message,) = messages()
    assert "11:00" in message.body
    assert [str(zone["TZID"]) for zone in calendar(message).walk("VTIMEZONE")] == ["Asia/Tokyo"]


def test_a_title_with_markup_is_written_as_it_is(cast: Cast) -> None:
    visit(cast, in_days(3), title="Sách & <b>truyện</b>")
    assert "Sách & <b>truyện</b>" in messages()[0].body


def test_a_mail_that_leaves_carries_its_method_in_the_mime_type(cast: Cast) -> None:
    visit(cast, in_days(3))
    delivery.deliver_due()
    part = mail.outbox[0].attachments[0]
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "REQUEST"


def test_a_mail_that_cannot_be_written_undoes_the_change(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = visit(cast, in_days(3), publish=False)

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("outreach.messaging.services.write_all", refuse)
    with pytest.raises(RuntimeError):
        scheduling.publish_event(actor=cast.owner, event=event)
    event.refresh_from_db()
    assert event.published_at is None
    assert not Entry.objects.exists()
