"""Series: the list, one with its dates, and everything that changes it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import NotAllowed
from outreach.fleet.models import Vehicle
from outreach.scheduling.models import Event, Series, State
from outreach.scheduling.series import changing, ending, making, selectors
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.series.changing import Scope
from outreach.scheduling.series.making import with_places
from outreach.scheduling.series.plan import Plan
from outreach.scheduling.series.wording import describe
from outreach.web.access import needs, person
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.schedule.offer import Offer, offer_of
from outreach.web.series import forms
from outreach.web.series.deciding import Decision, PlanForm, decide
from outreach.web.zones import read_clocks_of

SERIES_ON_A_PAGE = 25
DATES_ON_A_PAGE = 30


@require_safe
@needs(Action.SEE_SCHEDULE)
def series_list(request: HttpRequest) -> HttpResponse:
    """Show the series of a library."""
    desk = desk_of(request, person(request))
    form = forms.FindSeriesForm(request.GET or None)
    form.offer_vehicles(Vehicle.objects.filter(library=desk.library))
    asked = form.cleaned_data if form.is_valid() else {}
    found = selectors.of_library(
        desk.library,
        text=asked.get("text", ""),
        vehicle=asked["vehicle"].pk if asked.get("vehicle") else None,
        shows=asked.get("shows", ""),
    )
    page = Paginator(found, SERIES_ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "switches": switches(desk),
        "form": form,
        "page_obj": page,
        "rows": [(one, describe(one.rule, one.starts_on)) for one in page],
        "reset_url": f"?library={desk.library.slug}",
    }
    return render(request, "series/list.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def series(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a series with its dates and what became of it."""
    user = person(request)
    found = _visible(user, pk)
    today = clock.today()
    since = max(found.starts_on, today - selectors.BACK)
    until = today + selectors.AHEAD
    dates = selectors.dates_of(found, since=since, until=until)
    shown = _until_made(dates)
    page = Paginator(shown, DATES_ON_A_PAGE)
    to_come = next((place for place, one in enumerate(shown) if not one.is_past), 0)
    number = request.GET.get("page") or to_come // DATES_ON_A_PAGE + 1
    later = found.continued_by.first()
    context = {
        "series": found,
        "words": describe(found.rule, found.starts_on),
        "name": _name(found),
        "last_on": found.ends_on - timedelta(days=1) if found.ends_on else None,
        "has_ended": found.ends_on is not None and found.ends_on <= today,
        "later": later,
        "page_obj": page.get_page(number),
        "is_made_until": shown[-1].on if shown else None,
        "history": selectors.series_history(found),
        "may_schedule": user.may(Action.SCHEDULE, found.library_id),
    }
    return render(request, "series/series.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def series_new(request: HttpRequest) -> HttpResponse:
    """Make a series with its events."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    offer = offer_of(desk.library)
    form = forms.NewSeriesForm(request.POST or None, offer=offer, initial=_new(request, offer))
    decision = decide(
        request,
        form,
        lambda: making.preview_series(desk.library, form.wanted(), form.wishes())[1],
        lambda seen: making.make_series(
            actor=user,
            library=desk.library,
            wanted=form.wanted(),
            wishes=form.wishes(),
            reason=form.cleaned_data["reason"],
            seen=seen,
        ),
    )
    if decision.done is not None:
        messages.success(request, _("The series is there; its events are drafts."))
        return redirect("series", decision.done.pk)
    return _page(
        request,
        "new",
        form,
        decision,
        heading=_("New series"),
        eyebrow=desk.library.name,
        verb=_("Make the series"),
        back_url=f"{reverse('series_list')}?library={desk.library.slug}",
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def series_change(request: HttpRequest, pk: int) -> HttpResponse:
    """Change one date of a series, this and the following ones, or all to come."""
    user, found = _to_change(request, pk)
    offer = offer_of(found.library)
    offer = _with_own(offer, found)
    events = selectors.next_dates(found)
    form = forms.ChangeSeriesForm(
        request.POST or None,
        offer=offer,
        record=found,
        initial=forms.SeriesForm.initial_of(found) | _asked(request, found, events),
    )
    form.offer_rule(found.rule, found.starts_on)
    form.offer_dates(events)
    decision = decide(
        request,
        form,
        lambda: changing.preview_change(found, form.change(found)),
        lambda seen: changing.change_series(
            actor=user,
            series=found,
            change=form.change(found),
            seen=seen,
            expected_version=form.cleaned_data["expected_version"],
            **form.reasons(),
        ),
    )
    if decision.done is not None:
        messages.success(request, _("The series was changed."))
        return redirect("series", decision.done.pk)
    return _page(
        request,
        "change",
        form,
        decision,
        series=found,
        heading=_("Change the series"),
        verb=_("Change the series"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def series_dates(request: HttpRequest, pk: int) -> HttpResponse:
    """Make the events of more dates."""
    user, found = _to_change(request, pk)
    initial = {"until": clock.today() + timedelta(weeks=forms.WEEKS_AHEAD)}
    form = forms.DatesForm(request.POST or None, initial=initial)
    decision = decide(
        request,
        form,
        lambda: making.preview_dates(changing.apart(found), form.wishes()),
        lambda seen: making.make_dates(
            actor=user,
            series=found,
            wishes=form.wishes(),
            reason=form.cleaned_data["reason"],
            seen=seen,
        ),
    )
    if decision.done is not None:
        made: int = decision.done.made
        said = ngettext("%(count)d draft was made.", "%(count)d drafts were made.", made)
        messages.success(request, said % {"count": made})
        return redirect("series", pk)
    return _page(
        request,
        "dates",
        form,
        decision,
        series=found,
        heading=_("Make more events"),
        verb=_("Make the drafts"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def series_end(request: HttpRequest, pk: int) -> HttpResponse:
    """End a series: drop its stop from a day on."""
    user, found = _to_change(request, pk)
    first = _day(request.GET.get("on", ""))
    initial = {"last_on": first - timedelta(days=1)} if first else {}
    form = forms.EndSeriesForm(request.POST or None, record=found, initial=initial)

    def ends_on() -> date:
        last_on: date = form.cleaned_data["last_on"]
        return last_on + timedelta(days=1)

    decision = decide(
        request,
        form,
        lambda: ending.preview_end(found, ends_on(), form.choices()),
        lambda seen: ending.end_series(
            actor=user,
            series=found,
            ends_on=ends_on(),
            choices=form.choices(),
            reason=form.cleaned_data["reason"],
            why=form.cleaned_data["why"],
            note=form.cleaned_data["cancel_note"],
            seen=seen,
            expected_version=form.cleaned_data["expected_version"],
        ),
    )
    if decision.done is not None:
        messages.success(request, _("The series has an end."))
        return redirect("series", pk)
    return _page(
        request,
        "end",
        form,
        decision,
        series=found,
        heading=_("End the series"),
        verb=_("End the series"),
        is_danger=True,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def series_leave_out(request: HttpRequest, pk: int, on: str) -> HttpResponse:
    """Leave one date of a series out."""
    user, found = _to_change(request, pk)
    day = _day_or_404(on)
    form = PlanForm(request.POST or None)
    decision = decide(
        request,
        form,
        lambda: ending.preview_leaving_out(found, day),
        lambda seen: ending.leave_out(
            actor=user,
            series=found,
            on=day,
            reason=form.cleaned_data["reason"],
            why=form.cleaned_data["why"],
            note=form.cleaned_data["cancel_note"],
        ),
        at_once=True,
    )
    if decision.done is not None:
        messages.success(request, _("The date is left out."))
        return redirect("series", pk)
    return _page(
        request,
        "confirm",
        form,
        decision,
        series=found,
        heading=_("Leave the date out?"),
        verb=_("Leave out this date"),
        is_danger=True,
        on=day,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def series_put_back(request: HttpRequest, pk: int, on: str) -> HttpResponse:
    """Take a date up again that was left out."""
    user, found = _to_change(request, pk)
    day = _day_or_404(on)
    form = PlanForm(request.POST or None)
    called_off = Event.objects.filter(series=found, series_on=day, state=State.CANCELLED).exists()

    def choice() -> dict[str, Any]:
        chosen = form.choices().get(day.isoformat())
        return {"choice": chosen} if chosen else {}

    def look() -> Plan:
        if called_off:
            return _nothing()
        return ending.preview_putting_back(found, day, **choice())

    decision = decide(
        request,
        form,
        look,
        lambda _seen: ending.put_back(
            actor=user,
            series=found,
            on=day,
            reason=form.cleaned_data["reason"],
            override_reason=form.cleaned_data["override_reason"],
            **choice(),
        ),
        at_once=True,
    )
    if decision.done is not None:
        messages.success(request, _("The date is taken up again."))
        return redirect("series", pk)
    return _page(
        request,
        "confirm",
        form,
        decision,
        series=found,
        heading=_("Take the date up again?"),
        verb=_("Take it up"),
        on=day,
        called_off=called_off,
    )


# --- What they share ---------------------------------------------------------------------------


def _page(
    request: HttpRequest, template: str, form: PlanForm, decision: Decision, **context: Any
) -> HttpResponse:
    shown: Series | None = context.get("series")
    if shown is not None:
        context |= {
            "name": _name(shown),
            "eyebrow": _name(shown),
            "back_url": reverse("series", args=[shown.pk]),
            "words": describe(shown.rule, shown.starts_on),
            "series_url": reverse("series", args=[shown.pk]),
        }
    context |= {"form": form, "decision": decision, "plan": decision.plan}
    return render(request, f"series/{template}.html", context)


def _nothing() -> Plan:
    return Plan(Batch())


def _new(request: HttpRequest, offer: Offer) -> dict[str, Any]:
    """Return what the fields of a new series show, from the address of the page."""
    starts_on = _day(request.GET.get("starts_on", "")) or clock.today()
    venue, vehicle = request.GET.get("venue", ""), request.GET.get("vehicle", "")
    return {
        "starts_on": starts_on,
        "until": starts_on + timedelta(weeks=forms.WEEKS_AHEAD),
        "weekdays": [str(starts_on.weekday())],
        "arrives": "08:00",
        "departs": "10:00",
        "venue": venue if venue in offer.venues else "",
        "vehicle": vehicle if vehicle in offer.vehicles else next(iter(offer.vehicles), ""),
    }


def _asked(request: HttpRequest, series: Series, events: list[Event]) -> dict[str, Any]:
    """Return which dates the address of the page is about, and how one of them is held."""
    asked: dict[str, Any] = {}
    scope, on = request.GET.get("scope", ""), _day(request.GET.get("on", ""))
    if scope in Scope.values:
        asked["scope"] = scope
    if on is None:
        return asked
    event = next((one for one in events if one.series_on and one.series_on >= on), None)
    if event is None or event.series_on is None:
        return asked
    asked["on"] = event.series_on.isoformat()
    if scope == Scope.ONE:
        starts, ends = clock.local(event.starts_at), clock.local(event.ends_at)
        vehicle = event.trip.vehicle.slug if event.trip is not None else ""
        asked |= {
            "venue": event.venue.code,
            "vehicle": vehicle,
            "arrives": starts.time(),
            "departs": ends.time(),
            "held_on": starts.date(),
            "title": "" if event.title.endswith(event.venue.name) else event.title,
        }
    return asked


def _with_own(offer: Offer, series: Series) -> Offer:
    """Offer also what the series uses although it is no longer in use."""
    offer.venues.setdefault(series.venue.code, series.venue)
    if series.vehicle is not None:
        offer.vehicles.setdefault(series.vehicle.slug, series.vehicle)
    if series.kind is not None:
        offer.kinds.setdefault(series.kind.code, series.kind)
    if series.audience is not None:
        offer.audiences.setdefault(series.audience.code, series.audience)
    return offer


def _until_made(dates: list[selectors.SeriesDate]) -> list[selectors.SeriesDate]:
    """Return the dates up to the last that has an event or was left out, and a few behind it."""
    made = [
        place for place, one in enumerate(dates) if one.state is not selectors.DateState.NOT_MADE
    ]
    return dates[: (made[-1] + 1 if made else 0) + 3]


def _name(series: Series) -> str:
    """Return what a series is called: its title, or its venue and weekday."""
    return series.title or series.venue.name


def _day(typed: str) -> date | None:
    try:
        return date.fromisoformat(typed)
    except ValueError:
        return None


def _day_or_404(typed: str) -> date:
    day = _day(typed)
    if day is None:
        raise Http404
    return day


def _visible(user: User, pk: int) -> Series:
    found: Series = get_object_or_404(with_places().visible_to(user), pk=pk)
    read_clocks_of(found.library)
    return found


def _to_change(request: HttpRequest, pk: int) -> tuple[User, Series]:
    """Return who is at the page and the series they want to change.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if it is theirs to see only.
    """
    user = person(request)
    found = _visible(user, pk)
    if not user.may(Action.SCHEDULE, found.library_id):
        raise NotAllowed()
    return user, found
