"""Templates of trips: keep one, use it on some days, rename it, remove it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.scheduling.models import Trip, TripTemplate
from outreach.scheduling.series import templates
from outreach.web.access import needs, person
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.schedule.offer import offer_of
from outreach.web.schedule.pages import name_of, url_of
from outreach.web.series import forms
from outreach.web.series.deciding import decide
from outreach.web.series.views.copies import url_of_made
from outreach.web.zones import read_clocks_of

TEMPLATES_ON_A_PAGE = 25


@require_safe
@needs(Action.SEE_SCHEDULE)
def trip_templates(request: HttpRequest) -> HttpResponse:
    """Show the templates of a library."""
    desk = desk_of(request, person(request))
    found = templates.with_stops().filter(library=desk.library)
    page = Paginator(found, TEMPLATES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {"desk": desk, "switches": switches(desk), "page_obj": page}
    return render(request, "series/templates.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def template_save(request: HttpRequest, uid: str) -> HttpResponse:
    """Keep a trip as a template."""
    user = person(request)
    trips = Trip.objects.visible_to(user).select_related("library", "vehicle")
    trip = get_object_or_404(trips, uid=uid)
    read_clocks_of(trip.library)
    if not user.may(Action.SCHEDULE, trip.library_id):
        raise NotAllowed()
    form = forms.NameForm(request.POST or None)
    if form.is_valid():
        try:
            template = templates.save_template(
                actor=user, trip=trip, name=form.cleaned_data["name"]
            )
        except (ValidationError, InvalidInput, Conflict) as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The trip is kept as a template."))
            return redirect("trip_template", template.pk)
    context = {
        "form": form,
        "heading": _("Save as template"),
        "eyebrow": name_of(trip),
        "verb": _("Save"),
        "back_url": url_of(trip),
        "lede": _("Vehicle, crew, stops and pauses are kept, with their times of day."),
    }
    return render(request, "series/name.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def trip_template(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a template, and make trips from it."""
    user = person(request)
    template = _visible(user, pk)
    may_schedule = user.may(Action.SCHEDULE, template.library_id)
    if request.method == "POST" and not may_schedule:
        raise NotAllowed()
    offer = offer_of(template.library)
    shown = {
        "vehicle": template.vehicle.slug if template.vehicle else "",
        "first_on": clock.today() + timedelta(days=7),
    }
    form = forms.UseTemplateForm(request.POST or None, offer=offer, initial=shown)

    def use() -> templates.Use:
        request_uid = form.cleaned_data["request_uid"]
        return templates.Use(
            days=form.days(),
            vehicle=form.cleaned_data["vehicle"],
            request=str(request_uid) if request_uid else "",
            wishes=form.wishes(),
        )

    now = clock.now()
    decision = decide(
        request,
        form,
        lambda: templates.preview_use(template, use()),
        lambda seen: templates.use_template(
            actor=user, template=template, use=use(), seen=seen, now=now
        ),
    )
    if decision.done is not None:
        made: int = decision.done.made
        said = ngettext("%(count)d draft was made.", "%(count)d drafts were made.", made)
        messages.success(request, said % {"count": made})
        return redirect(url_of_made(now, template.library))
    context = {
        "template": template,
        "stops": _timed(template),
        "form": form,
        "decision": decision,
        "plan": decision.plan,
        "verb": _("Make the drafts"),
        "back_url": _list_url(template),
        "may_schedule": may_schedule,
        "version": audit.version_of(template),
    }
    return render(request, "series/template.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def template_rename(request: HttpRequest, pk: int) -> HttpResponse:
    """Give a template another name."""
    user, template = _to_change(request, pk)
    shown = {"name": template.name, "expected_version": audit.version_of(template)}
    form = forms.NameForm(request.POST or None, initial=shown)
    if form.is_valid():
        try:
            templates.rename_template(actor=user, template=template, **form.cleaned_data)
        except (ValidationError, InvalidInput, Conflict) as refusal:
            _show(form, refusal)
        else:
            messages.success(request, _("The template has another name."))
            return redirect("trip_template", pk)
    context = {
        "form": form,
        "heading": _("Rename the template"),
        "eyebrow": template.name,
        "verb": _("Save"),
        "back_url": reverse("trip_template", args=[pk]),
    }
    return render(request, "series/name.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def template_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a template once that is asked for again; trips made from it stay."""
    user, template = _to_change(request, pk)
    back_url = reverse("trip_template", args=[pk])
    refusal: Conflict | None = None
    if request.method == "POST":
        sent = request.POST.get("expected_version", "")
        version = int(sent) if sent.isdecimal() and len(sent) < 10 else None
        try:
            templates.remove_template(actor=user, template=template, expected_version=version)
        except Conflict as conflict:
            refusal = conflict
            template.refresh_from_db()
        else:
            messages.success(request, _("The template was removed."))
            return redirect(_list_url(template))
    context = {
        "top": template.name,
        "top_url": back_url,
        "heading": _("Remove the template?"),
        "eyebrow": template.name,
        "explanation": _(
            "Trips that were made from it stay. The template itself cannot be had back."
        ),
        "verb": _("Remove the template"),
        "back_url": back_url,
        "hidden": {"expected_version": audit.version_of(template)},
        "refusal": refusal.message if refusal else "",
    }
    return render(request, "series/sure.html", context, status=refusal.status if refusal else 200)


def _timed(template: TripTemplate) -> list[dict[str, Any]]:
    """Return the stops and pauses of a template with the day and time of day of each."""
    start = datetime.combine(date(2000, 1, 3), template.departs)
    things: list[Any] = [*template.stops.all(), *template.pauses.all()]
    return [
        {
            "thing": thing,
            "starts": start + timedelta(minutes=thing.starts_min),
            "ends": start + timedelta(minutes=thing.ends_min),
            "day": (start + timedelta(minutes=thing.starts_min)).day - start.day + 1,
            "is_pause": hasattr(thing, "place"),
        }
        for thing in sorted(things, key=lambda thing: thing.starts_min)
    ]


def _show(form: forms.NameForm, refusal: ValidationError | InvalidInput | Conflict) -> None:
    if isinstance(refusal, ValidationError):
        for name, errors in refusal.update_error_dict({}).items():
            for error in errors:
                form.add_error(name if name in form.fields else "name", error)
    else:
        form.add_error("name" if refusal.field == "name" else None, refusal.message)


def _list_url(template: TripTemplate) -> str:
    return f"{reverse('trip_templates')}?library={template.library.slug}"


def _visible(user: User, pk: int) -> TripTemplate:
    found = get_object_or_404(templates.with_stops().visible_to(user), pk=pk)
    read_clocks_of(found.library)
    return found


def _to_change(request: HttpRequest, pk: int) -> tuple[User, TripTemplate]:
    """Return who is at the page and the template they want to change.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    found = _visible(user, pk)
    if not user.may(Action.SCHEDULE, found.library_id):
        raise NotAllowed()
    return user, found
