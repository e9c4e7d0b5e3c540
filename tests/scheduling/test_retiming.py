"""What moves along when one stop of a trip moves; pure values, no database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.scheduling.retiming import (
    BASE,
    Follow,
    Road,
    Slot,
    Timeline,
    depart,
    faults,
    neighbours,
    put,
    reorder,
)

HANOI = timezone(timedelta(hours=7))
MINUTE = timedelta(minutes=1)


def at(hour: float, day: int = 0) -> datetime:
    return datetime(2027, 3, 1 + day, tzinfo=HANOI) + timedelta(hours=hour)


def stop(key: str, hour: float, hours: float = 1, day: int = 0) -> Slot:
    return Slot(key, at(hour, day), at(hour + hours, day), place=key)


LUNCH = Slot("lunch", at(11.5), at(12.5))
NIGHT = Slot("night", at(17), at(6.5, 1), place="guest house", is_night=True)
ONE_DAY = Timeline(at(7), at(17), (stop("a", 8), stop("b", 10), LUNCH, stop("c", 13.5)))
TWO_DAYS = Timeline(
    at(7), at(16, 1), (stop("a", 8), stop("b", 10), NIGHT, stop("c", 8, day=1), stop("d", 10, 1, 1))
)


def road(minutes: int | None = 30, spare_min: int = 10) -> Road:
    return Road(lambda _here, _there: minutes, spare_min, HANOI)


def starts(timeline: Timeline) -> dict[str, datetime]:
    return {slot.key: slot.starts_at for slot in timeline.slots}


class TestAlong:
    def test_those_after_a_moved_stop_and_the_return_move_by_the_same_time(self) -> None:
        later = put(ONE_DAY, "b", at(10.5), at(11.5), road())
        assert starts(later) == {"a": at(8), "b": at(10.5), "lunch": at(12), "c": at(14)}
        assert (later.departs_at, later.returns_at) == (at(7), at(17.5))

    def test_they_move_by_what_a_stretched_stop_became_longer(self) -> None:
        longer = put(ONE_DAY, "a", at(8), at(9.25), road())
        assert starts(longer)["b"] == at(10.25)
        assert (longer.departs_at, longer.returns_at) == (at(7), at(17.25))

    @pytest.mark.parametrize("follow", Follow)
    @pytest.mark.parametrize("hour", [7.25, 9])
    def test_the_departure_comes_before_the_first_stop_and_stays(
        self, follow: Follow, hour: float
    ) -> None:
        moved = put(ONE_DAY, "a", at(hour), at(hour + 1), road(), follow)
        assert moved.departs_at == ONE_DAY.departs_at

    def test_another_departure_moves_the_first_day(self) -> None:
        later = depart(TWO_DAYS, at(7.5), road())
        assert starts(later) == starts(TWO_DAYS) | {"a": at(8.5), "b": at(10.5)}
        assert later.returns_at == TWO_DAYS.returns_at


class TestNeeded:
    def test_those_after_it_move_only_as_far_as_the_way_and_the_spare_minutes_want(self) -> None:
        later = put(ONE_DAY, "a", at(9), at(10), road(), Follow.NEEDED)
        assert starts(later)["b"] == at(10) + 40 * MINUTE
        assert starts(later)["lunch"] == at(11) + 40 * MINUTE
        assert starts(later)["c"] == at(13.5)
        assert later.returns_at == at(17)

    def test_one_that_is_just_in_time_stays(self) -> None:
        just = put(ONE_DAY, "a", at(8), at(10) - 40 * MINUTE, road(), Follow.NEEDED)
        assert starts(just)["b"] == at(10)
        late = put(ONE_DAY, "a", at(8), at(10) - 39 * MINUTE, road(), Follow.NEEDED)
        assert starts(late)["b"] == at(10) + MINUTE

    def test_driving_may_come_before_and_after_a_pause_on_the_way(self) -> None:
        days = Timeline(at(7), at(17), (stop("b", 10), LUNCH, stop("c", 12 + 2 / 3)))
        # From 11:00 on: 40 minutes of way and an hour of lunch are over at 12:40.
        assert put(days, "b", at(10), at(11), road(), Follow.NEEDED) == days
        late = put(days, "b", at(10), at(11) + MINUTE, road(), Follow.NEEDED)
        assert starts(late)["c"] == at(12) + 41 * MINUTE

    def test_where_nobody_knows_the_way_they_only_do_not_overlap(self) -> None:
        later = put(ONE_DAY, "a", at(9), at(10.25), road(None), Follow.NEEDED)
        assert starts(later)["b"] == at(10.25)

    def test_nothing_comes_earlier(self) -> None:
        earlier = put(ONE_DAY, "b", at(9.75), at(10.5), road(), Follow.NEEDED)
        assert starts(earlier) == starts(ONE_DAY) | {"b": at(9.75)}

    def test_the_return_is_late_enough_for_the_way_home(self) -> None:
        late = put(ONE_DAY, "c", at(15.5), at(16.5), road(), Follow.NEEDED)
        assert late.returns_at == at(16.5) + 40 * MINUTE


class TestStay:
    def test_nothing_else_moves_and_what_runs_into_each_other_is_named(self) -> None:
        moved = put(ONE_DAY, "a", at(9.5), at(10.5), road(), Follow.STAY)
        assert starts(moved) == starts(ONE_DAY) | {"a": at(9.5)}
        assert (moved.departs_at, moved.returns_at) == (at(7), at(17))
        assert faults(moved) == [("a", "b")]

    def test_departure_and_return_are_neighbours_too(self) -> None:
        early = put(ONE_DAY, "a", at(6.5), at(7.5), road(), Follow.STAY)
        late = put(ONE_DAY, "c", at(16.5), at(17.5), road(), Follow.STAY)
        assert (faults(early), faults(late)) == ([("departure", "a")], [("c", "return")])


class TestDays:
    def test_the_night_and_the_next_day_stay(self) -> None:
        later = put(TWO_DAYS, "a", at(8.5), at(9.5), road())
        assert starts(later) == starts(TWO_DAYS) | {"a": at(8.5), "b": at(10.5)}
        assert later.returns_at == at(16, 1)

    def test_the_return_goes_with_the_last_day(self) -> None:
        later = put(TWO_DAYS, "c", at(9, 1), at(10, 1), road())
        assert starts(later)["d"] == at(11, 1)
        assert later.returns_at == at(17, 1)
        assert later.departs_at == at(7)

    def test_a_night_that_ends_later_moves_the_morning_after_it(self) -> None:
        later = put(TWO_DAYS, "night", at(17), at(7, 1), road())
        assert starts(later)["c"] == at(8.5, 1)
        assert starts(later)["b"] == at(10)

    def test_without_a_night_the_date_parts_the_days(self) -> None:
        slots = tuple(slot for slot in TWO_DAYS.slots if not slot.is_night)
        later = put(Timeline(at(7), at(16, 1), slots), "a", at(8.5), at(9.5), road())
        assert starts(later)["c"] == at(8, 1)


class TestOrder:
    def test_two_that_change_places_keep_their_lengths_and_the_break_between_them(self) -> None:
        days = Timeline(at(7), at(17), (stop("a", 8, 2), stop("b", 11, 1), stop("c", 14)))
        swapped = reorder(days, ["b", "a", "c"], road())
        assert swapped.keys == ("b", "a", "c")
        assert starts(swapped) == {"b": at(8), "a": at(10), "c": at(14)}
        assert faults(swapped) == []

    def test_the_new_ways_get_the_time_they_need(self) -> None:
        ways = {("b", "a"): 100, ("a", "c"): 20, (BASE, "b"): 20, ("a", BASE): 20}
        far = Road(lambda here, there: ways.get((here, there)), 10, HANOI)
        days = Timeline(at(7), at(17), (stop("a", 8), stop("b", 10), stop("c", 12)))
        swapped = reorder(days, ["b", "a", "c"], far)
        assert starts(swapped)["a"] == at(9) + 110 * MINUTE
        assert starts(swapped)["c"] == at(12) + 50 * MINUTE

    @pytest.mark.parametrize("keys", [["a"], ["a", "b", "night", "d", "x"], []])
    def test_other_slots_are_refused(self, keys: list[str]) -> None:
        with pytest.raises(ValueError, match="not the slots"):
            reorder(TWO_DAYS, keys, road())

    def test_nothing_changes_its_day_and_a_night_keeps_its_place(self) -> None:
        with pytest.raises(ValueError, match="within one day"):
            reorder(TWO_DAYS, ["c", "b", "night", "a", "d"], road())
        with pytest.raises(ValueError, match="night"):
            reorder(TWO_DAYS, ["a", "night", "b", "c", "d"], road())
        assert neighbours(TWO_DAYS, "b", road()) == ("a", None)
        assert neighbours(TWO_DAYS, "c", road()) == (None, "d")
        assert neighbours(TWO_DAYS, "night", road()) == (None, None)


def test_what_would_end_before_it_starts_or_is_not_there_is_refused() -> None:
    with pytest.raises(ValueError, match="end before"):
        put(ONE_DAY, "a", at(9), at(9), road())
    with pytest.raises(KeyError):
        put(ONE_DAY, "x", at(9), at(10), road())


# --- Whatever is done ----------------------------------------------------------------------------


@st.composite
def timelines(draw: st.DrawFn) -> Timeline:
    """Return a trip of one to three days with up to four things a day and nights between them."""
    slots: list[Slot] = []
    days = draw(st.integers(1, 3))
    cursor = at(7)
    for day in range(days):
        cursor = max(cursor, at(7, day))
        for number in range(draw(st.integers(1, 4))):
            cursor += draw(st.integers(0, 60)) * MINUTE
            end = cursor + draw(st.integers(15, 90)) * MINUTE
            place = draw(st.sampled_from(["", f"{day}.{number}"]))
            slots.append(Slot(f"{day}.{number}", cursor, end, place))
            cursor = end
        if day + 1 < days:
            slots.append(Slot(f"night {day}", at(20, day), at(6, day + 1), "inn", is_night=True))
    return Timeline(at(7), cursor + 30 * MINUTE, tuple(slots))


@given(
    timelines(),
    st.data(),
    st.sampled_from(Follow),
    st.integers(-180, 180),
    st.integers(15, 200),
    st.integers(0, 60),
)
def test_lengths_order_nights_and_other_days_are_kept(
    timeline: Timeline, data: st.DataObject, follow: Follow, by: int, length: int, way: int
) -> None:
    key = data.draw(st.sampled_from(timeline.keys))
    old = timeline.slots[timeline.place_of(key)]
    starts_at = old.starts_at + by * MINUTE
    moved = put(timeline, key, starts_at, starts_at + length * MINUTE, road(way), follow)

    assert moved.keys == timeline.keys
    place = timeline.place_of(key)
    on = (old.ends_at if old.is_night else old.starts_at).date()
    for before, after in zip(timeline.slots, moved.slots, strict=True):
        assert after.ends_at > after.starts_at
        if before.key == key:
            continue
        assert after.length == before.length
        is_before = timeline.place_of(before.key) < place
        if is_before or before.is_night or before.starts_at.date() != on or follow is Follow.STAY:
            assert after == before
    followers = moved.slots[place + 1 :]
    same_day = [slot for slot in followers if not slot.is_night and slot.starts_at.date() == on]
    assert all(other.starts_at >= one.ends_at for one, other in pairwise(same_day))


@given(timelines(), st.data(), st.integers(0, 180), st.integers(0, 60))
def test_who_comes_later_pushes_the_others_far_enough(
    timeline: Timeline, data: st.DataObject, by: int, way: int
) -> None:
    place = data.draw(st.integers(0, len(timeline.slots) - 1))
    old = timeline.slots[place]
    if old.is_night:
        return
    late = old.moved(by * MINUTE)
    moved = put(timeline, old.key, late.starts_at, late.ends_at, road(way), Follow.NEEDED)
    for one, other in pairwise(moved.slots[place:]):
        if other.is_night:
            break
        assert other.starts_at >= one.ends_at
        if one.place and other.place and way:
            assert other.starts_at - one.ends_at >= (way + 10) * MINUTE


@given(timelines(), st.data(), st.sampled_from(Follow))
def test_changing_places_and_back_keeps_lengths_and_runs_forward(
    timeline: Timeline, data: st.DataObject, follow: Follow
) -> None:
    keys = list(timeline.keys)
    for _turn in range(data.draw(st.integers(1, 4))):
        key = data.draw(st.sampled_from(keys))
        _before, after = neighbours(timeline, key, road())
        if after is None:
            continue
        place = keys.index(key)
        keys[place], keys[place + 1] = keys[place + 1], keys[place]
        lengths = {slot.key: slot.length for slot in timeline.slots}
        timeline = reorder(timeline, keys, road(), follow)
        assert timeline.keys == tuple(keys)
        assert {slot.key: slot.length for slot in timeline.slots} == lengths
        one, other = timeline.slots[place], timeline.slots[place + 1]
        assert other.starts_at >= one.ends_at


def test_days_are_those_of_the_zone_and_not_of_greenwich() -> None:
    early = Timeline(
        at(5), at(12), (stop("a", 6), stop("b", 8))
    )  # 6 o'clock in Hanoi is the day before in Greenwich
    later = put(early, "a", at(6.5), at(7.5), road())
    assert starts(later)["b"] == at(8.5)
    greenwich = Road(lambda _here, _there: 30, 10, UTC)
    assert starts(put(early, "a", at(6.5), at(7.5), greenwich))["b"] == at(8)
