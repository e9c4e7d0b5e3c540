"""The page of a commune or province as it is, was or will be on a day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from outreach.common import clock
from outreach.places.models import AdministrativeUnit, UnitQuerySet, Venue
from outreach.places.selectors import Lineage, heirs_of, origins_of
from outreach.scheduling import selectors
from outreach.scheduling.models import Event
from outreach.scheduling.selectors import Filters
from outreach.scheduling.selectors.postponed import Postponement, postponed_from
from outreach.web.public import maps
from outreach.web.public.entries import days_of
from outreach.web.public.subscribing import feed_link

NEXT_SHOWN = 20
PAST_SHOWN = 6
VENUES_SHOWN = 100
COMMUNES_ON_A_PAGE = 60
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Relative:
    """A unit that another page leads to, on a day on which it stands.

    Attributes:
        url: the address of its page on that day; the bare one where it stands today.
        province: its province, where it bears another name than that of the page's unit.
        is_split: only a part of the older one went into the newer one.
    """

    unit: AdministrativeUnit
    url: str
    province: str = ""
    is_split: bool = False


def unit_on(units: UnitQuerySet, on: date, *, latest: bool) -> AdministrativeUnit | None:
    """Return the unit in force; communes come before provinces, as their codes may be alike.

    Where none is in force and no day was asked for, the last one that had the code.
    """
    found = units.in_force_on(on).order_by("level").first()
    if found is None and latest:
        found = units.order_by("-valid_from", "level").first()
    return found


def show(
    request: HttpRequest,
    unit: AdministrativeUnit,
    *,
    on: date | None,
    error: str,
    now: datetime,
) -> HttpResponse:
    """Show a unit; ``on`` is the day that was asked for, ``error`` what is wrong with it."""
    today = clock.local(now).date()
    context = {**_times(unit, today), "on": on, "error": error}
    if unit.level == AdministrativeUnit.Level.PROVINCE:
        context |= _province(request, unit, on or today, has_ended=context["has_ended"])
        return render(request, "public/province.html", context)
    context |= _commune(request, unit, now, has_ended=context["has_ended"])
    return render(request, "public/commune.html", context)


def page_of(unit: AdministrativeUnit, today: date) -> str:
    """Return the address of a unit's page, with a day where it does not stand today."""
    url = reverse("place", args=[unit.code])
    if unit.valid_from > today:
        return f"{url}?on={unit.valid_from:%Y-%m-%d}"
    if unit.valid_to is not None and unit.valid_to <= today:
        return f"{url}?on={unit.valid_to - _DAY:%Y-%m-%d}"
    return url


def _times(unit: AdministrativeUnit, today: date) -> dict[str, Any]:
    """Return when the unit stands, what it was made of and what it becomes."""
    return {
        "unit": unit,
        "has_ended": unit.valid_to is not None and unit.valid_to <= today,
        "is_to_come": unit.valid_from > today,
        "last_day": unit.valid_to - _DAY if unit.valid_to else None,
        "province_url": page_of(unit.parent, today) if unit.parent else "",
        "origins": [_relative(unit, row, today) for row in origins_of(unit)],
        "successors": [_relative(unit, row, today) for row in heirs_of(unit)],
        "namesakes": [Relative(other, page_of(other, today)) for other in _namesakes(unit)],
    }


def _relative(unit: AdministrativeUnit, row: Lineage, today: date) -> Relative:
    province = _other_province(unit, row.unit)
    return Relative(row.unit, page_of(row.unit, today), province, row.is_split)


def _other_province(unit: AdministrativeUnit, other: AdministrativeUnit) -> str:
    """Return the province of ``other`` where it bears another name."""
    if unit.parent is None or other.parent is None or unit.parent.name == other.parent.name:
        return ""
    return other.parent.full_name


def _namesakes(unit: AdministrativeUnit) -> list[AdministrativeUnit]:
    """Return other units that had the same code at another time, under another name."""
    others = AdministrativeUnit.objects.active().filter(
        code=unit.code, level=unit.level, country=unit.country
    )
    return list(
        others.exclude(pk=unit.pk)
        .exclude(full_name=unit.full_name)
        .select_related("parent")
        .order_by("-valid_from")
    )


def _province(
    request: HttpRequest, unit: AdministrativeUnit, day: date, *, has_ended: bool
) -> dict[str, Any]:
    """Return the communes of a province on a day, or on its first or last one."""
    inside = max(day, unit.valid_from)
    if unit.valid_to is not None:
        inside = min(inside, unit.valid_to - _DAY)
    communes = (
        AdministrativeUnit.objects.in_force_on(inside)
        .communes()
        .filter(parent=unit)
        .order_by("folded", "code")
    )
    page = Paginator(communes, COMMUNES_ON_A_PAGE).get_page(request.GET.get("page"))
    return {
        "communes": page,
        "communes_on": inside,
        # Links lead to the same day, unless that is today.
        "suffix": "" if inside == clock.today() else f"?on={inside:%Y-%m-%d}",
        "timetable_url": f"{reverse('timetable')}?province={unit.code}",
        "feeds": [] if has_ended else [feed_link(request, "province", unit.code, unit.full_name)],
    }


def _commune(
    request: HttpRequest, unit: AdministrativeUnit, now: datetime, *, has_ended: bool
) -> dict[str, Any]:
    filters = Filters(commune=unit)
    events = list(selectors.next_visits(now=now, filters=filters).for_lists()[:NEXT_SHOWN])
    past = list(selectors.last_visits(now=now, filters=filters).for_lists()[:PAST_SHOWN])
    venues = Venue.objects.in_use().filter(commune=unit)
    near = (
        selectors.near_visits(unit.point, now=now, except_in=unit.pk)
        if unit.point and not events
        else []
    )
    return {
        "days": days_of(events, not_before=clock.local(now).date(), away=_away(events, unit, now)),
        "past": days_of(past),
        "venues": selectors.with_next_visit(venues, now=now)[:VENUES_SHOWN],
        "near": near,
        "map": maps.of_place(request, unit, _first_each(events)),
        "feeds": []
        if has_ended
        else [feed_link(request, "commune", unit.code, unit.full_name), *_wider(request, unit)],
    }


def _away(events: list[Event], unit: AdministrativeUnit, now: datetime) -> list[Postponement]:
    """Return what is postponed from the days that are listed; from a month, if none is."""
    end = events[-1].starts_at if len(events) == NEXT_SHOWN else now + timedelta(days=31)
    start = clock.start_of(clock.local(now).date())
    return postponed_from(start, end, filters=Filters(commune=unit))


def _wider(request: HttpRequest, unit: AdministrativeUnit) -> list[Any]:
    province = unit.parent
    return [feed_link(request, "province", province.code, province.full_name)] if province else []


def _first_each(events: list[Event]) -> list[Event]:
    """Return the first event at each venue that stands."""
    first: dict[int, Event] = {}
    for event in events:
        if not event.is_cancelled:
            first.setdefault(event.venue_id, event)
    return list(first.values())
