"""The pauses of a trip and its times: moved, stretched and reordered, tried or kept."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from api.fields import LARGEST_FIGURE, Instant, Named
from api.schedule import DecisionSerializer, refuse_reversed
from api.venues import VenueRef
from outreach.places.models import Venue
from outreach.scheduling.models import TripPause
from outreach.scheduling.placement import Weight
from outreach.scheduling.retiming import (
    DEPARTURE,
    RETURN,
    Follow,
    Timeline,
    depart,
    put,
    reorder,
)
from outreach.scheduling.retiming_preview import Row
from outreach.scheduling.services import PauseInput
from outreach.scheduling.services.retiming import Timed

MOST_PAUSES = 20
MOST_SLOTS = 100
LONGEST_NAME = 60


class PauseSerializer(serializers.ModelSerializer[TripPause]):
    """A lunch, a rest or a night of a trip."""

    venue = VenueRef(read_only=True, allow_null=True)

    class Meta:
        model = TripPause
        fields = ["id", "kind", "starts_at", "ends_at", "venue", "place"]
        read_only_fields = fields


class PauseInputSerializer(serializers.Serializer[Any]):
    """A pause to be, at a venue or elsewhere."""

    kind = serializers.ChoiceField(TripPause.Kind.choices)
    starts_at = Instant()
    ends_at = Instant()
    venue = Named(
        slug_field="code", queryset=Venue.objects.in_use(), required=False, allow_null=True
    )
    place = serializers.CharField(max_length=160, required=False, allow_blank=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an end before the start."""
        refuse_reversed(attrs, "starts_at", "ends_at")
        return attrs


def pauses_field() -> serializers.ListField:
    """Return the field for all pauses of a trip."""
    return serializers.ListField(
        child=PauseInputSerializer(),
        required=False,
        max_length=MOST_PAUSES,
        help_text="All there are to be; left out, they stay.",
    )


def pause_inputs(sent: list[dict[str, Any]]) -> list[PauseInput]:
    """Return the pauses a service is given."""
    return [PauseInput(**item) for item in sent]


def _key(**kwargs: Any) -> serializers.CharField:
    return serializers.CharField(
        max_length=LONGEST_NAME,
        help_text="uid of an event, pause-<id>, departure or return.",
        **kwargs,
    )


class SlotSerializer(serializers.Serializer[Any]):
    """Another time for a stop or pause; without an end it lasts as long as before."""

    key = _key()
    starts_at = Instant()
    ends_at = Instant(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an end before the start."""
        refuse_reversed(attrs, "starts_at", "ends_at")
        return attrs


class NewTimesSerializer(DecisionSerializer):
    """Other times for a trip. What is left out stays; with ``move``, the day of it follows."""

    slots = serializers.ListField(
        child=SlotSerializer(),
        required=False,
        max_length=MOST_SLOTS,
        help_text="Times as they are to be; nothing follows.",
    )
    order = serializers.ListField(
        child=serializers.CharField(max_length=LONGEST_NAME),
        required=False,
        max_length=MOST_SLOTS,
        help_text="Keys of all events and pauses in another order, each on its own day.",
    )
    move = SlotSerializer(required=False, help_text="One of them, and those after it follow.")
    follow = serializers.ChoiceField(
        [follow.value for follow in Follow],
        required=False,
        help_text="What follows: by the same time, only as far as needed, or not at all.",
    )
    dry_run = serializers.BooleanField(required=False, help_text="Only show what would change.")


class TimedRowSerializer(serializers.Serializer[Row]):
    """One line of a trip as it was and as it is, or would be."""

    key = _key(read_only=True)
    was_starts_at = serializers.DateTimeField(read_only=True)
    was_ends_at = serializers.DateTimeField(read_only=True)
    starts_at = serializers.DateTimeField(read_only=True)
    ends_at = serializers.DateTimeField(read_only=True)
    way_min = serializers.SerializerMethodField(help_text="The way to it, in minutes.")
    gap_min = serializers.IntegerField(
        read_only=True, min_value=-LARGEST_FIGURE, help_text="What is left for that way."
    )

    def get_way_min(self, row: Row) -> int | None:
        """Return how long the way to it takes, where something is known of it."""
        return row.way.minutes if row.way is not None else None


class HindranceSerializer(serializers.Serializer[Any]):
    """What stands against it."""

    code = serializers.CharField(read_only=True)
    message = serializers.CharField(read_only=True)
    weight = serializers.ChoiceField([weight.value for weight in Weight], read_only=True)


class TimesSerializer(serializers.Serializer[Any]):
    """What changed, or would change."""

    kept = serializers.BooleanField(read_only=True)
    revision = serializers.IntegerField(read_only=True)
    rows = TimedRowSerializer(many=True, read_only=True)
    hindrances = HindranceSerializer(many=True, read_only=True)


def timeline_of(stored: Timed, sent: Mapping[str, Any]) -> Timeline:
    """Return the times that are asked for.

    Raises:
        serializers.ValidationError: if a key is unknown, or the order is not possible.
    """
    timeline = stored.timeline
    follow = Follow(sent.get("follow", Follow.ALONG))
    for slot in sent.get("slots", ()):
        timeline = _put(timeline, slot, stored, Follow.STAY, "slots")
    if "order" in sent:
        try:
            timeline = reorder(timeline, sent["order"], stored.road, follow)
        except ValueError as error:
            message = _("Name all events and pauses of the trip, each on its own day.")
            raise serializers.ValidationError({"order": [message]}, code="order") from error
    if "move" in sent:
        timeline = _put(timeline, sent["move"], stored, follow, "move")
    return timeline


def _put(
    timeline: Timeline, slot: Mapping[str, Any], stored: Timed, follow: Follow, field: str
) -> Timeline:
    key, starts_at = slot["key"], slot["starts_at"]
    if key == DEPARTURE:
        return depart(timeline, starts_at, stored.road, follow)
    if key == RETURN:
        return replace(timeline, returns_at=starts_at)
    try:
        old = timeline.slots[timeline.place_of(key)]
    except KeyError as error:
        message = _("There is no “%(value)s” on this trip.") % {"value": key}
        raise serializers.ValidationError({field: [message]}, code="unknown") from error
    ends_at = slot.get("ends_at", starts_at + old.length)
    return put(timeline, key, starts_at, ends_at, stored.road, follow)
