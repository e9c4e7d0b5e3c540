"""What an import would store, found by comparing a checked timetable with what is stored.

Nothing is written here: the records that are missing are made in memory, ready to be stored.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.folding import free_slug, slug
from outreach.planning.timetables import zones
from outreach.planning.timetables.checks import Checked, Visiting, Window
from outreach.planning.timetables.matching import (
    Imported,
    Row,
    StoredSeries,
    Vehicles,
    Venues,
)
from outreach.planning.timetables.names import same_name
from outreach.planning.timetables.notices import Notice, Remark
from outreach.planning.timetables.plan import Plan
from outreach.planning.timetables.promised import StoredPromises, promise_of
from outreach.planning.timetables.stops import Stop
from outreach.planning.timetables.traffic import Traffic, Wanted

UNNAMED = "Mobile library"
"""The library of rows that name none."""


def compare(
    checked: Checked,
    window: Window,
    *,
    library: Library | None,
    time_zone: str,
    now: datetime,
    aside: Collection[int] = (),
) -> Plan:
    """Return what importing the accepted rows would do.

    Args:
        aside: keys of stored series whose rows are refused: they stay as they are.
        library: whose timetable it is; ``None`` to take each row's organisation, which is made
            where there is no library of its name.
        time_zone: of a library that is made; empty to tell it by the points.
    """
    plan = Plan(window, checked.rows, remarks=list(checked.remarks), names=checked.names)
    groups: dict[str, list[Visiting]] = defaultdict(list)
    for visiting in checked.accepted:
        groups["" if library else same_name(visiting.stop.organisation)].append(visiting)
    for accepted in groups.values():
        organisation = accepted[0].stop.organisation
        owner = library or _library_called(organisation)
        if owner is None:
            owner = _new_library(organisation, accepted, time_zone, plan, now)
        else:
            plan.libraries.unchanged += 1
            _compare_zones(owner, accepted, plan, now)
        if library is not None:
            accepted = _own_rows(accepted, library, plan)
        _OfLibrary(owner, window, plan, aside).compare(accepted)
    refused = {remark.row for remark in plan.remarks if remark.is_refusal}
    plan.imported = {visiting.stop.row for visiting in checked.accepted} - refused
    told = [one for one in plan.remarks if one.is_refusal or one.row not in refused]
    plan.remarks = sorted(told, key=lambda remark: remark.row)
    return plan


# --- Libraries ---------------------------------------------------------------------------------


def _library_called(name: str) -> Library | None:
    wanted = same_name(name or UNNAMED)
    for library in Library.objects.running_services().order_by("slug"):
        names = (library.slug, library.name_vi, library.name_en, library.short_vi, library.short_en)
        if wanted in {same_name(one) for one in names}:
            return library
    return None


def _new_library(
    organisation: str,
    accepted: Sequence[Visiting],
    time_zone: str,
    plan: Plan,
    now: datetime,
) -> Library:
    name = organisation or UNNAMED
    taken = set(Library.objects.values_list("slug", flat=True))
    taken |= {made.slug for made in plan.libraries.new}
    library = Library(
        slug=free_slug(slug(name)[:50] or "library", taken),
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
            named = _library_called(stop.organisation) if stop.organisation else library
            others[stop.organisation] = named is not None and named.pk != library.pk
            if named is None:
                params = {"said": stop.organisation, "library": library.name_vi}
                plan.remarks.append(Remark(0, Notice.OTHER_NAME, params, "organisation"))
        if others[stop.organisation]:
            params = {"said": stop.organisation}
            plan.remarks.append(Remark(stop.row, Notice.OTHER_LIBRARY, params, "organisation"))
        else:
            own.append(visiting)
    return own


def _points(accepted: Iterable[Visiting]) -> list[tuple[float, float]]:
    return [one.stop.point for one in accepted if one.stop.point is not None]


# --- One library's part ------------------------------------------------------------------------


class _OfLibrary:
    """Compares the rows of one library."""

    def __init__(
        self, library: Library, window: Window, plan: Plan, aside: Collection[int]
    ) -> None:
        self.library = library
        self.window = window
        self.plan = plan
        self.aside = aside
        self.is_stored = library.pk is not None

    def compare(self, accepted: Sequence[Visiting]) -> None:
        """Add what these rows need to the plan."""
        if not accepted:
            return
        imported = Imported(self.library)
        stops = [one.stop for one in accepted]
        vehicles = Vehicles(self.library, self.plan, imported)
        venues = Venues(self.library, self.plan, stops, self.window.since, imported)
        rows = [
            Row(visiting, vehicles.of(visiting.stop), venues.of(visiting.stop), imported)
            for visiting in accepted
        ]
        self._forget_missing_points(rows)
        vehicles_used = [row.vehicle for row in rows]
        stored = StoredSeries(self.library, vehicles_used, self.plan, self.aside)
        for row in rows:
            row.series = stored.exact(row.wanted())
        for row in rows:
            if row.series is None:
                row.series = stored.like(row.wanted()) or row.wanted()
                if row.series._state.adding:
                    self.plan.series.new.append(row.series)
            if row.series.pk is not None:
                self.plan.series_of[row.visiting.stop.row] = row.series.pk
        stored.tell_left()
        self._compare_visits(rows)
        self._compare_promises(rows)

    def _forget_missing_points(self, rows: Sequence[Row]) -> None:
        """Say of no row that its stop is on no map where its venue has a point already."""
        known = {row.visiting.stop.row for row in rows if row.venue.point is not None}
        self.plan.remarks = [
            remark
            for remark in self.plan.remarks
            if remark.notice is not Notice.NO_POINT or remark.row not in known
        ]

    def _compare_visits(self, rows: Sequence[Row]) -> None:
        traffic = Traffic(self.library, self.window, [row.series for row in rows if row.series])
        zone = self.library.zone
        for row in rows:
            stop, series = row.visiting.stop, row.series
            assert series is not None
            days = [day for day in row.visiting.days if _happens(day, stop, zone)]
            if len(days) < len(row.visiting.days):
                skipped = sorted(set(row.visiting.days) - set(days))
                params = {"count": len(skipped), "day": skipped[0].isoformat()}
                self.plan.remarks.append(Remark(stop.row, Notice.CLOCKS_CHANGE, params, "arrival"))
            wanted = [
                Wanted(
                    row=stop.row,
                    series=series,
                    on=day,
                    starts_at=clock.at(day, stop.arrives, zone),
                    ends_at=clock.at(day, stop.departs, zone),
                )
                for day in days
            ]
            self.plan.visits_unchanged += traffic.settle(
                stop.row, series, wanted, changed=series.pk in self.plan.retimed
            )
        self.plan.visits += traffic.free()
        self.plan.drafts += traffic.drafts()
        self.plan.removed += traffic.removed
        self.plan.remarks += traffic.remarks

    def _compare_promises(self, rows: Sequence[Row]) -> None:
        by_venue: dict[int, list[Row]] = defaultdict(list)
        for row in rows:
            by_venue[id(row.venue)].append(row)
        stored = StoredPromises(self.library, self.window.since)
        for group in by_venue.values():
            promise = promise_of(group, self.window)
            if promise is not None:
                stored.compare(promise, group[0].visiting.stop.row, self.plan)


def _happens(day: date, stop: Stop, zone: ZoneInfo) -> bool:
    """Tell whether the clocks show both times of a stop on a day: in spring they leave some out."""
    return all(
        clock.at(day, said, zone).astimezone(UTC).astimezone(zone).time() == said
        for said in (stop.arrives, stop.departs)
    )
