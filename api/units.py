"""``/units/``: provinces and communes as they were on any day. Public."""

from __future__ import annotations

from datetime import date
from typing import Any

import django_filters
from django.db.models import Prefetch, QuerySet
from django.http import Http404
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_view,
)
from rest_framework import mixins, serializers
from rest_framework.permissions import AllowAny
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import Day
from api.filtering import DayFilter, NameFilter, Narrowing, Ordering
from api.resources import SLUG, Resource
from outreach.common import clock
from outreach.common.periods import holds_on
from outreach.places.models import AdministrativeUnit, Succession, UnitPriority

Level = AdministrativeUnit.Level
ON = OpenApiParameter(
    "on", date, description="The day on which the units are in force; today where left out."
)


class UnitRef(serializers.ModelSerializer[AdministrativeUnit]):
    """A unit, as others mention it."""

    class Meta:
        model = AdministrativeUnit
        fields = ["code", "name", "full_name", "valid_from", "valid_to"]
        read_only_fields = fields


class UnitSerializer(serializers.ModelSerializer[AdministrativeUnit]):
    """A province or commune. A bare code is not a key: code and validity are."""

    parent = UnitRef(read_only=True, allow_null=True, help_text="The province of a commune.")

    class Meta:
        model = AdministrativeUnit
        fields = [
            "country",
            "code",
            "level",
            "name",
            "full_name",
            "within",
            "parent",
            "valid_from",
            "valid_to",
            "lat",
            "lon",
            "area_km2",
        ]
        read_only_fields = fields


class PrioritySerializer(serializers.ModelSerializer[UnitPriority]):
    """Why a commune comes first, and for how long."""

    class Meta:
        model = UnitPriority
        fields = ["kind", "valid_from", "valid_to", "source"]
        read_only_fields = fields


class OriginSerializer(serializers.ModelSerializer[Succession]):
    """An old unit that went into this one."""

    unit = UnitRef(source="predecessor", read_only=True)

    class Meta:
        model = Succession
        fields = ["unit", "is_main", "is_split"]
        read_only_fields = fields


class SuccessorSerializer(OriginSerializer):
    """A new unit that this one went into."""

    unit = UnitRef(source="successor", read_only=True)


class UnitDetailSerializer(UnitSerializer):
    """A unit with where it came from, what it became, and its priorities on the day."""

    predecessors = OriginSerializer(
        source="origins",
        many=True,
        read_only=True,
        help_text="The units it was made of the day it began; `is_split`: of a part of them.",
    )
    origins = OriginSerializer(
        many=True, read_only=True, help_text="The same as `predecessors`, for earlier clients."
    )
    successors = SuccessorSerializer(source="successions", many=True, read_only=True)
    priorities = PrioritySerializer(many=True, read_only=True)

    class Meta(UnitSerializer.Meta):
        fields = [
            *UnitSerializer.Meta.fields,
            "predecessors",
            "origins",
            "successors",
            "priorities",
        ]
        read_only_fields = fields


class UnitFilter(Narrowing):
    """What the list of units may be narrowed by."""

    level = django_filters.ChoiceFilter(choices=Level.choices)
    country = django_filters.CharFilter(max_length=2, help_text="ISO 3166 code, such as VN.")
    parent = django_filters.CharFilter(
        "parent__code", max_length=20, help_text="Code of the province."
    )
    code = django_filters.CharFilter(max_length=20)
    on = DayFilter(
        method="narrow_to_day",
        help_text="The day on which the units are in force; today where left out.",
    )
    search = NameFilter(help_text="Part of the name, with or without accents.")
    ordering = Ordering(fields=["code", "folded"], field_labels={"folded": "name"})

    class Meta:
        model = AdministrativeUnit
        fields: list[str] = []

    def narrow_to_day(self, rows: Any, _name: str, day: date) -> Any:
        """Return the units in force on ``day``."""
        return rows.in_force_on(day)

    def filter_queryset(self, queryset: Any) -> Any:
        """Return the units asked for; those in force today where no day is named."""
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("on") else rows.in_force_on(clock.today())


EXAMPLE = OpenApiExample(
    "commune",
    value={
        "country": "VN",
        "code": "17230",
        "level": "commune",
        "name": "Mường Xén",
        "full_name": "Xã Mường Xén",
        "within": "",
        "parent": {
            "code": "40",
            "name": "Nghệ An",
            "full_name": "Tỉnh Nghệ An",
            "valid_from": "2025-07-01",
            "valid_to": None,
        },
        "valid_from": "2025-07-01",
        "valid_to": None,
        "lat": 19.398,
        "lon": 104.131,
        "area_km2": 213.4,
    },
    response_only=True,
)


@extend_schema_view(
    list=extend_schema(summary="Units in force on a day", examples=[EXAMPLE]),
    retrieve=extend_schema(
        summary="One unit, by its code on a day",
        parameters=[ON, OpenApiParameter("level", str, enum=Level.values)],
    ),
)
class Units(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[AdministrativeUnit]):
    """Provinces and communes with their dates, successions and office points."""

    queryset = AdministrativeUnit.objects.select_related("parent")
    permission_classes = [AllowAny]
    filterset_class = UnitFilter
    lookup_field = "code"
    lookup_value_regex = SLUG

    def visible(self, rows: QuerySet[AdministrativeUnit]) -> QuerySet[AdministrativeUnit]:
        """Return the units of activated sets: everybody may see them."""
        return AdministrativeUnit.objects.active().select_related("parent")

    def get_serializer_class(self) -> type[serializers.BaseSerializer[Any]]:
        """Return the long form for one unit."""
        return UnitDetailSerializer if self.action == "retrieve" else UnitSerializer

    def retrieve(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Show the unit that has this code on the day; ``level`` where two levels share it."""
        asked = _Asked(data=request.query_params)
        asked.is_valid(raise_exception=True)
        day = asked.validated_data.get("on") or clock.today()
        rows = AdministrativeUnit.objects.in_force_on(day).filter(code=kwargs["code"])
        if level := asked.validated_data.get("level"):
            rows = rows.filter(level=level)
        unit = rows.select_related("parent").prefetch_related(*_relations(day)).first()
        if unit is None:
            raise Http404
        return self.show(unit)


class _Asked(serializers.Serializer[Any]):
    on = Day(required=False)
    level = serializers.ChoiceField(choices=Level.choices, required=False)


def _relations(day: date) -> list[Prefetch[Any]]:
    holding = holds_on(day, start="valid_from", end="valid_to")
    links = Succession.objects.active().order_by("-is_main", "predecessor", "successor")
    return [
        Prefetch("origins", links.select_related("predecessor")),
        Prefetch("successions", links.select_related("successor")),
        Prefetch("priorities", UnitPriority.objects.filter(holding)),
    ]
