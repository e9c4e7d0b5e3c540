"""What people have typed about how long ways take; it wins over what is computed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from outreach.places.models import TravelTime, Venue

Way = tuple[int | None, int]
"""Keys of the venues at which a way begins and ends; it may begin anywhere."""


def typed(origin: Venue | None, destination: Venue, day: date) -> TravelTime | None:
    """Return what somebody typed about a way on a day, or ``None``; see :class:`TypedTimes`."""
    return TypedTimes([origin, destination]).on(origin, destination, day)


class TypedTimes:
    """What was typed about the ways between some venues, read in one query.

    What is said of the way itself counts before what is said of a venue "from wherever the vehicle
    comes". There, what is said of single months counts before all year; then what was typed for
    this direction before what was typed for the other one and holds both ways.
    """

    def __init__(self, venues: Iterable[Venue | None]) -> None:
        keys = {venue.pk for venue in venues if venue is not None}
        rows = TravelTime.objects.filter(destination__in=keys).filter(
            Q(origin__isnull=True) | Q(origin__in=keys)
        )
        self._rows: dict[Way, list[TravelTime]] = defaultdict(list)
        for row in rows.order_by("pk") if keys else ():
            self._rows[row.origin_id, row.destination_id].append(row)

    def on(self, origin: Venue | None, destination: Venue, day: date) -> TravelTime | None:
        """Return what was typed about a way on a day, or ``None``."""
        if origin is not None and origin.pk == destination.pk:
            return None  # nobody leaves
        there: Way = (origin.pk if origin else None, destination.pk)
        if origin is not None:
            found = self._best(there, (destination.pk, origin.pk), day)
            if found is not None:
                return found
        return self._best((None, destination.pk), None, day)

    def home(self, origin: Venue, base: Venue, day: date) -> TravelTime | None:
        """Return what was typed about the way back to where the vehicle came from, or ``None``.

        There, what is said of the last venue "from wherever the vehicle comes, and back" holds.
        """
        if origin.pk == base.pk:
            return None
        return self.on(origin, base, day) or self._best(None, (None, origin.pk), day)

    def _best(self, there: Way | None, back: Way | None, day: date) -> TravelTime | None:
        """Return what counts first of what is said in one direction and in the other."""
        said = list(self._rows.get(there, ())) if there else []
        said += [row for row in self._rows.get(back, ()) if row.both_ways] if back else []
        seasonal = (row for row in said if day.month in row.months)
        all_year = (row for row in said if not row.months)
        return next(seasonal, None) or next(all_year, None)
