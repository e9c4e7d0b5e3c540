"""Reading requests and their history; their own pages change them."""

from __future__ import annotations

from django.contrib import admin

from outreach.bookings.models import Booking, RefusalReason
from outreach.common.administration import ReadOnly, ScopedAdmin


@admin.register(Booking)
class BookingAdmin(ReadOnly, ScopedAdmin):
    list_display = ["venue", "wanted_on", "kind", "state", "library", "asked_at"]
    list_filter = ["state", "library"]
    list_select_related = ["venue", "kind", "library"]
    search_fields = ["venue__folded", "uid"]


@admin.register(RefusalReason)
class RefusalReasonAdmin(ReadOnly, admin.ModelAdmin[RefusalReason]):
    """Reference data: kept in ``fixtures/reference`` and loaded by a command."""

    list_display = ["code", "name_vi", "name_en", "position", "in_use"]
