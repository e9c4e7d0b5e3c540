"""The board: bars on a line of days that are dragged, stretched, moved by keys, and put back."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    JsonResponse,
    QueryDict,
)
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import DomainError, NotFound, RuleBroken
from outreach.common.periods import monday_of
from outreach.scheduling import placement, undo
from outreach.scheduling.clashes import Clash
from outreach.scheduling.models import Event, Trip
from outreach.scheduling.selectors.timeline import timeline
from outreach.web.access import needs, person
from outreach.web.schedule.bars import BY_CREW, BY_VEHICLE, bar_of, bars_of, hindrance
from outreach.web.schedule.board_words import words
from outreach.web.schedule.fields import FIRST_DAY, LAST_DAY
from outreach.web.schedule.libraries import Desk, desk_of, switches
from outreach.web.schedule.pages import name_of, url_of
from outreach.web.schedule.placing import place_of, record_of
from outreach.web.zones import read_clocks_of

WEEK, MONTH = "week", "month"
SCRIPTS = ("timeline", "mover", "drag", "keys", "sheet", "server")
ICONS = (
    *("ban", "calendar", "circle-alert", "circle-check", "clock", "external-link", "eye", "flag"),
    *("info", "pencil", "triangle-alert", "undo-2", "x"),
)
"""What the script draws with."""

View = Callable[..., HttpResponseBase]


@dataclass(frozen=True, slots=True)
class Shown:
    """Which days the board shows, and by what."""

    first_on: date
    days: int
    view: str
    by: str

    @property
    def last_on(self) -> date:
        """The last of the days."""
        return self.first_on + timedelta(days=self.days - 1)

    @property
    def previous_on(self) -> date:
        """A day of the week or month before."""
        return max(self.first_on - timedelta(days=1 if self.view == MONTH else 7), FIRST_DAY)

    @property
    def next_on(self) -> date:
        """A day of the week or month after."""
        return min(self.first_on + timedelta(days=self.days), LAST_DAY)


def answers_json(view: View) -> View:
    """Answer a script: a refusal becomes JSON with the status that says the same."""

    @wraps(view)
    def answering(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        try:
            return view(request, *args, **kwargs)
        except Http404:
            return _refused(NotFound())
        except DomainError as error:
            return _refused(error)

    return answering


@require_safe
@needs(Action.SEE_SCHEDULE)
def board(request: HttpRequest) -> HttpResponse:
    """Show the board of a week or a month; its bars come from :func:`board_data`."""
    desk = desk_of(request, person(request))
    shown = _shown(request)
    today = clock.today()
    is_now = shown.first_on <= today <= shown.last_on
    context = {
        "desk": desk,
        "shown": shown,
        "looked_at": today if is_now and shown.view == MONTH else shown.first_on,
        "switches": switches(desk, **_query(shown)),
        "views": [
            (_address(desk, shown, view=WEEK), _("Week"), shown.view == WEEK),
            (_address(desk, shown, view=MONTH), _("Month"), shown.view == MONTH),
        ],
        "kinds": [
            (_address(desk, shown, by=BY_VEHICLE), _("By vehicle"), shown.by == BY_VEHICLE),
            (_address(desk, shown, by=BY_CREW), _("By person"), shown.by == BY_CREW),
        ],
        "is_now": is_now,
        "now_url": _address(desk, shown, **{"from": today.isoformat()}),
        "previous_url": _address(desk, shown, **{"from": shown.previous_on.isoformat()}),
        "next_url": _address(desk, shown, **{"from": shown.next_on.isoformat()}),
        "setup": _setup(desk, shown),
        "icons": ICONS,
    }
    return render(request, "schedule/board.html", context)


@answers_json
@require_safe
@never_cache
@needs(Action.SEE_SCHEDULE)
def board_data(request: HttpRequest) -> HttpResponse:
    """Return the rows, bars and times off of a week or a month."""
    desk = desk_of(request, person(request))
    shown = _shown(request)
    found = timeline(desk.library, shown.first_on, shown.days)
    return _json(bars_of(found, shown.by, may_schedule=desk.may_schedule))


@answers_json
@require_POST
@needs(Action.SEE_SCHEDULE)
def board_check(request: HttpRequest) -> HttpResponse:
    """Say what a new place of a bar would break; nothing is changed."""
    user = person(request)
    record = record_of(request, user)
    wanted, _said = place_of(request, record)
    found = placement.hindrances(wanted, actor=user)
    return _json({"hindrances": [hindrance(one) for one in found]})


@answers_json
@require_POST
@needs(Action.SEE_SCHEDULE)
def board_keep(request: HttpRequest) -> HttpResponse:
    """Put a bar in its new place, and say how to take that back."""
    user = person(request)
    record = record_of(request, user)
    wanted, said = place_of(request, record)
    was = undo.before(record)
    along = isinstance(wanted, placement.TripPlacement) and wanted.is_move
    changed = placement.carry_out(wanted, actor=user, **said)
    return _json(
        {
            "message": _("Moved: %(what)s") % {"what": name_of(changed)},
            "undo": undo.note(was, changed, actor=user, events_went_along=along),
            "bar": bar_of(changed, _by(request.POST)),
        }
    )


@require_POST
@needs(Action.SEE_SCHEDULE)
def take_back(request: HttpRequest) -> HttpResponseBase:
    """Take a change back; for the board's script, and as a plain form from any page."""
    if request.headers.get("X-Requested-With") == "fetch":
        return _taken_back_for_script(request)
    user = person(request)
    try:
        record = _take_back(request, user)
    except NotFound:
        raise
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("schedule")
    messages.success(request, _("Undone: it is as it was before."))
    return redirect(url_of(record))


