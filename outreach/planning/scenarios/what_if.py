""" "What if": a copy of a scenario with one thing changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common.errors import InvalidInput
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.planning.models import Scenario, ScenarioStop
from outreach.planning.scenarios import services

MOST_WEEKS = 26


@dataclass(frozen=True, slots=True)
class FewerVehicles:
    """Some vehicles stay at home."""

    vehicles: tuple[Vehicle, ...]


@dataclass(frozen=True, slots=True)
class EveryStop:
    """Each stop is visited every so many weeks.

    Attributes:
        weeks: 1 to 26.
    """

    weeks: int


@dataclass(frozen=True, slots=True)
class NewBase:
    """A vehicle sets out from elsewhere."""

    vehicle: Vehicle
    venue: Venue


@dataclass(frozen=True, slots=True)
class MoreVenues:
    """More venues are visited."""

    venues: tuple[Venue, ...]


@dataclass(frozen=True, slots=True)
class ClosedWay:
    """A way is closed in ``[starts_on, ends_on)``."""

    name: str
    starts_on: date
    ends_on: date
    units: tuple[AdministrativeUnit, ...] = ()
    venues: tuple[Venue, ...] = ()


Change = FewerVehicles | EveryStop | NewBase | MoreVenues | ClosedWay


@transaction.atomic
def try_out(
    *,
    actor: User,
    scenario: Scenario,
    change: Change,
    name: str = "",
    now: datetime | None = None,
) -> Scenario:
    """Make a copy of a scenario with a change.

    Args:
        name: empty for that of the scenario, with a number.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput, NotFound, ValidationError: if the change cannot be made.
    """
    copy = services.make_scenario(
        actor=actor, season=scenario.season, name=name, based_on=scenario, now=now
    )
    _make(change, actor, copy, now)
    copy.refresh_from_db()
    return copy


def _make(change: Change, actor: User, copy: Scenario, now: datetime | None) -> None:
    match change:
        case FewerVehicles(vehicles):
            for vehicle in vehicles:
                services.drop_vehicle(actor=actor, scenario=copy, vehicle=vehicle, now=now)
        case EveryStop(weeks):
            _every(copy, weeks)
        case NewBase(vehicle, venue):
            services.set_vehicle(actor=actor, scenario=copy, vehicle=vehicle, base=venue, now=now)
        case MoreVenues(venues):
            services.add_stops(actor=actor, scenario=copy, venues=venues, now=now)
        case ClosedWay():
            services.close_way(
                actor=actor,
                scenario=copy,
                name=change.name,
                starts_on=change.starts_on,
                ends_on=change.ends_on,
                units=change.units,
                venues=change.venues,
                now=now,
            )


def _every(copy: Scenario, weeks: int) -> None:
    if not 1 <= weeks <= MOST_WEEKS:
        raise InvalidInput(
            _("A cycle has 1 to 26 weeks."), code="weeks_out_of_range", field="weeks"
        )
    ScenarioStop.objects.filter(scenario=copy).update(
        rhythm=ScenarioStop.Rhythm.WEEKS, every_weeks=weeks
    )
