"""A season whose plan was approved."""

from __future__ import annotations

from typing import Any

from outreach.accounts.models import User
from outreach.common import clock
from outreach.planning.models import Season, SeasonSubmission


def approve(season: Season, actor: User, content: list[Any] | None = None) -> None:
    """Let a season's plan be approved."""
    SeasonSubmission.objects.create(
        season=season,
        number=1,
        content=content or [],
        checksum="",
        state=SeasonSubmission.State.APPROVED,
        made_by=actor,
        made_at=clock.now(),
        decided_by=actor,
        decided_at=clock.now(),
        authority="Sở",
        decision="1",
        decision_on=clock.today(),
    )
