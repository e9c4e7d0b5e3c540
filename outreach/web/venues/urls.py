"""Addresses at which a library keeps its venues."""

from __future__ import annotations

from django.urls import path

from outreach.web.venues import overview, parts, views

urlpatterns = [
    path("venues/", views.venues, name="venues"),
    path("venues/new/", views.venue_new, name="venue_new"),
    path("venues/<str:code>/", overview.venue, name="venue"),
    path("venues/<str:code>/edit/", views.venue_edit, name="venue_edit"),
    path("venues/<str:code>/access/", parts.access, name="venue_access"),
    path("venues/<str:code>/hours/", parts.hours, name="venue_hours"),
    path("venues/<str:code>/closed/new/", parts.closed_new, name="venue_closed_new"),
    path("venues/<str:code>/closed/<int:pk>/", parts.closed_edit, name="venue_closed"),
    path(
        "venues/<str:code>/closed/<int:pk>/remove/",
        parts.closed_remove,
        name="venue_closed_remove",
    ),
    path("venues/<str:code>/travel/new/", parts.travel_new, name="venue_travel_new"),
    path("venues/<str:code>/travel/<int:pk>/", parts.travel_edit, name="venue_travel"),
    path(
        "venues/<str:code>/travel/<int:pk>/remove/",
        parts.travel_remove,
        name="venue_travel_remove",
    ),
]
