"""When a venue can be visited: hours of the week that do not overlap, and dates that are closed."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from outreach.common import audit
from outreach.common.errors import InvalidInput, NotAllowed, NotFound, StaleWrite
from outreach.places import services
from outreach.places.models import ClosedDates, OpeningWindow
from outreach.places.services import Closure, Hours
from outreach.places.venue_state import OpeningHours, state_of
from tests.cast import Cast
from tests.factories import OpeningWindowFactory

MORNING, AFTERNOON = Hours(0, time(7, 30), time(11)), Hours(0, time(13), time(16, 30))
FIRST, LAST = date(2027, 2, 1), date(2027, 2, 7)
DAY = timedelta(days=1)


def say(cast: Cast, *windows: Hours, **more: Any) -> None:
    """Say when the venue can be visited."""
    more.setdefault("actor", cast.owner)
    services.set_opening_windows(venue=cast.venue, windows=windows, **more)


def stored(cast: Cast) -> list[Hours]:
    """Return the venue's hours."""
    rows = cast.venue.opening_windows.values_list("weekday", "opens", "closes")
    return [Hours(*row) for row in rows]


def test_several_hours_of_a_day_are_kept_and_one_may_begin_when_another_ends(cast: Cast) -> None:
    noon = Hours(0, time(11), time(13))
    say(cast, AFTERNOON, noon, MORNING)
    assert stored(cast) == [MORNING, noon, AFTERNOON]


@pytest.mark.parametrize(
    "more",
    [
        Hours(0, time(10, 59), time(12)),
        Hours(0, time(7), time(7, 31)),
        Hours(0, time(8), time(9)),
        Hours(0, time(7), time(12)),
        MORNING,
    ],
)
def test_hours_of_a_day_that_overlap_are_refused_by_name(cast: Cast, more: Hours) -> None:
    with pytest.raises(InvalidInput) as refusal:
        say(cast, MORNING, more)
    assert refusal.value.kind == "windows_overlap"
    assert "07:30–11:00" in refusal.value.message
    assert stored(cast) == []
    say(cast, MORNING, more._replace(weekday=1))


@pytest.mark.parametrize("closes", [time(7, 30), time(7)])
def test_hours_that_end_before_they_begin_are_refused(cast: Cast, closes: time) -> None:
    with pytest.raises(InvalidInput):
        say(cast, Hours(0, time(7, 30), closes))


def test_a_day_that_is_none_is_refused(cast: Cast) -> None:
    with pytest.raises(ValidationError):
        say(cast, Hours(7, time(7), time(8)))


def test_what_stays_is_left_alone_and_what_goes_leaves_a_trace(cast: Cast) -> None:
    say(cast, MORNING, AFTERNOON)
    kept = OpeningWindow.objects.get(opens=MORNING.opens)
    say(cast, MORNING, reason="Chiều họp")
    assert list(OpeningWindow.objects.all()) == [kept]
    last = OpeningWindow.history.first()
    assert (last.history_type, last.history_change_reason) == ("-", "Chiều họp")
    assert (last.opens, last.history_user) == (AFTERNOON.opens, cast.owner)


def test_hours_somebody_else_changed_are_not_written_over(cast: Cast) -> None:
    seen = audit.version_of(OpeningHours(cast.venue))
    say(cast, MORNING, expected_version=seen)
    with pytest.raises(StaleWrite):
        say(cast, AFTERNOON, expected_version=seen)
    say(cast, expected_version=audit.version_of(OpeningHours(cast.venue)))
    assert stored(cast) == []


def test_only_who_keeps_the_places_says_when_they_are_open(cast: Cast) -> None:
    for user in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            say(cast, MORNING, actor=user)
        with pytest.raises(NotAllowed):
            close(cast, actor=user)
    assert stored(cast) == []


def close(cast: Cast, first: date = FIRST, last: date = LAST, **more: Any) -> ClosedDates:
    """Note that the venue is closed from the first to the last day."""
    more.setdefault("actor", cast.owner)
    return services.add_closed_dates(
        venue=cast.venue, starts_on=first, ends_on=last + DAY, why="Tết", **more
    )


def test_a_venue_is_closed_from_the_first_to_the_last_day(cast: Cast) -> None:
    closed = close(cast)
    assert closed.last_on == LAST
    for day, found in ((FIRST - DAY, 0), (FIRST, 1), (LAST, 1), (LAST + DAY, 0)):
        assert cast.venue.closed_dates.on(day).count() == found


def test_closed_dates_that_meet_others_are_refused_and_neighbours_are_not(cast: Cast) -> None:
    close(cast)
    for first, last in ((FIRST, FIRST), (LAST, LAST + DAY), (FIRST - DAY, LAST + DAY)):
        with pytest.raises(ValidationError):
            close(cast, first, last)
    close(cast, LAST + DAY, LAST + DAY)
    with pytest.raises(ValidationError):
        close(cast, LAST + 9 * DAY, LAST + 8 * DAY)


def test_closed_dates_are_corrected_and_removed_with_a_trace(cast: Cast) -> None:
    closed = close(cast)
    seen = audit.version_of(closed)
    change: dict[str, Any] = {"actor": cast.owner, "closed": closed}
    change |= {"starts_on": FIRST, "ends_on": LAST}
    services.change_closed_dates(**change, why="Hội làng", expected_version=seen)
    with pytest.raises(StaleWrite):
        services.change_closed_dates(**change, expected_version=seen)
    services.remove_closed_dates(actor=cast.owner, closed=closed, reason="Nhầm")
    assert not ClosedDates.objects.exists()
    assert ClosedDates.history.first().history_change_reason == "Nhầm"
    with pytest.raises(NotFound):
        services.remove_closed_dates(actor=cast.owner, closed=closed)


def test_all_closed_dates_are_replaced_at_once(cast: Cast) -> None:
    kept = close(cast)
    close(cast, LAST + 9 * DAY, LAST + 10 * DAY)
    wanted = [Closure(FIRST, LAST + DAY, "Tết"), Closure(LAST + DAY, LAST + 3 * DAY)]
    services.set_closed_dates(actor=cast.owner, venue=cast.venue, closed=wanted)
    rows = list(cast.venue.closed_dates.all())
    assert [(row.starts_on, row.ends_on) for row in rows] == [one[:2] for one in wanted]
    assert rows[0] == kept
    with pytest.raises(ValidationError):
        services.set_closed_dates(actor=cast.owner, venue=cast.venue, closed=wanted[:1] * 2)
    assert cast.venue.closed_dates.count() == 2


def test_every_change_of_what_is_kept_makes_a_new_state(cast: Cast) -> None:
    states = [state_of(cast.venue)]
    say(cast, MORNING)
    states.append(state_of(cast.venue))
    close(cast)
    states.append(state_of(cast.venue))
    say(cast)
    states.append(state_of(cast.venue))
    services.change_access(actor=cast.owner, venue=cast.venue, slope="flat")
    states.append(state_of(cast.venue))
    assert states == sorted(set(states))
    OpeningWindowFactory.create(venue=cast.second_venue)
    assert state_of(cast.venue) == states[-1]
