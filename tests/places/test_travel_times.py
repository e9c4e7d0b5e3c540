"""What people typed about ways: which word counts on which day, and that no two contradict."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoAssertNumQueries

from outreach.common import audit
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleWrite
from outreach.places import services
from outreach.places.models import TravelTime, Venue
from outreach.places.travel import TypedTimes, typed
from tests.cast import Cast
from tests.factories import TravelTimeFactory, VenueFactory

DRY, LAST_DRY, FIRST_WET = date(2026, 6, 15), date(2026, 8, 31), date(2026, 9, 1)
LAST_WET, FIRST_DRY = date(2026, 11, 30), date(2026, 12, 1)
RAINS = frozenset({9, 10, 11})


def minutes(origin: Venue | None, destination: Venue, day: date) -> int | None:
    """Return what was typed about a way on a day."""
    time = typed(origin, destination, day)
    return None if time is None else time.minutes


def known(cast: Cast, minutes: int, **fields: Any) -> TravelTime:
    """Store what a way between the cast's venues takes."""
    fields.setdefault("destination", cast.venue)
    row: TravelTime = TravelTimeFactory.create(minutes=minutes, **fields)
    return row


def test_nothing_is_known_of_a_way_nobody_typed(cast: Cast) -> None:
    known(cast, 60, destination=cast.second_venue, origin=VenueFactory.create())
    assert minutes(cast.second_venue, cast.venue, DRY) is None
    assert minutes(None, cast.venue, DRY) is None


@pytest.mark.parametrize(
    ("day", "expected"),
    [(LAST_DRY, 60), (FIRST_WET, 120), (LAST_WET, 120), (FIRST_DRY, 60)],
)
def test_a_time_for_single_months_counts_from_the_first_to_the_last_day_of_them(
    cast: Cast, day: date, expected: int
) -> None:
    known(cast, 60, origin=cast.second_venue)
    known(cast, 120, origin=cast.second_venue, months=RAINS)
    assert minutes(cast.second_venue, cast.venue, day) == expected


def test_a_time_for_single_months_says_nothing_of_the_others(cast: Cast) -> None:
    known(cast, 120, origin=cast.second_venue, months=RAINS)
    assert minutes(cast.second_venue, cast.venue, LAST_DRY) is None
    assert minutes(cast.second_venue, cast.venue, FIRST_WET) == 120


def test_months_may_go_over_the_turn_of_the_year(cast: Cast) -> None:
    known(cast, 120, months=frozenset({12, 1}))
    days = (date(2026, 11, 30), date(2026, 12, 31), date(2027, 1, 1), date(2027, 2, 1))
    assert [minutes(None, cast.venue, day) for day in days] == [None, 120, 120, None]


def test_the_way_back_takes_as_long_only_where_somebody_says_so(cast: Cast) -> None:
    row = known(cast, 60, origin=cast.second_venue)
    assert minutes(cast.venue, cast.second_venue, DRY) == 60
    TravelTime.objects.filter(pk=row.pk).update(both_ways=False)
    assert minutes(cast.venue, cast.second_venue, DRY) is None


def test_the_direction_that_was_typed_counts_before_the_other(cast: Cast) -> None:
    known(cast, 60, origin=cast.second_venue)
    known(cast, 45, origin=cast.venue, destination=cast.second_venue, both_ways=False)
    assert minutes(cast.second_venue, cast.venue, DRY) == 60
    assert minutes(cast.venue, cast.second_venue, DRY) == 45


def test_the_season_of_the_other_direction_counts_before_all_year(cast: Cast) -> None:
    known(cast, 60, origin=cast.second_venue)
    known(cast, 120, origin=cast.venue, destination=cast.second_venue, months=RAINS)
    assert minutes(cast.second_venue, cast.venue, LAST_DRY) == 60
    assert minutes(cast.second_venue, cast.venue, FIRST_WET) == 120


def test_the_way_itself_counts_before_from_anywhere(cast: Cast) -> None:
    elsewhere = VenueFactory.create(library=cast.library)
    known(cast, 200, months=RAINS)
    known(cast, 150)
    known(cast, 60, origin=cast.second_venue)
    assert minutes(cast.second_venue, cast.venue, FIRST_WET) == 60
    assert minutes(elsewhere, cast.venue, FIRST_WET) == 200
    assert minutes(elsewhere, cast.venue, FIRST_DRY) == 150
    assert minutes(None, cast.venue, FIRST_WET) == 200


