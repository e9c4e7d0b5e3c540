"""Addresses of the health checks."""

from __future__ import annotations

from django.urls import path

from outreach.web.health import views

urlpatterns = [
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
]
