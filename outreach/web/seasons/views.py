"""Seasons and their plans: handed in, decided on, compared with the schedule, published."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common.errors import NotAllowed
from outreach.common.spreadsheets import XLSX_TYPE
from outreach.planning import approval, services
from outreach.planning.approval import SeasonRefused
from outreach.planning.models import Season, SeasonSubmission
from outreach.scheduling.models import State
from outreach.web.access import needs, person
from outreach.web.plan.forms import ONE_DAY
from outreach.web.printing.commune_notice import (
    communes_of,
    events_without_commune,
    tells_of_the_past,
)
from outreach.web.printing.season_plan import ShownDifference, paper_of, stem, workbook
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.seasons.forms import (
    ApproveForm,
    PublishForm,
    ReturnForm,
    SeasonEditForm,
    SubmitForm,
    WithdrawForm,
    succeeds,
)
from outreach.web.zones import read_clocks_of

SEASONS_ON_A_PAGE = 20
DIFFERENCES_ON_A_PAGE = 25
REFUSALS_ON_A_PAGE = 50


@require_safe
@needs(Action.SEE_SCHEDULE)
def seasons(request: HttpRequest) -> HttpResponse:
    """List what awaits a decision anywhere, then the seasons of a library, the latest first."""
    user = person(request)
    desk = desk_of(request, user)
    rows = Season.objects.visible_to(user).filter(library=desk.library).select_related("library")
    page = Paginator(rows.order_by("-starts_on"), SEASONS_ON_A_PAGE).get_page(
        request.GET.get("page")
    )
    awaiting = list(approval.awaiting_decision(user)) if user.may(Action.APPROVE_PLANS) else []
    context = {
        "desk": desk,
        # What awaits a decision stands above, and is not of this library alone.
        "eyebrow": "" if awaiting else desk.library.name,
        "switches": switches(desk),
        "page_obj": page,
        "standings": approval.standings(list(page.object_list)),
        "may_plan": user.may(Action.PLAN, desk.library.pk),
        "may_copy": user.may(Action.SCHEDULE, desk.library.pk),
        "awaiting": awaiting,
    }
    return render(request, "seasons/list.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def season(request: HttpRequest, pk: int) -> HttpResponse:
    """Show how far a season's plan has come, and what of the schedule differs from it."""
    user, found = _visible(request, pk)
    standing = approval.standing_of(found)
    present = approval.content_of(found)
    held_against = standing.open or (standing.approved if standing.may_publish else None)
    differing = approval.differences(held_against.content, present) if held_against else []
    page = Paginator(differing, DIFFERENCES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "season": found,
        "standing": standing,
        "events": len(present),
        "drafts": approval.events_in(found).filter(state=State.DRAFT).count(),
        "held_against": held_against,
        "page_obj": page,
        "differences": [ShownDifference(one) for one in page],
        "communes": communes_of(found),
        "tells_of_the_past": tells_of_the_past(found),
        "told_nobody": events_without_commune(found),
        "withdraw_form": WithdrawForm(submission=standing.open) if standing.open else None,
        **_rights(user, found.library),
    }
    return render(request, "seasons/season.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def season_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a season's name and days."""
    user, found = _to_plan(request, pk)
    form = SeasonEditForm(_sent(request), season=found)
    if succeeds(
        form,
        lambda: services.change_season(
            actor=user,
            season=found,
            name=form.cleaned_data["name"],
            starts_on=form.cleaned_data["starts_on"],
            ends_on=form.cleaned_data["last_on"] + ONE_DAY,
            reason=form.cleaned_data["reason"],
            expected_version=form.cleaned_data["expected_version"],
        ),
        found,
    ):
        messages.success(request, _("The season was changed."))
        return redirect("season", found.pk)
    return render(request, "seasons/edit.html", {"season": found, "form": form})


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def season_submit(request: HttpRequest, pk: int) -> HttpResponse:
    """Hand the plan in as it stands."""
    user, found = _to_plan(request, pk)
    present = approval.content_of(found)
    form = SubmitForm(_sent(request), checksum=approval.checksum_of(present))
    if succeeds(
        form,
        lambda: approval.submit_season(
            actor=user,
            season=found,
            note=form.cleaned_data["note"],
            expected_checksum=form.seen,
        ),
    ):
        messages.success(request, _("The plan was handed in."))
        return redirect("season", found.pk)
    return render(
        request,
        "seasons/submit.html",
        {"season": found, "form": form, "events": len(present)},
    )


@require_POST
@needs(Action.SEE_SCHEDULE)
def season_withdraw(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Take back a plan that nobody has decided on."""
    user, submission = _submission(request, uid, Action.PLAN)
    form = WithdrawForm(request.POST, submission=submission)
    if succeeds(
        form,
        lambda: approval.withdraw_submission(
            actor=user,
            submission=submission,
            note=form.cleaned_data["note"],
            expected_version=form.cleaned_data["expected_version"],
        ),
        submission,
    ):
        messages.success(request, _("The plan was taken back."))
    else:
        for errors in form.errors.values():
            messages.error(request, " ".join(str(error) for error in errors))
    return redirect("season", submission.season_id)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def season_approve(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Record that a plan was approved."""
    user, submission = _submission(request, uid, Action.APPROVE_PLANS)
    form = ApproveForm(_sent(request), submission=submission)
    if succeeds(
        form,
        lambda: approval.approve_submission(
            actor=user,
            submission=submission,
            **{name: form.cleaned_data[name] for name in form.fields},
        ),
        submission,
    ):
        messages.success(request, _("The plan is approved."))
        return redirect("season", submission.season_id)
    return _decision_page(request, submission, form, ReturnForm(submission=submission))


@require_POST
@needs(Action.SEE_SCHEDULE)
def season_return(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Send a plan back to be worked on."""
    user, submission = _submission(request, uid, Action.APPROVE_PLANS)
    form = ReturnForm(request.POST, submission=submission)
    if succeeds(
        form,
        lambda: approval.return_submission(
            actor=user,
            submission=submission,
            **{name: form.cleaned_data[name] for name in form.fields},
        ),
        submission,
    ):
        messages.success(request, _("The plan was sent back."))
        return redirect("season", submission.season_id)
    return _decision_page(request, submission, ApproveForm(submission=submission), form)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def season_publish(request: HttpRequest, pk: int) -> HttpResponse:
    """Make an approved season public: everything of it, or nothing."""
    user, found = _to_plan(request, pk)
    standing = approval.standing_of(found)
    if standing.approved is None or not standing.may_publish:
        messages.error(request, _("A season is made public when its plan is approved."))
        return redirect("season", found.pk)
    present = approval.content_of(found)
    differing = approval.differences(standing.approved.content, present)
    refusals = approval.what_refuses(found)
    overridable = bool(refusals) and all(one.can_be_overridden for one in refusals)
    form = PublishForm(
        _sent(request),
        checksum=approval.checksum_of(present),
        differs=bool(differing),
        asks_override=overridable and user.may(Action.OVERRIDE_RULES, found.library_id),
    )
    try:
        if succeeds(form, lambda: _publish(request, user, found, form)):
            return redirect("season", found.pk)
    except SeasonRefused as refused:
        refusals = refused.refusals
        field = "override_reason" if "override_reason" in form.fields else None
        form.add_error(field, refused.message)
    context = {
        "season": found,
        "standing": standing,
        "form": form,
        "extent": _told(approval.what_is_published(found)),
        "differing": len(differing),
        "refusals": Paginator(refusals, REFUSALS_ON_A_PAGE).get_page(request.GET.get("page")),
        "stands_firm": any(not one.can_be_overridden for one in refusals),
    }
    return render(request, "seasons/publish.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def season_xlsx(request: HttpRequest, pk: int) -> HttpResponse:
    """Send the season's plan as a workbook."""
    _user, found = _visible(request, pk)
    content = workbook(paper_of(found, request.GET.get("of", "")))
    headers = {"Content-Disposition": f'attachment; filename="{stem(found, "plan")}.xlsx"'}
    return HttpResponse(content, content_type=XLSX_TYPE, headers=headers)


def _sent(request: HttpRequest) -> QueryDict | None:
    """Return what was sent; an empty form that was sent is not one that was only opened."""
    return request.POST if request.method == "POST" else None


def _publish(request: HttpRequest, user: User, found: Season, form: PublishForm) -> None:
    done = approval.publish_season(actor=user, season=found, **form.wanted())
    messages.success(request, _("Made public: %(extent)s.") % {"extent": _told(done)})


def _told(extent: approval.Extent) -> str:
    """Return how much is made public, in the same words before and after."""
    trips = ngettext("%(number)d trip", "%(number)d trips", extent.trips)
    events = ngettext("%(number)d event", "%(number)d events", extent.events)
    counted = ((trips, extent.trips), (events, extent.events))
    return ", ".join(text % {"number": number} for text, number in counted)


def _decision_page(
    request: HttpRequest, submission: SeasonSubmission, approve: ApproveForm, send_back: ReturnForm
) -> HttpResponse:
    context = {
        "season": submission.season,
        "submission": submission,
        "events": len(submission.content),
        "approve_form": approve,
        "return_form": send_back,
    }
    return render(request, "seasons/decide.html", context)


def _rights(user: User, library: Library) -> dict[str, Any]:
    return {
        "may_plan": user.may(Action.PLAN, library.pk),
        "may_publish": all(user.may(one, library.pk) for one in (Action.PLAN, Action.SCHEDULE)),
        "may_approve": user.may(Action.APPROVE_PLANS, library.pk),
    }


def _visible(request: HttpRequest, pk: int) -> tuple[User, Season]:
    """Return who is at the page and the season.

    Raises:
        Http404: if it is not theirs to see.
    """
    user = person(request)
    rows = Season.objects.visible_to(user).select_related("library__union")
    found = get_object_or_404(rows, pk=pk)
    read_clocks_of(found.library)
    return user, found


def _to_plan(request: HttpRequest, pk: int) -> tuple[User, Season]:
    """Return who is at the page and the season they want to change.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user, found = _visible(request, pk)
    if not user.may(Action.PLAN, found.library_id):
        raise NotAllowed()
    return user, found


def _submission(request: HttpRequest, uid: UUID, action: Action) -> tuple[User, SeasonSubmission]:
    """Return who is at the page and the submission they want to do something with.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if ``action`` is not theirs.
    """
    user = person(request)
    rows = SeasonSubmission.objects.visible_to(user).select_related("season__library", "made_by")
    found = get_object_or_404(rows, uid=uid)
    if not user.may(action, found.season.library_id):
        raise NotAllowed()
    read_clocks_of(found.season.library)
    return user, found
