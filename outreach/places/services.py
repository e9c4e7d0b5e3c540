"""Changes to places."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.errors import NotAllowed
from outreach.common.folding import slug
from outreach.places.models import Venue


def _authorise(actor: User, library: Library) -> None:
    if not actor.may(Action.KEEP_PLACES, library.pk):
        raise NotAllowed()


@transaction.atomic
def create_venue(*, actor: User, library: Library, reason: str = "", **fields: Any) -> Venue:
    """Add a venue of ``library``; its address name is made from its name where none is given.

    Raises:
        NotAllowed: if ``actor`` does not keep this library's places.
        django.core.exceptions.ValidationError: if a field is wrong, or the point cannot be in the
            stated commune.
    """
    _authorise(actor, library)
    access = fields.pop("access", None)
    fields.setdefault("code", _free_code(fields.get("name", "")))
    venue = Venue(library=library, **fields)
    audit.save(venue, actor=actor, reason=reason)
    if access is not None:
        venue.access.set(access)
    return venue


@transaction.atomic
def change_venue(*, actor: User, venue: Venue, reason: str = "", **fields: Any) -> Venue:
    """Change a venue's fields.

    Raises:
        NotAllowed: if ``actor`` does not keep this library's places.
        django.core.exceptions.ValidationError: if a field is wrong.
    """
    _authorise(actor, venue.library)
    access = fields.pop("access", None)
    for name, value in fields.items():
        setattr(venue, name, value)
    audit.save(venue, actor=actor, reason=reason)
    if access is not None:
        venue.access.set(access)
    return venue


def _free_code(name: str) -> str:
    """Return an address name made from ``name`` that no venue has yet."""
    base = slug(name)[:60] or "venue"
    taken = set(Venue.objects.filter(code__startswith=base).values_list("code", flat=True))
    if base not in taken:
        return base
    return next(
        f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken
    )
