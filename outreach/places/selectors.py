"""Reads about places."""

from __future__ import annotations

from datetime import date

from outreach.places.models import AdministrativeUnit, Succession, Venue


def unit_on(unit: AdministrativeUnit, day: date) -> AdministrativeUnit:
    """Return the unit that stood on ``day`` where ``unit`` stands (or stood).

    Follows successions backwards or forwards, preferring the unit that kept the code, then the main
    successor. Returns ``unit`` itself where nothing better is known.
    """
    seen = {unit.pk}
    current = unit
    while day < current.valid_from:
        origins = [
            row.predecessor
            for row in Succession.objects.filter(successor=current)
            .select_related("predecessor")
            .order_by("-is_main", "predecessor__code")
        ]
        same_code = [origin for origin in origins if origin.code == current.code]
        step = next(iter(same_code or origins), None)
        if step is None or step.pk in seen:
            return unit
        seen.add(step.pk)
        current = step
    while current.valid_to is not None and day >= current.valid_to:
        row = (
            Succession.objects.filter(predecessor=current, is_main=True)
            .select_related("successor")
            .first()
        )
        if row is None or row.successor_id in seen:
            return unit
        seen.add(row.successor_id)
        current = row.successor
    return current


def commune_of(venue: Venue, day: date) -> AdministrativeUnit | None:
    """Return the commune a venue lay in on ``day``; ``None`` where its units are not loaded."""
    return None if venue.commune is None else unit_on(venue.commune, day)
