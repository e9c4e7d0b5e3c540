"""Real timetables of five services, where they are at hand."""

from __future__ import annotations

import csv
import warnings
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from dateutil.rrule import rrulestr

from outreach.accounts.models import Library
from outreach.planning.timetables.checks import Window, check
from outreach.planning.timetables.sheet import read
from outreach.scheduling.models import Event, Series
from tests.planning.timetables.files import MONDAY, everything, load, what_changed

FOLDER = Path(__file__).parents[4] / "shared" / "data" / "mobile_stops"
SERVICES = {
    "librariesni": (426, 2),
    "norfolk": (1269, 13),
    "west_dunbartonshire": (58, 1),
    "worcestershire": (210, 5),
    "york": (53, 0),
}
"""Rows, and how many of them are refused."""
AT_HAND = [name for name in SERVICES if (FOLDER / f"{name}.csv").exists()]
if len(AT_HAND) < len(SERVICES):
    missing = ", ".join(sorted(SERVICES.keys() - set(AT_HAND)))
    warnings.warn(f"Real timetables are left out: {missing} not in {FOLDER}", stacklevel=1)

UNTIL = MONDAY + timedelta(weeks=13)


def content_of(name: str) -> bytes:
    """Return a service's file."""
    return (FOLDER / f"{name}.csv").read_bytes()


def test_the_real_timetables_that_are_at_hand_are_known() -> None:
    assert set(AT_HAND) <= set(SERVICES)


def test_every_row_of_a_service_is_imported_or_refused_with_a_reason() -> None:
    for name in AT_HAND:
        _account_for(name)


def _account_for(name: str) -> None:
    sheet = read(content_of(name))
    checked = check(sheet, Window(MONDAY, UNTIL))
    rows, refused = SERVICES[name]
    accepted = {visiting.stop.row for visiting in checked.accepted}
    with_reason = {remark.row for remark in checked.remarks if remark.is_refusal}
    assert checked.rows == rows
    assert len(with_reason) == refused
    assert accepted | with_reason == {row.number for row in sheet.rows}
    assert not accepted & with_reason


def test_the_dates_of_every_row_are_those_of_dateutil() -> None:
    for name in AT_HAND:
        _compare_dates(name)


def _compare_dates(name: str) -> None:
    """Ask the cells themselves, for rows whose start is on the weekday they name."""
    lines = list(csv.DictReader((FOLDER / f"{name}.csv").open(encoding="utf-8-sig", newline="")))
    checked = check(read(content_of(name)), Window(MONDAY, UNTIL))
    compared = 0
    for visiting in checked.accepted:
        said = visiting.stop.said
        start = datetime.combine(date.fromisoformat(said["start"]), time.min)
        if f"{start:%A}" != said["day"].strip() and "BYDAY" not in said["frequency"]:
            continue
        end = said.get("end") or UNTIL.isoformat()
        rule = rrulestr(said["frequency"], dtstart=start)
        expected = rule.between(
            datetime.combine(MONDAY, time.min), datetime.combine(UNTIL, time.min), inc=True
        )
        days = [
            m.date() for m in expected if m.date() < UNTIL and m.date() <= date.fromisoformat(end)
        ]
        assert list(visiting.days) == days, said
        compared += 1
    assert compared >= len(lines) * 0.8


@pytest.mark.django_db
def test_a_service_is_stored_once_and_for_all() -> None:
    for name in AT_HAND:
        if SERVICES[name][0] < 100:
            _store_twice(name)


def _store_twice(name: str) -> None:
    plan = load(content_of(name))
    library = plan.libraries.new[0]
    assert Library.objects.get(pk=library.pk).time_zone == "Europe/London"
    assert Series.objects.filter(library=library).count() == len(plan.imported)
    assert Event.objects.filter(library=library).count() == len(plan.visits)
    before = everything()
    assert load(content_of(name)).changes_nothing
    assert what_changed(before, everything()) == {}
