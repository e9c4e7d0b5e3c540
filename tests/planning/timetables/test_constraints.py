"""What must never be false of series and their visits, tried below the form."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from outreach.common.constraints import violated_constraint
from outreach.scheduling.models import Event, Series
from tests.cast import Cast
from tests.planning.timetables.files import MONDAY
from tests.scheduling.desk import make_event

pytestmark = pytest.mark.django_db


def series(cast: Cast, **changes: Any) -> Series:
    """Store a series without asking any form."""
    facts: dict[str, Any] = {
        "library": cast.library,
        "vehicle": cast.vehicle,
        "venue": cast.venue,
        "rule": "FREQ=WEEKLY",
        "arrives": time(10),
        "departs": time(11),
        "starts_on": MONDAY,
    }
    return Series.objects.create(**facts | changes)


@pytest.mark.parametrize(
    ("changes", "constraint"),
    [
        ({"departs": time(10)}, "series_departs_after_arrival"),
        ({"departs": time(9, 59)}, "series_departs_after_arrival"),
        ({"ends_on": MONDAY}, "series_ends_after_start"),
        ({"ends_on": MONDAY - timedelta(days=1)}, "series_ends_after_start"),
        ({"weekday": 7}, "series_on_a_weekday"),
    ],
)
def test_a_series_that_cannot_be_is_not_stored(
    cast: Cast, changes: dict[str, Any], constraint: str
) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        series(cast, **changes)
    assert violated_constraint(refusal.value) == constraint


@pytest.mark.parametrize(
    "changes",
    [
        {"departs": time(10, 1)},
        {"ends_on": MONDAY + timedelta(days=1)},
        {"weekday": 6},
        {"weekday": None, "vehicle": None},
    ],
)
def test_a_series_that_just_can_be_is_stored(cast: Cast, changes: dict[str, Any]) -> None:
    assert series(cast, **changes).pk


def test_a_date_of_a_series_is_one_event(cast: Cast) -> None:
    one = series(cast)
    first, second = make_event(cast), make_event(cast, day=1)
    Event.objects.filter(pk=first.pk).update(series=one, series_on=MONDAY)
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        Event.objects.filter(pk=second.pk).update(series=one, series_on=MONDAY)
    assert violated_constraint(refusal.value) == "event_once_in_series"
    Event.objects.filter(pk=second.pk).update(series=one, series_on=date(2026, 11, 30))
    assert one.events.count() == 2
