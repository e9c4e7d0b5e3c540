"""The season's plans on their way: approved, waiting, sent back, and one nobody handed in yet."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from outreach.accounts.models import User
from outreach.common import bulk
from outreach.config.demo import inputs
from outreach.config.demo.past_year import Scene
from outreach.planning.approval import checksum_of, content_of
from outreach.planning.models import Season, SeasonSubmission

_State = SeasonSubmission.State
_DECIDED_AFTER = timedelta(days=4)


@dataclass(frozen=True, slots=True)
class _Way:
    """How far a plan has come, and how long ago it was handed in."""

    state: SeasonSubmission.State
    days_ago: int
    note: str


_WAYS = {
    "nghe-an": _Way(_State.APPROVED, 40, "approved"),
    "thanh-hoa": _Way(_State.APPROVED, 38, "approved"),
    "ha-tinh": _Way(_State.SUBMITTED, 2, ""),
    "quang-tri": _Way(_State.RETURNED, 9, "returned"),
}


def make(scene: Scene, officer: User, now: datetime) -> None:
    """Store the plan of a library's season as it was handed in, and what was decided."""
    way = _WAYS.get(scene.staff.slug)
    if way is None:
        return
    season = Season.objects.select_related("library").get(library=scene.staff.library)
    content = content_of(season)
    words = inputs.read("themes")["approval"]
    made_at = now - timedelta(days=way.days_ago)
    plan = SeasonSubmission(
        uid=inputs.uid("submission", scene.staff.slug, season.starts_on),
        season=season,
        number=1,
        content=content,
        checksum=checksum_of(content),
        note=words["note"],
        made_by=scene.staff.coordinator,
        made_at=made_at,
    )
    bulk.store(
        SeasonSubmission, [plan], by=scene.staff.coordinator, at=made_at, reason=words["note"]
    )
    if way.state == _State.SUBMITTED:
        return
    decided_at = made_at + _DECIDED_AFTER
    plan.state, plan.decided_by, plan.decided_at = way.state, officer, decided_at
    plan.decision_note = words[way.note]
    if way.state == _State.APPROVED:
        day = decided_at.astimezone(scene.staff.library.zone).date()
        place = scene.staff.library.short_vi
        plan.authority = words["authority"].format(place=place)
        plan.decision = f"{way.days_ago * 17}/QĐ-SVHTTDL"
        plan.decision_on = day
    plan.save()
    bulk.note(
        SeasonSubmission, [plan], by=officer, at=decided_at, reason=plan.decision_note, kind="~"
    )
