from __future__ import annotations

from django.apps import AppConfig


class SchedulingConfig(AppConfig):
    name = "outreach.scheduling"
    label = "scheduling"
    verbose_name = "Scheduling"
