"""One finished evaluation year: what the libraries did from December 2024 to November 2025."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from itertools import cycle
from random import Random

from outreach.common import clock
from outreach.common.periods import Period, evaluation_year
from outreach.config.demo import inputs, programme, rota, tours, workdays
from outreach.config.demo.diary import PUBLISHED, Diary, Entry, Fate
from outreach.config.demo.fleet import Fleet
from outreach.config.demo.people import Staff
from outreach.config.demo.tours import Visit
from outreach.config.demo.venues import Sites
from outreach.fleet.models import CrewMember
from outreach.places.models import Venue
from outreach.scheduling.models import State

_TERM_STARTS: tuple[tuple[int, ...], ...] = ((0,), (1,), (2,), (1, 3), (), ())
"""On which days of a week (Monday is 0) trips leave; each week falls on one of these."""
_SUMMER_STARTS: tuple[tuple[int, ...], ...] = ((), (1,), (), (2,))
_MISHAPS = 0.015
_SMALL_REASONS = ("breakdown", "illness", "host_asked", "road_closed")
_EVERY_NTH_STOP_EXHIBITS = 9
_OPENS, _CLOSES = time(8), time(16, 30)
_OPENS_AFTER_NOON = time(13, 30)


@dataclass
class Scene:
    """One library with everything its diary needs."""

    staff: Staff
    sites: Sites
    fleet: Fleet
    rotas: list[rota.Rota] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rotas = rota.rotas(self.fleet, self.sites)


def year() -> Period[date]:
    """Return the year of the review."""
    return evaluation_year(inputs.read("review_2025")["year"])


def last_day() -> date:
    """Return the last day of the year of the review."""
    end = year().end
    assert end is not None
    return end - timedelta(days=1)


def fill(diary: Diary, scene: Scene) -> None:
    """Note a library's trips, exhibitions, sessions and trainings of the year."""
    shown_on_trips = _Exhibits(scene.staff.facts["exhibitions"] // 3)
    for turn in scene.rotas:
        for monday in workdays.mondays(year()):
            _fill_week(diary, scene, turn, monday, shown_on_trips)
    missing = scene.staff.facts["exhibitions"] - shown_on_trips.shown
    _add_exhibitions(diary, scene, missing)
    _add_cancelled_exhibitions(diary, scene)
    _add_sessions(diary, scene)


@dataclass
class _Exhibits:
    """Puts an exhibition beside every n-th stop, as often as wanted."""

    wanted: int
    shown: int = 0
    stops: int = 0

    def put_beside(self, entries: Iterable[Entry], day: date) -> None:
        """Add an exhibition to those of a trip's stops whose turn it is."""
        for entry in entries:
            self.stops += 1
            due = self.stops % _EVERY_NTH_STOP_EXHIBITS == 0
            small = entry.event.venue.kind == Venue.Kind.SCHOOL_POINT
            if due and not small and self.shown < self.wanted:
                self.shown += 1
                entry.exhibit(programme.theme_of(day, self.shown))


def _fill_week(
    diary: Diary, scene: Scene, turn: rota.Rota, monday: date, exhibits: _Exhibits
) -> None:
    die = inputs.dice("week", turn.team.vehicle.slug, monday)
    is_summer = not workdays.is_school_day(monday) and 6 <= monday.month <= 8
    for offset in die.choice(_SUMMER_STARTS if is_summer else _TERM_STARTS):
        day = monday + timedelta(days=offset)
        stops = turn.next_stops(day, die)
        tour = tours.plan(turn.ways, stops, day, die) if stops else None
        if tour is None or tour.returns_at.date() not in year():
            continue
        fate = _fate(scene.staff.slug, day, tour.returns_at.date(), die)
        plans = [programme.of_stop(turn.team.vehicle, visit.venue, die) for visit in tour.visits]
        entries = diary.add_trip(scene.staff, turn.team, tour, plans, fate)
        if entries and fate is PUBLISHED:
            exhibits.put_beside(entries, day)


def _fate(library: str, first: date, last: date, die: Random) -> Fate:
    """Return whether the weather, the vehicle and the crew let a trip of these days go out."""
    for day in workdays.days(Period(first, last + timedelta(days=1))):
        closed = workdays.closure(library, day)
        if closed:
            return Fate(State.CANCELLED, closed.reason, closed.note)
    return mishap(die, _MISHAPS) or PUBLISHED


def mishap(die: Random, probability: float) -> Fate | None:
    """Return how a trip was called off for a small reason, if it was."""
    if die.random() >= probability:
        return None
    reason = die.choice(_SMALL_REASONS)
    return Fate(State.CANCELLED, reason, inputs.read("themes")["cancel_notes"][reason])


def all_day(scene: Scene, venue: Venue, day: date) -> Visit:
    """Return a visit from morning to late afternoon; a library has its readers in the morning."""
    zone = scene.staff.library.zone
    opens = _OPENS_AFTER_NOON if venue.kind == Venue.Kind.LIBRARY else _OPENS
    return Visit(venue, clock.at(day, opens, zone), clock.at(day, _CLOSES, zone))


def hours(scene: Scene, venue: Venue, day: date, first: time, minutes: int) -> Visit:
    """Return a visit of some minutes."""
    start: datetime = clock.at(day, first, scene.staff.library.zone)
    return Visit(venue, start, start + timedelta(minutes=minutes))


def free_crew(diary: Diary, scene: Scene, day: date) -> list[CrewMember]:
    """Return up to two people outside the teams who have nothing else that day."""
    return [
        member for member in scene.fleet.others if diary.is_free([f"person/{member.pk}"], [day])
    ][:2]


def _add_exhibitions(diary: Diary, scene: Scene, count: int) -> None:
    """Note ``count`` exhibitions of a day, spread over the year, each really held."""
    days = [day for day in workdays.days(year()) if _suits_exhibition(scene.staff.slug, day)]
    places = cycle([*scene.sites.culture_houses, scene.sites.headquarters])
    for number in range(count):
        around = days[int((number + 0.5) * len(days) / count) :]
        _hold_exhibition(diary, scene, next(places), around, number)


def _suits_exhibition(library: str, day: date) -> bool:
    """Tell whether an exhibition can be held: Tuesday to Saturday, no holiday, no storm."""
    return (
        1 <= day.weekday() <= 5
        and not workdays.is_holiday(day)
        and workdays.closure(library, day) is None
    )


def _hold_exhibition(
    diary: Diary, scene: Scene, venue: Venue, days: list[date], number: int
) -> None:
    """Note one exhibition on the first of ``days`` on which the place and somebody are free."""
    for day in days:
        crew = free_crew(diary, scene, day)
        die = inputs.dice("exhibition", venue.code, day)
        plan = programme.of_exhibition(venue, programme.theme_of(day, number), die)
        if crew and diary.add_event(scene.staff, all_day(scene, venue, day), plan, crew, PUBLISHED):
            return
    raise LookupError(f"No day is left for exhibition {number} of {scene.staff.slug}.")


def _add_cancelled_exhibitions(diary: Diary, scene: Scene) -> None:
    """Note one exhibition that a storm or flood called off, where there was one."""
    for day in workdays.days(year()):
        closed = workdays.closure(scene.staff.slug, day)
        if closed and day.weekday() < 5:
            venue = scene.sites.culture_houses[0]
            die = inputs.dice("exhibition", venue.code, day)
            plan = programme.of_exhibition(venue, programme.theme_of(day, 0), die)
            fate = Fate(State.CANCELLED, closed.reason, closed.note)
            crew = free_crew(diary, scene, day)
            if diary.add_event(scene.staff, all_day(scene, venue, day), plan, crew, fate):
                return


def _add_sessions(diary: Diary, scene: Scene) -> None:
    """Note a reading session in the building each month, and trainings and talks in between."""
    for day, kind in _session_days():
        venue = _place_of_session(scene, day, kind)
        if workdays.is_holiday(day) or workdays.closure(scene.staff.slug, day):
            continue
        die = inputs.dice("session", scene.staff.slug, day)
        visit = hours(scene, venue, day, time(8, 30), 180 if kind == programme.TRAINING else 90)
        crew = free_crew(diary, scene, day)
        plan = programme.of_session(kind, venue, die)
        if crew:
            diary.add_event(scene.staff, visit, plan, crew, PUBLISHED)


def _place_of_session(scene: Scene, day: date, kind: str) -> Venue:
    """Return the building; in spring some go to a commune that was divided afterwards."""
    former = scene.sites.given_up
    is_out = kind != programme.READING and day.month < 6
    return former if is_out and former is not None else scene.sites.headquarters


def _session_days() -> Iterator[tuple[date, str]]:
    """Yield the second Saturday of each month, and some Wednesdays for trainings and talks."""
    for day in workdays.days(year()):
        if day.weekday() == 5 and 8 <= day.day <= 14:
            yield day, programme.READING
        if day.weekday() == 2 and 15 <= day.day <= 21 and day.month in (3, 10):
            yield day, programme.TRAINING
        if day.weekday() == 2 and 15 <= day.day <= 21 and day.month in (4, 11):
            yield day, programme.TALK
