"""Several processes log at the same moment: one accepted sheet, whatever happens."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest

from outreach.accounts.models import User
from outreach.attendance import services
from outreach.attendance.errors import SheetDiffers
from outreach.attendance.inputs import SheetInput, counted
from outreach.attendance.models import ResultSheet
from outreach.scheduling.models import Event
from tests.attendance.conftest import make_event
from tests.cast import make_cast
from tests.processes import line_up, together

PROCESSES, ROUNDS = 3, 6


@dataclass(frozen=True)
class Round:
    """One event that all processes log at once, each with its id and its number of people."""

    event_id: int
    uids: list[UUID]
    people: list[int]


def _log(number: int, actor_id: int, rounds: list[Round]) -> list[str]:
    actor, outcomes = User.objects.get(pk=actor_id), []
    for turn in rounds:
        event = Event.objects.get(pk=turn.event_id)
        line_up()
        try:
            stored = services.log_sheet(
                actor=actor,
                event=event,
                sheet=SheetInput(figures={"people_served": counted(turn.people[number])}),
                uid=turn.uids[number],
            )
            outcomes.append("repeat" if stored.is_repeat else stored.state)
        except SheetDiffers:
            outcomes.append("differs")
    return outcomes


@pytest.mark.django_db(transaction=True)
def test_of_sheets_that_arrive_at_once_exactly_one_counts() -> None:
    cast = make_cast()
    one, many = [uuid4()] * PROCESSES, [uuid4() for _ in range(PROCESSES)]
    same, own = [7] * PROCESSES, list(range(PROCESSES))
    expected: list[str] = []
    rounds: list[Round] = []
    for _turn in range(ROUNDS):
        for uids, people, outcome in (
            (one, same, "accepted repeat repeat"),
            (many, own, "accepted queued queued"),
            (one, own, "accepted differs differs"),
        ):
            event = make_event(cast, hours_ago=5 * (len(rounds) + 1))
            fresh = {uid: uuid4() for uid in uids}
            rounds.append(Round(event.pk, [fresh[uid] for uid in uids], people))
            expected.append(outcome)
    results = together(_log, PROCESSES, cast.colleague.pk, rounds)
    happened = [" ".join(sorted(outcomes)) for outcomes in zip(*results, strict=True)]
    assert happened == expected
    assert ResultSheet.objects.accepted().count() == len(rounds)
