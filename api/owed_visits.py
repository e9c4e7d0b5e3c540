"""``/owed-visits/``: what was called off and is still to be made up for."""

from __future__ import annotations

from typing import Any

import django_filters
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import mixins, serializers

from api.fields import Instant
from api.filtering import DayFilter, Narrowing, Ordering
from api.resources import Resource
from api.venues import LibraryRef, VenueRef
from outreach.planning.models import OwedVisit


class OwedVisitSerializer(serializers.ModelSerializer[OwedVisit]):
    """A visit owed: plan the one that makes up for it with ``makes_up_for`` of ``/events/``."""

    event = serializers.CharField(
        source="event.uid", read_only=True, help_text="The event that was called off."
    )
    title = serializers.CharField(source="event.title", read_only=True)
    starts_at = Instant(source="event.starts_at", read_only=True)
    reason = serializers.CharField(source="event.cancel_reason_id", read_only=True, allow_null=True)
    library = LibraryRef(source="event.library", read_only=True)
    venue = VenueRef(source="event.venue", read_only=True)

    class Meta:
        model = OwedVisit
        fields = ["event", "title", "starts_at", "reason", "library", "venue", "due_on"]
        read_only_fields = fields


class OwedVisitFilter(Narrowing):
    """What the list of visits owed may be narrowed by."""

    library = django_filters.CharFilter("event__library__slug", max_length=60)
    venue = django_filters.CharFilter("event__venue__code", max_length=100)
    due_before = DayFilter("due_on", lookup_expr="lt", help_text="Those due before this day.")
    ordering = Ordering(fields=["due_on"])

    class Meta:
        model = OwedVisit
        fields: list[str] = []


@extend_schema_view(list=extend_schema(summary="The visits your libraries owe, the oldest first"))
class OwedVisits(mixins.ListModelMixin, Resource[OwedVisit]):
    """Visits that were announced, called off, and neither made up for nor waived."""

    queryset = OwedVisit.objects.select_related("event__library", "event__venue").order_by(
        "due_on", "event"
    )
    serializer_class = OwedVisitSerializer
    filterset_class = OwedVisitFilter

    def visible(self, rows: Any) -> Any:
        """Return those of the caller's libraries that are still owed."""
        return rows.visible_to(self.actor).open()
