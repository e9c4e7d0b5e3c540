"""What schools asked for, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta

from outreach.bookings.models import Booking
from outreach.common import bulk
from outreach.config.demo import expectations, inputs
from outreach.config.demo.diary import Entry
from outreach.config.demo.past_year import Scene
from outreach.config.demo.people import HOME
from outreach.scheduling.models import Event, State

_BookingState = Booking.State
_ASKED_BEFORE = timedelta(days=16)
"""How long ago the school asked for the visit that was accepted."""


def make(scene: Scene, entries: Sequence[Entry], today: date, now: datetime) -> None:
    """Store a library's bookings: the home library has some of every state."""
    bookings = list(_bookings(scene, entries, today, now))
    bulk.store(Booking, bookings, by=scene.staff.host, at=lambda booking: booking.asked_at)
    answered = [booking for booking in bookings if booking.answered_at is not None]
    bulk.note(
        Booking,
        answered,
        by=scene.staff.coordinator,
        at=lambda booking: booking.answered_at or now,
        reason=lambda booking: booking.answer,
        kind="~",
    )


def expect(scene: Scene, entries: Sequence[Entry], today: date, now: datetime) -> None:
    """Note with the event of the request that was accepted how many the school said will come."""
    event = _coming_event(scene, entries, today)
    if event is None:
        return
    zone = scene.staff.library.zone
    wanted = _booking(scene, 1, today, now)
    minutes = int((event.ends_at - event.starts_at).total_seconds() // 60)
    asked_on = (now - _ASKED_BEFORE).astimezone(zone).date()
    expected = expectations.fitting(event.venue, wanted.pupils, minutes, asked_on)
    event.expected_people, event.expected_classes = expected.people, expected.classes
    event.asked_on = expected.asked_on


def _bookings(
    scene: Scene, entries: Sequence[Entry], today: date, now: datetime
) -> Iterator[Booking]:
    answers = inputs.read("themes")["booking_answers"]
    accepted = _coming_event(scene, entries, today)
    if accepted is not None:
        booking = _booking(
            scene,
            1,
            accepted.starts_at.astimezone(scene.staff.library.zone).date(),
            now - _ASKED_BEFORE,
            state=_BookingState.ACCEPTED,
            event=accepted,
            answer=answers["accepted"],
            answered_at=now - timedelta(days=13),
        )
        booking.classes = accepted.expected_classes or booking.classes
        booking.pupils = accepted.expected_people or booking.pupils
        yield booking
    yield _booking(scene, 2, today + timedelta(days=31), now - timedelta(days=2))
    if scene.staff.slug == HOME:
        yield _booking(scene, 3, today + timedelta(days=45), now - timedelta(hours=20))
        for number, reason in enumerate(("too_far", "short_notice"), 4):
            asked_at = now - timedelta(days=12 * number)
            yield _booking(
                scene,
                number,
                (asked_at + timedelta(days=9)).date(),
                asked_at,
                state=_BookingState.REFUSED,
                refusal_id=reason,
                answer=answers[reason],
                answered_at=asked_at + timedelta(days=2),
            )


def _booking(
    scene: Scene, number: int, wanted_on: date, asked_at: datetime, **fields: object
) -> Booking:
    die = inputs.dice("booking", scene.staff.slug, number)
    classes = die.randint(3, 9)
    return Booking(
        uid=str(inputs.uid("booking", scene.staff.slug, number)),
        library=scene.staff.library,
        venue=scene.sites.hosted,
        kind_id="reading_skills" if number == 3 else "mobile_service",
        wanted_on=wanted_on,
        classes=classes,
        pupils=classes * die.randint(22, 34),
        note=die.choice(inputs.read("themes")["booking_notes"]),
        asked_by=scene.staff.host,
        asked_at=asked_at,
        **fields,
    )


def _coming_event(scene: Scene, entries: Sequence[Entry], today: date) -> Event | None:
    """Return the first published event to come at the host's school."""
    coming = [
        entry.event
        for entry in entries
        if entry.event.venue is scene.sites.hosted
        and entry.event.state == State.PUBLISHED
        and entry.event.starts_at.date() > today
    ]
    return min(coming, key=lambda event: event.starts_at, default=None)
