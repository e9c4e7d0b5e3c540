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
    """Return ``navigation``: the areas open to the signed-in person who looks at the page."""
    items: dict[str, NavigationItem] = {}
    user = getattr(request, "user", None)  # absent where a bad request is refused early
    if isinstance(user, User):
        here = _area_of(request.path)
        for action, name, label, icon in _AREAS:
            if name not in items and user.may(action):
                items[name] = NavigationItem(reverse(name), label, icon, name == here)
    return {"navigation": list(items.values())}


def _area_of(path: str) -> str | None:
    """Return the name of the area whose address, or that of a page of it, begins ``path``."""
    names = {name: name for _action, name, _label, _icon in _AREAS}
    found = {reverse(page): area for page, area in (names | _ALSO).items()}
    begins = [url for url in found if path.startswith(url)]
    return found[max(begins, key=len)] if begins else None
