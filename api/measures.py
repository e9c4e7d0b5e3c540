"""``/measures/``: what is counted, and what the standards call it."""

from __future__ import annotations

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers
from rest_framework.permissions import AllowAny

from api.filtering import Narrowing
from api.resources import SLUG, Resource
from outreach.statistics.models import Measure


class MeasureSerializer(serializers.ModelSerializer[Measure]):
    """One countable thing; ``name``, ``unit`` and ``note`` are in the language of the answer."""

    name = serializers.CharField(read_only=True)
    unit = serializers.CharField(read_only=True)
    note = serializers.CharField(read_only=True)

    class Meta:
        model = Measure
        fields = [
            "code",
            "name",
            "unit",
            "note",
            "standard_term",
            "source",
            "name_vi",
            "name_en",
            "unit_vi",
            "unit_en",
        ]
        read_only_fields = fields


class MeasureFilter(Narrowing):
    """What the catalogue may be narrowed by."""

    source = django_filters.ChoiceFilter(choices=Measure.Source.choices)

    class Meta:
        model = Measure
        fields: list[str] = []


@extend_schema_view(
    list=extend_schema(summary="The catalogue of measures"),
    retrieve=extend_schema(summary="One measure"),
)
class Measures(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[Measure]):
    """Definitions are public; figures are not."""

    queryset = Measure.objects.filter(in_use=True).order_by("position", "code")
    serializer_class = MeasureSerializer
    permission_classes = [AllowAny]
    filterset_class = MeasureFilter
    lookup_field = "code"
    lookup_value_regex = SLUG

    def visible(self, rows: QuerySet[Measure]) -> QuerySet[Measure]:
        """Return all measures in use: everybody may see them."""
        return rows
