"""A season's question: what is in it, and that its plans pass the rules of scheduling."""

from __future__ import annotations

import random
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.common import clock
from outreach.common.errors import Conflict
from outreach.fleet.models import CrewMember, Unavailability
from outreach.places.models import OpeningWindow, TravelTime, UnitPriority, Venue, VenueAccess
from outreach.planning.models import Proposal, Scenario, ScenarioStop
from outreach.planning.scenarios import services
from outreach.planning.scenarios.problem import question_of
from outreach.planning.scenarios.shifts import Stays
from outreach.routing.plan import Route
from outreach.routing.problem import Problem
from outreach.routing.validator import violations
from outreach.scheduling.models import RuleSettings, TripPause
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services import CrewInput, EventInput, PauseInput, schedule_event
from tests.cast import Cast
from tests.factories import (
    ClosedDatesFactory,
    CrewMemberFactory,
    TravelTimeFactory,
    VehicleFactory,
    VenueFactory,
)
from tests.planning.scenarios.scene import (
    AS_SET,
    NOW,
    base,
    crew_of,
    day,
    greedy,
    problem,
    question,
    row,
    scenario,
    season,
    stop_at,
    venues,
)
from tests.scheduling.desk import (
    MONDAY,
    activity,
    at,
    make_public_trip,
    make_trip,
    visit,
)


def off(start: datetime, end: datetime, **whose: Any) -> None:
    Unavailability.objects.create(starts_at=start, ends_at=end, reason="Bảo dưỡng", **whose)


def shift_days(found: Problem) -> set[int]:
    return {(shift.on - MONDAY).days for shift in found.shifts}


WORKDAYS = {number for number in range(28) if number % 7 < 5}


def test_a_vehicle_goes_out_on_its_weekdays_from_base_to_base(cast: Cast) -> None:
    found = problem(scenario(cast))
    assert shift_days(found) == WORKDAYS
    shift = found.shifts[0]
    place = f"v{cast.vehicle.base_id}"
    assert (shift.name, shift.start, shift.end) == (f"{cast.vehicle.pk}:2027-03-01", place, place)
    assert (shift.starts_s, shift.ends_s) == (7 * 3600, 17 * 3600 + 1800)
    assert shift.crew == "-".join(str(one.pk) for one in crew_of(Scenario.objects.get()))


def test_a_public_holiday_keeps_vehicles_at_home(cast: Cast) -> None:
    RuleSettings.objects.filter(library=cast.library).update(holidays="VN")
    from_april = {"starts_on": day(7 * 8), "ends_on": day(7 * 10)}
    asked = question(scenario(cast, season=season(cast, **from_april)))
    assert {one.code for one in asked.at_home} == {Stays.HOLIDAY}
    assert not {one.on for one in asked.at_home} & {shift.on for shift in asked.problem.shifts}


@pytest.mark.parametrize(("since", "until", "stays"), [(17, 17.5, True), (17.5, 20, False)])
def test_a_vehicle_off_for_part_of_its_hours_stays_at_home(
    cast: Cast, since: float, until: float, stays: bool
) -> None:
    made = scenario(cast)
    off(at(since, 1), at(until, 1), vehicle=cast.vehicle)
    asked = question(made)
    assert (1 not in shift_days(asked.problem)) is stays
    assert [(one.code, one.fact) for one in asked.at_home] == [
        (Stays.VEHICLE_OFF, "Bảo dưỡng")
    ] * stays


def test_a_day_without_a_crew_has_no_shift_and_is_told(cast: Cast) -> None:
    made = scenario(cast)
    off(at(9, 2), at(10, 2), member=cast.operator)
    asked = question(made)
    assert shift_days(asked.problem) == WORKDAYS - {2}
    assert [(one.code, one.on) for one in asked.at_home] == [(Stays.NO_CREW, day(2))]


def test_a_trip_that_the_plan_is_not_about_takes_vehicle_and_people(cast: Cast) -> None:
    made = scenario(cast)
    held = visit(cast, 8, venue=cast.second_venue, activities=(activity("exhibition"),))
    make_trip(cast, held)
    asked = question(made)
    assert 0 not in shift_days(asked.problem)
    assert [one.code for one in asked.at_home] == [Stays.OTHER_TRIP]


