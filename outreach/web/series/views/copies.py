"""Copying a week or a season, and two seasons side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.periods import monday_of
from outreach.planning.models import Season
from outreach.scheduling.series import boundaries, copying
from outreach.scheduling.series.plan import Plan
from outreach.web.access import needs, person
from outreach.web.schedule.libraries import Desk, desk_of, switches
from outreach.web.schedule.offer import offer_of
from outreach.web.series import forms
from outreach.web.series.deciding import decide

STOPS_ON_A_PAGE = 50


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def copy_week(request: HttpRequest) -> HttpResponse:
    """Copy a week to another one, or to several."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    week = monday_of(_day(request.GET.get("week", "")) or clock.today())
    form = forms.CopyWeekForm(
        request.POST or None,
        offer=offer_of(desk.library),
        initial={"week": week, "first_week": week + timedelta(weeks=1)},
    )

    def wanted() -> copying.Copy:
        return copying.weeks(
            form.cleaned_data["week"],
            form.onto(),
            vehicles=form.chosen_vehicles(),
            wishes=form.wishes(),
        )

    return _copy_page(request, user, desk, form, wanted, "week", _("Copy a week"))


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def copy_season(request: HttpRequest) -> HttpResponse:
    """Copy a season to another one."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    seasons = _seasons(desk.library)
    before, after = _neighbours(seasons)
    shown = {
        "source": request.GET.get("before", str(before.pk) if before else ""),
        "target": request.GET.get("after", str(after.pk) if after else ""),
    }
    form = forms.CopySeasonForm(request.POST or None, offer=offer_of(desk.library), initial=shown)
    form.offer_seasons(seasons)

    def wanted() -> copying.Copy:
        source: Season = form.cleaned_data["source"]
        target: Season = form.cleaned_data["target"]
        return copying.season(
            (source.starts_on, source.ends_on),
            (target.starts_on, target.ends_on),
            vehicles=form.chosen_vehicles(),
            wishes=form.wishes(),
        )

    return _copy_page(
        request, user, desk, form, wanted, "season", _("Copy a season"), has_two=len(seasons) > 1
    )


@require_safe
@needs(Action.SEE_SCHEDULE)
def series_boundary(request: HttpRequest) -> HttpResponse:
    """Show two seasons side by side: stops added, dropped and served otherwise."""
    desk = desk_of(request, person(request))
    seasons = _seasons(desk.library)
    standing = _neighbours(seasons)
    shown = {
        name: str(one.pk) for name, one in zip(("before", "after"), standing, strict=True) if one
    }
    form = forms.SeasonsForm(shown | request.GET.dict())
    form.offer_seasons(seasons)
    asked = form.cleaned_data if form.is_valid() else {}
    before: Season | None = asked.get("before") or standing[0]
    after: Season | None = asked.get("after") or standing[1]
    stops: list[boundaries.Stop] = []
    if before is not None and after is not None:
        stops = boundaries.compare(
            desk.library, (before.starts_on, before.ends_on), (after.starts_on, after.ends_on)
        )
    only = asked.get("only")
    chosen = [stop for stop in stops if not only or stop.difference == only]
    context = {
        "desk": desk,
        "switches": switches(desk),
        "form": form,
        "before": before,
        "after": after,
        "counts": {
            kind.value: sum(stop.difference is kind for stop in stops)
            for kind in boundaries.Difference
        },
        "page_obj": Paginator(chosen, STOPS_ON_A_PAGE).get_page(request.GET.get("page")),
        "copy_query": urlencode(
            {
                "library": desk.library.slug,
                "before": before.pk if before else "",
                "after": after.pk if after else "",
            }
        ),
        "reset_url": f"?library={desk.library.slug}",
    }
    return render(request, "series/boundary.html", context)


def _copy_page(
    request: HttpRequest,
    user: User,
    desk: Desk,
    form: forms.CopyForm,
    wanted: Callable[[], copying.Copy],
    what: str,
    heading: str,
    **more: Any,
) -> HttpResponse:
    decision = decide(
        request,
        form,
        lambda: copying.preview_copy(desk.library, wanted()),
        lambda seen: copying.make_copy(actor=user, library=desk.library, copy=wanted(), seen=seen),
    )
    if decision.done is not None:
        made: int = decision.done.made
        said = ngettext("%(count)d draft was made.", "%(count)d drafts were made.", made)
        messages.success(request, said % {"count": made})
        return redirect(_week_url(decision.done, desk))
    context = {
        "desk": desk,
        "form": form,
        "decision": decision,
        "plan": decision.plan,
        "what": what,
        "heading": heading,
        "verb": _("Make the drafts"),
        "back_url": f"{reverse('schedule')}?library={desk.library.slug}",
    }
    return render(request, "series/copy.html", context | more)


def _week_url(plan: Plan, desk: Desk) -> str:
    first = min((line.on for line in plan.lines if line.after), default=clock.today())
    return f"{reverse('schedule')}?week={first:%Y-%m-%d}&library={desk.library.slug}"


def _seasons(library: Library) -> list[Season]:
    return list(Season.objects.filter(library=library).order_by("-starts_on")[:40])


def _neighbours(seasons: list[Season]) -> tuple[Season | None, Season | None]:
    """Return the season that runs now or comes next, and the one after it; else the last two."""
    today = clock.today()
    ordered = sorted(seasons, key=lambda season: season.starts_on)
    running = [place for place, one in enumerate(ordered) if one.ends_on > today]
    place = min(running[0], len(ordered) - 2) if running else len(ordered) - 2
    if place < 0:
        return (ordered[0] if ordered else None), None
    return ordered[place], ordered[place + 1]


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None
