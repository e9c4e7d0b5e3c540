"""Calendar feeds: for anyone, without cookies, whatever the client says it accepts."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response, patch_cache_control
from django.utils.http import http_date
from django.views.decorators.http import require_safe

from outreach.calendars.selectors import Feed, event_feed, feed
from outreach.common import clock

CONTENT_TYPE = "text/calendar; charset=utf-8"
FRESH_S = 300
"""How long a feed that a program asks for again and again may be kept, in seconds."""


@require_safe
def calendar_feed(request: HttpRequest, scope: str, slug: str) -> HttpResponseBase:
    """Serve the feed of a vehicle, venue, commune, province or library."""
    return _serve(request, feed(scope, slug, clock.today()), f"{scope}-{slug}")


@require_safe
def calendar_event(request: HttpRequest, uid: str) -> HttpResponseBase:
    """Serve one public event as a calendar file.

    Somebody presses a button for it, beside the event's own time: the two must not differ, so a
    kept copy is always checked first.
    """
    return _serve(request, event_feed(uid), uid, fresh_s=0)


def _serve(
    request: HttpRequest, found: Feed | None, name: str, *, fresh_s: int = FRESH_S
) -> HttpResponseBase:
    if found is None:
        raise Http404
    modified_s = int(found.last_modified.timestamp())
    response: HttpResponseBase | None = get_conditional_response(request, found.etag, modified_s)
    if response is None:
        response = StreamingHttpResponse(found.chunks(), content_type=CONTENT_TYPE)
        response.headers["Content-Disposition"] = f'inline; filename="{name}.ics"'
    response.headers["ETag"] = found.etag
    response.headers["Last-Modified"] = http_date(modified_s)
    patch_cache_control(response, public=True, max_age=fresh_s)
    return response
