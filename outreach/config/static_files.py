"""Which static files are collected: those that some page asks for."""

from __future__ import annotations

from django.contrib.staticfiles.apps import StaticFilesConfig


class StaticFiles(StaticFilesConfig):
    """The files of all apps but those nobody asks for: compressing them takes a minute."""

    # A second page for the API's description, beside the one that is served.
    ignore_patterns = (*StaticFilesConfig.ignore_patterns, "drf_spectacular_sidecar/redoc/*")
