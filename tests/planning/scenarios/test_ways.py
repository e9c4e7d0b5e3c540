"""The planner's ways are those that scheduling reckons with."""

from __future__ import annotations

import random
from datetime import date, timedelta

import numpy as np
import pytest

from outreach.fleet.models import Vehicle
from outreach.places.models import TravelTime, UnitPriority, Venue, VenueAccess
from outreach.planning.scenarios.ways import Shut, WaysOfSeason, place_of
from outreach.routing.problem import Matrix
from outreach.scheduling.ways import STEEP, Ways
from tests.cast import Cast
from tests.factories import CommuneFactory, TravelTimeFactory, VenueFactory

VAN = Vehicle(kind=Vehicle.Kind.VAN)
MARCH, OCTOBER = date(2027, 3, 10), date(2027, 10, 10)


def ways_of(venues: list[Venue], *, visited: int | None = None, **changes: object) -> WaysOfSeason:
    """Return the ways between venues, the first of which is the base."""
    wanted: dict[str, object] = {
        "bases": [venues[0].pk],
        "also_visited": [venue.pk for venue in venues[1:visited]],
        "typed": TravelTime.objects.order_by("pk"),
        "priorities": UnitPriority.objects.order_by("pk"),
        "steep": VenueAccess.objects.filter(slope__in=STEEP).values_list("venue_id", flat=True),
    }
    return WaysOfSeason(venues, **wanted | changes)  # type: ignore[arg-type]


def matrix(ways: WaysOfSeason, day: date, vehicle: Vehicle = VAN) -> Matrix:
    name = ways.profile(vehicle, day)
    return ways.matrices()[name]


def seconds(found: Matrix, here: Venue, there: Venue) -> float:
    index = found.index()
    return float(found.seconds[index[place_of(here)], index[place_of(there)]])


def scatter(cast: Cast, dice: random.Random) -> list[Venue]:
    """Store venues here and there, with what people typed of some of the ways between them."""
    communes = [cast.commune, CommuneFactory.create(), CommuneFactory.create()]
    UnitPriority.objects.create(unit=communes[1], kind="border", valid_from=date(2025, 7, 1))
    UnitPriority.objects.create(unit=communes[2], kind="difficult", valid_from=date(2027, 6, 1))
    venues = [
        VenueFactory.create(
            library=cast.library,
            commune=dice.choice(communes),
            lat=19 + dice.random(),
            lon=104.5 + dice.random(),
        )
        for _number in range(9)
    ]
    VenueAccess.objects.create(venue=venues[3], slope="steep")
    said = set()
    for _number in range(30):
        here, there = dice.sample([None, *venues], 2)
        months = dice.choice([frozenset(), frozenset({3, 4}), frozenset({10})])
        if there is not None and (here, there, months) not in said:
            said.add((here, there, months))
            TravelTimeFactory.create(
                origin=here,
                destination=there,
                months=months,
                minutes=dice.randint(1, 240),
                both_ways=dice.random() < 0.5,
                km=dice.choice([None, 7.5]),
            )
    return venues


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("on", [MARCH, OCTOBER])
def test_each_way_takes_as_long_as_scheduling_says(cast: Cast, seed: int, on: date) -> None:
    venues = scatter(cast, random.Random(seed))
    base = venues[0]
    found, scheduling = matrix(ways_of(venues), on), Ways(venues)
    index = found.index()
    for here in venues:
        for there in venues:
            if there.pk == base.pk:
                continue
            way = scheduling.between(here, there, on)
            assert way is not None
            a, b = index[place_of(here)], index[place_of(there)]
            assert found.seconds[a, b] == way.minutes * 60, (here.pk, there.pk)
            if way.km is not None and way.minutes:
                assert found.metres[a, b] == max(round(way.km * 1000), 1)


