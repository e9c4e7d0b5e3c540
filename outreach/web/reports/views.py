"""The reports of the evaluation years: the list, one year, and its downloads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.errors import NotAllowed, NotFound
from outreach.common.periods import Period, evaluation_year, evaluation_year_of
from outreach.statistics.reports import Review, union_review, years_with_figures
from outreach.web.access import needs, person
from outreach.web.reports import downloads

KEY_FIGURES = ("exhibitions", "copies_added", "cards", "reader_visits", "circulation")
"""Lines that stand in large figures above the table."""
DUE_ON = (12, 30)
"""Month and day by which the report is handed in (Circular 05/2020/TT-BVHTTDL)."""


@dataclass(frozen=True, slots=True)
class Switch:
    """A link to the same report for one library."""

    url: str
    label: str
    is_current: bool


@require_safe
@needs(Action.SEE_STATISTICS)
def reports(request: HttpRequest) -> HttpResponse:
    """List the evaluation years that have figures."""
    libraries = libraries_of(request)
    running = evaluation_year_of(clock.today())
    years = [
        {
            "year": year,
            "period": evaluation_year(year),
            "last_day": _last_day(evaluation_year(year)),
            "due_on": date(year, *DUE_ON),
            "is_running": year >= running,
        }
        for year in years_with_figures(libraries)
    ]
    return render(request, "reports/list.html", {"years": years, "libraries": libraries})


@require_safe
@needs(Action.SEE_STATISTICS)
def report_year(request: HttpRequest, year: int) -> HttpResponse:
    """Show the report of one evaluation year: all libraries of the person, or one of them."""
    libraries = libraries_of(request)
    shown = _chosen(request, libraries)
    review = _review(year, shown)
    context = {
        "review": review,
        "is_shared": len(shown) > 1,
        "heading": name_of(shown),
        "total_name": total_name(shown),
        "switches": _switches(libraries, shown),
        "columns": len(shown) + 2,
        "last_day": _last_day(review.period),
        "query": f"?library={shown[0].slug}" if len(shown) < len(libraries) else "",
        "key_figures": [review.line(key) for key in KEY_FIGURES],
        "completeness": list(zip(review.libraries, review.completeness, strict=True)),
        "printed_at": clock.now(),
    }
    return render(request, "reports/year.html", context)


@require_safe
@needs(Action.SEE_STATISTICS)
def report_csv(request: HttpRequest, year: int) -> HttpResponse:
    """Send the report as CSV, as Excel opens it in Vietnam."""
    shown = _chosen(request, libraries_of(request))
    return downloads.csv_of(_review(year, shown), total_name(shown))


@require_safe
@needs(Action.SEE_STATISTICS)
def report_xlsx(request: HttpRequest, year: int) -> HttpResponse:
    """Send the report as a workbook."""
    shown = _chosen(request, libraries_of(request))
    return downloads.xlsx_of(_review(year, shown), name_of(shown), total_name(shown))


def libraries_of(request: HttpRequest) -> list[Library]:
    """Return the libraries whose statistics the person may see, without the unions.

    Raises:
        NotAllowed: if there are none.
    """
    visible = Library.objects.visible_to(person(request), Action.SEE_STATISTICS)
    libraries = list(visible.running_services().select_related("union"))
    if not libraries:
        raise NotAllowed()
    return libraries


def name_of(libraries: Sequence[Library]) -> str:
    """Return what libraries are called together: their name, or their union's."""
    if len(libraries) == 1:
        return libraries[0].name
    unions = {library.union for library in libraries}
    union = unions.pop() if len(unions) == 1 else None
    return union.name if union else ", ".join(library.short_name for library in libraries)


def total_name(libraries: Sequence[Library]) -> str:
    """Return how the rows of the total are called; empty for a single library."""
    return str(downloads.TOGETHER) if len(libraries) > 1 else ""


def _chosen(request: HttpRequest, libraries: list[Library]) -> list[Library]:
    slug = request.GET.get("library")
    if not slug:
        return libraries
    chosen = [library for library in libraries if library.slug == slug]
    if not chosen:
        raise NotFound()
    return chosen


def _review(year: int, libraries: list[Library]) -> Review:
    # Answers for years with figures only; that also keeps out those no calendar has.
    if year not in years_with_figures(libraries):
        raise NotFound()
    return union_review(year, libraries)


def _switches(libraries: list[Library], shown: list[Library]) -> list[Switch]:
    if len(libraries) == 1:
        return []
    return [
        Switch(f"?library={library.slug}", library.short_name, shown == [library])
        for library in libraries
    ]


def _last_day(period: Period[date]) -> date | None:
    return period.end - timedelta(days=1) if period.end else None