def test_a_duty_elsewhere_takes_a_person_for_the_day(cast: Cast) -> None:
    made = scenario(cast)
    held = visit(cast, 9, day=3, venue=cast.second_venue, activities=(activity("talk"),))
    schedule_event(actor=cast.owner, library=cast.library, event=held, crew=cast.crew)
    assert shift_days(problem(made)) == WORKDAYS - {3}


def test_trips_of_the_plan_give_way_and_are_what_little_is_changed_of(cast: Cast) -> None:
    made = scenario(cast)
    make_public_trip(cast, visit(cast, 9, day=1), day=1)
    found = problem(made)
    assert shift_days(found) == WORKDAYS
    (visit_now,) = found.running
    assert (visit_now.stop, visit_now.on) == (str(row(made, cast.venue).pk), day(1))
    assert (visit_now.vehicle, visit_now.starts_s) == (str(cast.vehicle.pk), 9 * 3600)
    assert not problem(made, running=False).running


def test_a_stop_that_a_trip_which_stays_visits_is_closed_on_that_day(cast: Cast) -> None:
    made = scenario(cast)
    other = visit(cast, 13, venue=cast.second_venue, activities=(activity("exhibition"),))
    make_trip(cast, visit(cast, 9), other)
    services.pin(actor=cast.owner, scenario=made, venue=cast.venue, on=day(0))
    asked = question(made)
    assert asked.problem.stop[str(row(made, cast.venue).pk)].closed[day(0)] == "visited_already"
    assert not asked.problem.pins
    assert len(asked.loose_pins) == 1


def test_of_a_season_under_way_what_is_to_come_is_planned(cast: Cast) -> None:
    made = scenario(cast)
    services.pin(actor=cast.owner, scenario=made, venue=cast.venue, on=day(2))
    make_public_trip(cast, visit(cast, 9, day=1), day=1)
    asked = question(made, now=at(12, 7))
    found = asked.problem
    assert (found.first_on, found.days) == (day(8), 20)
    assert not found.pins
    assert not found.running
    first = {pattern[0] for pattern in found.stops[0].rhythm.patterns(day(8), 20)}
    assert min(first) == day(15), "half a cycle after the visit of this season"


@pytest.mark.parametrize(("on", "is_over"), [(26, False), (27, True)])
def test_a_season_without_a_day_to_come_cannot_be_planned(
    cast: Cast, on: int, is_over: bool
) -> None:
    made = scenario(cast)
    if not is_over:
        assert problem(made, now=at(12, on)).days == 1
        return
    with pytest.raises(Conflict) as caught:
        problem(made, now=at(12, on))
    assert caught.value.kind == "season_over"


def test_a_vehicle_that_is_too_long_is_barred(cast: Cast) -> None:
    made = scenario(cast)
    VenueAccess.objects.create(venue=cast.venue, largest_vehicle_m=7.0)
    cast.vehicle.length_m = 7.0
    cast.vehicle.save()
    assert not stop_at(made, cast.venue).barred
    cast.vehicle.length_m = 7.5
    cast.vehicle.save()
    assert stop_at(made, cast.venue).barred == {str(cast.vehicle.pk): "too_long:7.5/7"}


def test_what_is_to_spare_on_a_way_is_the_librarys_own(cast: Cast) -> None:
    RuleSettings.objects.filter(library=cast.library).update(leg_buffer_min=25)
    assert problem(scenario(cast)).limits.leg_buffer_s == 25 * 60


def test_a_pin_names_its_vehicle_only_while_that_goes_out(cast: Cast) -> None:
    made = scenario(cast)
    services.pin(
        actor=cast.owner,
        scenario=made,
        venue=cast.venue,
        on=day(1),
        vehicle=cast.vehicle,
        starts=time(9),
    )
    (pin,) = problem(made).pins
    assert (pin.vehicle, pin.starts_s) == (str(cast.vehicle.pk), 9 * 3600)
    services.drop_vehicle(actor=cast.owner, scenario=made, vehicle=cast.vehicle)
    (pin,) = problem(made).pins
    assert pin.vehicle is None


