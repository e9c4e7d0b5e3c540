"""Reads about scenarios, shaped for their pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, IntegerField, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from outreach.accounts.models import User
from outreach.common.folding import fold
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


@dataclass(frozen=True, slots=True)
class Totals:
    """How much a scenario has of each."""

    stops: int
    included: int
    vehicles: int
    members: int
    pins: int
    closures: int


@dataclass(frozen=True, slots=True)
class Member:
    """A crew member of the library, and whether a scenario may send them out."""

    member: CrewMember
    is_chosen: bool


def for_pages(user: User) -> QuerySet[Scenario]:
    """Return the scenarios ``user`` may see, each with its season and library."""
    return Scenario.objects.visible_to(user).select_related("season__library", "based_on")


def of_season(season: Season) -> list[Scenario]:
    """Return the scenarios of a season, the first one first, with how much they have."""
    rows = Scenario.objects.filter(season=season).select_related("based_on", "made_by")
    return list(
        rows.annotate(
            stop_count=_count(ScenarioStop.objects.filter(is_included=True)),
            proposal_count=_count(Proposal.objects.all()),
        )
    )


def totals(scenario: Scenario) -> Totals:
    """Return how much there is in a scenario, in one query."""
    own = Scenario.objects.filter(pk=scenario.pk).annotate(
        n_stops=_count(ScenarioStop.objects.all()),
        n_included=_count(ScenarioStop.objects.filter(is_included=True)),
        n_vehicles=_count(ScenarioVehicle.objects.all()),
        n_members=_count(ScenarioMember.objects.all()),
        n_pins=_count(ScenarioPin.objects.all()),
        n_closures=_count(ScenarioClosure.objects.all()),
    )
    names = ("n_stops", "n_included", "n_vehicles", "n_members", "n_pins", "n_closures")
    return Totals(*own.values_list(*names).get())


def _count(rows: QuerySet[Any]) -> Coalesce:
    """Return the number of a scenario's rows: counted apart, or they would multiply each other."""
    own = rows.filter(scenario=OuterRef("pk")).order_by().values("scenario")
    number = Subquery(own.annotate(number=Count("pk")).values("number"))
    return Coalesce(number, 0, output_field=IntegerField())


def stops(
    scenario: Scenario,
    *,
    text: str = "",
    commune: AdministrativeUnit | None = None,
    rhythm: str = "",
    every_weeks: int | None = None,
    included: bool | None = None,
) -> QuerySet[ScenarioStop]:
    """Return the stops that fit, by commune and venue.

    Args:
        text: part of the name of the venue, its village or its commune, in any spelling.
        rhythm: one of ``ScenarioStop.Rhythm``; empty for any.
        every_weeks: only those of that cycle.
        included: only those that are planned, or are not.
    """
    rows = ScenarioStop.objects.filter(scenario=scenario).select_related("venue__commune")
    for word in fold(text).split():
        rows = rows.filter(
            Q(venue__folded__contains=word)
            | Q(venue__locality_folded__contains=word)
            | Q(venue__commune__folded__contains=word)
        )
    if commune is not None:
        rows = rows.filter(venue__commune=commune)
    if rhythm:
        rows = rows.filter(rhythm=rhythm)
    if every_weeks is not None:
        rows = rows.filter(rhythm=ScenarioStop.Rhythm.WEEKS, every_weeks=every_weeks)
    if included is not None:
        rows = rows.filter(is_included=included)
    return rows.order_by("venue__commune__name", "venue__name", "pk")


def stop(scenario: Scenario, pk: int) -> ScenarioStop | None:
    """Return one stop with its venue."""
    rows = ScenarioStop.objects.filter(scenario=scenario).select_related("venue__commune")
    return rows.filter(pk=pk).first()


def communes(scenario: Scenario) -> list[AdministrativeUnit]:
    """Return the communes of a scenario's stops, by name."""
    venues = ScenarioStop.objects.filter(scenario=scenario).values("venue__commune")
    return list(AdministrativeUnit.objects.filter(pk__in=venues).order_by("name", "pk"))


def vehicles(scenario: Scenario) -> list[ScenarioVehicle]:
    """Return the vehicles of a scenario with base and places to sleep, in two queries."""
    rows = ScenarioVehicle.objects.filter(scenario=scenario).select_related("vehicle", "base")
    return list(rows.order_by("vehicle__name", "pk").prefetch_related("sleeps_at"))


def other_vehicles(scenario: Scenario) -> list[Vehicle]:
    """Return the vehicles in use that a scenario leaves at home."""
    used = ScenarioVehicle.objects.filter(scenario=scenario).values("vehicle")
    rows = Vehicle.objects.filter(library=scenario.season.library_id, is_in_use=True)
    return list(rows.exclude(pk__in=used).order_by("name"))


def members(scenario: Scenario) -> list[Member]:
    """Return everybody who could go out, and whether they may."""
    chosen = set(scenario.members.values_list("member_id", flat=True))
    rows = CrewMember.objects.filter(library=scenario.season.library_id)
    found = rows.filter(Q(is_in_use=True) | Q(pk__in=chosen)).order_by("full_name", "pk")
    return [Member(one, one.pk in chosen) for one in found]


def pins(scenario: Scenario) -> QuerySet[ScenarioPin]:
    """Return the pinned visits in order of time."""
    rows = ScenarioPin.objects.filter(scenario=scenario)
    return rows.select_related("venue__commune", "vehicle").order_by("on", "starts", "pk")


def closures(scenario: Scenario) -> Sequence[ScenarioClosure]:
    """Return the closed ways with what lies behind them, in three queries."""
    rows = ScenarioClosure.objects.filter(scenario=scenario)
    return list(rows.prefetch_related("units", "venues"))


def venues_to_add(scenario: Scenario, text: str = "") -> QuerySet[Venue]:
    """Return the library's venues in use that are no stops yet, by commune and name."""
    used = ScenarioStop.objects.filter(scenario=scenario).values("venue")
    rows = Venue.objects.filter(library=scenario.season.library_id, is_in_use=True)
    for word in fold(text).split():
        rows = rows.filter(
            Q(folded__contains=word)
            | Q(locality_folded__contains=word)
            | Q(commune__folded__contains=word)
        )
    rows = rows.exclude(pk__in=used).select_related("commune")
    return rows.order_by("commune__name", "name", "pk")


def venues(scenario: Scenario) -> list[Venue]:
    """Return the venues of the scenario's library that are in use, with their communes."""
    rows = Venue.objects.filter(library=scenario.season.library_id, is_in_use=True)
    return list(rows.select_related("commune").order_by("name", "pk"))


def stop_venues(scenario: Scenario) -> list[Venue]:
    """Return the venues that are stops of a scenario, with their communes."""
    used = ScenarioStop.objects.filter(scenario=scenario).values("venue")
    return list(Venue.objects.filter(pk__in=used).select_related("commune").order_by("name", "pk"))
