"""Dates a series leaves out or takes up again, and its end."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput
from outreach.scheduling.models import Event, EventQuerySet, Reason, Series, State
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.series.carrying_out import carry_out
from outreach.scheduling.series.changing import apart
from outreach.scheduling.series.ledger import Ledger
from outreach.scheduling.series.making import (
    NO_CHOICES,
    Maker,
    Wishes,
    days_of,
    exceptions_of,
    hold_series,
)
from outreach.scheduling.series.plan import Choice, Choices, Deed, Line, Place, Plan
from outreach.scheduling.series.seating import Seating
from outreach.scheduling.services import in_bulk, restore_event

# --- One date ----------------------------------------------------------------------------------


def preview_leaving_out(series: Series, on: date, *, now: datetime | None = None) -> Plan:
    """Return what leaving a date out would do; nothing is written.

    Raises:
        InvalidInput: if it is no date of the series, or is past.
    """
    own = apart(series)
    if on in exceptions_of(own) or on not in days_of(own, on, on + timedelta(days=1)):
        raise InvalidInput(
            _("The series has no event on that date."), code="no_such_date", field="on"
        )
    plan = _without(own, Event.objects.filter(series=own, series_on=on), now or clock.now())
    for line in plan.lines:
        line.choices = ()
    own.exceptions = sorted({*own.exceptions, on.isoformat()})
    plan.batch.series.append(own)
    return plan


@transaction.atomic
def leave_out(
    *,
    actor: User,
    series: Series,
    on: date,
    reason: str = "",
    why: Reason | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Series:
    """Leave a date of a series out: its draft is removed, what is public is called off.

    Args:
        why: needed where something is called off.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if it is no date of the series, is past, or ``why`` is missing.
    """
    series = hold_series(actor, series)
    moment = now or clock.now()
    plan = preview_leaving_out(series, on, now=moment)
    carry_out(
        plan,
        actor=actor,
        library=series.library,
        now=moment,
        reason=reason,
        why=why,
        note=note,
    )
    return plan.batch.series[0]


def preview_putting_back(
    series: Series, on: date, choice: Choice = Choice.GO, *, now: datetime | None = None
) -> Plan:
    """Return what taking a date up again would do where its event was removed; nothing is written.

    Raises:
        InvalidInput: if the date was not left out, or is past.
    """
    own = apart(series)
    moment = now or clock.now()
    if on not in exceptions_of(own):
        raise InvalidInput(_("This date was not left out."), code="not_left_out", field="on")
    own.exceptions = [day for day in own.exceptions if day != on.isoformat()]
    wishes = Wishes(on + timedelta(days=1), choices={on.isoformat(): choice})
    plan = Maker(own, [on], wishes, moment).plan()
    if not plan.lines:
        raise _is_past()
    for line in plan.lines:
        if line.deed is Deed.SKIP:
            line.deed = Deed.BLOCKED
        else:
            # Nothing is left to choose: taking it up is what was asked for.
            line.choices, line.chosen = (), None
    plan.batch.series.append(own)
    return plan


@transaction.atomic
def put_back(
    *,
    actor: User,
    series: Series,
    on: date,
    choice: Choice = Choice.GO,
    reason: str = "",
    override_reason: str = "",
    now: datetime | None = None,
) -> Series:
    """Take a date up again that was left out: what was called off stands again as public as it was.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if the date was not left out, is past, or something is in the way.
        Clash, RuleBroken: if what was called off cannot stand again.
    """
    series = hold_series(actor, series)
    moment = now or clock.now()
    event = Event.objects.filter(series=series, series_on=on).first()
    if event is None or on not in exceptions_of(series):
        plan = preview_putting_back(series, on, choice, now=moment)
        carry_out(plan, actor=actor, library=series.library, now=moment, reason=reason)
        return plan.batch.series[0]
    if event.starts_at <= moment:
        raise _is_past()
    series.exceptions = [day for day in series.exceptions if day != on.isoformat()]
    audit.save(series, actor=actor, reason=reason)
    if event.state == State.CANCELLED:
        restore_event(
            actor=actor, event=event, reason=reason, override_reason=override_reason, now=moment
        )
    return series


# --- The end -----------------------------------------------------------------------------------


def preview_end(
    series: Series, ends_on: date, choices: Choices, *, now: datetime | None = None
) -> Plan:
    """Return what ending a series would do; nothing is written.

    Args:
        ends_on: the first day on which it no longer holds.
        choices: dates that stay as events of their own, by their ISO date.

    Raises:
        InvalidInput: if that is past, or later than its end.
    """
    own = apart(series)
    moment = now or clock.now()
    today = clock.local(moment, own.library.zone).date()
    if ends_on < today:
        raise _is_past()
    if own.ends_on is not None and own.ends_on <= ends_on:
        raise Conflict(
            _("This series has ended by then already."), code="ended_already", field="ends_on"
        )
    plan = _without(own, Event.objects.filter(series=own, series_on__gte=ends_on), moment, choices)
    if ends_on <= own.starts_on:
        # A series has a first day; that one has no event either.
        own.exceptions = sorted({*own.exceptions, own.starts_on.isoformat()})
        ends_on = own.starts_on + timedelta(days=1)
    own.ends_on = ends_on
    own.exceptions = [day for day in own.exceptions if date.fromisoformat(day) < ends_on]
    plan.batch.series.append(own)
    return plan


@transaction.atomic
def end_series(
    *,
    actor: User,
    series: Series,
    ends_on: date,
    choices: Choices,
    reason: str = "",
    why: Reason | None = None,
    note: str = "",
    seen: str = "",
    expected_version: int | None = None,
    now: datetime | None = None,
) -> Series:
    """End a series: drafts from ``ends_on`` on are removed, what is public is called off.

    Raises:
        NotAllowed: if ``actor`` does not schedule for the library.
        InvalidInput: if that is past, or ``why`` is missing where something is called off.
        Conflict: if it has ended by then, or the schedule was changed since the preview.
        StaleWrite: if the series was changed since ``expected_version``.
    """
    series = hold_series(actor, series)
    audit.refuse_stale(series, expected_version)
    moment = now or clock.now()
    plan = preview_end(series, ends_on, choices, now=moment)
    carry_out(
        plan,
        actor=actor,
        library=series.library,
        now=moment,
        reason=reason,
        why=why,
        note=note,
        seen=seen,
    )
    return plan.batch.series[0]


# --- How ---------------------------------------------------------------------------------------


def _without(
    series: Series, events: EventQuerySet, now: datetime, choices: Choices = NO_CHOICES
) -> Plan:
    """Return the plan of taking events out of a series: those to come go."""
    found = list(events.select_related("trip__vehicle", "venue").order_by("series_on"))
    batch = Batch()
    lines: list[Line] = []
    if not found:
        return Plan(batch, lines)
    days = [clock.local(event.starts_at, series.library.zone).date() for event in found]
    ledger = Ledger(series.library, min(days), max(days) + timedelta(days=1))
    seating = Seating(ledger, batch, [])
    in_use = in_bulk.in_use(found)
    for stored in found:
        if stored.state == State.CANCELLED or stored.starts_at <= now:
            continue
        event = ledger.known(stored)
        assert event.series_on is not None
        line = Line(
            event.series_on.isoformat(),
            event.series_on,
            Deed.KEEP,
            event=event,
            before=Place.of(event),
            is_public=event.is_published,
            choices=(Choice.OUT, Choice.STAY),
        )
        line.chosen = choices.get(line.name, Choice.OUT)
        lines.append(line)
        if line.chosen == Choice.STAY:
            line.after = line.before
            event.series, event.series_on = None, None
            batch.rekeyed[event.uid] = event
            continue
        seating.call_away(event)
        if event.published_at is None and event.pk not in in_use:
            line.deed = Deed.REMOVE
            batch.removed.append(event)
        else:
            line.deed = Deed.CANCEL
            batch.cancelled.append(event)
    seating.finish()
    return Plan(batch, lines)


def _is_past() -> InvalidInput:
    return InvalidInput(
        _("What is past does not change: choose a date to come."), code="is_past", field="on"
    )
