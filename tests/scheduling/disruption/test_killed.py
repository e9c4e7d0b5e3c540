"""A process that is killed in the middle of a storm leaves the schedule as it was."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Sequence
from concurrent.futures.process import BrokenProcessPool
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from outreach.accounts.models import Library, User
from outreach.calendars.models import Entry
from outreach.calendars.services import rebuild
from outreach.messaging.models import Message
from outreach.planning.models import OwedVisit
from outreach.scheduling.disruption import Choice, Choices, Trouble, What, disrupt
from outreach.scheduling.followers import EventChange
from outreach.scheduling.models import Activity, Disruption, Event, Reason, State
from tests.cast import Cast, make_cast
from tests.processes import together
from tests.scheduling.desk import at, following
from tests.scheduling.disruption.weather import NOW, contact

pytestmark = pytest.mark.django_db(transaction=True)

EVENTS = 200


@pytest.fixture
def cast() -> Cast:
    return make_cast()


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class Deadly:
    """A follower in whose hands the process dies, once everything else has been done."""

    def follow(self, change: EventChange) -> None:
        kill()

    def follow_all(self, changes: Sequence[EventChange]) -> None:
        assert len(changes) == EVENTS
        kill()


class DeadlyWrite:
    """Kills the process instead of the ``count``-th statement that writes something."""

    def __init__(self, count: int) -> None:
        self.left = count

    def __call__(self, execute: Callable[..., Any], sql: str, *args: Any) -> Any:
        if sql.lstrip().upper().startswith(("INSERT", "UPDATE", "DELETE")):
            self.left -= 1
            if self.left == 0:
                kill()
        return execute(sql, *args)


def storm_and_die(_number: int, library_id: int, actor_id: int, after: int) -> None:
    """Call everything off and be killed: after so many writes, or, with 0, at the very end."""
    trouble = Trouble(
        Library.objects.get(pk=library_id), Reason.objects.get(pk="storm"), at(0), at(0, 3)
    )
    actor = User.objects.get(pk=actor_id)
    choices = Choices(Choice(What.CANCEL))
    if after:
        with connection.execute_wrapper(DeadlyWrite(after)):
            disrupt(actor=actor, trouble=trouble, choices=choices, now=NOW)
    else:
        with following({"deadly": Deadly()}):
            disrupt(actor=actor, trouble=trouble, choices=choices, now=NOW)


def many_events(cast: Cast) -> None:
    """Store 200 public events on the Monday, as an import would."""
    events = Event.objects.bulk_create(
        Event(
            library=cast.library,
            venue=cast.venue,
            commune=cast.commune,
            starts_at=at(8) + timedelta(minutes=number),
            ends_at=at(10) + timedelta(minutes=number),
            title=f"Buổi {number}",
            state=State.PUBLISHED,
            published_at=NOW,
            shares_venue=True,
        )
        for number in range(EVENTS)
    )
    Activity.objects.bulk_create(Activity(event=one, kind_id="mobile_service") for one in events)
    rebuild(Event.objects.all(), NOW)


def stored() -> list[Any]:
    return [
        list(Event.objects.order_by("pk").values_list()),
        list(Event.history.order_by("pk").values_list("pk")),
        list(Entry.objects.order_by("pk").values_list("pk", "sequence", "digest")),
        Disruption.objects.count(),
        OwedVisit.objects.count(),
        Message.objects.count(),
    ]


@pytest.mark.parametrize("after", [1, 4, 8, 0], ids=lambda after: f"write {after or 'last'}")
def test_a_process_killed_in_the_middle_has_done_nothing(cast: Cast, after: int) -> None:
    contact(cast.venue, "lan@example.org")
    many_events(cast)
    before = stored()
    with pytest.raises(BrokenProcessPool):
        together(storm_and_die, 1, cast.library.pk, cast.owner.pk, after)
    connection.close()
    assert stored() == before
    # What was not done can still be done: nothing stays locked.
    disrupt(
        actor=cast.owner,
        trouble=Trouble(cast.library, Reason.objects.get(pk="storm"), at(0), at(0, 3)),
        choices=Choices(Choice(What.CANCEL)),
        now=NOW,
    )
    assert Event.objects.filter(state=State.CANCELLED).count() == EVENTS
    assert Message.objects.count() == 1
