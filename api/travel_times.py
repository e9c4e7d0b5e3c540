"""``/travel-times/``: what ways really take, as people know it; it wins over the estimate."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Named, long_text
from api.filtering import Narrowing, Ordering
from api.preconditions import IF_MATCH, expected_revision, with_revision
from api.resources import Resource
from api.venue_parts import MonthsOfTheYear
from api.venues import LibraryRef, VenueRef
from outreach.common import audit
from outreach.places import services
from outreach.places.models import TravelTime, Venue

FIELDS = ["origin", "destination", "months", "both_ways", "minutes", "km", "note"]
ANYWHERE = "Code of the venue at which the way begins; `null`: wherever the vehicle comes from."


class TravelTimeSerializer(serializers.ModelSerializer[TravelTime]):
    """What a way takes."""

    library = LibraryRef(read_only=True)
    origin = VenueRef(read_only=True, allow_null=True)
    destination = VenueRef(read_only=True)
    months = MonthsOfTheYear(read_only=True, help_text="When it holds; none: all year.")

    class Meta:
        model = TravelTime
        fields = ["id", "library", *FIELDS]
        read_only_fields = fields


class TravelTimeChangeSerializer(serializers.ModelSerializer[TravelTime]):
    """What may be said of a way; what is left out stays as it is."""

    origin = Named(
        slug_field="code",
        queryset=Venue.objects.select_related("library"),
        required=False,
        allow_null=True,
        help_text=ANYWHERE,
    )
    months = MonthsOfTheYear(required=False, help_text="When it holds; none: all year.")
    reason = long_text(help_text="Why, for the history.")

    class Meta:
        model = TravelTime
        fields = ["origin", "months", "both_ways", "minutes", "km", "note", "reason"]
        validators: list[Any] = []


class TravelTimeCreateSerializer(TravelTimeChangeSerializer):
    """A new travel time, kept by the library of its venues."""

    destination = Named(slug_field="code", queryset=Venue.objects.select_related("library"))

    class Meta(TravelTimeChangeSerializer.Meta):
        fields = ["destination", *TravelTimeChangeSerializer.Meta.fields]


class TravelTimeFilter(Narrowing):
    """What the list of travel times may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    origin = django_filters.CharFilter("origin__code", max_length=100)
    destination = django_filters.CharFilter("destination__code", max_length=100)
    from_anywhere = django_filters.BooleanFilter("origin", lookup_expr="isnull")
    ordering = Ordering(fields=["minutes"])

    class Meta:
        model = TravelTime
        fields: list[str] = []


NEW_TRAVEL_TIME = OpenApiExample(
    "in the rainy season",
    value={
        "origin": None,
        "destination": "truong-tieu-hoc-muong-xen",
        "months": [9, 10, 11],
        "both_ways": True,
        "minutes": 210,
        "note": "Đường tràn ngập, đi vòng",
    },
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(summary="The travel times that people have typed"),
    retrieve=extend_schema(summary="One travel time"),
)
class TravelTimes(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[TravelTime]):
    """Ways and what they take, season by season."""

    queryset = TravelTime.objects.select_related("library", "origin", "destination").order_by(
        "library", "pk"
    )
    serializer_class = TravelTimeSerializer
    filterset_class = TravelTimeFilter
    lookup_value_regex = "[0-9]{1,9}"

    @extend_schema(
        summary="Add a travel time",
        request=TravelTimeCreateSerializer,
        responses={201: TravelTimeSerializer},
        examples=[NEW_TRAVEL_TIME],
    )
    def create(self, request: Request) -> Response:
        """Say what a way takes, at a library whose places you keep."""
        fields = self.read(TravelTimeCreateSerializer)
        time = services.add_travel_time(actor=self.actor, **fields)
        return self._shown(time, status=201)

    @extend_schema(responses=TravelTimeSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        """Show one travel time, with the ETag that a change may name."""
        return self._shown(self.get_object())

    @extend_schema(
        summary="Change a travel time",
        parameters=[IF_MATCH],
        request=TravelTimeChangeSerializer(partial=True),
        responses=TravelTimeSerializer,
    )
    def partial_update(self, request: Request, pk: str) -> Response:
        """Change the fields that are sent."""
        time = self.get_object()
        fields = self.read(TravelTimeChangeSerializer, partial=True)
        services.change_travel_time(
            actor=self.actor, time=time, expected_version=expected_revision(request), **fields
        )
        return self._shown(time)

    @extend_schema(summary="Remove a travel time", request=None, responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """Go back to what is estimated for this way."""
        services.remove_travel_time(actor=self.actor, time=self.get_object())
        return Response(status=204)

    def _shown(self, time: TravelTime, status: int = 200) -> Response:
        stored = self.get_queryset().get(pk=time.pk)
        return with_revision(self.show(stored, status), audit.version_of(stored))