@pytest.mark.parametrize("seed", range(6))
def test_the_way_home_takes_as_long_as_scheduling_says(cast: Cast, seed: int) -> None:
    venues = scatter(cast, random.Random(seed))
    base = venues[0]
    found, scheduling = matrix(ways_of(venues), MARCH), Ways(venues)
    for here in venues[1:]:
        way = scheduling.between(here, base, MARCH, is_home=True)
        assert way is not None
        assert seconds(found, here, base) == way.minutes * 60


def test_a_base_that_is_a_stop_too_has_the_longer_way_of_both(cast: Cast) -> None:
    base, venue = cast.venue, VenueFactory.create(library=cast.library, lat=19.3, lon=105.0)
    TravelTimeFactory.create(destination=venue, minutes=1)
    alone, both = ways_of([base, venue]), ways_of([base, venue], also_visited=[base.pk, venue.pk])
    assert seconds(matrix(alone, MARCH), venue, base) == 60
    assert seconds(matrix(both, MARCH), venue, base) > 60


def test_days_for_which_the_same_holds_share_a_matrix(cast: Cast) -> None:
    TravelTimeFactory.create(destination=cast.venue, months=frozenset({4}), minutes=300)
    ways = ways_of([cast.second_venue, cast.venue])
    names = {day: ways.profile(VAN, date(2027, 3, 1) + timedelta(days=day)) for day in range(90)}
    assert len(set(names.values())) == 2
    assert names[30] == names[0] != names[31]
    assert names[60] != names[61] == names[0]


def test_a_closed_way_parts_those_behind_it_from_the_rest(cast: Cast) -> None:
    inside = VenueFactory.create(library=cast.library, lat=19.3, lon=105.0)
    also_inside = VenueFactory.create(library=cast.library, lat=19.35, lon=105.0)
    shut = Shut(MARCH, MARCH + timedelta(days=1), frozenset({inside.pk, also_inside.pk}))
    ways = ways_of([cast.venue, inside, also_inside], closures=[shut])
    then, after = matrix(ways, MARCH), matrix(ways, MARCH + timedelta(days=1))
    assert seconds(then, cast.venue, inside) == seconds(then, inside, cast.venue) == float("inf")
    assert seconds(then, inside, also_inside) < float("inf")
    assert seconds(after, cast.venue, inside) < float("inf")


def test_what_nobody_has_placed_lies_about_where_its_commune_is(cast: Cast) -> None:
    somewhere = VenueFactory.create(
        library=cast.library, commune=CommuneFactory.create(lat=19.5, lon=105), lat=None, lon=None
    )
    nowhere = VenueFactory.create(library=cast.library, commune=None, lat=None, lon=None)
    found = matrix(ways_of([cast.venue, somewhere, nowhere]), MARCH)
    assert 0 < seconds(found, cast.venue, somewhere) < float("inf")
    assert (place_of(cast.venue), place_of(somewhere)) in found.estimated
    assert seconds(found, cast.venue, nowhere) == float("inf")


def test_a_boat_goes_by_what_people_typed_else_by_a_marked_estimate(cast: Cast) -> None:
    typed = VenueFactory.create(library=cast.library, lat=19.3, lon=105.0)
    TravelTimeFactory.create(origin=cast.venue, destination=typed, minutes=77)
    boat = Vehicle(kind=Vehicle.Kind.BOAT)
    found = matrix(ways_of([cast.venue, cast.second_venue, typed]), MARCH, boat)
    assert seconds(found, cast.venue, typed) == 77 * 60
    assert (place_of(cast.venue), place_of(typed)) not in found.estimated
    assert (place_of(typed), place_of(cast.second_venue)) in found.estimated


def test_a_way_has_a_length_just_where_it_takes_time(cast: Cast) -> None:
    twin = VenueFactory.create(library=cast.library, lat=cast.venue.lat, lon=cast.venue.lon)
    far = VenueFactory.create(library=cast.library, lat=19.8, lon=105.4)
    TravelTimeFactory.create(origin=twin, destination=far, minutes=5, km=0)
    found = matrix(ways_of([cast.venue, twin, far]), MARCH)
    assert np.array_equal(found.metres > 0, found.seconds > 0)
    assert seconds(found, cast.venue, twin) == 0
