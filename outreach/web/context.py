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


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One way to go."""

    url: str
    label: str | Promise
    icon: str
    is_current: bool


_PUBLIC = [
    ("timetable", _("Timetable"), "calendar"),
    ("map", _("Map"), "map-pin"),
]
_SIGNED_IN = [
    (Action.SEE_SCHEDULE, "schedule", _("Schedule"), "van"),
    (Action.LOG_RESULTS, "results", _("Results"), "pencil"),
    (Action.PLAN, "plan", _("Plan"), "route"),
    (Action.ANSWER_BOOKINGS, "bookings", _("Bookings"), "school"),
    (Action.ASK_FOR_VISITS, "bookings", _("Bookings"), "school"),
    (Action.SEE_STATISTICS, "statistics", _("Statistics"), "chart"),
    (Action.SEE_STATISTICS, "reports", _("Reports"), "document"),
]


def navigation(request: HttpRequest) -> dict[str, Any]:
    """Return ``navigation``: the areas open to whoever looks at the page."""
    items = [_item(request, name, label, icon) for name, label, icon in _PUBLIC]
    if isinstance(request.user, User):
        seen: set[str] = set()
        for action, name, label, icon in _SIGNED_IN:
            if name not in seen and request.user.may(action):
                seen.add(name)
                items.append(_item(request, name, label, icon))
    return {"navigation": items}


def _item(request: HttpRequest, name: str, label: str | Promise, icon: str) -> NavigationItem:
    url = reverse(name)
    return NavigationItem(url, label, icon, request.path.startswith(url))
