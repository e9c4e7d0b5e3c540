"""Where a calendar program subscribes to a feed."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from django.http import HttpRequest
from django.urls import reverse


@dataclass(frozen=True, slots=True)
class FeedLink:
    """One feed: what it is of, its address, and the same for calendar programs to open."""

    name: str
    url: str
    webcal: str


def feed_link(request: HttpRequest, scope: str, slug: str, name: str) -> FeedLink:
    """Return the absolute addresses of a feed as the reader reaches this site."""
    url = request.build_absolute_uri(reverse("calendar_feed", args=[scope, slug]))
    return FeedLink(name, url, urlsplit(url)._replace(scheme="webcal").geturl())
