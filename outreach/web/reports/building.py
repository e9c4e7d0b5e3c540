"""What the libraries counted in their buildings: which months are there, and one month."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import Library
from outreach.common import audit, clock
from outreach.common.errors import DomainError, NotAllowed, NotFound, StaleWrite
from outreach.common.periods import (
    add_months,
    evaluation_year,
    evaluation_year_of,
    first_of_month,
    months_between,
)
from outreach.statistics.models import BUILDING_MEASURES, BuildingFigures
from outreach.statistics.reports import years_with_figures
from outreach.statistics.services import set_building_figures
from outreach.web.access import needs, person
from outreach.web.reports.forms import BuildingForm, figure_of, label_of
from outreach.web.reports.views import Switch, libraries_of

_MONTH = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True)
class MonthOfLibrary:
    """One library in one month: how many figures it has, ``None`` if it was never entered."""

    library: Library
    collected: int | None
    may_enter: bool

    @property
    def is_full(self) -> bool:
        """Whether every figure was counted or estimated."""
        return self.collected == len(BUILDING_MEASURES)


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One month with its libraries, in the order of the page."""

    month: date
    is_running: bool
    cells: Sequence[MonthOfLibrary]


@require_safe
@needs(Action.SEE_STATISTICS)
def building_figures(request: HttpRequest) -> HttpResponse:
    """Show month by month which libraries have entered their figures, and which have not."""
    libraries = libraries_of(request)
    years = years_with_figures(libraries)
    year = _year(request, years)
    rows = _month_rows(request, libraries, year)
    due = [cell for row in rows if not row.is_running for cell in row.cells]
    context = {
        "rows": rows,
        "libraries": libraries,
        "switches": [Switch(f"?year={one}", str(one), one == year) for one in years],
        "year": year,
        "expected": len(due),
        "received": sum(cell.collected is not None for cell in due),
        "figures": len(BUILDING_MEASURES),
    }
    return render(request, "reports/building.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_STATISTICS)
def building_month(request: HttpRequest, slug: str, month: str) -> HttpResponse:
    """Show, enter or correct the figures of one library and month."""
    user = person(request)
    visible = Library.objects.visible_to(user, Action.SEE_STATISTICS).running_services()
    library = get_object_or_404(visible, slug=slug)
    first = _month(month, library)
    stored = BuildingFigures.objects.filter(library=library, month=first).first()
    may_enter = user.may(Action.ENTER_BUILDING_FIGURES, library.pk)
    if request.method == "POST" and not may_enter:
        raise NotAllowed()
    form = BuildingForm(request.POST or None, stored=stored)
    status, is_stale = 200, False
    if request.method == "POST":
        status = 400
        if form.is_valid():
            try:
                set_building_figures(
                    actor=user,
                    library=library,
                    month=first,
                    figures=form.figures(),
                    reason=form.cleaned_data.get("reason", ""),
                    expected_version=form.cleaned_data["version"],
                )
            except DomainError as error:
                form.take(error)
                status, is_stale = error.status, isinstance(error, StaleWrite)
            else:
                messages.success(request, _("The figures of the month are saved."))
                return redirect("building_figures")
    context = {
        "library": library,
        "month": first,
        "is_running": first == first_of_month(clock.today(library.zone)),
        "before": add_months(first, -1),
        "after": add_months(first, 1),
        "has_after": add_months(first, 1) <= clock.today(library.zone),
        "year": evaluation_year_of(first),
        "stored": stored,
        "lines": [(label_of(code), figure_of(stored, code)) for code in BUILDING_MEASURES]
        if stored
        else [],
        "trail": audit.trail(stored) if stored else [],
        "form": form if may_enter else None,
        "is_stale": is_stale,
    }
    return render(request, "reports/building_month.html", context, status=status)


def _month_rows(request: HttpRequest, libraries: list[Library], year: int) -> list[MonthRow]:
    """Return the months of an evaluation year that have begun, latest first."""
    user, period, today = person(request), evaluation_year(year), clock.today()
    entered = {
        (stored.library_id, stored.month): stored
        for stored in BuildingFigures.objects.filter(
            library__in=libraries, month__gte=period.start, month__lt=period.end
        ).order_by()
    }
    enters = {
        library.pk: user.may(Action.ENTER_BUILDING_FIGURES, library.pk) for library in libraries
    }
    end = min(add_months(period.start, 12), add_months(first_of_month(today), 1))
    return [
        MonthRow(
            month,
            month == first_of_month(today),
            [
                MonthOfLibrary(
                    library, _collected(entered.get((library.pk, month))), enters[library.pk]
                )
                for library in libraries
            ],
        )
        for month in reversed(months_between(period.start, end))
    ]


def _collected(stored: BuildingFigures | None) -> int | None:
    if stored is None:
        return None
    return sum(getattr(stored, code) is not None for code in BUILDING_MEASURES)


def _year(request: HttpRequest, years: list[int]) -> int:
    asked = request.GET.get("year", "")
    known = {str(year): year for year in years}
    if asked and asked not in known:
        raise NotFound()
    return known.get(asked, evaluation_year_of(clock.today()))


def _month(text: str, library: Library) -> date:
    """Return the first day of a month in an address.

    Raises:
        NotFound: if it is no month, or has not begun.
    """
    found = _MONTH.fullmatch(text)
    first = date(int(found[1]), int(found[2]), 1) if found else None
    if first is None or first > clock.today(library.zone):
        raise NotFound()
    return first
