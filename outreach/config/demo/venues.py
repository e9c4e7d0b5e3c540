"""Some 300 invented venues around the real office points of remote communes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import cycle
from typing import Any

from outreach.accounts.models import User
from outreach.common import bulk
from outreach.common.folding import fold, slug
from outreach.config.demo import inputs, terrain, venue_habits
from outreach.config.demo.ground import Ground, priorities
from outreach.config.demo.people import DOMAIN, People, Staff, full_name
from outreach.places.models import AdministrativeUnit, Venue, VenueAccess, VenueHost

_Kind = Venue.Kind
_FURTHEST_KM = 6.0
_NEAREST_KM = 0.3
_CONTACT_DAYS = 400
_SIZES: dict[str, tuple[int, int]] = {
    _Kind.SCHOOL: (100, 275),
    _Kind.SCHOOL_POINT: (28, 75),
    _Kind.CULTURE_HOUSE: (60, 150),
    _Kind.MARKET: (50, 140),
    _Kind.BORDER_POST: (22, 45),
    _Kind.LIBRARY: (70, 160),
}
"""How many people usually come to a visit, least and most, by kind of venue."""


@dataclass
class Sites:
    """The venues of one library."""

    headquarters: Venue
    by_road: list[Venue] = field(default_factory=list)
    by_water: list[Venue] = field(default_factory=list)
    given_up: Venue | None = None
    """A house in a commune that was divided in July 2025; nobody knows which part has it now."""

    @property
    def culture_houses(self) -> list[Venue]:
        """Where exhibitions are held."""
        return [venue for venue in self.by_road if venue.kind == _Kind.CULTURE_HOUSE]

    @property
    def hosted(self) -> Venue:
        """The school whose host signs in."""
        return next(venue for venue in self.by_road if venue.kind == _Kind.SCHOOL)

    def __iter__(self) -> Iterator[Venue]:
        yield self.headquarters
        yield from self.by_road
        yield from self.by_water
        if self.given_up is not None:
            yield self.given_up


def usual_people(venue: Venue) -> int:
    """Return how many people usually come to a visit at this venue."""
    return inputs.dice("size", venue.code).randint(*_SIZES[venue.kind])


def make(people: People, ground: Ground, today: date, now: datetime) -> dict[str, Sites]:
    """Store the venues, their access notes and hosts; return them by library."""
    builder = _Builder(ground, today)
    sites = {staff.slug: builder.sites(staff) for staff in people.staff}
    makers = {staff.library.pk: staff.coordinator for staff in people.staff}
    every = [venue for one in sites.values() for venue in one]
    # Schools before their school points, which refer to them.
    for group in (
        [venue for venue in every if venue.main_venue is None],
        [venue for venue in every if venue.main_venue is not None],
    ):
        bulk.store(Venue, group, by=_maker(makers), at=now)
    by = _maker(makers)
    _note_access(every, by, now)
    bases = {staff.library.pk: sites[staff.slug].headquarters for staff in people.staff}
    venue_habits.make(every, bases, today, now, by)
    VenueHost.objects.bulk_create(
        VenueHost(venue=sites[staff.slug].hosted, user=staff.host) for staff in people.staff
    )
    return sites


def _maker(makers: dict[int, User]) -> Callable[[Venue], User]:
    return lambda venue: makers[venue.library_id]


class _Builder:
    """Makes venues; no name and no code comes twice."""

    def __init__(self, ground: Ground, today: date) -> None:
        self.ground = ground
        self.keep_contact_until = today + timedelta(days=_CONTACT_DAYS)
        self.names = inputs.read("names")
        self.codes: Counter[str] = Counter()
        self.hamlets = {
            True: cycle(self.names["highland_hamlets"]),
            False: cycle(self.names["lowland_hamlets"]),
        }
        self.borders = {row["code"] for row in priorities() if row["kind"] == "border"}

    def sites(self, staff: Staff) -> Sites:
        sites = Sites(self._headquarters(staff))
        for number, commune in enumerate(self.ground.remote(staff)):
            sites.by_road += self._in_commune(staff, commune, number)
        for number, commune in enumerate(self.ground.waterside(staff)):
            sites.by_water += self._in_commune(staff, commune, number)
        divided = self.ground.divided(staff)
        if divided is not None:
            sites.given_up = self._given_up(staff, divided)
        return sites

    def _headquarters(self, staff: Staff) -> Venue:
        name = self.names["headquarters"].format(library=staff.library.name_vi)
        return self._venue(staff, self.ground.capital(staff), name, _Kind.LIBRARY, 0)

    def _in_commune(self, staff: Staff, commune: AdministrativeUnit, number: int) -> list[Venue]:
        """Return two to five venues; which ones depends on the commune's place in the list."""
        places = [unit.name for unit in self.ground.former(commune)] or [commune.name]
        school = self._school(staff, commune, places[0], 1, "primary_school")
        venues = [school]
        if number % 3 != 2:
            venues.append(self._school_point(staff, commune, school, 2))
        if number % 2 == 0:
            within = commune.full_name[0].lower() + commune.full_name[1:]
            name = self.names["culture_house"].format(commune=within)
            venues.append(self._venue(staff, commune, name, _Kind.CULTURE_HOUSE, 3))
        else:
            venues.append(self._school(staff, commune, places[-1], 4, "secondary_school"))
        if number % 5 == 1:
            name = self.names["market"].format(place=commune.name)
            venues.append(self._venue(staff, commune, name, _Kind.MARKET, 5))
        if commune.code in self.borders:
            name = self.names["border_post"].format(place=commune.name)
            venues.append(self._venue(staff, commune, name, _Kind.BORDER_POST, 6))
        return venues

    def _given_up(self, staff: Staff, commune: AdministrativeUnit) -> Venue:
        """Return the house of a former commune, of which no map shows the point."""
        within = commune.full_name[0].lower() + commune.full_name[1:]
        name = self.names["culture_house"].format(commune=within)
        venue = self._venue(staff, commune, name, _Kind.CULTURE_HOUSE, None)
        venue.is_in_use = False
        return venue

    def _school(
        self, staff: Staff, commune: AdministrativeUnit, place: str, spot: int, pattern: str
    ) -> Venue:
        """Return a school; in the highlands often one where children board in the week."""
        if staff.facts["is_highland"] and inputs.dice("school", commune.code, spot).random() < 0.6:
            pattern = f"highland_{pattern}"
        name = self.names[pattern].format(place=place)
        return self._venue(staff, commune, name, _Kind.SCHOOL, spot)

    def _school_point(
        self, staff: Staff, commune: AdministrativeUnit, school: Venue, spot: int
    ) -> Venue:
        hamlet = next(self.hamlets[staff.facts["is_highland"]])
        name = self.names["school_point"].format(hamlet=hamlet, school=school.name)
        point = self._venue(staff, commune, name, _Kind.SCHOOL_POINT, spot)
        point.main_venue = school
        point.locality = hamlet[0].upper() + hamlet[1:]
        return point

    def _venue(
        self,
        staff: Staff,
        commune: AdministrativeUnit,
        name: str,
        kind: Venue.Kind,
        spot: int | None,
    ) -> Venue:
        base = slug(name)[:70]
        self.codes[base] += 1
        code = base if self.codes[base] == 1 else f"{base}-{self.codes[base]}"
        lat, lon = (None, None) if spot is None else _spot(commune, spot)
        die = inputs.dice("venue", code)
        return Venue(
            library=staff.library,
            code=code,
            name=name,
            kind=kind,
            commune=commune,
            address=commune.full_name,
            lat=lat,
            lon=lon,
            contact_name=full_name("contact", code),
            contact_phone="0000 000 000",
            contact_email=f"{code[:50]}@{DOMAIN}",
            contact_until=self.keep_contact_until,
            access_note="" if not spot else die.choice(["", *self.names["access_notes"]]),
            is_invented=True,
            folded=fold(name),
        )


