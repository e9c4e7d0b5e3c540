"""What a disruption is told: what upset the schedule, and what to do with each event."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.accounts.models import Library
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models import DisruptedEvent, Event, Reason

What = DisruptedEvent.What
MOST_DAYS = 366
"""Nobody postpones further: that is another year's plan."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """What upset the schedule of a library, in ``[starts_at, ends_at)``.

    With several of area, units, vehicle, crew member and venue an event is touched by any of them;
    with none of them every event of the period is.

    Attributes:
        note: what hosts and readers are told beside the reason.
        area: a GeoJSON polygon or multipolygon in WGS 84.
        units: communes or provinces.
    """

    library: Library
    why: Reason
    starts_at: datetime
    ends_at: datetime
    note: str = ""
    area: Mapping[str, Any] | None = None
    units: tuple[AdministrativeUnit, ...] = ()
    vehicle: Vehicle | None = None
    member: CrewMember | None = None
    venue: Venue | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """What to do with one event.

    Attributes:
        what: ``None`` leaves it as it is.
        days: how many days later, by the library's clock, 1 to 366; only where it is postponed.
    """

    what: What | None = None
    days: int = 0


LEAVE = Choice()


@dataclass(frozen=True, slots=True)
class Choices:
    """What to do with all events, and with those that are chosen for apart (by uid)."""

    otherwise: Choice = LEAVE
    by_event: Mapping[str, Choice] = field(default_factory=dict)

    def of(self, event: Event) -> Choice:
        """Return what to do with an event."""
        return self.by_event.get(event.uid, self.otherwise)
