"""Changes to places."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.errors import Conflict, NotAllowed
from outreach.common.folding import slug
from outreach.places.models import Venue

SAME_VENUE = _("Your library visits a venue of this name in this commune already.")


def _authorise(actor: User, library: Library) -> None:
    if not actor.may(Action.KEEP_PLACES, library.pk):
        raise NotAllowed()


@transaction.atomic
def create_venue(*, actor: User, library: Library, reason: str = "", **fields: Any) -> Venue:
    """Add a venue of ``library``; its address name is made from its name where none is given.

    Raises:
        NotAllowed: if ``actor`` does not keep this library's places.
        Conflict: if the library visits a venue of that name in that commune already, as after a
            form was sent twice.
        django.core.exceptions.ValidationError: if a field is wrong, or the point cannot be in the
            stated commune.
    """
    _authorise(actor, library)
    fields.setdefault("code", _free_code(fields.get("name", "")))
    venue = Venue(library=library, **fields)
    # One after the other, so that the second of two equal requests sees the first.
    Library.objects.select_for_update(no_key=True).get(pk=library.pk)
    same = Venue.objects.filter(library=library, commune=venue.commune, name=venue.name)
    if venue.is_in_use and same.in_use().exists():
        raise Conflict(SAME_VENUE, code="venue_exists", field="name")
    audit.save(venue, actor=actor, reason=reason)
    return venue


@transaction.atomic
def change_venue(
    *,
    actor: User,
    venue: Venue,
    reason: str = "",
    expected_version: int | None = None,
    **fields: Any,
) -> Venue:
    """Change a venue's fields.

    Args:
        expected_version: the version the change was prepared on (:func:`audit.version_of`).

    Raises:
        NotAllowed: if ``actor`` does not keep this library's places.
        StaleWrite: if somebody changed the venue since ``expected_version``.
        django.core.exceptions.ValidationError: if a field is wrong.
    """
    _authorise(actor, venue.library)
    # As stored now, so that what somebody else just changed is not written over.
    venue.refresh_from_db(from_queryset=Venue.objects.select_for_update(no_key=True))
    audit.refuse_stale(venue, expected_version)
    for name, value in fields.items():
        setattr(venue, name, value)
    audit.save(venue, actor=actor, reason=reason)
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
