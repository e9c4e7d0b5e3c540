"""Administration of the plan: records and their history to read; changes are made on the pages."""

from __future__ import annotations

from django.contrib import admin

from outreach.common.administration import ReadOnly, ScopedAdmin
from outreach.planning.models import Promise, Season, StopImport


@admin.register(Season)
class SeasonAdmin(ReadOnly, ScopedAdmin):
    list_display = ["name", "library", "starts_on", "ends_on"]
    list_filter = ["library"]
    list_select_related = ["library"]


@admin.register(Promise)
class PromiseAdmin(ReadOnly, ScopedAdmin):
    list_display = ["venue", "every_weeks", "service_min", "starts_on", "ends_on"]
    list_filter = ["venue__library"]
    list_select_related = ["venue"]
    search_fields = ["venue__folded"]


@admin.register(StopImport)
class StopImportAdmin(ReadOnly, ScopedAdmin):
    list_display = ["file_name", "library", "made_by", "made_at", "state"]
    list_filter = ["library", "state"]
    list_select_related = ["library", "made_by"]
    exclude = ["content"]
