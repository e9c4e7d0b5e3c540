"""Every notice: the row that gets it, and the row beside it that just does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, time, timedelta

import pytest
from django.utils import translation

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import Unavailability
from outreach.places.models import Venue
from outreach.planning.models import Promise
from outreach.planning.timetables.notices import MESSAGES, REFUSALS, Notice, Remark
from outreach.planning.timetables.plan import Plan
from outreach.scheduling.models import Event, Series
from tests.factories import ClosedDatesFactory, CommuneFactory, VehicleFactory, VenueFactory
from tests.planning.timetables.files import (
    MONDAY,
    as_csv,
    later,
    load,
    preview,
    stop,
)

pytestmark = pytest.mark.django_db

Rows = list[dict[str, str]]


@dataclass(frozen=True)
class OfRows:
    """A notice about rows, told by the file alone.

    Attributes:
        notice: what is told.
        rows: of a file that gets it; the notice is about the last one.
        beside: rows of a file that does not.
    """

    notice: Notice
    rows: Rows
    beside: Rows


LONG = {
    "organisation": 200,
    "mobile": 100,
    "route": 160,
    "community": 120,
    "stop": 160,
    "address": 240,
    "postcode": 20,
    "type": 80,
    "timetable": 500,
}
BY_FILE = [
    OfRows(Notice.NO_STOP, [stop(stop=" ")], [stop(stop=".")]),
    OfRows(Notice.NO_TIME, [stop(arrival="")], [stop()]),
    OfRows(Notice.NO_TIME, [stop(departure="")], [stop()]),
    OfRows(Notice.BAD_TIME, [stop(departure="24:00")], [stop(departure="23:59")]),
    OfRows(Notice.REVERSED, [stop(departure="10:00")], [stop(departure="10:01")]),
    OfRows(Notice.REVERSED, [stop(departure="09:59")], [stop(departure="10:01")]),
    OfRows(Notice.BAD_DATE, [stop(start="2026-02-29")], [stop(start="2024-02-29")]),
    OfRows(Notice.BAD_DATE, [stop(end="soon")], [stop(end="")]),
    OfRows(Notice.BAD_DATE, [stop(exceptions="25 Dec")], [stop(exceptions="25/12/2026")]),
    OfRows(Notice.NO_START, [stop(start="")], [stop()]),
    OfRows(Notice.ENDS_FIRST, [stop(end="2026-11-22")], [stop(end="2026-11-23")]),
    OfRows(Notice.BAD_RULE, [stop(frequency="FREQ=HOURLY")], [stop(frequency="FREQ=DAILY")]),
    OfRows(Notice.BAD_DAY, [stop(day="Moonday")], [stop(day="Monday")]),
    *(
        OfRows(
            Notice.TOO_LONG,
            [stop(**{column: "x" * (most + 1)})],
            [stop(**{column: "x" * most})],
        )
        for column, most in LONG.items()
    ),
    OfRows(Notice.TOO_LONG, [stop(frequency="F" * 201)], [stop(frequency="")]),
    OfRows(Notice.REPEATED, [stop(), stop()], [stop(), later()]),
    OfRows(
        Notice.OVERLAPS,
        [stop(), later(arrival="10:29", departure="11:00")],
        [stop(), later(arrival="10:31", departure="11:00")],
    ),
    OfRows(
        Notice.OVERLAPS,
        [stop(), later(arrival="09:00", departure="10:01")],
        [stop(), later(mobile="Van 2", arrival="09:00", departure="10:01")],
    ),
    OfRows(  # on alternate weeks the same hours are free
        Notice.OVERLAPS,
        [
            stop(frequency="FREQ=WEEKLY;INTERVAL=2"),
            later(frequency="FREQ=WEEKLY;INTERVAL=3", arrival="10:00"),
        ],
        [
            stop(frequency="FREQ=WEEKLY;INTERVAL=2"),
            later(frequency="FREQ=WEEKLY;INTERVAL=2", start="2026-11-30", arrival="10:00"),
        ],
    ),
    OfRows(Notice.OFF_WEEKDAY, [stop(start="2026-11-22")], [stop(start="2026-11-23")]),
    OfRows(
        Notice.NOT_THAT_WEEKDAY,
        [stop(), later(day="Tuesday")],
        [stop(), later(day="Tuesday", start="2026-11-24")],
    ),
    OfRows(
        Notice.RULE_OFF_WEEKDAY,
        [stop(frequency="FREQ=WEEKLY;BYDAY=TU")],
        [stop(frequency="FREQ=WEEKLY;BYDAY=MO,TU")],
    ),
    OfRows(Notice.NO_POINT, [stop(geox="", geoy="")], [stop()]),
    OfRows(Notice.BAD_POINT, [stop(geox="200")], [stop(geox="-2")]),
    OfRows(
        Notice.FAR_POINT,
        [stop(), later(arrival="11:00", departure="12:00"), later(stop="Far", geoy="58.0")],
        [stop(), later(arrival="11:00", departure="12:00"), later(stop="Far", geoy="56.0")],
    ),
    OfRows(
        Notice.AFTERNOON,
        [stop(arrival="1:30", departure="2:00")],
        [stop(arrival="6:30", departure="07:00")],
    ),
    OfRows(Notice.AT_NIGHT, [stop(arrival="05:59")], [stop(arrival="06:00")]),
    OfRows(
        Notice.NO_DRIVING_TIME,
        [stop(), later(arrival="10:30", departure="11:00")],
        [stop(), later(arrival="10:31", departure="11:00")],
    ),
    OfRows(  # the same place once more is no drive
        Notice.NO_DRIVING_TIME,
        [stop(), later(arrival="10:30", departure="11:00")],
        [stop(), stop(arrival="10:30", departure="11:00")],
    ),
    OfRows(
        Notice.ENDED,
        [stop(start="2020-01-06", end="2026-11-22")],
        [stop(start="2020-01-06", end="2026-11-23")],
    ),
    OfRows(Notice.NO_DATES, [stop(start="2027-02-22")], [stop(start="2027-02-15")]),
    OfRows(Notice.UNNAMED_VEHICLE, [stop(mobile="")], [stop(mobile="-")]),
    OfRows(
        Notice.SHARED_VENUE,
        [stop(), stop(mobile="Van 2")],
        [stop(), stop(mobile="Van 2", arrival="10:30", departure="11:00")],
    ),
    OfRows(
        Notice.CLOCKS_CHANGE,
        [stop(day="Sunday", start="2026-11-29", arrival="01:30", departure="02:15")],
        [stop(day="Sunday", start="2026-11-29", arrival="02:00", departure="02:15")],
    ),
]


@pytest.mark.parametrize("case", BY_FILE, ids=lambda case: f"{case.notice}")
def test_a_row_gets_its_notice_and_the_one_beside_it_does_not(case: OfRows) -> None:
    weeks = 20 if case.notice is Notice.CLOCKS_CHANGE else 13
    about = _of_last_row(preview(as_csv(*case.rows), weeks=weeks), case.rows)
    beside = _of_last_row(preview(as_csv(*case.beside), weeks=weeks), case.beside)

    assert case.notice in about
    assert case.notice not in beside


@pytest.mark.parametrize("case", BY_FILE, ids=lambda case: f"{case.notice}")
def test_every_row_is_imported_or_refused_with_a_reason(case: OfRows) -> None:
    for rows in (case.rows, case.beside):
        plan = preview(as_csv(*rows))
        refused = {remark.row for remark in plan.remarks if remark.is_refusal}
        assert plan.rows == len(rows)
        assert plan.imported | refused == set(range(2, len(rows) + 2))
        assert not plan.imported & refused


def _of_last_row(plan: Plan, rows: Rows) -> list[Notice]:
    return [remark.notice for remark in plan.remarks if remark.row == len(rows) + 1]


# --- Told by what is stored --------------------------------------------------------------------


def at(hour: int, minute: int = 0) -> datetime:
    """Return a time on the Monday in the library's zone."""
    zone = Library.objects.get(name_vi="Northshire").zone
    return clock.at(MONDAY, time(hour, minute), zone)


