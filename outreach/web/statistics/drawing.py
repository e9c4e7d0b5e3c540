"""An answer as the page draws it: tiles, bars, linked figures, and the words of the question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from django.urls import reverse
from django.utils.formats import number_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from outreach.common.periods import add_months, evaluation_year, evaluation_year_of
from outreach.statistics.domain import Countable, Value
from outreach.statistics.questions import Answer, Group, Question, Row, Units
from outreach.web.components import Bar
from outreach.web.statistics.forms import QuestionForm, default_period

MOST_COLUMNS = 13
MOST_BARS = 15
CARDS = ("cards_issued", "cards_renewed")
FINER = {Group.MONTH: Group.KIND, Group.PROVINCE: Group.COMMUNE}
"""By what a row is divided when somebody looks into it; the others by month."""


@dataclass(frozen=True, slots=True)
class Tile:
    """One big figure."""

    label: str
    value: int | None
    note: str


@dataclass(frozen=True, slots=True)
class Figure:
    """One cell of the table. ``url`` leads to the sheets behind it, if there are any."""

    measure: str
    value: Value
    url: str
    estimated: str
    carried: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table. ``url`` looks into it."""

    label: str
    url: str
    figures: Sequence[Figure]


@dataclass(frozen=True, slots=True)
class Drawn:
    """The chart and what is said about it."""

    bars: Sequence[Bar]
    layout: str
    title: str
    desc: str
    left_out: int


@dataclass(frozen=True, slots=True)
class Shortcut:
    """A link to the same question about another period."""

    label: str
    url: str
    is_current: bool


def address(name: str, question: Question, measure: str, **words: str) -> str:
    """Return the address of a page about ``question`` with ``words`` put in its place."""
    return f"{reverse(name)}?{urlencode(question.params() | {'measure': measure} | words)}"


def line(row: Row, answer: Answer, form: QuestionForm) -> Line:
    """Return a row with a link behind each of its figures."""
    asked = answer.question
    finer = str(FINER.get(asked.group_by, Group.MONTH))
    url = address("statistics", asked, form.measure, **row.params, by=finer) if row.params else ""
    return Line(row.label, url, [_figure(one, row, asked) for one in answer.measures])


def _figure(measure: Countable, row: Row, asked: Question) -> Figure:
    value = row.values[measure.key]
    url = ""
    if value.bearers:
        url = address("statistics_sheets", asked, measure.key, **row.params)
    carried = percent(value.carried, value.amount)
    return Figure(measure.key, value, url, percent_estimated(value), carried)


def percent_estimated(value: Value) -> str:
    """Return the estimated share in whole percent; empty where nothing was estimated."""
    return percent(value.estimated, value.amount)


def percent(part: int, whole: int) -> str:
    """Return a share in whole percent; empty for none of it."""
    if not part or not whole:
        return ""
    share = 100 * part / whole
    return "<1%" if share < 1 else f"{number_format(round(share))}%"


def tiles(answer: Answer, form: QuestionForm) -> list[Tile]:
    """Return the big figures: the total of each measure, new and renewed cards together."""
    found = []
    for measure in answer.measures:
        value = answer.total.values[measure.key]
        label = form.names[measure.code].name
        if measure.key == CARDS[0]:
            renewed = answer.total.values[CARDS[1]]
            found.append(_cards(value, renewed))
        elif measure.key != CARDS[1]:
            found.append(Tile(label, value.shown, _reliability(value)))
    return found


def _cards(issued: Value, renewed: Value) -> Tile:
    note = _("%(issued)s issued, %(renewed)s renewed") % {
        "issued": _shown(issued),
        "renewed": _shown(renewed),
    }
    both = [value for value in (issued.shown, renewed.shown) if value is not None]
    return Tile(_("Cards issued and renewed"), sum(both) if both else None, note)


def _shown(value: Value) -> str:
    if value.shown is None:
        return _("not collected")
    return str(number_format(value.shown, force_grouping=True))


def _reliability(value: Value) -> str:
    """Say how far a sum can be trusted; nothing where it rests on every sheet, all counted."""
    parts = []
    if value.estimated:
        parts.append(_("%(percent)s estimated") % {"percent": percent_estimated(value)})
    if value.missing:
        text = ngettext("%(number)s without figure", "%(number)s without figure", value.missing)
        parts.append(text % {"number": number_format(value.missing, force_grouping=True)})
    return " · ".join(parts)


