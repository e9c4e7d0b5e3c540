"""Making a series, and the events on its dates."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from types import MappingProxyType

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotFound
from outreach.common.locking import locked
from outreach.scheduling.models import (
    Activity,
    ActivityKind,
    Event,
    Series,
    SeriesQuerySet,
    new_uid,
)
from outreach.scheduling.series import batch as batches
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.series.carrying_out import carry_out
from outreach.scheduling.series.findings import tell_findings
from outreach.scheduling.series.inputs import MAIN_KIND, SeriesInput, title_of
from outreach.scheduling.series.ledger import Ledger
from outreach.scheduling.series.obstacles import DaysOff, Hindrance, Obstacle
from outreach.scheduling.series.plan import Choice, Choices, Deed, Line, Place, Plan
from outreach.scheduling.series.recurrence import dates
from outreach.scheduling.series.seating import Seating, instant
from outreach.scheduling.services import rules

LONGEST = timedelta(days=732)
"""Dates are made at most this far ahead."""
DAYS_TRIED = 6
"""How many days after a bad one are tried."""
_ON_DAYS_OFF = (Choice.OUT, Choice.NEXT, Choice.GO)
NO_CHOICES: Choices = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Wishes:
    """How dates are to be made.

    Attributes:
        until: first day for which none is made any more.
        on_days_off: what to do on public holidays and closed dates unless chosen otherwise.
        choices: what was chosen for single dates, by their ISO date.
        exceptions: dates that a new series leaves out from the start.
    """

    until: date
    on_days_off: Choice = Choice.OUT
    choices: Choices = field(default_factory=dict)
    exceptions: tuple[date, ...] = ()


# --- Looking -----------------------------------------------------------------------------------


def preview_series(
    library: Library, wanted: SeriesInput, wishes: Wishes, *, now: datetime | None = None
) -> tuple[Series, Plan]:
    """Return a series to be, and what making it would do; nothing is written.

    Raises:
        InvalidInput: if it contradicts itself, has no date, looks too far ahead, or is to leave
            out what is none of its dates.
    """
    series = Series(library=library)
    wanted.fill(series, wanted.check(library))
    for day in wishes.exceptions:
        if day not in days_of(series, day, day + timedelta(days=1)):
            raise InvalidInput(
                _("The series has no date on %(day)s."),
                code="no_such_date",
                field="exceptions",
                params={"day": f"{day:%d/%m/%Y}"},
            )
    series.exceptions = sorted({day.isoformat() for day in wishes.exceptions})
    plan = _plan(series, series.starts_on, wishes, now or clock.now())
    plan.batch.new_series.append(series)
    if not plan.lines:
        raise InvalidInput(
            _("This rule has no date in that time."), code="no_dates", field="starts_on"
        )
    return series, plan


def preview_dates(series: Series, wishes: Wishes, *, now: datetime | None = None) -> Plan:
    """Return what making the missing dates of a stored series would do; nothing is written."""
    moment = now or clock.now()
    today = clock.local(moment, series.library.zone).date()
    plan = _plan(series, max(series.starts_on, today), wishes, moment)
    if plan.lines:
        plan.batch.series.append(series)
    return plan


# --- Doing -------------------------------------------------------------------------------------


@transaction.atomic
def make_series(
    *,
    actor: User,
    library: Library,
    wanted: SeriesInput,
    wishes: Wishes,
    reason: str = "",
    seen: str = "",
    now: datetime | None = None,
) -> Series:
    """Store a series with a draft event on each of its dates, all or nothing.

    An event joins the trip that the vehicle makes on that day; otherwise it gets one of its own.

    Args:
        seen: the digest of the preview that was agreed to.

    Raises:
        NotAllowed: if ``actor`` does not schedule for ``library``.
        InvalidInput: if the series contradicts itself, or a vehicle or venue is another library's.
        Conflict: if there is such a series, or the schedule was changed since the preview.
        RuleBroken: if a hard rule refuses a date.
    """
    rules.authorise(actor, library.pk)
    batches.hold(library)
    moment = now or clock.now()
    series, plan = preview_series(library, wanted, wishes, now=moment)
    if (twin := _twin(series)) is not None:
        raise Conflict(
            _("There is such a series already."), code="series_exists", params={"id": twin.pk}
        )
    carry_out(plan, actor=actor, library=library, now=moment, reason=reason, seen=seen)
    return series


@transaction.atomic
def make_dates(
    *,
    actor: User,
    series: Series,
    wishes: Wishes,
    reason: str = "",
    seen: str = "",
    now: datetime | None = None,
) -> Plan:
    """Store a draft event on each date of a series that has none yet, all or nothing.

    Raises:
        NotAllowed, InvalidInput, Conflict, RuleBroken: as in :func:`make_series`.
    """
    series = hold_series(actor, series)
    moment = now or clock.now()
    plan = preview_dates(series, wishes, now=moment)
    carry_out(plan, actor=actor, library=series.library, now=moment, reason=reason, seen=seen)
    return plan


def hold_series(actor: User, series: Series) -> Series:
    """Return a series as it is stored, with its library held still until the transaction ends.

    Raises:
        NotAllowed: if ``actor`` does not schedule for its library.
        NotFound: if somebody removed it.
    """
    rules.authorise(actor, series.library_id)
    batches.hold(series.library)
    stored = locked(with_places(), series.pk)
    if stored is None:
        raise NotFound()
    return stored


def with_places() -> SeriesQuerySet:
    """Return all series with what they refer to."""
    return Series.objects.select_related(
        "library", "vehicle__base", "venue__commune", "kind", "audience", "continues"
    )


# --- How ---------------------------------------------------------------------------------------


def exceptions_of(series: Series) -> set[date]:
    """Return the dates on which a series has no event."""
    return {date.fromisoformat(day) for day in series.exceptions}


def days_of(
    series: Series, since: date, until: date, *, exceptions: Collection[date] | None = None
) -> list[date]:
    """Return the dates of a series in ``[since, until)``.

    Args:
        exceptions: those to leave out; ``None`` for the series' own.
    """
    return dates(
        series.rule,
        series.starts_on,
        since=since,
        until=until,
        ends_on=series.ends_on,
        exceptions=exceptions_of(series) if exceptions is None else exceptions,
    )


def kind_of(series: Series) -> ActivityKind:
    """Return what happens at the events of a series."""
    return series.kind or ActivityKind.objects.get(pk=MAIN_KIND)


def _twin(series: Series) -> Series | None:
    """Return a stored series that says the same, if there is one."""
    names = ("library", "venue", "vehicle", "rule", "arrives", "departs", "starts_on", "ends_on")
    return Series.objects.filter(**{name: getattr(series, name) for name in names}).first()


def _plan(series: Series, since: date, wishes: Wishes, now: datetime) -> Plan:
    today = clock.local(now, series.library.zone).date()
    if wishes.until > max(since, today) + LONGEST:
        raise InvalidInput(
            _("Dates are made for two years at most."), code="too_far_ahead", field="until"
        )
    there = _events_on(series)
    found = days_of(series, max(since, today), wishes.until)
    return Maker(series, [day for day in found if day not in there], wishes, now).plan()


def _events_on(series: Series) -> set[date]:
    if series._state.adding:
        return set()
    found = Event.objects.filter(series=series).values_list("series_on", flat=True)
    return {day for day in found if day is not None}


class Maker:
    """Makes the events on some dates of a series in memory.

    Args:
        ledger: what is taken already; read for these dates if not given.
    """

    def __init__(
        self,
        series: Series,
        days: Collection[date],
        wishes: Wishes,
        now: datetime,
        seating: Seating | None = None,
    ) -> None:
        self.series = series
        self.days = sorted(days)
        self.wishes = wishes
        self.now = now
        self.kind = kind_of(series)
        first = self.days[0] if self.days else series.starts_on
        end = (self.days[-1] if self.days else first) + timedelta(days=DAYS_TRIED + 1)
        self.off = DaysOff(series.library, [series.venue_id], first, end)
        self.seating = seating or Seating(
            Ledger(series.library, first, end), Batch(), [series.venue]
        )
        self.left_out: set[date] = set()

    def plan(self) -> Plan:
        """Return what making the dates would do; the series gets the exceptions."""
        lines = [line for day in self.days if (line := self.line(day)) is not None]
        self.seating.finish()
        tell_findings(lines, self.seating.ledger, self.seating.batch, self.seating.asked.values())
        self.series.exceptions = sorted(
            {*self.series.exceptions, *(day.isoformat() for day in self.left_out)}
        )
        return Plan(self.seating.batch, lines)

    def line(self, day: date) -> Line | None:
        """Return what becomes of a date; ``None`` for one that is over."""
        line = Line(day.isoformat(), day, Deed.SKIP)
        event = self._event(day, day)
        if event is None:
            line.against = Hindrance(Obstacle.CLOCKS_CHANGE)
            return line
        if event.starts_at <= self.now:
            return None
        # What stands against it is asked whatever was chosen: a look at the same state says the
        # same, and whoever leaves a date out still reads why.
        off = self.off.on(day, self.series.venue_id, self.series.venue.name)
        taken = self.seating.stands_against(event, self.series.vehicle)
        line.against = taken or off
        chosen = self.wishes.choices.get(line.name)
        if off is not None:
            chosen = chosen or self.wishes.on_days_off
        is_wanted = chosen in (None, Choice.GO) if off else chosen != Choice.OUT
        if taken is None and is_wanted and self._seat(event) is None:
            if off is not None:
                line.choices, line.chosen = _ON_DAYS_OFF, Choice.GO
            return self._made(line, event)
        if line.against is not None:
            line.choices = (Choice.OUT, Choice.NEXT) if taken else _ON_DAYS_OFF
            if chosen == Choice.NEXT and (shifted := self._next(day)) is not None:
                line.chosen = Choice.NEXT
                return self._made(line, shifted)
        line.chosen = Choice.OUT
        line.choices = line.choices or (Choice.GO, Choice.OUT)
        self.left_out.add(day)
        return line

    def _made(self, line: Line, event: Event) -> Line:
        batch = self.seating.batch
        batch.new_events.append(event)
        batch.new_activities.append(
            Activity(event=event, kind=self.kind, position=0, audience=self.series.audience)
        )
        line.deed, line.event, line.after = Deed.MAKE, event, Place.of(event)
        line.choices = line.choices or (Choice.OUT,)
        return line

    def _next(self, day: date) -> Event | None:
        """Return the event on the next day on which nothing stands against it."""
        for ahead in range(1, DAYS_TRIED + 1):
            other = day + timedelta(days=ahead)
            if other in self.days:
                return None
            if self.off.on(other, self.series.venue_id, self.series.venue.name) is not None:
                continue
            event = self._event(day, other)
            if event is not None and self._seat(event) is None:
                return event
        return None

    def _event(self, day: date, held_on: date) -> Event | None:
        series = self.series
        starts_at = instant(held_on, series.arrives, series.library)
        ends_at = instant(held_on, series.departs, series.library)
        if starts_at is None or ends_at is None:
            return None
        return Event(
            uid=new_uid(),
            library=series.library,
            venue=series.venue,
            starts_at=starts_at,
            ends_at=ends_at,
            title=title_of(series, self.kind),
            series=series,
            series_on=day,
        )

    def _seat(self, event: Event) -> Hindrance | None:
        return self.seating.seat(event, self.series.vehicle)
