"""How statuses and activity kinds look: their icon, their colour class and their plain name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy


@dataclass(frozen=True)
class Look:
    """``tone`` is a class in the style sheets, ``icon`` a name in ``outreach/web/icons``."""

    tone: str
    icon: str
    label: str | Promise = ""


NO_KIND = Look("other", "calendar")
TRIP = Look("trip", "users", _("Trip"))
KINDS = {
    "mobile_service": Look("mobile", "van", _("Mobile service")),
    "exhibition": Look("exhibition", "gallery-vertical-end", _("Exhibition")),
    "reading_skills": Look("reading", "book-open", _("Reading skills")),
    "donation": Look("donation", "gift", _("Book donation")),
    "training": Look("training", "presentation", _("Training")),
    "talk": Look("training", "message-square", _("Talk")),
}

STATUSES = {
    # trips and events
    "draft": Look("draft", "pencil", pgettext_lazy("status", "Draft")),
    "published": Look("published", "circle-check", pgettext_lazy("status", "Published")),
    "cancelled": Look("cancelled", "ban", pgettext_lazy("status", "Cancelled")),
    "held": Look("held", "check-check", pgettext_lazy("status", "Held")),
    "counted": Look("held", "clipboard-check", pgettext_lazy("status", "Counted")),
    "late": Look("late", "clock", pgettext_lazy("status", "Late")),
    "moved": Look("late", "history", pgettext_lazy("status", "Moved")),
    # result sheets
    "partly": Look("late", "circle-alert", pgettext_lazy("status", "Partly held")),
    "not_held": Look("cancelled", "circle-x", pgettext_lazy("status", "Not held")),
    "queued": Look("late", "clock", pgettext_lazy("status", "Waiting for a person")),
    "superseded": Look("plain", "history", pgettext_lazy("status", "Superseded")),
    "rejected": Look("cancelled", "circle-x", pgettext_lazy("status", "Rejected")),
    # bookings
    "submitted": Look("late", "inbox", pgettext_lazy("status", "Waiting for an answer")),
    "accepted": Look("published", "circle-check", pgettext_lazy("status", "Accepted")),
    "refused": Look("cancelled", "circle-x", pgettext_lazy("status", "Refused")),
    "withdrawn": Look("plain", "undo-2", pgettext_lazy("status", "Withdrawn")),
    "called_off": Look("cancelled", "ban", pgettext_lazy("status", "Called off")),
}

TONE_ICONS = {
    "info": "info",
    "success": "circle-check",
    "warning": "triangle-alert",
    "danger": "circle-alert",
    "error": "circle-alert",
    "debug": "info",
}


def look_of_kind(kind: Any) -> Look:
    """Return the look of an activity kind, given its code or an object with ``code``."""
    code = str(getattr(kind, "code", kind))
    return TRIP if code == TRIP.tone else KINDS.get(code, NO_KIND)


def look_of_status(status: Any) -> Look:
    """Return the look of a status code; an unknown code is shown as itself in a neutral badge."""
    code = str(status)
    return STATUSES.get(code, Look("plain", "", code))


def icon_of_tone(tone: str) -> str:
    """Return the icon of a callout's or a message's tone."""
    words = tone.split()
    return next((TONE_ICONS[word] for word in words if word in TONE_ICONS), "info")
