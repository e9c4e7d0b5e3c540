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
KINDS = {
    "mobile": Look("mobile", "van", _("Mobile service")),
    "exhibition": Look("exhibition", "gallery-vertical-end", _("Exhibition")),
    "reading": Look("reading", "book-open", _("Reading skills")),
    "donation": Look("donation", "gift", _("Book donation")),
    "training": Look("training", "presentation", _("Training")),
    "talk": Look("training", "message-square", _("Talk")),
}
# The codes of the reference data may be longer than the class names.
KIND_WORDS = {
    "mobile_service": "mobile",
    "mobile_visit": "mobile",
    "reading_skills": "reading",
    "reading_session": "reading",
    "book_donation": "donation",
    "staff_training": "training",
}

STATUSES = {
    "draft": Look("draft", "pencil", pgettext_lazy("status", "Draft")),
    "published": Look("published", "circle-check", pgettext_lazy("status", "Published")),
    "cancelled": Look("cancelled", "ban", pgettext_lazy("status", "Cancelled")),
    "held": Look("held", "check-check", pgettext_lazy("status", "Held")),
    "counted": Look("held", "clipboard-check", pgettext_lazy("status", "Counted")),
    "late": Look("late", "clock", pgettext_lazy("status", "Late")),
    "moved": Look("late", "history", pgettext_lazy("status", "Moved")),
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
    code = str(getattr(kind, "code", kind)).lower().replace("-", "_")
    return KINDS.get(KIND_WORDS.get(code, code), NO_KIND)


def look_of_status(status: Any) -> Look:
    """Return the look of a status code; an unknown code is shown as itself in a neutral badge."""
    code = str(status)
    return STATUSES.get(code, Look("plain", "", code))


def icon_of_tone(tone: str) -> str:
    """Return the icon of a callout's or a message's tone."""
    words = tone.split()
    return next((TONE_ICONS[word] for word in words if word in TONE_ICONS), "info")
