"""From accepted sheets to facts: the one definition of what counts, asked of the database.

A sheet counts if it is the accepted version, its event was held at least in part, and the event is
not cancelled. People are counted once per event, under its main activity (position 0). Sums, their
estimated part and the number of sheets without the figure are three columns that never mix. Gifts
(``items_given``) are outputs of an activity and never enter circulation. A session that nobody came
to was held and counts (IMLS Public Libraries Survey; Circular 05/2022/TT-BVHTTDL; ISO 2789:2013).

The querysets here are read for one event after a change, for all events by a rebuild, and again by
the check that compares; their columns are named after the columns of the facts with :data:`PREFIX`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from operator import add, or_
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import (
    Case,
    DateField,
    Exists,
    Expression,
    F,
    FilteredRelation,
    IntegerField,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Cast, Coalesce, TruncDate, TruncMonth

from outreach.accounts.models import Library
from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    How,
    ResultSheet,
    SheetActivity,
)
from outreach.scheduling.models import Activity, State
from outreach.statistics.domain import AGE_BANDS, PRIORITY_GROUPS, kinds_apart

PREFIX = "d_"
"""Before the name of every derived column, so that none is taken for a column of its source."""

Rows = QuerySet[Any, dict[str, Any]]


def counts() -> Q:
    """Return the condition that a sheet counts."""
    return (
        Q(state=ResultSheet.State.ACCEPTED)
        & ~Q(outcome=ResultSheet.Outcome.NOT_HELD)
        & ~Q(event__state=State.CANCELLED)
    )


def zones() -> list[ZoneInfo]:
    """Return every zone that a library counts its days in."""
    names = Library.objects.order_by().values_list("time_zone", flat=True).distinct()
    return [ZoneInfo(name) for name in names]


def event_rows(zone: ZoneInfo) -> Rows:
    """Return a row per counting event of the libraries in ``zone``, as ``EventFact`` holds it."""
    main = Activity.objects.filter(event=OuterRef("event")).order_by("position")
    day = TruncDate("event__starts_at", tzinfo=zone)
    sheets = (
        ResultSheet.objects.filter(counts(), event__library__time_zone=zone.key)
        .alias(**{code: _audience(code) for code in (*AGE_BANDS, *PRIORITY_GROUPS)})
        .alias(banded=reduce(add, [_people(code) for code in AGE_BANDS]))
        .annotate(
            d_event_id=F("event_id"),
            d_sheet_id=F("pk"),
            d_library_id=F("event__library_id"),
            d_day=day,
            d_month=_month(day),
            d_province_id=F("commune__parent_id"),
            d_commune_id=F("commune_id"),
            d_venue_id=F("event__venue_id"),
            d_vehicle_id=F("event__trip__vehicle_id"),
            d_kind_id=Subquery(main.values("kind_id")[:1]),
            d_events=_number(1),
        )
        .annotate(**_sheet_figures(), **_band_figures(), **_rest_figures())
        .annotate(**_priority_figures())
        .order_by()
    )
    return _derived(sheets)


def activity_rows(zone: ZoneInfo) -> Iterator[Rows]:
    """Yield the rows of the activities that were held, as ``ActivityFact`` holds them.

    First those the sheets report on; then those added to an event after its sheet, about which the
    sheet is silent: they were held if the event was, with nothing collected (attendance.content).
    """
    sheets = ResultSheet.objects.filter(counts(), event__library__time_zone=zone.key)
    yield _derived(
        SheetActivity.objects.filter(sheet__in=sheets, was_held=True)
        .annotate(
            **_activity_keys("sheet__", zone),
            d_kind_id=F("activity__kind_id"),
            d_audience_id=F("activity__audience_id"),
            **_activity_figures(),
        )
        .order_by()
    )
    reported = SheetActivity.objects.filter(activity=OuterRef("activity"), sheet=OuterRef("pk"))
    yield _derived(
        sheets.annotate(activity=F("event__activities"))
        .filter(~Exists(reported), activity__isnull=False)
        .annotate(
            **_activity_keys("", zone),
            d_kind_id=F("event__activities__kind_id"),
            d_audience_id=F("event__activities__audience_id"),
            **_unreported_figures(),
        )
        .order_by()
    )


def _derived(rows: QuerySet[Any]) -> Rows:
    return rows.values(*[name for name in rows.query.annotations if name.startswith(PREFIX)])


def _month(day: TruncDate) -> Cast:
    # Cast, because PostgreSQL truncates a date to an instant.
    return Cast(TruncMonth(day), DateField())


def _number(value: int) -> Value:
    return Value(value, output_field=IntegerField())


def _when(condition: Q, then: Expression | F) -> Case:
    return Case(When(condition, then=then), default=_number(0), output_field=IntegerField())


# --- Figures of a sheet ------------------------------------------------------------------------


def _sheet_figures() -> dict[str, Expression]:
    figures: dict[str, Expression] = {}
    for code in SHEET_MEASURES:
        figures |= _three_columns(code, code)
    return figures


def _three_columns(name: str, path: str, asked: Q | None = None) -> dict[str, Expression]:
    """Return sum, estimated part and gap of one figure; a gap only where the figure is asked."""
    gap = Q(**{f"{path}__isnull": True})
    return {
        f"d_{name}": Coalesce(F(path), 0),
        f"d_{name}_estimated": _when(Q(**{f"{path}_how": How.ESTIMATED}), F(path)),
        f"d_{name}_missing": _when(gap & asked if asked else gap, _number(1)),
    }


def _audience(code: str) -> FilteredRelation:
    """Return the sheet's row of one audience, joined under the audience's code."""
    return FilteredRelation("audiences", condition=Q(audiences__audience=code))


def _people(code: str) -> Coalesce:
    return Coalesce(F(f"{code}__people"), 0)


def _band_figures() -> dict[str, Expression]:
    """Return the columns of the age bands.

    The bands break the people served down. Without a total, or if they come to more than it, they
    break nothing down. If they come to exactly the total, a band that is not named is 0.
    """
    figures: dict[str, Expression] = {}
    fits = Q(people_served__gte=F("banded"))
    whole = Q(people_served=F("banded"))
    for code in AGE_BANDS:
        collected = Q(**{f"{code}__people__isnull": False})
        figures |= {
            f"d_people_{code}": _when(fits, _people(code)),
            f"d_people_{code}_estimated": _when(
                fits & Q(**{f"{code}__people_how": How.ESTIMATED}), _people(code)
            ),
            f"d_people_{code}_missing": Case(
                When(fits & (collected | whole), then=_number(0)),
                default=_number(1),
                output_field=IntegerField(),
            ),
        }
    return figures


def _rest_figures() -> dict[str, Expression]:
    """Return the columns of the people that the age bands leave.

    A difference is as good as its worse side: estimated if the total or any band is.
    """
    fits = Q(people_served__gte=F("banded"))
    rest = Case(
        When(fits, then=F("people_served") - F("banded")),
        default=Coalesce(F("people_served"), 0),
        output_field=IntegerField(),
    )
    rough = [Q(**{f"{code}__people_how": How.ESTIMATED}) for code in AGE_BANDS]
    estimated = Q(people_served_how=How.ESTIMATED) | (fits & reduce(or_, rough))
    return {
        "d_people_rest": rest,
        "d_people_rest_estimated": _when(estimated, rest),
        "d_people_rest_missing": _when(Q(people_served__isnull=True), _number(1)),
    }


def _priority_figures() -> dict[str, Expression]:
    """Return the columns of the priority groups: part of the people, beside the age bands."""
    figures: dict[str, Expression] = {}
    for code in PRIORITY_GROUPS:
        known = Q(**{f"{code}__people__isnull": False}) | Q(people_served=0)
        figures |= {
            f"d_people_{code}": _people(code),
            f"d_people_{code}_estimated": _when(
                Q(**{f"{code}__people_how": How.ESTIMATED}), _people(code)
            ),
            f"d_people_{code}_missing": Case(
                When(known, then=_number(0)), default=_number(1), output_field=IntegerField()
            ),
        }
    return figures


# --- Figures of an activity --------------------------------------------------------------------


def _activity_keys(sheet: str, zone: ZoneInfo) -> dict[str, Any]:
    day = TruncDate(f"{sheet}event__starts_at", tzinfo=zone)
    return {
        "d_fact_id": F(f"{sheet}event_id"),
        "d_library_id": F(f"{sheet}event__library_id"),
        "d_month": _month(day),
        "d_province_id": F(f"{sheet}commune__parent_id"),
        "d_commune_id": F(f"{sheet}commune_id"),
        "d_activities": _number(1),
    }


def asked_of(code: str, kind: str = "kind") -> Q:
    """Return the condition that an output is asked of the kind of activity at path ``kind``."""
    only, kinds = kinds_apart(code)
    listed = Q(**{f"{kind}__in": kinds})
    return listed if only else ~listed


def _activity_figures() -> dict[str, Expression]:
    figures: dict[str, Expression] = {}
    for code in ACTIVITY_MEASURES:
        figures |= _three_columns(code, code, asked=asked_of(code, "activity__kind"))
    return figures


def _unreported_figures() -> dict[str, Expression]:
    figures: dict[str, Expression] = {}
    for code in ACTIVITY_MEASURES:
        figures |= {
            f"d_{code}": _number(0),
            f"d_{code}_estimated": _number(0),
            f"d_{code}_missing": _when(asked_of(code, "event__activities__kind"), _number(1)),
        }
    return figures
