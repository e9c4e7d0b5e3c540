"""The running season: some weeks before and after today, today itself, and what was promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from random import Random

from outreach.common import bulk, clock
from outreach.common.periods import Period, monday_of
from outreach.config.demo import fleet as fleets
from outreach.config.demo import inputs, past_year, programme, rota, routine, storm, tours, workdays
from outreach.config.demo.diary import DRAFT, PUBLISHED, Diary, Entry, Fate
from outreach.config.demo.past_year import Scene
from outreach.config.demo.people import HOME
from outreach.config.demo.results import Book
from outreach.places.models import Venue
from outreach.planning.models import Promise, Season
from outreach.scheduling.models import State

WEEKS = 8
"""Before and after this week."""
_PUBLIC_WEEKS = 4
_STARTS: tuple[tuple[int, ...], ...] = ((0,), (1,), (1, 3), (), (2,), ())
_STOPS_TODAY = 3
_MOST_WEEKS = 12
"""The longest cycle that is promised."""
_UNMET = 0.1
"""Share of the venues nobody comes to this season that were promised visits all the same."""
_SERVICE_MIN = (60, 90, 90, 120, 150)
_MISHAPS = 0.05
_LATE = timedelta(days=10)
"""Sheets of events younger than this are often still to come."""


@dataclass(frozen=True, slots=True)
class Span:
    """The days around today."""

    today: date

    @property
    def days(self) -> Period[date]:
        """From some weeks ago, but not before the finished year ended, to some weeks ahead."""
        monday = monday_of(self.today)
        end = past_year.year().end
        assert end is not None
        first = max(monday - timedelta(weeks=WEEKS), end)
        return Period(first, monday + timedelta(weeks=WEEKS + 1))

    def fate(self, day: date, die: Random) -> Fate:
        """Return how far a trip of ``day`` has come."""
        ahead = (monday_of(day) - monday_of(self.today)).days // 7
        if day > self.today and (ahead > _PUBLIC_WEEKS or (ahead > 1 and die.random() < 0.15)):
            return DRAFT
        return past_year.mishap(die, _MISHAPS) or PUBLISHED


def fill(diary: Diary, scene: Scene, today: date) -> None:
    """Note a library's trips, exhibitions and sessions around today."""
    span = Span(today)
    if scene.staff.slug == HOME:
        _go_out_today(diary, scene, today)
    else:
        _visit_host(diary, scene, today)
    for turn in scene.rotas:
        for monday in workdays.mondays(span.days):
            _fill_week(diary, scene, turn, monday, span)
    if scene.staff.slug == storm.LIBRARY and storm.call_off(scene, diary.entries, today):
        _make_up(diary, scene, today)
    _add_exhibitions(diary, scene, span)
    _add_sessions(diary, scene, span)


def _go_out_today(diary: Diary, scene: Scene, today: date) -> None:
    """Note today's trip of the first team, whatever day it is, and one to the host's school."""
    turn = scene.rotas[0]
    stops = turn.near_base(today, _STOPS_TODAY)
    die = inputs.dice("today", today)
    tour = tours.in_a_day(turn.ways, stops, today, die)
    assert tour is not None
    _add_trip(diary, scene, turn, tour, PUBLISHED, die)
    _visit_host(diary, scene, today)


def _visit_host(diary: Diary, scene: Scene, today: date) -> None:
    """Note a coming trip to the school whose host signs in: a booking comes of it."""
    _visit(diary, scene, scene.sites.hosted, today)


def _make_up(diary: Diary, scene: Scene, today: date) -> None:
    """Note a coming trip that makes up for the first visit that the storm called off."""
    missed = storm.struck(diary.entries, today)[0]
    for entry in _visit(diary, scene, missed.venue, today + timedelta(days=5)) or ():
        entry.event.makes_up_for = missed


def _visit(diary: Diary, scene: Scene, venue: Venue, today: date) -> list[Entry] | None:
    """Note a trip to one venue on the first day that suits, some days after ``today``."""
    turn = next(turn for turn in scene.rotas if any(venue in group for group in turn.rounds))
    die = inputs.dice("host", today)
    for day in workdays.days(Period(today + timedelta(days=4), today + timedelta(days=60))):
        nights = tours.nights(turn.ways, [venue], day)
        if turn.can_visit(venue, [day + timedelta(days=n) for n in range(nights + 1)]):
            tour = tours.plan(turn.ways, [venue], day, die)
            if tour and (entries := _add_trip(diary, scene, turn, tour, PUBLISHED, die)):
                return entries
    return None


def _add_trip(
    diary: Diary, scene: Scene, turn: rota.Rota, tour: tours.Tour, fate: Fate, die: Random
) -> list[Entry] | None:
    """Note a trip with what happens at its stops; ``None`` where somebody or something is taken."""
    plans = [programme.of_stop(turn.team.vehicle, visit.venue, die) for visit in tour.visits]
    return diary.add_trip(scene.staff, turn.team, tour, plans, fate)


