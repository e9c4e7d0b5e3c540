"""Addresses of seasons and their plans."""

from __future__ import annotations

from django.urls import path

from outreach.web.seasons import views

urlpatterns = [
    path("plan/seasons/", views.seasons, name="seasons"),
    path("plan/seasons/<int:pk>/", views.season, name="season"),
    path("plan/seasons/<int:pk>/edit/", views.season_edit, name="season_edit"),
    path("plan/seasons/<int:pk>/submit/", views.season_submit, name="season_submit"),
    path("plan/seasons/<int:pk>/publish/", views.season_publish, name="season_publish"),
    path("plan/seasons/<int:pk>/plan.xlsx", views.season_xlsx, name="season_xlsx"),
    path("plan/submissions/<uuid:uid>/withdraw/", views.season_withdraw, name="season_withdraw"),
    path("plan/submissions/<uuid:uid>/approve/", views.season_approve, name="season_approve"),
    path("plan/submissions/<uuid:uid>/return/", views.season_return, name="season_return"),
]
