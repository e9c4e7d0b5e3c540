"""On which days which vehicle may go out, with whom, and why not on the others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from outreach.common import clock
from outreach.fleet.models import Unavailability
from outreach.planning.models import ScenarioVehicle
from outreach.planning.scenarios.crews import Crew, Outing, crews_for
from outreach.planning.scenarios.hours import seconds_of
from outreach.planning.scenarios.reading import Duties, Facts, Horizon
from outreach.planning.scenarios.ways import place_of
from outreach.planning.scenarios.weighing import Weighing
from outreach.routing.problem import Shift
from outreach.scheduling.models import Trip

DAY = timedelta(days=1)


class Stays(StrEnum):
    """Why a vehicle stays at home on a day on which it would go out."""

    HOLIDAY = "holiday"
    VEHICLE_OFF = "vehicle_off"
    OTHER_TRIP = "other_trip"
    NO_CREW = "no_crew"


@dataclass(frozen=True, slots=True)
class AtHome:
    """A day on which a vehicle would go out and cannot.

    Attributes:
        vehicle: its key.
        fact: the holiday's name, or why the vehicle is not to be had; else empty.
    """

    vehicle: int
    on: date
    code: Stays
    fact: str = ""


@dataclass(frozen=True, slots=True)
class Fleet:
    """Where the vehicles of a scenario may go when.

    Attributes:
        crews: by vehicle and day.
        nights: how many in a row anybody may stay away.
    """

    shifts: tuple[Shift, ...]
    at_home: tuple[AtHome, ...]
    crews: Mapping[tuple[int, date], Crew]
    nights: int


def fleet_of(facts: Facts, weighing: Weighing) -> Fleet:
    """Return the shifts of a scenario, in order of days and vehicles."""
    off = _TimesOff(facts)
    outings: list[Outing] = []
    at_home: list[AtHome] = []
    for one in facts.vehicles:
        minutes = _minutes(one)
        for on in facts.horizon.dates:
            if on.weekday() not in one.weekdays or minutes <= 0:
                continue
            reason = off.why_at_home(one, on)
            if reason is None:
                outings.append(Outing(one.vehicle_id, on, minutes))
            else:
                at_home.append(reason)
    by_key = {one.vehicle_id: one for one in facts.vehicles}
    crews = crews_for(outings, facts.members, off.may_go(by_key))
    at_home += [
        AtHome(one.vehicle, one.on, Stays.NO_CREW)
        for one in outings
        if (one.vehicle, one.on) not in crews
    ]
    nights = max((one.nights for one in facts.vehicles if _beds(one)), default=0)
    make = _Making(facts, weighing, off, crews, nights)
    shifts = [make.shift(by_key[vehicle], on) for vehicle, on in crews]
    shifts.sort(key=lambda shift: (shift.on, int(shift.vehicle)))
    at_home.sort(key=lambda one: (one.on, one.vehicle))
    return Fleet(tuple(shifts), tuple(at_home), crews, nights)


def shift_name(vehicle: int, on: date) -> str:
    """Return what a vehicle's day is called."""
    return f"{vehicle}:{on.isoformat()}"


@dataclass(frozen=True, slots=True)
class _Making:
    """Makes shifts of vehicles with crews."""

    facts: Facts
    weighing: Weighing
    off: _TimesOff
    crews: Mapping[tuple[int, date], Crew]
    nights: int

    def shift(self, one: ScenarioVehicle, on: date) -> Shift:
        base = place_of(one.base_id)
        starts_s, ends_s = _hours(one)
        return Shift(
            name=shift_name(one.vehicle_id, on),
            vehicle=str(one.vehicle_id),
            crew=self.crews[one.vehicle_id, on].name,
            on=on,
            starts_s=starts_s,
            ends_s=ends_s,
            start=base,
            end=base,
            profile=self.facts.ways.profile(one.vehicle, on),
            longest_s=None if one.longest_min is None else one.longest_min * 60,
            capacity=one.vehicle.capacity_items,
            out_cost=self.weighing.day_m,
            sleeps_at=self._beds_on(one, on),
            night_cost=self.weighing.night_m,
        )

    def _beds_on(self, one: ScenarioVehicle, on: date) -> tuple[str, ...]:
        """Return where a vehicle may sleep after a day, if it goes on with the same crew."""
        crew, next_crew = (self.crews.get((one.vehicle_id, day)) for day in (on, on + DAY))
        if not one.nights or crew is None or next_crew is None or crew.name != next_crew.name:
            return ()
        # Others may stay away for longer: who may for one night only has every other one.
        if one.nights < self.nights and on.toordinal() % 2:
            return ()
        if not self.off.is_night_free(one, crew, on):
            return ()
        return tuple(place_of(key) for key in _beds(one))


