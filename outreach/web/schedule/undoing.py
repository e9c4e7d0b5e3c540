"""Offering to take a change back: a button on the page the change leads to."""

from __future__ import annotations

from typing import TypeVar

from django.http import HttpRequest

from outreach.accounts.models import User
from outreach.scheduling import undo
from outreach.scheduling.models import Event, Trip

KEY = "undo_of_the_last_change"

Changed = TypeVar("Changed", Trip, Event)


def offer(
    request: HttpRequest,
    was: undo.Before,
    changed: Changed,
    *,
    actor: User,
    events_went_along: bool = False,
) -> Changed:
    """Keep, for the next page about ``changed``, what takes the change back; return ``changed``."""
    if changed.revision == was["revision"]:
        return changed
    note = undo.note(was, changed, actor=actor, events_went_along=events_went_along)
    request.session[KEY] = {"of": changed.uid, "note": note}
    return changed


def offered(request: HttpRequest, shown: Trip | Event) -> str:
    """Return what takes back the change that led to this page; once, and empty otherwise."""
    kept = request.session.get(KEY)
    if kept is None or kept["of"] != shown.uid:
        return ""
    del request.session[KEY]
    return str(kept["note"])
