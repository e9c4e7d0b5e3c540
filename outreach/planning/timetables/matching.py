"""Finding the stored vehicle, venue and series that a row means, and making those that are new."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from copy import copy
from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any, TypeVar

from outreach.accounts.models import Library
from outreach.common.folding import free_slug, slug
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.places.services.venues import RESERVED
from outreach.planning.timetables import exporting
from outreach.planning.timetables.checks import Visiting
from outreach.planning.timetables.communes import Communes
from outreach.planning.timetables.names import same_name
from outreach.planning.timetables.namesakes import SAME_VENUE_M, Namesakes
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.plan import IMPORT_REASON, Plan
from outreach.planning.timetables.stops import Stop
from outreach.routing.travel import distance_m
from outreach.scheduling.models import Series

Record = TypeVar("Record", Vehicle, Venue)

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
WHEN_FIELDS = ("rule", "weekday", "arrives", "departs", "starts_on", "ends_on", "exceptions")
"""Those that say when visits are."""
_JSON_FIELDS = ("exceptions", "stated")


class Imported:
    """Vehicles and venues as the last import left them, before people changed them.

    A row that says what it always said then still means the record that it became.
    """

    def __init__(self, library: Library) -> None:
        self.vehicles: dict[int, Vehicle] = {}
        self.venues: dict[int, Venue] = {}
        if library._state.adding:
            return
        for vehicle in _last_imported(Vehicle, library, ("name",)):
            self.vehicles[vehicle.pk] = vehicle
        fields = ("name", "locality", "address", "postcode", "lat", "lon")
        for venue in _last_imported(Venue, library, fields):
            self.venues[venue.pk] = venue

    def series(self, series: Series) -> Series:
        """Return a series as if nobody had changed its vehicle and venue."""
        venue, vehicle = series.venue, series.vehicle
        if vehicle is not None and vehicle.pk is not None:
            vehicle = self.vehicles.get(vehicle.pk, vehicle)
        if venue.pk is not None:
            venue = self.venues.get(venue.pk, venue)
        if (venue, vehicle) == (series.venue, series.vehicle) and venue is series.venue:
            return series
        then = copy(series)
        then._state = copy(series._state)
        then._state.fields_cache = {}
        then.library, then.venue, then.vehicle = series.library, venue, vehicle
        return then


def _last_imported(
    model: type[Record], library: Library, fields: Sequence[str]
) -> Iterator[Record]:
    """Yield records of a library as the last import left them."""
    history: Any = model.history.model
    rows = history.objects.filter(library_id=library.pk, history_change_reason=IMPORT_REASON)
    for row in rows.order_by("history_id").values("id", *fields):
        yield model(pk=row.pop("id"), library=library, **row)


@dataclass(slots=True)
class Row:
    """An accepted row with the records it belongs to."""

    visiting: Visiting
    vehicle: Vehicle
    venue: Venue
    imported: Imported
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
        series.stated = exporting.stated_of(self.imported.series(series), stop.said)
        return series


class Vehicles:
    """The vehicles that rows name, stored or new."""

    def __init__(self, library: Library, plan: Plan, imported: Imported) -> None:
        self.library = library
        self.plan = plan
        vehicles = Vehicle.objects.filter(library=library.pk).select_related("base")
        stored = list(vehicles.order_by("is_in_use", "pk"))
        self.known = {
            same_name(imported.vehicles[vehicle.pk].name): vehicle
            for vehicle in stored
            if vehicle.pk in imported.vehicles
        }
        self.known |= {same_name(vehicle.name): vehicle for vehicle in stored}
        self.used: set[str] = set()
        self.slugs = set(Vehicle.objects.values_list("slug", flat=True))
        self.slugs |= {vehicle.slug for vehicle in plan.vehicles.new}

    def of(self, stop: Stop) -> Vehicle:
        """Return the vehicle of a row; one without a name has the library's."""
        name = stop.mobile or self.library.name_vi[:100]
        key = same_name(name)
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

    def __init__(
        self,
        library: Library,
        plan: Plan,
        stops: Sequence[Stop],
        today: date,
        imported: Imported,
    ) -> None:
        self.library = library
        self.plan = plan
        self.imported = imported
        self.communes = Communes(library, stops, today)
        self.namesakes = Namesakes(self.communes)
        self.doubts: dict[int, Remark] = {}
        self.known: dict[tuple[str, str], list[Venue]] = defaultdict(list)
        self.used: set[int] = set()
        stored = Venue.objects.filter(library=library.pk).in_use()
        for venue in stored.select_related("library", "commune").order_by("pk"):
            names = {_name_of(venue), _name_of(imported.venues.get(venue.pk, venue))}
            for name in names:
                self.known[name].append(venue)
            self.namesakes.add({name for name, _locality in names}, venue)
        self.codes = {*RESERVED, *Venue.objects.values_list("code", flat=True)}
        self.codes |= {venue.code for venue in plan.venues.new}
        if not self.communes.are_loaded:
            plan.remarks.append(Remark(0, Notice.NO_UNITS))

    def of(self, stop: Stop) -> Venue:
        """Return the venue of a row."""
        near = self.known[same_name(stop.name), same_name(stop.community)]
        venue = next((one for one in near if self._is_meant(one, stop)), None)
        remark = None
        if venue is None:
            venue, remark = self.namesakes.meant_by(stop)
        if venue is None:
            venue = self._new(stop)
            near.append(venue)
            self.plan.venues.new.append(venue)
            if remark is not None:
                self.doubts[id(venue)] = remark
        elif venue.pk is not None and id(venue) not in self.used:
            self.plan.venues.unchanged += 1
        remark = remark or self.doubts.get(id(venue))
        if remark is not None:
            self.plan.remarks.append(replace(remark, row=stop.row))
        self.used.add(id(venue))
        return venue

    def _is_meant(self, venue: Venue, stop: Stop) -> bool:
        then = self.imported.venues.get(venue.pk, venue) if venue.pk is not None else venue
        return _is_same(venue, stop) or _is_same(then, stop)

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
    return same_name(venue.address) == same_name(stop.address)


