"""What is on the roads and at the venues already when new visits are to be scheduled."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.db.models import Prefetch

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.fleet.models import Unavailability
from outreach.planning.timetables.checks import Window
from outreach.planning.timetables.notices import Notice, Remark
from outreach.scheduling.models import Duty, Event, Series, State, Trip, TripPause, TripQuerySet
from outreach.scheduling.services import in_bulk


@dataclass(frozen=True, slots=True)
class Wanted:
    """A visit that a row asks for.

    Attributes:
        on: its date in the series.
        event: the stored draft that it is already, at the times and on the trip it has now.
    """

    row: int
    series: Series
    on: date
    starts_at: datetime
    ends_at: datetime
    trip: Trip | None = None
    shares_venue: bool = False
    event: Event | None = None

    def meets(self, start: datetime, end: datetime) -> bool:
        """Tell whether it shares a moment with ``[start, end)``."""
        return self.starts_at < end and start < self.ends_at


class Traffic:
    """Settles which visits of a library's timetable are there, missing, or in the way of others."""

    def __init__(self, library: Library, window: Window, series: Iterable[Series]) -> None:
        self.window = window
        self.zone = library.zone
        self.remarks: list[Remark] = []
        self.removed: list[Event] = []
        self._missing: list[Wanted] = []
        self._drafts: list[Wanted] = []
        self._read: dict[int, Trip] = {}
        one_of_each = {id(one): one for one in series}.values()
        self._start = clock.start_of(window.since, self.zone)
        self._end = clock.start_of(window.until, self.zone)
        self._of_series = self._stored([one.pk for one in one_of_each if one.pk is not None])
        self._in_use = in_bulk.in_use(event for some in self._of_series.values() for event in some)
        self._vehicles = {one.vehicle.pk for one in one_of_each if one.vehicle} - {None}
        self._venues = {one.venue.pk for one in one_of_each} - {None}

    def _stored(self, keys: Sequence[int]) -> dict[int, list[Event]]:
        """Return the events of stored series in the window, by series."""
        found: dict[int, list[Event]] = defaultdict(list)
        for start in range(0, len(keys), 500):
            events = Event.objects.filter(
                series__in=keys[start : start + 500],
                series_on__gte=self.window.since,
            )
            for event in events.select_related("trip", "venue"):
                assert event.series_id is not None
                found[event.series_id].append(event)
        return found

    def settle(self, row: int, series: Series, wanted: Sequence[Wanted], *, changed: bool) -> int:
        """Compare the visits a row asks for with those of its series; return how many are there.

        Where the row says what it said before, what people did with its visits stays. Of a series
        that has changed, a draft the row no longer asks for, or at another time, is to be removed;
        what was public stays, with a remark.
        """
        missing = {visit.on: visit for visit in wanted}
        unchanged, stuck = 0, []
        for event in self._of_series.get(series.pk, []) if series.pk is not None else []:
            assert event.series_on is not None
            visit = missing.get(event.series_on)
            if event.series_on >= self.window.until:
                # Drafts that an earlier import made further ahead would keep the time that was.
                if changed and event.published_at is None and event.pk not in self._in_use:
                    self.removed.append(event)
                continue
            if not changed:
                missing.pop(event.series_on, None)
                unchanged += 1
                self._keep(row, series, event)
                continue
            is_free = event.published_at is None and event.pk not in self._in_use
            if is_free and not _says_the_same(event, visit):
                self.removed.append(event)
                continue
            missing.pop(event.series_on, None)
            if _says_the_same(event, visit) or event.state == State.CANCELLED:
                unchanged += 1
                self._keep(row, series, event)
            else:
                stuck.append(event.series_on)
        if stuck:
            params = {"count": len(stuck), "day": min(stuck).isoformat()}
            self.remarks.append(Remark(row, Notice.PUBLISHED_STAYS, params))
        self._missing += missing.values()
        return unchanged

    def _keep(self, row: int, series: Series, event: Event) -> None:
        """Note a draft that stays; what is or was public is its people's to answer for."""
        if event.state == State.DRAFT and event.published_at is None:
            on = event.series_on or self.window.since
            visit = Wanted(row, series, on, event.starts_at, event.ends_at, event=event)
            self._drafts.append(visit)

    def drafts(self) -> list[Wanted]:
        """Return the stored drafts that stay, with their trips; to be asked after :meth:`free`."""
        keys = {visit.event.trip_id for visit in self._drafts if visit.event is not None}
        unread = sorted(key for key in keys if key is not None and key not in self._read)
        for start in range(0, len(unread), 500):
            self._with_stops(Trip.objects.filter(pk__in=unread[start : start + 500]))
        return [
            replace(visit, trip=self._read[visit.event.trip_id])
            if visit.event is not None and visit.event.trip_id is not None
            else visit
            for visit in self._drafts
        ]

    def free(self) -> list[Wanted]:
        """Return the missing visits that nothing is in the way of, with the trips they join."""
        free = self._where_vehicles_are_free(self._missing)
        free = self._where_venues_are_free(free)
        return _sharing(free, self.remarks)

    # --- Vehicles ------------------------------------------------------------------------------

    def _where_vehicles_are_free(self, visits: Iterable[Wanted]) -> list[Wanted]:
        by_day: dict[tuple[int | None, int, date], list[Wanted]] = defaultdict(list)
        for visit in visits:
            vehicle = visit.series.vehicle
            by_day[vehicle.pk if vehicle else None, id(vehicle), visit.on].append(visit)
        trips, off = self._trips(), self._times_off()
        free: list[Wanted] = []
        left_out = _LeftOut()
        for (key, _identity, _day), group in by_day.items():
            if key is None:
                free += group
                continue
            reason = _time_off(group, off[key])
            if reason is not None:
                left_out.add(Notice.VEHICLE_OFF, group, reason=reason)
                continue
            joined = self._joined(group, trips[key])
            if joined is None:
                left_out.add(Notice.VEHICLE_BUSY, group)
            else:
                free += joined
        self.remarks += left_out.remarks()
        return free

    def _trips(self) -> dict[int, list[Trip]]:
        found: dict[int, list[Trip]] = defaultdict(list)
        trips = Trip.objects.filter(vehicle__in=self._vehicles).standing()
        for trip in self._with_stops(trips.meeting(self._start, self._end)):
            found[trip.vehicle_id].append(trip)
        return found

    def _with_stops(self, trips: TripQuerySet) -> list[Trip]:
        """Read trips with all that is asked of them."""
        read = trips.select_related("vehicle__base").prefetch_related(
            Prefetch("events", Event.objects.select_related("venue")),
            Prefetch("pauses", TripPause.objects.select_related("venue")),
            "duties",
            "overrides",
        )
        found = list(read)
        self._read |= {trip.pk: trip for trip in found}
        return found

    def _times_off(self) -> dict[int, list[Unavailability]]:
        found: dict[int, list[Unavailability]] = defaultdict(list)
        times = Unavailability.objects.filter(vehicle__in=self._vehicles)
        for time in times.meeting(self._start, self._end):
            assert time.vehicle_id is not None
            found[time.vehicle_id].append(time)
        return found

    def _joined(self, group: Sequence[Wanted], trips: Sequence[Trip]) -> list[Wanted] | None:
        """Return the visits of a vehicle's day with the trip they join; ``None`` if it is taken."""
        gone = {event.pk for event in self.removed}
        day = group[0].on
        join = next((trip for trip in trips if _is_of(trip, day)), None)
        start = min(visit.starts_at for visit in group)
        end = max(visit.ends_at for visit in group)
        if join is not None:
            events = [event for event in join.events.all() if event.state != State.CANCELLED]
            standing = [event for event in events if event.pk not in gone]
            for event in standing:
                if any(visit.meets(event.starts_at, event.ends_at) for visit in group):
                    return None
            start, end = _stretched(join, events, standing, start, end)
        for trip in trips:
            if trip is join or (trip.state == State.DRAFT and _is_left(trip, gone)):
                continue
            if trip.departs_at < end and start < trip.returns_at:
                return None
        if join is not None:
            if not _is_crew_free(join, start, end):
                return None
            join.departs_at, join.returns_at = start, end
        return [replace(visit, trip=join) for visit in group]

    # --- Venues --------------------------------------------------------------------------------

    def _where_venues_are_free(self, visits: Sequence[Wanted]) -> list[Wanted]:
        gone = {event.pk for event in self.removed}
        taken: dict[int, list[tuple[datetime, datetime]]] = defaultdict(list)
        keys = sorted(self._venues)
        for start in range(0, len(keys), 500):
            events = Event.objects.filter(
                venue__in=keys[start : start + 500], shares_venue=False
            ).standing()
            rows = events.meeting(self._start, self._end)
            for key, venue, since, until in rows.values_list("pk", "venue", "starts_at", "ends_at"):
                if key not in gone:
                    taken[venue].append((since, until))
        free, left_out = [], _LeftOut()
        for visit in visits:
            if any(visit.meets(*span) for span in taken.get(visit.series.venue.pk, ())):
                left_out.add(Notice.VENUE_BUSY, [visit])
            else:
                free.append(visit)
        self.remarks += left_out.remarks()
        return free


