"""``/venues/``: where services stop. Contacts only for those who keep the places."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Day, Degrees, Named, OwnLibrary, long_text, only_library
from api.filtering import NameFilter, Narrowing, Ordering
from api.preconditions import IF_MATCH, expected_revision, with_revision
from api.resources import SLUG, Resource
from api.venue_parts import (
    AccessChangeSerializer,
    AccessSerializer,
    ClosedDatesSerializer,
    OpeningWindowSerializer,
    closed_field,
    windows_field,
    with_parts,
)
from outreach.accounts.domain import Action
from outreach.accounts.models import Library
from outreach.common import clock
from outreach.places import services
from outreach.places.models import AdministrativeUnit, Venue
from outreach.places.venue_state import state_of
from outreach.planning.models import Promise

CONTACT = ("contact_name", "contact_phone", "contact_email", "contact_until")


class LibraryRef(serializers.ModelSerializer[Library]):
    """A library, as others mention it."""

    name = serializers.CharField(read_only=True)

    class Meta:
        model = Library
        fields = ["slug", "name"]
        read_only_fields = fields


class CommuneRef(serializers.ModelSerializer[AdministrativeUnit]):
    """A commune with its province, as venues and events mention it."""

    province = serializers.CharField(source="parent.full_name", read_only=True, allow_null=True)
    province_code = serializers.CharField(source="parent.code", read_only=True, allow_null=True)

    class Meta:
        model = AdministrativeUnit
        fields = ["code", "name", "full_name", "province_code", "province"]
        read_only_fields = fields


class VenueRef(serializers.ModelSerializer[Venue]):
    """A venue, as events mention it: nothing personal."""

    class Meta:
        model = Venue
        fields = ["code", "name", "kind", "lat", "lon"]
        read_only_fields = fields


class VenueSerializer(serializers.ModelSerializer[Venue]):
    """A venue. The contact's fields are ``null`` for who does not keep this library's places."""

    library = LibraryRef(read_only=True)
    commune = CommuneRef(read_only=True, allow_null=True)
    main_venue = serializers.SlugRelatedField[Venue](
        "code", read_only=True, allow_null=True, help_text="Code of the school of a school point."
    )
    access = AccessSerializer(read_only=True, allow_null=True)
    opening_windows = OpeningWindowSerializer(many=True, read_only=True)
    closed_dates = ClosedDatesSerializer(many=True, read_only=True)
    contact_name = serializers.CharField(read_only=True, allow_null=True)
    contact_phone = serializers.CharField(read_only=True, allow_null=True)
    contact_email = serializers.CharField(read_only=True, allow_null=True)
    contact_until = Day(read_only=True, allow_null=True)

    class Meta:
        model = Venue
        fields = [
            "code",
            "name",
            "kind",
            "library",
            "commune",
            "locality",
            "address",
            "postcode",
            "lat",
            "lon",
            "main_venue",
            "access_note",
            "access",
            "opening_windows",
            "closed_dates",
            "is_in_use",
            "is_invented",
            *CONTACT,
        ]
        read_only_fields = fields

    def to_representation(self, venue: Venue) -> dict[str, Any]:
        """Show the venue, without its contact to who does not keep it."""
        shown: dict[str, Any] = super().to_representation(venue)
        if not self.context["request"].user.may(Action.KEEP_PLACES, venue.library_id):
            shown |= dict.fromkeys(CONTACT)
        return shown


class CommuneField(Named):
    """A commune in force today, named by its code."""

    default_error_messages = {"unknown": _("No commune in force today has the code “%(value)s”.")}

    def __init__(self, **kwargs: Any) -> None:
        communes = AdministrativeUnit.objects.communes().select_related("parent")
        super().__init__(slug_field="code", queryset=communes, **kwargs)

    def _visible(self) -> Any:
        rows: Any = self.get_queryset()
        return rows.in_force_on(clock.today())


class VenueChangeSerializer(serializers.ModelSerializer[Venue]):
    """What may be said of a venue; what is left out stays as it is."""

    commune = CommuneField(required=False, allow_null=True)
    lat = Degrees(limit=90.0, required=False, allow_null=True)
    lon = Degrees(limit=180.0, required=False, allow_null=True)
    main_venue = Named(
        slug_field="code", queryset=Venue.objects.all(), required=False, allow_null=True
    )
    access_note = long_text()
    access = AccessChangeSerializer(
        required=False,
        allow_null=True,
        help_text="Fields of the access file; what is left out, or `null` for all, stays as it is.",
    )
    opening_windows = windows_field()
    closed_dates = closed_field()
    contact_until = Day(required=False, allow_null=True)
    reason = long_text(help_text="Why, for the history.")

    class Meta:
        model = Venue
        fields = [
            "name",
            "kind",
            "commune",
            "locality",
            "address",
            "postcode",
            "lat",
            "lon",
            "main_venue",
            "access_note",
            "access",
            "opening_windows",
            "closed_dates",
            "is_in_use",
            *CONTACT,
            "language",
            "reason",
        ]


class VenueCreateSerializer(VenueChangeSerializer):
    """A new venue; its code is made from its name."""

    library = OwnLibrary(Action.KEEP_PLACES, required=False)

    class Meta(VenueChangeSerializer.Meta):
        fields = ["library", *VenueChangeSerializer.Meta.fields]


class VenueFilter(Narrowing):
    """What the list of venues may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    kind = django_filters.ChoiceFilter(choices=Venue.Kind.choices)
    commune = django_filters.CharFilter("commune__code", max_length=20)
    province = django_filters.CharFilter("commune__parent__code", max_length=20)
    postcode = django_filters.CharFilter(max_length=20)
    is_in_use = django_filters.BooleanFilter()
    has_point = django_filters.BooleanFilter("lat", lookup_expr="isnull", exclude=True)
    has_commune = django_filters.BooleanFilter("commune", lookup_expr="isnull", exclude=True)
    is_promised = django_filters.BooleanFilter(
        method="promised", help_text="Whether visits are promised there today."
    )
    search = NameFilter(help_text="Part of the name, with or without accents.")
    ordering = Ordering(fields=["name", "code"])

    class Meta:
        model = Venue
        fields: list[str] = []

    def promised(self, venues: QuerySet[Venue], _name: str, value: bool) -> QuerySet[Venue]:
        """Return the venues with, or without, a promise in force."""
        promise = Exists(Promise.objects.in_force_on(clock.today()).filter(venue=OuterRef("pk")))
        return venues.filter(promise if value else ~promise)


