"""Who did what, when and why: an entry for every change, and how people read it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db.models import Model
from django.utils import translation

from outreach.common import audit
from outreach.scheduling import services
from outreach.scheduling.history import event_history, since, trip_history
from outreach.scheduling.models import Activity, Duty, Event, Trip
from outreach.scheduling.services import CrewInput
from tests.cast import Cast
from tests.factories import CrewMemberFactory
from tests.scheduling.desk import activity, at, make_event, make_public_trip, make_trip, storm
from tests.scheduling.ways import SERVICES, Way

AUDITED: list[type[Model]] = [Trip, Event, Activity, Duty]


def newest(record: Any) -> Any:
    return record.history.first()


def state_of(row: Any) -> dict[str, Any]:
    """Return the values of a record or of its history row."""
    model = getattr(row, "instance_type", type(row))
    return {field.attname: getattr(row, field.attname) for field in model._meta.concrete_fields}


@pytest.mark.parametrize("way", SERVICES, ids=lambda way: way.name)
def test_the_newest_history_row_is_the_record_as_it_stands(cast: Cast, way: Way) -> None:
    record = way.prepare(cast)
    written = {model: model.history.count() for model in AUDITED}  # type: ignore[attr-defined]

    way.act(cast, record)

    for model in AUDITED:
        for stored in model._default_manager.all():
            assert state_of(newest(stored)) == state_of(stored)
            assert newest(stored).history_user == cast.owner
    assert any(model.history.count() > written[model] for model in AUDITED)  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", [w for w in SERVICES if w.name.startswith("remove")])
def test_what_is_removed_leaves_a_last_row(cast: Cast, way: Way) -> None:
    record = way.prepare(cast)
    events = set(Event.objects.values_list("pk", flat=True))
    way.act(cast, record)
    gone = events - set(Event.objects.values_list("pk", flat=True))
    for pk in gone:
        last = Event.history.filter(id=pk).first()
        assert (last.history_type, last.history_user) == ("-", cast.owner)
        assert Activity.history.filter(event_id=pk).first().history_type == "-"


def test_the_reason_is_kept_with_every_row_of_a_deed(cast: Cast) -> None:
    trip = make_public_trip(cast)
    services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, 1), reason="Đường ngập")
    rows = [newest(trip), *map(newest, trip.events.all()), *map(newest, trip.duties.all())]
    assert {row.history_change_reason for row in rows} == {"Đường ngập"}


def test_a_cancellation_keeps_its_coded_reason_and_note(cast: Cast) -> None:
    event = make_event(cast)
    services.cancel_event(actor=cast.owner, event=event, why=storm(), note="Bão số 3")
    [latest, *_older] = audit.trail(event)
    assert latest["reason"] == f"{storm().name_vi}. Bão số 3"
    assert ("state", "draft", "cancelled") in latest["changes"]


def test_one_deed_is_one_entry_with_everything_it_touched(cast: Cast) -> None:
    trip = make_trip(cast)
    with translation.override("en"):
        [entry] = trip_history(trip)
    assert entry.actor == cast.owner.full_name
    assert [line.kind for line in entry.lines] == ["+"] * len(entry.lines)
    assert [line.what for line in entry.lines] == [
        "Trip",
        *(f"Crew: {member.full_name}" for member in cast.crew.members),
        "Event “Visit at 8”",
        "Activity: Mobile service",
    ]


def test_deeds_for_different_reasons_are_different_entries(cast: Cast) -> None:
    event = make_event(cast)
    for hour, reason in ((9, "Trường bận"), (10, "Đường ngập")):
        services.move_event(
            actor=cast.owner, event=event, starts_at=at(hour), ends_at=at(12), reason=reason
        )
    assert [entry.reason for entry in event_history(event)] == ["Đường ngập", "Trường bận", ""]


def test_a_move_is_told_with_clock_times_before_and_after(cast: Cast) -> None:
    event = make_event(cast)
    services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=at(8, 1),
        ends_at=at(10, 1),
        venue=cast.venue,
        reason="Trường bận",
    )
    with translation.override("en"):
        [line] = event_history(event)[0].lines
    told = {change.label: (change.before, change.after) for change in line.changes}
    assert told == {
        "venue": (cast.second_venue.name, cast.venue.name),
        "start": ("08:00 01/03/2027", "08:00 02/03/2027"),
        "end": ("10:00 01/03/2027", "10:00 02/03/2027"),
    }


def test_a_changed_activity_is_told(cast: Cast) -> None:
    event = make_event(cast)
    services.change_event(
        actor=cast.owner,
        event=event,
        title=event.title,
        note="",
        activities=(activity("talk"), activity("donation")),
    )
    with translation.override("en"):
        lines = event_history(event)[0].lines
    assert [(line.what, line.kind) for line in lines] == [
        ("Activity: Talk", "~"),
        ("Activity: Book donation", "+"),
    ]
    assert [(c.before, c.after) for c in lines[0].changes] == [("Exhibition", "Talk")]


def test_somebody_taken_off_the_crew_is_told(cast: Cast) -> None:
    trip = make_trip(cast)
    other = CrewMemberFactory.create(library=cast.library)
    services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=CrewInput(other, cast.crew.professionals),
    )
    kinds = {line.what: line.kind for line in trip_history(trip)[0].lines}
    assert [kind for what, kind in kinds.items() if cast.operator.full_name in what] == ["-"]
    assert [kind for what, kind in kinds.items() if other.full_name in what] == ["+"]


def test_what_came_after_a_revision_is_told_and_nothing_before(cast: Cast) -> None:
    event = make_event(cast)
    seen = event.revision
    services.publish_event(actor=cast.owner, event=event, reason="Đã duyệt")
    event.refresh_from_db()
    assert [entry.reason for entry in since(event, seen)] == ["Đã duyệt"]
    assert since(event, event.revision) == []


def test_history_reads_as_many_rows_in_as_many_queries(
    cast: Cast, django_assert_max_num_queries: Any
) -> None:
    trip = make_trip(cast)
    for hour in range(8, 4, -1):
        services.move_trip(actor=cast.owner, trip=trip, departs_at=at(hour, 1), reason=str(hour))
    with django_assert_max_num_queries(14):
        assert len(trip_history(trip)) == 5
