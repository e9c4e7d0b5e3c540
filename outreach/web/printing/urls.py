"""Addresses of documents and their files."""

from __future__ import annotations

from django.urls import path

from outreach.web.printing import views

urlpatterns = [
    path("print/", views.print_jobs, name="print_jobs"),
    path("print/files/<uuid:uid>/", views.print_job, name="print_job"),
    path("print/files/<uuid:uid>/file/", views.print_file, name="print_file"),
    path("print/files/<uuid:uid>/give-up/", views.print_give_up, name="print_give_up"),
    path("print/<slug:kind>/", views.document, name="document"),
    path("print/<slug:kind>/order/", views.print_order, name="print_order"),
]
