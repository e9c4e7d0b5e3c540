from __future__ import annotations

from django.apps import AppConfig


class MessagingConfig(AppConfig):
    name = "outreach.messaging"
    label = "messaging"
    verbose_name = "Messaging"