class _LeftOut:
    """Visits that something is in the way of, to be told once for each row."""

    def __init__(self) -> None:
        self._days: dict[tuple[int, Notice], list[date]] = defaultdict(list)
        self._facts: dict[tuple[int, Notice], dict[str, str]] = {}

    def add(self, notice: Notice, visits: Iterable[Wanted], **facts: str) -> None:
        for visit in visits:
            self._days[visit.row, notice].append(visit.on)
            self._facts.setdefault((visit.row, notice), facts)

    def remarks(self) -> Iterator[Remark]:
        for (row, notice), days in self._days.items():
            params = {"count": len(days), "day": min(days).isoformat()}
            yield Remark(row, notice, params | self._facts[row, notice])


def _says_the_same(event: Event, visit: Wanted | None) -> bool:
    return visit is not None and (event.starts_at, event.ends_at) == (
        visit.starts_at,
        visit.ends_at,
    )


def _stretched(
    trip: Trip,
    events: Sequence[Event],
    standing: Sequence[Event],
    start: datetime,
    end: datetime,
) -> tuple[datetime, datetime]:
    """Return when a trip is away that keeps some events and gets visits in ``[start, end)``.

    The time that people gave it before its first event and behind its last one stays.
    """
    starts = [start, *(event.starts_at for event in standing)]
    ends = [end, *(event.ends_at for event in standing)]
    if all(trip.departs_at < event.starts_at for event in events):
        starts.append(trip.departs_at)
    if all(trip.returns_at > event.ends_at for event in events):
        ends.append(trip.returns_at)
    return min(starts), max(ends)