def _fill_week(diary: Diary, scene: Scene, turn: rota.Rota, monday: date, span: Span) -> None:
    if _is_in_workshop(scene, turn, monday, span.today):
        return
    die = inputs.dice("season", turn.team.vehicle.slug, monday)
    is_hit = storm.is_hit(scene, monday, span.today)
    for offset in (storm.STARTS_ON,) if is_hit else die.choice(_STARTS):
        day = monday + timedelta(days=offset)
        stops = turn.next_stops(day, die)
        tour = tours.plan(turn.ways, stops, day, die) if stops else None
        if tour is not None:
            fate = storm.fate(day) if is_hit else span.fate(day, die)
            _add_trip(diary, scene, turn, tour, fate, die)


def _is_in_workshop(scene: Scene, turn: rota.Rota, monday: date, today: date) -> bool:
    week = monday_of(today) + timedelta(weeks=fleets.OFF_WEEK)
    return turn.team is scene.fleet.teams[-1] and monday == week


def _add_exhibitions(diary: Diary, scene: Scene, span: Span) -> None:
    """Note an exhibition in a culture house every third Friday or Saturday."""
    places = scene.sites.culture_houses
    for number, monday in enumerate(workdays.mondays(span.days)):
        if number % 3 != len(scene.staff.slug) % 3:
            continue
        day = monday + timedelta(days=4 + number % 2)
        venue = places[number % len(places)]
        die = inputs.dice("exhibition", venue.code, day)
        plan = programme.of_exhibition(venue, programme.theme_of(day, number), die)
        _add(diary, scene, past_year.all_day(scene, venue, day), plan, span)


def _add_sessions(diary: Diary, scene: Scene, span: Span) -> None:
    """Note a reading session in the building every second Saturday."""
    venue = scene.sites.headquarters
    for day in workdays.days(span.days):
        if routine.is_session_day(day):
            die = inputs.dice("session", scene.staff.slug, day)
            plan = programme.of_session(programme.READING, venue, die)
            _add(diary, scene, _session(scene, venue, day), plan, span)


def _session(scene: Scene, venue: Venue, day: date) -> tours.Visit:
    return past_year.hours(scene, venue, day, routine.SESSION_STARTS, routine.SESSION_MIN)


def _add(
    diary: Diary, scene: Scene, visit: tours.Visit, plan: programme.Programme, span: Span
) -> None:
    """Note an event without a vehicle, unless it is a holiday or nobody is free."""
    day = visit.starts_at.astimezone(scene.staff.library.zone).date()
    crew = past_year.free_crew(diary, scene, day)
    if crew and not workdays.is_holiday(day):
        fate = DRAFT if day > span.today + timedelta(weeks=_PUBLIC_WEEKS) else PUBLISHED
        diary.add_event(scene.staff, visit, plan, crew, fate)


def log(book: Book, entries: Sequence[Entry], today: date) -> None:
    """Note the sheets of what is over; some of the latest are still to come."""
    for entry in entries:
        event, zone = entry.event, entry.staff.library.zone
        day = event.starts_at.astimezone(zone).date()
        is_over = day < today and day not in past_year.year()
        if event.state != State.PUBLISHED or not is_over:
            continue
        is_late = today - day < _LATE
        if inputs.dice("logged", event.uid).random() < (0.7 if is_late else 0.97):
            book.log(entry)


def promise(scene: Scene, entries: Sequence[Entry], today: date, now: datetime) -> None:
    """Store a library's season and how often its venues were promised a visit."""
    days = Span(today).days
    assert days.end is not None
    season = Season(
        library=scene.staff.library,
        name=f"Đợt phục vụ {days.start:%m/%Y} – {days.end - timedelta(days=1):%m/%Y}",
        starts_on=days.start,
        ends_on=days.end,
    )
    by = scene.staff.coordinator
    made_at = min(clock.at(days.start, time(9)) - timedelta(days=30), now)
    bulk.store(Season, [season], by=by, at=made_at)
    visits = Counter(
        entry.event.venue_id for entry in entries if entry.event.starts_at.date() in days
    )
    bulk.store(Promise, list(_promises(scene, visits, days.start)), by=by, at=made_at)


def _promises(scene: Scene, visits: Counter[int], starts_on: date) -> Iterator[Promise]:
    """Yield promises: mostly about as many visits as the season has, sometimes one too many."""
    weeks = 2 * WEEKS + 1
    for venue in scene.sites:
        die = inputs.dice("promise", venue.code)
        planned = visits[venue.pk]
        if (
            not venue.is_in_use
            or venue.kind == Venue.Kind.LIBRARY
            or (not planned and die.random() > _UNMET)
        ):
            continue
        cycle = weeks // planned if planned else _MOST_WEEKS
        yield Promise(
            venue=venue,
            every_weeks=max(2, min(_MOST_WEEKS, cycle - die.choice((0, 0, 0, 1)))),
            service_min=die.choice(_SERVICE_MIN),
            starts_on=starts_on,
        )
