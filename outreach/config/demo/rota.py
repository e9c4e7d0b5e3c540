"""Whose turn it is: which venues a team visits next."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from itertools import cycle
from random import Random

from outreach.config.demo import tours, workdays
from outreach.config.demo.fleet import Fleet, Team
from outreach.config.demo.venues import Sites
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue

_NEIGHBOURHOOD = 6
_FURTHEST_APART = timedelta(minutes=60)
_SCHOOLS = (Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT)


class Rota:
    """Takes a team through its neighbourhoods, and through the venues of each, in turn."""

    def __init__(self, team: Team, base: Venue, venues: Sequence[Venue]) -> None:
        self.team = team
        self.ways = tours.Ways(base, team.vehicle.kind == Vehicle.Kind.BOAT)
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
        """Return the venues of the nearest neighbourhood that are open on ``day``.

        Where nothing is open (a Sunday in the holidays), all count as open.
        """
        nearest = sorted(self.rounds, key=lambda venues: self.ways.home(venues[0]))
        for venues in nearest:
            stops = self._near_first([venue for venue in venues if is_open(venue, day)])[:count]
            if len(stops) > 1:
                return stops
        return self._near_first(nearest[0])[:count]

    def _stops(self, number: int, day: date, die: Random) -> list[Venue]:
        """Return those of a neighbourhood that waited longest; they go to the end of its queue."""
        venues = self.rounds[number]
        days = [day + timedelta(n) for n in range(tours.nights(self.ways, venues) + 1)]
        stops = [venue for venue in venues if all(is_open(venue, day) for day in days)]
        wanted = die.choice([1, 2, 2, 3]) + len(days) - 1
        stops = self._near_first(stops)[:wanted]
        self.rounds[number] = [venue for venue in venues if venue not in stops] + stops
        return stops

    def _near_first(self, venues: Sequence[Venue]) -> list[Venue]:
        """Return the venues that are near the first one."""
        return [venue for venue in venues if self.ways.between(venues[0], venue) <= _FURTHEST_APART]


def is_open(venue: Venue, day: date) -> bool:
    """Tell whether a venue can be visited: schools only on school days."""
    return workdays.is_school_day(day) if venue.kind in _SCHOOLS else workdays.is_workday(day)


def rotas(fleet: Fleet, sites: Sites) -> list[Rota]:
    """Return a rota for each team; boats take the waterside, vans share the roads."""
    boats = [team for team in fleet.teams if team.vehicle.kind == Vehicle.Kind.BOAT]
    vans = [team for team in fleet.teams if team not in boats]
    return [
        Rota(team, sites.headquarters, venues)
        for teams, all_venues in ((vans, sites.by_road), (boats, sites.by_water))
        for team, venues in zip(teams, _shares(all_venues, len(teams)), strict=True)
    ]


def _shares(venues: Sequence[Venue], teams: int) -> Iterator[list[Venue]]:
    """Yield each team's venues: whole neighbourhoods, dealt out in turn."""
    rounds = tours.rounds(venues, _NEIGHBOURHOOD)
    for number in range(teams):
        yield list(_flat(rounds[number::teams]))


def _flat(groups: Iterable[list[Venue]]) -> Iterator[Venue]:
    for group in groups:
        yield from group
