"""Addresses of the disruptions: what upset the schedule, and what was done about it."""

from __future__ import annotations

from django.urls import path

from outreach.web.disruptions import views

urlpatterns = [
    path("disruptions/", views.disruptions, name="disruptions"),
    path("disruptions/new/", views.disruption_new, name="disruption_new"),
    path("disruptions/<str:uid>/", views.disruption, name="disruption"),
    path("disruptions/<str:uid>/undo/", views.disruption_undo, name="disruption_undo"),
]
