"""Administration of places. Changes go through the services, as everywhere."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import admin, messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common.administration import ReadOnly, ScopedAdmin
from outreach.common.errors import DomainError
from outreach.places import services
from outreach.places.loading import activation
from outreach.places.models import (
    AdministrativeUnit,
    ServiceArea,
    UnitPriority,
    UnitSet,
    Venue,
    VenueHost,
)


class PriorityInline(admin.TabularInline[UnitPriority, AdministrativeUnit]):
    model = UnitPriority
    extra = 0


@admin.register(AdministrativeUnit)
class UnitAdmin(admin.ModelAdmin[AdministrativeUnit]):
    """Shows units; what is so about them is changed by loading a set. Priorities are kept here."""

    list_display = ["full_name", "code", "parent", "valid_from", "valid_to", "is_active"]
    list_filter = ["level", "is_active", "country", "unit_set", "valid_from"]
    list_select_related = ["parent"]
    search_fields = ["folded", "code"]
    inlines = [PriorityInline]
    readonly_fields = [
        field.name
        for field in AdministrativeUnit._meta.concrete_fields
        if field.editable and not field.primary_key
    ]

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(UnitSet)
class UnitSetAdmin(ReadOnly, admin.ModelAdmin[UnitSet]):
    """Shows the sets that ``load_units`` stored, activates them and takes them back."""

    list_display = ["name", "source", "loaded_at", "activated_at", "unit_count", "change_count"]
    actions = ["activate", "take_back"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[UnitSet]:
        units = UnitSet.objects.filter(pk=OuterRef("pk"))
        return UnitSet.objects.annotate(
            unit_count=Subquery(units.annotate(n=Count("units")).values("n")),
            change_count=Subquery(units.annotate(n=Count("changes")).values("n")),
        )

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Offer the actions to the administrator of the installation only."""
        return super().get_actions(request) if request.user.is_superuser else {}

    @admin.display(description=_("units"))
    def unit_count(self, unit_set: UnitSet) -> int:
        """Return how many units the set has; counted along with the list."""
        return cast(Any, unit_set).unit_count  # type: ignore[no-any-return]

    @admin.display(description=_("changes of other units"))
    def change_count(self, unit_set: UnitSet) -> int:
        """Return how many units of other sets it changes; counted along with the list."""
        return cast(Any, unit_set).change_count  # type: ignore[no-any-return]

    @admin.action(description=_("Activate the set"))
    def activate(self, request: HttpRequest, sets: QuerySet[UnitSet]) -> None:
        """Bring the chosen sets into force, in the order in which they were loaded."""
        self._each(request, sets.order_by("loaded_at", "pk"), activation.activate)

    @admin.action(description=_("Take the set back"))
    def take_back(self, request: HttpRequest, sets: QuerySet[UnitSet]) -> None:
        """Take the chosen sets back, the last activated first."""
        self._each(request, sets.order_by("-activated_at", "-pk"), activation.deactivate)

    def _each(self, request: HttpRequest, sets: QuerySet[UnitSet], change: Any) -> None:
        for unit_set in sets:
            try:
                effect = change(unit_set, actor=request.user)
            except DomainError as error:
                self.message_user(request, error.message, messages.ERROR)
                return
            self.message_user(
                request,
                _("%(set)s: %(units)d units, %(changes)d changes, %(venues)d venues.")
                % {
                    "set": unit_set.name,
                    "units": effect.units,
                    "changes": effect.changes,
                    "venues": effect.venues,
                },
            )


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
