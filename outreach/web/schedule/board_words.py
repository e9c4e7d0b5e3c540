"""What the board's script says to people; ``%(name)s`` is filled in by the script."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import pgettext


def words() -> dict[str, str]:
    """Return the words in the active language."""
    return {
        "trip": _("Trip"),
        "event": _("Event"),
        "today": _("Today"),
        "wholeDay": _("whole day"),
        "from": _("from %(time)s"),
        "until": _("until %(time)s"),
        "more": _("+%(count)s"),
        "overridden": _("Overridden: %(rule)s"),
        "overriddenShort": _("Overridden"),
        "overriddenWhy": _("Overridden: %(rule)s – “%(reason)s”"),
        "taken": _("Taken %(when)s: %(what)s"),
        "away": _("Not to be had: %(reason)s"),
        "fine": _("Nothing stands against it"),
        "checking": _("Looking…"),
        "soft": pgettext("weight of a rule", "Needs a reason"),
        "hard": pgettext("weight of a rule", "Not possible"),
        "note": pgettext("weight of a rule", "Note"),
        "change": _("%(before)s → %(after)s"),
        "moving": _("Moving %(what)s. Arrow keys move it, Enter keeps it, Escape gives up."),
        "gaveUp": _("Given up: nothing was changed."),
        "refused": _("Not moved. %(why)s"),
        "undo": _("Undo"),
        "dismiss": _("Dismiss"),
        "nothingToUndo": _("There is nothing to undo."),
        "offline": _("No answer from the server. Nothing was changed; please try again."),
        "signedOut": _("You have been signed out. Load the page again and sign in."),
        "nothing": _("Nothing is scheduled on these days."),
        "loadFailed": _("The board could not be loaded."),
        "openPage": _("Open the page"),
        "noCrew": _("No crew yet"),
        "fixed": _("A cancelled trip or event cannot be moved."),
        "onlyLook": _("You may look at this schedule, not change it."),
        "vehicle": _("Vehicle"),
        "person": _("Person"),
    }
