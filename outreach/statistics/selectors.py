"""Reads shaped for the statistics page, its downloads and the API.

One answer serves them all. It is read from the cells; where a place or an audience of an activity
is asked for, which cells do not know, from the facts beneath them. Both add up to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db.models import F, Model, Q, QuerySet, Sum
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from outreach.accounts.models import Library, User
from outreach.common.periods import months_between
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.models import ActivityKind, Audience
from outreach.statistics.carrying import Carried
from outreach.statistics.derivation import asked_of
from outreach.statistics.domain import (
    AGE_BANDS,
    PRIORITY_GROUPS,
    Basis,
    Countable,
    Value,
    added,
)
from outreach.statistics.models import AUDIENCES, ActivityFact, Cell, EventFact, Measure
from outreach.statistics.questions import (
    NOT_BROKEN_DOWN,
    UNKNOWN_PLACE,
    Answer,
    Group,
    Question,
    Row,
)
from outreach.statistics.reach import Reach, reach_of, word_of
from outreach.statistics.services import fold

Sums = Mapping[str, int]
Keyed = dict[Any, dict[str, Value]]


def explore(question: Question, user: User) -> Answer:
    """Answer a question about the libraries whose statistics ``user`` may see.

    Raises:
        InvalidInput: if the period is none, or it names something that does not exist or is not
            the person's to see; ``field`` is ``measure``, ``from``, ``to``, ``library``,
            ``province``, ``commune``, ``kind`` or ``audience``.
    """
    measures = question.countables()
    reach = reach_of(question, user)
    fold()
    if question.group_by == Group.AUDIENCE:
        return _by_audience(question, measures, reach)
    found = _values(measures, reach, question, question.group_by)
    if reach.carried is not None:
        doubtful = reach.of_doubtful(question.level)
        found = _with_carried(found, _values(measures, doubtful, question, question.group_by))
    rows = _ROWS[question.group_by](found, question)
    return Answer(question, measures, rows, _total(measures, rows))


@dataclass(frozen=True, slots=True)
class Behind:
    """The sheets one figure rests on.

    Attributes:
        facts: of the events, newest first, each with ``amount``, ``estimated`` and ``missing``.
        value: the sum of exactly these.
    """

    facts: QuerySet[EventFact]
    value: Value


def sheets_behind(question: Question, user: User) -> Behind:
    """Return the accepted sheets behind the one measure that ``question`` asks for.

    Raises:
        InvalidInput: as :func:`explore` does.
    """
    countable = question.countables()[0]
    reach = reach_of(question, user)
    facts = EventFact.objects.filter(reach.of_sheets)
    if countable.basis is Basis.EVENT:
        facts = facts.filter(reach.of_kind).annotate(
            **_columns_of_sheet(countable, question.audience)
        )
    else:
        facts = _with_activities(facts, countable, question)
    sums = facts.aggregate(
        amounts=Sum("amount"), estimates=Sum("estimated"), gaps=Sum("missing"), all=Sum("bearers")
    )
    value = Value(*(sums[name] or 0 for name in ("amounts", "estimates", "all", "gaps")))
    return Behind(
        facts.select_related("event", "library", "commune__parent", "venue", "kind").order_by(
            "-day", "-pk"
        ),
        value,
    )


def measures_by_code() -> dict[str, Measure]:
    """Return the catalogue, with the names and definitions of what can be asked for."""
    return {measure.code: measure for measure in Measure.objects.all()}


# --- Sums ----------------------------------------------------------------------------------------


def _values(measures: Sequence[Countable], reach: Reach, question: Question, group: Group) -> Keyed:
    """Return the values of every row, by what the column of its group holds."""
    events = [one for one in measures if one.basis is Basis.EVENT]
    activities = [one for one in measures if one.basis is Basis.ACTIVITY]
    found: Keyed = {}
    apart = question.knows_places or bool(question.audience)
    if events:
        source = EventFact if question.knows_places else Cell
        read = [] if apart else activities
        for key, sums in _grouped(source, reach, group, [*events, *read], question.audience):
            found.setdefault(key, {}).update(
                {one.key: _value(one, sums, question.audience) for one in [*events, *read]}
            )
    if activities and (apart or not events):
        model = ActivityFact if apart else Cell
        for key, sums in _grouped(model, reach, group, activities, question.audience):
            found.setdefault(key, {}).update({one.key: _value(one, sums, "") for one in activities})
    nothing = {one.key: Value() for one in measures}
    return {key: nothing | values for key, values in found.items()}


def _grouped(
    model: type[Model],
    reach: Reach,
    group: Group,
    measures: Iterable[Countable],
    audience: str,
) -> Iterable[tuple[Any, Sums]]:
    rows: QuerySet[Any] = model._default_manager.filter(reach.of(model), reach.of_kind)
    if model is ActivityFact:
        rows = rows.filter(_activity_audience(audience))
    totals: dict[str, Sum] = {}
    for measure in measures:
        totals |= _totals(measure, audience if measure.basis is Basis.EVENT else "")
    if reach.carried is not None and group in (Group.PROVINCE, Group.COMMUNE):
        return _carried_over(rows, model, reach.carried, group, totals)
    grouped = rows.order_by().values(group.value).annotate(**totals)
    return [
        (row.pop(group.value), {name: value or 0 for name, value in row.items()}) for row in grouped
    ]


def _carried_over(
    rows: QuerySet[Any],
    model: type[Model],
    carried: Carried,
    group: Group,
    totals: Mapping[str, Sum],
) -> Iterable[tuple[Any, Sums]]:
    """Return sums by the units of today, added up from those of each commune and venue."""
    venue = "fact__venue" if model is ActivityFact else "venue"
    found: dict[int | None, Counter[str]] = {}
    for row in rows.order_by().values("commune", venue).annotate(**totals):
        ground = carried.ground[row.pop("commune"), row.pop(venue)]
        sums = found.setdefault(ground.of(group.value), Counter())
        for name, value in row.items():
            sums[name] += value or 0
    return list(found.items())


def _with_carried(found: Keyed, doubtful: Keyed) -> Keyed:
    """Return the values with the part of each that was left to a main successor."""
    nothing = Value()
    return {
        key: {
            code: replace(value, carried=doubtful.get(key, {}).get(code, nothing).amount)
            for code, value in values.items()
        }
        for key, values in found.items()
    }


def _activity_audience(audience: str) -> Q:
    """Return the condition on an activity, which has one audience or none."""
    if audience == NOT_BROKEN_DOWN:
        return ~Q(audience__in=AGE_BANDS) | Q(audience__isnull=True)
    return Q(audience=audience) if audience else Q()


def _column(measure: Countable, audience: str) -> str:
    """Return the column that holds a measure: of everybody, of one audience, or of the rest."""
    return f"people_{audience}" if audience and measure.code == "people_served" else measure.code


def _totals(measure: Countable, audience: str) -> dict[str, Sum]:
    if measure.is_count:
        return {f"sum_{measure.code}": Sum(measure.code)}
    column = _column(measure, audience)
    totals = {
        f"sum_{column}{suffix}": Sum(f"{column}{suffix}")
        for suffix in ("", "_estimated", "_missing")
    }
    if measure.basis is Basis.EVENT:
        return totals | {"sum_events": Sum("events")}
    # Only those whose kind has such an output could have had it.
    return totals | {f"asked_{measure.code}": Sum("activities", filter=asked_of(measure.code))}


def _value(measure: Countable, sums: Sums, audience: str) -> Value:
    if measure.is_count:
        count = sums[f"sum_{measure.code}"]
        return Value(count, 0, count, 0)
    bearers = sums["sum_events" if measure.basis is Basis.EVENT else f"asked_{measure.code}"]
    amount, estimated, missing = (
        sums[f"sum_{_column(measure, audience)}{suffix}"]
        for suffix in ("", "_estimated", "_missing")
    )
    return Value(amount, estimated, bearers, missing)


# --- Rows ----------------------------------------------------------------------------------------


def _total(measures: Sequence[Countable], rows: Sequence[Row]) -> Row:
    values = {one.key: added(row.values[one.key] for row in rows) for one in measures}
    return Row("", _("Total"), {}, values)


def _month_rows(found: Keyed, question: Question) -> list[Row]:
    nothing = {key: Value() for key in question.measures}
    return [
        Row(
            f"{month:%Y-%m}",
            f"{month:%m/%Y}",
            {"from": f"{month:%Y-%m}", "to": f"{month:%Y-%m}"},
            found.get(month, nothing),
        )
        for month in months_between(question.first_month, question.end)
    ]


def _library_rows(found: Keyed, question: Question) -> list[Row]:
    libraries = Library.objects.filter(pk__in=found).order_by("pk")
    return [
        Row(one.slug, one.short_name, {"library": one.slug}, found[one.pk]) for one in libraries
    ]


def _kind_rows(found: Keyed, question: Question) -> list[Row]:
    kinds = ActivityKind.objects.filter(pk__in=found)
    return [Row(one.code, one.name, {"kind": one.code}, found[one.pk]) for one in kinds]


def _unit_rows(found: Keyed, question: Question) -> list[Row]:
    level = str(question.group_by)
    units = AdministrativeUnit.objects.filter(pk__in=[key for key in found if key])
    rows = [
        Row(word_of(unit), unit_label(unit), {level: word_of(unit)}, found[unit.pk])
        for unit in units.select_related("parent").order_by("folded", "valid_from")
    ]
    if None in found:
        label = pgettext("statistics", "Place not recorded")
        rows.append(Row(UNKNOWN_PLACE, label, {level: UNKNOWN_PLACE}, found[None]))
    return rows


_ROWS: dict[Group, Callable[[Keyed, Question], list[Row]]] = {
    Group.MONTH: _month_rows,
    Group.LIBRARY: _library_rows,
    Group.PROVINCE: _unit_rows,
    Group.COMMUNE: _unit_rows,
    Group.KIND: _kind_rows,
}


def unit_label(unit: AdministrativeUnit) -> str:
    """Return the name of a unit, for one that has ended with the day until which it was.

    Two units may have had one name one after the other, and be two places.
    """
    label = unit.name if unit.parent is None else f"{unit.full_name}, {unit.parent.name}"
    if unit.valid_to is None:
        return label
    return _("%(unit)s (until %(day)s)") % {"unit": label, "day": f"{_last_day(unit):%d/%m/%Y}"}


def _last_day(unit: AdministrativeUnit) -> date:
    ended = unit.valid_to or unit.valid_from
    return date.fromordinal(ended.toordinal() - 1)


def _by_audience(question: Question, measures: Sequence[Countable], reach: Reach) -> Answer:
    """Answer by audience: age bands and what they leave add up; priority groups stand apart."""
    names = {one.code: one.name for one in Audience.objects.all()}
    names[NOT_BROKEN_DOWN] = pgettext("audience", "Not broken down")
    found = _audience_values(question, measures, reach)
    if reach.carried is not None:
        doubtful = reach.of_doubtful(question.level)
        found = _with_carried(found, _audience_values(question, measures, doubtful))
    codes = [question.audience] if question.audience else [*AGE_BANDS, NOT_BROKEN_DOWN]
    groups = [] if question.audience else PRIORITY_GROUPS
    rows = [_audience_row(code, names, found) for code in codes]
    apart = [_audience_row(code, names, found, is_apart=True) for code in groups]
    total = _total(measures, rows)
    if not question.audience:
        # What is estimated or missing of the whole is known better than through its bands.
        total = Row("", total.label, {}, found[""])
    return Answer(question, measures, rows, total, apart)


def _audience_row(
    code: str, names: Mapping[str, str], found: Keyed, *, is_apart: bool = False
) -> Row:
    return Row(code, names.get(code, code), {"audience": code}, found[code], is_apart)


def _audience_values(question: Question, measures: Sequence[Countable], reach: Reach) -> Keyed:
    found: Keyed = {code: {} for code in ("", *AUDIENCES, NOT_BROKEN_DOWN)}
    source: type[Model] = EventFact if question.knows_places else Cell
    people = [one for one in measures if one.basis is Basis.EVENT]
    for one in people:
        totals: dict[str, Sum] = {}
        for code in found:
            totals |= _totals(one, code)
        rows = source._default_manager.filter(reach.of(source), reach.of_kind)
        sums = {name: value or 0 for name, value in rows.aggregate(**totals).items()}
        for code, values in found.items():
            values[one.key] = _value(one, sums, code)
    activities = [one for one in measures if one.basis is Basis.ACTIVITY]
    if activities:
        by_code = {
            key: {one.key: _value(one, sums, "") for one in activities}
            for key, sums in _grouped(ActivityFact, reach, Group.AUDIENCE, activities, "")
        }
        for one in activities:
            parts = {key: values[one.key] for key, values in by_code.items()}
            for code, values in found.items():
                values[one.key] = parts.get(code, Value())
            unbanded = [value for key, value in parts.items() if key not in AGE_BANDS]
            found[NOT_BROKEN_DOWN][one.key] = added(unbanded)
            found[""][one.key] = added(parts.values())
    return found


# --- Behind one figure ---------------------------------------------------------------------------


def _columns_of_sheet(measure: Countable, audience: str) -> dict[str, Any]:
    """Return the four numbers of one sheet for a measure that sheets carry."""
    if measure.is_count:
        return {
            "amount": F("events"),
            "estimated": F("events") * 0,
            "missing": F("events") * 0,
            "bearers": F("events") * 1,
        }
    column = _column(measure, audience)
    return {
        "amount": F(column) * 1,
        "estimated": F(f"{column}_estimated") * 1,
        "missing": F(f"{column}_missing") * 1,
        "bearers": F("events") * 1,
    }


def _with_activities(
    facts: QuerySet[EventFact], measure: Countable, question: Question
) -> QuerySet[EventFact]:
    """Return the facts that have such activities, with what these came to together."""
    held = ActivityFact.objects.filter(_activity_audience(question.audience))
    if question.kind:
        held = held.filter(kind=question.kind)
    # One join: the sums below are over the activities that this very filter lets through.
    facts = facts.filter(activity_facts__in=held)
    column = f"activity_facts__{measure.code}"
    many = Sum("activity_facts__activities")
    if measure.is_count:
        none = many * 0
        return facts.annotate(amount=many, estimated=none, missing=none, bearers=many)
    asked = asked_of(measure.code, "activity_facts__kind")
    return facts.annotate(
        amount=Sum(column),
        estimated=Sum(f"{column}_estimated"),
        missing=Sum(f"{column}_missing"),
        bearers=Sum("activity_facts__activities", filter=asked, default=0),
    )
