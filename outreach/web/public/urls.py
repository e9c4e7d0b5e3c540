"""Addresses of the pages that everyone may read."""

from __future__ import annotations

from django.urls import path

from outreach.web.public import maps, places, views

urlpatterns = [
    path("", views.home, name="home"),
    path("timetable/", views.timetable, name="timetable"),
    path("events/<str:uid>/", views.event, name="event"),
    path("places/<str:code>/", places.place, name="place"),
    path("map/", maps.visits, name="map"),
    path("map/points.json", maps.points, name="map_points"),
    path("map/offices.json", maps.offices, name="map_offices"),
]
