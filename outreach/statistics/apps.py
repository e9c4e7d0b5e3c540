from __future__ import annotations

from django.apps import AppConfig


class StatisticsConfig(AppConfig):
    name = "outreach.statistics"
    label = "statistics"
    verbose_name = "Statistics"
