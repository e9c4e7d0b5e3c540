"""``/result-sheets/``: what happened, in versions. The sheet's id is made by who sends it."""

from __future__ import annotations

from typing import Any

import django_filters
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
    extend_schema_view,
)
from rest_framework import mixins, serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import LARGEST_FIGURE, Instant, Named, long_text
from api.filtering import DayFilter, Narrowing, Ordering
from api.resources import Resource
from api.units import UnitRef
from api.venues import LibraryRef
from outreach.attendance import services
from outreach.attendance.content import figure_of
from outreach.attendance.inputs import ActivityResult, Figure, SheetInput
from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    How,
    ResultSheet,
    SheetActivity,
    SheetAudience,
)
from outreach.common import clock
from outreach.scheduling.models import Event

REPEAT_HEADER = "Outreach-Repeat"
"""Marks the 200 of a sheet that was stored before; a Wi-Fi login page answers 200 without it."""
MOST_PARTS = 50
UUID = "[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"


# --- Shown -------------------------------------------------------------------------------------


class FigureSerializer(serializers.Serializer[Any]):
    """One figure: "0" is not "not collected", which has no value."""

    value = serializers.IntegerField(
        allow_null=True, required=False, min_value=0, max_value=LARGEST_FIGURE
    )
    how = serializers.ChoiceField(choices=How.choices)


def figures_of(codes: tuple[str, ...], name: str) -> type[serializers.Serializer[Any]]:
    """Return a serializer with one optional figure per measure."""
    fields: dict[str, Any] = {code: FigureSerializer(required=False) for code in codes}
    fields["__doc__"] = "Figures by measure; one that is left out was not collected."
    return type(name, (serializers.Serializer,), fields)


SheetFigures = figures_of(SHEET_MEASURES, "SheetFigures")
ActivityFigures = figures_of(ACTIVITY_MEASURES, "ActivityFigures")


class SheetAudienceSerializer(serializers.ModelSerializer[SheetAudience]):
    """How many of the people belong to one audience."""

    audience = serializers.CharField(source="audience_id", read_only=True)
    value = serializers.IntegerField(source="people", read_only=True, allow_null=True)
    how = serializers.ChoiceField(source="people_how", choices=How.choices, read_only=True)

    class Meta:
        model = SheetAudience
        fields = ["audience", "value", "how"]
        read_only_fields = fields


class SheetActivitySerializer(serializers.ModelSerializer[SheetActivity]):
    """What one activity came to; ``activity`` is its number on the event."""

    activity = serializers.IntegerField(source="activity_id", read_only=True)
    kind = serializers.CharField(source="activity.kind_id", read_only=True)
    figures = serializers.SerializerMethodField()

    class Meta:
        model = SheetActivity
        fields = ["activity", "kind", "was_held", "figures"]
        read_only_fields = fields

    @extend_schema_field(ActivityFigures)
    def get_figures(self, row: SheetActivity) -> dict[str, Any]:
        """Return the outputs by code."""
        return shown_figures(row, ACTIVITY_MEASURES)


class EventRef(serializers.ModelSerializer[Event]):
    """An event, as its sheets mention it."""

    class Meta:
        model = Event
        fields = ["uid", "title", "state", "starts_at", "ends_at"]
        read_only_fields = fields


class ResultSheetSerializer(serializers.ModelSerializer[ResultSheet]):
    """One version of what happened at an event; the accepted one counts."""

    event = EventRef(read_only=True)
    library = LibraryRef(read_only=True)
    commune = UnitRef(read_only=True, allow_null=True, help_text="In force on that day.")
    replaces = serializers.UUIDField(source="replaces_id", read_only=True, allow_null=True)
    author = serializers.CharField(source="author.full_name", read_only=True)
    figures = serializers.SerializerMethodField()
    audiences = SheetAudienceSerializer(many=True, read_only=True)
    activities = SheetActivitySerializer(many=True, read_only=True)

    class Meta:
        model = ResultSheet
        fields = [
            "uid",
            "event",
            "library",
            "commune",
            "version",
            "replaces",
            "state",
            "queue_reason",
            "reason",
            "author",
            "recorded_at",
            "received_at",
            "outcome",
            "started_at",
            "ended_at",
            "note",
            "figures",
            "audiences",
            "activities",
        ]
        read_only_fields = fields

    @extend_schema_field(SheetFigures)
    def get_figures(self, sheet: ResultSheet) -> dict[str, Any]:
        """Return the figures of the whole event by code."""
        return shown_figures(sheet, SHEET_MEASURES)


