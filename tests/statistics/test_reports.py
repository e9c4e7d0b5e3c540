"""The report of an evaluation year: what is in it, once, and what is missing from it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import pytest
from django.core.management import call_command
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import Library
from outreach.attendance.inputs import Figure, counted, estimated
from outreach.scheduling.models import Event
from outreach.statistics import services
from outreach.statistics.domain import Value
from outreach.statistics.models import BuildingFigures
from outreach.statistics.reports import Parts, Review, union_review, years_with_figures
from outreach.statistics.services import set_building_figures
from tests.cast import Cast
from tests.statistics.makers import at, held

AFTER = at("2026-01-15")


def review(cast: Cast, now: datetime = AFTER, year: int = 2025) -> Review:
    return union_review(year, [cast.library, cast.other_library], now=now)


def total(cast: Cast, key: str, **options: Any) -> Parts:
    services.rebuild()
    return review(cast, **options).line(key).total


def amounts(parts: Parts) -> tuple[int | None, int | None, int | None]:
    return (
        parts.events.shown if parts.events else None,
        parts.building.shown if parts.building else None,
        parts.together.shown,
    )


def enter(cast: Cast, month: date, library: Library | None = None, **figures: Figure | int) -> None:
    of = library or cast.library
    actor = cast.owner if of == cast.library else cast.stranger
    values = {
        code: counted(figure) if isinstance(figure, int) else figure
        for code, figure in figures.items()
    }
    set_building_figures(actor=actor, library=of, month=month, figures=values, now=AFTER)


# --- What counts ---------------------------------------------------------------------------------


def test_readers_of_events_and_of_the_building_stand_side_by_side_and_are_added(cast: Cast) -> None:
    held(cast.library, cast.colleague, people_served=120)
    enter(cast, date(2025, 3, 1), reader_visits=1000)
    assert amounts(total(cast, "reader_visits")) == (120, 1000, 1120)


def test_people_of_a_visit_with_several_activities_are_counted_once(cast: Cast) -> None:
    kinds = ("mobile_service", "exhibition", "reading_skills")
    held(cast.library, cast.colleague, *kinds, people_served=80)
    assert amounts(total(cast, "reader_visits"))[0] == 80
    assert amounts(total(cast, "people_served"))[0] == 80


def test_an_exhibition_counts_on_its_own_and_beside_the_van(cast: Cast) -> None:
    held(cast.library, cast.colleague, "exhibition")
    held(cast.library, cast.colleague, "mobile_service", "exhibition", starts_at=at("2025-04-01"))
    held(cast.library, cast.colleague, "talk", starts_at=at("2025-04-02"))
    assert amounts(total(cast, "exhibitions")) == (2, None, 2)
    assert amounts(total(cast, "mobile_events")) == (1, None, 1)


def test_gifts_are_told_apart_and_never_enter_circulation(cast: Cast) -> None:
    kinds = ("mobile_service", "donation")
    outputs = {1: {"items_given": 50}}
    held(cast.library, cast.colleague, *kinds, items_used=30, items_lent=7, outputs=outputs)
    enter(cast, date(2025, 3, 1), items_used=200, items_lent=100)
    assert amounts(total(cast, "circulation")) == (37, 300, 337)
    assert amounts(total(cast, "items_given")) == (50, None, 50)


def test_new_and_renewed_cards_stand_apart_and_together(cast: Cast) -> None:
    held(cast.library, cast.colleague, cards_issued=3, cards_renewed=2)
    enter(cast, date(2025, 3, 1), cards_issued=30, cards_renewed=20)
    assert amounts(total(cast, "cards_issued")) == (3, 30, 33)
    assert amounts(total(cast, "cards_renewed")) == (2, 20, 22)
    assert amounts(total(cast, "cards")) == (5, 50, 55)


def test_the_estimated_part_of_both_sources_is_kept(cast: Cast) -> None:
    held(cast.library, cast.colleague, people_served=estimated(40))
    held(cast.library, cast.colleague, people_served=60, starts_at=at("2025-04-01"))
    enter(cast, date(2025, 3, 1), reader_visits=estimated(500))
    together = total(cast, "reader_visits").together
    assert (together.amount, together.estimated) == (600, 540)


@pytest.mark.parametrize(
    ("day", "is_in"),
    [("2024-11-30", False), ("2024-12-01", True), ("2025-11-30", True), ("2025-12-01", False)],
)
def test_the_year_runs_from_december_to_november(cast: Cast, day: str, is_in: bool) -> None:
    held(cast.library, cast.colleague, starts_at=at(day, 7), people_served=5)
    enter(cast, date.fromisoformat(day).replace(day=1), reader_visits=9)
    parts = total(cast, "reader_visits")
    assert parts.events == (Value(5, bearers=1) if is_in else Value())
    assert parts.building is not None
    assert parts.building.amount == (9 if is_in else 0)


def test_an_event_that_was_not_held_is_in_no_line(cast: Cast) -> None:
    held(cast.library, cast.colleague, "mobile_service", "exhibition", outcome="not_held")
    services.rebuild()
    for line in review(cast).lines:
        assert not line.total.together.amount, line.row.key


def test_a_figure_nobody_collected_is_unknown_and_not_zero(cast: Cast) -> None:
    held(cast.library, cast.colleague, people_served=5)
    parts = total(cast, "cards_issued")
    assert amounts(parts) == (None, None, None)
    enter(cast, date(2025, 3, 1), cards_issued=0)
    assert amounts(total(cast, "cards_issued")) == (None, 0, 0)


def test_a_late_sheet_is_in_the_report_without_a_rebuild(cast: Cast) -> None:
    event = held(cast.library, cast.colleague, people_served=5)
    services.refresh(event.pk)
    assert amounts(review(cast).line("reader_visits").total)[0] == 5


# --- Libraries -----------------------------------------------------------------------------------


def test_the_total_is_the_sum_of_the_libraries_that_were_asked_for(cast: Cast) -> None:
    held(cast.library, cast.colleague, people_served=5)
    held(cast.other_library, cast.stranger, people_served=7, starts_at=at("2025-05-05"))
    enter(cast, date(2025, 3, 1), reader_visits=100)
    services.rebuild()
    line = review(cast).line("reader_visits")
    assert [parts.together.amount for parts in line.by_library] == [105, 7]
    assert line.total.together.amount == 112
    own = union_review(2025, [cast.library], now=AFTER).line("reader_visits")
    assert own.total.together.amount == 105


# --- What is missing -----------------------------------------------------------------------------


def test_months_that_are_over_and_were_not_entered_are_missing(cast: Cast) -> None:
    enter(cast, date(2024, 12, 1), reader_visits=100)
    own, other = review(cast).completeness
    assert (own.months_received, own.months_expected, own.months_missing) == (1, 12, 11)
    assert (other.months_received, other.months_expected) == (0, 12)
    building = review(cast).line("reader_visits").total.building
    assert building == Value(100, bearers=24, missing=23)


def test_a_month_that_is_not_over_is_not_expected_yet(cast: Cast) -> None:
    running = review(cast, now=at("2025-02-15"))
    assert running.completeness[0].months_expected == 2
    assert not running.is_over
    assert review(cast, now=at("2025-12-01")).is_over


def test_a_past_event_without_an_accepted_sheet_is_missing(cast: Cast) -> None:
    logged = held(cast.library, cast.colleague, people_served=5)
    held(cast.library, cast.colleague, starts_at=at("2025-04-01"), people_served=5)
    logged.sheets.update(state="queued", queue_reason="second_sheet")
    own, other = review(cast).completeness
    assert (own.events_received, own.events_expected, own.events_missing) == (1, 2, 1)
    assert (other.events_received, other.events_expected) == (0, 0)


def test_cancelled_drafted_and_coming_events_are_not_expected(cast: Cast) -> None:
    now = at("2025-06-01")
    for state in ({"published_at": None, "state": "draft"}, {"starts_at": at("2025-07-01")}):
        event = held(cast.library, cast.colleague, starts_at=at("2025-04-01"))
        ends = {"ends_at": at("2025-07-01", 10)} if "starts_at" in state else {}
        Event.objects.filter(pk=event.pk).update(**state, **ends)
    event = held(cast.library, cast.colleague, starts_at=at("2025-04-03"))
    Event.objects.filter(pk=event.pk).update(
        state="cancelled", cancel_reason="storm", cancelled_at=now
    )
    assert review(cast, now=now).completeness[0].events_expected == 0


# --- Years, and cost -----------------------------------------------------------------------------


def test_the_years_are_those_with_figures_and_the_running_one(cast: Cast) -> None:
    enter(cast, date(2023, 12, 1), reader_visits=1)
    held(cast.library, cast.colleague, starts_at=at("2023-01-10"))
    services.rebuild()
    assert years_with_figures([cast.library], now=AFTER) == [2026, 2024, 2023]
    assert years_with_figures([cast.other_library], now=AFTER) == [2026]


def test_queries_do_not_grow_with_libraries_months_or_events(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for month in range(1, 9):
        enter(cast, date(2025, month, 1), reader_visits=100)
        enter(cast, date(2025, month, 1), cast.other_library, reader_visits=100)
        held(cast.library, cast.colleague, starts_at=at(f"2025-{month:02}-03"))
    services.rebuild()
    with django_assert_max_num_queries(4):
        review(cast)


# --- The demonstration ---------------------------------------------------------------------------


@pytest.mark.django_db
def test_the_demonstration_comes_to_the_unions_published_review() -> None:
    call_command("demo", today=date(2026, 11, 23), verbosity=0)
    report = union_review(2025, Library.objects.running_services(), now=at("2026-11-23"))
    found = {line.row.key: line.total.together.amount for line in report.lines}
    assert found["exhibitions"] == 53
    assert found["copies_added"] > 37_500
    assert found["newspapers_added"] == 452
    assert found["records_entered"] > 17_000
    assert found["cards"] > 19_500
    assert found["reader_visits"] > 1_200_000
    assert found["circulation"] > 2_500_000
    for line in report.lines:
        parts = [parts.together for parts in line.by_library]
        assert len(parts) == 5
        assert sum(part.amount for part in parts) == line.total.together.amount
        assert sum(part.estimated for part in parts) == line.total.together.estimated
    assert (
        report.total_completeness.months_expected
        == 60
        == BuildingFigures.objects.filter(
            month__gte=report.period.start, month__lt=report.period.end
        ).count()
    )
