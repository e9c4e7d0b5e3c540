"""The calendar entry of an event: what it says, and when it counts as changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import icalendar
import pytest
from django.test import override_settings
from django.urls import reverse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.calendars import entry_text, services
from outreach.calendars.models import Entry
from outreach.common import clock
from outreach.scheduling import services as scheduling
from outreach.scheduling.models import Event
from tests.calendars.visits import cancel, in_days, visit
from tests.cast import Cast
from tests.factories import VenueFactory

pytestmark = pytest.mark.django_db


def parsed(event: Event) -> Any:
    return icalendar.Event.from_ical(bytes(Entry.objects.get(event=event).vevent))


def test_a_draft_has_no_entry(cast: Cast) -> None:
    event = visit(cast, in_days(3), publish=False)
    assert not Entry.objects.filter(event=event).exists()


def test_an_entry_says_what_the_database_says(cast: Cast) -> None:
    event = visit(cast, in_days(3), kinds=["exhibition", "reading_skills"], note="Mang theo thẻ.")
    entry = parsed(event)
    assert str(entry["UID"]) == event.uid
    assert entry.decoded("DTSTART") == event.starts_at
    assert entry.decoded("DTEND") == event.ends_at
    assert entry["DTSTART"].params["TZID"] == cast.library.time_zone
    assert str(entry["SUMMARY"]) == event.title
    assert str(entry["STATUS"]) == "CONFIRMED"
    assert (entry["GEO"].latitude, entry["GEO"].longitude) == cast.venue.point
    assert entry["CATEGORIES"].cats == ["Triển lãm, trưng bày sách", "Hướng dẫn kỹ năng đọc"]
    assert "Mang theo thẻ." in entry["DESCRIPTION"]


def test_an_entry_leads_to_the_page_of_the_event(cast: Cast) -> None:
    event = visit(cast, in_days(3))
    with override_settings(SITE_URL="https://sach.example"):
        services.refresh(event)
    assert str(parsed(event)["URL"]) == "https://sach.example" + reverse("event", args=[event.uid])


def test_an_entry_names_no_person(cast: Cast) -> None:
    cast.venue.contact_name, cast.venue.contact_email = "Cô Lan", "lan@example.org"
    cast.venue.contact_phone = "0912345678"
    cast.venue.save()
    event = visit(cast, in_days(3), with_van=True)
    text = bytes(Entry.objects.get(event=event).vevent).decode()
    names = [member.full_name for member, _role in cast.crew]
    for personal in ["Cô Lan", "lan@example.org", "0912345678", "ORGANIZER", "ATTENDEE", *names]:
        assert personal not in text


def test_the_location_stays_on_one_line(cast: Cast) -> None:
    venue = VenueFactory.create(
        library=cast.library, commune=cast.commune, address="Bản Na Sái\r\nqua cầu treo"
    )
    event = visit(cast, in_days(3), venue=venue)
    assert "\n" not in str(parsed(event)["LOCATION"])
    assert "Bản Na Sái qua cầu treo" in str(parsed(event)["LOCATION"])


def test_saying_the_same_again_changes_nothing(cast: Cast) -> None:
    event = visit(cast, in_days(3))
    before = Entry.objects.values().get(event=event)
    services.refresh(event, clock.now() + timedelta(days=1))
    assert Entry.objects.values().get(event=event) == before


def test_moving_keeps_the_uid_and_raises_sequence_and_last_modified(cast: Cast) -> None:
    event = visit(cast, in_days(3), now=in_days(-5))
    later = in_days(-2)
    moved = scheduling.move_event(
        actor=cast.owner,
        event=event,
        starts_at=in_days(4),
        ends_at=in_days(4, hour=11),
        reason="Lũ",
        now=later,
    )
    entry = parsed(moved)
    assert str(entry["UID"]) == event.uid
    assert entry["SEQUENCE"] == 1
    assert entry.decoded("LAST-MODIFIED") == later
    assert entry.decoded("DTSTAMP") == later
    assert entry.decoded("DTSTART") == in_days(4)


def test_a_cancelled_entry_says_so_in_status_and_title(cast: Cast) -> None:
    event = cancel(cast, visit(cast, in_days(3)), note="Cầu ngập.")
    entry = parsed(event)
    assert str(entry["STATUS"]) == "CANCELLED"
    assert str(entry["SUMMARY"]).startswith("[")
    assert str(entry["SUMMARY"]).endswith(f"] {event.title}")
    assert "Cầu ngập." in entry["DESCRIPTION"]
    assert entry["SEQUENCE"] == 1


def test_a_restored_entry_is_confirmed_again_with_a_higher_sequence(cast: Cast) -> None:
    event = cancel(cast, visit(cast, in_days(3)))
    restored = scheduling.restore_event(actor=cast.owner, event=event)
    assert str(parsed(restored)["STATUS"]) == "CONFIRMED"
    assert parsed(restored)["SEQUENCE"] == 2


def test_an_event_cancelled_before_it_was_public_has_no_entry(cast: Cast) -> None:
    event = cancel(cast, visit(cast, in_days(3), publish=False))
    assert not Entry.objects.filter(event=event).exists()


def test_rebuilding_writes_what_is_missing_and_leaves_the_rest(cast: Cast) -> None:
    events = [visit(cast, in_days(day)) for day in (1, 2, 3)]
    kept = Entry.objects.values().get(event=events[0])
    Entry.objects.filter(event__in=events[1:]).delete()
    assert services.rebuild(Event.objects.all()) == 2
    assert services.rebuild(Event.objects.all()) == 0
    assert Entry.objects.values().get(event=events[0]) == kept


def test_rebuilding_takes_the_same_number_of_queries_for_two_and_for_eight(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    for day in range(2):
        visit(cast, in_days(day + 1))
    Entry.objects.all().delete()
    with django_assert_num_queries(8):
        services.rebuild(Event.objects.all())
    for day in range(2, 8):
        visit(cast, in_days(day + 1))
    Entry.objects.all().delete()
    with django_assert_num_queries(8):
        services.rebuild(Event.objects.all())


TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=300)
START = st.datetimes(datetime(1976, 1, 1), datetime(2037, 12, 31)).map(  # noqa: DTZ001
    lambda moment: clock.at(moment.date(), moment.time().replace(microsecond=0))
)


@given(title=TEXT, note=TEXT, name=TEXT, starts_at=START, minutes=st.integers(1, 5000))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_people_type_is_parsed_back(
    cast: Cast, title: str, note: str, name: str, starts_at: datetime, minutes: int
) -> None:
    event = Event.objects.for_lists().get(pk=_stored(cast).pk)
    event.title, event.note, event.venue.name = f"x{title}", note, name
    event.starts_at, event.ends_at = starts_at, starts_at + timedelta(minutes=minutes)
    content = entry_text.stamped(
        entry_text.content_of(event), sequence=3, changed_at=event.starts_at
    )
    entry = icalendar.Event.from_ical(content)
    assert str(entry["SUMMARY"]) == entry_text.one_line(f"x{title}")
    assert entry.decoded("DTSTART") == event.starts_at
    assert entry.decoded("DTEND") == event.ends_at
    assert entry["SEQUENCE"] == 3
    lines = content.split(b"\r\n")
    assert all(len(line) <= 75 and b"\n" not in line and b"\r" not in line for line in lines)


def _stored(cast: Cast) -> Event:
    return Event.objects.first() or visit(cast, in_days(3))
