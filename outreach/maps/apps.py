from __future__ import annotations

from django.apps import AppConfig


class MapsConfig(AppConfig):
    name = "outreach.maps"
    label = "maps"
    verbose_name = "Maps"
