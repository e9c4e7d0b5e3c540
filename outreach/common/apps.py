from __future__ import annotations

from django.apps import AppConfig
from django.core import checks

from outreach.common.checks import overlap_constraints_are_present


class CommonConfig(AppConfig):
    name = "outreach.common"
    label = "common"
    verbose_name = "Common"

    def ready(self) -> None:
        checks.register(overlap_constraints_are_present, checks.Tags.database)
