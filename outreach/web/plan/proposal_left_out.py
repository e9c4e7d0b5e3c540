"""Visits that a proposal leaves out: why, what would place them, and putting one in by hand."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.common.errors import DomainError, NotAllowed
from outreach.planning.models import LeftOutVisit, Proposal
from outreach.planning.proposals import by_hand, granting, reasons, selectors, services
from outreach.planning.proposals.asking import ASKED
from outreach.planning.proposals.findings import Said
from outreach.web.access import needs
from outreach.web.plan.proposal_forms import MoveVisitForm
from outreach.web.plan.proposal_pages import LEFT_OUT, about, ready
from outreach.web.plan.scenario_pages import succeeds

LEFT_OUT_ON_A_PAGE = 25


@require_safe
@needs(Action.SEE_SCHEDULE)
def proposal_left_out(request: HttpRequest, uid: UUID) -> HttpResponse:
    """List the visits left out with their reasons and the smallest change of each."""
    _user, found = ready(request, uid)
    rows = selectors.left_out(found)
    page = Paginator(rows, LEFT_OUT_ON_A_PAGE).get_page(request.GET.get("page"))
    said = reasons.told(list(page.object_list))
    context = about(found, LEFT_OUT) | {
        "page_obj": page,
        "rows": [
            {"visit": one, "told": said[one.pk], "can_grant": granting.can_grant(one)}
            for one in page
        ],
    }
    return render(request, "plan/proposal_left_out.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def proposal_put_in(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Put a visit that was left out somewhere by hand."""
    user, found = ready(request, uid)
    left_out = _left_out(found, pk)
    form = MoveVisitForm(
        request.POST or None,
        proposal=found,
        vehicles=selectors.vehicles(found),
        left_out=left_out,
    )
    broken: list[Said] = []
    if succeeds(
        form,
        lambda: broken.extend(by_hand.put_in(actor=user, left_out=left_out, **form.wanted()).every),
    ):
        name = left_out.stop.venue.name
        messages.success(request, _("“%(name)s” is in the plan now.") % {"name": name})
        for one in broken:
            messages.warning(request, one.message)
        query = urlencode({"from": form.cleaned_data["on"].isoformat()})
        return redirect(f"{reverse('proposal_board', args=[found.uid])}?{query}")
    context = about(found, LEFT_OUT) | {
        "left_out": left_out,
        "told": reasons.told([left_out])[left_out.pk],
        "form": form,
    }
    return render(request, "plan/proposal_put_in.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def proposal_grant(request: HttpRequest, uid: UUID, pk: int) -> HttpResponse:
    """Make the smallest change and plan again: the rest changes as little as may be."""
    user, found = ready(request, uid)
    left_out = _left_out(found, pk)
    in_copy = request.POST.get("where") == "copy"
    name = _("%(name)s, with a change for %(venue)s") % {
        "name": found.scenario.name[:50],
        "venue": left_out.stop.venue.name[:50],
    }
    try:
        scenario = granting.grant(actor=user, left_out=left_out, in_copy=in_copy, name=name)
        if in_copy:
            aim = found.aim if found.aim in ASKED else Proposal.Aim.STEADIEST
            services.order(actor=user, scenario=scenario, aims=[aim], seconds=found.seconds)
        else:
            services.rework(actor=user, proposal=found)
    except NotAllowed:
        raise
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("proposal_left_out", found.uid)
    except ValidationError as refusal:
        messages.error(request, " ".join(refusal.messages))
        return redirect("proposal_left_out", found.uid)
    messages.success(request, _("The change was made; the plan is worked out again."))
    return redirect("proposals", scenario.uid)


def _left_out(proposal: Proposal, pk: int) -> LeftOutVisit:
    found = selectors.left_out_visit(proposal, pk)
    if found is None:
        raise Http404
    found.proposal = proposal
    return found
