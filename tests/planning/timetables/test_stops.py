"""Reading one row: times, dates, points and words, as people write them."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.planning.timetables.sheet import Row
from outreach.planning.timetables.stops import Stop, read_date, read_stop, read_time
from tests.planning.timetables.files import stop


def read(**cells: str) -> tuple[Stop | None, list[str]]:
    """Return the stop of a row and the codes of what is said about it."""
    found, remarks = read_stop(Row(2, stop(**cells)))
    return found, [str(remark.notice) for remark in remarks]


def taken(**cells: str) -> Stop:
    """Return the stop of a row that is not refused."""
    found, _remarks = read(**cells)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("9:20", time(9, 20)),
        ("09:20", time(9, 20)),
        ("09:20:00", time(9, 20)),
        ("09:20:00Z", time(9, 20)),
        ("9.20", time(9, 20)),
        ("9h20", time(9, 20)),
        ("9h", time(9, 0)),
        ("9 giờ", time(9, 0)),
        ("9 giờ 30", time(9, 30)),
        ("9g30", time(9, 30)),
        ("1.30 pm", time(13, 30)),
        ("1:30 P.M.", time(13, 30)),
        ("9am", time(9, 0)),
        ("2 giờ chiều", time(14, 0)),
        ("8h sáng", time(8, 0)),
        ("12:15 am", time(0, 15)),
        ("12:15 pm", time(12, 15)),
        ("24:00", None),
        ("9", None),
        ("9:60", None),
        ("13:00 pm", None),
        ("0.395833", None),
        ("noon", None),
        ("10:00-10:30", None),
        ("", None),
    ],
)
def test_times_are_read_as_people_write_them(said: str, meant: time | None) -> None:
    assert read_time(said) == meant


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("2026-09-15", date(2026, 9, 15)),
        ("2026-09-15T00:00:00Z", date(2026, 9, 15)),
        ("2026-09-15 00:00:00", date(2026, 9, 15)),
        ("15/09/2026", date(2026, 9, 15)),
        ("5-9-2026", date(2026, 9, 5)),
        ("15.9.2026", date(2026, 9, 15)),
        ("31/02/2026", None),
        ("04/13/2026", None),
        ("1026-09-15", None),
        ("9999-12-31", None),
        ("15/09/26", None),
        ("46280", None),
        ("soon", None),
    ],
)
def test_dates_are_read_with_the_day_or_the_year_first(said: str, meant: date | None) -> None:
    assert read_date(said) == meant


@given(st.text(max_size=30), st.text(max_size=30), st.text(max_size=30), st.text(max_size=30))
def test_no_text_makes_reading_stumble(one: str, two: str, three: str, four: str) -> None:
    read_stop(Row(2, stop(arrival=one, start=two, frequency=three, geox=four, exceptions=one)))
    read_stop(Row(2, stop(day=one, end=two, stop=three, geoy=four)))


@pytest.mark.parametrize(
    ("said", "number"),
    [("Thursday", 3), ("thu", 3), ("Thứ năm", 3), ("thu 5", 3), ("T5", 3), ("CN", 6), ("", None)],
)
def test_weekdays_are_read_in_both_languages(said: str, number: int | None) -> None:
    assert taken(day=said).weekday == number


@pytest.mark.parametrize(
    ("lon", "lat", "point"),
    [
        ("104.9440", "19.2374", (19.2374, 104.944)),
        ("104,9440", "19,2374", (19.2374, 104.944)),
        ("-5.4e-05", "51.5", (51.5, -0.000054)),
        ("−1.1", "53.9", (53.9, -1.1)),
        ("0", "51.5", (51.5, 0.0)),
    ],
)
def test_points_are_read_in_every_notation(lon: str, lat: str, point: tuple[float, float]) -> None:
    assert taken(geox=lon, geoy=lat).point == point


@pytest.mark.parametrize(
    ("lon", "lat"),
    [("0", "0"), ("", "53.9"), ("181", "53.9"), ("1", "91"), ("512345", "212345"), ("nan", "1")],
)
def test_a_point_that_cannot_be_is_left_out_with_a_note(lon: str, lat: str) -> None:
    found, remarks = read(geox=lon, geoy=lat)
    assert found is not None
    assert found.point is None
    assert remarks == ["bad_point"]


def test_spaces_and_marks_that_nobody_sees_are_not_part_of_a_name() -> None:
    found = taken(stop=" \u200bSt John&#39;s\xa0 Close\n(west) ", community="\ufeffAshby\u200e")
    assert found.name == "St John's Close (west)"
    assert found.community == "Ashby"


def test_exceptions_are_a_list_however_it_is_separated() -> None:
    assert taken(exceptions="2026-12-28, 04/01/2027; 2026-11-30\n2026-12-28").exceptions == (
        date(2026, 11, 30),
        date(2026, 12, 28),
        date(2027, 1, 4),
    )
    assert taken(exceptions="2026-12-28 00:00:00").exceptions == (date(2026, 12, 28),)


def test_a_clock_of_twelve_hours_means_the_afternoon() -> None:
    found, remarks = read(arrival="1:30", departure="2:00")
    assert found is not None
    assert (found.arrives, found.departs) == (time(13, 30), time(14, 0))
    assert remarks == ["taken_as_afternoon", "taken_as_afternoon"]


def test_a_clock_of_twelve_hours_goes_on_into_the_evening() -> None:
    found = taken(arrival="5:45", departure="6:15")
    assert (found.arrives, found.departs) == (time(17, 45), time(18, 15))
    assert taken(arrival="11:30", departure="1:00").departs == time(13, 0)


def test_a_clock_of_twenty_four_hours_is_not_taken_for_one_of_twelve() -> None:
    assert read(arrival="01:30", departure="02:00")[1] == ["at_night"]
    assert read(arrival="14:00", departure="6:15")[1] == ["departure_not_after_arrival"]


@pytest.mark.parametrize(
    ("arrival", "is_night"), [("05:59", True), ("06:00", False), ("00:00", True)]
)
def test_night_ends_at_six(arrival: str, *, is_night: bool) -> None:
    assert ("at_night" in read(arrival=arrival, departure="23:59")[1]) is is_night


def test_a_refused_row_says_everything_that_is_wrong_and_no_mere_doubts() -> None:
    found, remarks = read(stop="", arrival="x", start="y", frequency="z", geox="", geoy="")
    assert found is None
    assert remarks == ["no_stop", "bad_time", "bad_date", "bad_frequency"]
