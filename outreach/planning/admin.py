"""Administration of the plan: records and their history to read; changes are made on the pages."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from outreach.planning.models import Promise, Season


class ReadOfTheLibrary(SimpleHistoryAdmin):
    """Records that nobody changes here, of the libraries a person may see."""

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return cast(
            QuerySet[Any], cast(Any, super().get_queryset(request)).visible_to(request.user)
        )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(Season)
class SeasonAdmin(ReadOfTheLibrary):
    list_display = ["name", "library", "starts_on", "ends_on"]
    list_filter = ["library"]
    list_select_related = ["library"]


@admin.register(Promise)
class PromiseAdmin(ReadOfTheLibrary):
    list_display = ["venue", "every_weeks", "service_min", "starts_on", "ends_on"]
    list_filter = ["venue__library"]
    list_select_related = ["venue"]
    search_fields = ["venue__folded"]
