"""Setting up what a season is to be planned from; pages and the API call these.

A scenario's own values are audited. Each change of what belongs to it (vehicles, crew, stops, pins,
closed ways) is a new version of it too, with the reason that was given.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date, datetime, time
from typing import Any

from django.db import models, transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from outreach.common.locking import locked
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.planning.models import (
    Proposal,
    Scenario,
    ScenarioClosure,
    ScenarioMember,
    ScenarioPin,
    ScenarioStop,
    ScenarioVehicle,
    Season,
)
from outreach.planning.proposals import work
from outreach.planning.scenarios import cadence, defaults
from outreach.planning.scenarios.copying import copy_into
from outreach.scheduling.services.records import check_ownership

OWN_FIELDS = frozenset(
    {
        "name",
        "fairness",
        "balance",
        "steadiness",
        "same_vehicle",
        "hours",
        "km_cost",
        "hour_cost",
        "day_cost",
        "night_cost",
        "goes_on_holidays",
    }
)
VEHICLE_FIELDS = frozenset(
    {"base", "weekdays", "departs", "returns", "longest_min", "nights", "sleeps_at"}
)
STOP_FIELDS = frozenset(
    {
        "promise",
        "rhythm",
        "every_weeks",
        "nths",
        "times",
        "weekday",
        "tolerance_days",
        "service_min",
        "opens",
        "closes",
        "priority",
        "due_on",
        "last_on",
        "is_included",
    }
)
NAME_LENGTH = 120


@transaction.atomic
def make_scenario(
    *,
    actor: User,
    season: Season,
    name: str = "",
    based_on: Scenario | None = None,
    now: datetime | None = None,
) -> Scenario:
    """Make a scenario of a season: from what was promised and is usual, or as a copy.

    Args:
        name: empty for the season's, or that of what it is based on, with a number.
        based_on: a scenario of the same library. Of another season, its vehicles, crew, stops and
            weights are taken over; last visits and pins are found anew, closed ways are left.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: if ``based_on`` is another library's.
        ValidationError: if the season has a scenario of that name.
    """
    _authorise(actor, season.library_id)
    if based_on is not None:
        check_ownership(season.library, based_on.season)
    moment = now or clock.now()
    scenario = Scenario(
        season=season,
        name=name.strip() or _free_name(season, based_on.name if based_on else season.name),
        based_on=based_on,
        made_by=actor,
        made_at=moment,
        changed_at=moment,
    )
    if based_on is not None:
        for field in OWN_FIELDS - {"name"}:
            setattr(scenario, field, getattr(based_on, field))
    audit.save(scenario, actor=actor)
    if based_on is None:
        _fill(scenario, moment)
    else:
        copy_into(scenario, based_on)
    if based_on is not None and based_on.season_id != season.pk:
        _carry_over(scenario, moment)
    _have_search_ready(scenario)
    return scenario


def _have_search_ready(scenario: Scenario) -> None:
    """Let a library that never had a proposal not wait for the search to be compiled."""
    own = Proposal.objects.filter(scenario__season__library=scenario.season.library_id)
    if not own.filter(state=Proposal.State.DONE).exists():
        transaction.on_commit(lambda: work.prepare.enqueue())


@transaction.atomic
def change_scenario(
    *,
    actor: User,
    scenario: Scenario,
    expected_version: int | None = None,
    reason: str = "",
    now: datetime | None = None,
    **fields: Any,
) -> Scenario:
    """Change a scenario's name, weights or costs; what is not given stays.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if somebody removed it.
        StaleWrite: if somebody changed it since ``expected_version``.
        InvalidInput: for a field it does not have.
        ValidationError: if a value is out of range.
    """
    _refuse_unknown(fields, OWN_FIELDS)
    stored = _hold(actor, scenario)
    audit.refuse_stale(stored, expected_version)
    if all(getattr(stored, name) == value for name, value in fields.items()):
        return stored
    for name, value in fields.items():
        setattr(stored, name, value)
    _touch(stored, actor, reason, now)
    return stored


@transaction.atomic
def remove_scenario(*, actor: User, scenario: Scenario, reason: str = "") -> None:
    """Remove a scenario with its proposals.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if somebody removed it already.
        Conflict: if a proposal of it was published, or is being worked out.
    """
    stored = _hold(actor, scenario)
    proposals = Proposal.objects.filter(scenario=stored)
    if proposals.filter(published_at__isnull=False).exists():
        raise Conflict(
            _("A proposal of this scenario was published: it is kept."), code="scenario_published"
        )
    busy = (Proposal.State.WAITING, Proposal.State.SOLVING)
    if proposals.filter(state__in=busy).exists():
        raise Conflict(
            _("A proposal of this scenario is being worked out: give it up first."),
            code="scenario_busy",
        )
    audit.delete(stored, actor=actor, reason=reason)


@transaction.atomic
def set_vehicle(
    *,
    actor: User,
    scenario: Scenario,
    vehicle: Vehicle,
    reason: str = "",
    now: datetime | None = None,
    **fields: Any,
) -> ScenarioVehicle:
    """Let a vehicle go out in a scenario, or change when it does; what is not given stays.

    Args:
        fields: ``base`` (the vehicle's own if not given), ``weekdays``, ``departs``, ``returns``,
            ``longest_min``, ``nights`` (0 to 2) and ``sleeps_at`` (venues).

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: if something belongs to another library, or there is no base.
        ValidationError: if a value is out of range.
    """
    _refuse_unknown(fields, VEHICLE_FIELDS)
    stored = _hold(actor, scenario)
    sleeps_at = fields.pop("sleeps_at", None)
    places = list(sleeps_at or ())
    check_ownership(stored.season.library, vehicle, fields.get("base"), *places)
    row = ScenarioVehicle.objects.filter(scenario=stored, vehicle=vehicle).first()
    if row is None:
        row = ScenarioVehicle(scenario=stored, vehicle=vehicle, base_id=vehicle.base_id or 0)
    if not (fields.get("base") or row.base_id):
        raise InvalidInput(
            _("Say where this vehicle sets out from."), code="base_missing", field="base"
        )
    _store(row, {name: value for name, value in fields.items() if (name, value) != ("base", None)})
    if sleeps_at is not None:
        row.sleeps_at.set(places)
    _touch(stored, actor, reason, now)
    return row


@transaction.atomic
def drop_vehicle(
    *,
    actor: User,
    scenario: Scenario,
    vehicle: Vehicle,
    reason: str = "",
    now: datetime | None = None,
) -> None:
    """Leave a vehicle at home; visits pinned to it may then be made by any.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if it does not go out in this scenario.
    """
    stored = _hold(actor, scenario)
    _delete(ScenarioVehicle.objects.filter(scenario=stored, vehicle=vehicle))
    ScenarioPin.objects.filter(scenario=stored, vehicle=vehicle).update(vehicle=None)
    _touch(stored, actor, reason, now)


@transaction.atomic
def set_members(
    *,
    actor: User,
    scenario: Scenario,
    members: Iterable[CrewMember],
    reason: str = "",
    now: datetime | None = None,
) -> None:
    """Say who may go out in a scenario.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: if somebody works for another library.
    """
    stored = _hold(actor, scenario)
    wanted = {member.pk: member for member in members}
    check_ownership(stored.season.library, *wanted.values())
    rows = ScenarioMember.objects.filter(scenario=stored)
    known = set(rows.values_list("member_id", flat=True))
    if known == set(wanted):
        return
    rows.exclude(member__in=wanted).delete()
    ScenarioMember.objects.bulk_create(
        ScenarioMember(scenario=stored, member=wanted[key]) for key in sorted(set(wanted) - known)
    )
    _touch(stored, actor, reason, now)


@transaction.atomic
def set_stop(
    *,
    actor: User,
    scenario: Scenario,
    venue: Venue,
    reason: str = "",
    now: datetime | None = None,
    **fields: Any,
) -> ScenarioStop:
    """Have a venue visited in a scenario, or change how often; what is not given stays.

    Args:
        fields: those of :class:`ScenarioStop`; of a new stop, what is not given is as promised or
            as it used to be.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: if the venue belongs to another library or is no longer visited, or the n-th
            weekdays cannot be read.
        ValidationError: if a value is out of range.
    """
    _refuse_unknown(fields, STOP_FIELDS)
    stored = _hold(actor, scenario)
    _check_venue(stored, venue)
    row = ScenarioStop.objects.filter(scenario=stored, venue=venue).first()
    if row is None:
        (row,) = defaults.stops_for(stored, [venue.pk])
    if "nths" in fields:
        fields["nths"] = _nths(fields["nths"])
    if (promise := fields.get("promise")) is not None and promise.venue_id != venue.pk:
        raise InvalidInput(
            _("This promise was made to another venue."), code="promise_of_another", field="promise"
        )
    for name, value in fields.items():
        setattr(row, name, value)
    if row.rhythm == ScenarioStop.Rhythm.NTH and not row.nths:
        raise InvalidInput(_("Say which weekdays of the month."), code="nths_missing", field="nths")
    _store(row, {})
    _touch(stored, actor, reason, now)
    return row


@transaction.atomic
def add_stops(
    *,
    actor: User,
    scenario: Scenario,
    venues: Iterable[Venue],
    reason: str = "",
    now: datetime | None = None,
) -> list[ScenarioStop]:
    """Have more venues visited, as promised or as it used to be, else every four weeks.

    Those that are stops already stay as they are, and are planned if they were not.

    Raises:
        NotAllowed, InvalidInput: as for one stop.
    """
    stored = _hold(actor, scenario)
    wanted = list(venues)
    for venue in wanted:
        _check_venue(stored, venue)
    keys = {venue.pk for venue in wanted}
    rows = ScenarioStop.objects.filter(scenario=stored)
    known = set(rows.values_list("venue_id", flat=True)) & keys
    rows.filter(pk__in=[row.pk for row in rows if row.venue_id in known]).update(is_included=True)
    made = ScenarioStop.objects.bulk_create(defaults.stops_for(stored, keys - known))
    _touch(stored, actor, reason, now)
    return made


@transaction.atomic
def drop_stop(
    *,
    actor: User,
    scenario: Scenario,
    venue: Venue,
    reason: str = "",
    now: datetime | None = None,
) -> None:
    """Visit a venue no more. A stop that proposals know of is kept, and not planned.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if it is no stop of this scenario.
    """
    stored = _hold(actor, scenario)
    row = ScenarioStop.objects.filter(scenario=stored, venue=venue).first()
    if row is None:
        raise NotFound()
    if row.proposed_visits.exists() or row.left_out.exists():
        row.is_included = False
        row.save(update_fields=["is_included"])
    else:
        row.delete()
        ScenarioPin.objects.filter(scenario=stored, venue=venue).delete()
    _touch(stored, actor, reason, now)


@transaction.atomic
def pin(
    *,
    actor: User,
    scenario: Scenario,
    venue: Venue,
    on: date,
    vehicle: Vehicle | None = None,
    starts: time | None = None,
    why: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> ScenarioPin:
    """Keep a visit on a day, whatever is planned round it; one that is pinned already is changed.

    Args:
        vehicle: with which it is to be made; ``None`` for any.
        starts: at what time; ``None`` for any.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: if the day lies outside the season, the venue is not planned to be visited or
            the vehicle does not go out.
        ValidationError: if a value is out of range.
    """
    stored = _hold(actor, scenario)
    season = stored.season
    if not season.starts_on <= on < season.ends_on:
        raise InvalidInput(_("This day is not in the season."), code="outside_season", field="on")
    if not ScenarioStop.objects.filter(scenario=stored, venue=venue, is_included=True).exists():
        raise InvalidInput(
            _("This venue is not planned to be visited."), code="not_a_stop", field="venue"
        )
    goes = ScenarioVehicle.objects.filter(scenario=stored, vehicle=vehicle)
    if vehicle is not None and not goes.exists():
        raise InvalidInput(
            _("This vehicle does not go out in this scenario."), code="stays_home", field="vehicle"
        )
    row = ScenarioPin.objects.filter(scenario=stored, venue=venue, on=on).first()
    row = row or ScenarioPin(scenario=stored, venue=venue, on=on)
    _store(row, {"vehicle": vehicle, "starts": starts, "why": why.strip()})
    _touch(stored, actor, reason, now)
    return row


@transaction.atomic
def unpin(
    *,
    actor: User,
    scenario: Scenario,
    venue: Venue,
    on: date,
    reason: str = "",
    now: datetime | None = None,
) -> None:
    """Let a pinned visit move again.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if it is not pinned.
    """
    stored = _hold(actor, scenario)
    _delete(ScenarioPin.objects.filter(scenario=stored, venue=venue, on=on))
    _touch(stored, actor, reason, now)


@transaction.atomic
def close_way(
    *,
    actor: User,
    scenario: Scenario,
    name: str,
    starts_on: date,
    ends_on: date,
    units: Collection[AdministrativeUnit] = (),
    venues: Collection[Venue] = (),
    reason: str = "",
    now: datetime | None = None,
) -> ScenarioClosure:
    """Close the ways into and out of some communes and venues, in ``[starts_on, ends_on)``.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: if nothing lies behind it, or a venue belongs to another library.
        ValidationError: if a value is out of range.
    """
    stored = _hold(actor, scenario)
    check_ownership(stored.season.library, *venues)
    if not units and not venues:
        raise InvalidInput(
            _("Say which communes or venues lie behind it."), code="nothing_behind", field="units"
        )
    closure = ScenarioClosure(scenario=stored)
    _store(closure, {"name": name.strip(), "starts_on": starts_on, "ends_on": ends_on})
    closure.units.set(units)
    closure.venues.set(venues)
    _touch(stored, actor, reason, now)
    return closure


@transaction.atomic
def open_way(
    *,
    actor: User,
    scenario: Scenario,
    closure: ScenarioClosure,
    reason: str = "",
    now: datetime | None = None,
) -> None:
    """Open a closed way again.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if it is not closed in this scenario.
    """
    stored = _hold(actor, scenario)
    _delete(ScenarioClosure.objects.filter(scenario=stored, pk=closure.pk))
    _touch(stored, actor, reason, now)


def _authorise(actor: User, library_id: int) -> None:
    if not actor.may(Action.PLAN, library_id):
        raise NotAllowed()


def _hold(actor: User, scenario: Scenario) -> Scenario:
    """Return a scenario as stored, locked until the transaction ends."""
    _authorise(actor, scenario.season.library_id)
    stored = locked(Scenario.objects.select_related("season__library"), scenario.pk)
    if stored is None:
        raise NotFound()
    return stored


def _touch(scenario: Scenario, actor: User, reason: str, now: datetime | None) -> None:
    scenario.changed_at = now or clock.now()
    audit.save(scenario, actor=actor, reason=reason)


def _store(row: models.Model, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        setattr(row, name, value)
    row.full_clean()
    row.save()


def _delete(rows: Any) -> None:
    if not rows.exists():
        raise NotFound()
    rows.delete()


def _refuse_unknown(fields: Collection[str], known: frozenset[str]) -> None:
    unknown = sorted(set(fields) - known)
    if unknown:
        raise InvalidInput(code="unknown_field", field=unknown[0])


def _check_venue(scenario: Scenario, venue: Venue) -> None:
    check_ownership(scenario.season.library, venue)
    if not venue.is_in_use:
        raise InvalidInput(
            _("This venue is no longer visited."), code="venue_retired", field="venue"
        )


def _nths(text: str) -> str:
    try:
        return ",".join(str(nth) for nth in sorted(cadence.nths_of(text), key=lambda n: n % 10))
    except ValueError as error:
        raise InvalidInput(
            _("Weekdays of the month are 1 to 5, or -1 for the last one, with commas between."),
            code="nths_unknown",
            field="nths",
        ) from error


def _free_name(season: Season, name: str) -> str:
    """Return a name that no scenario of the season has."""
    taken = set(Scenario.objects.filter(season=season).values_list("name", flat=True))
    short = name[: NAME_LENGTH - 8]
    names = [name[:NAME_LENGTH], *(f"{short} ({number})" for number in range(2, len(taken) + 3))]
    return next(one for one in names if one not in taken)


def _fill(scenario: Scenario, now: datetime) -> None:
    """Store what a scenario begins with."""
    vehicles = defaults.vehicles_for(scenario)
    made = ScenarioVehicle.objects.bulk_create([vehicle for vehicle, _beds in vehicles])
    for vehicle, (_same, beds) in zip(made, vehicles, strict=True):
        vehicle.sleeps_at.set(beds)
    ScenarioMember.objects.bulk_create(defaults.members_for(scenario))
    stops = ScenarioStop.objects.bulk_create(defaults.stops_for(scenario))
    _pin_asked(scenario, stops, now)


def _carry_over(scenario: Scenario, now: datetime) -> None:
    """Bring what was copied from another season up to this one."""
    stops = list(scenario.stops.all())
    fresh = defaults.stops_for(scenario, [stop.venue_id for stop in stops])
    last_on = {stop.venue_id: stop.last_on for stop in fresh}
    for stop in stops:
        stop.last_on, stop.due_on = last_on[stop.venue_id], None
    ScenarioStop.objects.bulk_update(stops, ["last_on", "due_on"])
    _pin_asked(scenario, stops, now)


def _pin_asked(scenario: Scenario, stops: list[ScenarioStop], now: datetime) -> None:
    pins, longer = defaults.pins_for(scenario, stops, now)
    ScenarioPin.objects.bulk_create(pins)
    ScenarioStop.objects.bulk_update(longer, ["service_min"])
