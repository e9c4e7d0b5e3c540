"""What the larger page components are given to draw. Pages build these; ``ui`` draws them.

Labels arrive translated. Instants are aware datetimes; the template shows them in local time.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True)
class NavItem:
    """One destination of the main navigation; ``icon`` is a name in ``outreach/web/icons``."""

    url: str
    label: str
    icon: str
    is_current: bool = False


@dataclass(frozen=True)
class TimetableEntry:
    """One event of the day list.

    ``kinds`` are activity kind codes, the main one first. ``status`` is a status code and is
    left empty where saying it would add nothing, as for a published event on a public page.
    ``place`` is the venue, ``area`` the commune and province.
    """

    starts_at: datetime
    ends_at: datetime
    title: str
    url: str
    place: str = ""
    area: str = ""
    vehicle: str = ""
    kinds: Sequence[Any] = ()
    status: str = ""
    note: str = ""
    is_boat: bool = False

    @property
    def main_kind(self) -> Any:
        """The kind whose colour the stop's dot takes; empty when the event has none."""
        return self.kinds[0] if self.kinds else ""


@dataclass(frozen=True)
class TimetableDay:
    """One day of the day list with its events, in order of time."""

    on: date
    entries: Sequence[TimetableEntry]


@dataclass(frozen=True)
class WeekChip:
    """One event in a vehicle's day. ``detail`` is a second line, such as the crew."""

    starts_at: datetime
    ends_at: datetime
    title: str
    url: str
    kind: Any = ""
    status: str = ""
    detail: str = ""


@dataclass(frozen=True)
class WeekCell:
    """One vehicle on one day.

    ``away`` says why it cannot be used that day; ``add_url`` leads to the form of a new event.
    """

    on: date
    chips: Sequence[WeekChip] = ()
    away: str = ""
    add_url: str = ""


@dataclass(frozen=True)
class WeekRow:
    """One vehicle and its cells, one for each day of the grid and in the same order."""

    label: str
    cells: Sequence[WeekCell]
    note: str = ""
    url: str = ""


@dataclass(frozen=True)
class Bar:
    """One bar of a chart. ``value`` is None where nothing was collected, which is not 0.

    ``shown`` replaces the formatted value, ``kind`` gives the bar the colour of an activity kind.
    """

    label: str
    value: float | None
    shown: str = ""
    kind: Any = field(default="")
