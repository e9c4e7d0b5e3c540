"""Promising visits to venues and making seasons; everything that plans calls these."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.constraints import violated_constraint
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound
from outreach.common.locking import locked
from outreach.places.models import Venue
from outreach.planning.models import Promise, Season, SeasonSubmission


@transaction.atomic
def make_season(
    *,
    actor: User,
    library: Library,
    name: str,
    starts_on: date,
    ends_on: date,
    reason: str = "",
) -> Season:
    """Store a season of a library, ``[starts_on, ends_on)``.

    Raises:
        NotAllowed: if ``actor`` does not plan for ``library``.
        InvalidInput: if ``library`` is a union, which runs no services.
        ValidationError: if the period is empty or meets another season of the library.
        Conflict: if somebody else stored such a season at the same moment.
    """
    _authorise(actor, library.pk)
    if library.is_union:
        raise InvalidInput(_("A union has no seasons of its own."), code="union", field="library")
    season = Season(library=library, name=name, starts_on=starts_on, ends_on=ends_on)
    _save(season, actor=actor, reason=reason)
    return season


@transaction.atomic
def change_season(
    *,
    actor: User,
    season: Season,
    name: str,
    starts_on: date,
    ends_on: date,
    reason: str = "",
    expected_version: int | None = None,
) -> Season:
    """Change a season's name and days, ``[starts_on, ends_on)``; its events stay where they are.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        ValidationError: if the period is empty or meets another season of the library.
        Conflict: if its plan is waiting for a decision, or somebody else stored such a season at
            the same moment.
        StaleWrite: if somebody changed it since ``expected_version``.
        NotFound: if somebody removed it.
    """
    _authorise(actor, season.library_id)
    stored = locked(Season.objects.select_related("library"), season.pk)
    if stored is None:
        raise NotFound()
    audit.refuse_stale(stored, expected_version)
    if stored.submissions.filter(state=SeasonSubmission.State.SUBMITTED).exists():
        raise Conflict(
            _("The plan of this season is waiting for a decision: take it back first."),
            code="waiting_for_decision",
        )
    wanted = (name, starts_on, ends_on)
    if wanted == (stored.name, stored.starts_on, stored.ends_on):
        return stored
    stored.name, stored.starts_on, stored.ends_on = wanted
    _save(stored, actor=actor, reason=reason)
    return stored


@transaction.atomic
def make_promise(
    *,
    actor: User,
    venue: Venue,
    every_weeks: int,
    service_min: int,
    starts_on: date,
    ends_on: date | None = None,
    reason: str = "",
) -> Promise:
    """Promise a venue a visit every so many weeks, in ``[starts_on, ends_on)``.

    Args:
        every_weeks: 1 to 26.
        service_min: how long the vehicle serves there, 1 to 600 minutes.
        ends_on: the first day it no longer holds; ``None`` until further notice.

    Raises:
        NotAllowed: if ``actor`` does not plan for the venue's library.
        InvalidInput: if the venue is no longer visited.
        ValidationError: if a value is out of range, or the venue has a promise at that time.
        Conflict: if somebody else promised the same at the same moment.
    """
    _authorise(actor, venue.library_id)
    if not venue.is_in_use:
        raise InvalidInput(
            _("This venue is no longer visited."), code="venue_retired", field="venue"
        )
    promise = Promise(
        venue=venue,
        every_weeks=every_weeks,
        service_min=service_min,
        starts_on=starts_on,
        ends_on=ends_on,
    )
    _save(promise, actor=actor, reason=reason)
    return promise


@transaction.atomic
def change_promise(
    *,
    actor: User,
    promise: Promise,
    every_weeks: int,
    service_min: int,
    starts_on: date,
    ends_on: date | None,
    reason: str = "",
    expected_version: int | None = None,
) -> Promise:
    """Correct a promise; what it said before stays in the history.

    Args:
        expected_version: the version the change was prepared on (:func:`audit.version_of`).

    Raises:
        NotAllowed, ValidationError, Conflict: as for a new promise.
        NotFound: if somebody removed it.
        StaleWrite: if somebody changed it since ``expected_version``.
    """
    _authorise(actor, promise.venue.library_id)
    promise = _lock(promise)
    audit.refuse_stale(promise, expected_version)
    wanted = (every_weeks, service_min, starts_on, ends_on)
    if wanted == (promise.every_weeks, promise.service_min, promise.starts_on, promise.ends_on):
        return promise
    promise.every_weeks, promise.service_min, promise.starts_on, promise.ends_on = wanted
    _save(promise, actor=actor, reason=reason)
    return promise


@transaction.atomic
def end_promise(*, actor: User, promise: Promise, ends_on: date, reason: str) -> Promise:
    """Let a promise hold no longer than until the day before ``ends_on``.

    Raises:
        NotAllowed: if ``actor`` does not plan for the venue's library.
        InvalidInput: without a reason, or if ``ends_on`` is not after the promise's first day.
        Conflict: if it has ended by then already.
        NotFound: if somebody removed it.
    """
    _authorise(actor, promise.venue.library_id)
    promise = _lock(promise)
    if not reason.strip():
        raise InvalidInput(
            _("Please say why the promise ends."), code="reason_missing", field="reason"
        )
    if ends_on <= promise.starts_on:
        raise InvalidInput(
            _("A promise holds for one day at least."), code="ends_too_early", field="ends_on"
        )
    if promise.ends_on is not None and promise.ends_on <= ends_on:
        raise Conflict(_("This promise has ended by then already."), code="ended_already")
    promise.ends_on = ends_on
    _save(promise, actor=actor, reason=reason)
    return promise


def _authorise(actor: User, library_id: int) -> None:
    if not actor.may(Action.PLAN, library_id):
        raise NotAllowed()


def _lock(promise: Promise) -> Promise:
    """Return the promise as stored, locked until the transaction ends."""
    stored = locked(Promise.objects.select_related("venue"), promise.pk)
    if stored is None:
        raise NotFound()
    return stored


def _save(record: Promise | Season, *, actor: User, reason: str) -> None:
    try:
        with transaction.atomic():
            audit.save(record, actor=actor, reason=reason)
    except IntegrityError as error:
        # Somebody else was quicker between our check and our write.
        name = violated_constraint(error)
        for constraint in type(record)._meta.constraints:
            if constraint.name == name:
                raise Conflict(constraint.violation_error_message, code=name) from error
        raise
