"""Reading sheets and their history. They are logged and corrected on their own pages."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from outreach.attendance.models import ResultSheet, SheetActivity, SheetAudience


class ReadOnly:
    """Mixin: nobody adds, changes or deletes here."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class AudienceInline(ReadOnly, admin.TabularInline[SheetAudience, ResultSheet]):
    model = SheetAudience
    extra = 0


class ActivityInline(ReadOnly, admin.TabularInline[SheetActivity, ResultSheet]):
    model = SheetActivity
    extra = 0


@admin.register(ResultSheet)
class ResultSheetAdmin(ReadOnly, SimpleHistoryAdmin):
    list_display = ["event", "version", "state", "library", "author", "received_at"]
    list_filter = ["state", "queue_reason", "outcome", "library"]
    list_select_related = ["event", "library", "author"]
    search_fields = ["uid", "event__title", "event__uid"]
    date_hierarchy = "received_at"
    inlines = [AudienceInline, ActivityInline]
