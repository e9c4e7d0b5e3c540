"""``/vehicles/``: vans, boats and push-carts of your libraries."""

from __future__ import annotations

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from api.filtering import Narrowing, Ordering
from api.resources import SLUG, Resource
from api.venues import LibraryRef
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue


class VehicleSerializer(serializers.ModelSerializer[Vehicle]):
    """A vehicle."""

    library = LibraryRef(read_only=True)
    base = serializers.SlugRelatedField[Venue](
        "code", read_only=True, allow_null=True, help_text="Code of the venue where it is kept."
    )

    class Meta:
        model = Vehicle
        fields = [
            "slug",
            "name",
            "kind",
            "library",
            "plate",
            "capacity_items",
            "length_m",
            "base",
            "is_in_use",
        ]
        read_only_fields = fields


class VehicleFilter(Narrowing):
    """What the list of vehicles may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    kind = django_filters.ChoiceFilter(choices=Vehicle.Kind.choices)
    is_in_use = django_filters.BooleanFilter()
    ordering = Ordering(fields=["name", "slug"])

    class Meta:
        model = Vehicle
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="The vehicles of your libraries"),
    retrieve=extend_schema(summary="One vehicle"),
)
class Vehicles(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Vehicle]):
    """By the circular, a vehicle is a service point; its stops are not."""

    queryset = Vehicle.objects.select_related("library", "base").order_by("library", "name", "pk")
    serializer_class = VehicleSerializer
    filterset_class = VehicleFilter
    lookup_field = "slug"
    lookup_value_regex = SLUG
