"""Dates that a series leaves out or takes up again, and its end."""

from __future__ import annotations

from datetime import time

import pytest

from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.scheduling.models import Event, State, Trip
from outreach.scheduling.series.changing import Scope
from outreach.scheduling.series.ending import end_series, leave_out, preview_end, put_back
from outreach.scheduling.series.plan import Choice
from tests.cast import Cast
from tests.scheduling.desk import at, make_trip, storm, visit
from tests.scheduling.series.desk import NOW, change, day, days_of, make, publish


def test_a_draft_that_is_left_out_is_removed_with_its_trip(cast: Cast) -> None:
    series = make(cast)

    changed = leave_out(actor=cast.owner, series=series, on=day(8), now=NOW)

    assert changed.exceptions == [day(8).isoformat()]
    assert days_of(series) == [day(1), day(15), day(22)]
    assert Trip.objects.count() == 3


def test_a_public_date_that_is_left_out_is_called_off_with_a_reason(cast: Cast) -> None:
    series = make(cast)
    publish(cast, series.events.all()[:2])

    with pytest.raises(InvalidInput) as refusal:
        leave_out(actor=cast.owner, series=series, on=day(8), now=NOW)
    assert refusal.value.kind == "why_missing"
    leave_out(actor=cast.owner, series=series, on=day(8), why=storm(), now=NOW)

    event = Event.objects.get(series_on=day(8))
    assert (event.state, event.cancel_reason) == (State.CANCELLED, storm())
    assert event.trip is not None
    assert event.trip.state == State.CANCELLED


def test_a_date_comes_back_as_public_as_it_was(cast: Cast) -> None:
    series = make(cast)
    publish(cast, series.events.all()[:2])
    for on in (day(8), day(15)):
        leave_out(actor=cast.owner, series=series, on=on, why=storm(), now=NOW)
    public = Event.objects.get(series_on=day(8))

    for on in (day(8), day(15)):
        series = put_back(
            actor=cast.owner, series=series, on=on, override_reason="Chưa xếp người", now=NOW
        )

    assert series.exceptions == []
    assert days_of(series) == [day(1), day(8), day(15), day(22)]
    public.refresh_from_db()
    assert public.state == State.PUBLISHED
    assert Event.objects.get(series_on=day(15)).state == State.DRAFT


def test_a_date_does_not_come_back_where_something_else_is_held_now(cast: Cast) -> None:
    series = make(cast)
    leave_out(actor=cast.owner, series=series, on=day(8), now=NOW)
    make_trip(cast, visit(cast, 8, day=8), day=8)

    with pytest.raises(InvalidInput) as refusal:
        put_back(actor=cast.owner, series=series, on=day(8), now=NOW)
    assert refusal.value.kind == "undecided"
    put_back(actor=cast.owner, series=series, on=day(8), choice=Choice.NEXT, now=NOW)

    assert Event.objects.get(series=series, series_on=day(8)).starts_at == at(8, 9)


@pytest.mark.parametrize("count", [2, 0])
def test_only_dates_of_the_series_can_be_left_out(cast: Cast, count: int) -> None:
    series = make(cast)

    with pytest.raises(InvalidInput) as refusal:
        leave_out(actor=cast.owner, series=series, on=day(count), now=NOW)

    assert refusal.value.kind == "no_such_date"


def test_a_series_ends_and_what_comes_later_goes(cast: Cast) -> None:
    series = make(cast)
    publish(cast, series.events.all()[2:3])

    plan = preview_end(series, day(8), {}, now=NOW)
    assert (plan.removed, plan.cancelled) == (2, 1)
    ended = end_series(
        actor=cast.owner, series=series, ends_on=day(8), choices={}, why=storm(), now=NOW
    )

    assert ended.ends_on == day(8)
    assert days_of(series) == [day(1)]
    assert Event.objects.filter(state=State.CANCELLED).count() == 1


def test_a_date_after_the_end_may_stay_as_an_event_of_its_own(cast: Cast) -> None:
    series = make(cast)

    choices = {day(15).isoformat(): Choice.STAY}
    end_series(actor=cast.owner, series=series, ends_on=day(8), choices=choices, now=NOW)

    alone = Event.objects.get(series=None)
    assert (alone.starts_at, alone.series_on) == (at(8, 15), None)


def test_a_series_that_ends_with_its_start_has_no_date_left(cast: Cast) -> None:
    series = make(cast)

    end_series(actor=cast.owner, series=series, ends_on=day(0), choices={}, now=NOW)

    assert days_of(series) == []
    assert not Trip.objects.exists()


def test_what_is_past_stays_when_a_series_ends(cast: Cast) -> None:
    series = make(cast)
    now = clock.at(day(9), NOW.timetz().replace(tzinfo=None))

    with pytest.raises(InvalidInput):
        end_series(actor=cast.owner, series=series, ends_on=day(8), choices={}, now=now)
    end_series(actor=cast.owner, series=series, ends_on=day(9), choices={}, now=now)

    assert days_of(series) == [day(1), day(8)]


def test_a_series_does_not_end_later_than_it_does(cast: Cast) -> None:
    series = make(cast, ends_on=day(15))

    with pytest.raises(Conflict) as refusal:
        end_series(actor=cast.owner, series=series, ends_on=day(22), choices={}, now=NOW)

    assert refusal.value.kind == "ended_already"


def test_a_series_that_was_split_ends_in_both_parts_alone(cast: Cast) -> None:

    series = make(cast)
    later = change(cast, series, Scope.FOLLOWING, on=day(15), arrives=time(9))

    end_series(actor=cast.owner, series=later, ends_on=day(22), choices={}, now=NOW)

    assert days_of(series) == [day(1), day(8)]
    assert days_of(later) == [day(15)]


def test_only_who_schedules_for_the_library_leaves_out_and_ends(cast: Cast) -> None:
    series = make(cast)

    for person in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            leave_out(actor=person, series=series, on=day(8), now=NOW)
        with pytest.raises(NotAllowed):
            put_back(actor=person, series=series, on=day(8), now=NOW)
        with pytest.raises(NotAllowed):
            end_series(actor=person, series=series, ends_on=day(8), choices={}, now=NOW)
