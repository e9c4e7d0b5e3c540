"""Administration of vehicles and crew."""

from __future__ import annotations

from django.contrib import admin

from outreach.common.administration import ScopedAdmin
from outreach.fleet.models import CrewMember, Unavailability, Vehicle


@admin.register(Vehicle)
class VehicleAdmin(ScopedAdmin):
    list_display = ["name", "kind", "plate", "library", "is_in_use"]
    list_filter = ["library", "kind"]
    raw_id_fields = ["base"]


@admin.register(CrewMember)
class CrewMemberAdmin(ScopedAdmin):
    list_display = ["full_name", "library", "can_operate", "is_professional", "is_in_use"]
    list_filter = ["library", "can_operate", "is_professional"]
    raw_id_fields = ["user"]


@admin.register(Unavailability)
class UnavailabilityAdmin(ScopedAdmin):
    list_display = ["vehicle", "member", "starts_at", "ends_at", "reason"]
    list_select_related = ["vehicle", "member"]
