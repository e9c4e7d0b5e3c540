"""Addresses of the result sheets."""

from __future__ import annotations

from django.urls import path

from outreach.web.results import views

urlpatterns = [
    path("results/", views.results, name="results"),
    path("results/code/", views.result_code_typed, name="result_code_typed"),
    path("results/code/<str:code>/", views.result_code, name="result_code"),
    path("results/<str:uid>/new/", views.result_new, name="result_new"),
    path("results/sheets/<uuid:uid>/", views.sheet, name="sheet"),
    path("results/sheets/<uuid:uid>/correct/", views.sheet_correct, name="sheet_correct"),
    path("results/sheets/<uuid:uid>/accept/", views.sheet_accept, name="sheet_accept"),
    path("results/sheets/<uuid:uid>/reject/", views.sheet_reject, name="sheet_reject"),
]
