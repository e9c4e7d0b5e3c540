"""Each rule at its boundary, on plain facts."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.scheduling.domain import (
    MESSAGES,
    NAMES,
    SOFT_RULES,
    CrewFact,
    EventFact,
    Finding,
    Rule,
    TripFact,
    findings_for,
    findings_for_event,
)

EIGHT = datetime(2027, 3, 1, 8, tzinfo=UTC)
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)

OPERATOR = CrewFact("Lực", is_operator=True, can_operate=True, key=1)
HANH = CrewFact("Hạnh", is_operator=False, can_operate=False, key=2)
VINH = CrewFact("Vinh", is_operator=False, can_operate=False, key=3)


def event(start: datetime = EIGHT, length: timedelta = HOUR, **changes: Any) -> EventFact:
    facts: dict[str, Any] = {"title": f"{start:%H:%M}", "activities": 1} | changes
    return EventFact(starts_at=start, ends_at=start + length, **facts)


def trip(**changes: Any) -> TripFact:
    facts: dict[str, Any] = {
        "departs_at": EIGHT,
        "returns_at": EIGHT + 8 * HOUR,
        "vehicle": "Xe 1",
        "crew": (OPERATOR, HANH, VINH),
        "events": (event(),),
        "is_draft": False,
    }
    return TripFact(**facts | changes)


def rules(**changes: Any) -> list[Rule]:
    return [finding.rule for finding in findings_for(trip(**changes))]


def test_a_trip_with_an_operator_and_two_professionals_breaks_nothing() -> None:
    assert rules() == []


@pytest.mark.parametrize(
    ("crew", "broken"),
    [
        ((OPERATOR, HANH, VINH), []),
        ((OPERATOR, HANH), [Rule.CREW_TOO_SMALL]),
        ((HANH, VINH), [Rule.CREW_TOO_SMALL, Rule.NO_OPERATOR]),
        ((), [Rule.CREW_TOO_SMALL, Rule.NO_OPERATOR]),
    ],
)
def test_three_crew_are_enough_and_two_are_not(
    crew: tuple[CrewFact, ...], broken: list[Rule]
) -> None:
    assert rules(crew=crew) == broken


def test_three_professionals_still_need_an_operator() -> None:
    third = CrewFact("Mai", is_operator=False, can_operate=True, key=4)
    assert rules(crew=(HANH, VINH, third)) == [Rule.NO_OPERATOR]


def test_a_draft_may_be_without_crew_and_half_a_crew_is_a_note() -> None:
    assert rules(crew=(), is_draft=True) == []
    [noted] = findings_for(trip(crew=(OPERATOR, HANH), is_draft=True))
    assert (noted.rule, noted.is_note, noted.is_soft) == (Rule.CREW_TOO_SMALL, True, False)
    [broken] = findings_for(trip(crew=(OPERATOR, HANH), is_draft=False))
    assert (broken.rule, broken.is_note, broken.is_soft) == (Rule.CREW_TOO_SMALL, False, True)


def test_an_operator_must_be_able_to_operate() -> None:
    learner = CrewFact("Lực", is_operator=True, can_operate=False, key=1)
    assert rules(crew=(learner, HANH, VINH)) == [Rule.CANNOT_OPERATE]


def test_professional_staff_must_be_professional() -> None:
    driver = CrewFact("Vinh", is_operator=False, can_operate=True, is_professional=False, key=3)
    assert rules(crew=(OPERATOR, HANH, driver)) == [Rule.NOT_PROFESSIONAL]


def test_one_person_cannot_fill_two_places() -> None:
    twice = CrewFact("Lực", is_operator=False, can_operate=True, key=1)
    assert rules(crew=(OPERATOR, twice, HANH)) == [Rule.MEMBER_TWICE]


def test_two_people_of_one_name_are_two_people() -> None:
    namesake = CrewFact("Hạnh", is_operator=False, can_operate=False, key=9)
    assert rules(crew=(OPERATOR, HANH, namesake)) == []


def test_events_may_touch_departure_and_return() -> None:
    whole = event(EIGHT, 8 * HOUR)
    assert rules(events=(whole,)) == []


@pytest.mark.parametrize("outside", [event(EIGHT - MINUTE), event(EIGHT + 7 * HOUR, HOUR + MINUTE)])
def test_a_minute_before_departure_or_after_return_is_outside(outside: EventFact) -> None:
    assert rules(events=(outside,)) == [Rule.EVENT_OUTSIDE_TRIP]


def test_events_may_touch_each_other() -> None:
    assert rules(events=(event(EIGHT + HOUR), event(EIGHT))) == []


def test_events_that_share_a_minute_clash_and_the_later_one_is_named() -> None:
    later = event(EIGHT + HOUR - MINUTE)
    [finding] = findings_for(trip(events=(later, event(EIGHT))))
    assert (finding.rule, finding.event) == (Rule.EVENTS_CLASH, 0)


@pytest.mark.parametrize("length", [timedelta(0), -MINUTE])
def test_a_trip_that_does_not_end_after_its_start_is_reversed(length: timedelta) -> None:
    assert rules(returns_at=EIGHT + length, events=()) == [Rule.REVERSED]


@pytest.mark.parametrize("length", [timedelta(0), -MINUTE])
def test_an_event_that_does_not_end_after_its_start_is_reversed(length: timedelta) -> None:
    [finding] = findings_for_event(event(EIGHT, length))
    assert (finding.rule, finding.field) == (Rule.REVERSED, "ends_at")


def test_an_event_needs_an_activity() -> None:
    assert rules(events=(event(activities=0),)) == [Rule.NO_ACTIVITY]


def test_a_vehicle_and_people_that_are_off_are_reported_each_with_the_reason() -> None:
    away = CrewFact("Vinh", is_operator=False, can_operate=False, time_off="họp", key=3)
    found = findings_for(trip(crew=(OPERATOR, HANH, away), vehicle_time_off="bảo dưỡng"))
    assert [(finding.rule, finding.params["reason"]) for finding in found] == [
        (Rule.MEMBER_OFF, "họp"),
        (Rule.VEHICLE_OFF, "bảo dưỡng"),
    ]


def test_an_event_without_a_vehicle_needs_no_crew_but_nobody_who_is_off() -> None:
    away = CrewFact("Vinh", is_operator=False, can_operate=False, time_off="họp", key=3)
    assert findings_for_event(event()) == []
    assert [finding.rule for finding in findings_for_event(event(), [away])] == [Rule.MEMBER_OFF]


def test_hard_findings_come_before_soft_ones() -> None:
    found = findings_for(trip(crew=(OPERATOR,), events=(event(EIGHT - HOUR),)))
    assert [finding.is_soft for finding in found] == sorted(f.is_soft for f in found)
    assert len({finding.is_soft for finding in found}) == 2


def test_every_rule_has_a_name_and_a_message() -> None:
    assert set(NAMES) == set(MESSAGES) == set(Rule)
    assert set(Rule) >= SOFT_RULES


def test_a_mark_tells_facts_apart() -> None:
    two, one = (Finding(Rule.CREW_TOO_SMALL, {"crew": n, "professionals": n - 1}) for n in (2, 1))
    assert two.mark != one.mark
    assert two.mark == Finding(Rule.CREW_TOO_SMALL, {"professionals": 1, "crew": 2}).mark


@given(
    starts=st.lists(st.tuples(st.integers(0, 40), st.integers(1, 10)), max_size=6),
    length=st.integers(1, 40),
)
def test_without_a_finding_the_events_lie_in_the_trip_and_apart(
    starts: list[tuple[int, int]], length: int
) -> None:
    events = tuple(event(EIGHT + n * MINUTE, m * MINUTE) for n, m in starts)
    back = EIGHT + length * MINUTE
    if findings_for(trip(events=events, returns_at=back)):
        return
    ordered = sorted(events, key=lambda one: one.starts_at)
    assert all(one.starts_at >= EIGHT and one.ends_at <= back for one in ordered)
    assert all(a.ends_at <= b.starts_at for a, b in itertools.pairwise(ordered))
