from __future__ import annotations

from django.apps import AppConfig


class PlanningConfig(AppConfig):
    name = "outreach.planning"
    label = "planning"
    verbose_name = "Planning"
