"""``/statistics/``: the figures of the statistics page, asked with the same words."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.fields import FIRST_YEAR, LAST_YEAR, year_message
from api.filtering import unknown_words
from api.resources import Resource
from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.common.periods import add_months, first_of_month
from outreach.statistics import selectors
from outreach.statistics.domain import Basis
from outreach.statistics.models import EventFact
from outreach.statistics.questions import Group, Question, Units

MONTHS_SHOWN = 12
MOST_MEASURES = 30
MEASURES = ("events", "people_served", "items_used", "items_lent", "cards_issued", "cards_renewed")
MEASURES_BY_AUDIENCE = ("people_served", "activities", "participants")
"""What is answered where no measure is named: what the page's table always shows."""
WORD = 40

_MONTH = re.compile(r"(\d{4})-(0[1-9]|1[0-2])", re.ASCII)
PAGING = [
    OpenApiParameter("page", int, description="Number of the page, from 1."),
    OpenApiParameter("page_size", int, description="Rows on a page, at most 200."),
]


# --- Asked -------------------------------------------------------------------------------------


@extend_schema_field({"type": "string", "pattern": r"^\d{4}-(0[1-9]|1[0-2])$"})
class Month(serializers.Field[date, Any, str, Any]):
    """A month as YYYY-MM, kept as its first day."""

    default_error_messages = {"invalid": _("Write a month as YYYY-MM.")}

    def to_internal_value(self, data: Any) -> date:
        """Return the first day of the month.

        Raises:
            serializers.ValidationError: if it is no month, or too far away.
        """
        found = _MONTH.fullmatch(data) if isinstance(data, str) else None
        if found is None:
            self.fail("invalid")
        year, month = int(found[1]), int(found[2])
        if not FIRST_YEAR <= year < LAST_YEAR:
            raise serializers.ValidationError(year_message(), code="year_out_of_range")
        return date(year, month, 1)

    def to_representation(self, value: date) -> str:
        """Return the month as YYYY-MM."""
        return f"{value:%Y-%m}"


def word(text: str) -> serializers.CharField:
    """Return an optional word that narrows the question."""
    return serializers.CharField(
        required=False, allow_blank=True, default="", max_length=WORD, help_text=text
    )


class PlaceAndTimeSerializer(serializers.Serializer[Any]):
    """When, where and what; all of the last twelve months where nothing is said."""

    library = word("Its slug.")
    province = word(
        "Its code; `code@2025-07-01` for the unit made on that day; `none` for nowhere."
    )
    commune = word("The same for a commune.")
    kind = word("Code of an activity kind. Events are told by their main activity.")
    audience = word("Code of an audience, or `rest` for what no age band accounts for.")
    units = serializers.ChoiceField(
        choices=[str(one) for one in Units],
        default=str(Units.AS_WAS),
        help_text="Whether places are told as they were, or in the units of today.",
    )

    def get_fields(self) -> dict[str, Any]:
        """Add the two fields whose names are words of the language."""
        today = first_of_month(clock.today())
        return {
            "from": Month(default=add_months(today, 1 - MONTHS_SHOWN), help_text="First month."),
            "to": Month(default=today, help_text="Last month, included."),
            **super().get_fields(),
        }


class QuestionSerializer(PlaceAndTimeSerializer):
    """A question about figures, as the statistics page asks it."""

    measure = serializers.ListField(
        child=serializers.CharField(max_length=WORD),
        required=False,
        max_length=MOST_MEASURES,
        help_text="Codes of measures; may be repeated.",
    )
    by = serializers.ChoiceField(
        choices=[str(group) for group in Group],
        default=str(Group.MONTH),
        help_text="What the rows stand for.",
    )


class FigureQuestionSerializer(PlaceAndTimeSerializer):
    """A question about one figure."""

    measure = serializers.CharField(max_length=WORD, help_text="Code of the measure.")


def question_of(asked: Mapping[str, Any], measures: tuple[str, ...]) -> Question:
    """Return the question that selectors answer."""
    places = ("library", "province", "commune", "kind", "audience")
    return Question(
        measures=measures,
        first_month=asked["from"],
        last_month=asked["to"],
        group_by=Group(asked.get("by", Group.MONTH)),
        units=Units(asked["units"]),
        **{name: asked[name] for name in places},
    )


# --- Answered ----------------------------------------------------------------------------------


class ValueSerializer(serializers.Serializer[Any]):
    """A sum with what it rests on."""

    value = serializers.IntegerField(
        source="shown", allow_null=True, help_text="The sum; null where nobody collected it."
    )
    estimated = serializers.IntegerField(help_text="The part of it that was estimated.")
    bearers = serializers.IntegerField(help_text="Sheets or activities that could have had it.")
    missing = serializers.IntegerField(help_text="How many of them do not have it.")
    carried = serializers.IntegerField(
        help_text="In today's units: the part a divided unit left to its main successor."
    )


class RowSerializer(serializers.Serializer[Any]):
    """One line of an answer."""

    key = serializers.CharField(help_text="A month as YYYY-MM, a slug, a code.")
    label = serializers.CharField()  # type: ignore[assignment]
    params = serializers.DictField(
        child=serializers.CharField(), help_text="Words that narrow the question to this row."
    )
    values = serializers.DictField(child=ValueSerializer(), help_text="By code of the measure.")