def _spot(commune: AdministrativeUnit, spot: int) -> terrain.Point:
    """Return a point near the commune's office, the same one every time.

    At most half way to the edge of a disc of the commune's area, so that it lies inside.
    """
    assert commune.point is not None
    if spot == 0:
        return commune.point
    die = inputs.dice("spot", commune.code, spot)
    radius_km = math.sqrt((commune.area_km2 or 20.0) / math.pi)
    furthest = max(_NEAREST_KM, min(_FURTHEST_KM, radius_km / 2))
    return terrain.moved(
        commune.point, km=die.uniform(_NEAREST_KM, furthest), towards=die.uniform(0, math.tau)
    )


_ACCESS: dict[str, tuple[dict[str, Any], ...]] = {
    _Kind.SCHOOL: (
        {"has_indoor_room": True},
        {"slope": VenueAccess.Slope.STEEP},
        {"turning": VenueAccess.Turning.NONE},
    ),
    _Kind.SCHOOL_POINT: (
        {
            "main_site_only": True,
            "onward_by": VenueAccess.Onward.MOTORBIKE,
            "onward_km": 4.0,
            "onward_min": 25,
        },
        {"has_power": False},
        {"signal": VenueAccess.Signal.NONE},
        {"slope": VenueAccess.Slope.VERY_STEEP, "closed_months": frozenset({10})},
    ),
    _Kind.CULTURE_HOUSE: ({"has_indoor_room": True}, {"flood_months": frozenset({9, 10, 11})}),
    _Kind.MARKET: (
        {"turning": VenueAccess.Turning.SMALL},
        {"largest_vehicle_m": 6.5},
    ),
    _Kind.BORDER_POST: (
        {"signal": VenueAccess.Signal.WEAK},
        {"has_indoor_room": True},
        {"slope": VenueAccess.Slope.STEEP},
    ),
    _Kind.LIBRARY: ({"turning": VenueAccess.Turning.LARGE, "has_power": True},),
}


_ROOMS = (80, 100, 120, 150, 200)
"""How many people the rooms hold."""


def _note_access(venues: list[Venue], by: Callable[[Venue], User], now: datetime) -> None:
    """Store an access file for each venue, with what the die says is known."""
    files = [_access(venue) for venue in venues]
    bulk.store(VenueAccess, files, by=lambda one: by(one.venue), at=now)


def _access(venue: Venue) -> VenueAccess:
    access = VenueAccess(venue=venue)
    for number, facts in enumerate(_ACCESS[venue.kind]):
        if inputs.dice("access", venue.code, number).random() < 0.6:
            for name, value in facts.items():
                setattr(access, name, value)
    if access.has_indoor_room:
        access.room_people = inputs.dice("room", venue.code).choice(_ROOMS)
    return access
