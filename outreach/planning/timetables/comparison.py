"""What an import would store, found by comparing a checked timetable with what is stored.

Nothing is written here: the records that are missing are made in memory, ready to be stored.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.folding import fold, slug
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.planning.models import Promise
from outreach.planning.timetables import exporting, zones
from outreach.planning.timetables.checks import Checked, Visiting, Window
from outreach.planning.timetables.communes import Communes
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.recurrence import dates
from outreach.planning.timetables.stops import Stop
from outreach.planning.timetables.traffic import Traffic, Wanted
from outreach.routing.travel import distance_m
from outreach.scheduling.models import Event, Series

SAME_VENUE_M = 500
"""Stops of one name and village no farther apart are one venue."""
CYCLE_WEEKS = 52
"""How far ahead a venue's visits are looked at to tell how often it is promised one."""
IMPORT_REASON = "timetable imported"
"""Of history rows, by which a later import knows what people have not touched."""

_SERIES_FIELDS = (
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


@dataclass(slots=True)
class Kept:
    """Records of one kind: those to be stored, those to be changed, and how many stay."""

    new: list[Any] = field(default_factory=list)
    changed: list[Any] = field(default_factory=list)
    unchanged: int = 0

    def counts(self) -> dict[str, int]:
        """Return how many there are of each."""
        return {"new": len(self.new), "changed": len(self.changed), "unchanged": self.unchanged}


@dataclass(slots=True)
class Plan:
    """Everything an import would do."""

    window: Window
    rows: int = 0
    imported: set[int] = field(default_factory=set)
    names: dict[int, str] = field(default_factory=dict)
    remarks: list[Remark] = field(default_factory=list)
    libraries: Kept = field(default_factory=Kept)
    vehicles: Kept = field(default_factory=Kept)
    venues: Kept = field(default_factory=Kept)
    series: Kept = field(default_factory=Kept)
    promises: Kept = field(default_factory=Kept)
    visits: list[Wanted] = field(default_factory=list)
    visits_unchanged: int = 0
    removed: list[Event] = field(default_factory=list)

    @property
    def refused(self) -> int:
        """How many rows are not imported."""
        return self.rows - len(self.imported)

    @property
    def warned(self) -> int:
        """How many imported rows somebody should look at."""
        return len({remark.row for remark in self.remarks if remark.row in self.imported})

    @property
    def warnings(self) -> list[Remark]:
        """The remarks that are no refusals."""
        return [remark for remark in self.remarks if not remark.is_refusal]

    @property
    def changes_nothing(self) -> bool:
        """Whether everything is stored already as the file says."""
        kinds = (self.libraries, self.vehicles, self.venues, self.series, self.promises)
        return not (self.visits or self.removed or any(kept.new or kept.changed for kept in kinds))

    def counts(self) -> dict[str, dict[str, int]]:
        """Return what would be new, changed and unchanged, by kind of record."""
        return {
            "libraries": self.libraries.counts(),
            "vehicles": self.vehicles.counts(),
            "venues": self.venues.counts(),
            "series": self.series.counts(),
            "promises": self.promises.counts(),
            "visits": {
                "new": len(self.visits),
                "changed": 0,
                "unchanged": self.visits_unchanged,
                "removed": len(self.removed),
            },
        }


def compare(
    checked: Checked,
    window: Window,
    *,
    library: Library | None,
    time_zone: str,
    now: datetime,
) -> Plan:
    """Return what importing the accepted rows would do.

    Args:
        library: whose timetable it is; ``None`` to take each row's organisation, which is made
            where there is no library of its name.
        time_zone: of a library that is made; empty to tell it by the points.
    """
    plan = Plan(window, checked.rows, remarks=list(checked.remarks), names=checked.names)
    groups: dict[str, list[Visiting]] = defaultdict(list)
    for visiting in checked.accepted:
        groups["" if library else visiting.stop.organisation].append(visiting)
    for organisation, accepted in groups.items():
        owner = library or _library_called(organisation)
        if owner is None:
            owner = _new_library(organisation, accepted, time_zone, plan, now)
        else:
            plan.libraries.unchanged += 1
            _compare_zones(owner, accepted, plan, now)
        if library is not None:
            accepted = _own_rows(accepted, library, plan)
        _OfLibrary(owner, window, plan).compare(accepted)
    plan.imported = {visiting.stop.row for visiting in checked.accepted} - {
        remark.row for remark in plan.remarks if remark.is_refusal
    }
    plan.remarks.sort(key=lambda remark: remark.row)
    return plan


# --- Libraries ---------------------------------------------------------------------------------


def _library_called(name: str) -> Library | None:
    wanted = fold(name)
    for library in Library.objects.running_services().order_by("slug"):
        names = (library.slug, library.name_vi, library.name_en, library.short_vi, library.short_en)
        if wanted in {fold(one) for one in names}:
            return library
    return None


def _new_library(
    organisation: str,
    accepted: Sequence[Visiting],
    time_zone: str,
    plan: Plan,
    now: datetime,
) -> Library:
    name = organisation or "Mobile library"
    library = Library(
        slug=_free_slug(
            slug(name)[:50] or "library", set(Library.objects.values_list("slug", flat=True))
        ),
        name_vi=name,
        name_en=name,
        short_vi=name[:60],
        short_en=name[:60],
    )
    usual = library.time_zone
    found = time_zone or zones.zone_at(_points(accepted))
    if found is None:
        plan.remarks.append(Remark(0, Notice.NO_ZONE, {"zone": usual}))
    elif time_zone or not zones.keep_the_same_time(found, usual, now=now):
        library.time_zone = found
    plan.libraries.new.append(library)
    return library


def _compare_zones(
    library: Library, accepted: Sequence[Visiting], plan: Plan, now: datetime
) -> None:
    found = zones.zone_at(_points(accepted))
    if found and not zones.keep_the_same_time(found, library.time_zone, now=now):
        params = {"found": found, "kept": library.time_zone}
        plan.remarks.append(Remark(0, Notice.OTHER_ZONE, params))


def _own_rows(accepted: Sequence[Visiting], library: Library, plan: Plan) -> list[Visiting]:
    """Return the rows that do not name another library; refuse those that do."""
    others: dict[str, bool] = {}
    own = []
    for visiting in accepted:
        stop = visiting.stop
        if stop.organisation not in others:
            named = _library_called(stop.organisation) if stop.organisation else None
            others[stop.organisation] = named is not None and named.pk != library.pk
        if others[stop.organisation]:
            params = {"said": stop.organisation}
            plan.remarks.append(Remark(stop.row, Notice.OTHER_LIBRARY, params, "organisation"))
        else:
            own.append(visiting)
    return own


def _points(accepted: Iterable[Visiting]) -> list[tuple[float, float]]:
    return [one.stop.point for one in accepted if one.stop.point is not None]


def _free_slug(base: str, taken: set[str]) -> str:
    if base not in taken:
        return base
    return next(
        f"{base}-{number}" for number in range(2, len(taken) + 3) if f"{base}-{number}" not in taken
    )


# --- One library's part ------------------------------------------------------------------------


class _OfLibrary:
    """Compares the rows of one library."""

    def __init__(self, library: Library, window: Window, plan: Plan) -> None:
        self.library = library
        self.window = window
        self.plan = plan
        self.is_stored = library.pk is not None

    def compare(self, accepted: Sequence[Visiting]) -> None:
        """Add what these rows need to the plan."""
        if not accepted:
            return
        vehicles = _Vehicles(self.library, self.plan)
        venues = _Venues(self.library, self.plan, [one.stop for one in accepted], self.window.since)
        rows = [
            _Row(visiting, vehicles.of(visiting.stop), venues.of(visiting.stop))
            for visiting in accepted
        ]
        stored = _StoredSeries(self.library, [row.vehicle for row in rows], self.plan)
        for row in rows:
            row.series = stored.exact(row.wanted())
        for row in rows:
            if row.series is None:
                row.series = stored.like(row.wanted()) or row.wanted()
                if row.series._state.adding:
                    self.plan.series.new.append(row.series)
        stored.tell_left()
        self._compare_visits(rows)
        self._compare_promises(rows)

    def _compare_visits(self, rows: Sequence[_Row]) -> None:
        traffic = Traffic(self.library, self.window, [row.series for row in rows if row.series])
        zone = self.library.zone
        for row in rows:
            stop, series = row.visiting.stop, row.series
            assert series is not None
            wanted = [
                Wanted(
                    row=stop.row,
                    series=series,
                    on=day,
                    starts_at=clock.at(day, stop.arrives, zone),
                    ends_at=clock.at(day, stop.departs, zone),
                )
                for day in row.visiting.days
            ]
            self.plan.visits_unchanged += traffic.settle(series, wanted)
        self.plan.visits += traffic.free()
        self.plan.removed += traffic.removed
        self.plan.remarks += traffic.remarks

    def _compare_promises(self, rows: Sequence[_Row]) -> None:
        by_venue: dict[int, list[_Row]] = defaultdict(list)
        for row in rows:
            by_venue[id(row.venue)].append(row)
        stored = _StoredPromises(self.library, self.window.since)
        for group in by_venue.values():
            promise = _promise_of(group, self.window)
            if promise is not None:
                stored.compare(promise, group[0].visiting.stop.row, self.plan)


@dataclass(slots=True)
class _Row:
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


class _Vehicles:
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
            vehicle = Vehicle(library=self.library, name=name, slug=_free_slug(base, self.slugs))
            self.slugs.add(vehicle.slug)
            self.known[key] = vehicle
            self.plan.vehicles.new.append(vehicle)
        elif vehicle.pk is not None and key not in self.used:
            self.plan.vehicles.unchanged += 1
        self.used.add(key)
        return vehicle


class _Venues:
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
        code = _free_slug(slug(f"{stop.name} {stop.community}")[:60] or "venue", self.codes)
        self.codes.add(code)
        lat, lon = stop.point or (None, None)
        return Venue(
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
            folded=fold(stop.name)[:170],
        )


def _is_same(venue: Venue, stop: Stop) -> bool:
    """Tell whether a row of the same name and village means this venue."""
    if venue.point is not None and stop.point is not None:
        return distance_m(venue.point, stop.point) <= SAME_VENUE_M
    return fold(venue.address) == fold(stop.address)


class _StoredSeries:
    """The stored series of some vehicles, each of which one row may take."""

    def __init__(self, library: Library, vehicles: Sequence[Vehicle], plan: Plan) -> None:
        self.plan = plan
        keys = {vehicle.pk for vehicle in vehicles} - {None}
        stored = Series.objects.filter(library=library.pk, vehicle__in=keys)
        self.left = list(stored.select_related("library", "vehicle", "venue__commune"))

    def exact(self, wanted: Series) -> Series | None:
        """Return the stored series that says the same, which then is taken."""
        return self._take(wanted, (*_SERIES_FIELDS, "venue_id", "vehicle_id"), changes=False)

    def like(self, wanted: Series) -> Series | None:
        """Return the stored series that this one has become, brought in line with it."""
        return self._take(wanted, ("venue_id", "vehicle_id", "route", "weekday"), changes=True)

    def _take(self, wanted: Series, same: Sequence[str], *, changes: bool) -> Series | None:
        for place, series in enumerate(self.left):
            if all(getattr(series, name) == getattr(wanted, name) for name in same):
                del self.left[place]
                if changes:
                    for name in _SERIES_FIELDS:
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


# --- Promises ----------------------------------------------------------------------------------


def _promise_of(rows: Sequence[_Row], window: Window) -> Promise | None:
    """Return how often the rows of a venue say it is visited; ``None`` for less than twice."""
    until = window.since + timedelta(weeks=CYCLE_WEEKS)
    days: set[date] = set()
    for row in rows:
        stop = row.visiting.stop
        days.update(
            dates(
                stop.rule,
                stop.starts_on,
                since=window.since,
                until=until,
                ends_on=stop.ends_on,
                exceptions=stop.exceptions,
            )
        )
    ordered = sorted(days)
    if len(ordered) < 2:
        return None
    longest = max((b - a).days for a, b in itertools.pairwise(ordered))
    ends = [row.visiting.stop.ends_on for row in rows]
    minutes = max(_minutes(row.visiting.stop) for row in rows)
    return Promise(
        venue=rows[0].venue,
        every_weeks=min(max(-(-longest // 7), 1), 26),
        service_min=min(max(minutes, 1), 600),
        starts_on=window.since,
        ends_on=None if None in ends else max(end for end in ends if end),
    )


def _minutes(stop: Stop) -> int:
    arrives, departs = stop.arrives, stop.departs
    return (departs.hour - arrives.hour) * 60 + departs.minute - arrives.minute


class _StoredPromises:
    """The promises of a library's venues that hold now or will hold."""

    def __init__(self, library: Library, today: date) -> None:
        self.by_venue: dict[int, list[Promise]] = defaultdict(list)
        self.imported: set[int] = set()
        if library._state.adding:
            return
        stored = Promise.objects.filter(venue__library=library).exclude(ends_on__lte=today)
        for promise in stored.select_related("venue"):
            self.by_venue[promise.venue_id].append(promise)
        self.imported = _last_changed_by_import(
            [one.pk for promises in self.by_venue.values() for one in promises]
        )

    def compare(self, wanted: Promise, row: int, plan: Plan) -> None:
        """Add the promise to the plan, unless one stands that people made or that says the same."""
        standing = self.by_venue.get(wanted.venue.pk, []) if wanted.venue.pk else []
        if not standing:
            plan.promises.new.append(wanted)
            return
        promise = standing[0]
        meant = (wanted.every_weeks, wanted.service_min, wanted.ends_on)
        if (promise.every_weeks, promise.service_min, promise.ends_on) == meant:
            plan.promises.unchanged += 1
        elif len(standing) == 1 and promise.pk in self.imported:
            promise.every_weeks, promise.service_min, promise.ends_on = meant
            plan.promises.changed.append(promise)
        else:
            plan.promises.unchanged += 1
            if promise.every_weeks != wanted.every_weeks:
                params = {"kept": promise.every_weeks, "meant": wanted.every_weeks}
                plan.remarks.append(Remark(row, Notice.PROMISE_STAYS, params, "frequency"))


def _last_changed_by_import(keys: Sequence[int]) -> set[int]:
    """Return the promises whose last change was an import's."""
    history: Any = Promise.history.model
    last: dict[int, str] = {}
    for start in range(0, len(keys), 500):
        rows = history.objects.filter(id__in=keys[start : start + 500]).order_by("history_id")
        for key, reason in rows.values_list("id", "history_change_reason"):
            last[key] = reason or ""
    return {key for key, reason in last.items() if reason == IMPORT_REASON}
