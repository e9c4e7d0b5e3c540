"""Who waits for a promised visit, and since when."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import uuid4

import pytest
from pytest_django import DjangoAssertNumQueries

from outreach.attendance.inputs import SheetInput
from outreach.attendance.services import log_sheet
from outreach.planning.models import OwedVisit
from outreach.planning.selectors import VisitOwed, narrowed, visits_owed
from outreach.scheduling.services import cancel_event
from tests.cast import Cast
from tests.factories import VenueFactory
from tests.planning.promises import promise
from tests.scheduling.desk import MONDAY, activity, at, make_public_trip, make_trip, storm, visit

FOUR_WEEKS = timedelta(weeks=4)
TODAY = MONDAY + timedelta(days=10)


def owed(cast: Cast, today: date = TODAY) -> list[VisitOwed]:
    return visits_owed([cast.library.pk], today)


def one(cast: Cast, today: date = TODAY) -> VisitOwed:
    [only] = owed(cast, today)
    return only


def test_a_visit_is_due_one_cycle_after_the_last_one(cast: Cast) -> None:
    promise(cast, starts_on=MONDAY - FOUR_WEEKS)
    make_public_trip(cast)
    waiting = one(cast)
    assert (waiting.last_on, waiting.due_on) == (MONDAY, MONDAY + FOUR_WEEKS)


@pytest.mark.parametrize(
    ("days", "overdue", "is_late"), [(-1, -1, False), (0, 0, False), (1, 1, True)]
)
def test_it_is_late_from_the_day_after(cast: Cast, days: int, overdue: int, is_late: bool) -> None:
    promise(cast)
    make_public_trip(cast)
    waiting = one(cast, MONDAY + FOUR_WEEKS + timedelta(days=days))
    assert (waiting.overdue_days, waiting.is_late) == (overdue, is_late)


def test_where_nobody_has_been_the_first_cycle_runs_from_the_promise(cast: Cast) -> None:
    promise(cast)
    assert (one(cast).last_on, one(cast).due_on) == (None, MONDAY + FOUR_WEEKS)


def test_nothing_is_owed_before_the_promise_began(cast: Cast) -> None:
    make_public_trip(cast)
    starts_on = MONDAY + 2 * FOUR_WEEKS
    promise(cast, starts_on=starts_on)
    assert owed(cast, starts_on - timedelta(days=1)) == []
    assert one(cast, starts_on).due_on == starts_on + FOUR_WEEKS


def test_a_promise_that_ended_is_not_owed(cast: Cast) -> None:
    promise(cast, ends_on=TODAY)
    assert len(owed(cast, TODAY - timedelta(days=1))) == 1
    assert owed(cast, TODAY) == []


def test_a_draft_does_not_count_as_a_visit(cast: Cast) -> None:
    promise(cast)
    make_trip(cast)
    assert one(cast).last_on is None


def test_a_cancelled_event_does_not_count_as_a_visit(cast: Cast) -> None:
    promise(cast)
    event = make_public_trip(cast).events.get()
    cancel_event(actor=cast.owner, event=event, why=storm())
    assert one(cast).last_on is None


def test_an_exhibition_does_not_count_as_a_visit(cast: Cast) -> None:
    promise(cast)
    make_public_trip(cast, visit(cast, activities=(activity("exhibition"),)))
    assert one(cast).last_on is None


@pytest.mark.parametrize(
    ("outcome", "counts"), [("held", True), ("partly", True), ("not_held", False)]
)
def test_a_visit_reported_as_not_held_does_not_count(
    cast: Cast, outcome: str, counts: bool
) -> None:
    promise(cast)
    event = make_public_trip(cast).events.get()
    sheet = SheetInput(figures={}, outcome=outcome, note="The road was closed")
    log_sheet(actor=cast.colleague, event=event, sheet=sheet, uid=uuid4(), now=at(20))
    assert (one(cast).last_on is not None) is counts


def test_the_next_visit_is_the_first_that_stands_from_today_on(cast: Cast) -> None:
    promise(cast)
    make_public_trip(cast)
    called_off = make_public_trip(cast, day=14).events.get()
    cancel_event(actor=cast.owner, event=called_off, why=storm())
    draft = make_trip(cast, day=15).events.get()
    make_trip(cast, day=16)
    assert one(cast).next_event == draft


def test_todays_visit_is_planned_until_the_day_is_over(cast: Cast) -> None:
    promise(cast)
    event = make_public_trip(cast).events.get()
    assert (one(cast, MONDAY).last_on, one(cast, MONDAY).next_event) == (None, event)
    tomorrow = one(cast, MONDAY + timedelta(days=1))
    assert (tomorrow.last_on, tomorrow.next_event) == (MONDAY, None)


def test_a_next_visit_after_the_promised_day_is_told_apart(cast: Cast) -> None:
    promise(cast, every_weeks=1)
    make_trip(cast, day=14)
    assert one(cast).comes_late
    make_trip(cast, day=7 + 3)
    assert one(cast, MONDAY + timedelta(days=7)).comes_late


def test_the_longest_overdue_comes_first(cast: Cast) -> None:
    promise(cast, every_weeks=4)
    promise(cast, venue=cast.second_venue, every_weeks=1)
    assert [row.venue for row in owed(cast)] == [cast.second_venue, cast.venue]


def test_other_libraries_are_left_out(cast: Cast) -> None:
    promise(cast, actor=cast.stranger, venue=cast.foreign_venue)
    assert owed(cast) == []


def test_the_list_is_found_by_names_without_marks_and_by_commune(cast: Cast) -> None:
    promise(cast)
    rows = owed(cast)
    assert narrowed(rows, text="nha VAN hoa") == rows
    assert narrowed(rows, text="muong thu") == rows
    assert narrowed(rows, text="elsewhere") == []
    assert narrowed(rows, late=True) == []
    assert narrowed(rows, unplanned=True) == rows


def test_ten_more_venues_cost_no_more_queries(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number, venue in enumerate(VenueFactory.create_batch(10, library=cast.library)):
        promise(cast, venue=venue)
        make_trip(cast, visit(cast, venue=venue, day=14 + number), day=14 + number)
    with django_assert_num_queries(2):
        rows = owed(cast)
        assert all(row.venue.library.name and row.venue.commune and row.next_event for row in rows)
    assert len(rows) == 10


@pytest.mark.parametrize(
    ("day", "weeks_after"), [(27, 4), (28, 4), (29, 29 / 7 + 4)], ids=["before", "on", "after"]
)
def test_a_visit_is_not_due_before_the_day_it_was_to_be(
    cast: Cast, day: int, weeks_after: float
) -> None:
    promise(cast)
    [event] = make_public_trip(cast, visit(cast, day=day), day=day).events.all()
    cancel_event(actor=cast.owner, event=event, why=storm())
    assert OwedVisit.objects.get(event=event).due_on == MONDAY + timedelta(weeks=weeks_after)
