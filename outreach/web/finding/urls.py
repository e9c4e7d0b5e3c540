"""Addresses of the search of places, open to everyone."""

from __future__ import annotations

from django.urls import path

from outreach.web.finding import views

urlpatterns = [
    path("places/", views.places_find, name="places_find"),
    path("places/suggest.json", views.places_suggest, name="places_suggest"),
]
