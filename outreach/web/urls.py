"""Addresses of the pages, area by area."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from outreach.web.start import icon, start

urlpatterns = [
    path("start/", start, name="start"),
    path("favicon.ico", icon, name="icon"),
    path("", include("outreach.web.health.urls")),
    path("", include("outreach.web.finding.urls")),
    path("", include("outreach.web.public.urls")),
    path("", include("outreach.web.calendars.urls")),
    path("", include("outreach.web.schedule.urls")),
    path("", include("outreach.web.schedule.board_urls")),
    path("", include("outreach.web.series.urls")),
    path("", include("outreach.web.venues.urls")),
    path("", include("outreach.web.fleet.urls")),
    path("", include("outreach.web.results.urls")),
    path("", include("outreach.web.plan.urls")),
    path("", include("outreach.web.seasons.urls")),
    path("", include("outreach.web.printing.urls")),
    path("", include("outreach.web.bookings.urls")),
    path("", include("outreach.web.statistics.urls")),
    path("", include("outreach.web.reports.urls")),
    path("", include("outreach.web.disruptions.urls")),
    path("", include("outreach.web.backlog.urls")),
]

if not settings.PRODUCTION:
    from outreach.web.styleguide import StyleguideView

    urlpatterns.append(path("styleguide/", StyleguideView.as_view(), name="styleguide"))
