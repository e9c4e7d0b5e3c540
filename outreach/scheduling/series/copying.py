"""Copying a week, or any stretch of days, to other ones: same weekdays, same clock times."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import InvalidInput
from outreach.common.periods import monday_of
from outreach.scheduling.models import Activity, Duty, Event, Series, Trip, TripPause
from outreach.scheduling.series import batch as batches
from outreach.scheduling.series.carrying_out import carry_out
from outreach.scheduling.series.drafting import (
    DraftWishes,
    StopDraft,
    TripDraft,
    plan_drafts,
    there_already,
)
from outreach.scheduling.series.making import days_of, exceptions_of
from outreach.scheduling.series.obstacles import Hindrance, Obstacle
from outreach.scheduling.series.plan import Plan
from outreach.scheduling.series.seating import instant
from outreach.scheduling.services import rules
from outreach.scheduling.services.inputs import ActivityInput, PauseInput

NAMES = uuid.UUID("0e5c1c57-6a0c-5b0b-9a51-6c1d0f5c9a11")
"""Copies are named after what they are copies of and their day, so that none is made twice."""
MOST_TARGETS = 26
"""Weeks that one week is copied to at once: half a year."""
MOST_DAYS = 400


@dataclass(frozen=True, slots=True)
class Copy:
    """What is to be copied where.

    Attributes:
        since: first day that is copied.
        until: first day that is not.
        onto: the days that ``since`` becomes.
        before: no copy is held from this day on; ``None`` for no such limit.
        from_on: no copy is held before this day; ``None`` for no such limit.
        vehicles: keys of the vehicles whose trips are copied; empty for all, and for the events
            without a vehicle.
    """

    since: date
    until: date
    onto: tuple[date, ...]
    from_on: date | None = None
    before: date | None = None
    vehicles: frozenset[int] = frozenset()
    wishes: DraftWishes = field(default_factory=DraftWishes)


def weeks(
    monday: date,
    onto: Sequence[date],
    *,
    vehicles: frozenset[int] = frozenset(),
    wishes: DraftWishes | None = None,
) -> Copy:
    """Return the copy of the week that ``monday`` lies in to the weeks of some days."""
    monday = monday_of(monday)
    return Copy(
        since=monday,
        until=monday + timedelta(days=7),
        onto=tuple(sorted({monday_of(day) for day in onto})),
        vehicles=vehicles,
        wishes=wishes or DraftWishes(),
    )


def season(
    source: tuple[date, date],
    target: tuple[date, date],
    *,
    vehicles: frozenset[int] = frozenset(),
    wishes: DraftWishes | None = None,
) -> Copy:
    """Return the copy of a half-open period to another one, first week to first week."""
    shift = monday_of(target[0]) - monday_of(source[0])
    return Copy(
        since=source[0],
        until=source[1],
        onto=(source[0] + shift,),
        from_on=target[0],
        before=target[1],
        vehicles=vehicles,
        wishes=wishes or DraftWishes(),
    )


def preview_copy(library: Library, copy: Copy, *, now: datetime | None = None) -> Plan:
    """Return what copying would do; nothing is written.

    Raises:
        InvalidInput: if there is nothing to copy, nowhere to copy it to, or too much of it.
    """
    moment = now or clock.now()
    _check(copy)
    sources = _Sources(library, copy)
    drafts = sources.drafts()
    if not drafts:
        raise InvalidInput(
            _("There is nothing to copy in that time."), code="nothing_to_copy", field="since"
        )
    return plan_drafts(library, drafts, copy.wishes, moment)


@transaction.atomic
def make_copy(
    *,
    actor: User,
    library: Library,
    copy: Copy,
    reason: str = "",
    seen: str = "",
    now: datetime | None = None,
) -> Plan:
    """Store the copies as drafts, all or nothing; what was copied before is not copied again.

    Trips keep their crew where it is free, and their pauses. What was part of a series that has a
    date there becomes that date.

    Raises:
        NotAllowed: if ``actor`` does not schedule for ``library``.
        InvalidInput: if there is nothing to copy.
        Conflict: if the schedule was changed since the preview.
    """
    rules.authorise(actor, library.pk)
    batches.hold(library)
    moment = now or clock.now()
    plan = preview_copy(library, copy, now=moment)
    carry_out(plan, actor=actor, library=library, now=moment, reason=reason, seen=seen)
    return plan


def _check(copy: Copy) -> None:
    if not copy.onto or all(day == copy.since for day in copy.onto):
        raise InvalidInput(_("Choose another week to copy to."), code="no_target", field="onto")
    if len(copy.onto) > MOST_TARGETS or (copy.until - copy.since).days > MOST_DAYS:
        raise InvalidInput(_("That is too much to copy at once."), code="too_much", field="onto")


class _Sources:
    """What is scheduled in the days to be copied, with what is known about where it is to go."""

    def __init__(self, library: Library, copy: Copy) -> None:
        self.library = library
        self.copy = copy
        self.shifts = [(day - copy.since).days for day in copy.onto if day != copy.since]
        start = clock.start_of(copy.since, library.zone)
        end = clock.start_of(copy.until, library.zone)
        stops = (
            Event.objects.standing()
            .select_related("venue__commune", "series__library", "series__venue", "series__vehicle")
            .prefetch_related(
                Prefetch("activities", Activity.objects.select_related("kind", "audience"))
            )
            .order_by("starts_at")
        )
        trips = Trip.objects.filter(
            library=library, departs_at__gte=start, departs_at__lt=end
        ).standing()
        if copy.vehicles:
            trips = trips.filter(vehicle__in=copy.vehicles)
        self.trips = list(
            trips.select_related("vehicle__base").prefetch_related(
                Prefetch("events", stops),
                Prefetch("duties", Duty.objects.select_related("member").order_by("role", "pk")),
                Prefetch("pauses", TripPause.objects.select_related("venue")),
            )
        )
        alone = stops.filter(
            library=library, trip=None, starts_at__gte=start, starts_at__lt=end
        ).prefetch_related(Prefetch("duties", Duty.objects.select_related("member")))
        self.alone = [] if copy.vehicles else list(alone)
        self._read_series()

    def drafts(self) -> list[TripDraft]:
        """Return the copies to be, with what is known against them."""
        drafts = [draft for shift in self.shifts for draft in self._shifted(shift)]
        uids = [stop.uid for draft in drafts for stop in draft.stops]
        taken = there_already(Event, uids)
        taken_trips = there_already(Trip, [draft.uid for draft in drafts])
        return [self._known(draft, taken, taken_trips) for draft in drafts]

    def _shifted(self, days: int) -> list[TripDraft]:
        drafts = [draft for trip in self.trips if (draft := self._trip(trip, days)) is not None]
        drafts += [draft for one in self.alone if (draft := self._alone(one, days)) is not None]
        return drafts

    def _known(self, draft: TripDraft, taken: set[str], taken_trips: set[str]) -> TripDraft:
        """Say of what was copied before that it is there."""
        if not (taken or taken_trips):
            return draft
        there = Hindrance(Obstacle.THERE_ALREADY)
        stops = tuple(
            replace(stop, against=there) if stop.uid in taken and stop.against is None else stop
            for stop in draft.stops
        )
        against = there if draft.uid in taken_trips else draft.against
        return replace(draft, stops=stops, against=against)

    # --- One copy ------------------------------------------------------------------------------

    def _trip(self, trip: Trip, days: int) -> TripDraft | None:
        events = list(trip.events.all())
        if not events or not self._is_within(trip.departs_at, days):
            return None
        departs, returns = self._moved(trip.departs_at, days), self._moved(trip.returns_at, days)
        stops = tuple(self._stop(event, days) for event in events)
        pauses = tuple(
            PauseInput(pause.kind, *span, pause.venue, pause.place)
            for pause in trip.pauses.all()
            if (span := self._span(pause.starts_at, pause.ends_at, days)) is not None
        )
        return TripDraft(
            uid=self._uid(trip.uid, days),
            vehicle=trip.vehicle,
            departs_at=departs or trip.departs_at + timedelta(days=days),
            returns_at=returns or trip.returns_at + timedelta(days=days),
            stops=stops,
            crew=[(duty.member, duty.role) for duty in trip.duties.all()],
            pauses=pauses,
            note=trip.note,
            against=None if departs and returns else Hindrance(Obstacle.CLOCKS_CHANGE),
        )

    def _alone(self, event: Event, days: int) -> TripDraft | None:
        if not self._is_within(event.starts_at, days):
            return None
        stop = self._stop(event, days)
        return TripDraft(
            uid=stop.uid,
            vehicle=None,
            departs_at=stop.starts_at,
            returns_at=stop.ends_at,
            stops=(stop,),
            crew=[(duty.member, duty.role) for duty in event.duties.all()],
        )

    def _stop(self, event: Event, days: int) -> StopDraft:
        span = self._span(event.starts_at, event.ends_at, days)
        against = None if span else Hindrance(Obstacle.CLOCKS_CHANGE)
        shift = timedelta(days=days)
        series, on, left_out = self._series_of(event, days)
        return StopDraft(
            name=f"{event.pk}-{days}",
            uid=self._uid(event.uid, days),
            venue=event.venue,
            starts_at=span[0] if span else event.starts_at + shift,
            ends_at=span[1] if span else event.ends_at + shift,
            activities=tuple(
                ActivityInput(one.kind, one.title, one.audience) for one in event.activities.all()
            ),
            title=event.title,
            note=event.note,
            shares_venue=event.shares_venue,
            expected_people=event.expected_people,
            expected_classes=event.expected_classes,
            series=series,
            series_on=on,
            against=against or left_out,
        )

    def _uid(self, uid: str, days: int) -> str:
        return str(uuid.uuid5(NAMES, f"{uid}/{days}"))

    def _is_within(self, moment: datetime, days: int) -> bool:
        """Tell whether a copy is held in the period it is made for."""
        day = moment.astimezone(self.library.zone).date() + timedelta(days=days)
        too_early = self.copy.from_on is not None and day < self.copy.from_on
        too_late = self.copy.before is not None and day >= self.copy.before
        return not (too_early or too_late)

    def _span(self, start: datetime, end: datetime, days: int) -> tuple[datetime, datetime] | None:
        first, last = self._moved(start, days), self._moved(end, days)
        return (first, last) if first is not None and last is not None else None

    def _moved(self, moment: datetime, days: int) -> datetime | None:
        """Return the same clock time some days later; ``None`` where the clocks leave it out."""
        shown = moment.astimezone(self.library.zone)
        return instant(shown.date() + timedelta(days=days), shown.time(), self.library)

    # --- Series --------------------------------------------------------------------------------

    def _read_series(self) -> None:
        """Read which dates the series of what is copied have, and which are taken."""
        events = [*self.alone, *(event for trip in self.trips for event in trip.events.all())]
        self._series: dict[int, Series] = {
            event.series.pk: event.series for event in events if event.series is not None
        }
        self._dates: dict[int, set[date]] = {}
        self._left_out: dict[int, set[date]] = {}
        self._taken: dict[int, set[date]] = defaultdict(set)
        if not self._series or not self.shifts:
            return
        since = self.copy.since + timedelta(days=min(self.shifts) - 14)
        until = self.copy.until + timedelta(days=max(self.shifts) + 14)
        for key, series in self._series.items():
            self._dates[key] = set(days_of(series, since, until, exceptions=()))
            self._left_out[key] = exceptions_of(series)
        keys = sorted(self._series)
        for start in range(0, len(keys), 500):
            rows = Event.objects.filter(
                series__in=keys[start : start + 500], series_on__gte=since, series_on__lt=until
            )
            for key, on in rows.values_list("series", "series_on"):
                if key is not None and on is not None:
                    self._taken[key].add(on)

    def _series_of(
        self, event: Event, days: int
    ) -> tuple[Series | None, date | None, Hindrance | None]:
        """Return the series and the date of it that a copy becomes, or why it is none."""
        series, on = event.series, event.series_on
        if series is None or on is None:
            return None, None, None
        there = on + timedelta(days=days)
        if there not in self._dates[series.pk]:
            return None, None, None
        if there in self._left_out[series.pk]:
            return None, None, Hindrance(Obstacle.LEFT_OUT)
        if there in self._taken[series.pk]:
            return None, None, Hindrance(Obstacle.THERE_ALREADY)
        return series, there, None
