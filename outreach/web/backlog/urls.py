"""Addresses of the visits owed."""

from __future__ import annotations

from django.urls import path

from outreach.web.backlog import views

urlpatterns = [
    path("plan/backlog/", views.backlog, name="backlog"),
    path("plan/backlog/<str:uid>/make-up/", views.make_up, name="make_up"),
    path("plan/backlog/<str:uid>/waive/", views.waive, name="waive_visit"),
    path("plan/backlog/<str:uid>/owe/", views.owe, name="owe_visit"),
]
