"""Copying a week or a season, and two seasons side by side."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import Conflict
from outreach.common.periods import monday_of
from outreach.planning.models import Season
from outreach.scheduling.series import boundaries, copied, copying
from outreach.web.access import needs, person
from outreach.web.schedule.libraries import Desk, desk_of, switches
from outreach.web.schedule.offer import offer_of
from outreach.web.series import forms
from outreach.web.series.deciding import decide

STOPS_ON_A_PAGE = 50
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
"""Instants are written in addresses as microseconds since then."""


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


@require_safe
@needs(Action.SEE_SCHEDULE)
def copied_drafts(request: HttpRequest, made: int) -> HttpResponse:
    """Show what a copy or a template has made, and offer to take it back."""
    desk = desk_of(request, person(request), Action.SCHEDULE)
    made_at = _instant_or_404(made)
    found = copied.copied(desk.library, made_at)
    first = found.made[0].starts_at if found.made else clock.now()
    context = {
        "desk": desk,
        "heading": _("Drafts that were made"),
        "found": found,
        "made_at": made_at,
        "page_obj": Paginator(found.made, STOPS_ON_A_PAGE).get_page(request.GET.get("page")),
        "week_url": _week_url(clock.local(first).date(), desk.library),
        "remove_url": _of_library(reverse("copied_remove", args=[made]), desk.library),
    }
    return render(request, "series/copied.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def copied_remove(request: HttpRequest, made: int) -> HttpResponse:
    """Remove what a copy or a template has made and nobody has touched since."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    made_at = _instant_or_404(made)
    back_url = _of_library(reverse("copied", args=[made]), desk.library)
    refusal: Conflict | None = None
    if request.method == "POST":
        seen = request.POST.get("seen", "")
        try:
            count = copied.remove_copied(
                actor=user, library=desk.library, made_at=made_at, seen=seen or "-"
            )
        except Conflict as conflict:
            refusal = conflict
        else:
            said = ngettext("%(count)d draft was removed.", "%(count)d drafts were removed.", count)
            messages.success(request, said % {"count": count})
            return redirect(back_url)
    found = copied.copied(desk.library, made_at)
    if not found.untouched:
        return redirect(back_url)
    explained = ngettext(
        "%(count)d draft that nobody has touched since it was made goes. What was changed stays.",
        "%(count)d drafts that nobody has touched since they were made go. What was changed stays.",
        found.removable,
    )
    context = {
        "top": _("Drafts that were made"),
        "top_url": back_url,
        "heading": _("Remove the untouched drafts?"),
        "eyebrow": desk.library.name,
        "explanation": explained % {"count": found.removable},
        "verb": _("Remove the drafts"),
        "back_url": back_url,
        "hidden": {"seen": found.digest},
        "refusal": refusal.message if refusal else "",
    }
    return render(request, "series/sure.html", context, status=refusal.status if refusal else 200)


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
    now = clock.now()
    decision = decide(
        request,
        form,
        lambda: copying.preview_copy(desk.library, wanted()),
        lambda seen: copying.make_copy(
            actor=user, library=desk.library, copy=wanted(), seen=seen, now=now
        ),
    )
    if decision.done is not None:
        made: int = decision.done.made
        said = ngettext("%(count)d draft was made.", "%(count)d drafts were made.", made)
        messages.success(request, said % {"count": made})
        return redirect(url_of_made(now, desk.library))
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


def url_of_made(made_at: datetime, library: Library) -> str:
    """Return where what was made at an instant is listed."""
    since = made_at - EPOCH
    return _of_library(reverse("copied", args=[since // timedelta(microseconds=1)]), library)


def _instant_or_404(made: int) -> datetime:
    try:
        return EPOCH + timedelta(microseconds=made)
    except OverflowError as error:
        raise Http404 from error


def _week_url(day: date, library: Library) -> str:
    return f"{reverse('schedule')}?week={day:%Y-%m-%d}&library={library.slug}"


def _of_library(url: str, library: Library) -> str:
    return f"{url}?library={library.slug}"


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
