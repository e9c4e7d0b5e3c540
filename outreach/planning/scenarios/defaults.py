"""What a scenario begins with: what was promised, else what was usual.

A stop comes from a promise in force in the season; else from the visits of the last year, if there
were two or more; else from a timetable that was imported. Visits that a host has asked for and was
promised are pinned.
"""

from __future__ import annotations

import itertools
import statistics
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Q
from django.utils.translation import gettext

from outreach.common import clock
from outreach.fleet.models import CrewMember, Vehicle
from outreach.planning.models import (
    Promise,
    Scenario,
    ScenarioMember,
    ScenarioPin,
    ScenarioStop,
    ScenarioVehicle,
    Season,
)
from outreach.planning.scenarios.habits import Habit, habits_of
from outreach.planning.scenarios.reading import Horizon, season_of
from outreach.planning.selectors import held_visits
from outreach.routing.rhythms import WEEK
from outreach.scheduling.models import Series
from outreach.scheduling.series.recurrence import dates

A_YEAR = timedelta(days=365)
MOST_WEEKS = 26
MOST_SERVICE_MIN = 600
USUAL_WEEKS = 4
USUAL_SERVICE_MIN = 60
TOLERANCE = {1: 1, 2: 2}
"""Days beside the rhythm, by weeks of the cycle; three for longer ones."""
LONG_TOLERANCE = 3


@dataclass(frozen=True, slots=True)
class History:
    """What was visited in the year before a season.

    Attributes:
        days: of the visits, by venue, in order, each once.
        minutes: how long they lasted, by venue.
    """

    days: dict[int, list[date]]
    minutes: dict[int, list[int]]

    @property
    def last_on(self) -> dict[int, date]:
        """The last visit of each venue."""
        return {venue: days[-1] for venue, days in self.days.items()}


def vehicles_for(scenario: Scenario) -> list[tuple[ScenarioVehicle, list[int]]]:
    """Return the vehicles in use that have a base, not stored yet, with keys of places to sleep.

    They go out when they used to, and sleep away where they used to.
    """
    rows = Vehicle.objects.in_use().filter(library=scenario.season.library_id, base__isnull=False)
    habits = habits_of(scenario.season)
    found = []
    for vehicle in rows.order_by("pk"):
        habit = habits.get(vehicle.pk) or Habit()
        one = ScenarioVehicle(
            scenario=scenario,
            vehicle=vehicle,
            base_id=vehicle.base_id or 0,
            departs=habit.departs,
            returns=habit.returns,
            nights=habit.nights,
        )
        found.append((one, habit.beds))
    return found


def members_for(scenario: Scenario) -> list[ScenarioMember]:
    """Return the crew members who go out, not stored yet."""
    rows = CrewMember.objects.in_use().filter(library=scenario.season.library_id)
    return [ScenarioMember(scenario=scenario, member=member) for member in rows.order_by("pk")]


def stops_for(scenario: Scenario, venues: Collection[int] | None = None) -> list[ScenarioStop]:
    """Return what is to be visited in a scenario's season, not stored yet, by venue.

    Args:
        venues: keys of those that are wanted: those that nobody ever visited come every four weeks
            then. ``None`` for all that are promised a visit or used to have some.
    """
    season = scenario.season
    promises = _promises(season)
    history = history_of(season)
    timetable = _timetable(season)
    wanted = {*promises, *_usual(history), *timetable} if venues is None else set(venues)
    last_on = history.last_on | _long_ago(season, wanted - set(history.days))
    found = []
    for venue in sorted(wanted):
        stop = ScenarioStop(scenario=scenario, venue_id=venue, last_on=last_on.get(venue))
        if (promise := promises.get(venue)) is not None:
            stop.promise = promise
            stop.every_weeks, stop.service_min = promise.every_weeks, promise.service_min
            if stop.last_on is None and promise.starts_on >= season.starts_on:
                stop.due_on = promise.starts_on + timedelta(days=promise.every_weeks * WEEK)
        else:
            usual = (USUAL_WEEKS, USUAL_SERVICE_MIN)
            seen = _usual(history).get(venue) or timetable.get(venue) or usual
            stop.every_weeks, stop.service_min = seen
        stop.tolerance_days = TOLERANCE.get(stop.every_weeks, LONG_TOLERANCE)
        found.append(stop)
    return found


