from __future__ import annotations

from django.apps import AppConfig


class PlacesConfig(AppConfig):
    name = "outreach.places"
    label = "places"
    verbose_name = "Places"
