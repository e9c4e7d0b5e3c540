"""For which library a page of the schedule is opened."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpRequest
from django.utils.http import urlencode

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common.errors import NotAllowed, NotFound
from outreach.web.zones import read_clocks_of


@dataclass(frozen=True, slots=True)
class Desk:
    """The library a person looks at, and the others they may switch to."""

    library: Library
    others: Sequence[Library]
    may_schedule: bool
    may_keep_places: bool


@dataclass(frozen=True, slots=True)
class Switch:
    """A link to the same page for another library."""

    url: str
    label: str
    is_current: bool


def switches(desk: Desk, **kept: str) -> list[Switch]:
    """Return the links to this page for each library a person may see; none for a single one."""
    return [
        Switch(
            "?" + urlencode({"library": library.slug} | kept),
            library.short_name,
            library == desk.library,
        )
        for library in desk.others
    ]


def desk_of(request: HttpRequest, user: User, action: Action = Action.SEE_SCHEDULE) -> Desk:
    """Return the library that ``?library=`` names, or the first one ``user`` may do ``action`` at.

    Raises:
        NotFound: if it is not a library whose schedule ``user`` may see.
        NotAllowed: if there is none, or the named one is only theirs to look at.
    """
    seen = list(Library.objects.visible_to(user).running_services())
    slug = request.GET.get("library")
    named = [library for library in seen if library.slug == slug]
    if slug and not named:
        raise NotFound()
    usable = [library for library in named or seen if user.may(action, library.pk)]
    if not usable:
        raise NotAllowed()
    library = usable[0]
    read_clocks_of(library)
    return Desk(
        library=library,
        others=seen if len(seen) > 1 else [],
        may_schedule=user.may(Action.SCHEDULE, library.pk),
        may_keep_places=user.may(Action.KEEP_PLACES, library.pk),
    )
