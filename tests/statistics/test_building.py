"""A library's monthly building figures: who may enter what, and what the database refuses."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime

import pytest
from django.db import IntegrityError, transaction

from outreach.accounts.models import User
from outreach.attendance.inputs import NOT_COLLECTED, Figure, counted, estimated
from outreach.attendance.models import How
from outreach.common import audit
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, StaleWrite
from outreach.statistics.models import BuildingFigures
from outreach.statistics.services import set_building_figures
from outreach.statistics.services.building import MOST_IN_A_MONTH
from tests.cast import Cast
from tests.statistics.makers import at

MARCH = date(2025, 3, 1)
NOW = at("2025-03-01", 0, 0)


def enter(
    cast: Cast,
    figures: Mapping[str, Figure],
    *,
    actor: User | None = None,
    month: date = MARCH,
    reason: str = "",
    now: datetime = NOW,
    expected_version: int | None = None,
) -> BuildingFigures:
    return set_building_figures(
        actor=actor or cast.owner,
        library=cast.library,
        month=month,
        figures=figures,
        reason=reason,
        now=now,
        expected_version=expected_version,
    )


def test_a_figure_that_is_not_named_was_not_collected_and_zero_was(cast: Cast) -> None:
    stored = enter(cast, {"reader_visits": counted(0), "items_lent": estimated(40)})
    stored.refresh_from_db()
    assert (stored.reader_visits, stored.reader_visits_how) == (0, How.COUNTED)
    assert (stored.items_lent, stored.items_lent_how) == (40, How.ESTIMATED)
    assert (stored.copies_added, stored.copies_added_how) == (None, How.NOT_COLLECTED)


@pytest.mark.parametrize("person", ["colleague", "officer", "stranger", "host"])
def test_only_the_librarys_coordinator_enters_its_figures(cast: Cast, person: str) -> None:
    with pytest.raises(NotAllowed):
        enter(cast, {}, actor=getattr(cast, person))
    assert not BuildingFigures.objects.exists()


@pytest.mark.parametrize(
    ("code", "figure", "refusal"),
    [
        ("reader_visits", counted(-1), "value_negative"),
        ("reader_visits", counted(MOST_IN_A_MONTH + 1), "value_too_large"),
        ("reader_visits", Figure(None, How.COUNTED), "value_missing"),
        ("reader_visits", Figure(5, How.NOT_COLLECTED), "value_not_collected"),
        ("reader_visits", Figure(5, "guessed"), "how_unknown"),
        ("people_served", counted(5), "figure_unknown"),
    ],
)
def test_a_figure_that_makes_no_sense_is_refused_by_name(
    cast: Cast, code: str, figure: Figure, refusal: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        enter(cast, {code: figure})
    assert (refused.value.kind, refused.value.field) == (refusal, code)
    assert not BuildingFigures.objects.exists()


def test_the_largest_figure_is_taken(cast: Cast) -> None:
    assert enter(cast, {"reader_visits": counted(MOST_IN_A_MONTH)}).pk


@pytest.mark.parametrize(
    ("month", "refusal"),
    [(date(2025, 3, 2), "month_not_first"), (date(2025, 4, 1), "month_not_begun")],
)
def test_a_month_that_cannot_be_entered_is_refused(cast: Cast, month: date, refusal: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        enter(cast, {}, month=month)
    assert (refused.value.kind, refused.value.field) == (refusal, "month")


def test_a_month_begins_by_the_librarys_clock(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        enter(cast, {}, now=at("2025-02-28", 23, 59))
    assert enter(cast, {}, now=at("2025-03-01", 0, 0)).pk


def test_a_correction_says_why_and_keeps_what_was_before(cast: Cast) -> None:
    stored = enter(cast, {"reader_visits": counted(10)})
    with pytest.raises(InvalidInput) as refused:
        enter(cast, {"reader_visits": counted(11)}, reason=" ")
    assert refused.value.field == "reason"
    enter(cast, {"reader_visits": counted(11)}, reason="đếm sót một ngày")
    newest = audit.trail(stored)[0]
    assert (newest["actor"], newest["reason"]) == (cast.owner, "đếm sót một ngày")
    assert newest["changes"] == [("reader_visits", 10, 11)]


def test_a_correction_of_an_older_version_changes_nothing(cast: Cast) -> None:
    stored = enter(cast, {"reader_visits": counted(10)}, expected_version=0)
    read = audit.version_of(stored)
    enter(cast, {"reader_visits": counted(11)}, reason="một", expected_version=read)
    with pytest.raises(StaleWrite):
        enter(cast, {"reader_visits": counted(12)}, reason="hai", expected_version=read)
    stored.refresh_from_db()
    assert stored.reader_visits == 11


def test_a_month_that_somebody_entered_meanwhile_is_told_apart(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def meanwhile(*_args: object, **_kwargs: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(audit, "save", meanwhile)
    with pytest.raises(Conflict) as refused:
        enter(cast, {})
    assert refused.value.kind == "entered_meanwhile"


@pytest.mark.parametrize(
    "columns",
    [
        {"month": date(2025, 3, 2)},
        {"reader_visits": 5},
        {"reader_visits_how": How.COUNTED},
        {"reader_visits": -1, "reader_visits_how": How.COUNTED},
    ],
)
def test_the_database_refuses_it_whoever_writes(cast: Cast, columns: dict[str, object]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        BuildingFigures.objects.bulk_create(
            [BuildingFigures(**{"library": cast.library, "month": MARCH, **columns})]
        )


def test_the_database_keeps_one_row_a_month(cast: Cast) -> None:
    enter(cast, {"reader_visits": NOT_COLLECTED})
    with pytest.raises(IntegrityError), transaction.atomic():
        BuildingFigures.objects.bulk_create([BuildingFigures(library=cast.library, month=MARCH)])


def test_each_reads_the_figures_of_their_own_libraries(cast: Cast) -> None:
    enter(cast, {})
    seen = {
        name: BuildingFigures.objects.visible_to(getattr(cast, name)).count()
        for name in ("owner", "colleague", "officer", "stranger", "host")
    }
    assert seen == {"owner": 1, "colleague": 1, "officer": 1, "stranger": 0, "host": 0}
