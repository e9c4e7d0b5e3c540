"""Setting up scenarios: who may, what is refused, what is kept of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from pytest_django import DjangoCaptureOnCommitCallbacks

from outreach.accounts.models import User
from outreach.common import audit
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleWrite
from outreach.planning.models import (
    LeftOutVisit,
    Proposal,
    Scenario,
    ScenarioClosure,
    ScenarioPin,
    ScenarioStop,
    ScenarioVehicle,
)
from outreach.planning.proposals import work
from outreach.planning.scenarios import services, what_if
from outreach.routing.apart import SearchFailed
from outreach.scheduling.services import PauseInput
from tests.cast import Cast
from tests.factories import CommuneFactory, PromiseFactory, VehicleFactory, VenueFactory
from tests.planning.scenarios.scene import NOW, base, crew_of, day, row, scenario, season, venues
from tests.scheduling.desk import at, make_public_trip, make_trip, visit

CHANGES: dict[str, Callable[[Cast, Scenario, User], Any]] = {
    "make": lambda c, s, who: services.make_scenario(actor=who, season=s.season),
    "change": lambda c, s, who: services.change_scenario(actor=who, scenario=s, hours=9),
    "remove": lambda c, s, who: services.remove_scenario(actor=who, scenario=s),
    "vehicle": lambda c, s, who: services.set_vehicle(
        actor=who, scenario=s, vehicle=c.vehicle, nights=1
    ),
    "no vehicle": lambda c, s, who: services.drop_vehicle(actor=who, scenario=s, vehicle=c.vehicle),
    "members": lambda c, s, who: services.set_members(actor=who, scenario=s, members=[]),
    "stop": lambda c, s, who: services.set_stop(actor=who, scenario=s, venue=c.venue, times=2),
    "no stop": lambda c, s, who: services.drop_stop(actor=who, scenario=s, venue=c.venue),
    "stops": lambda c, s, who: services.add_stops(actor=who, scenario=s, venues=[c.second_venue]),
    "pin": lambda c, s, who: services.pin(actor=who, scenario=s, venue=c.venue, on=day(2)),
    "unpin": lambda c, s, who: services.unpin(actor=who, scenario=s, venue=c.venue, on=day(1)),
    "close": lambda c, s, who: services.close_way(
        actor=who, scenario=s, name="Đèo", starts_on=day(0), ends_on=day(1), venues=[c.venue]
    ),
    "open": lambda c, s, who: services.open_way(
        actor=who, scenario=s, closure=ScenarioClosure.objects.get()
    ),
    "try out": lambda c, s, who: what_if.try_out(
        actor=who, scenario=s, change=what_if.EveryStop(3)
    ),
}


def made_with_all(cast: Cast) -> Scenario:
    made = scenario(cast)
    services.pin(actor=cast.owner, scenario=made, venue=cast.venue, on=day(1))
    services.close_way(
        actor=cast.owner,
        scenario=made,
        name="Đèo",
        starts_on=day(0),
        ends_on=day(7),
        units=[cast.commune],
        venues=[cast.venue],
    )
    return made


@pytest.mark.parametrize("what", CHANGES)
def test_who_plans_for_the_library_may(cast: Cast, what: str) -> None:
    CHANGES[what](cast, made_with_all(cast), cast.owner)


@pytest.mark.parametrize("what", CHANGES)
@pytest.mark.parametrize("who", ["colleague", "stranger", "officer", "host"])
def test_nobody_else_may(cast: Cast, what: str, who: str) -> None:
    made = made_with_all(cast)
    with pytest.raises(NotAllowed):
        CHANGES[what](cast, made, getattr(cast, who))


@pytest.mark.parametrize("what", sorted(set(CHANGES) - {"make", "remove", "try out"}))
def test_each_change_is_a_version_of_the_scenario(cast: Cast, what: str) -> None:
    made = made_with_all(cast)
    before = audit.version_of(made)
    CHANGES[what](cast, made, cast.owner)
    assert audit.version_of(made) > before
    assert made.history.first().history_user == cast.owner


def test_a_change_prepared_on_an_older_version_is_refused(cast: Cast) -> None:
    made = scenario(cast)
    seen = audit.version_of(made)
    services.change_scenario(actor=cast.owner, scenario=made, hours=1, expected_version=seen)
    with pytest.raises(StaleWrite):
        services.change_scenario(actor=cast.owner, scenario=made, hours=2, expected_version=seen)


def test_a_weight_above_ten_is_refused(cast: Cast) -> None:
    made = scenario(cast)
    services.change_scenario(actor=cast.owner, scenario=made, fairness=10)
    with pytest.raises(ValidationError):
        services.change_scenario(actor=cast.owner, scenario=made, fairness=11)


def test_a_field_that_is_not_the_scenarios_is_refused(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        services.change_scenario(actor=cast.owner, scenario=scenario(cast), season_id=1)


def test_a_scenario_is_named_after_its_season_then_with_a_number(cast: Cast) -> None:
    first = scenario(cast)
    second, third = (
        services.make_scenario(actor=cast.owner, season=first.season) for _number in range(2)
    )
    assert [first.name, second.name, third.name] == ["Mùa xuân", "Mùa xuân (2)", "Mùa xuân (3)"]


def test_a_name_is_used_once_in_a_season(cast: Cast) -> None:
    made = scenario(cast)
    with pytest.raises(ValidationError):
        services.make_scenario(actor=cast.owner, season=made.season, name=made.name)


def test_things_of_another_library_are_refused(cast: Cast) -> None:
    made = scenario(cast)
    foreign: list[Callable[[], Any]] = [
        lambda: services.set_vehicle(
            actor=cast.owner, scenario=made, vehicle=cast.foreign_vehicle, base=cast.venue
        ),
        lambda: services.set_vehicle(
            actor=cast.owner, scenario=made, vehicle=cast.vehicle, base=cast.foreign_venue
        ),
        lambda: services.set_vehicle(
            actor=cast.owner, scenario=made, vehicle=cast.vehicle, sleeps_at=[cast.foreign_venue]
        ),
        lambda: services.set_stop(actor=cast.owner, scenario=made, venue=cast.foreign_venue),
        lambda: services.add_stops(actor=cast.owner, scenario=made, venues=[cast.foreign_venue]),
        lambda: services.close_way(
            actor=cast.owner,
            scenario=made,
            name="Đèo",
            starts_on=day(0),
            ends_on=day(1),
            venues=[cast.foreign_venue],
        ),
    ]
    for change in foreign:
        with pytest.raises(InvalidInput) as caught:
            change()
        assert caught.value.kind == "of_another_library"


def test_a_vehicle_without_a_base_needs_one(cast: Cast) -> None:
    made = scenario(cast)
    other = VehicleFactory.create(library=cast.library)
    with pytest.raises(InvalidInput) as caught:
        services.set_vehicle(actor=cast.owner, scenario=made, vehicle=other)
    assert caught.value.kind == "base_missing"
    services.set_vehicle(actor=cast.owner, scenario=made, vehicle=other, base=cast.venue)


def test_what_is_not_given_of_a_vehicle_stays(cast: Cast) -> None:
    made = scenario(cast)
    services.set_vehicle(
        actor=cast.owner, scenario=made, vehicle=cast.vehicle, nights=2, sleeps_at=[cast.venue]
    )
    services.set_vehicle(actor=cast.owner, scenario=made, vehicle=cast.vehicle, departs=time(6))
    stored = ScenarioVehicle.objects.get(scenario=made)
    assert (stored.nights, stored.departs, stored.sleeps_at.get()) == (2, time(6), cast.venue)


def test_a_vehicle_returns_after_it_leaves(cast: Cast) -> None:
    made = scenario(cast)
    with pytest.raises(ValidationError):
        services.set_vehicle(
            actor=cast.owner,
            scenario=made,
            vehicle=cast.vehicle,
            departs=time(9),
            returns=time(9),
        )


@pytest.mark.parametrize(
    ("given", "stored"), [("1,3", "1,3"), (" 3, 1,1", "1,3"), ("-1", "-1"), ("1,-1", "1,-1")]
)
def test_n_th_weekdays_are_kept_in_order(cast: Cast, given: str, stored: str) -> None:
    made = scenario(cast)
    stop = services.set_stop(
        actor=cast.owner, scenario=made, venue=cast.venue, rhythm="nth", nths=given
    )
    assert stop.nths == stored


@pytest.mark.parametrize("nths", ["", "0", "6", "a"])
def test_a_rhythm_of_n_th_weekdays_says_which(cast: Cast, nths: str) -> None:
    with pytest.raises(InvalidInput):
        services.set_stop(
            actor=cast.owner, scenario=scenario(cast), venue=cast.venue, rhythm="nth", nths=nths
        )


def test_a_venue_that_is_no_longer_visited_is_no_stop(cast: Cast) -> None:
    cast.second_venue.is_in_use = False
    cast.second_venue.save()
    with pytest.raises(InvalidInput):
        services.add_stops(actor=cast.owner, scenario=scenario(cast), venues=[cast.second_venue])


def test_a_stop_that_a_proposal_knows_of_is_kept(cast: Cast) -> None:
    made = scenario(cast)
    stop = row(made, cast.venue)
    proposal = Proposal.objects.create(
        scenario=made, aim="shortest", made_by=cast.owner, made_at=NOW, beat_at=NOW
    )
    LeftOutVisit.objects.create(proposal=proposal, stop=stop, occurrence_on=day(1))
    services.drop_stop(actor=cast.owner, scenario=made, venue=cast.venue)
    assert not row(made, cast.venue).is_included
    services.add_stops(actor=cast.owner, scenario=made, venues=[cast.venue])
    assert row(made, cast.venue).is_included


def test_a_dropped_stop_takes_its_pins_along(cast: Cast) -> None:
    made = made_with_all(cast)
    services.drop_stop(actor=cast.owner, scenario=made, venue=cast.venue)
    assert not ScenarioStop.objects.filter(scenario=made).exists()
    assert not ScenarioPin.objects.filter(scenario=made).exists()
    with pytest.raises(NotFound):
        services.drop_stop(actor=cast.owner, scenario=made, venue=cast.venue)


@pytest.mark.parametrize(("number", "fits"), [(-1, False), (0, True), (27, True), (28, False)])
def test_a_visit_is_pinned_on_a_day_of_the_season(cast: Cast, number: int, fits: bool) -> None:
    made = scenario(cast)
    if fits:
        services.pin(actor=cast.owner, scenario=made, venue=cast.venue, on=day(number))
        return
    with pytest.raises(InvalidInput):
        services.pin(actor=cast.owner, scenario=made, venue=cast.venue, on=day(number))


def test_pinning_twice_changes_the_pin(cast: Cast) -> None:
    made = made_with_all(cast)
    services.pin(
        actor=cast.owner, scenario=made, venue=cast.venue, on=day(1), starts=time(9), why="Hứa"
    )
    stored = ScenarioPin.objects.get(scenario=made)
    assert (stored.starts, stored.why) == (time(9), "Hứa")


def test_only_what_is_planned_can_be_pinned_to_what_goes_out(cast: Cast) -> None:
    made = scenario(cast)
    other = VehicleFactory.create(library=cast.library)
    for wanted in ({"venue": cast.second_venue}, {"venue": cast.venue, "vehicle": other}):
        with pytest.raises(InvalidInput):
            services.pin(actor=cast.owner, scenario=made, on=day(1), **wanted)


def test_something_lies_behind_a_closed_way(cast: Cast) -> None:
    with pytest.raises(InvalidInput):
        services.close_way(
            actor=cast.owner,
            scenario=scenario(cast),
            name="Đèo",
            starts_on=day(0),
            ends_on=day(1),
        )


@pytest.mark.parametrize(
    ("changes", "kind"),
    [({"published_at": NOW}, "scenario_published"), ({"state": "solving"}, "scenario_busy")],
)
def test_a_scenario_in_use_is_kept(cast: Cast, changes: dict[str, Any], kind: str) -> None:
    made = scenario(cast)
    wanted = {"state": "done", "made_by": cast.owner, "made_at": NOW, "beat_at": NOW} | changes
    Proposal.objects.create(scenario=made, aim="shortest", **wanted)
    with pytest.raises(Conflict) as caught:
        services.remove_scenario(actor=cast.owner, scenario=made)
    assert caught.value.kind == kind


def test_a_copy_has_everything_and_leaves_the_original(cast: Cast) -> None:
    made = made_with_all(cast)
    services.change_scenario(actor=cast.owner, scenario=made, fairness=7)
    services.set_vehicle(
        actor=cast.owner, scenario=made, vehicle=cast.vehicle, nights=1, sleeps_at=[cast.venue]
    )
    made.refresh_from_db()
    copy = services.make_scenario(actor=cast.owner, season=made.season, based_on=made)
    assert (copy.based_on, copy.fairness) == (made, 7)
    assert row(copy, cast.venue).promise == row(made, cast.venue).promise
    assert copy.vehicles.get().sleeps_at.get() == cast.venue
    assert crew_of(copy) == crew_of(made)
    assert copy.pins.get().on == day(1)
    closure = copy.closures.get()
    assert (closure.units.get(), closure.venues.get()) == (cast.commune, cast.venue)
    services.drop_stop(actor=cast.owner, scenario=copy, venue=cast.venue)
    assert row(made, cast.venue)
    assert made.pins.count() == 1


def test_a_copy_for_another_season_finds_its_own_last_visits(cast: Cast) -> None:
    made = made_with_all(cast)
    make_public_trip(cast, visit(cast, day=3), day=3)
    later = season(cast, name="Mùa hè", starts_on=day(28), ends_on=day(56))
    copy = services.make_scenario(actor=cast.owner, season=later, based_on=made, now=NOW)
    assert row(copy, cast.venue).last_on == day(3)
    assert not copy.pins.exists()
    assert not copy.closures.exists()


def trial(cast: Cast, made: Scenario, change: what_if.Change) -> Scenario:
    return what_if.try_out(actor=cast.owner, scenario=made, change=change, now=NOW)


def test_what_if_a_vehicle_were_missing(cast: Cast) -> None:
    made = scenario(cast)
    tried = trial(cast, made, what_if.FewerVehicles((cast.vehicle,)))
    assert not tried.vehicles.exists()
    assert made.vehicles.exists()


def test_what_if_each_stop_were_visited_every_three_weeks(cast: Cast) -> None:
    made = scenario(cast)
    services.set_stop(actor=cast.owner, scenario=made, venue=cast.venue, rhythm="times", times=9)
    stop = row(trial(cast, made, what_if.EveryStop(3)), cast.venue)
    assert (stop.rhythm, stop.every_weeks) == ("weeks", 3)


@pytest.mark.parametrize("weeks", [0, 27])
def test_a_cycle_out_of_range_makes_no_copy(cast: Cast, weeks: int) -> None:
    made = scenario(cast)
    with pytest.raises(InvalidInput):
        trial(cast, made, what_if.EveryStop(weeks))
    assert Scenario.objects.count() == 1


def test_what_if_a_vehicle_set_out_from_elsewhere(cast: Cast) -> None:
    tried = trial(cast, scenario(cast), what_if.NewBase(cast.vehicle, cast.second_venue))
    assert tried.vehicles.get().base == cast.second_venue


def test_what_if_there_were_more_venues(cast: Cast) -> None:
    tried = trial(cast, scenario(cast), what_if.MoreVenues(tuple(venues(cast, 30))))
    assert tried.stops.count() == 31


def test_what_if_a_way_were_closed(cast: Cast) -> None:
    commune = CommuneFactory.create()
    change = what_if.ClosedWay("Đèo", day(0), day(7), units=(commune,))
    assert trial(cast, scenario(cast), change).closures.get().units.get() == commune


def test_a_new_scenario_begins_with_vehicles_that_have_a_base_and_who_goes_out(
    cast: Cast,
) -> None:
    VehicleFactory.create(library=cast.library)
    VehicleFactory.create(library=cast.library, base=base(cast), is_in_use=False)
    made = scenario(cast)
    assert [one.vehicle for one in made.vehicles.all()] == [cast.vehicle]
    assert crew_of(made) == sorted(cast.crew.members, key=lambda one: one.pk)


def test_every_promise_in_force_in_the_season_becomes_a_stop(cast: Cast) -> None:
    ended = VenueFactory.create(library=cast.library)
    PromiseFactory.create(venue=ended, starts_on=date(2026, 1, 1), ends_on=day(0))
    ends_within = VenueFactory.create(library=cast.library)
    PromiseFactory.create(venue=ends_within, starts_on=date(2026, 1, 1), ends_on=day(1))
    begins_within = VenueFactory.create(library=cast.library)
    PromiseFactory.create(venue=begins_within, every_weeks=2, starts_on=day(3))
    made = scenario(cast)
    found = {stop.venue_id: stop for stop in made.stops.all()}
    assert set(found) == {cast.venue.pk, ends_within.pk, begins_within.pk}
    assert found[begins_within.pk].due_on == day(17)
    assert (found[cast.venue.pk].every_weeks, found[cast.venue.pk].service_min) == (4, 60)


def test_venues_visited_twice_without_a_promise_come_as_often_as_they_used_to(cast: Cast) -> None:
    for before in (61, 40, 19):
        when = visit(cast, 8, 1.5, day=-before, venue=cast.second_venue)
        make_public_trip(cast, when, day=-before, now=NOW - timedelta(days=90))
    stop = row(scenario(cast), cast.second_venue)
    assert (stop.every_weeks, stop.service_min, stop.last_on) == (3, 90, day(-19))
    assert stop.promise is None


def test_a_venue_visited_once_without_a_promise_is_no_stop(cast: Cast) -> None:
    make_public_trip(
        cast,
        visit(cast, day=-19, venue=cast.second_venue),
        day=-19,
        now=NOW - timedelta(days=90),
    )
    assert not scenario(cast).stops.filter(venue=cast.second_venue).exists()


def test_visits_that_hosts_asked_for_are_pinned_with_their_length(cast: Cast) -> None:
    make_public_trip(cast, visit(cast, 8, 3, day=8, asked_on=day(-20)), day=8, now=NOW)
    make_public_trip(cast, visit(cast, 8, 2, day=9), day=9, now=NOW)
    made = scenario(cast)
    (pin,) = made.pins.all()
    assert (pin.on, pin.starts, pin.vehicle) == (day(8), time(8), cast.vehicle)
    assert row(made, cast.venue).service_min == 180


def test_a_vehicle_goes_out_and_sleeps_away_as_it_used_to(cast: Cast) -> None:
    late = visit(cast, 16, 2, day=-19)
    night = PauseInput("night", at(20, -19), at(29, -19), None, "Nhà nghỉ")
    make_trip(
        cast,
        late,
        day=-19,
        departs_at=at(5.5, -19),
        returns_at=at(18.5, -18),
        pauses=[night],
        now=NOW - timedelta(days=90),
    )
    vehicle = scenario(cast).vehicles.get()
    assert (vehicle.departs, vehicle.returns) == (time(5, 30), time(18, 30))
    assert (vehicle.nights, vehicle.sleeps_at.get()) == (1, cast.venue)


def test_a_vehicle_that_never_went_out_keeps_office_hours(cast: Cast) -> None:
    vehicle = scenario(cast).vehicles.get()
    assert (vehicle.departs, vehicle.returns) == (time(7), time(17, 30))
    assert (vehicle.nights, vehicle.sleeps_at.count()) == (0, 0)


def test_the_search_is_made_ready_for_a_library_that_never_had_a_proposal(
    cast: Cast,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    readied: list[int] = []
    monkeypatch.setattr(work, "get_ready", lambda: readied.append(1))
    made = scenario(cast)

    def times() -> int:
        with django_capture_on_commit_callbacks(execute=True):
            services.make_scenario(actor=cast.owner, season=made.season)
        return len(readied)

    assert times() == 1
    proposal = Proposal.objects.create(
        scenario=made, aim="shortest", made_by=cast.owner, made_at=NOW, beat_at=NOW
    )
    assert times() == 2
    Proposal.objects.filter(pk=proposal.pk).update(state=Proposal.State.DONE)
    assert times() == 2


def test_a_search_that_cannot_be_made_ready_is_no_harm(monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks() -> None:
        raise SearchFailed("no room")

    monkeypatch.setattr(work, "get_ready", breaks)
    work.prepare.call()
