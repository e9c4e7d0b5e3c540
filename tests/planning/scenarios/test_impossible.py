"""What cannot be in a scenario is told before anything is solved."""

from __future__ import annotations

from datetime import time

from outreach.fleet.models import Unavailability
from outreach.places.models import VenueAccess
from outreach.planning.models import Scenario
from outreach.planning.scenarios import services
from outreach.planning.scenarios.impossible import (
    TEXTS,
    Lacks,
    Obstacle,
    impossible_in,
)
from outreach.routing.feasibility import Cannot
from tests.cast import Cast
from tests.factories import ClosedDatesFactory
from tests.planning.scenarios.scene import day, question, row, scenario, venues
from tests.scheduling.desk import at


def told(made: Scenario) -> list[Obstacle]:
    asked = question(made)
    return impossible_in(made, asked.problem, asked)


def codes(made: Scenario) -> set[str]:
    found = told(made)
    assert all(one.message and "%(" not in one.message for one in found)
    return {one.code for one in found}


def test_of_what_can_be_nothing_is_told(cast: Cast) -> None:
    assert not told(scenario(cast))


def test_without_vehicles_there_is_no_plan(cast: Cast) -> None:
    made = scenario(cast)
    services.drop_vehicle(actor=cast.owner, scenario=made, vehicle=cast.vehicle)
    assert told(made)[0].code == Lacks.NO_VEHICLES
    assert told(made)[0].is_whole


def test_without_stops_there_is_no_plan(cast: Cast) -> None:
    made = scenario(cast)
    services.drop_stop(actor=cast.owner, scenario=made, venue=cast.venue)
    assert Lacks.NO_STOPS in codes(made)


def test_days_without_a_crew_are_counted(cast: Cast) -> None:
    made = scenario(cast)
    Unavailability.objects.create(
        member=cast.operator, starts_at=at(0, 0), ends_at=at(0, 2), reason="Ốm"
    )
    (one,) = [one for one in told(made) if one.code == Lacks.NO_CREW]
    assert one.facts["days"] == 2
    assert one.vehicle is not None
    assert one.vehicle.vehicle == cast.vehicle
    assert "2" in one.message


def test_a_venue_that_no_vehicle_reaches_is_named(cast: Cast) -> None:
    made = scenario(cast)
    cast.vehicle.length_m = 9
    cast.vehicle.save()
    VenueAccess.objects.create(venue=cast.venue, largest_vehicle_m=7)
    (one,) = [one for one in told(made) if one.code == Cannot.UNREACHABLE]
    assert one.stop == row(made, cast.venue)
    assert cast.venue.name in one.message


def test_a_promise_that_no_window_allows_is_named(cast: Cast) -> None:
    made = scenario(cast)
    services.set_stop(
        actor=cast.owner,
        scenario=made,
        venue=cast.venue,
        opens=time(8),
        closes=time(9),
        service_min=61,
    )
    (one,) = [one for one in told(made) if one.code == Cannot.NO_DAY]
    assert one.stop == row(made, cast.venue)


def test_more_hours_than_the_vehicles_have_are_told(cast: Cast) -> None:
    made = scenario(cast)
    found = venues(cast, 40)
    services.add_stops(actor=cast.owner, scenario=made, venues=found)
    for venue in found:
        services.set_stop(
            actor=cast.owner, scenario=made, venue=venue, every_weeks=1, service_min=300
        )
    assert Cannot.HOURS in codes(made)


def test_a_pin_on_a_closed_day_is_told_with_its_reason(cast: Cast) -> None:
    made = scenario(cast)
    ClosedDatesFactory.create(venue=cast.venue, starts_on=day(1), ends_on=day(2), reason="Sửa mái")
    services.pin(actor=cast.owner, scenario=made, venue=cast.venue, on=day(1))
    (one,) = [one for one in told(made) if one.code == Cannot.PIN_CLOSED]
    assert one.pin == made.pins.get()
    assert one.is_whole
    assert "Sửa mái" in one.message


def test_two_pins_of_one_vehicle_at_one_time_are_told(cast: Cast) -> None:
    made = scenario(cast)
    services.add_stops(actor=cast.owner, scenario=made, venues=[cast.second_venue])
    for venue in (cast.venue, cast.second_venue):
        services.pin(
            actor=cast.owner,
            scenario=made,
            venue=venue,
            on=day(1),
            vehicle=cast.vehicle,
            starts=time(9),
        )
    (one,) = [one for one in told(made) if one.code == Cannot.PINS_CLASH]
    assert {one.stop, one.other} == {row(made, cast.venue), row(made, cast.second_venue)}
    assert one.vehicle is not None


def test_what_is_only_to_be_known_comes_last(cast: Cast) -> None:
    made = scenario(cast)
    services.set_vehicle(
        actor=cast.owner, scenario=made, vehicle=cast.vehicle, base=cast.second_venue
    )
    services.set_members(actor=cast.owner, scenario=made, members=[])
    found = told(made)
    assert found[-1].code == Lacks.BASE_ELSEWHERE
    assert found[-1].is_note
    assert found[0].is_whole


def test_each_proof_of_the_planner_has_a_sentence() -> None:
    assert set(Cannot) | set(Lacks) == {*TEXTS, Lacks.NO_CREW}
