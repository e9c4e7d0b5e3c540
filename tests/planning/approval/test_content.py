"""What a plan holds, and what is found to differ from it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from outreach.planning import approval
from outreach.planning.models import Season
from outreach.scheduling import services
from outreach.scheduling.models import ActivityKind
from tests.cast import Cast
from tests.planning.approval.plans import make_season
from tests.scheduling.desk import at, make_event, make_trip, storm, visit


def uids(season: Season) -> list[str]:
    return [row["uid"] for row in approval.content_of(season)]


def test_a_row_says_when_where_what_with_what_and_who(cast: Cast, season: Season) -> None:
    make_trip(cast, visit(cast, title="Đọc sách ở bản"))
    row = approval.content_of(season)[0]
    assert (row["on"], row["starts"], row["ends"]) == ("2027-03-01", "08:00", "10:00")
    assert (row["venue"], row["commune"]) == (cast.venue.name, cast.commune.full_name)
    assert (row["title"], row["vehicle"]) == ("Đọc sách ở bản", cast.vehicle.name)
    assert [kind["code"] for kind in row["kinds"]] == ["mobile_service"]
    assert row["crew"][0] == {"name": cast.operator.full_name, "role": "operator"}
    assert len(row["crew"]) == 3


def test_the_first_and_the_last_moment_of_a_season_belong_to_it(cast: Cast) -> None:
    season = make_season(cast, starts_on=date(2027, 3, 2), ends_on=date(2027, 3, 3))
    make_event(cast, hour=22, hours=1.9, day=0)
    first = make_event(cast, hour=0, hours=1, day=1)
    last = make_event(cast, hour=23, hours=2, day=1)
    make_event(cast, hour=3, hours=1, day=2)
    assert uids(season) == [first.uid, last.uid]


def test_what_was_called_off_is_not_in_the_plan(cast: Cast, season: Season) -> None:
    trip = make_trip(cast)
    services.cancel_trip(actor=cast.owner, trip=trip, why=storm())
    assert uids(season) == []


def test_the_checksum_rests_on_what_is_said_and_not_on_how_keys_are_ordered(
    cast: Cast, season: Season
) -> None:
    make_trip(cast)
    content = approval.content_of(season)
    turned = [dict(reversed(list(row.items()))) for row in content]
    assert approval.checksum_of(turned) == approval.checksum_of(content)  # type: ignore[arg-type]
    changed = [{**row, "title": "Khác"} for row in content]
    assert approval.checksum_of(changed) != approval.checksum_of(content)  # type: ignore[arg-type]


def test_added_dropped_moved_and_changed_are_told_apart(cast: Cast, season: Season) -> None:
    moved, dropped, renamed = (make_event(cast, day=day) for day in (0, 1, 2))
    planned = approval.content_of(season)
    services.move_event(
        actor=cast.owner, event=moved, starts_at=at(14), ends_at=at(16), reason="Mưa"
    )
    services.cancel_event(actor=cast.owner, event=dropped, why=storm())
    services.change_event(
        actor=cast.owner,
        event=renamed,
        title="Tên mới",
        note="",
        activities=[
            services.ActivityInput(one.kind) for one in renamed.activities.select_related("kind")
        ],
    )
    added = make_event(cast, day=3)
    found = approval.differences(planned, approval.content_of(season))
    assert {(one.line.row["uid"], one.kind, one.what) for one in found} == {
        (moved.uid, "moved", ("moved",)),
        (dropped.uid, "dropped", ()),
        (renamed.uid, "changed", ("title",)),
        (added.uid, "added", ()),
    }


def test_what_moved_out_of_the_season_is_dropped_from_it(cast: Cast, season: Season) -> None:
    event = make_event(cast)
    planned = approval.content_of(season)
    start = at(8) + timedelta(days=40)
    services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=start,
        ends_at=start + timedelta(hours=2),
        reason="Lũ",
    )
    found = approval.differences(planned, approval.content_of(season))
    assert [one.kind for one in found] == ["dropped"]


def test_another_vehicle_is_a_change_of_the_plan(cast: Cast, season: Season) -> None:
    make_trip(cast)
    planned = approval.content_of(season)
    cast.vehicle.name = "Xe khác"
    cast.vehicle.save()
    found = approval.differences(planned, approval.content_of(season))
    assert [one.what for one in found] == [("vehicle",)]


def test_a_kind_of_activity_that_is_renamed_changes_no_plan(cast: Cast, season: Season) -> None:
    make_trip(cast)
    planned = approval.content_of(season)
    ActivityKind.objects.filter(pk="mobile_service").update(name_vi="Xe sách")
    assert approval.differences(planned, approval.content_of(season)) == []


@pytest.mark.parametrize("trips", [1, 5])
def test_a_plan_is_read_in_as_many_queries_however_long_it_is(
    cast: Cast, season: Season, trips: int, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for day in range(trips):
        make_trip(cast, day=day)
    make_event(cast, day=6)
    with django_assert_num_queries(6):
        approval.content_of(season)
