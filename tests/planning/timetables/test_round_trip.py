"""Exporting what was imported, and importing it into an empty database again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from django.utils import translation

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.planning.models import Promise
from outreach.planning.timetables import exporting
from outreach.planning.timetables.columns import COLUMNS
from outreach.planning.timetables.sheet import read
from outreach.scheduling.models import Activity, Event, Series, Trip
from tests.planning.timetables.files import as_csv, everything, later, load, stop, what_changed

pytestmark = pytest.mark.django_db

ROWS = [
    stop(),
    later(stop="Sharpe’s Hall\n(rear)", frequency="every 2 weeks", day="thứ hai"),
    stop(mobile="Van 2", arrival="1:30", departure="2:00", geox="", geoy="", route="7;8"),
    stop(mobile="Van 2", stop='The "Old" Hall, west', address="St John&#39;s", day=""),
    stop(mobile="", start="23/11/2026", end="31/12/2026", exceptions="2026-11-30; 07/12/2026"),
    stop(mobile="Van 3", start="2026-11-20", geox="-1.1002", postcode="AB1 2CD"),
    stop(mobile="Van 4", frequency="freq=monthly;byday=1mo,3mo", timetable="", type=""),
    stop(mobile="Van 5", frequency="once", geox="-5e-05"),
    stop(mobile="Van 6", start="2020-01-06", end="2021-01-01", arrival="09:00:00Z"),
    stop(organisation="Southshire", stop="=1+1", community="@home"),
]


def exported() -> list[dict[str, str]]:
    """Return the rows of all series."""
    return list(exporting.rows_of(Series.objects.all()))


def as_a_set(rows: list[dict[str, str]] | list[Mapping[str, str]]) -> list[tuple[str, ...]]:
    """Return rows in an order of their own."""
    return sorted(tuple(row.get(column, "") for column in COLUMNS) for row in rows)


def visits() -> list[tuple[Any, ...]]:
    """Return what is planned, without keys."""
    names = (
        "library__name_vi",
        "trip__vehicle__name",
        "venue__name",
        "venue__lat",
        "starts_at",
        "ends_at",
        "trip__departs_at",
        "series_on",
        "shares_venue",
    )
    return sorted(Event.objects.values_list(*names), key=repr)


def forget_all() -> None:
    """Empty the tables that an import fills."""
    for model in (Activity, Event, Trip, Promise, Series, Venue, Vehicle, Library):
        model.objects.all().delete()
        if hasattr(model, "history"):
            model.history.model.objects.all().delete()


def test_every_cell_comes_back_as_it_was_written() -> None:
    plan = load(as_csv(*ROWS))
    assert plan.refused == 0
    assert as_a_set(exported()) == as_a_set(ROWS)


@pytest.mark.parametrize("form", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_an_export_gives_the_same_rows_and_visits_in_an_empty_database(
    form: str, language: str
) -> None:
    load(as_csv(*ROWS))
    rows, planned = exported(), visits()
    with translation.override(language):
        content = exporting.as_xlsx(rows) if form == "xlsx" else exporting.as_csv(rows).encode()
    forget_all()

    load(content)

    assert as_a_set(exported()) == as_a_set(rows)
    assert visits() == planned


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_importing_an_export_where_it_came_from_changes_nothing(form: str) -> None:
    load(as_csv(*ROWS))
    before, rows = everything(), exported()
    content = exporting.as_xlsx(rows) if form == "xlsx" else exporting.as_csv(rows).encode()
    assert load(content).changes_nothing
    assert what_changed(before, everything()) == {}


def test_an_export_says_what_people_changed_since() -> None:
    load(as_csv(stop(arrival="9:30", address="St John&#39;s")))
    venue = Venue.objects.get()
    venue.name, venue.address = "New Hall", "2 High Street"
    venue.save()
    row = exported()[0]
    assert (row["stop"], row["address"], row["arrival"]) == ("New Hall", "2 High Street", "9:30")


def test_an_export_of_nothing_has_the_headings() -> None:
    assert exporting.as_csv([]).strip() == ",".join(COLUMNS)
    assert read(exporting.as_xlsx([])).rows == []


def test_an_export_may_leave_out_what_has_ended() -> None:
    load(as_csv(*ROWS))
    today = clock.today()
    kept = list(exporting.rows_of(Series.objects.all(), on=today))
    assert len(kept) == len(ROWS) - 1
    assert "2021-01-01" not in {row["end"] for row in kept}
