"""A badge says what was overridden and still stands; the record of it stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from outreach.common.errors import RuleBroken
from outreach.scheduling import board, services, undo
from outreach.scheduling.disruption import undo_disruption
from outreach.scheduling.models import RuleOverride, RuleSettings, Trip
from outreach.scheduling.services import CrewInput
from tests.cast import Cast
from tests.scheduling.desk import at, make_event, make_public_trip, storm, visit
from tests.scheduling.disruption.weather import NEXT_WEEK, NOW, strike

pytestmark = pytest.mark.django_db


def stretch(cast: Cast, trip: Trip, **changes: Any) -> Trip:
    """Let a trip last past midnight, with a reason but without a bed."""
    given: dict[str, Any] = {
        "vehicle": trip.vehicle,
        "departs_at": trip.departs_at,
        "returns_at": at(9, 1),
        "crew": cast.crew,
        "reason": "Đường xa",
        "override_reason": "Ngủ trên xe",
    }
    return services.change_trip(actor=cast.owner, trip=trip, **given | changes)


def badges(trip: Trip) -> list[str]:
    return [one.rule for one in board.trip_sheet(trip).overrides]


def test_undoing_a_stretch_takes_its_badge_away_and_keeps_the_record(cast: Cast) -> None:
    trip = make_public_trip(cast)
    was = undo.before(trip)
    longer = stretch(cast, trip)
    assert badges(longer) == ["night_missing"]
    note = undo.note(was, longer, actor=cast.owner, events_went_along=False)
    undo.take_back(note, actor=cast.owner)
    assert badges(trip) == []
    kept = RuleOverride.objects.get(trip=trip)
    assert (kept.rule, kept.reason, kept.actor) == ("night_missing", "Ngủ trên xe", cast.owner)
    assert kept.lapsed_at is not None


def test_what_has_lapsed_asks_again(cast: Cast) -> None:
    trip = make_public_trip(cast)
    stretch(cast, trip)
    stretch(cast, trip, returns_at=at(17), override_reason="")
    with pytest.raises(RuleBroken):
        stretch(cast, trip, override_reason="")
    stretch(cast, trip)
    assert badges(trip) == ["night_missing"]
    assert RuleOverride.objects.filter(trip=trip).count() == 2


def test_undoing_a_change_brings_back_what_was_overridden_before_it(cast: Cast) -> None:
    trip = stretch(cast, make_public_trip(cast))
    was = undo.before(trip)
    shorter = stretch(cast, trip, returns_at=at(17), override_reason="")
    assert badges(trip) == []
    undo.take_back(
        undo.note(was, shorter, actor=cast.owner, events_went_along=False), actor=cast.owner
    )
    assert badges(trip) == ["night_missing"]
    assert RuleOverride.objects.filter(trip=trip).count() == 1


def test_a_stop_called_off_and_restored_keeps_what_was_overridden_for_it(cast: Cast) -> None:
    trip = make_public_trip(
        cast, visit(cast, 8), visit(cast, 13, expected_classes=9), override_reason="Hai xe"
    )
    trip = services.publish_trip(actor=cast.owner, trip=trip)
    stop = trip.events.get(expected_classes=9)
    assert badges(trip) == ["too_many_classes"]
    services.cancel_event(actor=cast.owner, event=stop, why=storm())
    assert badges(trip) == []
    services.restore_event(actor=cast.owner, event=stop)
    assert badges(trip) == ["too_many_classes"]


def test_a_lone_event_that_moves_leaves_what_was_overridden_behind(cast: Cast) -> None:
    RuleSettings.objects.update_or_create(library=cast.library, defaults={"holidays": "VN"})
    event = make_event(cast, hour=8)
    services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=at(8, 61),
        ends_at=at(10, 61),
        reason="Lễ",
        override_reason="Hội xuân",
    )
    assert [one.rule for one in event.overrides.standing()] == ["public_holiday"]
    services.move_event(
        actor=cast.owner, event=event, starts_at=at(8, 3), ends_at=at(10, 3), reason="Lễ"
    )
    assert not event.overrides.standing().exists()


def test_a_disruption_and_its_undoing_leave_no_badge_of_what_is_not_so(cast: Cast) -> None:
    trip = stretch(cast, make_public_trip(cast))
    done = strike(cast, NEXT_WEEK, override_reason="Bão")
    [after] = [one.found.params["day"] for one in trip.overrides.standing()]
    assert after == "08/03/2027"
    undo_disruption(actor=cast.owner, disruption=done, now=NOW + timedelta(hours=1))
    [back] = [one.found.params["day"] for one in trip.overrides.standing()]
    assert back == "01/03/2027"
    assert trip.overrides.count() == 2


def test_a_crew_that_is_made_whole_needs_no_badge(cast: Cast) -> None:
    trip = make_public_trip(
        cast, crew=CrewInput(cast.operator, cast.crew.professionals[:1]), override_reason="Ít người"
    )
    services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=trip.vehicle,
        departs_at=trip.departs_at,
        returns_at=trip.returns_at,
        crew=cast.crew,
        reason="Đủ người",
    )
    assert badges(trip) == []
