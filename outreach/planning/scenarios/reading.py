"""Everything that a scenario's question is made from, read in a fixed number of queries."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Prefetch, Q
from django.utils.translation import gettext_lazy as _

from outreach.common import clock
from outreach.common.errors import Conflict
from outreach.fleet.models import CrewMember, Unavailability
from outreach.places.models import (
    ClosedDates,
    OpeningWindow,
    TravelTime,
    UnitPriority,
    Venue,
    VenueAccess,
)
from outreach.planning.models import Scenario, ScenarioPin, ScenarioStop, ScenarioVehicle
from outreach.planning.scenarios.ways import Shut, WaysOfSeason
from outreach.planning.selectors import VISIT, held_visits
from outreach.scheduling.domain import LimitsFact
from outreach.scheduling.models import Duty, Event, RuleSettings, Trip
from outreach.scheduling.rulebook import defaults_of, limits_of
from outreach.scheduling.ways import STEEP

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Horizon:
    """The days that are planned: of a season under way, those that are still to come.

    Attributes:
        first_on: its first day.
        days: how many, at least 1.
    """

    first_on: date
    days: int
    zone: ZoneInfo

    @property
    def end_on(self) -> date:
        """The first day after."""
        return self.first_on + timedelta(days=self.days)

    @property
    def dates(self) -> list[date]:
        """Each of its days."""
        return [self.first_on + timedelta(days=number) for number in range(self.days)]

    @property
    def starts_at(self) -> datetime:
        """The instant at which it begins."""
        return clock.start_of(self.first_on, self.zone)

    @property
    def ends_at(self) -> datetime:
        """The instant at which it is over."""
        return clock.start_of(self.end_on, self.zone)

    def holds(self, day: date) -> bool:
        """Tell whether a day is planned."""
        return self.first_on <= day < self.end_on


def horizon_of(scenario: Scenario, now: datetime) -> Horizon:
    """Return the days of its season that are planned: from tomorrow on, if it is under way.

    Raises:
        Conflict: if the season has no such day left.
    """
    season = scenario.season
    zone = season.library.zone
    tomorrow = clock.local(now, zone).date() + DAY
    first_on = max(season.starts_on, tomorrow)
    if first_on >= season.ends_on:
        raise Conflict(_("This season is over: there is nothing left to plan."), code="season_over")
    return Horizon(first_on, (season.ends_on - first_on).days, zone)


@dataclass(frozen=True, slots=True)
class Duties:
    """When somebody is on duty elsewhere."""

    member: int
    starts_at: datetime
    ends_at: datetime


@dataclass(slots=True)
class Season:
    """The schedule of a season, as a plan for it finds it.

    Attributes:
        own: trips that the plan is about: every standing event of them is a visit with mobile
            service at a venue of the scenario, and they leave on one of its days. They give way.
        others: trips that stay: they take vehicle, people and venues.
        loose: standing events without a vehicle; they stay too.
        duties: of the trips and events that stay.
    """

    own: list[Trip]
    others: list[Trip]
    loose: list[Event]
    duties: list[Duties]


@dataclass(slots=True)
class Facts:
    """The rows a question is made from.

    Attributes:
        last_on: the last visit before the horizon, by venue, where there was one in the season.
        already: visits of the season before the horizon, by venue.
        shuts: closed ways as sets of venues.
    """

    scenario: Scenario
    horizon: Horizon
    limits: LimitsFact
    vehicles: list[ScenarioVehicle]
    members: list[CrewMember]
    stops: list[ScenarioStop]
    pins: list[ScenarioPin]
    shuts: list[Shut]
    opening: list[OpeningWindow]
    closed_dates: list[ClosedDates]
    access: dict[int, VenueAccess]
    priorities: list[UnitPriority]
    times_off: list[Unavailability]
    season: Season
    last_on: dict[int, date]
    already: dict[int, int]
    ways: WaysOfSeason


def facts_of(scenario: Scenario, now: datetime) -> Facts:
    """Read what a scenario's question is made from.

    Raises:
        Conflict: if the season is over.
    """
    horizon = horizon_of(scenario, now)
    library = scenario.season.library
    rows = scenario.stops.select_related("venue__commune").order_by("pk")
    all_stops = list(rows)
    stops = [stop for stop in all_stops if stop.is_included]
    vehicles = _vehicles(scenario)
    kept = RuleSettings.objects.filter(library=library).first() or defaults_of(library)
    venues = _venues(stops, vehicles)
    visited = {stop.venue_id for stop in stops}
    visited |= {place.pk for one in vehicles for place in one.sleeps_at.all()}
    priorities = _priorities(venues)
    here = ScenarioStop.objects.filter(scenario=scenario).values("venue")
    access = {row.pk: row for row in VenueAccess.objects.filter(venue__in=here)}
    steep = VenueAccess.objects.filter(slope__in=STEEP, venue__library=library)
    shuts = _shuts(scenario, venues)
    typed = TravelTime.objects.filter(library=library).order_by("pk")
    last_on, already = _visits_before(scenario, horizon)
    return Facts(
        scenario=scenario,
        horizon=horizon,
        limits=limits_of(kept, horizon.first_on, horizon.end_on),
        vehicles=vehicles,
        members=_members(scenario),
        stops=stops,
        pins=list(scenario.pins.select_related("venue").order_by("on", "pk")),
        shuts=shuts,
        opening=list(OpeningWindow.objects.filter(venue__in=here).order_by("opens")),
        closed_dates=list(
            ClosedDates.objects.filter(
                venue__in=here, starts_on__lt=horizon.end_on, ends_on__gt=horizon.first_on
            )
        ),
        access=access,
        priorities=priorities,
        times_off=_times_off(scenario, horizon),
        season=season_of(scenario, horizon, {stop.venue_id for stop in all_stops}),
        last_on=last_on,
        already=already,
        ways=WaysOfSeason(
            venues,
            bases=[one.base_id for one in vehicles],
            also_visited=visited,
            typed=typed,
            priorities=priorities,
            steep=steep.values_list("venue_id", flat=True),
            closures=shuts,
        ),
    )


def season_of(scenario: Scenario, horizon: Horizon, venues: Iterable[int]) -> Season:
    """Return the schedule of the days that are planned, in seven queries.

    Args:
        venues: keys of the scenario's venues, whether they are planned or not.
    """
    library = scenario.season.library_id
    events = Event.objects.standing().select_related("venue").prefetch_related("activities")
    duties = Duty.objects.filter(is_standing=True)
    trips = (
        Trip.objects.standing()
        .filter(library=library)
        .meeting(horizon.starts_at, horizon.ends_at)
        .select_related("vehicle")
        .prefetch_related(Prefetch("events", events), Prefetch("duties", duties))
        .order_by("departs_at", "pk")
    )
    known = set(venues)
    found = Season([], [], [], [])
    for trip in trips:
        is_own = trip.departs_at >= horizon.starts_at and _is_of_plan(trip.events.all(), known)
        (found.own if is_own else found.others).append(trip)
    loose = events.filter(library=library, trip__isnull=True)
    loose = loose.meeting(horizon.starts_at, horizon.ends_at).order_by("starts_at", "pk")
    found.loose = list(loose.prefetch_related(Prefetch("duties", duties)))
    staying: list[Trip | Event] = [*found.others, *found.loose]
    for stays in staying:
        found.duties += [
            Duties(duty.member_id, duty.starts_at, duty.ends_at) for duty in stays.duties.all()
        ]
    return found


def is_visit(event: Event) -> bool:
    """Tell whether a loaded event has mobile service."""
    return any(activity.kind_id == VISIT for activity in event.activities.all())


def _is_of_plan(events: Iterable[Event], venues: set[int]) -> bool:
    standing = list(events)
    return bool(standing) and all(
        event.venue_id in venues and is_visit(event) for event in standing
    )


def _vehicles(scenario: Scenario) -> list[ScenarioVehicle]:
    rows = scenario.vehicles.select_related("vehicle", "base__commune")
    return list(rows.prefetch_related("sleeps_at__commune").order_by("vehicle"))


def _members(scenario: Scenario) -> list[CrewMember]:
    rows = CrewMember.objects.filter(pk__in=scenario.members.values("member"))
    return list(rows.order_by("pk"))


def _venues(stops: Iterable[ScenarioStop], vehicles: Iterable[ScenarioVehicle]) -> list[Venue]:
    found = [stop.venue for stop in stops]
    for one in vehicles:
        found += [one.base, *one.sleeps_at.all()]
    return found


def _priorities(venues: Iterable[Venue]) -> list[UnitPriority]:
    communes = {venue.commune_id for venue in venues} - {None}
    rows = UnitPriority.objects.order_by("pk")
    return [row for row in rows if row.unit_id in communes]


def _shuts(scenario: Scenario, venues: Sequence[Venue]) -> list[Shut]:
    """Return closed ways; a province behind one means all of its communes."""
    found = []
    for closure in scenario.closures.prefetch_related("units", "venues").order_by("pk"):
        units = {unit.pk for unit in closure.units.all()}
        named = {venue.pk for venue in closure.venues.all()}
        inside = {
            venue.pk
            for venue in venues
            if venue.pk in named
            or (
                venue.commune is not None
                and not units.isdisjoint({venue.commune.pk, venue.commune.parent_id})
            )
        }
        found.append(Shut(closure.starts_on, closure.ends_on, frozenset(inside)))
    return found


def _times_off(scenario: Scenario, horizon: Horizon) -> list[Unavailability]:
    rows = Unavailability.objects.filter(
        Q(vehicle__in=scenario.vehicles.values("vehicle"))
        | Q(member__in=scenario.members.values("member"))
    )
    return list(rows.meeting(horizon.starts_at, horizon.ends_at).order_by("starts_at", "pk"))


def _visits_before(scenario: Scenario, horizon: Horizon) -> tuple[dict[int, date], dict[int, int]]:
    """Return of each stop's venue the last visit in the season so far, and how many there were."""
    season = scenario.season
    if horizon.first_on == season.starts_on:
        return {}, {}
    rows = (
        held_visits()
        .filter(
            venue__in=scenario.stops.values("venue"),
            starts_at__gte=clock.start_of(season.starts_on, horizon.zone),
            starts_at__lt=horizon.starts_at,
        )
        .order_by()
        .values_list("venue")
        .annotate(Max("starts_at"), Count("pk"))
    )
    last_on, already = {}, {}
    for venue, last_at, times in rows:
        last_on[venue] = clock.local(last_at, horizon.zone).date()
        already[venue] = times
    return last_on, already
