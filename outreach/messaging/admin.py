"""Administration of the outbox."""

from __future__ import annotations

from django.contrib import admin
from django.http import HttpRequest

from outreach.common.administration import Scoped
from outreach.messaging.models import Message


@admin.register(Message)
class MessageAdmin(Scoped, admin.ModelAdmin[Message]):
    list_display = ["subject", "to", "created_at", "sent_at", "tries", "given_up_at"]
    list_filter = ["library", "sent_at", "given_up_at"]
    search_fields = ["to", "subject", "about"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Message | None = None) -> bool:
        return False
