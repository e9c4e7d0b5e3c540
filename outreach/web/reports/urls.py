"""Addresses of the reports and of the figures of the building."""

from __future__ import annotations

from django.urls import path

from outreach.web.reports import building, views

urlpatterns = [
    path("reports/", views.reports, name="reports"),
    path("reports/<int:year>/", views.report_year, name="report_year"),
    path("reports/<int:year>/review.csv", views.report_csv, name="report_csv"),
    path("reports/<int:year>/review.xlsx", views.report_xlsx, name="report_xlsx"),
    path("statistics/building/", building.building_figures, name="building_figures"),
    path(
        "statistics/building/<slug:slug>/<str:month>/",
        building.building_month,
        name="building_month",
    ),
]
