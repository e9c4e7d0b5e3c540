"""Publishing a proposal: what would happen, as drafts or public, and later only the difference."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from outreach.accounts.domain import Action
from outreach.planning.proposals import publishing
from outreach.planning.proposals.publishing import What
from outreach.web.access import needs
from outreach.web.plan.proposal_forms import PublishProposalForm
from outreach.web.plan.proposal_pages import about, ready
from outreach.web.plan.scenario_pages import succeeds

STEPS_ON_A_PAGE = 50
AGAINST_SHOWN = 50


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def proposal_publish(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Say what publishing would do, and do it."""
    user, found = ready(request, uid)
    as_drafts = request.POST.get("how", request.GET.get("how", "drafts")) != "public"
    differs = publishing.difference(found, as_drafts=as_drafts)
    form = PublishProposalForm(
        request.POST or None, proposal=found, asks_reason=differs.needs_reason
    )
    if request.method == "POST" and succeeds(
        form, lambda: publishing.publish(actor=user, proposal=found, **form.wanted())
    ):
        messages.success(request, _("The schedule says now what this proposal says."))
        return redirect("proposal", found.uid)
    steps = [step for step in differs.steps if step.what != What.KEPT]
    context = about(found, "") | {
        "form": form,
        "differs": differs,
        "as_drafts": as_drafts,
        "counts": {str(what): differs.count(what) for what in What},
        "page_obj": Paginator(steps, STEPS_ON_A_PAGE).get_page(request.GET.get("page")),
        "against": differs.against[:AGAINST_SHOWN],
        "more_against": max(len(differs.against) - AGAINST_SHOWN, 0),
        "is_again": found.published_at is not None,
        "may_schedule": user.may(Action.SCHEDULE, found.scenario.season.library_id),
    }
    return render(request, "plan/proposal_publish.html", context)
