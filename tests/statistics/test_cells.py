"""Cells equal a recount from the sheets, whatever happened and in whatever order."""

from __future__ import annotations

import random
import threading
import uuid
from datetime import datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from outreach.accounts.models import User
from outreach.attendance.inputs import ActivityResult, SheetInput, counted, estimated
from outreach.attendance.models import ResultSheet
from outreach.attendance.services import correct_sheet, log_sheet
from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.places.models import Venue
from outreach.scheduling.models import ActivityKind, Event, Reason
from outreach.scheduling.services import (
    ActivityInput,
    EventInput,
    cancel_event,
    change_event,
    move_event,
    publish_event,
    restore_event,
    schedule_event,
)
from outreach.statistics.models import ActivityFact, Cell, DirtyCell, EventFact
from outreach.statistics.services import cells as module
from outreach.statistics.services import differing_cells, fold, rebuild, refresh
from outreach.statistics.services.facts import CellKey
from tests.cast import Cast, make_cast
from tests.processes import together
from tests.statistics.makers import at, held

KINDS = ("mobile_service", "exhibition", "reading_skills", "donation")


@pytest.fixture
def cast(db: None) -> Cast:
    """The cast of one test: others of this module commit."""
    return make_cast()


def cells() -> dict[tuple[str, str], int]:
    """Return people served by month and kind."""
    return {
        (cell.month.isoformat(), cell.kind_id): cell.people_served for cell in Cell.objects.all()
    }


def test_a_cell_sums_its_months_events_of_its_kind(cast: Cast) -> None:
    for people, day in ((10, "2025-03-01"), (5, "2025-03-31"), (1, "2025-04-01")):
        refresh(held(cast.library, cast.owner, starts_at=at(day), people_served=people).pk)
    fold()
    assert cells() == {("2025-03-01", "mobile_service"): 15, ("2025-04-01", "mobile_service"): 1}
    assert not DirtyCell.objects.exists()


def test_an_activity_is_summed_in_the_cell_of_its_own_kind(cast: Cast) -> None:
    outputs = {1: {"items_shown": 300}}
    refresh(held(cast.library, cast.owner, "mobile_service", "exhibition", outputs=outputs).pk)
    fold()
    shown = Cell.objects.get(kind="exhibition")
    assert (shown.events, shown.activities, shown.items_shown) == (0, 1, 300)
    assert Cell.objects.get(kind="mobile_service").events == 1


def test_a_cell_whose_last_event_left_is_gone(cast: Cast) -> None:
    event = held(cast.library, cast.owner, people_served=10)
    refresh(event.pk)
    fold()
    event.starts_at += timedelta(days=60)
    event.ends_at += timedelta(days=60)
    event.save()
    refresh(event.pk)
    fold()
    assert cells() == {("2025-05-01", "mobile_service"): 10}


