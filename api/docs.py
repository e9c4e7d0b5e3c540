"""The page on which the API can be read and tried; served by ourselves, under the strict CSP."""

from __future__ import annotations

from django.views.generic import TemplateView


class DocsView(TemplateView):
    """Swagger UI from the sidecar, started by a script of our own: nothing is inline."""

    template_name = "api/docs.html"
