"""What accepting a request is given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.fleet.models import Vehicle
from outreach.scheduling.services import CrewInput


@dataclass(frozen=True, slots=True)
class VisitInput:
    """A new event with which a request is answered; venue and activity are what was asked for.

    Attributes:
        vehicle: what comes, if anything.
        journey: how long the way takes, each way; only with a vehicle.
    """

    starts_at: datetime
    ends_at: datetime
    vehicle: Vehicle | None = None
    journey: timedelta = timedelta(0)
    crew: CrewInput = CrewInput()  # noqa: RUF009 - frozen