def chart(answer: Answer, form: QuestionForm) -> Drawn:
    """Return the bars of the chosen measure: steps in time as columns, named things as rows."""
    key, group = form.measure, answer.question.group_by
    rows = [*answer.rows, *answer.apart]
    in_time = group == Group.MONTH
    if not in_time and len(rows) > MOST_BARS:
        rows = sorted(rows, key=lambda row: -row.values[key].amount)[:MOST_BARS]
    columns = in_time and len(rows) <= MOST_COLUMNS
    bars = [
        Bar(
            _step(row) if columns else row.label,
            row.values[key].shown,
            kind=row.key if group == Group.KIND else "",
        )
        for row in rows
    ]
    name = form.names[key].name
    return Drawn(
        bars,
        "columns" if columns else "rows",
        _("%(measure)s by %(group)s") % {"measure": name, "group": _in_sentence(group)},
        period_of(answer.question),
        len(answer.rows) + len(answer.apart) - len(rows),
    )


def _step(row: Row) -> str:
    """Return a month as short as a phone needs it: ``3/25``."""
    year, month = row.key.split("-")
    return f"{int(month)}/{year[2:]}"


def _in_sentence(group: Group) -> str:
    return {
        Group.MONTH: pgettext("divided by", "month"),
        Group.LIBRARY: pgettext("divided by", "library"),
        Group.PROVINCE: pgettext("divided by", "province"),
        Group.COMMUNE: pgettext("divided by", "commune"),
        Group.KIND: pgettext("divided by", "kind of activity"),
        Group.AUDIENCE: pgettext("divided by", "audience"),
    }[group]


def periods(form: QuestionForm, asked: Question, today: date) -> list[Shortcut]:
    """Return links to the periods that people report on."""
    running = evaluation_year_of(today)
    found = [(_("Last 12 months"), *default_period(today))]
    for year in (running - 1, running):
        period = evaluation_year(year)
        last = add_months(period.end or period.start, -1)
        # In November the running year is the last twelve months: said once.
        if (period.start, last) != default_period(today):
            found.append((_("Evaluation year %(year)d") % {"year": year}, period.start, last))
    return [
        Shortcut(
            label,
            address(
                "statistics",
                replace(asked, first_month=first, last_month=last),
                form.measure,
            ),
            (first, last) == (asked.first_month, asked.last_month),
        )
        for label, first, last in found
    ]


def units_told(form: QuestionForm, asked: Question) -> list[Shortcut]:
    """Return links to places as they were and in today's units; none where no place is told."""
    if not asked.knows_places:
        return []
    # A unit that is asked for may be none of the others.
    anywhere = replace(asked, province="", commune="")
    return [
        Shortcut(
            str(label),
            address(
                "statistics", replace(anywhere, units=Units(word or Units.AS_WAS)), form.measure
            ),
            (word or Units.AS_WAS) == asked.units,
        )
        for word, label in form.fields["units"].widget.choices
    ]


def carried_note(form: QuestionForm, answer: Answer) -> str:
    """Say how much of the drawn measure was left to main successors of divided communes."""
    if not answer.question.carries:
        return ""
    value = answer.total.values[form.measure]
    if not value.carried:
        return _(
            "Told in the units of today. Nothing is an estimate: each figure lies in one of them"
            " for certain."
        )
    return _(
        "Told in the units of today. %(part)s of %(whole)s (%(percent)s) are approximate: they come"
        " from communes that were divided, and stand with the main successor. The total is exact."
    ) % {
        "part": number_format(value.carried, force_grouping=True),
        "whole": number_format(value.amount, force_grouping=True),
        "percent": percent(value.carried, value.amount),
    }


def period_of(asked: Question) -> str:
    """Return the period in words."""
    first, last = f"{asked.first_month:%m/%Y}", f"{asked.last_month:%m/%Y}"
    return first if first == last else _("%(first)s to %(last)s") % {"first": first, "last": last}


def asked(form: QuestionForm) -> list[tuple[str, str]]:
    """Return the period and the filters in use, as pairs of a title and what was chosen."""
    found = [(_("Period"), period_of(form.question()))]
    for field in form.rare:
        word = field.value()
        if word:
            labels = dict(field.field.widget.choices)
            found.append((str(field.label), str(labels.get(word, word))))
    return found


def about(form: QuestionForm, answer: Answer) -> list[tuple[str, str]]:
    """Return what a file says about itself: the question, and how each measure is defined."""
    found = asked(form)
    if note := carried_note(form, answer):
        found.append((_("Places told"), note))
    for measure in answer.measures:
        entry = form.names[measure.code]
        text = " ".join(part for part in (entry.note, entry.standard_term) if part)
        found.append((entry.name, text))
    return found
