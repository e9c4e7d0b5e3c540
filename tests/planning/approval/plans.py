"""Seasons and plans for tests: handed in by the cast's owner, decided on by its officer."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from outreach.common import clock
from outreach.planning import approval, services
from outreach.planning.models import Season, SeasonSubmission
from tests.cast import Cast

NOON = datetime.fromisoformat("2027-02-10T12:00:00+07:00")
DECISION = {
    "authority": "Sở Văn hóa, Thể thao và Du lịch",
    "decision": "12/QĐ-SVHTTDL",
    "decision_on": date(2027, 2, 10),
}


def make_season(cast: Cast, **changes: Any) -> Season:
    """Store the season of March 2027."""
    wanted: dict[str, Any] = {
        "actor": cast.owner,
        "library": cast.library,
        "name": "Mùa xuân 2027",
        "starts_on": date(2027, 3, 1),
        "ends_on": date(2027, 4, 1),
    }
    return services.make_season(**wanted | changes)


def submit(cast: Cast, season: Season, **changes: Any) -> SeasonSubmission:
    """Hand the plan in."""
    wanted: dict[str, Any] = {"actor": cast.owner, "season": season, "now": NOON}
    return approval.submit_season(**wanted | changes)


def approve(cast: Cast, submission: SeasonSubmission, **changes: Any) -> SeasonSubmission:
    """Record its approval."""
    wanted: dict[str, Any] = {"actor": cast.officer, "submission": submission, "now": NOON}
    return approval.approve_submission(**wanted | DECISION | changes)


def approved(cast: Cast, season: Season) -> SeasonSubmission:
    """Hand the plan in and record its approval."""
    return approve(cast, submit(cast, season))


def today_of(season: Season) -> date:
    """Return the library's date at the present instant."""
    return clock.today(season.library.zone)
