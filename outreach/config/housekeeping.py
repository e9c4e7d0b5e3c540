"""What the product does by itself once a day, whoever is at work.

A worker plans the first run when it starts, and every run plans the next one before it does
anything: so nobody has to set up a timer, and a run that fails or is killed does not end the row.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, time, timedelta

from django_tasks import TaskResultStatus, default_task_backend, task
from django_tasks_db.models import DBTaskResult

from outreach.common import clock
from outreach.places.placing import place_venues
from outreach.places.services import erase_expired_contacts
from outreach.printing.services import clear_away

logger = logging.getLogger(__name__)

AT = time(3)
"""At night, when nobody is at work; a machine that is off then does it when it is on again."""


class NotAllDone(Exception):
    """Some of the work failed; the log says why."""


def _erase(now: datetime) -> int:
    return erase_expired_contacts(now=now)


def _place(now: datetime) -> int:
    return place_venues(actor=None, now=now)


def _clear(now: datetime) -> int:
    return clear_away(now=now)


WORK: dict[str, Callable[[datetime], int]] = {
    "contacts erased": _erase,
    "venues given another commune": _place,
    "printed files cleared away": _clear,
}
"""What is done, in this order; each returns how many records it changed."""


def keep_house(*, now: datetime | None = None) -> dict[str, int]:
    """Do all of it and return how many records each part changed; again changes nothing.

    Raises:
        NotAllDone: if a part failed, after the others were done.
    """
    moment = now or clock.now()
    done: dict[str, int] = {}
    for name, work in WORK.items():
        try:
            done[name] = work(moment)
        except Exception:
            logger.exception("Housekeeping failed: %s", name)
    if failed := [name for name in WORK if name not in done]:
        raise NotAllDone(", ".join(failed))
    return done


@task
def daily() -> dict[str, int]:
    """Do the day's work, and see to tomorrow's first."""
    plan(after=clock.now())
    return keep_house()


def plan(*, after: datetime | None = None) -> None:
    """See that a worker will do it: at night after an instant, or at once. Once is enough."""
    if not default_task_backend.supports_defer:
        return
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY, task_path=daily.module_path)
    if not ready.exists():
        (daily if after is None else daily.using(run_after=_night_after(after))).enqueue()


def _night_after(moment: datetime) -> datetime:
    today = clock.local(moment).date()
    tonight = clock.at(today, AT)
    return tonight if tonight > moment else clock.at(today + timedelta(days=1), AT)
