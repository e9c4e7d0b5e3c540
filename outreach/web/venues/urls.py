"""Addresses at which a library keeps its venues."""

from __future__ import annotations

from django.urls import path

from outreach.web.venues import views

urlpatterns = [
    path("venues/", views.venues, name="venues"),
    path("venues/new/", views.venue_new, name="venue_new"),
    path("venues/<str:code>/", views.venue_edit, name="venue_edit"),
]
