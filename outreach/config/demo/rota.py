"""Whose turn it is: which venues a team visits next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import cycle
from random import Random

from outreach.config.demo import terrain, tours, workdays
from outreach.config.demo.fleet import Fleet, Team
from outreach.config.demo.venues import Sites
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling import ways as roads
from outreach.scheduling.rulebook import defaults_of

_NEIGHBOURHOOD = 6
_FURTHEST_APART_KM = 20
"""As the crow flies: an hour and a half in the mountains."""
_SCHOOLS = (Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT)


class Rota:
    """Takes a team through its neighbourhoods, and through the venues of each, in turn."""

    def __init__(self, team: Team, ways: tours.Ways, venues: Sequence[Venue]) -> None:
        self.team = team
        self.ways = ways
        self.rounds = tours.rounds(venues, _NEIGHBOURHOOD)
        self._turn = cycle(range(len(self.rounds)))

    def next_stops(self, day: date, die: Random) -> list[Venue]:
        """Return the venues of the trip that leaves on ``day``; none if all are closed then."""
        for _attempt in self.rounds:
            number = next(self._turn)
            stops = self._stops(number, day, die)
            if stops:
                return stops
        return []

    def near_base(self, day: date, count: int) -> list[Venue]:
        """Return some of the nearest venues that are open on ``day``.

        Where nothing is open (a Sunday in the holidays), the village is: its house and its market.
        """
        venues = [venue for group in self.rounds for venue in group]
        venues.sort(key=lambda venue: (self.ways.home(venue, day), venue.code))
        for accepts in (is_open, _is_never_closed):
            fit = [venue for venue in venues if accepts(venue, day) and is_passable(venue, day)]
            for first, _venue in enumerate(fit):
                stops = self._near_first(fit[first:])[:count]
                if len(stops) > 1:
                    return stops
        raise LookupError(f"{self.team.vehicle} has nowhere to go on {day}.")

    def can_visit(self, venue: Venue, days: Iterable[date]) -> bool:
        """Tell whether a venue is open and reached on all of these days."""
        return all(
            is_open(venue, day)
            and is_passable(venue, day)
            and self.ways.home(venue, day) <= tours.FURTHEST_MIN
            for day in days
        )

    def _stops(self, number: int, day: date, die: Random) -> list[Venue]:
        """Return those of a neighbourhood that waited longest; they go to the end of its queue."""
        venues = self.rounds[number]
        nights = tours.nights(self.ways, venues, day)
        days = [day + timedelta(n) for n in range(nights + 1)]
        stops = [venue for venue in venues if self.can_visit(venue, days)]
        wanted = die.choice([1, 2, 2, 3]) + nights
        stops = self._near_first(stops)[:wanted]
        self.rounds[number] = [venue for venue in venues if venue not in stops] + stops
        return stops

    def _near_first(self, venues: Sequence[Venue]) -> list[Venue]:
        """Return the venues that are near the first one."""
        return [
            venue
            for venue in venues
            if terrain.distance_km(terrain.at(venues[0]), terrain.at(venue)) <= _FURTHEST_APART_KM
        ]


def is_open(venue: Venue, day: date) -> bool:
    """Tell whether a venue can be visited: schools only on school days."""
    return workdays.is_school_day(day) if venue.kind in _SCHOOLS else workdays.is_workday(day)


def is_passable(venue: Venue, day: date) -> bool:
    """Tell whether the road is, in the month of ``day``; nobody plans for one that floods."""
    access = venue.access
    return day.month not in access.closed_months and day.month not in access.flood_months


def is_reached_by(vehicle: Vehicle, venue: Venue) -> bool:
    """Tell whether a vehicle is short enough for the way to a venue."""
    largest_m = venue.access.largest_vehicle_m
    return largest_m is None or vehicle.length_m is None or vehicle.length_m <= largest_m


def _is_never_closed(venue: Venue, _day: date) -> bool:
    return venue.kind not in _SCHOOLS


def rotas(fleet: Fleet, sites: Sites) -> list[Rota]:
    """Return a rota for each team; boats take the waterside, vans share the roads."""
    boats = [team for team in fleet.teams if team.vehicle.kind == Vehicle.Kind.BOAT]
    vans = [team for team in fleet.teams if team not in boats]
    road_net = roads.Ways(sites)
    return [
        Rota(team, _ways(team, sites.headquarters, road_net), venues)
        for teams, all_venues in ((vans, sites.by_road), (boats, sites.by_water))
        for team, venues in zip(teams, _shares(all_venues, teams), strict=True)
    ]


def _ways(team: Team, base: Venue, road_net: roads.Ways) -> tours.Ways:
    library = base.library
    return tours.Ways(
        base,
        by_boat=team.vehicle.kind == Vehicle.Kind.BOAT,
        zone=library.zone,
        roads=road_net,
        spare_min=defaults_of(library).leg_buffer_min,
    )


def _shares(venues: Sequence[Venue], teams: Sequence[Team]) -> Iterator[list[Venue]]:
    """Yield each team's venues: whole neighbourhoods, dealt out in turn.

    What a team's vehicle is too long for goes to the team with the shortest one.
    """
    if not teams:
        return
    groups = tours.rounds(venues, _NEIGHBOURHOOD)
    dealt = [
        [venue for group in groups[number :: len(teams)] for venue in group]
        for number in range(len(teams))
    ]
    shortest = min(range(len(teams)), key=lambda number: teams[number].vehicle.length_m or 0)
    for team, share in zip(teams, dealt, strict=True):
        narrow = [venue for venue in share if not is_reached_by(team.vehicle, venue)]
        if team is not teams[shortest]:
            share[:] = [venue for venue in share if venue not in narrow]
            dealt[shortest] += narrow
    yield from dealt