def shown_figures(row: ResultSheet | SheetActivity, codes: tuple[str, ...]) -> dict[str, Any]:
    """Return figures as they are shown, by code."""
    figures = {code: figure_of(row, code) for code in codes}
    return {code: {"value": item.value, "how": item.how} for code, item in figures.items()}


# --- Sent --------------------------------------------------------------------------------------


class AudienceResultSerializer(FigureSerializer):
    """How many people of one audience."""

    audience = serializers.SlugField(max_length=40)


class ActivityResultSerializer(serializers.Serializer[Any]):
    """What one activity of the event came to."""

    activity = serializers.IntegerField(
        min_value=1, max_value=LARGEST_FIGURE, help_text="The activity's number on the event."
    )
    was_held = serializers.BooleanField(required=False, default=True)
    figures = ActivityFigures(required=False)


class SheetContentSerializer(serializers.Serializer[Any]):
    """The content of a sheet. What is left out was not collected; people are counted once."""

    uid = serializers.UUIDField(help_text="Made by you, once per sheet; a repeat is recognised.")
    outcome = serializers.ChoiceField(
        choices=ResultSheet.Outcome.choices, default=ResultSheet.Outcome.HELD
    )
    started_at = Instant(required=False, allow_null=True)
    ended_at = Instant(required=False, allow_null=True)
    note = long_text()
    figures = SheetFigures(required=False)
    audiences = serializers.ListField(
        child=AudienceResultSerializer(), required=False, max_length=MOST_PARTS
    )
    activities = serializers.ListField(
        child=ActivityResultSerializer(), required=False, max_length=MOST_PARTS
    )
    recorded_at = Instant(required=False, help_text="When it was written down.")
    confirm_warnings = serializers.BooleanField(
        required=False, default=False, help_text="Answer every question with: yes, it is right."
    )

    def validate_audiences(self, sent: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Refuse an audience that is named twice."""
        if len({item["audience"] for item in sent}) < len(sent):
            raise serializers.ValidationError(_("An audience is named twice."))
        return sent


class NewSheetSerializer(SheetContentSerializer):
    """A sheet for an event."""

    event = Named(slug_field="uid", queryset=Event.objects.all())


class CorrectionSerializer(SheetContentSerializer):
    """The whole content as it should be, and why."""

    reason = serializers.CharField(max_length=5000)


class JudgementSerializer(serializers.Serializer[Any]):
    """Why a waiting sheet is accepted or rejected; a rejection needs it."""

    reason = long_text()


def sheet_input(sent: dict[str, Any]) -> SheetInput:
    """Return the content a service is given."""
    return SheetInput(
        figures=_figures(sent.get("figures")),
        audiences={item["audience"]: _figure(item) for item in sent.get("audiences", ())},
        activities=tuple(
            ActivityResult(item["activity"], item["was_held"], _figures(item.get("figures")))
            for item in sent.get("activities", ())
        ),
        outcome=sent["outcome"],
        started_at=sent.get("started_at"),
        ended_at=sent.get("ended_at"),
        note=sent.get("note", ""),
    )


def _figures(sent: dict[str, Any] | None) -> dict[str, Figure]:
    return {code: _figure(item) for code, item in (sent or {}).items()}


def _figure(item: dict[str, Any]) -> Figure:
    return Figure(item.get("value"), item["how"])


# --- Asked -------------------------------------------------------------------------------------


class SheetFilter(Narrowing):
    """What the list of sheets may be narrowed by."""

    library = django_filters.CharFilter("library__slug", max_length=60)
    event = django_filters.CharFilter("event__uid", max_length=36)
    commune = django_filters.CharFilter("commune__code", max_length=20)
    state = django_filters.ChoiceFilter(choices=ResultSheet.State.choices)
    since = DayFilter(method="starting", help_text="Of events that begin on this day or later.")
    before = DayFilter(method="begun", help_text="Of events that begin before this day.")
    ordering = Ordering(
        fields={"received_at": "received_at", "event__starts_at": "event_starts_at"}
    )

    class Meta:
        model = ResultSheet
        fields: list[str] = []

    def starting(self, rows: Any, _name: str, day: Any) -> Any:
        """Return the sheets of events that begin on ``day`` or later."""
        return rows.filter(event__starts_at__gte=clock.start_of(day))

    def begun(self, rows: Any, _name: str, day: Any) -> Any:
        """Return the sheets of events that begin before ``day``."""
        return rows.filter(event__starts_at__lt=clock.start_of(day))


NEW_SHEET = OpenApiExample(
    "a morning at a school",
    value={
        "uid": "7f8c2c52-5a0d-4f31-a2e4-6a6f0d6f3b11",
        "event": "3c9d1f0e-8b64-4f0c-9a63-0b1b9c0a7d55",
        "figures": {
            "people_served": {"value": 123, "how": "counted"},
            "items_used": {"value": 260, "how": "estimated"},
            "items_lent": {"value": 84, "how": "counted"},
            "cards_issued": {"value": 0, "how": "counted"},
        },
        "audiences": [{"audience": "primary", "value": 118, "how": "counted"}],
    },
    request_only=True,
)
STORED = {
    201: OpenApiResponse(ResultSheetSerializer, "Stored; it counts."),
    202: OpenApiResponse(ResultSheetSerializer, "Stored; it waits for a person, see queue_reason."),
    200: OpenApiResponse(
        ResultSheetSerializer, f"Stored before, the same; the header {REPEAT_HEADER} is true."
    ),
}


@extend_schema_view(
    list=extend_schema(summary="The result sheets of your libraries, in all versions"),
    retrieve=extend_schema(summary="One version of a sheet"),
)
class ResultSheets(mixins.ListModelMixin, mixins.RetrieveModelMixin, Resource[ResultSheet]):
    """What came of the events."""

    queryset = ResultSheet.objects.select_related(
        "event", "library", "commune", "author"
    ).prefetch_related("audiences", "activities__activity")
    serializer_class = ResultSheetSerializer
    filterset_class = SheetFilter
    lookup_field = "uid"
    lookup_value_regex = UUID

    @extend_schema(
        summary="Log what happened at an event",
        request=NewSheetSerializer,
        responses=STORED,
        examples=[NEW_SHEET],
    )
    def create(self, request: Request) -> Response:
        """Log a sheet. Nothing that happened is dropped: what cannot count yet waits."""
        sent = self.read(NewSheetSerializer)
        sheet = services.log_sheet(
            actor=self.actor, event=sent["event"], sheet=sheet_input(sent), **_sending(sent)
        )
        return self._stored(sheet)

    @extend_schema(summary="Correct a sheet", request=CorrectionSerializer, responses=STORED)
    @action(detail=True, methods=["post"])
    def correct(self, request: Request, uid: str) -> Response:
        """Send the whole content as it should be; the version before stays readable."""
        before = self.get_object()
        sent = self.read(CorrectionSerializer)
        sheet = services.correct_sheet(
            actor=self.actor,
            sheet=before,
            corrected=sheet_input(sent),
            reason=sent["reason"],
            **_sending(sent),
        )
        return self._stored(sheet)

    @extend_schema(
        summary="Let a waiting sheet count",
        request=JudgementSerializer,
        responses=ResultSheetSerializer,
    )
    @action(detail=True, methods=["post"])
    def accept(self, request: Request, uid: str) -> Response:
        """Accept a waiting version; the one that counted until now is superseded."""
        waiting = self.get_object()
        reason = self.read(JudgementSerializer).get("reason", "")
        services.accept_queued(actor=self.actor, sheet=waiting, reason=reason)
        return self.show(self.get_object())

    @extend_schema(
        summary="Keep a waiting sheet out of the figures",
        request=JudgementSerializer,
        responses=ResultSheetSerializer,
    )
    @action(detail=True, methods=["post"])
    def reject(self, request: Request, uid: str) -> Response:
        """Reject a waiting version; it stays readable."""
        waiting = self.get_object()
        reason = self.read(JudgementSerializer).get("reason", "")
        services.reject_queued(actor=self.actor, sheet=waiting, reason=reason)
        return self.show(self.get_object())

    def _stored(self, sheet: ResultSheet) -> Response:
        rows: QuerySet[ResultSheet] = self.get_queryset()
        shown = self.get_serializer(rows.get(pk=sheet.pk)).data
        if sheet.is_repeat:
            return Response(shown, status=200, headers={REPEAT_HEADER: "true"})
        return Response(shown, status=202 if sheet.state == sheet.State.QUEUED else 201)


def _sending(sent: dict[str, Any]) -> dict[str, Any]:
    return {
        "uid": sent["uid"],
        "recorded_at": sent.get("recorded_at"),
        "confirm_warnings": sent["confirm_warnings"],
    }