def test_a_vehicle_sleeps_away_only_before_a_day_with_the_same_free_crew(cast: Cast) -> None:
    made = scenario(cast)
    services.set_vehicle(
        actor=cast.owner,
        scenario=made,
        vehicle=cast.vehicle,
        nights=2,
        sleeps_at=[cast.second_venue],
    )
    off(at(20, 1), at(22, 1), member=cast.operator)
    found = problem(made)
    away = {(shift.on - MONDAY).days for shift in found.shifts if shift.sleeps_at}
    assert away == {0, 2, 3, 7, 8, 9, 10, 14, 15, 16, 17, 21, 22, 23, 24}
    assert found.limits.nights == 2


def test_one_night_at_most_beside_vehicles_with_two_means_every_other_one(cast: Cast) -> None:
    second = VehicleFactory.create(library=cast.library, base=cast.second_venue)
    CrewMemberFactory.create_batch(3, library=cast.library)
    made = scenario(cast)
    for vehicle, nights in ((cast.vehicle, 1), (second, 2)):
        services.set_vehicle(
            actor=cast.owner, scenario=made, vehicle=vehicle, nights=nights, sleeps_at=[cast.venue]
        )
    found = problem(made)
    away = {
        shift.on
        for shift in found.shifts
        if shift.sleeps_at and shift.vehicle == str(cast.vehicle.pk)
    }
    assert away
    assert not {on + timedelta(days=1) for on in away} & away


def test_a_base_that_is_not_the_vehicles_own_is_told(cast: Cast) -> None:
    made = scenario(cast)
    assert not question(made).base_elsewhere
    services.set_vehicle(
        actor=cast.owner, scenario=made, vehicle=cast.vehicle, base=cast.second_venue
    )
    assert question(made).base_elsewhere == (cast.vehicle.pk,)


def test_leaving_out_costs_more_than_any_way_there(cast: Cast) -> None:
    made = scenario(cast)
    far = VenueFactory.create(library=cast.library, lat=19.24, lon=106.9)
    services.add_stops(actor=cast.owner, scenario=made, venues=[far])
    for aim in Proposal.Aim.values:
        found = problem(made, aim)
        here = found.shifts[0].start
        there = found.stop[str(row(made, far).pk)].place
        metres, seconds = found.way(found.shifts[0].profile, here, there)
        costs = [stop.left_out_cost for stop in found.stops]
        worst = 2 * metres + 2 * seconds * found.weights.duty_second
        assert all(cost is not None and cost > worst for cost in costs)


def test_priority_counts_for_what_may_be_left_out(cast: Cast) -> None:
    made = scenario(cast)
    services.add_stops(actor=cast.owner, scenario=made, venues=venues(cast, 2))
    rows = list(ScenarioStop.objects.filter(scenario=made).order_by("pk"))
    for stop, priority in zip(rows, (1, 2, 3), strict=True):
        services.set_stop(
            actor=cast.owner, scenario=made, venue=stop.venue, priority=priority, last_on=day(-28)
        )
    found = problem(made, Proposal.Aim.SHORTEST)
    low, usual, high = (found.stop[str(stop.pk)].left_out_cost for stop in rows)
    assert low is not None
    assert (usual, high) == (2 * low, 4 * low)


def test_who_waited_long_and_lies_in_a_priority_commune_weighs_more(cast: Cast) -> None:
    made = scenario(cast)
    services.set_stop(actor=cast.owner, scenario=made, venue=cast.venue, last_on=day(-28))
    assert stop_at(made, cast.venue).weight == 1
    services.set_stop(actor=cast.owner, scenario=made, venue=cast.venue, last_on=day(-56))
    assert stop_at(made, cast.venue).weight == 1.5
    UnitPriority.objects.create(unit=cast.commune, kind="island", valid_from=day(0))
    assert stop_at(made, cast.venue).weight == 2.25
    fair, short = (
        stop_at(made, cast.venue, aim=aim).left_out_cost
        for aim in (Proposal.Aim.FAIREST, Proposal.Aim.SHORTEST)
    )
    assert fair is not None
    assert short is not None
    assert fair > 2 * short


def test_the_shortest_knows_metres_only(cast: Cast) -> None:
    found = problem(scenario(cast), Proposal.Aim.SHORTEST)
    weights = found.weights
    assert weights.metre == 1
    assert not any(
        (
            weights.duty_second,
            weights.spread,
            weights.change,
            weights.off_rhythm_day,
            weights.other_vehicle,
            weights.waiting_day,
            found.shifts[0].out_cost,
        )
    )


