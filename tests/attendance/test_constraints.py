"""What the database itself refuses, below every form and service."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    ResultSheet,
    SheetActivity,
    SheetAudience,
)
from outreach.common.constraints import violated_constraint
from outreach.scheduling.models import Event
from tests.cast import Cast


def store(cast: Cast, event: Event, **fields: Any) -> ResultSheet:
    values: dict[str, Any] = {"state": "accepted", "version": 1, **fields}
    sheet = ResultSheet(event=event, library=cast.library, author=cast.owner, **values)
    ResultSheet.objects.bulk_create([sheet])
    return sheet


def refused(name: str, row: Any) -> None:
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        type(row).objects.bulk_create([row])
    assert violated_constraint(refusal.value) == name


def sheet(cast: Cast, event: Event, **fields: Any) -> ResultSheet:
    values: dict[str, Any] = {"state": "accepted", "version": 1, **fields}
    return ResultSheet(event=event, library=cast.library, author=cast.owner, **values)


def refused_twice(row: Any) -> None:
    """SQLite says only which columns were not unique, not by which constraint."""
    with pytest.raises(IntegrityError, match=r"(?i)unique"), transaction.atomic():
        type(row).objects.bulk_create([row])


@pytest.mark.parametrize("code", SHEET_MEASURES)
@pytest.mark.parametrize(
    ("value", "how"), [(None, "counted"), (None, "estimated"), (0, "not_collected")]
)
def test_a_figure_has_a_value_if_and_only_if_it_was_collected(
    cast: Cast, event: Event, code: str, value: int | None, how: str
) -> None:
    refused(f"sheet_{code}_how", sheet(cast, event, **{code: value, f"{code}_how": how}))


@pytest.mark.parametrize("code", SHEET_MEASURES)
def test_no_figure_is_negative(cast: Cast, event: Event, code: str) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        store(cast, event, **{code: -1, f"{code}_how": "counted"})


def test_an_event_has_one_accepted_sheet(cast: Cast, event: Event) -> None:
    store(cast, event)
    with pytest.raises(IntegrityError), transaction.atomic():
        store(cast, event, version=2)
    store(cast, event, version=2, state="superseded")


def test_a_version_is_there_once(cast: Cast, event: Event) -> None:
    store(cast, event)
    refused_twice(sheet(cast, event, state="superseded"))


def test_a_sheet_that_waits_says_why(cast: Cast, event: Event) -> None:
    refused("sheet_queue_reason_known", sheet(cast, event, state="queued"))


def test_a_sheet_ends_after_it_began(cast: Cast, event: Event) -> None:
    began, ended = event.starts_at, event.starts_at
    refused("sheet_ends_after_start", sheet(cast, event, started_at=began, ended_at=ended))
    store(cast, event, started_at=began, ended_at=ended + timedelta(minutes=1))


def test_an_audience_is_on_a_sheet_once_and_never_negative(cast: Cast, event: Event) -> None:
    stored = store(cast, event)
    row = {"sheet": stored, "audience_id": "adult", "people_how": "counted"}
    SheetAudience.objects.create(**row, people=3)
    refused_twice(SheetAudience(**row, people=4))
    refused(
        "sheet_audience_people_how",
        SheetAudience(sheet=stored, audience_id="primary", people=4),
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        SheetAudience.objects.create(
            sheet=stored, audience_id="primary", people=-1, people_how="counted"
        )


@pytest.mark.parametrize("code", ACTIVITY_MEASURES)
def test_an_output_has_a_value_if_and_only_if_it_was_collected(
    cast: Cast, event: Event, code: str
) -> None:
    part = event.activities.get(position=0)
    row = SheetActivity(sheet=store(cast, event), activity=part, **{f"{code}_how": "counted"})
    refused(f"sheet_activity_{code}_how", row)


def test_an_activity_is_on_a_sheet_once(cast: Cast, event: Event) -> None:
    part, stored = event.activities.get(position=0), store(cast, event)
    SheetActivity.objects.create(sheet=stored, activity=part)
    refused_twice(SheetActivity(sheet=stored, activity=part))
