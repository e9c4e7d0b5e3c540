"""Changing many stops of a scenario at once: one version of it, not one for each stop."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db import transaction

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit, clock
from outreach.common.errors import InvalidInput, NotAllowed, NotFound
from outreach.common.locking import locked
from outreach.planning.models import Scenario, ScenarioStop

FIELDS = frozenset({"rhythm", "every_weeks", "tolerance_days", "priority", "is_included"})
"""What may be the same for many stops."""


@transaction.atomic
def set_stops(
    *,
    actor: User,
    scenario: Scenario,
    stops: Iterable[int],
    reason: str = "",
    now: datetime | None = None,
    **fields: Any,
) -> int:
    """Give stops the same values; return how many were changed.

    Args:
        stops: keys; those of other scenarios are left alone.
        fields: of :data:`FIELDS`.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        NotFound: if somebody removed the scenario.
        InvalidInput: for a field that is not one of these.
        ValidationError: if a value is out of range.
    """
    if unknown := sorted(set(fields) - FIELDS):
        raise InvalidInput(code="unknown_field", field=unknown[0])
    if not actor.may(Action.PLAN, scenario.season.library_id):
        raise NotAllowed()
    stored = locked(Scenario.objects.select_related("season__library"), scenario.pk)
    if stored is None:
        raise NotFound()
    rows = list(ScenarioStop.objects.filter(scenario=stored, pk__in=list(stops)))
    for row in rows:
        for name, value in fields.items():
            setattr(row, name, value)
        # What they are about has not changed: only the values need a look.
        row.clean_fields(exclude={"scenario", "venue", "promise"})
    if rows and fields:
        ScenarioStop.objects.bulk_update(rows, sorted(fields), batch_size=200)
        stored.changed_at = now or clock.now()
        audit.save(stored, actor=actor, reason=reason)
    return len(rows)
