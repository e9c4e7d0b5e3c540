"""``/crew/``: who goes out. Phones only for those who keep the fleet."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from api.filtering import Narrowing, Ordering
from api.resources import Resource
from api.venues import LibraryRef
from outreach.accounts.domain import Action
from outreach.fleet.models import CrewMember


class CrewRef(serializers.ModelSerializer[CrewMember]):
    """A crew member, as trips and events mention them."""

    class Meta:
        model = CrewMember
        fields = ["id", "full_name"]
        read_only_fields = fields


class CrewMemberSerializer(serializers.ModelSerializer[CrewMember]):
    """A crew member. The phone is ``null`` for who does not keep this library's fleet."""

    library = LibraryRef(read_only=True)
    phone = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = CrewMember
        fields = [
            "id",
            "full_name",
            "library",
            "can_operate",
            "is_professional",
            "is_in_use",
            "is_invented",
            "phone",
        ]
        read_only_fields = fields

    def to_representation(self, member: CrewMember) -> dict[str, Any]:
        """Show the crew member, without the phone to who does not keep the fleet."""
        shown: dict[str, Any] = super().to_representation(member)
        if not self.context["request"].user.may(Action.KEEP_FLEET, member.library_id):
            shown["phone"] = None
        return shown


class CrewFilter(Narrowing):
    """What the list of crew may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    can_operate = django_filters.BooleanFilter()
    is_professional = django_filters.BooleanFilter()
    is_in_use = django_filters.BooleanFilter()
    ordering = Ordering(fields=["full_name"])

    class Meta:
        model = CrewMember
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="The crew of your libraries"),
    retrieve=extend_schema(summary="One crew member"),
)
class Crew(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[CrewMember]):
    """Operators and professional staff."""

    queryset = CrewMember.objects.select_related("library").order_by("library", "full_name", "pk")
    serializer_class = CrewMemberSerializer
    filterset_class = CrewFilter
    lookup_value_regex = "[0-9]{1,9}"
