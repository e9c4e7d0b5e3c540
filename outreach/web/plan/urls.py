"""Addresses of the plan."""

from __future__ import annotations

from django.urls import path

from outreach.web.plan import views

urlpatterns = [
    path("plan/", views.plan, name="plan"),
    path("plan/seasons/new/", views.season_new, name="season_new"),
    path("plan/promises/new/", views.promise_new, name="promise_new"),
    path("plan/promises/<int:pk>/", views.promise_edit, name="promise_edit"),
    path("plan/promises/<int:pk>/end/", views.promise_end, name="promise_end"),
]
