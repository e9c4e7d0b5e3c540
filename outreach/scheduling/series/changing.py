"""Changing a series: one date, this and the following ones, or all that are to come.

Events are moved, never made anew: their address and their bookings stay, and whoever follows them
hears of it. What is past never changes. What people have changed on a single date stays as they
left it, and so does what they have called off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import InvalidInput
from outreach.common.periods import first_of_month, monday_of
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models import Activity, Event, Reason, Series, State
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.series.carrying_out import carry_out
from outreach.scheduling.series.findings import tell_findings
from outreach.scheduling.series.inputs import SeriesInput, title_of
from outreach.scheduling.series.ledger import Ledger
from outreach.scheduling.series.making import (
    DAYS_TRIED,
    Maker,
    Wishes,
    days_of,
    exceptions_of,
    hold_series,
    kind_of,
)
from outreach.scheduling.series.obstacles import DaysOff, Hindrance, Obstacle
from outreach.scheduling.series.pairing import pair
from outreach.scheduling.series.plan import Choice, Choices, Deed, Line, Place, Plan
from outreach.scheduling.series.recurrence import follows_weekday, from_date_on
from outreach.scheduling.series.seating import Lifted, Seating, instant, moved
from outreach.scheduling.services import in_bulk

ENOUGH = timedelta(days=40)
"""New dates are looked for this far behind the last old one, to find each its partner."""


class Scope(TextChoices):
    """How much of a series a change is about."""

    ONE = "one", pgettext_lazy("change of a series", "only this date")
    FOLLOWING = "following", pgettext_lazy("change of a series", "this and all following dates")
    ALL = "all", pgettext_lazy("change of a series", "all dates to come")


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of a series.

    Attributes:
        wanted: the series as it is to be; its ``starts_on`` does not matter.
        scope: how much of it changes.
        on: the date it is about; not needed for all dates.
        held_on: for one date, the day on which it is held instead.
        choices: what was chosen for single dates, by their ISO date in the series.
    """

    wanted: SeriesInput
    scope: Scope
    on: date | None = None
    held_on: date | None = None
    choices: Choices = field(default_factory=dict)


# --- Looking and doing -------------------------------------------------------------------------


def preview_change(series: Series, change: Change, *, now: datetime | None = None) -> Plan:
    """Return what a change would do; nothing is written.

    Raises:
        InvalidInput: if the new series contradicts itself, or the change is about what is past.
    """
    moment = now or clock.now()
    own = apart(series)
    if change.scope == Scope.ONE:
        return _One(own, change, moment).plan()
    return _Following(own, change, moment).plan()