class _TimesOff:
    """Who and what is not to be had when."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.zone = facts.horizon.zone
        self._off: dict[tuple[str, int], list[Unavailability]] = defaultdict(list)
        for row in facts.times_off:
            if row.vehicle_id is not None:
                self._off["vehicle", row.vehicle_id].append(row)
            if row.member_id is not None:
                self._off["member", row.member_id].append(row)
        self._trips: dict[tuple[int, date], Trip] = {}
        for trip in facts.season.others:
            for on in _days(trip.departs_at, trip.returns_at, facts.horizon):
                self._trips.setdefault((trip.vehicle_id, on), trip)
        self._busy = _busy(facts.season.duties, facts.horizon)

    def why_at_home(self, one: ScenarioVehicle, on: date) -> AtHome | None:
        """Return why a vehicle cannot go out on a day, whoever goes with it."""
        holidays = self.facts.limits.holidays
        if on in holidays and not self.facts.scenario.goes_on_holidays:
            return AtHome(one.vehicle_id, on, Stays.HOLIDAY, holidays[on])
        if off := self._meeting("vehicle", one.vehicle_id, *self._span(one, on)):
            return AtHome(one.vehicle_id, on, Stays.VEHICLE_OFF, off.reason)
        if (one.vehicle_id, on) in self._trips:
            return AtHome(one.vehicle_id, on, Stays.OTHER_TRIP)
        return None

    def may_go(self, vehicles: Mapping[int, ScenarioVehicle]) -> Callable[[int, Outing], bool]:
        """Return whether somebody may go with an outing."""

        def may(member: int, outing: Outing) -> bool:
            if (member, outing.on) in self._busy:
                return False
            span = self._span(vehicles[outing.vehicle], outing.on)
            return self._meeting("member", member, *span) is None

        return may

    def is_night_free(self, one: ScenarioVehicle, crew: Crew, on: date) -> bool:
        """Tell whether vehicle and crew are to be had between a day and the next."""
        night = (self._span(one, on)[1], self._span(one, on + DAY)[0])
        named = [("vehicle", one.vehicle_id), *(("member", key) for key in crew.members)]
        return all(self._meeting(what, key, *night) is None for what, key in named)

    def _span(self, one: ScenarioVehicle, on: date) -> tuple[datetime, datetime]:
        return clock.at(on, one.departs, self.zone), clock.at(on, one.returns, self.zone)

    def _meeting(
        self, what: str, key: int, start: datetime, end: datetime
    ) -> Unavailability | None:
        rows: Sequence[Unavailability] = self._off.get((what, key), ())
        return next((row for row in rows if row.starts_at < end and row.ends_at > start), None)


def _busy(duties: Iterable[Duties], horizon: Horizon) -> frozenset[tuple[int, date]]:
    return frozenset(
        (duty.member, on) for duty in duties for on in _days(duty.starts_at, duty.ends_at, horizon)
    )


def _days(starts_at: datetime, ends_at: datetime, horizon: Horizon) -> Iterable[date]:
    """Yield the days of the horizon that something meets."""
    on = max(clock.local(starts_at, horizon.zone).date(), horizon.first_on)
    last = clock.local(ends_at - timedelta(microseconds=1), horizon.zone).date()
    while on <= last and on < horizon.end_on:
        yield on
        on += DAY


def _beds(one: ScenarioVehicle) -> list[int]:
    keys = sorted(place.pk for place in one.sleeps_at.all())
    return [key for key in keys if key != one.base_id] if one.nights else []


def _hours(one: ScenarioVehicle) -> tuple[int, int]:
    """Return departure and return in whole minutes within those that were set."""
    return -(-seconds_of(one.departs) // 60) * 60, seconds_of(one.returns) // 60 * 60


def _minutes(one: ScenarioVehicle) -> int:
    starts_s, ends_s = _hours(one)
    whole = (ends_s - starts_s) // 60
    return whole if one.longest_min is None else min(whole, one.longest_min)