def test_folding_drops_the_notes_it_read_and_no_other(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = CellKey(at("2025-03-01").date(), cast.library.pk, "mobile_service")
    DirtyCell.objects.create(pk=1000, **key._asdict())
    summed = module._sums_of_facts

    def meanwhile(keys: set[CellKey]) -> object:
        for pk in (999, 1001):  # as those committed after the notes were read
            DirtyCell.objects.create(pk=pk, **key._asdict())
        return summed(keys)

    monkeypatch.setattr(module, "_sums_of_facts", meanwhile)
    fold()
    assert set(DirtyCell.objects.values_list("pk", flat=True)) == {999, 1001}


def test_more_notes_than_one_fold_takes_are_all_taken_in(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("outreach.statistics.services.cells.NOTES_PER_FOLD", 3)
    for month in range(1, 9):
        event = held(cast.library, cast.owner, starts_at=at(f"2025-0{month}-10"), people_served=1)
        refresh(event.pk)
    fold()
    assert sum(cells().values()) == 8
    assert not DirtyCell.objects.exists()


def test_reading_without_notes_writes_nothing(
    cast: Cast, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(1):  # type: ignore[operator]
        fold()


def test_the_check_counts_what_is_wrong_and_a_rebuild_mends_it(cast: Cast) -> None:
    for kind in KINDS:
        refresh(held(cast.library, cast.owner, kind, people_served=10).pk)
    assert differing_cells() == 0
    Cell.objects.filter(kind="donation").update(people_served=11)
    Cell.objects.filter(kind="exhibition").delete()
    # A fact that answers finer questions wrongly while its cell is right.
    EventFact.objects.filter(kind="reading_skills").update(commune=cast.commune)
    assert differing_cells() == 3
    rebuild()
    assert differing_cells() == 0


def test_a_sheet_that_no_follower_was_told_of_is_found(cast: Cast) -> None:
    held(cast.library, cast.owner, people_served=10)
    assert differing_cells() == 1


def test_the_command_prints_the_number_and_fails_if_any(cast: Cast) -> None:
    held(cast.library, cast.owner, people_served=10)
    out = StringIO()
    with pytest.raises(SystemExit) as stopped:
        call_command("statistics", "rebuild", "--check", stdout=out)
    assert (out.getvalue().strip(), stopped.value.code) == ("1", 1)
    call_command("statistics", "rebuild", stdout=StringIO())
    out = StringIO()
    call_command("statistics", "rebuild", "--check", stdout=out)
    assert out.getvalue().strip() == "0"


# --- Through the services ------------------------------------------------------------------------


class Season:
    """Random work on events that have passed, through the services the pages call."""

    def __init__(self, actor: User, seed: int) -> None:
        self.random = random.Random(seed)
        self.actor = actor
        self.library = actor.memberships.get().library
        self.venues = list(Venue.objects.filter(library=self.library))
        self.kinds = list(ActivityKind.objects.filter(pk__in=KINDS))
        self.reason = Reason.objects.get(pk="storm")
        self.latest = clock.now() - timedelta(days=1)

    def start(self) -> datetime:
        return self.latest - timedelta(minutes=self.random.randrange(60 * 24 * 120))

    def activities(self) -> tuple[ActivityInput, ...]:
        count = self.random.randint(1, 3)
        return tuple(ActivityInput(self.random.choice(self.kinds)) for _ in range(count))

    def schedule(self) -> Event:
        start = self.start()
        wanted = EventInput(
            venue=self.random.choice(self.venues),
            starts_at=start,
            ends_at=start + timedelta(hours=2),
            activities=self.activities(),
            shares_venue=True,
        )
        event = schedule_event(
            actor=self.actor, library=self.library, event=wanted, override_reason="Ghi sau"
        )
        return publish_event(actor=self.actor, event=event)

    def sheet(self, event: Event) -> SheetInput:
        people = self.random.randrange(200)
        figures = {"people_served": counted(people), "items_used": estimated(people * 2)}
        return SheetInput(
            figures=dict(self.random.sample(sorted(figures.items()), self.random.randint(0, 2))),
            audiences={"primary": counted(self.random.randrange(people + 1))} if people else {},
            activities=tuple(
                ActivityResult(activity.pk, was_held=self.random.random() < 0.9)
                for activity in event.activities.all()
            ),
            outcome=self.random.choice(["held", "held", "partly"]),
        )

    def step(self, event: Event) -> None:
        """Do one thing to an event; what the rules refuse is simply not done."""
        event.refresh_from_db()
        actions = (self.log, self.correct, self.move, self.cancel, self.restore, self.change)
        try:
            self.random.choice(actions)(event)
        except DomainError:
            return

    def log(self, event: Event) -> None:
        log_sheet(
            actor=self.actor,
            event=event,
            sheet=self.sheet(event),
            uid=uuid.UUID(int=self.random.getrandbits(128)),
            confirm_warnings=True,
        )

    def correct(self, event: Event) -> None:
        accepted = ResultSheet.objects.accepted().filter(event=event).first()
        if accepted is not None:
            correct_sheet(
                actor=self.actor,
                sheet=accepted,
                corrected=self.sheet(event),
                uid=uuid.UUID(int=self.random.getrandbits(128)),
                reason="đếm lại",
                confirm_warnings=True,
            )

    def move(self, event: Event) -> None:
        start = self.start()
        move_event(
            actor=self.actor,
            event=event,
            starts_at=start,
            ends_at=start + timedelta(hours=2),
            venue=self.random.choice(self.venues),
            reason="mưa",
            override_reason="Ghi sau",
        )

    def cancel(self, event: Event) -> None:
        cancel_event(actor=self.actor, event=event, why=self.reason)

    def restore(self, event: Event) -> None:
        restore_event(actor=self.actor, event=event)

    def change(self, event: Event) -> None:
        kept = [ActivityInput(activity.kind) for activity in event.activities.all()]
        change_event(
            actor=self.actor,
            event=event,
            title="Đổi hoạt động",
            note="",
            activities=[ActivityInput(self.random.choice(self.kinds)), *kept[1:]],
            shares_venue=True,
            reason="đổi",
        )


@pytest.mark.parametrize("seed", range(3))
def test_cells_equal_a_recount_after_any_sequence_of_changes(cast: Cast, seed: int) -> None:
    season = Season(cast.owner, seed)
    events = [season.schedule() for _ in range(6)]
    for event in events:
        season.log(event)
    for turn in range(50):
        season.step(season.random.choice(events))
        if turn % 7 == 0:
            fold()
    assert EventFact.objects.exists()
    assert differing_cells() == 0


WRITERS = 4
STEPS = 25


def work(number: int, user_id: int, event_ids: list[int]) -> int:
    """Change shared events at random beside the other processes; return how often."""
    season = Season(User.objects.get(pk=user_id), number)
    for turn in range(STEPS):
        event = Event.objects.get(pk=season.random.choice(event_ids))
        season.step(event)
        if turn % 3 == number % 3:
            fold()
    return STEPS


@pytest.mark.django_db(transaction=True)
def test_processes_that_write_and_fold_at_once_leave_no_cell_wrong() -> None:
    cast = make_cast()
    season = Season(cast.owner, 0)
    events = [season.schedule() for _ in range(5)]
    for event in events:
        season.log(event)
    done = together(work, WRITERS, cast.owner.pk, [event.pk for event in events])
    assert done == [STEPS] * WRITERS
    assert differing_cells() == 0
    assert not DirtyCell.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_note_that_is_committed_late_is_not_lost() -> None:
    cast = make_cast()
    early = held(cast.library, cast.owner, people_served=10)
    late = held(cast.library, cast.owner, people_served=5)
    noted, folded = threading.Event(), threading.Event()

    def slow_writer() -> None:
        with transaction.atomic():
            refresh(early.pk)
            noted.set()
            if connection.vendor == "postgresql":  # SQLite lets nobody else write until then
                folded.wait(30)
        connection.close()

    writer = threading.Thread(target=slow_writer)
    writer.start()
    assert noted.wait(30)
    refresh(late.pk)  # gets the higher key and is committed first
    fold()
    folded.set()
    writer.join()
    fold()
    assert cells() == {("2025-03-01", "mobile_service"): 15}
    assert not DirtyCell.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_fold_that_read_early_does_not_write_over_one_that_read_late(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cast = make_cast()
    refresh(held(cast.library, cast.owner, people_served=10).pk)
    late = held(cast.library, cast.owner, people_served=5)
    has_read, may_write = threading.Event(), threading.Event()
    summed = module._sums_of_facts

    def dawdle(keys: set[CellKey]) -> object:
        sums = summed(keys)
        if threading.current_thread() is early:
            has_read.set()
            if connection.vendor == "postgresql":  # SQLite lets nobody else write until then
                may_write.wait(30)
        return sums

    def fold_and_leave() -> None:
        fold()
        connection.close()

    monkeypatch.setattr(module, "_sums_of_facts", dawdle)
    early = threading.Thread(target=fold_and_leave)
    early.start()
    assert has_read.wait(30)
    refresh(late.pk)
    second = threading.Thread(target=fold_and_leave)
    second.start()
    second.join(1)  # it waits for its turn; without turns it is done by now
    may_write.set()
    early.join()
    second.join()
    assert cells() == {("2025-03-01", "mobile_service"): 15}


def test_a_rebuild_of_many_events_uses_a_fixed_number_of_statements(
    cast: Cast, django_assert_max_num_queries: object
) -> None:
    for number in range(12):
        held(cast.library, cast.owner, KINDS[number % 4], people_served=number)
    with django_assert_max_num_queries(16):  # type: ignore[operator]
        rebuild()
    assert EventFact.objects.count() == ActivityFact.objects.count() == 12
