"""Plans side by side, whatever scenarios they are of."""

from __future__ import annotations

from uuid import UUID

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.planning.models import Proposal
from outreach.planning.proposals import comparing
from outreach.planning.proposals.comparing import What
from outreach.web.access import needs
from outreach.web.plan.proposal_pages import CHANGES_ON_A_PAGE, ready
from outreach.web.plan.proposal_rows import Column, rows_of


@require_safe
@needs(Action.SEE_SCHEDULE)
def compare(request: HttpRequest) -> HttpResponse:
    """Show the figures of two proposals, ``?a=`` and ``?b=``, and every visit that differs."""
    before, after = (_named(request, name) for name in ("a", "b"))
    compared = comparing.compare(before, after)
    columns = [
        Column(one.scenario.name, one.figures, one, note=one.get_aim_display())
        for one in (before, after)
    ]
    context = {
        "before": before,
        "after": after,
        "season": after.scenario.season,
        "columns": columns,
        "rows": rows_of(columns),
        "counts": {str(what): compared.counts.get(str(what), 0) for what in What},
        "compared": compared,
        "page_obj": Paginator(compared.differences, CHANGES_ON_A_PAGE).get_page(
            request.GET.get("page")
        ),
    }
    return render(request, "plan/proposal_compare.html", context)


def _named(request: HttpRequest, name: str) -> Proposal:
    try:
        uid = UUID(request.GET.get(name, ""))
    except ValueError:
        raise Http404 from None
    return ready(request, uid)[1]