def _is_left(trip: Trip, gone: Collection[int]) -> bool:
    """Tell whether a trip is deleted with its events, all of which are to be removed."""
    events = trip.events.all()
    return bool(events) and all(event.pk in gone for event in events)


def _is_crew_free(trip: Trip, start: datetime, end: datetime) -> bool:
    """Tell whether those on duty on a trip can be so for longer."""
    if trip.departs_at <= start and end <= trip.returns_at:
        return True
    members = [duty.member_id for duty in trip.duties.all() if duty.is_standing]
    others = Duty.objects.filter(member__in=members, is_standing=True).exclude(trip=trip)
    return not (members and others.filter(starts_at__lt=end, ends_at__gt=start).exists())


def _is_of(trip: Trip, day: date) -> bool:
    """Tell whether a trip is the one that series have on a day."""
    return any(event.series_on == day for event in trip.events.all())


def _time_off(group: Sequence[Wanted], times: Iterable[Unavailability]) -> str | None:
    for time in times:
        if any(visit.meets(time.starts_at, time.ends_at) for visit in group):
            return time.reason
    return None


def _sharing(visits: Sequence[Wanted], remarks: list[Remark]) -> list[Wanted]:
    """Return the visits; those that meet another vehicle's at their venue leave room for it."""
    by_venue: dict[tuple[int, date], list[int]] = defaultdict(list)
    for place, visit in enumerate(visits):
        by_venue[id(visit.series.venue), visit.on].append(place)
    sharing: dict[int, int] = {}
    for places in by_venue.values():
        for index, place in enumerate(places):
            for other in places[:index]:
                if visits[place].meets(visits[other].starts_at, visits[other].ends_at):
                    sharing[place], sharing[other] = visits[other].row, visits[place].row
    told = Counter(visits[place].row for place in sharing)
    for row in told:
        place = next(place for place in sharing if visits[place].row == row)
        remarks.append(Remark(row, Notice.SHARED_VENUE, {"row": sharing[place]}))
    return [
        replace(visit, shares_venue=True) if place in sharing else visit
        for place, visit in enumerate(visits)
    ]
