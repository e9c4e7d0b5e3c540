"""What a coordinator keeps to work faster: series, templates, and the day as its crews tell it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta

from outreach.accounts.models import User
from outreach.common import bulk, clock
from outreach.common.periods import Period
from outreach.config.demo import inputs
from outreach.config.demo.diary import Diary, Entry
from outreach.config.demo.past_year import Scene
from outreach.config.demo.people import HOME
from outreach.config.demo.programme import READING
from outreach.scheduling.models import Event, Series, State, Trip, TripMark
from outreach.scheduling.series.templates import save_template

WITH_SERIES = (HOME, "hue")
"""Libraries whose reading sessions in the building are a series."""
WITH_TEMPLATES = (HOME, "thanh-hoa")
SESSION_STARTS, SESSION_MIN = time(8, 30), 90
_FORTNIGHT = timedelta(weeks=2)
_MADE_BEFORE = timedelta(days=40)
_Kind = TripMark.Kind


def is_session_day(day: date) -> bool:
    """Tell whether a reading session is held: every second Saturday, over new years as well."""
    return day.weekday() == 5 and day.toordinal() // 7 % 2 == 0


def make_series(diary: Diary, scene: Scene, season: Period[date], now: datetime) -> None:
    """Store the series of a library's reading sessions; those of the diary become its events."""
    if scene.staff.slug not in WITH_SERIES:
        return
    zone = scene.staff.library.zone
    sessions = {
        entry.event.starts_at.astimezone(zone).date(): entry.event
        for entry in diary.entries
        if entry.staff is scene.staff
        and entry.event.trip is None
        and entry.event.venue is scene.sites.headquarters
        and entry.event.starts_at.astimezone(zone).time() == SESSION_STARTS
    }
    held = sorted(day for day in sessions if day in season and is_session_day(day))
    if not held:
        return
    ends = clock.at(held[0], SESSION_STARTS, zone) + timedelta(minutes=SESSION_MIN)
    series = Series(
        library=scene.staff.library,
        venue=scene.sites.headquarters,
        visit_type="",
        rule="FREQ=WEEKLY;INTERVAL=2",
        weekday=5,
        arrives=SESSION_STARTS,
        departs=ends.time(),
        starts_on=held[0],
        ends_on=season.end,
        kind_id=READING,
        audience_id="primary",
        title=inputs.read("themes")["series_title"],
        exceptions=[day.isoformat() for day in _missing(held, season)],
    )
    made_at = min(clock.at(held[0], time(9), zone) - _MADE_BEFORE, now)
    bulk.store(Series, [series], by=scene.staff.coordinator, at=made_at)
    for day in held:
        sessions[day].series, sessions[day].series_on = series, day


def _missing(held: Sequence[date], season: Period[date]) -> Iterator[date]:
    """Yield the dates of the rule on which there is no session: holidays, or nobody is free."""
    day = held[0]
    while day in season:
        if day not in held:
            yield day
        day += _FORTNIGHT


def keep_templates(scene: Scene, entries: Iterable[Entry], today: date) -> None:
    """Keep a day trip and a tour with a night, as they are published, as templates."""
    if scene.staff.slug not in WITH_TEMPLATES:
        return
    patterns: dict[str, str] = inputs.read("themes")["template_names"]
    kept: set[str] = set()
    for event in sorted((entry.event for entry in entries), key=lambda event: event.starts_at):
        trip, commune = event.trip, event.commune
        if trip is None or commune is None or not _is_coming(scene, event, today):
            continue
        length = "day" if trip.departs_at.date() == trip.returns_at.date() else "nights"
        if length not in kept and not trip.overrides.standing().exists():
            kept.add(length)
            name = patterns[length].format(commune=commune.name)
            save_template(actor=scene.staff.coordinator, trip=trip, name=name)


def _is_coming(scene: Scene, event: Event, today: date) -> bool:
    day = event.starts_at.astimezone(scene.staff.library.zone).date()
    is_own = event.library_id == scene.staff.library.pk
    return is_own and day >= today and event.state == State.PUBLISHED


def mark(scene: Scene, diary: Diary, entries: Iterable[Entry], today: date, now: datetime) -> None:
    """Store what the crews on the road have told so far.

    Where ``today`` is today, so far is the present moment; else the moment of the demonstration.
    """
    told = clock.now() if clock.today(scene.staff.library.zone) == today else now
    midnight = clock.start_of(today, scene.staff.library.zone)
    stops: dict[str, list[Event]] = {}
    for entry in entries:
        if entry.event.trip is not None:
            stops.setdefault(entry.event.trip.uid, []).append(entry.event)
    marks = [
        mark
        for trip in diary.trips
        if trip.library_id == scene.staff.library.pk
        and trip.state == State.PUBLISHED
        and trip.departs_at <= told
        and trip.returns_at > midnight
        for mark in _marks(trip, stops[trip.uid], scene.staff.coordinator)
        if mark.at <= told
    ]
    bulk.store(TripMark, marks, by=lambda mark: mark.made_by, at=lambda mark: mark.at)


def _marks(trip: Trip, events: Iterable[Event], by: User) -> Iterator[TripMark]:
    """Yield all that a trip has to tell, a few minutes off its schedule."""
    die = inputs.dice("marks", trip.uid)

    def marked(kind: TripMark.Kind, planned: datetime, event: Event | None = None) -> TripMark:
        at = planned + timedelta(minutes=die.randint(-6, 9))
        return TripMark(trip=trip, event=event, kind=kind, at=at, made_by=by)

    yield marked(_Kind.LEFT, trip.departs_at)
    for event in sorted(events, key=lambda event: event.starts_at):
        yield marked(_Kind.ARRIVED, event.starts_at - timedelta(minutes=12), event)
        yield marked(_Kind.DONE, event.ends_at, event)
    yield marked(_Kind.BACK, trip.returns_at)
