"""Addresses of the search of places, open to everyone, and of venues' points, for staff."""

from __future__ import annotations

from django.urls import path

from outreach.web.finding import points, views

urlpatterns = [
    path("places/", views.places_find, name="places_find"),
    path("places/suggest.json", views.places_suggest, name="places_suggest"),
    path("geocode/", points.address_look_up, name="address_look_up"),
    path("geocode/address.json", points.address_look_up_json, name="address_look_up_json"),
    path("geocode/commune.json", points.point_commune, name="point_commune"),
]
