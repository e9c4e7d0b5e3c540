"""What events and trips share: activities, crew, overrides, and the bodies of their actions."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers
from rest_framework.request import Request

from api.crew import CrewRef
from api.fields import Code, Instant, Named, NumberedMember, long_text
from api.preconditions import expected_revision
from outreach.fleet.models import CrewMember
from outreach.places.models import Venue
from outreach.scheduling.domain import MESSAGES, Rule
from outreach.scheduling.models import (
    Activity,
    ActivityKind,
    Audience,
    Duty,
    Event,
    Reason,
    RuleOverride,
    Trip,
)
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput

MOST_ACTIVITIES = 20
MOST_CREW = 50
LARGEST_REVISION = 2_147_483_647


# --- Shown -------------------------------------------------------------------------------------


class ActivitySerializer(serializers.ModelSerializer[Activity]):
    """One thing that happens at an event; the first one is its main activity."""

    id = serializers.IntegerField(read_only=True, help_text="Result sheets refer to it.")
    kind = serializers.CharField(source="kind_id", read_only=True)
    kind_name = serializers.CharField(source="kind.name", read_only=True)
    audience = serializers.CharField(source="audience_id", read_only=True, allow_null=True)

    class Meta:
        model = Activity
        fields = ["id", "kind", "kind_name", "title", "audience"]
        read_only_fields = fields


class DutySerializer(serializers.ModelSerializer[Duty]):
    """Who is on duty, as what."""

    member = CrewRef(read_only=True)

    class Meta:
        model = Duty
        fields = ["member", "role"]
        read_only_fields = fields


class OverrideSerializer(serializers.ModelSerializer[RuleOverride]):
    """A rule that somebody overrode, and why."""

    finding = serializers.CharField(source="found.message", read_only=True)

    class Meta:
        model = RuleOverride
        fields = ["rule", "finding", "reason", "made_at"]
        read_only_fields = fields


# --- Sent --------------------------------------------------------------------------------------


class ActivityInputSerializer(serializers.Serializer[Any]):
    """One activity to be."""

    kind = Code(ActivityKind)
    title = serializers.CharField(max_length=160, required=False, allow_blank=True)
    audience = Code(Audience, required=False, allow_null=True)

    def validate_audience(self, audience: Audience | None) -> Audience | None:
        """Take one age band: priority groups cut across them."""
        if audience is not None and not audience.is_age_band:
            raise serializers.ValidationError(_("Name an age band here, not a priority group."))
        return audience


class CrewInputSerializer(serializers.Serializer[Any]):
    """Who goes, by the numbers of ``/crew/``."""

    operator = NumberedMember(queryset=CrewMember.objects.in_use(), required=False, allow_null=True)
    professionals = serializers.ListField(
        child=NumberedMember(queryset=CrewMember.objects.in_use()),
        required=False,
        max_length=MOST_CREW,
    )


MOST_EXPECTED = {"people": 100_000, "classes": 200}


def expected_field(what: str) -> serializers.IntegerField:
    """Return the field for how many people or classes are expected; ``null``: nobody knows."""
    return serializers.IntegerField(
        min_value=1, max_value=MOST_EXPECTED[what], required=False, allow_null=True
    )


class PlannedEventSerializer(serializers.Serializer[Any]):
    """An event to be; without a title it is named after its main activity and venue."""

    venue = Named(slug_field="code", queryset=Venue.objects.in_use())
    starts_at = Instant()
    ends_at = Instant()
    activities = serializers.ListField(
        child=ActivityInputSerializer(), min_length=1, max_length=MOST_ACTIVITIES
    )
    title = serializers.CharField(max_length=160, required=False, allow_blank=True)
    note = long_text(help_text="For readers.")
    shares_venue = serializers.BooleanField(required=False)
    expected_people = expected_field("people")
    expected_classes = expected_field("classes")
    makes_up_for = Named(
        slug_field="uid",
        queryset=Event.objects.all(),
        required=False,
        allow_null=True,
        help_text="The uid of a cancelled event that is caught up on.",
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Refuse an end before the start."""
        refuse_reversed(attrs, "starts_at", "ends_at")
        return attrs


def why_field() -> serializers.CharField:
    """Return the field for the reason of a change, in the person's words."""
    return long_text(help_text="Why; needed once it is public.")


def override_field() -> serializers.CharField:
    """Return the field for the reason why soft rules should not hold."""
    return long_text(help_text="Why soft rules should not hold here.")


def revision_field() -> serializers.IntegerField:
    """Return the field for the state the caller knows."""
    return serializers.IntegerField(
        min_value=0,
        max_value=LARGEST_REVISION,
        required=False,
        help_text="The revision you know; instead of If-Match.",
    )


class ReasonsSerializer(serializers.Serializer[Any]):
    """Why, and why in spite of a rule."""

    reason = why_field()
    override_reason = override_field()


class DecisionSerializer(ReasonsSerializer):
    """What every change of something stored may say."""

    expected_revision = revision_field()


class CancelSerializer(serializers.Serializer[Any]):
    """Why something is called off."""

    reason = Code(Reason, help_text="Code of the reason, such as storm or road_closed.")
    note = long_text()
    expected_revision = revision_field()


# --- Between the two ---------------------------------------------------------------------------


def refuse_reversed(attrs: Mapping[str, Any], start: str, end: str) -> None:
    """Refuse an end that is not after its start.

    Raises:
        serializers.ValidationError: on the field ``end``.
    """
    starts_at: datetime | None = attrs.get(start)
    ends_at: datetime | None = attrs.get(end)
    if starts_at is not None and ends_at is not None and ends_at <= starts_at:
        raise serializers.ValidationError({end: [str(MESSAGES[Rule.REVERSED])]}, code=Rule.REVERSED)


def crew_input(sent: Mapping[str, Any] | None) -> CrewInput:
    """Return the crew a service is given."""
    sent = sent or {}
    return CrewInput(sent.get("operator"), tuple(sent.get("professionals", ())))


def decision(request: Request, sent: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments that every change of a trip or event takes: why, and on what state."""
    return {
        "reason": sent.get("reason", ""),
        "override_reason": sent.get("override_reason", ""),
        "expected_revision": expected_revision(request, sent),
    }


def stored_crew(owner: Trip | Event) -> CrewInput:
    """Return the crew as it is stored."""
    return CrewInput.of(list(owner.duties.select_related("member")))


def activity_inputs(sent: list[dict[str, Any]]) -> tuple[ActivityInput, ...]:
    """Return the activities a service is given."""
    return tuple(ActivityInput(**item) for item in sent)


def event_input(sent: Mapping[str, Any]) -> EventInput:
    """Return the event a service is given."""
    plain = (
        *("venue", "starts_at", "ends_at", "title", "note", "shares_venue"),
        *("expected_people", "expected_classes", "makes_up_for"),
    )
    return EventInput(
        activities=activity_inputs(sent["activities"]),
        **{name: sent[name] for name in plain if name in sent},
    )
