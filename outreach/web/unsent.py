"""Forms that reached us after their sender had been signed out: kept until they sign in again."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest

KEY = "unsent_form"
LONGEST = 200_000
"""Characters of a form that is kept; no form of ours comes near it."""


@dataclass(frozen=True, slots=True)
class Unsent:
    """What was typed: the fields in their order, one entry for each value."""

    fields: list[tuple[str, str]]


def keep(request: HttpRequest) -> None:
    """Keep the form in the session of the browser that sent it; signing in does not clear it."""
    fields = [
        [name, str(value)]
        for name, values in request.POST.lists()
        for value in values
        if name != "csrfmiddlewaretoken"
    ]
    if fields and sum(len(name) + len(value) for name, value in fields) <= LONGEST:
        request.session[KEY] = {"address": request.get_full_path(), "fields": fields}


def take(request: HttpRequest) -> Unsent | None:
    """Return the form that was sent to this address in vain, once; ``None`` if there is none."""
    kept = request.session.get(KEY)
    if kept is None or kept["address"] != request.get_full_path():
        return None
    del request.session[KEY]
    return Unsent([(name, value) for name, value in kept["fields"]])