def pins_for(
    scenario: Scenario, stops: Sequence[ScenarioStop], now: datetime
) -> tuple[list[ScenarioPin], list[ScenarioStop]]:
    """Return the visits that hosts asked for and were promised, and stops that are to last longer.

    Those of trips that the plan is about: what else is in the schedule stays as it is by itself.
    """
    season = scenario.season
    zone = season.library.zone
    since = max(season.starts_on, clock.local(now, zone).date() + timedelta(days=1))
    if since >= season.ends_on:
        return [], []
    horizon = Horizon(since, (season.ends_on - since).days, zone)
    by_venue = {stop.venue_id: stop for stop in stops}
    pins: dict[tuple[int, date], ScenarioPin] = {}
    longer: dict[int, ScenarioStop] = {}
    for trip in season_of(scenario, horizon, by_venue).own:
        for event in trip.events.all():
            if event.asked_on is None:
                continue
            starts_at = clock.local(event.starts_at, zone)
            pin = ScenarioPin(
                scenario=scenario,
                venue=event.venue,
                on=starts_at.date(),
                vehicle=trip.vehicle,
                starts=starts_at.time().replace(second=0, microsecond=0),
                why=gettext("The host asked for this visit.")[:200],
            )
            pins.setdefault((event.venue_id, pin.on), pin)
            stop = by_venue[event.venue_id]
            minutes = min(_minutes(event.starts_at, event.ends_at), MOST_SERVICE_MIN)
            if minutes > stop.service_min:
                stop.service_min = minutes
                longer[stop.venue_id] = stop
    return list(pins.values()), list(longer.values())


def history_of(season: Season) -> History:
    """Return the visits of the year before a season, planned ones included; one query."""
    zone = season.library.zone
    end = clock.start_of(season.starts_on, zone)
    rows = held_visits().filter(
        library=season.library_id,
        venue__is_in_use=True,
        starts_at__gte=clock.start_of(season.starts_on - A_YEAR, zone),
        starts_at__lt=end,
    )
    days: dict[int, list[date]] = defaultdict(list)
    minutes: dict[int, list[int]] = defaultdict(list)
    for venue, starts_at, ends_at in rows.order_by("starts_at").values_list(
        "venue_id", "starts_at", "ends_at"
    ):
        on = clock.local(starts_at, zone).date()
        if not days[venue] or days[venue][-1] != on:
            days[venue].append(on)
        minutes[venue].append(_minutes(starts_at, ends_at))
    return History(dict(days), dict(minutes))


def _long_ago(season: Season, venues: Iterable[int]) -> dict[int, date]:
    """Return the last visit of venues that had none in the year before."""
    wanted = set(venues)
    if not wanted:
        return {}
    zone = season.library.zone
    rows = held_visits().filter(
        library=season.library_id, starts_at__lt=clock.start_of(season.starts_on - A_YEAR, zone)
    )
    found = rows.order_by("starts_at").values_list("venue_id", "starts_at")
    return {
        venue: clock.local(starts_at, zone).date() for venue, starts_at in found if venue in wanted
    }


def _promises(season: Season) -> dict[int, Promise]:
    """Return the promises in force in a season, by venue; of several, the one that holds on."""
    rows = Promise.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=season.starts_on),
        venue__library=season.library_id,
        venue__is_in_use=True,
        starts_on__lt=season.ends_on,
    )
    return {promise.venue_id: promise for promise in rows.order_by("starts_on")}


def _usual(history: History) -> dict[int, tuple[int, int]]:
    """Return weeks of the cycle and minutes of service of venues that were visited twice or more.

    The median of what lay between two visits, and of how long they lasted.
    """
    found = {}
    for venue, days in history.days.items():
        if len(days) < 2:
            continue
        gap = statistics.median((b - a).days for a, b in itertools.pairwise(days))
        minutes = int(statistics.median(history.minutes[venue]))
        found[venue] = (
            min(max(round(gap / WEEK), 1), MOST_WEEKS),
            min(max(minutes, 1), MOST_SERVICE_MIN),
        )
    return found


def _timetable(season: Season) -> dict[int, tuple[int, int]]:
    """Return weeks of the cycle and minutes of service that series of a timetable say, by venue.

    The cycle is the median of what lies between two dates of the season's year.
    """
    until = season.starts_on + A_YEAR
    rows = Series.objects.filter(
        Q(ends_on__isnull=True) | Q(ends_on__gt=season.starts_on),
        Q(kind__isnull=True) | Q(kind="mobile_service"),
        library=season.library_id,
        venue__is_in_use=True,
        starts_on__lt=season.ends_on,
    ).exclude(rule="")
    days: dict[int, set[date]] = defaultdict(set)
    minutes: dict[int, int] = defaultdict(int)
    for series in rows.order_by("pk"):
        exceptions = {date.fromisoformat(day) for day in series.exceptions}
        days[series.venue_id].update(
            dates(
                series.rule,
                series.starts_on,
                since=season.starts_on,
                until=until,
                ends_on=series.ends_on,
                exceptions=exceptions,
            )
        )
        lasts = datetime.combine(until, series.departs) - datetime.combine(until, series.arrives)
        minutes[series.venue_id] = max(minutes[series.venue_id], int(lasts.total_seconds() // 60))
    found = {}
    for venue, known in days.items():
        if len(known) > 1:
            gap = statistics.median((b - a).days for a, b in itertools.pairwise(sorted(known)))
            weeks = min(max(round(gap / WEEK), 1), MOST_WEEKS)
            found[venue] = (weeks, min(max(minutes[venue], 1), MOST_SERVICE_MIN))
    return found


def _minutes(starts_at: datetime, ends_at: datetime) -> int:
    return int((ends_at - starts_at).total_seconds() // 60)
