"""Finding the stored vehicle, venue and series that a row means, and making those that are new."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from outreach.accounts.models import Library
from outreach.common.folding import fold, slug
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.planning.timetables import exporting
from outreach.planning.timetables.checks import Visiting
from outreach.planning.timetables.communes import Communes
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.plan import Plan
from outreach.planning.timetables.stops import Stop
from outreach.routing.travel import distance_m
from outreach.scheduling.models import Series

SAME_VENUE_M = 500
"""Stops of one name and village no farther apart are one venue."""

SERIES_FIELDS = (
    "route",
    "visit_type",
    "rule",
    "weekday",
    "arrives",
    "departs",
    "starts_on",
    "ends_on",
    "exceptions",
    "timetable_url",
    "stated",
)


def free_slug(base: str, taken: set[str]) -> str:
    """Return ``base``, or with the first number behind it that is not taken."""
    if base not in taken:
        return base
    return next(
        f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken
    )


@dataclass(slots=True)
class Row:
    """An accepted row with the records it belongs to."""

    visiting: Visiting
    vehicle: Vehicle
    venue: Venue
    series: Series | None = None

    def wanted(self) -> Series:
        """Return the series the row describes, not stored."""
        stop = self.visiting.stop
        series = Series(
            library=self.venue.library,
            vehicle=self.vehicle,
            venue=self.venue,
            route=stop.route,
            visit_type=stop.visit_type,
            rule=stop.rule,
            weekday=stop.weekday,
            arrives=stop.arrives,
            departs=stop.departs,
            starts_on=stop.starts_on,
            ends_on=stop.ends_on,
            exceptions=[day.isoformat() for day in stop.exceptions],
            timetable_url=stop.timetable_url,
        )
        series.stated = exporting.stated_of(series, stop.said)
        return series


class Vehicles:
    """The vehicles that rows name, stored or new."""

    def __init__(self, library: Library, plan: Plan) -> None:
        self.library = library
        self.plan = plan
        stored = Vehicle.objects.filter(library=library.pk)
        self.known = {fold(vehicle.name): vehicle for vehicle in stored.order_by("is_in_use", "pk")}
        self.used: set[str] = set()
        self.slugs = set(Vehicle.objects.values_list("slug", flat=True))

    def of(self, stop: Stop) -> Vehicle:
        """Return the vehicle of a row; one without a name has the library's."""
        name = stop.mobile or self.library.name_vi[:100]
        key = fold(name)
        if not stop.mobile and key not in self.used:
            self.plan.remarks.append(
                Remark(stop.row, Notice.UNNAMED_VEHICLE, {"name": name}, "mobile")
            )
        vehicle = self.known.get(key)
        if vehicle is None:
            base = f"{self.library.slug[:30]}-{slug(name)[:25] or 'vehicle'}"
            vehicle = Vehicle(library=self.library, name=name, slug=free_slug(base, self.slugs))
            self.slugs.add(vehicle.slug)
            self.known[key] = vehicle
            self.plan.vehicles.new.append(vehicle)
        elif vehicle.pk is not None and key not in self.used:
            self.plan.vehicles.unchanged += 1
        self.used.add(key)
        return vehicle


class Venues:
    """The venues that rows name, stored or new."""

    def __init__(self, library: Library, plan: Plan, stops: Sequence[Stop], today: date) -> None:
        self.library = library
        self.plan = plan
        self.communes = Communes(library, stops, today)
        self.known: dict[tuple[str, str], list[Venue]] = defaultdict(list)
        self.used: set[int] = set()
        stored = Venue.objects.filter(library=library.pk).in_use()
        for venue in stored.select_related("library", "commune").order_by("pk"):
            self.known[fold(venue.name), fold(venue.locality)].append(venue)
        self.codes = set(Venue.objects.values_list("code", flat=True))
        if not self.communes.are_loaded:
            plan.remarks.append(Remark(0, Notice.NO_UNITS))

    def of(self, stop: Stop) -> Venue:
        """Return the venue of a row."""
        near = self.known[fold(stop.name), fold(stop.community)]
        venue = next((one for one in near if _is_same(one, stop)), None)
        if venue is None:
            venue = self._new(stop)
            near.append(venue)
            self.plan.venues.new.append(venue)
        elif venue.pk is not None and id(venue) not in self.used:
            self.plan.venues.unchanged += 1
        self.used.add(id(venue))
        return venue

    def _new(self, stop: Stop) -> Venue:
        code = free_slug(slug(f"{stop.name} {stop.community}")[:60] or "venue", self.codes)
        self.codes.add(code)
        lat, lon = stop.point or (None, None)
        venue = Venue(
            library=self.library,
            code=code,
            name=stop.name,
            kind=Venue.Kind.OTHER,
            commune=self.communes.of(stop),
            locality=stop.community,
            address=stop.address,
            postcode=stop.postcode,
            lat=lat,
            lon=lon,
        )
        venue.fold_names()
        return venue


def _is_same(venue: Venue, stop: Stop) -> bool:
    """Tell whether a row of the same name and village means this venue."""
    if venue.point is not None and stop.point is not None:
        return distance_m(venue.point, stop.point) <= SAME_VENUE_M
    return fold(venue.address) == fold(stop.address)


class StoredSeries:
    """The stored series of some vehicles, each of which one row may take."""

    def __init__(self, library: Library, vehicles: Sequence[Vehicle], plan: Plan) -> None:
        self.plan = plan
        keys = {vehicle.pk for vehicle in vehicles} - {None}
        stored = Series.objects.filter(library=library.pk, vehicle__in=keys)
        self.left = list(stored.select_related("library", "vehicle", "venue__commune"))

    def exact(self, wanted: Series) -> Series | None:
        """Return the stored series that says the same, which then is taken."""
        return self._take(wanted, (*SERIES_FIELDS, "venue_id", "vehicle_id"), changes=False)

    def like(self, wanted: Series) -> Series | None:
        """Return the stored series that this one has become, brought in line with it."""
        return self._take(wanted, ("venue_id", "vehicle_id", "route", "weekday"), changes=True)

    def _take(self, wanted: Series, same: Sequence[str], *, changes: bool) -> Series | None:
        for place, series in enumerate(self.left):
            if all(getattr(series, name) == getattr(wanted, name) for name in same):
                del self.left[place]
                if changes:
                    for name in SERIES_FIELDS:
                        setattr(series, name, getattr(wanted, name))
                    self.plan.series.changed.append(series)
                else:
                    self.plan.series.unchanged += 1
                return series
        return None

    def tell_left(self) -> None:
        """Tell how many stored series of these vehicles no row describes."""
        today = self.plan.window.since
        left = [one for one in self.left if one.ends_on is None or one.ends_on > today]
        if left:
            self.plan.remarks.append(Remark(0, Notice.NOT_IN_FILE, {"count": len(left)}))
