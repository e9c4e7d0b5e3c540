"""Reads about proposals, shaped for their pages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import Count, Prefetch, Q, QuerySet

from outreach.accounts.models import User
from outreach.common.folding import fold
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit
from outreach.planning.models import (
    LeftOutVisit,
    Proposal,
    ProposedDuty,
    ProposedTrip,
    ProposedVisit,
    Scenario,
)

UNDER_WAY = (Proposal.State.WAITING, Proposal.State.SOLVING)
MOST_SIDE_BY_SIDE = 3


@dataclass(frozen=True, slots=True)
class Totals:
    """How much there is in a proposal."""

    trips: int
    visits: int
    pinned: int
    left_out: int


def for_pages(user: User) -> QuerySet[Proposal]:
    """Return the proposals ``user`` may see, each with its scenario, season and library."""
    rows = Proposal.objects.visible_to(user)
    return rows.select_related("scenario__season__library", "scenario__based_on", "reworked")


def of_scenario(scenario: Scenario) -> list[Proposal]:
    """Return all proposals of a scenario, the newest first."""
    rows = Proposal.objects.filter(scenario=scenario).select_related("made_by", "reworked")
    return list(rows.order_by("-made_at", "pk"))


def side_by_side(proposals: Sequence[Proposal], asked: Sequence[str] = ()) -> list[Proposal]:
    """Return the proposals to look at together, in the order of their aims.

    Those that were asked for by name; else those that were ordered last, without what was given up.
    """
    if asked:
        named = [one for one in proposals if str(one.uid) in asked]
        return _ordered(named[:MOST_SIDE_BY_SIDE])
    standing = [one for one in proposals if one.state != Proposal.State.CANCELLED]
    return _ordered(standing[:MOST_SIDE_BY_SIDE])


def _ordered(proposals: Sequence[Proposal]) -> list[Proposal]:
    aims = list(Proposal.Aim.values)
    return sorted(proposals, key=lambda one: (aims.index(one.aim), one.made_at, one.pk))


def best_of(scenario: Scenario) -> Proposal | None:
    """Return the plan that stands for a scenario: the published one, else the newest ready one."""
    rows = Proposal.objects.filter(scenario=scenario, state=Proposal.State.DONE)
    rows = rows.select_related("scenario__season__library")
    published = rows.filter(published_at__isnull=False).order_by("-published_at").first()
    return published or rows.order_by("-made_at").first()


def totals(proposal: Proposal) -> Totals:
    """Return how much there is in a proposal, in two queries."""
    visits = ProposedVisit.objects.filter(trip__proposal=proposal).aggregate(
        trips=Count("trip", distinct=True),
        visits=Count("pk"),
        pinned=Count("pk", filter=Q(is_pinned=True)),
    )
    return Totals(**visits, left_out=LeftOutVisit.objects.filter(proposal=proposal).count())


def trips(
    proposal: Proposal,
    *,
    first_on: date | None = None,
    days: int = 7,
    vehicle: Vehicle | None = None,
) -> list[ProposedTrip]:
    """Return trips with visits and crew, by day and vehicle, in a fixed number of queries.

    Args:
        first_on: only those of ``days`` from this day on.
        vehicle: only those of this one.
    """
    rows = ProposedTrip.objects.filter(proposal=proposal)
    if first_on is not None:
        rows = rows.filter(on__gte=first_on, on__lt=first_on + timedelta(days=days))
    if vehicle is not None:
        rows = rows.filter(vehicle=vehicle)
    visits = ProposedVisit.objects.select_related("stop__venue__commune")
    duties = ProposedDuty.objects.select_related("member")
    rows = rows.select_related("vehicle", "start", "end").prefetch_related(
        Prefetch("visits", visits.order_by("starts_at", "pk")), Prefetch("duties", duties)
    )
    return list(rows.order_by("on", "vehicle__name", "pk"))


def vehicles(proposal: Proposal) -> list[Vehicle]:
    """Return the vehicles of a proposal's scenario and of its trips, by name."""
    ofscenario = Q(pk__in=proposal.scenario.vehicles.values("vehicle"))
    of_trips = Q(pk__in=ProposedTrip.objects.filter(proposal=proposal).values("vehicle"))
    return list(Vehicle.objects.filter(ofscenario | of_trips).order_by("name", "pk"))


def visits(
    proposal: Proposal,
    *,
    text: str = "",
    commune: AdministrativeUnit | None = None,
    vehicle: Vehicle | None = None,
    pinned: bool = False,
    by_day: bool = False,
) -> QuerySet[ProposedVisit]:
    """Return the visits that fit, by commune and venue or by day.

    Args:
        text: part of the name of the venue, its village or its commune, in any spelling.
        pinned: only those that stay where they are.
    """
    rows = ProposedVisit.objects.filter(trip__proposal=proposal)
    for word in fold(text).split():
        rows = rows.filter(
            Q(stop__venue__folded__contains=word)
            | Q(stop__venue__locality_folded__contains=word)
            | Q(stop__venue__commune__folded__contains=word)
        )
    if commune is not None:
        rows = rows.filter(stop__venue__commune=commune)
    if vehicle is not None:
        rows = rows.filter(trip__vehicle=vehicle)
    if pinned:
        rows = rows.filter(is_pinned=True)
    rows = rows.select_related("stop__venue__commune", "trip__vehicle")
    if by_day:
        return rows.order_by("starts_at", "pk")
    return rows.order_by("stop__venue__commune__name", "stop__venue__name", "starts_at", "pk")


def visit(proposal: Proposal, pk: int) -> ProposedVisit | None:
    """Return one visit with its venue and trip."""
    rows = ProposedVisit.objects.filter(trip__proposal=proposal, pk=pk)
    return rows.select_related(
        "stop__venue__commune", "stop__scenario", "trip__vehicle", "trip__proposal"
    ).first()


def communes(proposal: Proposal) -> list[AdministrativeUnit]:
    """Return the communes a proposal serves, by name."""
    venues = ProposedVisit.objects.filter(trip__proposal=proposal).values("stop__venue__commune")
    return list(AdministrativeUnit.objects.filter(pk__in=venues).order_by("name", "pk"))


def left_out(proposal: Proposal) -> QuerySet[LeftOutVisit]:
    """Return the visits left out, in order of the days they were due."""
    rows = LeftOutVisit.objects.filter(proposal=proposal).select_related("stop__venue__commune")
    return rows.order_by("occurrence_on", "stop__venue__name", "pk")


def left_out_visit(proposal: Proposal, pk: int) -> LeftOutVisit | None:
    """Return one visit that was left out."""
    return left_out(proposal).filter(pk=pk).first()
