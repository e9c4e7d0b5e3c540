"""Seasons, the visits that were promised, and promises to make, change and end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleWrite
from outreach.common.history import entries
from outreach.planning import selectors, services
from outreach.planning.models import Promise
from outreach.web.access import needs, person
from outreach.web.plan.forms import (
    ONE_DAY,
    EndForm,
    FindOwedForm,
    PlanForm,
    PromiseForm,
    SeasonForm,
)
from outreach.web.schedule.libraries import desk_of
from outreach.web.schedule.offer import offer_of

VISITS_ON_A_PAGE = 25


@require_safe
@needs(Action.SEE_SCHEDULE)
def plan(request: HttpRequest) -> HttpResponse:
    """Show the seasons and who waits for a promised visit, the longest overdue first."""
    user, today = person(request), clock.today()
    seen = list(Library.objects.visible_to(user).running_services())
    if (slug := request.GET.get("library")) and slug not in {one.slug for one in seen}:
        raise NotFound()
    form = FindOwedForm(request.GET or None, libraries=seen)
    asked = form.cleaned_data if form.is_valid() else {}
    chosen = [asked["library"].library] if asked.get("library") else seen
    owed = selectors.visits_owed([library.pk for library in chosen], today)
    only = asked.get("only")
    found = selectors.narrowed(
        owed, text=asked.get("text", ""), late=only == "late", unplanned=only == "unplanned"
    )
    planned_by = user.scope.libraries(Action.PLAN)
    home = next((one for one in chosen if user.may(Action.PLAN, one.pk)), None)
    context = {
        "form": form,
        "today": today,
        "home": home,
        "shows_library": len(chosen) > 1,
        "seasons": selectors.seasons(user, [library.pk for library in chosen], today),
        "promised": len(owed),
        "late": sum(visit.is_late for visit in owed),
        "unplanned": sum(visit.next_event is None for visit in owed),
        "is_narrowed": bool(asked.get("text") or only),
        "page_obj": Paginator(found, VISITS_ON_A_PAGE).get_page(request.GET.get("page")),
        "planned_by": {one.pk for one in seen} if user.scope.everything else planned_by,
    }
    return render(request, "plan/plan.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def season_new(request: HttpRequest) -> HttpResponse:
    """Make a season."""
    user = person(request)
    library = desk_of(request, user, Action.PLAN).library
    form = SeasonForm(request.POST or None)
    if _succeeds(
        form,
        lambda: services.make_season(
            actor=user,
            library=library,
            name=form.cleaned_data["name"],
            starts_on=form.cleaned_data["starts_on"],
            ends_on=form.cleaned_data["last_on"] + ONE_DAY,
        ),
    ):
        messages.success(request, _("The season was added."))
        return redirect("plan")
    return _page(request, form, heading=_("New season"), eyebrow=library.name)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def promise_new(request: HttpRequest) -> HttpResponse:
    """Promise visits to a venue."""
    user = person(request)
    library = desk_of(request, user, Action.PLAN).library
    offer = offer_of(library)
    shown = {"starts_on": clock.today(), "venue": request.GET.get("venue", ""), "every_weeks": 4}
    form = PromiseForm(request.POST or None, offer=offer, initial=shown)
    if _succeeds(form, lambda: services.make_promise(actor=user, **form.wanted())):
        messages.success(request, _("The promise was made."))
        return redirect("plan")
    return _page(request, form, heading=_("New promise"), eyebrow=library.name)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def promise_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a promise."""
    user, promise = _to_change(request, pk)
    form = PromiseForm(request.POST or None, promise=promise)
    if _succeeds(
        form, lambda: services.change_promise(actor=user, promise=promise, **form.wanted()), promise
    ):
        messages.success(request, _("The promise was changed."))
        return redirect("plan")
    return _promise_page(request, promise, form, EndForm())


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def promise_end(request: HttpRequest, pk: int) -> HttpResponse:
    """Say until when a promise still holds."""
    user, promise = _to_change(request, pk)
    form = EndForm(request.POST or None)
    if _succeeds(
        form,
        lambda: services.end_promise(
            actor=user,
            promise=promise,
            ends_on=form.ends_on() or clock.today(),
            reason=form.cleaned_data["reason"],
        ),
    ):
        messages.success(request, _("The end of the promise is set."))
        return redirect("plan")
    change = PromiseForm(promise=promise)
    return _promise_page(request, promise, change, form)


def _promise_page(
    request: HttpRequest, promise: Promise, form: PromiseForm, end_form: EndForm
) -> HttpResponse:
    history = entries(promise.history.all(), lambda row, names: _("Promise"))
    return _page(
        request,
        form,
        heading=_("Change the promise"),
        eyebrow=promise.venue.name,
        end_form=end_form,
        promise=promise,
        history=history,
    )


def _page(request: HttpRequest, form: PlanForm, **context: Any) -> HttpResponse:
    return render(request, "plan/form.html", {"form": form} | context)


def _succeeds(form: PlanForm, change: Callable[[], object], record: Promise | None = None) -> bool:
    """Read the form and do the change; tell whether all went well. The form shows what did not."""
    if not form.is_valid():
        return False
    try:
        change()
    except (ValidationError, InvalidInput, Conflict) as refusal:
        form.show(refusal)
        if isinstance(refusal, StaleWrite) and isinstance(form, PromiseForm):
            form.take_news(record)
    return not form.errors


def _to_change(request: HttpRequest, pk: int) -> tuple[User, Promise]:
    """Return who is at the page and the promise they want to change.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    visible = Promise.objects.visible_to(user).select_related("venue__library", "venue__commune")
    promise = get_object_or_404(visible, pk=pk)
    if not user.may(Action.PLAN, promise.venue.library_id):
        raise NotAllowed()
    return user, promise