def stored() -> Event:
    """Import a stop, and return its first visit."""
    load(as_csv(stop()))
    return Event.objects.order_by("starts_at")[0]


def vehicle_busy(*, beside: bool) -> Plan:
    event = stored()
    event.series = event.series_on = None
    event.save()
    Series.objects.all().delete()
    hour = "10:30" if beside else "10:29"
    return preview(as_csv(later(arrival=hour)))


def vehicle_off(*, beside: bool) -> Plan:
    trip = stored().trip
    assert trip is not None
    start = at(15 if beside else 14)
    Unavailability.objects.create(
        vehicle=trip.vehicle, starts_at=start, ends_at=start + timedelta(hours=1), reason="MOT"
    )
    return preview(as_csv(stop(), later()))


def venue_busy(*, beside: bool) -> Plan:
    event = stored()
    Event.objects.exclude(pk=event.pk).delete()
    event.trip = event.series = event.series_on = None
    event.save()
    arrival, departure = ("10:30", "11:00") if beside else ("10:29", "11:00")
    return preview(as_csv(stop(mobile="Van 2", arrival=arrival, departure=departure)))


def published_stays(*, beside: bool) -> Plan:
    event = stored()
    Event.objects.filter(pk=event.pk).update(state="published", published_at=event.starts_at)
    return preview(as_csv(stop() if beside else stop(departure="10:45")))


def promise_stays(*, beside: bool) -> Plan:
    stored()
    promise = Promise.objects.get()
    promise.every_weeks = 4
    if not beside:
        promise.save()
    return preview(as_csv(stop()))


def guessed_letters(*, beside: bool) -> Plan:
    return preview(as_csv(stop(stop="Café")).decode().encode("utf-8" if beside else "cp1252"))


def unknown_columns(*, beside: bool) -> Plan:
    columns = [*stop(), "x2" if not beside else ""]
    return preview(as_csv(stop(), columns=columns))


def no_units(*, beside: bool) -> Plan:
    if beside:
        CommuneFactory.create(lat=53.9, lon=-1.1)
    return preview(as_csv(stop()))


