"""Keeping what a way really takes, season by season."""

from __future__ import annotations

from typing import Any, cast

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit
from outreach.common.errors import Conflict, InvalidInput, NotFound
from outreach.common.locking import locked
from outreach.common.months import Months, spell_months
from outreach.places.models import TravelTime, Venue
from outreach.places.services.keeping import authorise, hold_library


@transaction.atomic
def add_travel_time(
    *,
    actor: User,
    destination: Venue,
    minutes: int,
    origin: Venue | None = None,
    months: Months = frozenset(),
    both_ways: bool = True,
    km: float | None = None,
    note: str = "",
    reason: str = "",
) -> TravelTime:
    """Note what the way to a venue takes.

    Args:
        origin: where it begins; ``None`` for wherever the vehicle comes from.
        months: when it takes so long; none for all months that nothing else is said of.
        both_ways: whether it takes as long in the other direction.
        minutes: 1 to 1440.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venues' library.
        InvalidInput: if the venues are kept by two libraries.
        Conflict: if something else is said of this way in one of these months.
        django.core.exceptions.ValidationError: if a value is out of range.
    """
    authorise(actor, destination.library_id)
    hold_library(destination.library_id)
    time = TravelTime(
        library=destination.library,
        origin=origin,
        destination=destination,
        months=cast(Any, months),
        both_ways=both_ways,
        minutes=minutes,
        km=km,
        note=note,
    )
    _save(time, actor=actor, reason=reason)
    return time


@transaction.atomic
def change_travel_time(
    *,
    actor: User,
    time: TravelTime,
    reason: str = "",
    expected_version: int | None = None,
    **fields: Any,
) -> TravelTime:
    """Correct what a way takes; what is not given stays as it is.

    Raises:
        NotAllowed, InvalidInput, Conflict, ValidationError: as for a new one.
        NotFound: if somebody removed it.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    stored = _hold(actor, time)
    audit.refuse_stale(stored, expected_version)
    for name, value in fields.items():
        setattr(stored, name, value)
    _save(stored, actor=actor, reason=reason)
    return stored


@transaction.atomic
def remove_travel_time(*, actor: User, time: TravelTime, reason: str = "") -> None:
    """Go back to what is computed for this way.

    Raises:
        NotAllowed: if ``actor`` does not keep the places of the venues' library.
        NotFound: if somebody removed it already.
    """
    audit.delete(_hold(actor, time), actor=actor, reason=reason)


def _hold(actor: User, time: TravelTime) -> TravelTime:
    authorise(actor, time.library_id)
    hold_library(time.library_id)
    stored = locked(TravelTime.objects.select_related("destination", "origin"), time.pk)
    if stored is None:
        raise NotFound()
    return stored


def _save(time: TravelTime, *, actor: User, reason: str) -> None:
    for field in ("destination", "origin"):
        venue = getattr(time, field)
        if venue is not None and venue.library_id != time.library_id:
            raise InvalidInput(
                _("Both ends of a way are kept by one library."), code="two_libraries", field=field
            )
    time.full_clean(validate_constraints=False)
    _refuse_twice(time)
    audit.save(time, actor=actor, reason=reason)


def _refuse_twice(time: TravelTime) -> None:
    """Refuse a second word on one way in one month; that on single months wins over all year.

    Raises:
        Conflict: on ``months``, saying which are taken.
    """
    same_way = Q(origin=time.origin_id, destination=time.destination_id)
    if time.origin_id is None:
        same_way = Q(origin__isnull=True, destination=time.destination_id)
    elif time.both_ways:
        back = Q(origin=time.destination_id, destination=time.origin_id, both_ways=True)
        same_way |= back
    for other in TravelTime.objects.filter(same_way).exclude(pk=time.pk):
        if not time.months and not other.months:
            raise Conflict(
                _("There is a time for all year on this way already."),
                code="travel_time_exists",
                field="months",
            )
        if taken := time.months & other.months:
            raise Conflict(
                _("There is a time on this way already in %(months)s."),
                code="travel_time_exists",
                field="months",
                params={"months": spell_months(taken)},
            )
