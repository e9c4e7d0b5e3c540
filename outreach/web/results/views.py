"""Logging results, reading a sheet with its versions, correcting it, deciding what waits."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.attendance import codes, selectors, services
from outreach.attendance.models import ResultSheet
from outreach.common import clock
from outreach.common.errors import DomainError, NotFound
from outreach.web.access import needs, person
from outreach.web.results.forms import AcceptForm, RejectForm, SheetForm
from outreach.web.zones import read_clocks_at_home, read_clocks_of

RECENT = 10
MISSING_ON_A_PAGE = 12


@require_safe
@needs(Action.LOG_RESULTS, Action.SEE_STATISTICS)
def results(request: HttpRequest) -> HttpResponse:
    """Show today's events, those nobody has logged yet, and the latest sheets."""
    user, now = person(request), clock.now()
    read_clocks_at_home(user)
    goes_out = selectors.has_duties(user)
    only_mine = goes_out and request.GET.get("of") != "library"
    missing = Paginator(
        selectors.events_without_sheet(user, now, only_mine=only_mine), MISSING_ON_A_PAGE
    )
    context = {
        "now": now,
        "goes_out": goes_out,
        "only_mine": only_mine,
        "may_log": user.may(Action.LOG_RESULTS),
        "today": selectors.events_of_day(user, clock.today(), only_mine=only_mine),
        "missing": missing.get_page(request.GET.get("page")),
        "recent": selectors.recent_sheets(user)[:RECENT],
        "waiting": selectors.waiting_sheets(user),
    }
    return render(request, "results/board.html", context)


@require_safe
@needs(Action.LOG_RESULTS)
def result_code_typed(request: HttpRequest) -> HttpResponse:
    """Go where the code leads that somebody typed from a tally sheet."""
    code = request.GET.get("code", "").strip()[:20]
    if codes.pk_of(code) is None:
        messages.error(request, _("This code is not right: please copy it once more."))
        return redirect("results")
    return redirect("result_code", code)


@require_safe
@needs(Action.LOG_RESULTS)
def result_code(request: HttpRequest, code: str) -> HttpResponse:
    """Open the sheet of the event that a printed tally sheet is about."""
    events = selectors.loggable(person(request))
    event = get_object_or_404(events.only("uid"), pk=codes.pk_of(code) or 0)
    return redirect("result_new", event.uid)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.LOG_RESULTS)
def result_new(request: HttpRequest, uid: str) -> HttpResponse:
    """Log what happened at an event."""
    user = person(request)
    event = get_object_or_404(selectors.loggable(user).for_lists(), uid=uid)
    read_clocks_of(event.library)
    form = SheetForm(request.POST or None, event=event)
    if request.method == "POST" and form.is_valid():
        try:
            stored = services.log_sheet(
                actor=user,
                event=event,
                sheet=form.sheet(),
                uid=form.cleaned_data["uid"],
                confirm_warnings=form.cleaned_data["confirm_warnings"],
            )
        except DomainError as error:
            form.take(error)
        else:
            return _stored(request, stored)
    context = {
        "form": form,
        "event": event,
        "known": selectors.accepted_sheet(event),
        "obstacles": selectors.obstacles(event, clock.now()),
    }
    return render(request, "results/form.html", context, status=_status(form))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.LOG_RESULTS)
def sheet_correct(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Correct a sheet: a new version, with a reason."""
    user = person(request)
    base = _sheet(request, uid)
    event = get_object_or_404(selectors.loggable(user).for_lists(), pk=base.event_id)
    read_clocks_of(event.library)
    form = SheetForm(request.POST or None, event=event, base=base)
    if request.method == "POST" and form.is_valid():
        try:
            stored = services.correct_sheet(
                actor=user,
                sheet=base,
                corrected=form.sheet(),
                uid=form.cleaned_data["uid"],
                reason=form.cleaned_data["reason"],
                confirm_warnings=form.cleaned_data["confirm_warnings"],
            )
        except DomainError as error:
            form.take(error)
        else:
            return _stored(request, stored)
    context = {"form": form, "event": event, "base": base}
    return render(request, "results/form.html", context, status=_status(form))


@require_safe
@needs(Action.SEE_STATISTICS)
def sheet(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show one version with its figures, and all versions with what each changed."""
    return _sheet_page(request, _sheet(request, uid))


@needs(Action.ACCEPT_RESULTS)
@require_POST
def sheet_accept(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Let a waiting sheet count."""
    waiting, form = _sheet(request, uid), AcceptForm(request.POST)
    if not form.is_valid():
        return _sheet_page(request, waiting, accept_form=form)
    services.accept_queued(actor=person(request), sheet=waiting, reason=form.cleaned_data["reason"])
    messages.success(request, _("The sheet counts now."))
    return redirect("sheet", uid=uid)


@needs(Action.ACCEPT_RESULTS)
@require_POST
def sheet_reject(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Keep a waiting sheet out of the figures."""
    waiting, form = _sheet(request, uid), RejectForm(request.POST)
    if not form.is_valid():
        return _sheet_page(request, waiting, reject_form=form)
    services.reject_queued(actor=person(request), sheet=waiting, reason=form.cleaned_data["reason"])
    messages.success(request, _("The sheet does not count. It stays readable."))
    return redirect("sheet", uid=uid)


def _sheet(request: HttpRequest, uid: UUID) -> ResultSheet:
    found = selectors.sheet_of(person(request), uid)
    if found is None:
        raise NotFound()
    read_clocks_of(found.library)
    return found


def _sheet_page(request: HttpRequest, shown: ResultSheet, **forms: Any) -> HttpResponse:
    user = person(request)
    versions = selectors.versions_of(shown)
    accepted = next((row.sheet for row in versions if row.sheet.state == "accepted"), None)
    waits = shown.state == ResultSheet.State.QUEUED
    context = {
        "sheet": shown,
        "lines": selectors.lines_of(shown),
        "audiences": selectors.audience_lines(shown),
        "parts": selectors.parts_of(shown),
        "versions": versions,
        "accepted": accepted,
        "against_accepted": list(selectors.differences(accepted, shown))
        if waits and accepted
        else [],
        "may_correct": shown.state == ResultSheet.State.ACCEPTED
        and user.may(Action.LOG_RESULTS, shown.library_id),
        "may_decide": waits and user.may(Action.ACCEPT_RESULTS, shown.library_id),
        "accept_form": AcceptForm(auto_id="accept_%s", label_suffix=""),
        "reject_form": RejectForm(auto_id="reject_%s", label_suffix=""),
    } | forms
    wrong = any(form.errors for form in forms.values())
    return render(request, "results/sheet.html", context, status=400 if wrong else 200)


def _stored(request: HttpRequest, stored: ResultSheet) -> HttpResponse:
    """Say what became of a sheet, and go on."""
    if stored.state == ResultSheet.State.QUEUED:
        text = _("Saved. It waits for a coordinator, because %(reason)s.")
        messages.warning(request, text % {"reason": stored.get_queue_reason_display()})
        return redirect("sheet", uid=stored.pk)
    messages.success(request, _("The result sheet is saved. Thank you!"))
    return redirect("results") if stored.replaces_id is None else redirect("sheet", uid=stored.pk)


def _status(form: SheetForm) -> int:
    return 400 if form.is_bound and (form.errors or form.questions) else 200