def other_name(*, beside: bool) -> Plan:
    load(as_csv(stop()))
    library = Library.objects.get(name_vi="Northshire")
    return preview(as_csv(stop(organisation="" if beside else "Southshire")), library)


def other_library(*, beside: bool) -> Plan:
    load(as_csv(stop(), stop(organisation="Southshire")))
    library = Library.objects.get(name_vi="Northshire")
    return preview(as_csv(stop(organisation="Northshire" if beside else "Southshire")), library)


def other_zone(*, beside: bool) -> Plan:
    library = VenueFactory.create().library
    name = library.name_vi
    if beside:
        library.time_zone = "Europe/Dublin"
        library.save()
    return preview(as_csv(stop(organisation=name)))


def no_zone(*, beside: bool) -> Plan:
    point = {} if beside else {"geox": "", "geoy": ""}
    return preview(as_csv(stop(**point)))


def not_in_file(*, beside: bool) -> Plan:
    load(as_csv(stop(), later()))
    return preview(as_csv(stop(), later()) if beside else as_csv(stop()))


def closed_once(*, beside: bool, strict: bool = False) -> Plan:
    """Have one of the visits fall on a day on which the venue is closed, or on the day before."""
    load(as_csv(stop()), weeks=1)
    closed_on = MONDAY + timedelta(days=15 if beside else 14)
    ClosedDatesFactory.create(
        venue=Venue.objects.get(), starts_on=closed_on, ends_on=closed_on + timedelta(days=1)
    )
    return preview(as_csv(stop()), strict=strict)


def by_name_alone(*, beside: bool) -> Plan:
    venue = VenueFactory.create(name="Village Hall", locality="Ashby", lat=53.9, lon=-1.1)
    said = "Ashby" if beside else ""
    return preview(as_csv(stop(community=said, address="", geox="", geoy="")), venue.library)


def namesakes(*, beside: bool) -> Plan:
    venue = VenueFactory.create(name="Village Hall", locality="Ashby", lat=53.9, lon=-1.1)
    VenueFactory.create(name="Village Hall", locality="Bexley", library=venue.library)
    said = "Ashby" if beside else ""
    return preview(as_csv(stop(community=said, address="", geox="", geoy="")), venue.library)


def rule_refuses(*, beside: bool) -> Plan:
    return closed_once(beside=beside, strict=True)


def tight_ways(*, beside: bool) -> Plan:
    return preview(as_csv(stop(), later(arrival="14:00" if beside else "10:40")))


BY_STORE = {
    Notice.NAME_ALONE: by_name_alone,
    Notice.NAMESAKES: namesakes,
    Notice.RULE: closed_once,
    Notice.RULE_REFUSES: rule_refuses,
    Notice.TIGHT_WAYS: tight_ways,
    Notice.VEHICLE_BUSY: vehicle_busy,
    Notice.VEHICLE_OFF: vehicle_off,
    Notice.VENUE_BUSY: venue_busy,
    Notice.PUBLISHED_STAYS: published_stays,
    Notice.PROMISE_STAYS: promise_stays,
    Notice.GUESSED_LETTERS: guessed_letters,
    Notice.UNKNOWN_COLUMNS: unknown_columns,
    Notice.NO_UNITS: no_units,
    Notice.OTHER_NAME: other_name,
    Notice.OTHER_LIBRARY: other_library,
    Notice.OTHER_ZONE: other_zone,
    Notice.NO_ZONE: no_zone,
    Notice.NOT_IN_FILE: not_in_file,
}


@pytest.mark.parametrize(("notice", "make"), BY_STORE.items(), ids=[str(one) for one in BY_STORE])
def test_what_is_stored_gives_its_notice(notice: Notice, make: Callable[..., Plan]) -> None:
    assert notice in {remark.notice for remark in make(beside=False).remarks}


@pytest.mark.parametrize(("notice", "make"), BY_STORE.items(), ids=[str(one) for one in BY_STORE])
def test_what_is_stored_beside_it_does_not(notice: Notice, make: Callable[..., Plan]) -> None:
    assert notice not in {remark.notice for remark in make(beside=True).remarks}


def test_every_notice_is_given_by_some_case() -> None:
    assert {case.notice for case in BY_FILE} | set(BY_STORE) == set(Notice)
    assert set(MESSAGES) == set(Notice)
    assert set(Notice) >= REFUSALS


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("case", BY_FILE, ids=lambda case: f"{case.notice}")
def test_what_is_told_is_a_whole_sentence_and_can_be_kept(case: OfRows, language: str) -> None:
    with translation.override(language):
        for remark in preview(as_csv(*case.rows), weeks=20).remarks:
            assert "%(" not in remark.message
            assert Remark.from_json(remark.as_json()) == remark


def test_a_vehicle_of_a_garage_is_told_apart_from_one_on_the_road() -> None:
    """Two vehicles of other libraries may have the name of this one's."""
    VehicleFactory.create(name="Van 1")
    assert preview(as_csv(stop())).vehicles.counts() == {"new": 1, "changed": 0, "unchanged": 0}
