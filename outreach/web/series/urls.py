"""Addresses of series, templates and copies."""

from __future__ import annotations

from django.urls import path

from outreach.web.series.views import copies, series, templates

urlpatterns = [
    path("series/", series.series_list, name="series_list"),
    path("series/new/", series.series_new, name="series_new"),
    path("series/seasons/", copies.series_boundary, name="series_boundary"),
    path("series/<int:pk>/", series.series, name="series"),
    path("series/<int:pk>/change/", series.series_change, name="series_change"),
    path("series/<int:pk>/dates/", series.series_dates, name="series_dates"),
    path("series/<int:pk>/end/", series.series_end, name="series_end"),
    path(
        "series/<int:pk>/dates/<str:on>/leave-out/",
        series.series_leave_out,
        name="series_leave_out",
    ),
    path(
        "series/<int:pk>/dates/<str:on>/put-back/", series.series_put_back, name="series_put_back"
    ),
    path("templates/", templates.trip_templates, name="trip_templates"),
    path("templates/save/<str:uid>/", templates.template_save, name="template_save"),
    path("templates/<int:pk>/", templates.trip_template, name="trip_template"),
    path("templates/<int:pk>/rename/", templates.template_rename, name="template_rename"),
    path("templates/<int:pk>/remove/", templates.template_remove, name="template_remove"),
    path("schedule/copy/week/", copies.copy_week, name="copy_week"),
    path("schedule/copy/made/<int:made>/", copies.copied_drafts, name="copied"),
    path("schedule/copy/made/<int:made>/remove/", copies.copied_remove, name="copied_remove"),
    path("schedule/copy/season/", copies.copy_season, name="copy_season"),
]
