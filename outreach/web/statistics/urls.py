"""Addresses of the statistics."""

from __future__ import annotations

from django.urls import path

from outreach.web.statistics import views

urlpatterns = [
    path("statistics/", views.statistics, name="statistics"),
    path("statistics/sheets/", views.statistics_sheets, name="statistics_sheets"),
    path("statistics/figures.csv", views.statistics_csv, name="statistics_csv"),
    path("statistics/figures.xlsx", views.statistics_xlsx, name="statistics_xlsx"),
]