def _name_of(venue: Venue) -> tuple[str, str]:
    return same_name(venue.name), same_name(venue.locality)


_Key = tuple[object, ...]


class StoredSeries:
    """The stored series of some vehicles, each of which one row may take."""

    def __init__(
        self,
        library: Library,
        vehicles: Sequence[Vehicle],
        plan: Plan,
        aside: Collection[int] = (),
    ) -> None:
        """Read the series.

        Args:
            aside: keys of those that belong to refused rows: no other row takes them.
        """
        self.plan = plan
        keys = {vehicle.pk for vehicle in vehicles} - {None}
        stored = Series.objects.filter(library=library.pk, vehicle__in=keys).order_by("pk")
        self.left = {
            series.pk: series
            for series in stored.select_related("library", "vehicle__base", "venue__commune")
            if series.pk not in aside
        }
        self._by_all: dict[_Key, list[Series]] = defaultdict(list)
        self._by_place: dict[_Key, list[Series]] = defaultdict(list)
        for series in self.left.values():
            self._by_all[_all_of(series)].append(series)
            self._by_place[_place_of(series)].append(series)

    def exact(self, wanted: Series) -> Series | None:
        """Return the stored series that says the same, which then is taken."""
        for series in self._by_all.get(_all_of(wanted), ()):
            if self.left.pop(series.pk, None) is not None:
                self.plan.series.unchanged += 1
                return series
        return None

    def like(self, wanted: Series) -> Series | None:
        """Return the stored series that this one has become, brought in line with it.

        Of several at the venue on that route and weekday, the one nearest in time.
        """
        left = [one for one in self._by_place.get(_place_of(wanted), ()) if one.pk in self.left]
        if not left:
            return None
        series = min(left, key=lambda one: _minutes_between(one.arrives, wanted.arrives))
        del self.left[series.pk]
        if any(getattr(series, name) != getattr(wanted, name) for name in WHEN_FIELDS):
            self.plan.retimed.add(series.pk)
        for name in SERIES_FIELDS:
            setattr(series, name, getattr(wanted, name))
        self.plan.series.changed.append(series)
        return series

    def tell_left(self) -> None:
        """Tell how many stored series of these vehicles no row describes."""
        today = self.plan.window.since
        left = [one for one in self.left.values() if one.ends_on is None or one.ends_on > today]
        if left:
            self.plan.remarks.append(Remark(0, Notice.NOT_IN_FILE, {"count": len(left)}))


def _all_of(series: Series) -> _Key:
    said = json.dumps([series.exceptions, series.stated], sort_keys=True)
    others = (getattr(series, name) for name in SERIES_FIELDS if name not in _JSON_FIELDS)
    return (said, *others, *_place_of(series))


def _place_of(series: Series) -> _Key:
    return series.venue_id, series.vehicle_id, series.route, series.weekday


def _minutes_between(one: time, other: time) -> int:
    return abs((one.hour - other.hour) * 60 + one.minute - other.minute)
