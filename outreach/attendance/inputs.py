"""What the attendance services are given: one sheet, free of the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from outreach.attendance.models import How, ResultSheet


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: a whole number of 0 or more, and a code of :class:`How`."""

    value: int | None
    how: str

    @property
    def is_collected(self) -> bool:
        """Whether somebody counted or estimated it; 0 is collected too."""
        return self.how != How.NOT_COLLECTED


NOT_COLLECTED = Figure(None, How.NOT_COLLECTED)


def counted(value: int) -> Figure:
    """Return a figure that was counted."""
    return Figure(value, How.COUNTED)


def estimated(value: int) -> Figure:
    """Return a figure that was estimated."""
    return Figure(value, How.ESTIMATED)


@dataclass(frozen=True, slots=True)
class ActivityResult:
    """What one activity of the event came to.

    Attributes:
        activity_id: key of an activity of the event.
        was_held: whether this part took place.
        figures: by code of ``ACTIVITY_MEASURES``; one that is absent was not collected.
    """

    activity_id: int
    was_held: bool = True
    figures: Mapping[str, Figure] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SheetInput:
    """The content of one version of a result sheet.

    Attributes:
        figures: by code of ``SHEET_MEASURES``; one that is absent was not collected.
        audiences: people by audience code; one that is absent was not collected.
        activities: an activity of the event that is absent was held if the event was, with nothing
            collected.
        outcome: a code of ``ResultSheet.Outcome``.
        started_at: when it really began, aware; ``None`` for as planned.
        ended_at: when it really ended, aware; ``None`` for as planned.
        note: required where the event was not held.
    """

    figures: Mapping[str, Figure] = field(default_factory=dict)
    audiences: Mapping[str, Figure] = field(default_factory=dict)
    activities: tuple[ActivityResult, ...] = ()
    outcome: str = ResultSheet.Outcome.HELD
    started_at: datetime | None = None
    ended_at: datetime | None = None
    note: str = ""
