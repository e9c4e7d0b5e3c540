"""Nothing is put into the past without a reason; what lies there is left in peace."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from outreach.common.errors import RuleBroken
from outreach.scheduling import board, services, undo
from outreach.scheduling.domain import Rule
from outreach.scheduling.models import Event, Trip
from outreach.scheduling.services.publishing import ManyRefused, publish_many
from tests.cast import Cast
from tests.scheduling.desk import at, make_event, make_public_trip, make_trip, storm, visit

pytestmark = pytest.mark.django_db

NOON = at(12)
"""Monday at noon: the trip of the cast is on the road."""


def broken(refusal: pytest.ExceptionInfo[RuleBroken]) -> list[str]:
    return [finding.rule for finding in refusal.value.findings]


@pytest.mark.parametrize(("now", "is_refused"), [(at(7), False), (at(7.02), True)])
def test_a_trip_may_depart_now_and_no_earlier(cast: Cast, now: datetime, is_refused: bool) -> None:
    if not is_refused:
        assert make_trip(cast, now=now).pk
        return
    with pytest.raises(RuleBroken) as refusal:
        make_trip(cast, now=now)
    # Once for the trip, not again for each of its stops.
    assert broken(refusal) == [Rule.IN_THE_PAST]


def test_yesterdays_unplanned_trip_is_recorded_with_a_reason_and_published_with_it(
    cast: Cast,
) -> None:
    trip = make_trip(cast, now=at(9, 1), override_reason="Chạy đột xuất hôm qua")
    services.publish_trip(actor=cast.owner, trip=trip, now=at(10, 1))
    assert [one.rule for one in board.trip_sheet(trip).overrides] == [Rule.IN_THE_PAST]


def test_a_public_trip_is_not_moved_into_the_past_without_a_reason(cast: Cast) -> None:
    trip = make_public_trip(cast, day=2)
    moving: dict[str, Any] = {
        "actor": cast.owner,
        "trip": trip,
        "departs_at": at(7, 1),
        "reason": "Nhầm ngày",
        "now": at(12, 1),
    }
    with pytest.raises(RuleBroken) as refusal:
        services.move_trip(**moving)
    assert broken(refusal) == [Rule.IN_THE_PAST]
    services.move_trip(**moving | {"override_reason": "Đã đi hôm qua"})


def test_what_is_left_where_it_was_is_not_asked_about(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8), visit(cast, 13))
    services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=at(18),
        crew=cast.crew,
        reason="Về muộn",
        now=NOON,
    )
    later = trip.events.get(starts_at=at(13))
    services.move_event(
        actor=cast.owner,
        event=later,
        starts_at=at(14),
        ends_at=at(16),
        reason="Mưa",
        now=NOON,
    )
    stop = services.cancel_event(actor=cast.owner, event=later, why=storm(), now=at(17))
    services.restore_event(actor=cast.owner, event=stop, now=at(20))


def test_a_stop_is_not_put_into_the_past_of_a_trip_on_the_road(cast: Cast) -> None:
    trip = make_public_trip(cast, visit(cast, 8, 1), visit(cast, 13))
    with pytest.raises(RuleBroken) as refusal:
        services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 10, 1), now=NOON)
    assert broken(refusal) == [Rule.IN_THE_PAST]
    with pytest.raises(RuleBroken) as refusal:
        services.move_event(
            actor=cast.owner,
            event=trip.events.get(starts_at=at(13)),
            starts_at=at(10),
            ends_at=at(11),
            reason="Mưa",
            now=NOON,
        )
    assert broken(refusal) == [Rule.IN_THE_PAST]


def test_a_draft_that_was_left_lying_is_not_published_afterwards_without_a_word(
    cast: Cast,
) -> None:
    trip, event = make_trip(cast), make_event(cast, hour=8)
    many: dict[str, Any] = {
        "actor": cast.owner,
        "library": cast.library,
        "trips": Trip.objects.all(),
        "events": Event.objects.all(),
        "now": NOON,
    }
    for publish in (
        lambda: services.publish_trip(actor=cast.owner, trip=trip, now=NOON),
        lambda: services.publish_event(actor=cast.owner, event=event, now=NOON),
    ):
        with pytest.raises(RuleBroken) as refusal:
            publish()
        assert broken(refusal) == [Rule.IN_THE_PAST]
    with pytest.raises(ManyRefused) as all_refused:
        publish_many(**many)
    assert broken(all_refused) == [Rule.IN_THE_PAST, Rule.IN_THE_PAST]
    publish_many(**many | {"override_reason": "Đã diễn ra"})


def test_a_move_is_undone_though_it_be_past_by_now(cast: Cast) -> None:
    event = make_event(cast, hour=8)
    was = undo.before(event)
    assert any(Rule.IN_THE_PAST in mark and "08:00" in mark for mark in was["stood"])


def test_who_asked_afterwards_is_not_told_of_days_of_notice(cast: Cast) -> None:
    wanted = visit(cast, venue=cast.second_venue, asked_on=at(0, 1).date())
    with pytest.raises(RuleBroken) as refusal:
        services.schedule_event(actor=cast.owner, library=cast.library, event=wanted, now=at(9, 1))
    assert broken(refusal) == [Rule.IN_THE_PAST]