class AskedMeasureSerializer(serializers.Serializer[Any]):
    """A measure that was asked for; `/measures/` defines it."""

    code = serializers.CharField(source="key")
    basis = serializers.ChoiceField(choices=[str(basis) for basis in Basis])


class AnswerSerializer(serializers.Serializer[Any]):
    """The rows of this page, the whole, and beside them what cuts across the rows."""

    count = serializers.IntegerField(help_text="Rows on all pages together.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    question = serializers.DictField(
        child=serializers.CharField(), help_text="What was asked, with what was not said."
    )
    measures = AskedMeasureSerializer(many=True)
    results = RowSerializer(many=True)
    total = RowSerializer(help_text="The sum of all rows.")
    apart = RowSerializer(many=True, help_text="Priority groups: no part of the sum.")


class SheetBehindSerializer(serializers.Serializer[Any]):
    """What one sheet brings to a figure."""

    sheet = serializers.UUIDField(source="sheet_id")
    event = serializers.CharField(source="event.uid")
    title = serializers.CharField(source="event.title")
    day = serializers.DateField()
    library = serializers.CharField(source="library.slug")
    venue = serializers.CharField(source="venue.name")
    commune = serializers.CharField(source="commune.full_name", allow_null=True)
    amount = serializers.IntegerField()
    estimated = serializers.IntegerField()
    missing = serializers.IntegerField()


class BehindSerializer(serializers.Serializer[Any]):
    """The sheets behind one figure, newest first."""

    count = serializers.IntegerField(help_text="Sheets on all pages together.")
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    value = ValueSerializer(help_text="The sum of exactly these sheets.")
    results = SheetBehindSerializer(many=True)


BY_PROVINCE = OpenApiExample(
    "by province",
    value={
        "count": 1,
        "next": None,
        "previous": None,
        "question": {"from": "2025-01", "to": "2025-03", "by": "province"},
        "measures": [{"code": "people_served", "basis": "event"}],
        "results": [
            {
                "key": "40",
                "label": "Nghệ An",
                "params": {"province": "40@2025-07-01"},
                "values": {
                    "people_served": {
                        "value": 12300,
                        "estimated": 800,
                        "bearers": 96,
                        "missing": 1,
                        "carried": 0,
                    }
                },
            }
        ],
        "total": {
            "key": "",
            "label": "Tổng cộng",
            "params": {},
            "values": {
                "people_served": {
                    "value": 12300,
                    "estimated": 800,
                    "bearers": 96,
                    "missing": 1,
                    "carried": 0,
                }
            },
        },
        "apart": [],
    },
    response_only=True,
)


class Statistics(Resource[EventFact]):
    """Sums of what accepted sheets say; every figure can be followed to its sheets."""

    queryset = EventFact.objects.none()

    @extend_schema(
        operation_id="statistics_explore",
        summary="Figures by month, place, kind or audience",
        parameters=[QuestionSerializer, *PAGING],
        responses=AnswerSerializer,
        examples=[BY_PROVINCE],
    )
    def explore(self, request: Request) -> Response:
        """Answer a question as the statistics page does, page by page."""
        asked = self._asked(QuestionSerializer)
        answer = selectors.explore(question_of(asked, _measures(asked)), self.actor)
        page = self._page(list(answer.rows), RowSerializer)
        page.data |= {
            "question": answer.question.params(),
            "measures": AskedMeasureSerializer(answer.measures, many=True).data,
            "total": RowSerializer(answer.total).data,
            "apart": RowSerializer(answer.apart, many=True).data,
        }
        return page

    @extend_schema(
        operation_id="statistics_sheets",
        summary="The sheets behind one figure",
        parameters=[FigureQuestionSerializer, *PAGING],
        responses=BehindSerializer,
    )
    def sheets(self, request: Request) -> Response:
        """List the accepted sheets whose sum a figure is."""
        asked = self._asked(FigureQuestionSerializer)
        question = question_of(asked, (asked["measure"],))
        behind = selectors.sheets_behind(question, self.actor)
        page = self._page(behind.facts, SheetBehindSerializer)
        page.data["value"] = ValueSerializer(behind.value).data
        return page

    def _page(self, rows: Any, shown_by: type[serializers.Serializer[Any]]) -> Response:
        return self.get_paginated_response(shown_by(self.paginate_queryset(rows), many=True).data)

    def _asked(self, form: type[serializers.Serializer[Any]]) -> dict[str, Any]:
        """Return what is asked.

        Raises:
            NotAllowed: if the caller sees no library's statistics.
            serializers.ValidationError: if a word is unknown or cannot be understood.
        """
        if not self.actor.may(Action.SEE_STATISTICS):
            raise NotAllowed()
        asked = form(data=self.request.query_params)
        asked.is_valid(raise_exception=True)
        # A question about one figure may carry the words of the one it was found with.
        if unknown := unknown_words(self.request.query_params, QuestionSerializer().fields):
            raise serializers.ValidationError({name: [text] for name, text in unknown.items()})
        return dict(asked.validated_data)


def _measures(asked: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the measures that were named, once each, or those the page always shows."""
    if named := asked.get("measure"):
        return tuple(dict.fromkeys(named))
    if asked["audience"] or asked["by"] == Group.AUDIENCE:
        return MEASURES_BY_AUDIENCE
    return MEASURES
