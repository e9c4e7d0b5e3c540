"""Who may change what a library keeps about places, and holding it still meanwhile."""

from __future__ import annotations

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common.errors import NotAllowed, NotFound
from outreach.places.models import Venue


def authorise(actor: User, library_id: int) -> None:
    """Let nobody pass who does not keep this library's places.

    Raises:
        NotAllowed: for anybody else.
    """
    if not actor.may(Action.KEEP_PLACES, library_id):
        raise NotAllowed()


def hold_library(library_id: int) -> None:
    """Make others who change this library's places wait until the transaction ends.

    So the second of two equal requests sees what the first stored.
    """
    Library.objects.select_for_update(no_key=True).get(pk=library_id)


def hold_venue(venue: Venue) -> None:
    """Make others who change this venue, or what is kept about it, wait.

    Raises:
        NotFound: if somebody removed it.
    """
    held = Venue.objects.select_for_update(no_key=True).filter(pk=venue.pk)
    if held.values_list("pk", flat=True).first() is None:
        raise NotFound()