def test_each_aim_is_heaviest_in_what_it_is_about(cast: Cast) -> None:
    made = scenario(cast)
    by_aim = {aim: problem(made, aim).weights for aim in Proposal.Aim}
    others = [w for aim, w in by_aim.items() if aim != Proposal.Aim.FAIREST]
    assert all(by_aim[Proposal.Aim.FAIREST].waiting_day > w.waiting_day for w in others)
    assert by_aim[Proposal.Aim.STEADIEST].change > by_aim[Proposal.Aim.FAIREST].change


def test_a_kilometre_that_costs_nothing_does_not_make_an_hour_worth_any_way(cast: Cast) -> None:
    made = scenario(cast)
    services.change_scenario(actor=cast.owner, scenario=made, km_cost=0, hours=10)
    found = problem(made)
    assert found.weights.duty_second * 3600 == 100_000
    assert found.stops[0].left_out_cost is not None


def _shape(found: Problem, route: Route, cast: Cast) -> TripShape:
    """Return a route as a trip that is to be published."""
    shift = found.shift[route.shift]

    def moment(seconds: int) -> datetime:
        return clock.at(shift.on, time.min) + timedelta(seconds=seconds)

    stops = {str(stop.pk): stop for stop in ScenarioStop.objects.select_related("venue")}
    places = {f"v{venue.pk}": venue for venue in Venue.objects.all()}
    members = CrewMember.objects.in_bulk([int(key) for key in shift.crew.split("-")])
    operator = next(one for one in members.values() if one.can_operate)
    others = tuple(one for one in members.values() if one != operator)
    return TripShape(
        vehicle=type(cast.vehicle).objects.select_related("base").get(pk=int(shift.vehicle)),
        departs_at=moment(route.departs_s),
        returns_at=moment(route.returns_s),
        crew=[(one, role) for one, role in CrewInput(operator, others)],
        events=[
            EventInput(
                venue=stops[one.stop].venue,
                starts_at=moment(one.starts_s),
                ends_at=moment(one.ends_s),
                activities=(activity(),),
            )
            for one in route.visits
        ],
        pauses=[
            PauseInput(
                TripPause.Kind.LUNCH,
                moment(one.starts_s),
                moment(one.ends_s),
                None if one.place == route.start else places[one.place],
            )
            for one in route.breaks
        ],
        is_draft=False,
    )


def _varied(cast: Cast, dice: random.Random) -> Scenario:
    """Store a scenario in which all sorts of hours, ways and times off stand in the way."""
    RuleSettings.objects.filter(library=cast.library).update(holidays="VN", leg_buffer_min=15)
    CrewMemberFactory.create_batch(3, library=cast.library, can_operate=True)
    second = VehicleFactory.create(library=cast.library, base=base(cast), length_m=8.0)
    CrewMemberFactory.create(library=cast.library, can_operate=False)
    made = scenario(cast)
    found = venues(cast, 12)
    for venue in found:
        if dice.random() < 0.5:
            venue.kind = Venue.Kind.SCHOOL
            venue.save()
        if dice.random() < 0.4:
            for weekday in dice.sample(range(5), 3):
                OpeningWindow.objects.create(
                    venue=venue, weekday=weekday, opens=time(8), closes=time(11, 15)
                )
        if dice.random() < 0.3:
            first = dice.randrange(20)
            ClosedDatesFactory.create(venue=venue, starts_on=day(first), ends_on=day(first + 5))
        if dice.random() < 0.3:
            VenueAccess.objects.create(venue=venue, largest_vehicle_m=7, slope="steep")
        if dice.random() < 0.3:
            TravelTimeFactory.create(destination=venue, minutes=dice.randint(20, 80))
    services.add_stops(actor=cast.owner, scenario=made, venues=found)
    for venue in found:
        services.set_stop(
            actor=cast.owner,
            scenario=made,
            venue=venue,
            every_weeks=dice.choice([1, 2, 4]),
            service_min=dice.choice([20, 45, 90, 180]),
        )
    off(at(8, 3), at(12, 5), vehicle=second)
    off(at(0, 8), at(0, 11), member=cast.operator)
    held = visit(cast, 9, 2, day=1, activities=(activity("exhibition"),))
    make_trip(cast, held, day=1)
    return made


