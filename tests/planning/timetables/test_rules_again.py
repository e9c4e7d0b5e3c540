"""What the rules find against a stored draft is told each time its file is read."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from outreach.accounts.models import Library
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue, VenueAccess
from outreach.planning.timetables.plan import Plan
from outreach.scheduling.models import Event, RuleOverride, State, Trip
from outreach.scheduling.services import CrewInput, rules
from tests.cast import Cast
from tests.factories import ClosedDatesFactory, VehicleFactory, VenueFactory
from tests.planning.timetables.files import (
    MONDAY,
    NOW,
    as_csv,
    everything,
    later,
    load,
    preview,
    stop,
    what_changed,
)

pytestmark = pytest.mark.django_db

ROWS = as_csv(stop(organisation=""), later(organisation=""))


def rules_told(plan: Plan) -> list[tuple[int, str, str, int]]:
    """Return row, notice, rule and number of visits of what rules said."""
    return [
        (one.row, str(one.notice), one.params["rule"], one.params["count"])
        for one in plan.remarks
        if "rule" in one.params
    ]


def closed_hall(cast: Cast) -> None:
    """Store drafts of two rows; the hall of the first is then closed on two of its days."""
    load(ROWS, cast.library)
    ClosedDatesFactory.create(
        venue=Venue.objects.get(name="Village Hall"),
        starts_on=MONDAY + timedelta(days=7),
        ends_on=MONDAY + timedelta(days=15),
    )


def test_a_draft_that_breaks_a_rule_is_named_each_time(cast: Cast) -> None:
    closed_hall(cast)
    before = everything()
    for _time in range(2):
        plan = load(ROWS, cast.library)
        assert rules_told(plan) == [(2, "rule_stands_against", "venue_closed", 2)]
        assert plan.imported == {2, 3}
    assert what_changed(before, everything()) == {}


def test_strict_refuses_the_row_and_leaves_its_drafts(cast: Cast) -> None:
    closed_hall(cast)
    before = everything()

    plan = load(ROWS, cast.library, strict=True)

    assert rules_told(plan) == [(2, "rule_refuses", "venue_closed", 2)]
    assert plan.imported == {3}
    assert plan.refused == 1
    # The row is in the file, and its stops are not told to be missing from it.
    assert "not_in_file" not in {str(one.notice) for one in plan.remarks}
    assert what_changed(before, everything()) == {}


def test_the_series_of_a_refused_row_is_taken_by_no_other(cast: Cast) -> None:
    evening = stop(organisation="", arrival="17:00", departure="17:30")
    load(as_csv(stop(organisation="")), cast.library)
    ClosedDatesFactory.create(
        venue=Venue.objects.get(name="Village Hall"),
        starts_on=MONDAY,
        ends_on=MONDAY + timedelta(days=1),
    )
    stored = set(Event.objects.values_list("pk", "starts_at"))
    content = as_csv(
        stop(organisation=""), evening | {"start": "2026-11-30"}, later(organisation="")
    )

    plan = load(content, cast.library, strict=True)

    assert plan.imported == {3, 4}
    assert stored <= set(Event.objects.values_list("pk", "starts_at"))
    assert plan.counts()["series"] == {"new": 2, "changed": 0, "unchanged": 0}


def test_what_was_public_is_not_told_again(cast: Cast) -> None:
    closed_hall(cast)
    first = Event.objects.get(venue__name="Village Hall", series_on=MONDAY + timedelta(days=7))
    Event.objects.filter(pk=first.pk).update(state=State.PUBLISHED, published_at=NOW)
    assert rules_told(preview(ROWS, cast.library)) == [
        (2, "rule_stands_against", "venue_closed", 1)
    ]
    Event.objects.filter(venue=first.venue).update(state=State.PUBLISHED, published_at=NOW)
    plan = preview(ROWS, cast.library, strict=True)
    assert rules_told(plan) == []
    assert plan.imported == {2, 3}


def override(cast: Cast, *, with_trip: bool) -> None:
    """Override with a reason what stands against the two drafts in the closed hall."""
    closed = [MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)]
    for event in Event.objects.filter(venue__name="Village Hall", series_on__in=closed):
        if not with_trip:
            Event.objects.filter(pk=event.pk).update(trip=None)
            event.refresh_from_db()
        found = (
            rules.stored_trip_findings(event.trip)
            if event.trip is not None
            else rules.event_findings(event, CrewInput())
        )
        rules.record_overrides(
            [finding for finding in found if finding.rule == "venue_closed"],
            actor=cast.owner,
            reason="Đã hỏi nhà trường",
            now=NOW,
            trip=event.trip,
            event=None if event.trip else event,
        )


@pytest.mark.parametrize("with_trip", [True, False])
def test_what_was_overridden_with_a_reason_is_not_told_again(
    cast: Cast, *, with_trip: bool
) -> None:
    closed_hall(cast)
    override(cast, with_trip=with_trip)
    overridden = RuleOverride.objects.filter(rule="venue_closed")
    assert overridden.filter(trip=None).exists() is not with_trip
    assert rules_told(preview(ROWS, cast.library)) == []
    assert preview(ROWS, cast.library, strict=True).imported == {2, 3}
    RuleOverride.objects.update(lapsed_at=NOW)
    assert [told[2:] for told in rules_told(preview(ROWS, cast.library))] == [("venue_closed", 2)]


def test_a_draft_moved_by_hand_is_asked_about_where_it_is_now(cast: Cast) -> None:
    closed_hall(cast)
    for days in (7, 14):
        event = Event.objects.get(
            venue__name="Village Hall", series_on=MONDAY + timedelta(days=days)
        )
        Event.objects.filter(pk=event.pk).update(trip=None, venue=cast.second_venue)
    assert rules_told(preview(ROWS, cast.library)) == []


def test_the_vehicle_of_the_trip_is_asked_about(cast: Cast) -> None:
    load(ROWS, cast.library)
    VenueAccess.objects.create(venue=Venue.objects.get(name="School"), largest_vehicle_m=7.9)
    long = VehicleFactory.create(library=cast.library, length_m=8)
    trip = Trip.objects.order_by("departs_at")[0]
    Trip.objects.filter(pk=trip.pk).update(vehicle=long)
    assert rules_told(preview(ROWS, cast.library)) == [
        (3, "rule_stands_against", "vehicle_too_long", 1)
    ]


def test_asking_again_takes_no_more_queries_for_more_rows_and_weeks(cast: Cast) -> None:
    base = VenueFactory.create(library=cast.library)

    def asked(mobile: str, stops: int, weeks: int) -> int:
        rows = [
            stop(
                organisation="",
                mobile=mobile,
                stop=f"{mobile} {number}",
                address="",
                arrival=f"{8 + number:02}:00",
                departure=f"{8 + number:02}:20",
            )
            for number in range(stops)
        ]
        load(as_csv(*rows), cast.library, weeks=weeks)
        Vehicle.objects.update(base=base)
        library = Library.objects.get(pk=cast.library.pk)
        with CaptureQueriesContext(connection) as queries:
            assert preview(as_csv(*rows), library, weeks=weeks).changes_nothing
        return len(queries)

    assert asked("Van 1", 2, weeks=3) == asked("Van 2", 9, weeks=13)
