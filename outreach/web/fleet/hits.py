"""Which trips are planned while a vehicle or crew member is not to be had."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from django.urls import reverse

from outreach.common import clock
from outreach.fleet.models import Unavailability
from outreach.scheduling.models import Duty, Trip


@dataclass(frozen=True, slots=True)
class TimeOff:
    """A time off as the list shows it.

    Attributes:
        trips: what is planned in it.
        disruption_url: the page that calls them off or moves them, filled in.
    """

    row: Unavailability
    trips: Sequence[Trip]
    disruption_url: str

    @property
    def is_whole_days(self) -> bool:
        """Whether it begins and ends at midnight."""
        return all(
            clock.local(moment).time().isoformat() == "00:00:00"
            for moment in (self.row.starts_at, self.row.ends_at)
        )

    @property
    def last_moment(self) -> object:
        """An instant on its last day."""
        return self.row.ends_at - timedelta(seconds=1)


def with_trips(rows: Sequence[Unavailability]) -> list[TimeOff]:
    """Return times off with the trips planned in them: two queries, however many."""
    if not rows:
        return []
    start, end = min(row.starts_at for row in rows), max(row.ends_at for row in rows)
    trips = Trip.objects.standing().meeting(start, end).select_related("vehicle", "library")
    of_vehicles = list(trips.filter(vehicle__in=[row.vehicle_id for row in rows if row.vehicle_id]))
    duties = Duty.objects.filter(
        is_standing=True,
        trip__isnull=False,
        member__in=[row.member_id for row in rows if row.member_id],
        starts_at__lt=end,
        ends_at__gt=start,
    ).select_related("trip__vehicle")
    of_members = [(duty.member_id, duty.trip) for duty in duties if duty.trip is not None]
    told = []
    for row in rows:
        own = [trip for trip in of_vehicles if trip.vehicle_id == row.vehicle_id]
        own += [trip for member, trip in of_members if member == row.member_id]
        met = [
            trip
            for trip in own
            if trip.departs_at < row.ends_at and trip.returns_at > row.starts_at
        ]
        told.append(TimeOff(row, met, _disruption_url(row)))
    return told


def trips_in(row: Unavailability) -> Sequence[Trip]:
    """Return the trips planned in one time off."""
    return with_trips([row])[0].trips


def _disruption_url(row: Unavailability) -> str:
    owner = row.vehicle or row.member
    named = {
        "library": owner.library.slug if owner else "",
        "starts_on": clock.local(row.starts_at).date().isoformat(),
        "last_on": clock.local(row.ends_at - timedelta(seconds=1)).date().isoformat(),
    }
    if row.vehicle is not None:
        named |= {"why": "breakdown", "vehicle": row.vehicle.slug}
    else:
        named |= {"why": "illness", "member": str(row.member_id)}
    return f"{reverse('disruption_new')}?{urlencode(named)}"
