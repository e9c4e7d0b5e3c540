"""Who goes with which vehicle on which day."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.fleet.models import CrewMember
from outreach.planning.scenarios.crews import Crew, Outing, crews_for
from tests.planning.scenarios.scene import day

BOTH, OPERATOR, PROFESSIONAL = "both", "operator", "professional"


def member(key: int, skill: str = BOTH) -> CrewMember:
    return CrewMember(pk=key, can_operate=skill != PROFESSIONAL, is_professional=skill != OPERATOR)


def people(*skills: str) -> list[CrewMember]:
    return [member(key, skill) for key, skill in enumerate(skills, 1)]


def outings(vehicles: int, days: int) -> list[Outing]:
    return [
        Outing(vehicle, day(number), 600)
        for number in range(days)
        if day(number).weekday() < 5
        for vehicle in range(1, vehicles + 1)
    ]


def always(_member: int, _outing: Outing) -> bool:
    return True


def check(crews: dict[tuple[int, date], Crew], members: list[CrewMember]) -> None:
    """Hold crews to the circular, and everybody to one vehicle a day."""
    by_key = {one.pk: one for one in members}
    taken: Counter[tuple[int, date]] = Counter()
    for (_vehicle, on), crew in crews.items():
        assert by_key[crew.operator].can_operate
        assert len(crew.professionals) == 2
        assert all(by_key[key].is_professional for key in crew.professionals)
        assert len(set(crew.members)) == 3
        taken.update((key, on) for key in crew.members)
    assert max(taken.values(), default=1) == 1


def test_three_people_make_one_crew() -> None:
    crews = crews_for(outings(1, 5), people(OPERATOR, PROFESSIONAL, PROFESSIONAL), always)
    assert set(crews.values()) == {Crew(1, (2, 3))}
    assert len(crews) == 5


@pytest.mark.parametrize(
    "skills",
    [
        (BOTH, BOTH),
        (PROFESSIONAL, PROFESSIONAL, PROFESSIONAL),
        (OPERATOR, OPERATOR, PROFESSIONAL),
    ],
)
def test_without_an_operator_and_two_professionals_nobody_goes(skills: tuple[str, ...]) -> None:
    assert not crews_for(outings(1, 5), people(*skills), always)


def test_who_can_only_drive_drives_so_that_all_vehicles_go() -> None:
    members = people(BOTH, OPERATOR, PROFESSIONAL, PROFESSIONAL, PROFESSIONAL, OPERATOR)
    crews = crews_for(outings(2, 1), [member(9), *members], always)
    check(crews, [member(9), *members])
    assert {crew.operator for crew in crews.values()} == {2, 6}


def test_with_too_few_people_for_two_vehicles_one_goes() -> None:
    crews = crews_for(outings(2, 5), people(*[BOTH] * 5), always)
    assert {vehicle for vehicle, _on in crews} == {1}


def test_a_crew_stays_together_for_a_week() -> None:
    crews = crews_for(outings(2, 5), people(*[BOTH] * 8), always)
    for vehicle in (1, 2):
        assert len({crews[vehicle, day(number)].name for number in range(5)}) == 1


def test_hours_are_shared_evenly_over_the_weeks() -> None:
    crews = crews_for(outings(1, 28), people(*[BOTH] * 6), always)
    days = Counter(key for crew in crews.values() for key in crew.members)
    assert set(days.values()) == {10}


def test_who_is_off_for_a_day_is_replaced_for_that_day_only() -> None:
    usual = crews_for(outings(1, 5), people(*[BOTH] * 4), always)[1, day(0)]
    sick = usual.professionals[0]
    crews = crews_for(
        outings(1, 5), people(*[BOTH] * 4), lambda who, one: (who, one.on) != (sick, day(2))
    )
    assert sick not in crews[1, day(2)].members
    assert crews[1, day(3)] == crews[1, day(1)]


@given(
    skills=st.lists(st.sampled_from([BOTH, OPERATOR, PROFESSIONAL]), max_size=9),
    vehicles=st.integers(1, 3),
    off=st.sets(st.tuples(st.integers(1, 9), st.integers(0, 13)), max_size=30),
)
def test_as_many_vehicles_go_as_there_are_crews_for(
    skills: list[str], vehicles: int, off: set[tuple[int, int]]
) -> None:
    members = people(*skills)

    def may(who: int, one: Outing) -> bool:
        return (who, (one.on - day(0)).days) not in off

    crews = crews_for(outings(vehicles, 14), members, may)
    check(crews, members)
    for number in range(14):
        on = day(0) + timedelta(days=number)
        there = [one for one in members if (one.pk, number) not in off]
        drive = sum(not one.is_professional for one in there)
        serve = sum(one.is_professional for one in there)
        can = sum(one.can_operate for one in there)
        most = max(
            n for n in range(vehicles + 1) if can >= n and serve - max(0, n - drive) >= 2 * n
        )
        assert sum(1 for key in crews if key[1] == on) == (most if on.weekday() < 5 else 0)
        assert all(
            may(key, Outing(0, on, 0))
            for one, crew in crews.items()
            if one[1] == on
            for key in crew.members
        )
