from __future__ import annotations

from importlib import import_module

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    """Ties the apps together once all of them are loaded."""

    name = "outreach.config"
    label = "outreach_config"
    verbose_name = "Configuration"

    def ready(self) -> None:
        # Both stand on models, which Django lets nobody import before this moment.
        import_module("outreach.config.followers").register_all()
        import_module("outreach.config.documents").register_all()
