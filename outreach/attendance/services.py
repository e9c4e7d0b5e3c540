"""Logging and correcting result sheets, and deciding about those that wait for a person."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.attendance import content
from outreach.attendance.domain import Finding, findings_for
from outreach.attendance.errors import SheetDiffers, SheetQuestioned, SheetRefused
from outreach.attendance.followers import Happening, SheetChange, tell
from outreach.attendance.inputs import ActivityResult, SheetInput
from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    ResultSheet,
    SheetActivity,
    SheetAudience,
)
from outreach.attendance.selectors import event_fact
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from outreach.common.locking import locked
from outreach.places.selectors import commune_of
from outreach.scheduling.models import Event

_State = ResultSheet.State
_Why = ResultSheet.QueueReason


def log_sheet(
    *,
    actor: User,
    event: Event,
    sheet: SheetInput,
    uid: UUID,
    recorded_at: datetime | None = None,
    now: datetime | None = None,
    confirm_warnings: bool = False,
) -> ResultSheet:
    """Store what happened at an event; the same sheet sent again is the same record.

    A fact that happened is never dropped: a sheet for a cancelled event, or for one that has an
    accepted sheet already, is stored and waits for a person.

    Args:
        actor: who logs; must log results for the event's library.
        uid: made on the device, once per sheet.
        recorded_at: when it was written down, by the device's clock; never later than ``now``.
        confirm_warnings: whether the person has answered every question with "yes, it is right".

    Returns:
        The stored version, ``ACCEPTED`` or ``QUEUED`` (its ``queue_reason`` says why);
        ``is_repeat`` is set where it was stored before.

    Raises:
        NotAllowed: if ``actor`` does not log results for this library.
        SheetRefused: if a hard rule refuses it.
        SheetQuestioned: if there are questions and they were not confirmed.
        SheetDiffers: if a sheet with this ``uid`` is stored with other content.
    """
    _authorise(actor, Action.LOG_RESULTS, event.library_id)
    draft = ResultSheet(uid=uid, author=actor, digest=content.digest(sheet, event_uid=event.uid))
    return _take_in(
        draft,
        event,
        sheet,
        recorded_at=recorded_at,
        now=now or clock.now(),
        confirmed=confirm_warnings,
    )


def correct_sheet(
    *,
    actor: User,
    sheet: ResultSheet,
    corrected: SheetInput,
    uid: UUID,
    reason: str,
    recorded_at: datetime | None = None,
    now: datetime | None = None,
    confirm_warnings: bool = False,
) -> ResultSheet:
    """Store a new version that points to ``sheet``; the old one stays and no longer counts.

    Args:
        sheet: the version the correction was made from. Where it is not the accepted one any more,
            the new version waits for a person.
        corrected: the whole content as it should be.
        uid: made on the device, once per correction.
        reason: why, for everybody who follows a figure down to its sheet.

    Returns, Raises: as :func:`log_sheet`; also
        InvalidInput: if there is no reason, or nothing was changed.
    """
    _authorise(actor, Action.LOG_RESULTS, sheet.library_id)
    if not reason.strip():
        raise InvalidInput(
            _("Please say why the sheet is corrected."), code="reason_missing", field="reason"
        )
    if content.canonical(corrected) == content.canonical(content.stored(sheet)):
        raise InvalidInput(_("Nothing was changed."), code="nothing_changed")
    digest = content.digest(corrected, event_uid=sheet.event.uid, replaces=sheet.pk, reason=reason)
    draft = ResultSheet(uid=uid, author=actor, digest=digest, replaces=sheet, reason=reason.strip())
    return _take_in(
        draft,
        sheet.event,
        corrected,
        recorded_at=recorded_at,
        now=now or clock.now(),
        confirmed=confirm_warnings,
    )


@transaction.atomic
def accept_queued(
    *, actor: User, sheet: ResultSheet, reason: str = "", now: datetime | None = None
) -> ResultSheet:
    """Let a waiting version count; the one that counted until now is superseded.

    Raises:
        NotAllowed: if ``actor`` does not accept results for this library.
        Conflict: if it does not wait any more, or its event is cancelled (which never counts).
    """
    _authorise(actor, Action.ACCEPT_RESULTS, sheet.library_id)
    event = _lock(sheet.event)
    waiting = _waiting(sheet)
    if event.is_cancelled:
        raise Conflict(
            _("A cancelled event never counts. Restore the event first if it was held."),
            code="event_cancelled",
        )
    moment = now or clock.now()
    before = _accepted(event)
    if before is not None:
        _supersede(before, actor=actor, reason=reason, now=moment)
        waiting.replaces = waiting.replaces or before
    waiting.state = _State.ACCEPTED
    audit.save(waiting, actor=actor, reason=reason)
    tell(SheetChange(Happening.ACCEPTED, waiting, actor, reason, moment))
    return waiting


@transaction.atomic
def reject_queued(
    *, actor: User, sheet: ResultSheet, reason: str, now: datetime | None = None
) -> ResultSheet:
    """Keep a waiting version out of the figures for good; it stays readable.

    Raises:
        NotAllowed: if ``actor`` does not accept results for this library.
        InvalidInput: if there is no reason.
        Conflict: if it does not wait any more.
    """
    _authorise(actor, Action.ACCEPT_RESULTS, sheet.library_id)
    if not reason.strip():
        raise InvalidInput(
            _("Please say why the sheet is rejected."), code="reason_missing", field="reason"
        )
    _lock(sheet.event)
    waiting = _waiting(sheet)
    waiting.state = _State.REJECTED
    audit.save(waiting, actor=actor, reason=reason)
    return waiting


def _authorise(actor: User, action: Action, library_id: int) -> None:
    if not actor.may(action, library_id):
        raise NotAllowed()


def _take_in(
    draft: ResultSheet,
    event: Event,
    sheet: SheetInput,
    *,
    recorded_at: datetime | None,
    now: datetime,
    confirmed: bool,
) -> ResultSheet:
    """Store a new version unless it is a repeat. Two that arrive at once take turns."""
    try:
        with transaction.atomic():
            event = _lock(event)
            repeat = _repeat_of(draft)
            if repeat is not None:
                return repeat
            _ask_rules(sheet, event, now, confirmed)
            _fill(draft, event, sheet, recorded_at=recorded_at, now=now)
            _store(draft, sheet, now=now)
    except IntegrityError:
        # The same id for another event at the same moment: the database let one of them in.
        repeat = _repeat_of(draft)
        if repeat is None:
            raise
        return repeat
    return draft


def _lock(event: Event) -> Event:
    """Return the event as stored, locked until the transaction ends: its sheets take turns."""
    stored = locked(Event.objects.select_related("library", "venue", "venue__commune"), event.pk)
    if stored is None:
        raise NotFound()
    return stored


def _repeat_of(draft: ResultSheet) -> ResultSheet | None:
    """Return the stored version with the id of ``draft``, marked as a repeat.

    Raises:
        SheetDiffers: if it has other content.
    """
    known = ResultSheet.objects.filter(pk=draft.uid).first()
    if known is None:
        return None
    if known.digest != draft.digest:
        raise SheetDiffers()
    known.is_repeat = True
    return known


def _ask_rules(sheet: SheetInput, event: Event, now: datetime, confirmed: bool) -> None:
    findings = findings_for(sheet, event_fact(event), now)
    hard = [finding for finding in findings if not finding.is_soft]
    if hard:
        raise SheetRefused(findings, field=_first_field(hard))
    if findings and not confirmed:
        raise SheetQuestioned(findings, field=_first_field(findings))


def _first_field(findings: list[Finding]) -> str | None:
    return next((finding.field for finding in findings if finding.field), None)


def _fill(
    draft: ResultSheet,
    event: Event,
    sheet: SheetInput,
    *,
    recorded_at: datetime | None,
    now: datetime,
) -> None:
    draft.event, draft.library = event, event.library
    draft.commune = commune_of(
        event.venue, timezone.localdate(event.starts_at, timezone=event.library.zone)
    )
    last = ResultSheet.objects.filter(event=event).aggregate(last=Max("version"))["last"]
    draft.version = (last or 0) + 1
    draft.recorded_at = min(recorded_at or now, now)
    draft.received_at = now
    draft.outcome, draft.note = sheet.outcome, sheet.note.strip()
    draft.started_at, draft.ended_at = sheet.started_at, sheet.ended_at
    for name, value in content.columns(sheet.figures, SHEET_MEASURES).items():
        setattr(draft, name, value)
    draft.queue_reason = _queue_reason(event, draft.replaces_id)
    draft.state = _State.QUEUED if draft.queue_reason else _State.ACCEPTED


def _queue_reason(event: Event, base: UUID | None) -> str:
    """Return why a version of this event must wait for a person; empty where it need not."""
    if event.is_cancelled:
        return _Why.EVENT_CANCELLED
    accepted = _accepted(event)
    if base is not None:
        return _Why.NONE if accepted is not None and accepted.pk == base else _Why.STALE_BASE
    return _Why.NONE if accepted is None else _Why.SECOND_SHEET


def _store(draft: ResultSheet, sheet: SheetInput, *, now: datetime) -> None:
    actor, reason = draft.author, draft.reason
    if draft.state == _State.ACCEPTED and draft.replaces_id is not None:
        base = ResultSheet.objects.get(pk=draft.replaces_id)
        _supersede(base, actor=actor, reason=reason, now=now)
    audit.save(draft, actor=actor, reason=reason)
    SheetAudience.objects.bulk_create(
        SheetAudience(sheet=draft, audience_id=code, people=figure.value, people_how=figure.how)
        for code, figure in sheet.audiences.items()
        if figure.is_collected
    )
    SheetActivity.objects.bulk_create(_activity_rows(draft, sheet))
    if draft.state == _State.ACCEPTED:
        tell(SheetChange(Happening.ACCEPTED, draft, actor, reason, now))


def _activity_rows(draft: ResultSheet, sheet: SheetInput) -> list[SheetActivity]:
    results = {result.activity_id: result for result in sheet.activities}
    held = content.was_held(sheet)
    rows = []
    for key in draft.event.activities.values_list("pk", flat=True):
        result = results.get(key) or ActivityResult(key, held)
        values = content.columns(result.figures, ACTIVITY_MEASURES)
        rows.append(
            SheetActivity(sheet=draft, activity_id=key, was_held=result.was_held and held, **values)
        )
    return rows


def _accepted(event: Event) -> ResultSheet | None:
    return ResultSheet.objects.accepted().filter(event=event).first()


def _supersede(sheet: ResultSheet, *, actor: User, reason: str, now: datetime) -> None:
    sheet.state = _State.SUPERSEDED
    audit.save(sheet, actor=actor, reason=reason)
    tell(SheetChange(Happening.WITHDRAWN, sheet, actor, reason, now))


def _waiting(sheet: ResultSheet) -> ResultSheet:
    """Return the sheet as stored.

    Raises:
        Conflict: if somebody has decided about it already.
    """
    stored = ResultSheet.objects.select_related("event").get(pk=sheet.pk)
    if stored.state != _State.QUEUED:
        raise Conflict(_("Somebody has decided about this sheet already."), code="not_waiting")
    return stored
