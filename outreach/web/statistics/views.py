"""Figures by month, place, kind and audience; the sheets behind each; the same as files."""

from __future__ import annotations

from typing import Any

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import InvalidInput
from outreach.common.spreadsheets import CSV_TYPE, XLSX_TYPE, as_csv, as_xlsx
from outreach.statistics.exports import group_title, notes_of, table_of
from outreach.statistics.questions import Answer
from outreach.statistics.selectors import explore, measures_by_code, sheets_behind
from outreach.web.access import needs, person
from outreach.web.statistics import drawing
from outreach.web.statistics.forms import QuestionForm

ROWS_ON_A_PAGE = 60
SHEETS_ON_A_PAGE = 25


@require_safe
@needs(Action.SEE_STATISTICS)
def statistics(request: HttpRequest) -> HttpResponse:
    """Show the figures that were asked for as tiles, bars and a table."""
    form = _form(request)
    answer = _answer(request, form)
    return _wrong(request, form) if answer is None else _page(request, form, answer)


@require_safe
@needs(Action.SEE_STATISTICS)
def statistics_sheets(request: HttpRequest) -> HttpResponse:
    """List the accepted sheets behind one figure, with their sum."""
    form = _form(request)
    if not form.is_valid():
        return _wrong(request, form)
    question = form.question()
    try:
        behind = sheets_behind(question.of_measure(form.measure), person(request))
    except InvalidInput as error:
        form.take(error)
        return _wrong(request, form)
    context = {
        "measure": form.names[form.measure],
        "narrowed": drawing.asked(form),
        "value": behind.value,
        "sheets": Paginator(behind.facts, SHEETS_ON_A_PAGE).get_page(request.GET.get("page")),
        "back": drawing.address("statistics", question, form.measure),
    }
    return render(request, "statistics/sheets.html", context)


@require_safe
@needs(Action.SEE_STATISTICS)
def statistics_csv(request: HttpRequest) -> HttpResponse:
    """Send the figures as CSV."""
    return _file(request, "csv")


@require_safe
@needs(Action.SEE_STATISTICS)
def statistics_xlsx(request: HttpRequest) -> HttpResponse:
    """Send the figures as a workbook."""
    return _file(request, "xlsx")


def _form(request: HttpRequest) -> QuestionForm:
    return QuestionForm(
        request.GET.dict(), user=person(request), today=clock.today(), names=measures_by_code()
    )


def _answer(request: HttpRequest, form: QuestionForm) -> Answer | None:
    """Return the answer; ``None`` if the form says what is wrong with the question."""
    if form.is_valid():
        try:
            return explore(form.question(), person(request))
        except InvalidInput as error:
            form.take(error)
    return None


def _page(request: HttpRequest, form: QuestionForm, answer: Answer) -> HttpResponse:
    rows = Paginator(answer.rows, ROWS_ON_A_PAGE).get_page(request.GET.get("page"))
    context: dict[str, Any] = {
        "form": form,
        "answer": answer,
        "rows": rows,
        "lines": [drawing.line(row, answer, form) for row in rows],
        "total": drawing.line(answer.total, answer, form),
        "apart": [drawing.line(row, answer, form) for row in answer.apart],
        "group_title": group_title(answer.question.group_by),
        "titles": [form.names[one.code] for one in answer.measures],
        "tiles": drawing.tiles(answer, form),
        "chart": drawing.chart(answer, form),
        "periods": drawing.periods(form, answer.question, clock.today()),
        "units_told": drawing.units_told(form, answer.question),
        "carried_note": drawing.carried_note(form, answer),
        "csv": drawing.address("statistics_csv", answer.question, form.measure),
        "xlsx": drawing.address("statistics_xlsx", answer.question, form.measure),
    }
    return render(request, "statistics/explore.html", context)


def _wrong(request: HttpRequest, form: QuestionForm) -> HttpResponse:
    return render(request, "statistics/explore.html", {"form": form}, status=400)


def _file(request: HttpRequest, kind: str) -> HttpResponse:
    form = _form(request)
    answer = _answer(request, form)
    if answer is None:
        return _wrong(request, form)
    names = {code: measure.name for code, measure in form.names.items()}
    table = table_of(answer, names)
    asked = answer.question
    name = f"statistics-{asked.first_month:%Y-%m}-{asked.last_month:%Y-%m}-{asked.group_by}.{kind}"
    if kind == "csv":
        content, media = as_csv(table), CSV_TYPE
    else:
        content, media = as_xlsx([table, notes_of(drawing.about(form, answer))]), XLSX_TYPE
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=media, headers=headers)
