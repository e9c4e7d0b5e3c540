from __future__ import annotations

from django.apps import AppConfig

from outreach.config import followers


class ConfigConfig(AppConfig):
    """Ties the apps together once all of them are loaded."""

    name = "outreach.config"
    label = "outreach_config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        followers.register_all()
