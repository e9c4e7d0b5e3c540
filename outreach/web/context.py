"""What every page needs: where a person can go from here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.planning.approval import awaiting_decision


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One way to go."""

    url: str
    label: str | Promise
    icon: str
    is_current: bool
    waiting: int = 0
    """How many plans wait there for the person's decision."""


_AREAS = [
    (Action.SEE_SCHEDULE, "schedule", _("Schedule"), "van"),
    (Action.LOG_RESULTS, "results", _("Results"), "clipboard-check"),
    (Action.SEE_SCHEDULE, "plan", _("Plan"), "route"),
    (Action.ANSWER_BOOKINGS, "bookings", _("Bookings"), "school"),
    (Action.ASK_FOR_VISITS, "bookings", _("Bookings"), "school"),
    (Action.SEE_STATISTICS, "statistics", _("Statistics"), "chart-column"),
    (Action.SEE_STATISTICS, "reports", _("Reports"), "file-text"),
    (Action.KEEP_PLACES, "venues", _("Venues"), "map-pin"),
]


# Pages that belong to an area without lying under its address.
_ALSO = {
    "trips": "schedule",
    "disruptions": "schedule",
    "fleet": "schedule",
    "series_list": "schedule",
    "trip_templates": "schedule",
    "building_figures": "reports",
}


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return what every page may show of the signed-in person who looks at it.

    ``navigation``: the areas open to them; ``plans_waiting``: how many plans wait for their
    decision; ``may_print``: whether documents are theirs to have made into files.
    """
    items: dict[str, NavigationItem] = {}
    waiting, may_print = 0, False
    user = getattr(request, "user", None)  # absent where a bad request is refused early
    if isinstance(user, User):
        here, waiting = _area_of(request.path), _plans_waiting(user)
        may_print = user.may(Action.SEE_SCHEDULE)
        for action, name, label, icon in _AREAS:
            if name not in items and user.may(action):
                number = waiting if name == "plan" else 0
                items[name] = NavigationItem(reverse(name), label, icon, name == here, number)
    return {"navigation": list(items.values()), "plans_waiting": waiting, "may_print": may_print}


def _plans_waiting(user: User) -> int:
    return awaiting_decision(user).count() if user.may(Action.APPROVE_PLANS) else 0


def _area_of(path: str) -> str | None:
    """Return the name of the area whose address, or that of a page of it, begins ``path``."""
    names = {name: name for _action, name, _label, _icon in _AREAS}
    found = {reverse(page): area for page, area in (names | _ALSO).items()}
    begins = [url for url in found if path.startswith(url)]
    return found[max(begins, key=len)] if begins else None