@transaction.atomic
def change_series(
    *,
    actor: User,
    series: Series,
    change: Change,
    reason: str = "",
    override_reason: str = "",
    why: Reason | None = None,
    note: str = "",
    seen: str = "",
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Series:
    """Change a series from a date on, or one date of it; return the series as it is from then on.

    A change from a date on splits the series: the old one ends there, and a new one continues it,
    with the events that were the old one's.

    Args:
        reason: needed where something public changes.
        override_reason: why soft rules should not hold for what is public.
        why: needed where the new rule has no date for something public: it is called off.
        seen: the digest of the preview that was agreed to.
        expected_version: the version of the series the change was prepared on.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if it contradicts itself, is about what is past, or leaves something open.
        RuleBroken: if rules refuse it.
        Conflict: if the schedule was changed since the preview.
        StaleWrite: if the series was changed since ``expected_version``.
    """
    series = hold_series(actor, series)
    audit.refuse_stale(series, expected_version)
    moment = now or clock.now()
    plan = preview_change(series, change, now=moment)
    carry_out(
        plan,
        actor=actor,
        library=series.library,
        now=moment,
        reason=reason,
        override_reason=override_reason,
        why=why,
        note=note,
        seen=seen,
    )
    return next(iter([*plan.batch.new_series, *plan.batch.series]), series)


# --- What both have in common ------------------------------------------------------------------


class _Changing:
    """Moves stored events of a series to where they are wanted."""

    def __init__(self, series: Series, change: Change, now: datetime) -> None:
        self.series = series
        self.change = change
        self.now = now
        self.old_kind = kind_of(series)
        self.old_title = title_of(series, self.old_kind)
        self.rule = change.wanted.check(series.library)
        self.new = Series(library=series.library)
        change.wanted.fill(self.new, self.rule)
        self.new_kind = kind_of(self.new)
        self.batch = Batch()
        self.lines: list[Line] = []

    def read(self, events: Sequence[Event], days: Iterable[date]) -> list[Event]:
        """Read what is taken around some events and days; return the ledger's own events."""
        all_days = {*days, *(clock.local(one.starts_at, self.zone).date() for one in events)}
        first, last = min(all_days), max(all_days) + timedelta(days=DAYS_TRIED + 1)
        self.ledger = Ledger(self.series.library, first, last)
        self.seating = Seating(self.ledger, self.batch, [self.series.venue, self.new.venue])
        self.off = DaysOff(self.series.library, [self.new.venue_id], first, last)
        return [self.ledger.known(event) for event in events]

    @property
    def zone(self) -> ZoneInfo:
        """The zone whose clocks the series' people read."""
        return self.series.library.zone

    def was_moved(self, event: Event) -> bool:
        """Tell whether somebody gave an event a time of its own."""
        day = event.series_on
        if day is None:
            return True
        starts = instant(day, self.series.arrives, self.series.library)
        ends = instant(day, self.series.departs, self.series.library)
        return (event.starts_at, event.ends_at) != (starts, ends)

    def vehicle_of(self, event: Event) -> Vehicle | None:
        """Return what an event comes with from now on: another one given by hand stays."""
        own = event.trip.vehicle if event.trip is not None else None
        return self.new.vehicle if own == self.series.vehicle else own

    def venue_of(self, lifted: Lifted) -> Venue:
        """Return where an event is held from now on: another venue given by hand stays."""
        return self.new.venue if lifted.venue == self.series.venue else lifted.venue

    def say(self, event: Event) -> bool:
        """Give an event its new title, kind and audience where it had the series'; tell if so."""
        is_new = False
        title = title_of(self.new, self.new_kind)
        if event.title == self.old_title != title:
            event.title, is_new = title, True
        old = (self.old_kind.pk, self.series.audience_id)
        new = (self.new_kind.pk, self.new.audience_id)
        first = next(iter(event.activities.all()), None)
        if first is not None and old != new and (first.kind_id, first.audience_id) == old:
            first.kind, first.audience = self.new_kind, self.new.audience
            self.batch.activities.append(_of(event, first))
            is_new = True
        return is_new

    def place(
        self, line: Line, lifted: Lifted, held_on: date, *, keeps_time: bool, choice: Choice | None
    ) -> None:
        """Put a lifted event where it is wanted, and say so on its line."""
        event = lifted.event
        vehicle = self.vehicle_of(event)
        days = [held_on]
        line.against = None
        if choice == Choice.NEXT:
            days = [held_on + timedelta(days=ahead) for ahead in range(1, DAYS_TRIED + 1)]
        for day in days:
            line.against = self._try(lifted, day, vehicle, keeps_time, choice)
            if line.against is None:
                break
        if line.against is not None:
            line.deed = Deed.BLOCKED
            line.choices = (Choice.STAY, Choice.NEXT, Choice.OUT)
            if line.against.is_day_off:
                line.choices = (Choice.GO, *line.choices)
            self.seating.put_back(lifted)
            return
        line.after = Place.of(event)
        says_more = self.say(event)
        line.after = replace(line.after, title=event.title)
        self._file(line, lifted, says_more)

    def _try(
        self,
        lifted: Lifted,
        day: date,
        vehicle: Vehicle | None,
        keeps_time: bool,
        choice: Choice | None,
    ) -> Hindrance | None:
        event = lifted.event
        event.venue = self.venue_of(lifted)
        if not keeps_time:
            starts_at = instant(day, self.new.arrives, self.series.library)
            ends_at = instant(day, self.new.departs, self.series.library)
            if starts_at is None or ends_at is None:
                return Hindrance(Obstacle.CLOCKS_CHANGE)
            if starts_at <= self.now:
                return Hindrance(Obstacle.IS_OVER)
            event.starts_at, event.ends_at = starts_at, ends_at
            is_same_day = self.ledger.day_of(lifted.starts_at) == day
            off = self.off.on(day, event.venue_id, event.venue.name)
            is_new_place = not is_same_day or event.venue_id != lifted.venue.pk
            if off is not None and choice != Choice.GO and is_new_place:
                return off
        was = (lifted.starts_at, lifted.ends_at, lifted.venue, lifted.vehicle)
        if was == (event.starts_at, event.ends_at, event.venue, vehicle):
            self.seating.put_back(lifted)
            return None
        return self.seating.put_down(lifted, vehicle)

    def _file(self, line: Line, lifted: Lifted, says_more: bool) -> None:
        """Write down in the batch what became of an event."""
        event = lifted.event
        was = (lifted.starts_at, lifted.ends_at, lifted.venue.pk)
        if was != (event.starts_at, event.ends_at, event.venue_id):
            self.batch.moved[event.uid] = moved(lifted)
            line.deed = Deed.MOVE
        elif says_more or line.before != line.after:
            self.batch.changed[event.uid] = event
            line.deed = (
                Deed.CHANGE
                if line.before and line.after and (line.before.vehicle == line.after.vehicle)
                else Deed.MOVE
            )
        else:
            self.batch.rekeyed[event.uid] = event
            line.deed = Deed.KEEP

    def drop(self, line: Line, event: Event, in_use: set[int]) -> None:
        """Remove a draft; call off what is public, or what bookings hang on."""
        self.seating.call_away(event)
        line.after = None
        if event.published_at is None and event.pk not in in_use:
            line.deed = Deed.REMOVE
            self.batch.removed.append(event)
        else:
            line.deed = Deed.CANCEL
            self.batch.cancelled.append(event)

    def finish(self) -> Plan:
        """Return the plan, with the findings of the trips as they would be."""
        self.seating.finish()
        tell_findings(self.lines, self.ledger, self.batch, self.seating.asked.values())
        self.lines.sort(key=lambda line: line.on)
        return Plan(self.batch, self.lines)


def _of(event: Event, activity: Activity) -> Activity:
    activity.event = event
    return activity


def _line(event: Event, deed: Deed) -> Line:
    assert event.series_on is not None
    return Line(
        event.series_on.isoformat(),
        event.series_on,
        deed,
        event=event,
        before=Place.of(event),
        after=Place.of(event),
        is_public=event.is_published,
    )


# --- One date ----------------------------------------------------------------------------------


class _One(_Changing):
    """Another time, place or vehicle for one date; it stays a date of the series."""

    def plan(self) -> Plan:
        event = self._event()
        assert event.series_on is not None
        held_on = self.change.held_on or clock.local(event.starts_at, self.zone).date()
        [event] = self.read([event], [event.series_on, held_on])
        line = _line(event, Deed.MOVE)
        lifted = self.seating.lift(event)
        choice = self.change.choices.get(line.name)
        self.place(line, lifted, held_on, keeps_time=False, choice=choice)
        self.lines.append(line)
        plan = self.finish()
        self.batch.rekeyed.clear()  # nothing of it is written where nothing changes
        return plan

    def vehicle_of(self, event: Event) -> Vehicle | None:
        """Return what was asked for."""
        return self.new.vehicle

    def venue_of(self, lifted: Lifted) -> Venue:
        """Return the venue that was asked for."""
        return self.new.venue

    def say(self, event: Event) -> bool:
        """Give the event the title, kind and audience that were asked for."""
        first = next(iter(event.activities.all()), None)
        if first is not None:
            self.old_kind, self.series.audience = first.kind, first.audience
        self.old_title = event.title
        return super().say(event)

    def _event(self) -> Event:
        found = Event.objects.filter(series=self.series, series_on=self.change.on)
        event = found.select_related("trip__vehicle", "venue").first()
        if event is None or event.state == State.CANCELLED:
            raise InvalidInput(
                _("The series has no event on that date."), code="no_such_date", field="on"
            )
        if event.starts_at <= self.now:
            raise _is_past()
        return event


# --- From a date on ----------------------------------------------------------------------------


class _Following(_Changing):
    """Another rule, time, place or vehicle for all dates from one on."""

    def __init__(self, series: Series, change: Change, now: datetime) -> None:
        super().__init__(series, change, now)
        self.since = self._since()
        self.events = self._events()
        self.in_use = in_bulk.in_use(self.events)
        self.end = max(
            [self.since, *(one.series_on for one in self.events if one.series_on is not None)]
        ) + timedelta(days=1)

    def plan(self) -> Plan:
        old_days = days_of(self.series, self.since, self.end, exceptions=())
        old_days = sorted({*old_days, *(e.series_on for e in self.events if e.series_on)})
        self._set_start(old_days)
        new_days = [day for day in self._new_days(old_days) if self._is_to_come(day)]
        pairs = self._pair(old_days, new_days)
        events = self.read(self.events, [self.since, *old_days, *new_days])
        self._set_series(pairs)
        lifted = [self._lift(event, pairs) for event in events]
        self._put_down([one for one in lifted if one is not None], pairs)
        self._give_reasons(pairs)
        self._make_more([day for day in new_days if day not in pairs.values()], pairs)
        return self.finish()

    def _pair(self, old_days: Sequence[date], new_days: Sequence[date]) -> dict[date, date]:
        are_monthly = "FREQ=MONTHLY" in self.rule and "FREQ=MONTHLY" in self.series.rule
        return pair(old_days, new_days, are_monthly=are_monthly)

    # --- What is there -------------------------------------------------------------------------

    def _since(self) -> date:
        """Return the first date the change is about.

        Raises:
            InvalidInput: if it is past, or there is none to come.
        """
        today = clock.local(self.now, self.zone).date()
        if self.change.scope == Scope.FOLLOWING:
            on = self.change.on
            if on is None:
                raise InvalidInput(_("Please name the date."), code="no_date", field="on")
            first = instant(on, self.series.arrives, self.series.library)
            if on < today or (first is not None and first <= self.now):
                raise _is_past()
            return on
        found = days_of(self.series, today, today + timedelta(days=5 * 366), exceptions=())
        for day in found:
            first = instant(day, self.series.arrives, self.series.library)
            if first is not None and first > self.now:
                return day
        raise InvalidInput(_("This series has no date to come."), code="is_over")

    def _events(self) -> list[Event]:
        events = Event.objects.filter(series=self.series, series_on__gte=self.since)
        return list(
            events.select_related("trip__vehicle", "venue", "library")
            .prefetch_related("activities__kind")
            .order_by("series_on")
        )

    def _set_start(self, old_days: Sequence[date]) -> None:
        """Let the new rule start so that it keeps step with the old one."""
        first = old_days[0] if old_days else self.since
        self.floor = self.since
        if self.rule == self.series.rule:
            remaining = from_date_on(self.rule, self.series.starts_on, self.since)
            self.new.rule, self.new.starts_on = remaining.rule, remaining.starts_on or first
            return
        start = first_of_month(first) if "FREQ=MONTHLY" in self.rule else monday_of(first)
        if not days_of(self.series, start, self.since, exceptions=()):
            # The first date may come some days earlier, as long as it is in the same period.
            self.floor = start
        self.new.starts_on = start
        if follows_weekday(self.rule):
            self.new.starts_on += timedelta(days=self.change.wanted.starts_on.weekday())

    def _new_days(self, old_days: Sequence[date]) -> list[date]:
        """Return the dates of the new rule that may take an old one's place, or are more of them.

        The first one is where the new series starts.
        """
        last = old_days[-1] if old_days else self.since
        until = max(last, self.since, self.new.starts_on) + ENOUGH
        self.new.ends_on = self.change.wanted.ends_on
        found = [
            day
            for day in days_of(self.new, self.floor, until, exceptions=())
            if self._is_to_come(day)
        ]
        if not found:
            raise InvalidInput(
                _("This rule has no date in that time."), code="no_dates", field="rule"
            )
        remaining = from_date_on(self.new.rule, self.new.starts_on, found[0])
        self.new.rule, self.new.starts_on = remaining.rule, found[0]
        if not old_days:
            return []
        pairs = self._pair(old_days, found)
        week_ends = monday_of(last) + timedelta(days=6)
        return [day for day in found if day <= week_ends or day in pairs.values()]

    def _is_to_come(self, day: date) -> bool:
        starts_at = instant(day, self.new.arrives, self.series.library)
        return starts_at is None or starts_at > self.now

    # --- The series ----------------------------------------------------------------------------

    def _set_series(self, pairs: dict[date, date]) -> None:
        """End the old series and let the new one continue it; without a past it stays one."""
        old = self.series
        before = days_of(old, old.starts_on, self.since, exceptions=())
        has_past = (
            bool(before) or Event.objects.filter(series=old, series_on__lt=self.since).exists()
        )
        left_out = exceptions_of(old)
        exceptions = sorted(
            pairs[day].isoformat() for day in left_out if day >= self.since and day in pairs
        )
        if has_past:
            self.target = self.new
            self.new.continues = old
            self.new.visit_type, self.new.timetable_url = old.visit_type, old.timetable_url
            old.ends_on = self.since
            old.exceptions = sorted(day.isoformat() for day in left_out if day < self.since)
            self.batch.new_series.append(self.new)
            self.batch.series.append(old)
        else:
            self.target = old
            # The events are compared with what the series said.
            self.series = _copy(old)
            for name in _SAID:
                setattr(old, name, getattr(self.new, name))
            self.batch.series.append(old)
        self.target.exceptions = exceptions

    # --- The events ----------------------------------------------------------------------------

    def _lift(self, event: Event, pairs: dict[date, date]) -> tuple[Line, Lifted] | None:
        """Take an event up that is to be put elsewhere; settle the others at once."""
        assert event.series_on is not None
        line = _line(event, Deed.KEEP)
        new_on = pairs.get(event.series_on)
        choice = self.change.choices.get(line.name)
        line.chosen = choice
        if event.state == State.CANCELLED or event.starts_at <= self.now:
            self._rekey(event, new_on)
            return None
        self.lines.append(line)
        if choice == Choice.OUT or (new_on is None and choice != Choice.STAY):
            if new_on is None:
                line.against = Hindrance(Obstacle.NO_DATE)
                line.choices = (Choice.OUT, Choice.STAY)
            else:
                line.choices = (Choice.GO, Choice.STAY, Choice.OUT)
            self._rekey_gone(event, new_on)
            self.drop(line, event, self.in_use)
            return None
        if choice == Choice.STAY:
            line.choices = (Choice.GO, Choice.STAY, Choice.OUT)
            if new_on is None:
                line.against = Hindrance(Obstacle.NO_DATE)
                line.choices = (Choice.OUT, Choice.STAY)
            self._rekey(event, new_on)
            return None
        return line, self.seating.lift(event)

    def _put_down(self, lifted: Sequence[tuple[Line, Lifted]], pairs: dict[date, date]) -> None:
        for line, one in lifted:
            event = one.event
            assert event.series_on is not None
            new_on = pairs[event.series_on]
            keeps_time = self.was_moved(event)
            line.choices = (Choice.STAY, Choice.OUT)
            self.place(line, one, new_on, keeps_time=keeps_time, choice=line.chosen)
            self._rekey_in(event, new_on)

    def _give_reasons(self, pairs: dict[date, date]) -> None:
        """Say of what was chosen to stay or to go what stood against its new time.

        Whoever has decided still reads what about.
        """
        for line in self.lines:
            new_on = pairs.get(date.fromisoformat(line.name))
            if line.chosen in (Choice.STAY, Choice.OUT) and line.event and new_on:
                line.against = line.against or self._stands_against(line.event, new_on)

    def _stands_against(self, event: Event, new_on: date) -> Hindrance | None:
        """Return what stands against an event on its new date; nothing is placed."""
        starts_at = instant(new_on, self.new.arrives, self.series.library)
        ends_at = instant(new_on, self.new.departs, self.series.library)
        if starts_at is None or ends_at is None:
            return Hindrance(Obstacle.CLOCKS_CHANGE)
        venue = self.new.venue if event.venue == self.series.venue else event.venue
        if (starts_at, ends_at, venue) == (event.starts_at, event.ends_at, event.venue):
            return None
        there = Event(
            uid=event.uid,
            library=event.library,
            venue=venue,
            starts_at=starts_at,
            ends_at=ends_at,
            state=event.state,
            shares_venue=event.shares_venue,
        )
        vehicle = self.vehicle_of(event)
        taken = self.seating.stands_against(there, vehicle)
        if taken is not None and taken.kind is Obstacle.VEHICLE_BUSY and vehicle is not None:
            span = starts_at, ends_at
            taken = self.ledger.of_vehicle(vehicle.pk, vehicle.name, span, but=event.trip)
        is_new_place = self.ledger.day_of(event.starts_at) != new_on or event.venue != venue
        off = self.off.on(new_on, venue.pk, venue.name) if is_new_place else None
        return taken or off

    def _rekey(self, event: Event, new_on: date | None) -> None:
        """Let an event that stays where it is follow the series, or leave it."""
        self._rekey_in(event, new_on)
        self.batch.rekeyed[event.uid] = event

    def _rekey_in(self, event: Event, new_on: date | None) -> None:
        event.series_on = new_on
        event.series = self.target if new_on is not None else None

    def _rekey_gone(self, event: Event, new_on: date | None) -> None:
        """Remember that a date is left out; what is called off keeps its place there."""
        if new_on is not None:
            self.target.exceptions = sorted({*self.target.exceptions, new_on.isoformat()})
        self._rekey_in(event, new_on)

    def _make_more(self, days: Sequence[date], pairs: dict[date, date]) -> None:
        """Make the events that the new rule has more of, as far as the old ones were made."""
        made = [event.series_on for event in self.events]
        if not days or not made:
            return
        wishes = Wishes(until=max(days) + timedelta(days=1), choices=self.change.choices)
        maker = Maker(self.target, days, wishes, self.now, seating=self.seating)
        for day in days:
            line = maker.line(day)
            if line is not None:
                self.lines.append(line)
        self.target.exceptions = sorted(
            {*self.target.exceptions, *(day.isoformat() for day in maker.left_out)}
        )


_SAID = (
    "venue",
    "vehicle",
    "rule",
    "weekday",
    "arrives",
    "departs",
    "starts_on",
    "ends_on",
    "kind",
    "audience",
    "title",
    "route",
)


def apart(series: Series) -> Series:
    """Return a copy of a stored series; what is done to it is not seen on the other one."""
    own = copy(series)
    own._state = copy(series._state)
    own._state.fields_cache = dict(series._state.fields_cache)
    own.exceptions = list(series.exceptions)
    return own


def _copy(series: Series) -> Series:
    """Return what a series said before it was changed; not to be stored."""
    then = Series(pk=series.pk, library=series.library)
    for name in _SAID:
        setattr(then, name, getattr(series, name))
    then.exceptions = list(series.exceptions)
    return then


def _is_past() -> InvalidInput:
    return InvalidInput(
        _("What is past does not change: choose a date to come."), code="is_past", field="on"
    )