@answers_json
def _taken_back_for_script(request: HttpRequest) -> HttpResponse:
    record = _take_back(request, person(request))
    read_clocks_of(record.library)
    told = {"bar": bar_of(record, _by(request.POST))}
    return _json(told | {"message": _("Undone: %(what)s") % {"what": name_of(record)}})


def _take_back(request: HttpRequest, user: User) -> Trip | Event:
    return undo.take_back(request.POST.get("undo", ""), actor=user)


def _refused(error: DomainError) -> JsonResponse:
    found: list[placement.Hindrance] = []
    if isinstance(error, RuleBroken):
        found = [placement.of_finding(one) for one in error.findings]
    elif isinstance(error, Clash):
        found = [placement.of_clash(error)]
    answer = {
        "code": error.kind,
        "message": error.message,
        "hindrances": [hindrance(one) for one in found],
    }
    return _json(answer, status=error.status)


def _json(content: dict[str, Any], status: int = 200) -> JsonResponse:
    return JsonResponse(content, status=status, json_dumps_params={"ensure_ascii": False})


def _shown(request: HttpRequest) -> Shown:
    try:
        day = date.fromisoformat(request.GET.get("from", ""))
    except ValueError:
        day = clock.today()
    day = min(max(day, FIRST_DAY + timedelta(days=7)), LAST_DAY)
    by = _by(request.GET)
    if request.GET.get("view") == MONTH:
        return Shown(day.replace(day=1), monthrange(day.year, day.month)[1], MONTH, by)
    return Shown(monday_of(day), 7, WEEK, by)


def _by(asked: QueryDict) -> str:
    return BY_CREW if asked.get("by") == BY_CREW else BY_VEHICLE


def _query(shown: Shown) -> dict[str, str]:
    return {"from": shown.first_on.isoformat(), "view": shown.view, "by": shown.by}


def _address(desk: Desk, shown: Shown, **changed: str) -> str:
    return "?" + urlencode({"library": desk.library.slug} | _query(shown) | changed)


def _setup(desk: Desk, shown: Shown) -> dict[str, Any]:
    """Return what the board's script is told: addresses, the words it says, its parts."""
    return {
        "view": shown.view,
        "by": shown.by,
        "first": shown.first_on.isoformat(),
        "days": shown.days,
        "maySchedule": desk.may_schedule,
        "data": reverse("board_data") + _address(desk, shown),
        "check": reverse("board_check"),
        "keep": reverse("board_keep"),
        "undo": reverse("schedule_undo"),
        "scripts": {name: static(f"web/js/board/{name}.js") for name in SCRIPTS},
        "words": words(),
    }
