"""Addresses of the plan."""

from __future__ import annotations

from django.urls import include, path

from outreach.web.plan import imports, views

urlpatterns = [
    path("", include("outreach.web.plan.planner_urls")),
    path("plan/", views.plan, name="plan"),
    path("plan/seasons/new/", views.season_new, name="season_new"),
    path("plan/import/", imports.imports, name="imports"),
    path("plan/import/<uuid:uid>/", imports.import_, name="import"),
    path("plan/import/<uuid:uid>/store/", imports.import_store, name="import_store"),
    path("plan/import/<uuid:uid>/give-up/", imports.import_give_up, name="import_give_up"),
    path("plan/stops.csv", imports.stops_csv, name="stops_csv"),
    path("plan/stops.xlsx", imports.stops_xlsx, name="stops_xlsx"),
    path("plan/promises/new/", views.promise_new, name="promise_new"),
    path("plan/promises/<int:pk>/", views.promise_edit, name="promise_edit"),
    path("plan/promises/<int:pk>/end/", views.promise_end, name="promise_end"),
]
