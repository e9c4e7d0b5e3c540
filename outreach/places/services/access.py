"""Keeping the access file of a venue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit
from outreach.places.models import Venue, VenueAccess
from outreach.places.services.keeping import authorise, hold_venue

ONWARD: Mapping[str, Any] = {"onward_by": "", "onward_km": None, "onward_min": None}
"""How the rest is reached, where nobody says."""


@transaction.atomic
def change_access(
    *,
    actor: User,
    venue: Venue,
    reason: str = "",
    expected_version: int | None = None,
    **fields: Any,
) -> VenueAccess:
    """Note what is known about reaching a venue; what is not given stays as it is.

    Args:
        expected_version: the version of the access file that the change was prepared on; 0 if
            there was none.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venue's library.
        NotFound: if somebody removed the venue.
        StaleWrite: if somebody changed the file since ``expected_version``.
        django.core.exceptions.ValidationError: if a field is wrong.
    """
    authorise(actor, venue.library_id)
    hold_venue(venue)
    audit.refuse_stale(VenueAccess(venue=venue), expected_version)
    return write_access(venue, fields, actor=actor, reason=reason)


def write_access(
    venue: Venue, fields: Mapping[str, Any], *, actor: User, reason: str
) -> VenueAccess:
    """Store fields of the access file of a venue that is held.

    Raises:
        django.core.exceptions.ValidationError: if a field is wrong, or says how the rest is reached
            where the vehicle reaches all of it.
    """
    access = VenueAccess.objects.filter(venue=venue).first() or VenueAccess(venue=venue)
    for name, value in fields.items():
        setattr(access, name, value)
    if not access.main_site_only:
        _refuse_onward(fields)
        for name, nothing in ONWARD.items():
            setattr(access, name, nothing)
    audit.save(access, actor=actor, reason=reason)
    return access


def _refuse_onward(fields: Mapping[str, Any]) -> None:
    said = [name for name, nothing in ONWARD.items() if fields.get(name, nothing) != nothing]
    if said:
        message = _("Say this only where the vehicle reaches the main site only.")
        raise ValidationError({name: ValidationError(message, code="no_onward") for name in said})
