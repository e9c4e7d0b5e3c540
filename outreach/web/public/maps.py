"""The map page, the data behind it, and the small maps of other pages."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.views.decorators.http import require_safe

from outreach.common import clock
from outreach.maps import charts
from outreach.maps.inline import InlineMap, inline
from outreach.maps.points import Point, offices_of, visit_point
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models import ActivityKind, Event
from outreach.scheduling.selectors import next_visits_by_venue
from outreach.web.public.entries import entry_of, heading_of
from outreach.web.public.forms import FilterForm, served_provinces

LIST_SIZE = 30
POINTS_FRESH_S = 60
OFFICES_FRESH_S = 24 * 3600


@require_safe
def visits(request: HttpRequest) -> HttpResponse:
    """Show the next visit of each venue, on a map and as a list."""
    now = clock.now()
    form = FilterForm(request.GET, today=clock.local(now).date())
    events = next_visits_by_venue(now=now, filters=form.filters()).for_lists()
    page = Paginator(events, LIST_SIZE).get_page(request.GET.get("page"))
    chart = charts.visits_map(
        points_url=f"{reverse('map_points')}?{request.GET.urlencode()}",
        provinces=form.provinces,
        offices_url=reverse("map_offices"),
        kinds=_kind_names(),
    )
    context = {
        "form": form,
        "page_obj": page,
        "entries": [(event.uid, entry_of(event)) for event in page],
        "kinds": form.kinds,
        "map": inline(chart, nonce=str(request.csp_nonce)),  # type: ignore[attr-defined]
    }
    return render(request, "public/map.html", context)


@require_safe
def points(request: HttpRequest) -> HttpResponseBase:
    """Answer with the next visit of each venue; the same in every language."""
    now = clock.now()
    form = FilterForm(request.GET, today=clock.local(now).date())
    events = next_visits_by_venue(now=now, filters=form.filters()).for_lists()
    found = _points(events)
    return _json(request, {"points": found}, fresh_s=POINTS_FRESH_S)


@require_safe
def offices(request: HttpRequest) -> HttpResponseBase:
    """Answer with the communes' offices: the ground of a map without tiles."""
    today = clock.today()
    found = offices_of(served_provinces(today), on=today)
    return _json(request, {"offices": found}, fresh_s=OFFICES_FRESH_S)


def of_events(request: HttpRequest, events: Iterable[Event]) -> InlineMap | None:
    """Return a small map of some events; ``None`` where there are none."""
    return _small(request, _points(events))


def of_place(
    request: HttpRequest, place: Venue | AdministrativeUnit, events: Iterable[Event]
) -> InlineMap | None:
    """Return a small map of a place and the visits to it; ``None`` without any point."""
    visits = _points(events)
    at = place.point
    if not visits and at is not None:
        alone: Point = {"lat": at[0], "lon": at[1], "key": "place", "place": str(place)}
        return _small(request, [alone])
    return _small(request, visits)


def _points(events: Iterable[Event]) -> list[Point]:
    """Return the visits at venues that somebody has put on the map."""
    points = (_point(event) for event in events)
    return [point for point in points if point is not None]


def _point(event: Event) -> Point | None:
    return visit_point(event, title=heading_of(event), url=reverse("event", args=[event.uid]))


def _small(request: HttpRequest, found: list[Point]) -> InlineMap | None:
    if not found:
        return None
    chart = charts.place_map(points=found, on=clock.today(), kinds=_kind_names())
    return inline(chart, nonce=str(request.csp_nonce))  # type: ignore[attr-defined]


def _kind_names() -> dict[str, str]:
    return {kind.code: kind.name for kind in ActivityKind.objects.all()}


def _json(request: HttpRequest, data: Any, *, fresh_s: int) -> HttpResponseBase:
    body = json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    response = get_conditional_response(request, etag) or HttpResponse(
        body, content_type="application/json; charset=utf-8"
    )
    response.headers["ETag"] = etag
    patch_cache_control(response, public=True, max_age=fresh_s)
    return response
