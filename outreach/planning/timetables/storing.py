"""Storing what a comparison found, all of it or nothing."""

from __future__ import annotations

from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import bulk
from outreach.common.constraints import violated_constraint
from outreach.common.errors import Conflict
from outreach.common.query_planning import learn_sizes
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.planning.models import Promise
from outreach.planning.timetables.matching import SERIES_FIELDS
from outreach.planning.timetables.plan import IMPORT_REASON, Plan
from outreach.scheduling.models import ActivityKind, Series
from outreach.scheduling.services import in_bulk

KIND = "mobile_service"
"""The kind of activity at a stop of a timetable (reference data)."""


def store(
    plan: Plan,
    *,
    actor: User | None,
    now: datetime,
    publish: bool = False,
    override_reason: str = "",
) -> None:
    """Store libraries, vehicles, venues, series, promises and visits in one transaction.

    Args:
        actor: who answers for it; ``None`` for the administrator at the machine.
        publish: make the visits public; otherwise they are drafts.
        override_reason: why trips without a crew may be public; needed to publish.

    Raises:
        Conflict: if something that the plan was made on has changed meanwhile. Nothing is stored.
        InvalidInput: if the visits are to be public and ``actor`` or the reason is missing.
    """
    if plan.changes_nothing:
        return
    try:
        with transaction.atomic():
            _store(plan, actor, now, publish, override_reason)
    except IntegrityError as error:
        if violated_constraint(error) is None and not _is_taken(error):
            raise
        raise Conflict(
            _("The schedule was changed meanwhile. Please look at the preview again."),
            code="changed_meanwhile",
        ) from error


def _store(
    plan: Plan, actor: User | None, now: datetime, publish: bool, override_reason: str
) -> None:
    for model, records in (
        (Library, plan.libraries.new),
        (Vehicle, plan.vehicles.new),
        (Venue, plan.venues.new),
        (Series, plan.series.new),
        (Promise, plan.promises.new),
    ):
        bulk.store(model, records, by=actor, at=now, reason=IMPORT_REASON)
    for model, changed, names in (
        (Series, plan.series.changed, SERIES_FIELDS),
        (Promise, plan.promises.changed, ("every_weeks", "service_min", "ends_on")),
    ):
        model.objects.bulk_update(changed, names, batch_size=200)
        bulk.note(model, changed, by=actor, at=now, reason=IMPORT_REASON, kind="~")
    learn_sizes()
    joined = {visit.trip.pk for visit in plan.visits if visit.trip is not None}
    in_bulk.remove_drafts(plan.removed, actor=actor, now=now, reason=IMPORT_REASON, keep=joined)
    in_bulk.schedule_visits(
        [
            in_bulk.Visit(
                series=visit.series,
                on=visit.on,
                starts_at=visit.starts_at,
                ends_at=visit.ends_at,
                trip=visit.trip,
                shares_venue=visit.shares_venue,
            )
            for visit in plan.visits
        ],
        kind=ActivityKind.objects.get(pk=KIND),
        actor=actor,
        now=now,
        reason=IMPORT_REASON,
        publish=publish,
        override_reason=override_reason,
    )


def _is_taken(error: IntegrityError) -> bool:
    """Tell whether SQLite, which names no such constraint, found a key taken or gone."""
    return str(error).startswith(("UNIQUE constraint", "FOREIGN KEY constraint"))
