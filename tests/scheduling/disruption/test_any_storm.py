"""Whatever storms come, and whatever people do in between, what must never be false stays true."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule, run_state_machine_as_test

from outreach.planning.models import OwedVisit
from outreach.scheduling import services
from outreach.scheduling.disruption import Choice, What, undo_disruption
from outreach.scheduling.models import Activity, Disruption, Duty, Event, State, Trip
from outreach.scheduling.services import EventInput
from tests.scheduling.desk import activity, at
from tests.scheduling.disruption.weather import NOW, strike
from tests.scheduling.test_any_order import PICK, REASON, Schedule

WHAT = st.sampled_from([Choice(), Choice(What.CANCEL), Choice(What.INDOORS)]) | st.builds(
    Choice, st.just(What.POSTPONE), st.integers(1, 3)
)


class Weather(Schedule):
    """The coordinators of the other machine, with storms, their undoing, and make-up visits."""

    @rule(otherwise=WHAT, own=WHAT, pick=PICK, why=REASON, days=st.integers(1, 2))
    def storm(self, otherwise: Choice, own: Choice, pick: int, why: str, days: int) -> None:
        events = list(Event.objects.standing().filter(starts_at__lt=at(0, days)).order_by("pk"))
        chosen = {events[pick % len(events)].uid: own} if events else {}
        self.attempt(
            lambda: strike(
                self.cast, otherwise, by_event=chosen, override_reason=why, ends_at=at(0, days)
            )
        )

    @rule(pick=PICK)
    def undo(self, pick: int) -> None:
        stored = list(Disruption.objects.order_by("pk"))
        if stored:
            disruption = stored[pick % len(stored)]
            later = NOW + timedelta(hours=1)
            self.attempt(
                lambda: undo_disruption(actor=self.cast.owner, disruption=disruption, now=later)
            )

    @rule(pick=PICK, hour=st.integers(6, 16))
    def make_up(self, pick: int, hour: int) -> None:
        called_off = list(Event.objects.filter(state=State.CANCELLED).order_by("pk"))
        if called_off:
            wanted = EventInput(
                self.cast.venue,
                at(hour, 4),
                at(hour + 1, 4),
                (activity(),),
                makes_up_for=called_off[pick % len(called_off)],
            )
            self.attempt(
                lambda: services.schedule_event(
                    actor=self.cast.owner, library=self.cast.library, event=wanted
                )
            )

    @invariant()
    def the_history_ends_with_what_is_stored(self) -> None:
        # By the order of writing: a storm of this test comes at an hour of its own.
        for model in (Trip, Event, Activity, Duty):
            for record in model.objects.all():
                last = record.history.latest("history_id")
                names = [field.attname for field in model._meta.concrete_fields]
                assert [getattr(last, name) for name in names] == [
                    getattr(record, name) for name in names
                ]

    @invariant()
    def what_is_owed_was_announced_and_called_off(self) -> None:
        for owed in OwedVisit.objects.select_related("event"):
            assert owed.event.is_cancelled
            assert owed.event.published_at is not None
        called_off = Event.objects.filter(
            state=State.CANCELLED,
            published_at__isnull=False,
            makes_up_for=None,
            activities__kind="mobile_service",
        )
        assert not called_off.filter(owed=None).exists()

    @invariant()
    def one_visit_at_most_makes_up_for_another(self) -> None:
        made_up = Event.objects.standing().exclude(makes_up_for=None)
        keys = list(made_up.values_list("makes_up_for", flat=True))
        assert len(keys) == len(set(keys))


@pytest.mark.django_db
def test_no_storm_breaks_the_schedule() -> None:
    run_state_machine_as_test(
        Weather,
        settings=settings(
            max_examples=10,
            stateful_step_count=20,
            deadline=None,
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