@pytest.mark.parametrize("seed", range(3))
def test_a_valid_plan_passes_all_rules_of_scheduling(cast: Cast, seed: int) -> None:
    made = _varied(cast, random.Random(seed))
    found = problem(made)
    plan = greedy(found)
    assert not violations(found, plan)
    assert len(list(plan.visits())) > 20
    shapes = [_shape(found, route, cast) for route in plan.routes]
    book = Rulebook(cast.library, shapes, now=NOW)
    broken = [(one.rule, one.message) for shape in shapes for one in book.trip_findings(shape)]
    assert not broken


@pytest.mark.parametrize("count", [3, 400])
def test_a_question_takes_as_many_queries_for_few_stops_as_for_many(cast: Cast, count: int) -> None:
    made = scenario(cast)
    found = venues(cast, count)
    ScenarioStop.objects.bulk_create(
        ScenarioStop(scenario=made, venue=venue, service_min=60) for venue in found
    )
    for number in range(3):
        TravelTimeFactory.create(destination=found[number], minutes=30)
    fresh = Scenario.objects.select_related("season__library").get(pk=made.pk)
    with CaptureQueriesContext(connection) as queries:
        question_of(fresh, AS_SET, now=NOW)
    assert len(queries) == 16
    assert TravelTime.objects.count() == 3


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_the_services_store_is_a_question(cast: Cast, data: st.DataObject) -> None:
    cast.vehicle.base = cast.second_venue
    cast.vehicle.save()
    with transaction.atomic():
        made = scenario(cast)
        _store_anything(cast, made, data)
        now = clock.start_of(day(data.draw(st.integers(-40, 25))))
        for aim in Proposal.Aim.values:
            question(made, aim, now=now)
        transaction.set_rollback(True)


def _store_anything(cast: Cast, made: Scenario, data: st.DataObject) -> None:
    clocks = st.times(max_value=time(23, 59))
    departs, returns = sorted(data.draw(st.lists(clocks, min_size=2, max_size=2, unique=True)))
    services.set_vehicle(
        actor=cast.owner,
        scenario=made,
        vehicle=cast.vehicle,
        departs=departs,
        returns=returns,
        weekdays=data.draw(st.frozensets(st.integers(0, 6))),
        longest_min=data.draw(st.none() | st.integers(60, 960)),
        nights=data.draw(st.integers(0, 2)),
        sleeps_at=data.draw(st.sampled_from([[], [cast.venue], [cast.second_venue]])),
    )
    opens, closes = sorted(data.draw(st.lists(clocks, min_size=2, max_size=2, unique=True)))
    for venue in (cast.venue, cast.second_venue):
        services.set_stop(
            actor=cast.owner,
            scenario=made,
            venue=venue,
            rhythm=data.draw(st.sampled_from(ScenarioStop.Rhythm.values)),
            every_weeks=data.draw(st.integers(1, 26)),
            nths=data.draw(st.sampled_from(["1", "2,-1", "5"])),
            times=data.draw(st.integers(1, 60)),
            weekday=data.draw(st.none() | st.integers(0, 6)),
            tolerance_days=data.draw(st.integers(0, 14)),
            service_min=data.draw(st.integers(1, 600)),
            opens=opens,
            closes=closes,
            due_on=day(data.draw(st.integers(-99, 99))),
            last_on=day(data.draw(st.integers(-400, 99))),
        )
        services.pin(
            actor=cast.owner,
            scenario=made,
            venue=venue,
            on=day(data.draw(st.integers(0, 27))),
            vehicle=data.draw(st.sampled_from([None, cast.vehicle])),
            starts=data.draw(st.none() | clocks),
        )
    if data.draw(st.booleans()):
        services.close_way(
            actor=cast.owner,
            scenario=made,
            name="Đèo",
            starts_on=day(3),
            ends_on=day(9),
            units=[cast.commune],
        )
    if data.draw(st.booleans()):
        services.set_members(actor=cast.owner, scenario=made, members=[])
    if data.draw(st.booleans()):
        services.drop_stop(actor=cast.owner, scenario=made, venue=cast.venue)
