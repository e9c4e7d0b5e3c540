"""Addresses of vehicles, crew and their times off."""

from __future__ import annotations

from django.urls import path

from outreach.web.fleet import views

urlpatterns = [
    path("fleet/", views.fleet, name="fleet"),
    path("fleet/vehicles/new/", views.vehicle_new, name="vehicle_new"),
    path("fleet/vehicles/<slug:slug>/", views.vehicle_edit, name="vehicle_edit"),
    path("fleet/crew/new/", views.member_new, name="member_new"),
    path("fleet/crew/<int:pk>/", views.member_edit, name="member_edit"),
    path("fleet/times-off/new/", views.time_off_new, name="time_off_new"),
    path("fleet/times-off/<int:pk>/", views.time_off_edit, name="time_off_edit"),
    path("fleet/times-off/<int:pk>/remove/", views.time_off_remove, name="time_off_remove"),
]
