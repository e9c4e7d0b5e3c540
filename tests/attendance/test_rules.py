"""Each rule of a sheet, at the value where it begins to bite."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import translation

from outreach.attendance.domain import (
    MESSAGES,
    MOST,
    SOFT_RULES,
    EventFact,
    Rule,
    findings_for,
    outputs_of,
)
from outreach.attendance.inputs import (
    NOT_COLLECTED,
    ActivityResult,
    Figure,
    SheetInput,
    counted,
    estimated,
)

STARTS_AT = datetime(2026, 3, 10, 1, 0, tzinfo=UTC)
ENDS_AT = STARTS_AT + timedelta(hours=3)
NOW = STARTS_AT + timedelta(hours=9)
EVENT = EventFact(
    starts_at=STARTS_AT,
    ends_at=ENDS_AT,
    was_public=True,
    activity_ids=frozenset({1, 2}),
    audiences={"primary": True, "adult": True, "disability": False},
)


def broken(sheet: SheetInput, event: EventFact = EVENT, now: datetime = NOW) -> set[Any]:
    return {(finding.rule, finding.field) for finding in findings_for(sheet, event, now)}


def people(value: int, **audiences: int) -> SheetInput:
    return SheetInput(
        figures={"people_served": counted(value)},
        audiences={code: counted(part) for code, part in audiences.items()},
    )


def with_figure(figure: Figure) -> SheetInput:
    return SheetInput(figures={"items_lent": figure})


def test_an_empty_sheet_breaks_no_rule() -> None:
    assert broken(SheetInput()) == set()


@pytest.mark.parametrize(
    ("figure", "rule"),
    [
        (counted(0), None),
        (estimated(0), None),
        (NOT_COLLECTED, None),
        (counted(-1), Rule.NEGATIVE),
        (counted(MOST), None),
        (counted(MOST + 1), Rule.TOO_LARGE),
        (Figure(None, "counted"), Rule.VALUE_MISSING),
        (Figure(None, "estimated"), Rule.VALUE_MISSING),
        (Figure(0, "not_collected"), Rule.VALUE_NOT_COLLECTED),
        (Figure(1, "guessed"), Rule.UNKNOWN_HOW),
    ],
)
def test_a_figure_has_a_sensible_value_if_and_only_if_it_was_collected(
    figure: Figure, rule: Rule | None
) -> None:
    assert broken(with_figure(figure)) == ({(rule, "items_lent")} if rule else set())


@pytest.mark.parametrize(
    ("sheet", "field"),
    [
        (SheetInput(figures={"reader_visits": counted(1)}), "reader_visits"),
        (SheetInput(audiences={"people_served": counted(0)}), "audiences.people_served"),
        (
            SheetInput(activities=(ActivityResult(1, figures={"items_lent": counted(1)}),)),
            "activities.0.items_lent",
        ),
    ],
)
def test_a_figure_nobody_knows_is_refused_where_it_stands(sheet: SheetInput, field: str) -> None:
    assert (Rule.UNKNOWN_FIGURE, field) in broken(sheet)


def test_age_bands_may_come_to_the_people_served_and_not_to_more() -> None:
    assert broken(people(30, primary=20, adult=10)) == set()
    assert broken(people(30, primary=20, adult=11)) == {
        (Rule.AGE_BANDS_ABOVE_PEOPLE, "people_served")
    }


def test_priority_groups_are_not_added_to_the_age_bands() -> None:
    assert broken(people(30, primary=20, adult=10, disability=30)) == set()


def test_one_audience_may_be_all_of_the_people_served_and_not_more() -> None:
    assert broken(people(30, disability=30)) == set()
    assert broken(people(30, disability=31)) == {
        (Rule.AUDIENCE_ABOVE_PEOPLE, "audiences.disability")
    }


def test_a_band_that_is_too_large_alone_is_named_once() -> None:
    assert broken(people(30, primary=31)) == {(Rule.AUDIENCE_ABOVE_PEOPLE, "audiences.primary")}


def test_bands_are_not_compared_with_people_nobody_counted() -> None:
    sheet = replace(people(0, primary=31), figures={"people_served": NOT_COLLECTED})
    assert broken(sheet) == set()


def test_a_band_that_was_not_collected_does_not_add_to_the_sum() -> None:
    sheet = people(30, primary=30)
    sheet = replace(sheet, audiences={**sheet.audiences, "adult": NOT_COLLECTED})
    assert broken(sheet) == set()


@pytest.mark.parametrize(("participants", "questions"), [(30, 0), (31, 1)])
def test_more_participants_than_people_served_is_a_question(
    participants: int, questions: int
) -> None:
    part = ActivityResult(1, figures={"participants": counted(participants)})
    findings = findings_for(replace(people(30), activities=(part,)), EVENT, NOW)
    assert [finding.field for finding in findings] == ["activities.0.participants"] * questions
    assert all(finding.is_soft for finding in findings)


def test_the_same_pupils_in_two_activities_are_no_question() -> None:
    parts = tuple(ActivityResult(key, figures={"participants": counted(30)}) for key in (1, 2))
    assert broken(replace(people(30), activities=parts)) == set()


@pytest.mark.parametrize(("damaged", "asks"), [(3, False), (4, True)])
def test_more_lost_and_damaged_than_used_and_lent_is_a_question(damaged: int, asks: bool) -> None:
    numbers = {"items_used": 4, "items_lent": 1, "items_lost": 2, "items_damaged": damaged}
    sheet = SheetInput(figures={code: counted(value) for code, value in numbers.items()})
    assert broken(sheet) == ({(Rule.GONE_ABOVE_ITEMS, "items_lost")} if asks else set())


def test_lost_items_are_no_question_where_use_was_not_collected() -> None:
    sheet = SheetInput(figures={"items_lost": counted(9), "items_used": counted(0)})
    assert broken(sheet) == set()


def test_an_event_can_be_logged_from_the_moment_it_begins() -> None:
    assert broken(SheetInput(), now=STARTS_AT) == set()
    assert broken(SheetInput(), now=STARTS_AT - timedelta(seconds=1)) == {(Rule.NOT_BEGUN, None)}


def test_a_draft_has_no_results() -> None:
    assert broken(SheetInput(), replace(EVENT, was_public=False)) == {(Rule.NEVER_PUBLIC, None)}


def test_an_activity_of_another_event_is_refused() -> None:
    sheet = SheetInput(activities=(ActivityResult(1), ActivityResult(3)))
    assert broken(sheet) == {(Rule.FOREIGN_ACTIVITY, "activities.1")}


def test_an_activity_is_on_the_sheet_once() -> None:
    sheet = SheetInput(activities=(ActivityResult(1), ActivityResult(1)))
    assert broken(sheet) == {(Rule.ACTIVITY_TWICE, "activities.1")}


@pytest.mark.parametrize(("note", "missing"), [("", True), ("  ", True), ("Lũ", False)])
def test_an_event_that_was_not_held_needs_a_note(note: str, missing: bool) -> None:
    sheet = SheetInput(outcome="not_held", note=note)
    assert broken(sheet) == ({(Rule.NOTE_MISSING, "note")} if missing else set())


@pytest.mark.parametrize(("value", "refused"), [(0, False), (1, True)])
def test_nobody_was_served_at_an_event_that_was_not_held(value: int, refused: bool) -> None:
    sheet = replace(people(value), outcome="not_held", note="Lũ")
    found = {(Rule.NOT_HELD_WITH_FIGURES, "people_served")} if refused else set()
    assert broken(sheet) == found


def test_a_part_that_was_not_held_has_no_outputs() -> None:
    part = ActivityResult(1, was_held=False, figures={"minutes": counted(20)})
    assert broken(SheetInput(activities=(part,))) == {
        (Rule.NOT_HELD_WITH_FIGURES, "activities.0.minutes")
    }


def test_an_outcome_nobody_knows_is_refused() -> None:
    assert broken(SheetInput(outcome="moved")) == {(Rule.UNKNOWN_OUTCOME, "outcome")}


@pytest.mark.parametrize(("minutes", "refused"), [(-1, True), (0, True), (1, False)])
def test_an_event_ends_after_it_began(minutes: int, refused: bool) -> None:
    sheet = SheetInput(started_at=ENDS_AT, ended_at=ENDS_AT + timedelta(minutes=minutes))
    assert broken(sheet) == ({(Rule.ENDS_BEFORE_START, "ended_at")} if refused else set())


def test_times_that_are_still_to_come_are_refused() -> None:
    assert broken(SheetInput(ended_at=NOW)) == set()
    assert broken(SheetInput(ended_at=NOW + timedelta(seconds=1))) == {
        (Rule.STILL_TO_COME, "ended_at")
    }


@pytest.mark.parametrize(("hours", "asks"), [(12, False), (12.1, True)])
def test_times_far_from_the_plan_are_a_question(hours: float, asks: bool) -> None:
    sheet = SheetInput(started_at=STARTS_AT - timedelta(hours=hours))
    assert broken(sheet) == ({(Rule.TIMES_FAR_FROM_PLAN, "started_at")} if asks else set())


def test_hard_findings_come_before_questions() -> None:
    part = ActivityResult(1, figures={"participants": counted(31)})
    sheet = replace(people(30, primary=31), activities=(part,))
    assert [finding.is_soft for finding in findings_for(sheet, EVENT, NOW)] == [False, True]


def test_every_rule_has_a_message_that_its_facts_fill() -> None:
    assert set(MESSAGES) == set(Rule)
    assert set(Rule) > SOFT_RULES
    part = ActivityResult(1, figures={"participants": counted(31)})
    sheet = replace(people(30, primary=20, adult=11, disability=31), activities=(part,))
    with translation.override("en"):
        messages = [finding.message for finding in findings_for(sheet, EVENT, NOW)]
    assert len(messages) == 3
    assert all("30" in message and "%" not in message for message in messages)


@pytest.mark.parametrize(
    ("kind", "outputs"),
    [
        ("mobile_service", ()),
        ("exhibition", ("items_shown", "participants")),
        ("reading_skills", ("participants", "minutes")),
        ("donation", ("items_given",)),
        ("a_kind_of_tomorrow", ("participants", "minutes")),
    ],
)
def test_each_kind_of_activity_has_outputs_of_its_own(kind: str, outputs: tuple[str, ...]) -> None:
    assert outputs_of(kind) == outputs
