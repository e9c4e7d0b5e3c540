"""The product tidies up by itself: planned by the worker, done every night, again without harm."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from io import StringIO

import pytest
import shapely
from django.core.management import CommandError, call_command, load_command_class
from django.core.management import get_commands as commands
from django_tasks import TaskResultStatus
from django_tasks_db.management.commands import db_worker
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from outreach.common import clock
from outreach.config import housekeeping
from outreach.places.models import Boundary, Venue
from tests.factories import VenueFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("queue")]
DAY = timedelta(days=1)


@pytest.fixture
def queue(settings: Settings) -> None:
    """Keep tasks in the database, as in production."""
    backend = "django_tasks_db.DatabaseBackend"
    settings.TASKS = {"default": {"BACKEND": backend, "QUEUES": ["default", "mail"]}}


@pytest.fixture
def venue() -> Venue:
    """A venue whose contact was to be kept until the day before yesterday."""
    until = clock.today() - 2 * DAY
    venue: Venue = VenueFactory.create(contact_name="Cô Hiệu trưởng", contact_until=until)
    return venue


@pytest.fixture
def start_worker(monkeypatch: pytest.MonkeyPatch) -> Callable[[], object]:
    """Return what starts a worker that does what is ready, in the test's own transaction."""
    worker = db_worker.Worker(
        queue_names=["*"],
        interval=0,
        batch=True,
        backend_name="default",
        startup_delay=False,
        max_tasks=None,
        worker_id="test",
        excluded_queue_names=[],
    )

    def run(_command: object, **_options: object) -> None:
        for ready in list(DBTaskResult.objects.ready()):
            ready.claim("test")
            worker.run_task(ready)

    monkeypatch.setattr(db_worker.Command, "handle", run)
    return lambda: call_command("db_worker", queue_name="*")


def planned() -> list[datetime | None]:
    """Return when it is to be done."""
    ready = DBTaskResult.objects.filter(status=TaskResultStatus.READY)
    tasks = ready.filter(task_path=housekeeping.daily.module_path)
    return list(tasks.values_list("run_after", flat=True))


def test_the_worker_is_ours() -> None:
    command = load_command_class(commands()["db_worker"], "db_worker")
    assert type(command).__module__.startswith("outreach.config.")


def test_a_worker_that_starts_tidies_up_and_plans_the_next_night(
    venue: Venue, start_worker: Callable[[], object]
) -> None:
    start_worker()
    venue.refresh_from_db()
    assert venue.contact_name == ""
    [next_at] = planned()
    assert next_at is not None
    assert clock.now() < next_at <= clock.now() + DAY
    assert clock.local(next_at).time() == housekeeping.AT


def test_workers_that_start_later_plan_nothing_more(start_worker: Callable[[], object]) -> None:
    for _worker in range(3):
        start_worker()
    assert len(planned()) == 1
    assert DBTaskResult.objects.successful().count() == 1


def test_work_that_fails_is_told_leaves_the_rest_done_and_the_next_night_planned(
    venue: Venue, start_worker: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_now: datetime) -> int:
        raise RuntimeError("no ground")

    monkeypatch.setattr(housekeeping, "WORK", {"placing": fail} | housekeeping.WORK)
    start_worker()
    venue.refresh_from_db()
    assert venue.contact_name == ""
    assert DBTaskResult.objects.failed().count() == 1
    assert len(planned()) == 1
    with pytest.raises(CommandError, match="placing"):
        call_command("housekeeping")


def test_by_hand_it_says_what_it_did_and_again_does_nothing(venue: Venue) -> None:
    def said() -> str:
        out = StringIO()
        call_command("housekeeping", stdout=out)
        return out.getvalue()

    assert "1 contacts erased" in said()
    before = Venue.history.count()
    assert "0 contacts erased" in said()
    assert Venue.history.count() == before


def test_venues_without_a_commune_get_the_one_they_lie_in() -> None:
    venue = VenueFactory.create()
    commune = venue.commune
    assert commune is not None
    Venue.objects.filter(pk=venue.pk).update(commune=None)
    box = shapely.box(104.9, 19.2, 105.0, 19.3)
    Boundary.objects.create(unit=commune, shape=box.wkb, source="test")
    done = housekeeping.keep_house()
    assert done["venues given another commune"] == 1
    venue.refresh_from_db()
    assert venue.commune == commune


@pytest.mark.parametrize(
    ("now", "night"),
    [
        (time(2, 59), date(2026, 3, 1)),
        (time(3), date(2026, 3, 2)),
        (time(23), date(2026, 3, 2)),
    ],
)
def test_the_next_night_is_the_next_three_in_the_morning(now: time, night: date) -> None:
    housekeeping.plan(after=clock.at(date(2026, 3, 1), now))
    assert planned() == [clock.at(night, housekeeping.AT)]
