"""Reading sheets and their history. They are logged and corrected on their own pages."""

from __future__ import annotations

from django.contrib import admin

from outreach.attendance.models import ResultSheet, SheetActivity, SheetAudience
from outreach.common.administration import ReadOnly, ScopedAdmin


class AudienceInline(ReadOnly, admin.TabularInline[SheetAudience, ResultSheet]):
    model = SheetAudience
    extra = 0


class ActivityInline(ReadOnly, admin.TabularInline[SheetActivity, ResultSheet]):
    model = SheetActivity
    extra = 0


@admin.register(ResultSheet)
class ResultSheetAdmin(ReadOnly, ScopedAdmin):
    list_display = ["event", "version", "state", "library", "author", "received_at"]
    list_filter = ["state", "queue_reason", "outcome", "library"]
    list_select_related = ["event", "library", "author"]
    search_fields = ["uid", "event__title", "event__uid"]
    date_hierarchy = "received_at"
    inlines = [AudienceInline, ActivityInline]
