"""What follows an import: calendars, statistics and mails are as if made one by one."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest

from outreach.accounts.models import Library
from outreach.bookings.models import Booking
from outreach.calendars import services as calendars
from outreach.calendars.models import Entry
from outreach.common.errors import InvalidInput, NotAllowed
from outreach.messaging.models import Message
from outreach.planning.timetables import importing
from outreach.scheduling import services
from outreach.scheduling.followers import EventChange, Happening
from outreach.scheduling.models import ActivityKind, Event, RuleOverride, State, Trip
from outreach.statistics import services as statistics
from tests.cast import Cast
from tests.factories import UserFactory
from tests.planning.timetables.files import (
    MONDAY,
    NOW,
    as_csv,
    everything,
    later,
    load,
    preview,
    stop,
    told,
    what_changed,
)
from tests.scheduling import desk

pytestmark = pytest.mark.django_db

WHY = "Đội xe chạy theo lịch cố định"
TWO = as_csv(stop(organisation=""), later(organisation=""))


def published(cast: Cast) -> Any:
    """Import two stops and publish their visits."""
    return load(TWO, cast.library, cast.owner, publish=True, override_reason=WHY)


def derived_rows() -> dict[str, list[tuple[Any, ...]]]:
    """Return the tables that can be made anew."""
    return {
        table: rows
        for table, rows in everything().items()
        if table.startswith(("statistics_eventfact", "statistics_activityfact", "calendars_entry"))
    }


class Ear:
    """Hears what the followers are told."""

    def __init__(self) -> None:
        self.heard: list[EventChange] = []

    def follow(self, change: EventChange) -> None:
        self.heard.append(change)


@contextmanager
def listening() -> Iterator[list[EventChange]]:
    """Yield what the followers are told meanwhile."""
    ear = Ear()
    with desk.following({"ear": ear}):
        yield ear.heard


@pytest.mark.parametrize("publish", [False, True])
def test_what_is_derived_is_what_making_it_anew_would_give(cast: Cast, *, publish: bool) -> None:
    reason = WHY if publish else ""
    load(TWO, cast.library, cast.owner, publish=publish, override_reason=reason)

    assert statistics.differing_cells() == 0
    before = derived_rows()
    calendars.rebuild(Event.objects.all(), NOW + timedelta(hours=1))
    statistics.rebuild()
    assert what_changed(before, derived_rows()) == {}
    assert Entry.objects.count() == (26 if publish else 0)


@pytest.mark.parametrize("publish", [False, True])
def test_what_is_derived_is_right_after_a_change(cast: Cast, *, publish: bool) -> None:
    reason = WHY if publish else ""
    load(TWO, cast.library, cast.owner, publish=publish, override_reason=reason)
    changed = as_csv(stop(organisation="", departure="10:45"), later(organisation=""))
    load(changed, cast.library, cast.owner)
    assert statistics.differing_cells() == 0
    before = derived_rows()
    calendars.rebuild(Event.objects.all(), NOW + timedelta(hours=1))
    assert what_changed(before, derived_rows()) == {}


def test_followers_are_told_once_of_each_visit_in_order(cast: Cast) -> None:
    with listening() as heard:
        published(cast)
    told_of = [change.happening for change in heard]
    assert told_of == [Happening.SCHEDULED] * 26 + [Happening.PUBLISHED] * 26
    assert {change.actor for change in heard} == {cast.owner}

    with listening() as heard:
        load(TWO, cast.library, cast.owner)
    assert heard == []


def test_followers_are_told_of_drafts_that_go(cast: Cast) -> None:
    load(TWO, cast.library, cast.owner)
    with listening() as heard:
        load(
            as_csv(stop(organisation="", exceptions="2026-12-28"), later(organisation="")),
            cast.library,
        )
    assert [
        (change.happening, change.event.series_on.isoformat())
        for change in heard
        if change.event.series_on
    ] == [(Happening.REMOVED, "2026-12-28")]


def test_publishing_by_a_file_writes_what_publishing_by_hand_writes(cast: Cast) -> None:
    """One visit by file and one by hand: their entries and mails have the same form."""
    cast.venue.contact_email = "school@example.org"
    cast.venue.save()
    row = stop(
        organisation="",
        stop=cast.venue.name,
        community=cast.venue.locality,
        address=cast.venue.address,
        geox=str(cast.venue.lon),
        geoy=str(cast.venue.lat),
        frequency="",
    )
    load(as_csv(row), cast.library, cast.owner, publish=True, override_reason=WHY)
    event = Event.objects.get()
    by_file = Message.objects.count()
    entry = bytes(event.entry.vevent)

    by_hand = services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=desk.visit(cast, title=event.title),
        crew=cast.crew,
    )
    services.publish_event(actor=cast.owner, event=by_hand)

    assert Message.objects.count() == 2 * by_file
    assert len(bytes(by_hand.entry.vevent).splitlines()) == len(entry.splitlines())


def test_publishing_records_the_rules_that_a_trip_without_a_crew_breaks(cast: Cast) -> None:
    published(cast)
    assert {trip.state for trip in Trip.objects.all()} == {State.PUBLISHED}
    assert {event.state for event in Event.objects.all()} == {State.PUBLISHED}
    overridden = RuleOverride.objects.all()
    assert {one.trip_id for one in overridden} == set(Trip.objects.values_list("pk", flat=True))
    assert {(one.actor, one.reason, one.made_at) for one in overridden} == {(cast.owner, WHY, NOW)}
    rows = Event.history.model.objects.all()
    assert {(row.history_user_id, row.history_date) for row in rows} == {(cast.owner.pk, NOW)}


@pytest.mark.parametrize("reason", ["", "   "])
def test_publishing_needs_a_reason(cast: Cast, reason: str) -> None:
    before = everything()
    with pytest.raises(InvalidInput):
        load(TWO, cast.library, cast.owner, publish=True, override_reason=reason)
    assert what_changed(before, everything()) == {}


def test_publishing_needs_a_person_who_answers_for_it(cast: Cast) -> None:
    before = everything()
    with pytest.raises(InvalidInput):
        load(TWO, cast.library, None, publish=True, override_reason=WHY)
    assert what_changed(before, everything()) == {}


@pytest.mark.parametrize("who", ["colleague", "host", "stranger"])
def test_only_who_keeps_the_plan_may_import(cast: Cast, who: str) -> None:
    before = everything()
    with pytest.raises(NotAllowed):
        load(TWO, cast.library, getattr(cast, who))
    assert what_changed(before, everything()) == {}


def test_only_an_administrator_may_make_a_library_by_a_file(cast: Cast) -> None:
    with pytest.raises(NotAllowed):
        load(as_csv(stop()), None, cast.owner)
    importing.authorise(UserFactory.create(is_superuser=True), None)
    assert not Library.objects.filter(name_vi="Northshire").exists()


def test_a_draft_that_a_school_has_booked_stays_when_its_row_changes(cast: Cast) -> None:
    load(TWO, cast.library, cast.owner)
    event = Event.objects.filter(venue__name="School").order_by("starts_at")[0]
    book(cast, event)

    plan = load(
        as_csv(stop(organisation=""), later(organisation="", departure="15:30")), cast.library
    )

    assert Event.objects.get(pk=event.pk).ends_at == event.ends_at
    assert (3, "published_stays") in told(plan)
    assert Event.objects.filter(venue__name="School").count() == 13


def book(cast: Cast, event: Event) -> Booking:
    """Store a booking that was given an event."""
    return Booking.objects.create(
        library=event.library,
        venue=event.venue,
        kind=ActivityKind.objects.get(pk="mobile_service"),
        wanted_on=MONDAY,
        classes=1,
        pupils=30,
        state=Booking.State.ACCEPTED,
        event=event,
        asked_by=cast.host,
    )


def test_a_preview_tells_what_publishing_later_would_find(cast: Cast) -> None:
    published(cast)
    plan = preview(TWO, cast.library, since=MONDAY)
    assert plan.changes_nothing
