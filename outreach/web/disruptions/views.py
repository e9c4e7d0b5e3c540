"""Pages on which a coordinator says what happened, looks at every event, does it and undoes it."""

from __future__ import annotations

from typing import Any

from django import forms as django_forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, RuleBroken, StaleWrite
from outreach.maps.area import MOST_VENUES, area_map
from outreach.places.models import AdministrativeUnit
from outreach.scheduling.disruption import (
    LEAVE,
    ChangedSince,
    Choice,
    Choices,
    Preview,
    Trouble,
    What,
    disrupt,
    may_be_undone,
    preview,
    undo_disruption,
)
from outreach.scheduling.models import Disruption
from outreach.web.access import needs, person
from outreach.web.disruptions.forms import ChoicesForms, TroubleForm, digest_of
from outreach.web.disruptions.rows import days_of, groups_of, planned_hosts, told_hosts
from outreach.web.schedule.libraries import Desk, desk_of, switches
from outreach.web.schedule.offer import offer_of
from outreach.web.zones import read_clocks_of

ON_A_PAGE = 25
EVENTS_ON_A_PAGE = 50
_DONE = {
    What.CANCEL: pgettext_lazy("what was done with an event", "Cancelled"),
    What.POSTPONE: pgettext_lazy("what was done with an event", "Postponed"),
    What.INDOORS: pgettext_lazy("what was done with an event", "Moved indoors"),
}
_CHANGED = gettext_lazy(
    "Somebody changed events in the meantime. Your choices are kept: look once more."
)


class UndoForm(django_forms.Form):
    """Why a disruption is taken back."""

    reason = django_forms.CharField(required=False, max_length=500)


