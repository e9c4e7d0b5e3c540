"""Administration of places. Changes go through the services, as everywhere."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin
from django.http import HttpRequest

from outreach.accounts.models import User
from outreach.common.administration import ScopedAdmin
from outreach.places import services
from outreach.places.models import (
    AdministrativeUnit,
    ServiceArea,
    UnitPriority,
    Venue,
    VenueHost,
)


class PriorityInline(admin.TabularInline[UnitPriority, AdministrativeUnit]):
    model = UnitPriority
    extra = 0


@admin.register(AdministrativeUnit)
class UnitAdmin(admin.ModelAdmin[AdministrativeUnit]):
    list_display = ["full_name", "code", "level", "valid_from", "valid_to", "is_active"]
    list_filter = ["level", "is_active", "valid_from"]
    search_fields = ["folded", "code"]
    inlines = [PriorityInline]
    raw_id_fields = ["parent", "unit_set"]


class HostInline(admin.TabularInline[VenueHost, Venue]):
    model = VenueHost
    extra = 0
    raw_id_fields = ["user"]


@admin.register(Venue)
class VenueAdmin(ScopedAdmin):
    list_display = ["name", "kind", "commune", "library", "is_in_use"]
    list_filter = ["library", "kind", "is_in_use"]
    search_fields = ["folded", "code"]
    raw_id_fields = ["commune", "main_venue"]
    inlines = [HostInline]
    list_select_related = ["commune", "library"]

    def save_model(self, request: HttpRequest, obj: Venue, form: Any, change: bool) -> None:
        actor = cast(User, request.user)
        fields = dict(form.cleaned_data)
        if change:
            services.change_venue(actor=actor, venue=obj, **fields)
        else:
            created = services.create_venue(actor=actor, **fields)
            obj.pk = created.pk


admin.site.register(ServiceArea)
