"""Keeping vehicles, crew and their times off."""

from __future__ import annotations

from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.errors import InvalidInput, NotAllowed, NotFound
from outreach.common.folding import free_slug, slug
from outreach.common.locking import locked
from outreach.fleet.models import CrewMember, Unavailability, Vehicle

M = TypeVar("M", bound=Model)


@transaction.atomic
def keep_vehicle(
    *,
    actor: User,
    library: Library,
    vehicle: Vehicle | None = None,
    expected_version: int | None = None,
    **fields: Any,
) -> Vehicle:
    """Store a vehicle of a library, or change what is given of a stored one.

    Trips that are planned with it stay as they are; one out of use is not offered for new ones.

    Raises:
        NotAllowed: if ``actor`` does not keep the library's fleet.
        InvalidInput: if its base is a venue of another library.
        StaleWrite: if somebody changed it since ``expected_version``.
        django.core.exceptions.ValidationError: if a field is wrong.
    """
    _authorise(actor, library.pk)
    base = fields.get("base")
    if base is not None and base.library_id != library.pk:
        raise InvalidInput(
            _("This venue belongs to another library."), code="foreign_venue", field="base"
        )
    stored = Vehicle(library=library) if vehicle is None else _held(vehicle)
    _set(stored, fields, expected_version)
    if not stored.slug:
        stored.slug = _free_slug(library, stored.name)
    audit.save(stored, actor=actor)
    return stored


@transaction.atomic
def keep_member(
    *,
    actor: User,
    library: Library,
    member: CrewMember | None = None,
    expected_version: int | None = None,
    **fields: Any,
) -> CrewMember:
    """Store somebody who goes out for a library, or change what is given of a stored one.

    Raises:
        NotAllowed: if ``actor`` does not keep the library's fleet.
        StaleWrite: if somebody changed it since ``expected_version``.
        django.core.exceptions.ValidationError: if a field is wrong, or there is no skill.
    """
    _authorise(actor, library.pk)
    stored = CrewMember(library=library) if member is None else _held(member)
    _set(stored, fields, expected_version)
    audit.save(stored, actor=actor)
    return stored


@transaction.atomic
def take_off(
    *,
    actor: User,
    of: Vehicle | CrewMember,
    starts_at: datetime,
    ends_at: datetime,
    reason: str,
    time_off: Unavailability | None = None,
    expected_version: int | None = None,
) -> Unavailability:
    """Note that a vehicle or crew member is not to be had in ``[starts_at, ends_at)``.

    Trips planned in that time stay as they are; the rules of scheduling speak of it from then on.

    Args:
        time_off: the stored one to change; a new one is made without.

    Raises:
        NotAllowed: if ``actor`` does not keep the library's fleet.
        StaleWrite: if somebody changed it since ``expected_version``.
        django.core.exceptions.ValidationError: if it ends before it starts, or has no reason.
    """
    _authorise(actor, of.library_id)
    stored = Unavailability() if time_off is None else _held(time_off)
    if time_off is not None:
        _authorise(actor, library_of(stored).pk)
    said: dict[str, Any] = {
        "vehicle": of if isinstance(of, Vehicle) else None,
        "member": of if isinstance(of, CrewMember) else None,
        "starts_at": starts_at,
        "ends_at": ends_at,
        "reason": reason.strip(),
    }
    _set(stored, said, expected_version)
    audit.save(stored, actor=actor)
    return stored


@transaction.atomic
def strike_off(*, actor: User, time_off: Unavailability) -> None:
    """Remove a time off that is not one; its history stays. Removing it twice does no harm.

    Raises:
        NotAllowed: if ``actor`` does not keep the library's fleet.
    """
    _authorise(actor, library_of(time_off).pk)
    stored = locked(Unavailability.objects.all(), time_off.pk)
    if stored is not None:
        audit.delete(stored, actor=actor)


def library_of(time_off: Unavailability) -> Library:
    """Return whose vehicle or crew member it is about."""
    owner = time_off.vehicle or time_off.member
    if owner is None:
        raise NotFound()
    return owner.library


def _authorise(actor: User, library_id: int) -> None:
    if not actor.may(Action.KEEP_FLEET, library_id):
        raise NotAllowed()


def _held(record: M) -> M:
    stored = locked(type(record)._default_manager.all(), record.pk)
    if stored is None:
        raise NotFound()
    return stored


def _set(record: Model, fields: dict[str, Any], expected_version: int | None) -> None:
    if not record._state.adding:
        audit.refuse_stale(record, expected_version)
    for name, value in fields.items():
        setattr(record, name, value)


def _free_slug(library: Library, name: str) -> str:
    base = f"{library.slug}-{slug(name)}"[:50].strip("-")
    taken = Vehicle._base_manager.filter(slug__startswith=base).values_list("slug", flat=True)
    return free_slug(base, set(taken))