@require_safe
@needs(Action.SEE_SCHEDULE)
def disruptions(request: HttpRequest) -> HttpResponse:
    """List what upset a library's schedule, the latest first."""
    user = person(request)
    desk = desk_of(request, user)
    rows = Disruption.objects.visible_to(user).filter(library=desk.library)
    rows = rows.select_related("why", "made_by", "undone_by").annotate(count=Count("events"))
    rows = rows.order_by("-made_at", "-pk")
    context = {
        "desk": desk,
        "switches": switches(desk),
        "page_obj": Paginator(rows, ON_A_PAGE).get_page(request.GET.get("page")),
    }
    return render(request, "disruptions/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def disruption_new(request: HttpRequest) -> HttpResponse:
    """Say what happened; then look at every event it touches; then do it."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    form = TroubleForm(request.POST or None, offer=offer_of(desk.library), initial=_named(request))
    step = request.POST.get("step", "")
    if step in ("", "where") or not form.is_valid():
        return _first_page(request, desk, form)
    trouble = form.trouble(desk.library)
    try:
        found = preview(trouble, Choices())
    except InvalidInput as refusal:
        form.show(refusal)
        return _first_page(request, desk, form)
    chosen = ChoicesForms(request.POST if step != "find" else None, found.touched.events)
    if step == "find":
        every = {event.uid: Choice(What.CANCEL) for event in found.touched.events}
        choices = Choices(LEAVE, every)
    elif not chosen.is_valid():
        return _second_page(request, desk, form, chosen, found, trouble, Choices())
    else:
        choices = chosen.choices(found.touched.events)
    shown = preview(trouble, choices)
    if step == "do" and (made := _do(request, user, form, chosen, shown, trouble, choices)):
        return redirect("disruption", made.uid)
    return _second_page(request, desk, form, chosen, shown, trouble, choices)


@require_safe
@needs(Action.SEE_SCHEDULE)
def disruption(request: HttpRequest, uid: str) -> HttpResponse:
    """Show what was done, with the text for each host."""
    user, found = _visible(request, uid)
    return _result_page(request, user, found)


@require_POST
@needs(Action.SEE_SCHEDULE)
def disruption_undo(request: HttpRequest, uid: str) -> HttpResponse:
    """Take it back."""
    user, found = _visible(request, uid)
    if not user.may(Action.SCHEDULE, found.library_id):
        raise NotAllowed()
    form = UndoForm(request.POST)
    reason = form.cleaned_data["reason"] if form.is_valid() else ""
    try:
        undo_disruption(actor=user, disruption=found, reason=reason)
    except Conflict as refusal:
        return _result_page(request, user, found, refusal=refusal, reason=reason)
    messages.success(request, _("It was undone: everything is as it was before."))
    return redirect("disruption", uid)


def _named(request: HttpRequest) -> dict[str, Any]:
    """Return what other pages name in the address: a reason, a day, a vehicle, a venue."""
    names = ("why", "starts_on", "last_on", "vehicle", "member", "venue")
    named = {name: request.GET[name] for name in names if name in request.GET}
    return {"starts_on": clock.today()} | named


def _do(
    request: HttpRequest,
    user: User,
    form: TroubleForm,
    chosen: ChoicesForms,
    shown: Preview,
    trouble: Trouble,
    choices: Choices,
) -> Disruption | None:
    """Do it if it is what was looked at; else say why not."""
    sent = chosen.all.cleaned_data
    if sent["state"] != shown.state:
        chosen.all.add_error(None, _CHANGED)
        return None
    if sent["looked_at"] != digest_of(choices, trouble):
        chosen.all.add_error(None, _("Your choices have changed: look at them once more."))
        return None
    try:
        return disrupt(
            actor=user,
            trouble=trouble,
            choices=choices,
            override_reason=sent["override_reason"],
            expected_state=sent["state"],
            uid=str(form.cleaned_data["request_uid"] or ""),
        )
    except StaleWrite:
        chosen.all.add_error(None, _CHANGED)
    except RuleBroken as refusal:
        soft = all(finding.is_soft for finding in refusal.findings)
        chosen.all.add_error(
            "override_reason" if soft else None,
            _("Please say why, or choose otherwise.")
            if soft
            else _("A rule refuses some of this: choose otherwise there."),
        )
    except Conflict:
        chosen.all.add_error(None, _("Some of the places are taken: choose otherwise there."))
    except InvalidInput as refusal:
        chosen.all.add_error(None, refusal.message)
    return None


def _first_page(request: HttpRequest, desk: Desk, form: TroubleForm) -> HttpResponse:
    venues = form.fields["venue"].things.values()  # type: ignore[attr-defined]
    provinces = AdministrativeUnit.objects.in_force_on(clock.today()).provinces().order_by("name")
    served = provinces.filter(served_by__library=desk.library)
    drawn = area_map(
        served or provinces, list(venues)[:MOST_VENUES], offices_url=reverse("map_offices")
    )
    context = {"desk": desk, "switches": switches(desk), "form": form, "settings": drawn}
    return render(request, "disruptions/new.html", context)


def _second_page(
    request: HttpRequest,
    desk: Desk,
    form: TroubleForm,
    chosen: ChoicesForms,
    shown: Preview,
    trouble: Trouble,
    choices: Choices,
) -> HttpResponse:
    now = clock.now()
    hosts = planned_hosts(trouble, shown, now)
    context = {
        "desk": desk,
        "form": form,
        "all": chosen.all,
        "trouble": trouble,
        "shown": shown,
        "days": days_of(groups_of(shown, chosen, now)),
        "hosts": hosts,
        "by_hand": [host for host in hosts if not host.can_be_told],
        "by_mail": sum(bool(host.email) for host in hosts),
        "looked_at": digest_of(choices, trouble),
        "asks_override": shown.needs_reason or chosen.all["override_reason"].value(),
    }
    return render(request, "disruptions/choose.html", context)


def _result_page(
    request: HttpRequest,
    user: User,
    found: Disruption,
    *,
    refusal: Conflict | None = None,
    reason: str = "",
) -> HttpResponse:
    now = clock.now()
    rows = found.events.select_related(
        "event__venue", "event__commune", "event__trip__vehicle", "event__library"
    ).order_by("event__starts_at", "event")
    page = Paginator(rows, EVENTS_ON_A_PAGE).get_page(request.GET.get("page"))
    hosts = told_hosts(found, now)
    tally = dict(found.events.order_by().values_list("what").annotate(Count("pk")))
    context = {
        "disruption": found,
        "tally": [(label, tally[what]) for what, label in _DONE.items() if what in tally],
        "page_obj": page,
        "rows": [(row, _DONE[What(row.what)]) for row in page],
        "hosts": Paginator(hosts, ON_A_PAGE).get_page(request.GET.get("hosts")),
        "by_hand": [host for host in hosts if not host.can_be_told],
        "may_undo": user.may(Action.SCHEDULE, found.library_id) and may_be_undone(found, now),
        "refusal": refusal,
        "changed": refusal if isinstance(refusal, ChangedSince) else None,
        "reason": reason,
    }
    status = refusal.status if refusal else 200
    return render(request, "disruptions/disruption.html", context, status=status)


def _visible(request: HttpRequest, uid: str) -> tuple[User, Disruption]:
    """Return who is at the page, and the disruption.

    Raises:
        Http404: if it is not theirs to see.
    """
    user = person(request)
    rows = Disruption.objects.visible_to(user).select_related(
        "library", "why", "made_by", "undone_by", "vehicle", "member", "venue"
    )
    found = get_object_or_404(rows.prefetch_related("units__parent"), uid=uid)
    read_clocks_of(found.library)
    return user, found
