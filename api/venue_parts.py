"""What is kept with a venue, as the API writes and takes it: access file, hours, closed dates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.fields import Day
from outreach.common.months import EVERY_MONTH, Months
from outreach.places.access_notes import notes
from outreach.places.models import ClosedDates, OpeningWindow, VenueAccess
from outreach.places.services import Closure, Hours
from outreach.places.services.hours import MOST_CLOSURES, MOST_WINDOWS

ACCESS = [
    "turning",
    "largest_vehicle_m",
    "slope",
    "flood_months",
    "closed_months",
    "has_power",
    "signal",
    "has_indoor_room",
    "main_site_only",
    "onward_by",
    "onward_km",
    "onward_min",
]


@extend_schema_field(
    {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 12}, "maxItems": 12}
)
class MonthsOfTheYear(serializers.Field[Months, Any, list[int], Any]):
    """Months as numbers from 1 to 12, in order."""

    default_error_messages = {"invalid": _("Send a list of months, from 1 to 12.")}

    def to_internal_value(self, data: Any) -> Months:
        """Return a set of months.

        Raises:
            serializers.ValidationError: if it is no list of months.
        """
        if not isinstance(data, list) or any(type(one) is not int for one in data):
            self.fail("invalid")
        if not EVERY_MONTH.issuperset(data):
            self.fail("invalid")
        return frozenset(data)

    def to_representation(self, value: Months) -> list[int]:
        """Return the months in order."""
        return sorted(value)


class AccessChangeSerializer(serializers.ModelSerializer[VenueAccess]):
    """What may be said of reaching a venue; empty and ``null`` say that nobody knows."""

    flood_months = MonthsOfTheYear(required=False)
    closed_months = MonthsOfTheYear(required=False)

    class Meta:
        model = VenueAccess
        fields = ACCESS


class AccessSerializer(AccessChangeSerializer):
    """The access file of a venue, and the same in short phrases."""

    notes = serializers.SerializerMethodField(
        help_text="What is known, in the caller's language, most important first."
    )

    class Meta(AccessChangeSerializer.Meta):
        fields = [*ACCESS, "notes"]

    def get_notes(self, access: VenueAccess) -> list[str]:
        """Return what is known in short phrases."""
        return notes(access.venue)


class _Whole:
    """An item of a list that is sent as a whole, also where the rest may be left out."""

    needed: tuple[str, ...]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an item that lacks something.

        Raises:
            serializers.ValidationError: on what is missing.
        """
        missing = [name for name in self.needed if name not in attrs]
        if missing:
            said = serializers.Field.default_error_messages["required"]
            raise serializers.ValidationError({name: [said] for name in missing}, code="required")
        return attrs


class OpeningWindowSerializer(_Whole, serializers.ModelSerializer[OpeningWindow]):
    """Hours of a weekday in which a venue can be visited."""

    needed = ("weekday", "opens", "closes")

    weekday = serializers.IntegerField(min_value=0, max_value=6, help_text="0 is Monday.")

    class Meta:
        model = OpeningWindow
        fields = ["weekday", "opens", "closes"]
        validators: list[Any] = []


class ClosedDatesSerializer(_Whole, serializers.ModelSerializer[ClosedDates]):
    """Days on which a venue cannot be visited."""

    needed = ("starts_on", "ends_on")

    starts_on = Day()
    ends_on = Day(help_text="The first day after.")

    class Meta:
        model = ClosedDates
        fields = ["starts_on", "ends_on", "reason"]
        validators: list[Any] = []


def windows_field() -> Any:
    """Return the field that takes all opening windows in place of those there are."""
    return OpeningWindowSerializer(  # type: ignore[call-arg]
        many=True,
        required=False,
        max_length=MOST_WINDOWS,
        help_text="All of them, in place of those there are. None: it can be visited at any time.",
    )


def closed_field() -> Any:
    """Return the field that takes all closed dates in place of those there are."""
    return ClosedDatesSerializer(  # type: ignore[call-arg]
        many=True,
        required=False,
        max_length=MOST_CLOSURES,
        help_text="All of them, in place of those there are.",
    )


def with_parts(fields: dict[str, Any]) -> dict[str, Any]:
    """Return what was sent as the services take it."""
    read = dict(fields)
    if "opening_windows" in read:
        read["opening_windows"] = [Hours(**one) for one in _each(read["opening_windows"])]
    if "closed_dates" in read:
        read["closed_dates"] = [Closure(**one) for one in _each(read["closed_dates"])]
    return read


def _each(rows: Iterable[Any]) -> list[dict[str, Any]]:
    return [dict(row) for row in rows]
