"""Reads about the visits owed, shaped for their pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from outreach.common.folding import fold
from outreach.planning.models import OwedVisit, OwedVisitQuerySet
from outreach.scheduling.models import Event


def backlog(libraries: Iterable[int], *, text: str = "") -> OwedVisitQuerySet:
    """Return the visits that these libraries (ids) still owe, the most overdue first.

    Args:
        text: part of the name of the venue or its village, in any spelling.
    """
    owed = OwedVisit.objects.open().filter(event__library_id__in=list(libraries))
    if text:
        owed = owed.filter(event__venue__folded__contains=fold(text)[:100]) | owed.filter(
            event__venue__locality_folded__contains=fold(text)[:100]
        )
    return for_lists(owed).order_by("due_on", "event__starts_at", "event")


def for_lists(owed: OwedVisitQuerySet) -> OwedVisitQuerySet:
    """Load what a list of visits owed shows, in one query."""
    return owed.select_related(
        "event__library",
        "event__venue",
        "event__commune__parent",
        "event__cancel_reason",
        "event__trip__vehicle",
        "waived_by",
    )


def overdue(owed: OwedVisitQuerySet, today: date) -> int:
    """Return how many of these should have been made up for before ``today``."""
    return owed.filter(due_on__lt=today).count()


def owed_of(event: Event) -> OwedVisit | None:
    """Return the visit that is owed because of an event, waived or not."""
    return for_lists(OwedVisit.objects.all()).filter(event=event).first()
