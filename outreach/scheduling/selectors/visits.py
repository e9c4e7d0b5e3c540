"""When a place is visited next and was visited last, and which places are meant by a name."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django.db.models import F, OuterRef, Subquery, Window
from django.db.models.functions import RowNumber

from outreach.common import clock
from outreach.common.folding import fold
from outreach.places.domain import distance_km
from outreach.places.models import AdministrativeUnit, Venue, VenueQuerySet
from outreach.places.search import Match, find
from outreach.scheduling.models import Event, EventQuerySet, State
from outreach.scheduling.selectors.timetable import (
    EVERYTHING,
    Filters,
    named,
    timetable,
    word_starts,
)

AHEAD = timedelta(days=366)
KM_PER_DEGREE = 111.2
NEAR_KM = 30.0
NEAR_CANDIDATES = 200
FAR_OFF = datetime.max.replace(tzinfo=UTC)
COMMUNES_CONSIDERED = 40
"""Those that fit best; then the soonest visited of them are shown first."""


def next_visits(*, now: datetime, filters: Filters = EVERYTHING) -> EventQuerySet:
    """Return the public events of the coming year that are not over at ``now``, in order."""
    today = clock.local(now).date()
    events = timetable(opens_on=today, closes_on=today + AHEAD, today=today, filters=filters)
    return events.filter(ends_at__gt=now)


def last_visits(*, now: datetime, filters: Filters = EVERYTHING) -> EventQuerySet:
    """Return the events that took place before ``now``, the latest first."""
    past = Event.objects.filter(state=State.PUBLISHED, ends_at__lte=now)
    return filters.narrow(past).order_by("-starts_at", "-pk")


def next_visits_by_venue(*, now: datetime, filters: Filters = EVERYTHING) -> EventQuerySet:
    """Return for each venue the next event that stands, in order of time."""
    return (
        next_visits(now=now, filters=filters)
        .standing()
        .annotate(
            turn=Window(RowNumber(), partition_by=F("venue"), order_by=[F("starts_at"), F("pk")])
        )
        .filter(turn=1)
        .order_by("starts_at", "pk")
    )


@dataclass(frozen=True, slots=True)
class CommuneFound:
    """A commune that words may mean.

    Attributes:
        unit: the commune in force, with its province.
        formerly: the former commune that was meant, in full; empty where the words name ``unit``.
        is_approximate: whether only a part of the former one lies in it.
        is_named: whether the words name it, or the former one, in full.
        next_at: when an event takes place there next, if one is announced.
    """

    unit: AdministrativeUnit
    formerly: str
    is_approximate: bool
    is_named: bool
    next_at: datetime | None


def communes_found(text: str, *, on: date, now: datetime, most: int = 6) -> list[CommuneFound]:
    """Return the communes in force on ``on`` that words may mean, by any name they have or had.

    Those that are named in full come before those that are only begun, and among both those that
    are visited soonest.
    """
    found: dict[int, tuple[AdministrativeUnit, Match]] = {}
    for match in find(text, on=on, limit=COMMUNES_CONSIDERED, communes_only=True):
        for unit in match.today:
            found.setdefault(unit.pk, (unit, match))
    visited = AdministrativeUnit.objects.filter(pk__in=found).annotate(at=_next_at("commune", now))
    next_at = dict(visited.values_list("pk", "at"))
    ranked = [_commune_found(unit, match, next_at[pk]) for pk, (unit, match) in found.items()]
    return sorted(ranked, key=lambda one: (not one.is_named, one.next_at or FAR_OFF))[:most]


def _commune_found(
    unit: AdministrativeUnit, match: Match, next_at: datetime | None
) -> CommuneFound:
    return CommuneFound(
        unit=unit,
        formerly=match.district or (match.name_in_full if match.is_former else ""),
        is_approximate=match.is_approximate,
        is_named=match.is_whole and not match.district and not match.has_rest,
        next_at=next_at,
    )


def venues_found(text: str, *, now: datetime) -> VenueQuerySet:
    """Return venues in use whose name has the words, each with ``next_at``, soonest first."""
    folded = fold(text)
    if not folded:
        return Venue.objects.none()
    around = ["commune__folded", "commune__parent__folded"]
    meant = named(folded, own=["folded"], around=around) | word_starts("commune__folded", folded)
    return with_next_visit(Venue.objects.in_use().filter(meant), now=now)


def with_next_visit(venues: VenueQuerySet, *, now: datetime) -> VenueQuerySet:
    """Add to each venue ``next_at``, when it is visited next, or ``None``; soonest first."""
    return (
        venues.select_related("commune", "commune__parent")
        .annotate(next_at=_next_at("venue", now))
        .order_by(F("next_at").asc(nulls_last=True), "name", "pk")
    )


def _next_at(path: str, now: datetime) -> Subquery:
    coming = Event.objects.filter(
        state=State.PUBLISHED, ends_at__gt=now, **{path: OuterRef("pk")}
    ).order_by("starts_at")
    return Subquery(coming.values("starts_at")[:1])


@dataclass(frozen=True, slots=True)
class NearVisit:
    """An event and how far from the asked point it takes place, as the crow flies, in km."""

    event: Event
    away_km: float


def near_visits(
    point: tuple[float, float], *, now: datetime, count: int = 4, except_in: int | None = None
) -> list[NearVisit]:
    """Return the next visit of the venues within :data:`NEAR_KM` of a point, soonest first.

    Args:
        point: latitude and longitude in degrees.
        count: how many at most.
        except_in: the key of a commune to leave out.
    """
    lat, lon = point
    high = NEAR_KM / KM_PER_DEGREE
    wide = high / max(math.cos(math.radians(lat)), 0.01)
    events = (
        next_visits(now=now)
        .standing()
        .filter(venue__lat__range=(lat - high, lat + high))
        .filter(venue__lon__range=(lon - wide, lon + wide))
        .for_lists()
    )
    if except_in is not None:
        events = events.exclude(commune=except_in)
    events = events[:NEAR_CANDIDATES]
    return _first_at_each_venue(events, point)[:count]


def _first_at_each_venue(events: Iterable[Event], point: tuple[float, float]) -> list[NearVisit]:
    found: dict[int, NearVisit] = {}
    for event in events:
        there = event.venue.point
        if event.venue_id not in found and there is not None:
            away_km = distance_km(point, there)
            if away_km <= NEAR_KM:
                found[event.venue_id] = NearVisit(event, away_km)
    return list(found.values())
