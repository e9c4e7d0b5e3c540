"""Adding and changing venues."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, StaleWrite
from outreach.common.folding import fold, free_slug, slug
from outreach.places import siting, venue_state
from outreach.places.models import Venue
from outreach.places.services.access import write_access
from outreach.places.services.hours import Closure, Hours, write_closed_dates, write_windows
from outreach.places.services.keeping import authorise, hold_library

SAME_VENUE = _(
    "Your library visits a venue of this name here already. If it is another one, say in which"
    " village or quarter, or show on the map where."
)
RESERVED = frozenset({"new"})
"""Address names that mean something else."""


@transaction.atomic
def create_venue(
    *,
    actor: User,
    library: Library,
    reason: str = "",
    access: dict[str, Any] | None = None,
    opening_windows: Iterable[Hours] | None = None,
    closed_dates: Iterable[Closure] | None = None,
    **fields: Any,
) -> Venue:
    """Add a venue of ``library``; its address name is made from its name where none is given.

    Its commune is the one that contains its point, where none is given and boundaries are known.

    Args:
        access: what is known of its access file, by the names of the fields.
        opening_windows: when it can be visited.
        closed_dates: when it cannot.

    Raises:
        NotAllowed: if ``actor`` does not keep this library's places.
        Conflict: if the library visits a venue of that name there already, as after a form was
            sent twice.
        InvalidInput: if opening windows overlap.
        django.core.exceptions.ValidationError: if a field is wrong, or the point cannot be in the
            stated commune.
    """
    authorise(actor, library.pk)
    fields.setdefault("code", _free_code(fields.get("name", "")))
    venue = Venue(library=library, **fields)
    venue.commune = siting.commune_for(venue.point, venue.commune, clock.today())
    _refuse_twice(venue)
    audit.save(venue, actor=actor, reason=reason)
    _write_parts(venue, actor, reason, access, opening_windows, closed_dates)
    return venue


@transaction.atomic
def change_venue(
    *,
    actor: User,
    venue: Venue,
    reason: str = "",
    expected_version: int | None = None,
    expected_state: int | None = None,
    access: dict[str, Any] | None = None,
    opening_windows: Iterable[Hours] | None = None,
    closed_dates: Iterable[Closure] | None = None,
    **fields: Any,
) -> Venue:
    """Change a venue's fields, and what is kept with it; what is not given stays as it is.

    Args:
        expected_version: the version of the venue's own fields that the change was prepared on
            (:func:`audit.version_of`).
        expected_state: the same for the venue with all that is kept with it
            (:func:`venue_state.state_of`).
        access: fields of the access file.
        opening_windows: all of them, in place of those there are.
        closed_dates: all of them, in place of those there are.

    Raises:
        NotAllowed: if ``actor`` does not keep this library's places.
        StaleWrite: if somebody changed the venue since then.
        Conflict: if the library visits such a venue there already.
        InvalidInput: if opening windows overlap.
        django.core.exceptions.ValidationError: if a field is wrong.
    """
    authorise(actor, venue.library_id)
    # As stored now, so that what somebody else just changed is not written over.
    venue.refresh_from_db(from_queryset=Venue.objects.select_for_update(no_key=True))
    audit.refuse_stale(venue, expected_version)
    if expected_state is not None and expected_state != venue_state.state_of(venue):
        raise StaleWrite()
    before = _whereabouts(venue)
    for name, value in fields.items():
        setattr(venue, name, value)
    if _whereabouts(venue) != before:
        venue.commune = siting.commune_for(venue.point, venue.commune, clock.today())
        _refuse_twice(venue)
    if fields:
        audit.save(venue, actor=actor, reason=reason)
    _write_parts(venue, actor, reason, access, opening_windows, closed_dates)
    return venue


def _write_parts(
    venue: Venue,
    actor: User,
    reason: str,
    access: dict[str, Any] | None,
    windows: Iterable[Hours] | None,
    closed: Iterable[Closure] | None,
) -> None:
    if access is not None:
        write_access(venue, access, actor=actor, reason=reason)
    if windows is not None:
        write_windows(venue, windows, actor=actor, reason=reason)
    if closed is not None:
        write_closed_dates(venue, closed, actor=actor, reason=reason)


def _whereabouts(venue: Venue) -> tuple[Any, ...]:
    """Return what a venue is told apart by."""
    return (venue.name, venue.commune_id, venue.locality, venue.point, venue.is_in_use)


def _refuse_twice(venue: Venue) -> None:
    """Refuse a venue that the library visits already.

    Raises:
        Conflict: on ``name``.
    """
    if not venue.is_in_use:
        return
    hold_library(venue.library_id)
    like = Venue.objects.in_use().filter(
        library=venue.library_id, commune=venue.commune_id, folded=fold(venue.name)[:170]
    )
    if any(siting.is_same_place(venue, one) for one in like.exclude(pk=venue.pk)):
        raise Conflict(SAME_VENUE, code="venue_exists", field="name")


def _free_code(name: str) -> str:
    """Return an address name made from ``name`` that no venue has yet."""
    base = slug(name)[:60] or "venue"
    taken = set(Venue.objects.filter(code__startswith=base).values_list("code", flat=True))
    return free_slug(base, taken | RESERVED)
