"""Giving venues the commune they lie in now."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Q

from outreach.accounts.models import User
from outreach.common import bulk, clock
from outreach.places import boundaries, followers, lineage
from outreach.places.followers import PlacesChange
from outreach.places.lineage import AllLinks, Standing, standing
from outreach.places.models import AdministrativeUnit, Succession, Venue
from outreach.places.selectors import communes_before

REASON = "units changed"
"""How the reasons of all histories begin that this module writes."""
_BATCH = 500


@transaction.atomic
def place_venues(*, actor: User | None, now: datetime, why: str = "") -> int:
    """Give venues without a commune, or whose commune is no more, the one they lie in today.

    A venue without a commune gets the one whose boundary holds its point. One whose commune has
    ended gets the successor whose boundary holds its point, else the main successor. One whose
    commune belongs to a set that is not active gets the one it had before that set, as its history
    tells, else what became of that. Where nothing is known a venue stays as it is. Whoever follows
    places is told, so that events, sheets and figures follow.

    Args:
        why: what made it necessary, for the histories.

    Returns:
        How many venues changed.
    """
    reason = f"{REASON}: {why}" if why else REASON
    day = clock.local(now).date()
    lost = Venue.objects.filter(
        Q(commune__isnull=True, lat__isnull=False)
        | Q(commune__is_active=False)
        | Q(commune__valid_to__lte=day)
    )
    # Locked alone first: PostgreSQL does not lock the nullable side of a join.
    list(lost.order_by("pk").select_for_update(of=("self",), no_key=True).values_list("pk"))
    changed = _Placing(day).place(list(lost.select_related("commune").order_by("pk")))
    Venue.objects.bulk_update(changed, ["commune"], batch_size=_BATCH)
    bulk.note(Venue, changed, by=actor, at=now, reason=reason, kind="~")
    followers.tell(PlacesChange(actor=actor, reason=reason, at=now))
    return len(changed)


def placed_by_the_product(venues: Collection[int]) -> set[int]:
    """Return the venues whose present commune was given to them here, not by a person."""
    history: Any = Venue.history.model
    last: dict[int, tuple[int | None, bool]] = {}
    keys = sorted(venues)
    for begin in range(0, len(keys), _BATCH):
        rows = history.objects.filter(id__in=keys[begin : begin + _BATCH]).order_by("history_id")
        for venue, commune, reason in rows.values_list("id", "commune_id", "history_change_reason"):
            if venue not in last or last[venue][0] != commune:
                last[venue] = (commune, (reason or "").startswith(REASON))
    return {venue for venue, (_commune, is_ours) in last.items() if is_ours}


class _Placing:
    """Finds the commune of ``day`` for many venues."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.links = AllLinks()
        self.shapes = boundaries.shapes_now()

    def place(self, venues: list[Venue]) -> list[Venue]:
        """Set the communes of venues and return those that changed."""
        former = self._former([venue for venue in venues if _is_adrift(venue)])
        changed = []
        for venue in venues:
            found = self._find(venue, former)
            if found is not None and found != venue.commune_id:
                venue.commune_id = found
                changed.append(venue)
        return changed

    def _find(self, venue: Venue, former: dict[int, list[Standing]]) -> int | None:
        inside = self.shapes.unit_at(venue.point, self.day) if venue.point else None
        if venue.commune is None:
            return inside
        starts = former[venue.pk] if _is_adrift(venue) else [standing(venue.commune)]
        candidates: dict[int, bool] = {}
        for start in starts:
            candidates |= lineage.reached(start, self.day, self.links)
        return inside if inside in candidates else next(iter(candidates), inside)

    def _former(self, venues: list[Venue]) -> dict[int, list[Standing]]:
        """Return, for venues in units that are not active, the active units they lay in before.

        The last one in the venue's history first; then whatever went into the unit.
        """
        found: dict[int, list[Standing]] = {venue.pk: [] for venue in venues}
        origins = _origins({venue.commune_id for venue in venues if venue.commune_id})
        for venue_id, unit in _history(list(found)):
            if unit not in found[venue_id]:
                found[venue_id].append(unit)
        for venue in venues:
            likely = origins.get(venue.commune_id or 0, [])
            before = found[venue.pk]
            # A person may have moved the venue from elsewhere: only what the unit was made of.
            known = [unit for unit in before if unit in likely] if likely else before
            found[venue.pk] = [*known, *(unit for unit in likely if unit not in known)]
        return found


def _is_adrift(venue: Venue) -> bool:
    return venue.commune is not None and not venue.commune.is_active


def _origins(units: set[int]) -> dict[int, list[Standing]]:
    """Return the active units that went into units of sets that are not active."""
    rows = Succession.objects.filter(successor__in=units, predecessor__is_active=True)
    found: dict[int, list[Standing]] = {}
    for row in rows.select_related("predecessor").order_by("-is_main", "predecessor__code"):
        found.setdefault(row.successor_id, []).append(standing(row.predecessor))
    return found


def _history(venues: list[int]) -> list[tuple[int, Standing]]:
    """Return the active communes in the histories of venues, the latest of each first."""
    before = communes_before(venues)
    keys = {unit for units in before.values() for unit in units}
    units = AdministrativeUnit.objects.active().in_bulk(keys)
    return [
        (venue, standing(units[unit]))
        for venue, found in before.items()
        for unit in found
        if unit in units
    ]
