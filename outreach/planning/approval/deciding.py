"""Handing a season's plan in, taking it back, approving it and sending it back."""

from __future__ import annotations

from datetime import date, datetime

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleWrite
from outreach.common.locking import locked
from outreach.planning.approval.content import checksum_of, content_of
from outreach.planning.approval.standing import standing_of
from outreach.planning.models import Season, SeasonSubmission

State = SeasonSubmission.State


@transaction.atomic
def submit_season(
    *,
    actor: User,
    season: Season,
    note: str = "",
    expected_checksum: str | None = None,
    now: datetime | None = None,
) -> SeasonSubmission:
    """Hand in the plan as it stands: every event of the season that is not cancelled.

    Args:
        note: for those who decide.
        expected_checksum: of the plan that was looked at (:func:`checksum_of`).

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: if the season has no event.
        Conflict: if a plan waits for a decision already, or this very plan is approved.
        StaleWrite: if the schedule has changed since ``expected_checksum``.
        NotFound: if somebody removed the season.
    """
    _authorise(actor, Action.PLAN, season)
    season = lock_season(season)
    standing = standing_of(season)
    if standing.open is not None:
        raise Conflict(
            _("This season's plan is waiting for a decision already."), code="waiting_already"
        )
    content = content_of(season)
    if not content:
        raise InvalidInput(_("There is nothing to approve in this season yet."), code="plan_empty")
    checksum = checksum_of(content)
    if expected_checksum is not None and expected_checksum != checksum:
        raise StaleWrite()
    if standing.may_publish and standing.approved and standing.approved.checksum == checksum:
        raise Conflict(_("Just this plan has been approved already."), code="approved_already")
    submission = SeasonSubmission(
        season=season,
        number=_next_number(season),
        content=content,
        checksum=checksum,
        note=note.strip(),
        made_by=actor,
        made_at=now or clock.now(),
    )
    audit.save(submission, actor=actor, reason=note.strip())
    return submission


@transaction.atomic
def withdraw_submission(
    *,
    actor: User,
    submission: SeasonSubmission,
    note: str = "",
    expected_version: int | None = None,
    now: datetime | None = None,
) -> SeasonSubmission:
    """Take back a plan that nobody has decided on yet.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        Conflict: if it was decided on, or taken back already.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    _authorise(actor, Action.PLAN, submission.season)
    stored = _lock_open(submission, expected_version)
    return _decide(stored, State.WITHDRAWN, actor=actor, note=note, now=now)


@transaction.atomic
def approve_submission(
    *,
    actor: User,
    submission: SeasonSubmission,
    authority: str,
    decision: str,
    decision_on: date,
    note: str = "",
    expected_version: int | None = None,
    now: datetime | None = None,
) -> SeasonSubmission:
    """Record that the competent authority has approved a plan.

    Args:
        authority: who approved it.
        decision: the number of the decision.
        decision_on: the date of the decision; today at the latest, as the library's clock says.

    Raises:
        NotAllowed: if ``actor`` may not approve plans of the library.
        InvalidInput: without authority or number, or with a date that is still to come.
        Conflict: if it was decided on, or taken back.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    _authorise(actor, Action.APPROVE_PLANS, submission.season)
    moment = now or clock.now()
    stored = _lock_open(submission, expected_version)
    for field, value in (("authority", authority), ("decision", decision)):
        if not value.strip():
            raise InvalidInput(_("This is needed."), code="missing", field=field)
    if decision_on > clock.local(moment, stored.season.library.zone).date():
        raise InvalidInput(
            _("A decision cannot have a date that is still to come."),
            code="decision_to_come",
            field="decision_on",
        )
    stored.authority, stored.decision = authority.strip(), decision.strip()
    stored.decision_on = decision_on
    return _decide(stored, State.APPROVED, actor=actor, note=note, now=moment)


@transaction.atomic
def return_submission(
    *,
    actor: User,
    submission: SeasonSubmission,
    note: str,
    expected_version: int | None = None,
    now: datetime | None = None,
) -> SeasonSubmission:
    """Send a plan back to be worked on.

    Args:
        note: what is wrong with it; must say something.

    Raises:
        NotAllowed: if ``actor`` may not approve plans of the library.
        InvalidInput: without a note.
        Conflict: if it was decided on, or taken back.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    _authorise(actor, Action.APPROVE_PLANS, submission.season)
    stored = _lock_open(submission, expected_version)
    if not note.strip():
        raise InvalidInput(
            _("Please say what should be changed."), code="note_missing", field="note"
        )
    return _decide(stored, State.RETURNED, actor=actor, note=note, now=now)


def lock_season(season: Season) -> Season:
    """Return the season as stored, locked until the transaction ends.

    Raises:
        NotFound: if somebody removed it.
    """
    stored = locked(Season.objects.select_related("library"), season.pk)
    if stored is None:
        raise NotFound()
    return stored


def _authorise(actor: User, action: Action, season: Season) -> None:
    if not actor.may(action, season.library_id):
        raise NotAllowed()


def _lock_open(submission: SeasonSubmission, expected_version: int | None) -> SeasonSubmission:
    """Return an undecided submission as stored, locked; its season is locked first.

    Raises:
        NotFound: if somebody removed it.
        Conflict: if it was decided on.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    lock_season(submission.season)
    stored = locked(SeasonSubmission.objects.select_related("season__library"), submission.pk)
    if stored is None:
        raise NotFound()
    if stored.state != State.SUBMITTED:
        raise Conflict(
            _("This plan is no longer waiting for a decision: it is %(state)s."),
            code="not_waiting",
            params={"state": stored.get_state_display()},
        )
    audit.refuse_stale(stored, expected_version)
    return stored


def _decide(
    submission: SeasonSubmission,
    state: SeasonSubmission.State,
    *,
    actor: User,
    note: str,
    now: datetime | None,
) -> SeasonSubmission:
    submission.state, submission.decision_note = state, note.strip()
    submission.decided_by, submission.decided_at = actor, now or clock.now()
    audit.save(submission, actor=actor, reason=note.strip())
    return submission


def _next_number(season: Season) -> int:
    latest = SeasonSubmission.objects.filter(season=season).aggregate(latest=Max("number"))
    return int(latest["latest"] or 0) + 1