NEW_VENUE = OpenApiExample(
    "a school",
    value={
        "library": "nghe-an",
        "name": "Trường Tiểu học Mường Xén",
        "kind": "school",
        "commune": "16813",
        "locality": "Bản Hòa Sơn",
        "lat": 19.401,
        "lon": 104.137,
        "access": {"slope": "steep", "flood_months": [9, 10]},
        "opening_windows": [{"weekday": 0, "opens": "07:00:00", "closes": "11:30:00"}],
    },
    request_only=True,
)


@extend_schema_view(
    list=extend_schema(summary="The venues of your libraries"),
    retrieve=extend_schema(summary="One venue"),
)
class Venues(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Venue]):
    """Schools, culture houses, markets and other places to stop."""

    queryset = Venue.objects.select_related(
        "library", "commune", "commune__parent", "main_venue", "access"
    ).prefetch_related("opening_windows", "closed_dates")
    serializer_class = VenueSerializer
    filterset_class = VenueFilter
    lookup_field = "code"
    lookup_value_regex = SLUG

    @extend_schema(
        summary="Add a venue",
        request=VenueCreateSerializer,
        responses={201: VenueSerializer},
        examples=[NEW_VENUE],
    )
    def create(self, request: Request) -> Response:
        """Add a venue to a library whose places you keep."""
        fields = with_parts(self.read(VenueCreateSerializer))
        library = fields.pop("library", None) or only_library(self.actor, Action.KEEP_PLACES)
        venue = services.create_venue(actor=self.actor, library=library, **fields)
        return self._shown(self._stored(venue), status=201)

    @extend_schema(responses=VenueSerializer)
    def retrieve(self, request: Request, code: str) -> Response:
        """Show one venue, with the ETag that a change may name."""
        return self._shown(self.get_object())

    @extend_schema(
        summary="Change a venue",
        parameters=[IF_MATCH],
        request=VenueChangeSerializer(partial=True),
        responses=VenueSerializer,
    )
    def partial_update(self, request: Request, code: str) -> Response:
        """Change the fields that are sent."""
        venue = self.get_object()
        fields = with_parts(self.read(VenueChangeSerializer, partial=True))
        services.change_venue(
            actor=self.actor, venue=venue, expected_state=expected_revision(request), **fields
        )
        return self._shown(self._stored(venue))

    def _shown(self, venue: Venue, status: int = 200) -> Response:
        return with_revision(self.show(venue, status), state_of(venue))

    def _stored(self, venue: Venue) -> Venue:
        return self.get_queryset().get(pk=venue.pk)
