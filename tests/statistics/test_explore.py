"""Answers partition the whole, rest on the sheets behind them, and show only what is one's own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from django.utils.translation import gettext
from pytest_django import DjangoAssertNumQueries

from outreach.accounts.models import User
from outreach.attendance.inputs import NOT_COLLECTED, estimated
from outreach.common.errors import InvalidInput
from outreach.common.spreadsheets import as_csv
from outreach.places.models import AdministrativeUnit
from outreach.statistics.domain import Value, added
from outreach.statistics.exports import table_of
from outreach.statistics.questions import NOT_BROKEN_DOWN, UNKNOWN_PLACE, Group, Question, Row
from outreach.statistics.reach import word_of
from outreach.statistics.selectors import explore, sheets_behind
from outreach.statistics.services import rebuild
from tests.cast import Cast
from tests.factories import CommuneFactory, ProvinceFactory
from tests.statistics.makers import at, held

MEASURES = ("events", "people_served", "items_lent", "activities", "participants", "items_shown")
BY_AUDIENCE = ("people_served", "activities", "participants")


def question(**words: Any) -> Question:
    start = Question(MEASURES, date(2025, 1, 1), date(2025, 12, 1))
    return replace(start, **words)


def asked_by(group: Group, **words: Any) -> Question:
    measures = BY_AUDIENCE if group == Group.AUDIENCE else MEASURES
    return question(**{"group_by": group, "measures": measures} | words)


@pytest.fixture
def season(cast: Cast) -> Cast:
    """A few events of two libraries, in several months, places and kinds."""
    province: AdministrativeUnit = ProvinceFactory.create()
    here, there = CommuneFactory.create(parent=province), CommuneFactory.create()
    held(
        cast.library,
        cast.owner,
        "mobile_service",
        "exhibition",
        starts_at=at("2025-01-31", 23),
        commune=here,
        people_served=100,
        items_lent=estimated(40),
        audiences={"primary": 60, "adult": 15, "ethnic_minority": 90},
        outputs={1: {"participants": 30, "items_shown": 200}},
        main_audience="primary",
    )
    held(
        cast.library,
        cast.owner,
        "talk",
        "exhibition",
        starts_at=at("2025-03-05"),
        commune=there,
        people_served=estimated(20),
        items_lent=NOT_COLLECTED,
        outputs={0: {"participants": 20}, 1: {"items_shown": 50}},
    )
    held(
        cast.library,
        cast.owner,
        "donation",
        starts_at=at("2025-03-09"),
        people_served=7,
        main_audience="ethnic_minority",
    )
    held(
        cast.other_library,
        cast.stranger,
        "mobile_service",
        starts_at=at("2025-03-20"),
        commune=there,
        people_served=1000,
        items_lent=0,
        audiences={"elderly": 1000},
    )
    rebuild()
    return cast


def row_of(rows: Sequence[Row], key: str) -> Row:
    return next(row for row in rows if row.key == key)


def narrowed(asked: Question, row: Row, measure: str) -> Question:
    """Return the question behind one cell, from the words its link carries."""
    words: dict[str, Any] = {name: word for name, word in row.params.items() if "_" not in name}
    if "from" in words:
        first = date.fromisoformat(words.pop("from") + "-01")
        words |= {"first_month": first, "last_month": first}
        words.pop("to")
    return replace(asked.of_measure(measure), **words)


# --- Parts and whole -----------------------------------------------------------------------------


@pytest.mark.parametrize("group", list(Group))
def test_the_rows_sum_to_the_whole(season: Cast, group: Group) -> None:
    answer = explore(asked_by(group), season.officer)
    for measure in answer.measures:
        amounts = sum(row.values[measure.key].amount for row in answer.rows)
        assert answer.total.values[measure.key].amount == amounts
    assert answer.total.values["people_served"].amount == 1127


@pytest.mark.parametrize("group", [group for group in Group if group != Group.AUDIENCE])
def test_every_grouping_has_the_same_total(season: Cast, group: Group) -> None:
    by_month = explore(question(), season.officer)
    assert explore(asked_by(group), season.officer).total.values == by_month.total.values


@pytest.mark.parametrize("group", list(Group))
def test_the_sheets_behind_a_cell_sum_to_it(season: Cast, group: Group) -> None:
    answer = explore(asked_by(group), season.officer)
    for row in (*answer.rows, *answer.apart, answer.total):
        for measure in answer.measures:
            value = row.values[measure.key]
            behind = sheets_behind(narrowed(answer.question, row, measure.key), season.officer)
            assert behind.value.amount == value.amount, (row.key, measure.key)
            assert behind.value.missing == value.missing, (row.key, measure.key)
            assert sum(fact.amount for fact in behind.facts) == value.amount  # type: ignore[attr-defined]


def test_age_bands_and_the_rest_come_to_the_people_served_and_groups_stand_apart(
    season: Cast,
) -> None:
    answer = explore(asked_by(Group.AUDIENCE, library="a"), season.owner)
    people = {row.key: row.values["people_served"].amount for row in answer.rows}
    assert (people["primary"], people["adult"], people[NOT_BROKEN_DOWN]) == (60, 15, 52)
    assert sum(people.values()) == answer.total.values["people_served"].amount == 127
    minority = row_of(answer.apart, "ethnic_minority")
    assert (minority.values["people_served"].amount, minority.is_apart) == (90, True)


def test_one_audience_is_told_month_by_month(season: Cast) -> None:
    asked = question(measures=BY_AUDIENCE, audience="primary")
    january = row_of(explore(asked, season.owner).rows, "2025-01")
    assert january.values["people_served"].amount == 60
    assert january.values["participants"].amount == 30


def test_a_month_without_events_has_its_row(season: Cast) -> None:
    rows = explore(question(), season.owner).rows
    assert [row.key for row in rows][:3] == ["2025-01", "2025-02", "2025-03"]
    assert len(rows) == 12


def test_what_happened_in_no_commune_has_a_row_of_its_own(season: Cast) -> None:
    answer = explore(asked_by(Group.COMMUNE), season.owner)
    assert row_of(answer.rows, UNKNOWN_PLACE).values["people_served"].amount == 7


def test_a_unit_can_be_asked_for_by_code_or_by_code_and_day(season: Cast) -> None:
    unit = AdministrativeUnit.objects.communes().get(sheets__people_served=100)
    for word in (unit.code, word_of(unit)):
        total = explore(question(commune=word), season.owner).total
        assert total.values["people_served"].amount == 100


# --- Not collected, estimated -------------------------------------------------------------------


def test_what_nobody_collected_is_no_zero_and_zero_is_zero(season: Cast) -> None:
    rows = explore(asked_by(Group.KIND, library="a"), season.owner).rows
    talk = row_of(rows, "talk").values["items_lent"]
    assert (talk.shown, talk.missing, talk.bearers) == (None, 1, 1)
    libraries = explore(asked_by(Group.LIBRARY), season.stranger).rows
    assert row_of(libraries, "b").values["items_lent"].shown == 0


def test_the_estimated_part_comes_with_the_sum(season: Cast) -> None:
    total = explore(question(), season.owner).total.values
    assert total["items_lent"] == Value(40, 40, 3, 2)
    assert total["people_served"].estimated == 20


def test_an_output_is_missing_only_where_it_is_asked_for(season: Cast) -> None:
    shown = explore(question(), season.owner).total.values["items_shown"]
    assert (shown.amount, shown.bearers, shown.missing) == (250, 2, 0)


# --- Whose figures ------------------------------------------------------------------------------


def people(user: User, **words: Any) -> int:
    return explore(question(**words), user).total.values["people_served"].amount


def test_each_sees_the_figures_of_their_own_libraries(season: Cast) -> None:
    assert people(season.owner) == people(season.colleague) == 127
    assert people(season.stranger) == 1000
    assert people(season.officer) == 1127
    assert people(season.host) == 0


@pytest.mark.parametrize("slug", ["a", "nowhere"])
def test_a_library_of_others_is_told_from_none_at_all_by_nobody(season: Cast, slug: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        explore(question(library=slug), season.stranger)
    assert (refused.value.kind, refused.value.field) == ("library_unknown", "library")


def test_the_sheets_behind_a_figure_are_ones_own(season: Cast) -> None:
    behind = sheets_behind(question(measures=("people_served",)), season.stranger)
    assert [fact.library for fact in behind.facts] == [season.other_library]


# --- What cannot be asked ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "field"),
    [
        ({"first_month": date(2026, 1, 1)}, "to"),
        ({"first_month": date(1980, 1, 1)}, "to"),
        ({"measures": ("nothing",)}, "measure"),
        ({"measures": ("titles_added",)}, "measure"),
        ({"measures": ("items_lent",), "audience": "adult"}, "measure"),
        ({"measures": ("events",), "group_by": Group.AUDIENCE}, "measure"),
        ({"province": "no-such"}, "province"),
        ({"commune": "C1@yesterday"}, "commune"),
        ({"kind": "party"}, "kind"),
        ({"audience": "cats", "measures": BY_AUDIENCE}, "audience"),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    cast: Cast, words: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        explore(question(**words), cast.owner)
    assert refused.value.field == field
    assert refused.value.message


@pytest.mark.parametrize("group", list(Group))
def test_an_answer_costs_the_same_for_few_events_and_for_many(
    cast: Cast, django_assert_max_num_queries: DjangoAssertNumQueries, group: Group
) -> None:
    for size in (1, 12):
        for number in range(size):
            commune = CommuneFactory.create()
            held(cast.library, cast.owner, "exhibition", commune=commune, people_served=number)
        rebuild()
        user = User.objects.get(pk=cast.owner.pk)
        with django_assert_max_num_queries(8):
            explore(asked_by(group), user)


# --- Files ---------------------------------------------------------------------------------------


def test_a_file_says_where_nothing_was_collected(season: Cast) -> None:
    answer = explore(asked_by(Group.KIND, measures=("items_lent",)), season.owner)
    lines = as_csv(table_of(answer, {"items_lent": "Lent"})).decode("utf-8-sig").splitlines()
    assert sum(line.split(";")[1] == gettext("not collected") for line in lines) == 2
    assert added(row.values["items_lent"] for row in answer.rows).amount == 40
