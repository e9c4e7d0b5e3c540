"""Reading requests and their history; their own pages change them."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin

from outreach.bookings.models import Booking, RefusalReason


class ReadOfTheLibrary(SimpleHistoryAdmin):
    """Records that nobody changes here, that a person may see."""

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


@admin.register(Booking)
class BookingAdmin(ReadOfTheLibrary):
    list_display = ["venue", "wanted_on", "kind", "state", "library", "asked_at"]
    list_filter = ["state", "library"]
    list_select_related = ["venue", "kind", "library"]
    search_fields = ["venue__folded", "uid"]


@admin.register(RefusalReason)
class RefusalReasonAdmin(admin.ModelAdmin[RefusalReason]):
    """Reference data: kept in ``fixtures/reference`` and loaded by a command."""

    list_display = ["code", "name_vi", "name_en", "position", "in_use"]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
