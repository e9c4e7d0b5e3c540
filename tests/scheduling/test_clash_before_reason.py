"""That something is taken is said before a reason is asked for: no reason helps against it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.scheduling import services
from outreach.scheduling.clashes import Clash
from outreach.scheduling.retiming import put
from outreach.scheduling.services.retiming import timed
from tests.cast import Cast
from tests.scheduling.desk import at, make_event, make_public_trip, make_trip, visit
from tests.scheduling.test_rules_everywhere import Wanted, fill

pytestmark = pytest.mark.django_db

Change = Callable[[Cast], object]


def a_new_trip(cast: Cast) -> object:
    crowded = visit(cast, 8, expected_classes=9)
    return make_trip(cast, crowded)


def a_longer_trip(cast: Cast) -> object:
    trip = make_trip(cast, visit(cast, day=1), day=1, override_reason="")
    return services.change_trip(
        actor=cast.owner,
        trip=trip,
        vehicle=trip.vehicle,
        departs_at=at(-60, 1),
        returns_at=trip.returns_at,
        crew=cast.crew,
    )


def a_new_event(cast: Cast) -> object:
    wanted = visit(cast, expected_classes=9)
    return services.schedule_event(actor=cast.owner, library=cast.library, event=wanted)


def a_moved_event(cast: Cast) -> object:
    event = make_event(cast, hour=15, expected_classes=3)
    return services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=at(8.5),
        ends_at=at(9),
        venue=cast.venue,
        reason="",
    )


def other_times(cast: Cast) -> object:
    trip = make_trip(cast, visit(cast, 8, day=1, expected_classes=6), day=1)
    now = timed(trip)
    [slot] = now.timeline.slots
    event = make_event(cast, hour=11, day=1)
    services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=at(11, 1),
        ends_at=at(12, 1),
        venue=cast.venue,
        reason="",
    )
    later = put(now.timeline, slot.key, at(11, 1), at(11.5, 1), now.road)
    return services.retime_trip(actor=cast.owner, trip=trip, timeline=later)


@pytest.mark.parametrize(
    "change", [a_new_trip, a_longer_trip, a_new_event, a_moved_event, other_times]
)
def test_a_clash_is_told_though_a_rule_asks_for_a_reason_too(cast: Cast, change: Change) -> None:
    make_public_trip(cast, visit(cast, 8))
    with pytest.raises(Clash):
        change(cast)


def test_the_form_tells_of_the_clash_before_it_asks_for_a_reason(cast: Cast) -> None:
    make_public_trip(cast)
    answer = fill(Wanted(cast, [visit(cast, expected_classes=9)]))
    assert answer.status_code == 200
    said = str(answer.context["form"].errors)
    assert "is already taken" in said
    assert "override_reason" not in answer.context["form"].errors