def test_from_anywhere_and_back_holds_for_the_way_home_only(cast: Cast) -> None:
    row = known(cast, 150)
    base = cast.second_venue

    def home() -> int | None:
        time = TypedTimes([cast.venue, base]).home(cast.venue, base, DRY)
        return None if time is None else time.minutes

    assert minutes(cast.venue, base, DRY) is None
    assert home() == 150
    TravelTime.objects.filter(pk=row.pk).update(both_ways=False)
    assert home() is None
    known(cast, 90, origin=base)
    assert home() == 90


def test_who_stays_where_they_are_needs_no_time(cast: Cast) -> None:
    known(cast, 150)
    assert typed(cast.venue, cast.venue, DRY) is None


def test_many_ways_take_one_query(
    cast: Cast, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    venues = [cast.venue, cast.second_venue, *VenueFactory.create_batch(6, library=cast.library)]
    for one in venues[1:]:
        known(cast, 30, origin=one)
    with django_assert_num_queries(1):
        times = TypedTimes([*venues, None])
        found = [times.on(a, b, DRY) for a in venues for b in venues if a != b]
    assert sum(one is not None for one in found) == 14


# --- Keeping them ------------------------------------------------------------------------------


def add(cast: Cast, **fields: Any) -> TravelTime:
    """Type what the way to the venue takes."""
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "destination": cast.venue,
        "minutes": 60,
    } | fields
    return services.add_travel_time(**wanted)


def test_a_travel_time_is_kept_by_the_library_of_its_venues(cast: Cast) -> None:
    time = add(cast, origin=cast.second_venue, months=RAINS, km=12.5, reason="Lái xe")
    assert (time.library, time.months, time.km) == (cast.library, RAINS, 12.5)
    assert time.history.get().history_change_reason == "Lái xe"
    with pytest.raises(InvalidInput):
        add(cast, origin=cast.foreign_venue)
    for user in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            add(cast, actor=user)


@pytest.mark.parametrize("ends", ["anywhere", "leg"])
def test_no_two_times_hold_on_one_way_in_one_month(cast: Cast, ends: str) -> None:
    way = {} if ends == "anywhere" else {"origin": cast.second_venue}
    add(cast, **way)
    add(cast, months=RAINS, **way)
    add(cast, months=frozenset({12, 1}), **way)
    for months in (frozenset[int](), RAINS, frozenset({8, 9}), frozenset({1, 2})):
        with pytest.raises(Conflict) as refusal:
            add(cast, months=months, **way)
        assert (refusal.value.kind, refusal.value.field) == ("travel_time_exists", "months")
    add(cast, months=frozenset({2, 8}), **way)
    assert TravelTime.objects.count() == 4


def test_the_other_direction_is_refused_only_where_both_hold_both_ways(cast: Cast) -> None:
    add(cast, origin=cast.second_venue)
    back = {"origin": cast.venue, "destination": cast.second_venue}
    with pytest.raises(Conflict):
        add(cast, **back)
    add(cast, both_ways=False, **back)


def test_a_change_may_not_meet_another_either(cast: Cast) -> None:
    add(cast, months=RAINS)
    other = add(cast)
    with pytest.raises(Conflict):
        services.change_travel_time(actor=cast.owner, time=other, months=frozenset({9}))
    services.change_travel_time(actor=cast.owner, time=other, months=frozenset({8}), minutes=70)
    other.refresh_from_db()
    assert (other.minutes, other.months) == (70, frozenset({8}))


def test_a_time_somebody_else_changed_is_not_written_over(cast: Cast) -> None:
    time = add(cast)
    seen = audit.version_of(time)
    change: dict[str, Any] = {"actor": cast.owner, "time": time, "expected_version": seen}
    services.change_travel_time(**change, minutes=70)
    with pytest.raises(StaleWrite):
        services.change_travel_time(**change, minutes=80)
    services.remove_travel_time(actor=cast.owner, time=time)
    with pytest.raises(NotFound):
        services.change_travel_time(**change, minutes=90)
    with pytest.raises(NotFound):
        services.remove_travel_time(actor=cast.owner, time=time)


@pytest.mark.parametrize(
    "wrong", [{"minutes": 0}, {"minutes": 1441}, {"km": -1}, {"km": 1001}, {"months": {0}}]
)
def test_a_time_out_of_range_is_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        add(cast, **wrong)


def test_a_way_from_a_venue_to_itself_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        add(cast, origin=cast.venue)
