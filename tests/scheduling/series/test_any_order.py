"""Whatever people do to series and to single events, in whatever order, the schedule stays whole.

What is always true of trips and events is held by the machine this one builds on.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.db.models import Model
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, rule, run_state_machine_as_test

from outreach.scheduling.models import Activity, Duty, Event, Series, State, Trip
from outreach.scheduling.series.changing import Change, Scope, change_series
from outreach.scheduling.series.copying import make_copy, weeks
from outreach.scheduling.series.ending import end_series, leave_out, put_back
from outreach.scheduling.series.inputs import SeriesInput
from outreach.scheduling.series.making import Wishes, days_of, exceptions_of, make_dates
from outreach.scheduling.series.plan import Choice
from outreach.scheduling.series.selectors import DateState, dates_of, differs
from tests.cast import make_cast
from tests.scheduling.desk import storm
from tests.scheduling.series.desk import MONDAY, NOW, day, make
from tests.scheduling.test_any_order import PICK, VENUES, Schedule

RULES = st.sampled_from(
    [
        "FREQ=WEEKLY;BYDAY=MO",
        "FREQ=WEEKLY;BYDAY=TU",
        "FREQ=WEEKLY;BYDAY=MO,TH",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU",
        "FREQ=WEEKLY;BYDAY=MO;COUNT=4",
        "FREQ=MONTHLY;BYDAY=2MO",
        "FREQ=MONTHLY;BYDAY=-1TU",
    ]
)
HOURS = st.integers(7, 15)
DATES = st.integers(-2, 30)
CHOICE = st.sampled_from([None, *Choice])


class Series_(Schedule):  # noqa: N801
    """Coordinators who also keep series, with one vehicle and two venues."""

    tables: list[type[Model]] = [Series]

    @initialize()
    def start(self) -> None:
        self.block = transaction.atomic()
        self.block.__enter__()
        self.cast = make_cast()
        make(self.cast, weeks=4, rule="FREQ=WEEKLY;BYDAY=MO")
        self.notes: list[str] = []

    @rule(said=RULES, hour=HOURS, venue=VENUES, choice=st.sampled_from([Choice.OUT, Choice.NEXT]))
    def make_series(self, said: str, hour: int, venue: str, choice: Choice) -> None:
        self.attempt(
            lambda: make(
                self.cast,
                weeks=4,
                rule=said,
                venue=getattr(self.cast, venue),
                arrives=time(hour),
                departs=time(hour + 2),
                on_days_off=choice,
            )
        )

    @rule(
        pick=PICK,
        scope=st.sampled_from(list(Scope)),
        on=DATES,
        said=st.none() | RULES,
        hour=st.none() | HOURS,
        venue=st.none() | VENUES,
        has_vehicle=st.booleans(),
        choice=CHOICE,
        why=st.booleans(),
    )
    def change(self, pick: int, scope: Scope, on: int, why: bool, **wanted: Any) -> None:
        series = self.picked(pick)
        if series is None:
            return
        whole = SeriesInput.of(series)
        said, hour, venue = (wanted[name] for name in ("said", "hour", "venue"))
        if said is not None:
            whole = replace(whole, rule=said)
        if hour is not None:
            whole = replace(whole, arrives=time(hour), departs=time(hour + 2))
        if venue is not None:
            whole = replace(whole, venue=getattr(self.cast, venue))
        whole = replace(whole, vehicle=self.cast.vehicle if wanted["has_vehicle"] else None)
        choices = {day(n).isoformat(): wanted["choice"] for n in range(40)}
        change = Change(
            whole, scope, on=day(on), choices=choices if wanted["choice"] is not None else {}
        )
        reasons: dict[str, Any] = {
            "why": storm(),
            "reason": "Vì bão",
            "override_reason": "Đành vậy",
        }
        self.attempt(
            lambda: change_series(
                actor=self.cast.owner,
                series=series,
                change=change,
                now=NOW,
                **(reasons if why else {}),
            )
        )

    @rule(pick=PICK, on=DATES)
    def leave_out(self, pick: int, on: int) -> None:
        self.to_series(pick, leave_out, on=day(on), why=storm())

    @rule(pick=PICK, choice=st.sampled_from([Choice.GO, Choice.NEXT]))
    def put_back(self, pick: int, choice: Choice) -> None:
        series = self.picked(pick)
        for on in sorted(exceptions_of(series))[:1] if series else ():
            self.to_series(pick, put_back, on=on, choice=choice, override_reason="Đành vậy")

    @rule(pick=PICK, on=st.integers(7, 35), choice=CHOICE)
    def end(self, pick: int, on: int, choice: Choice | None) -> None:
        choices = {day(n).isoformat(): choice for n in range(40)} if choice else {}
        self.to_series(pick, end_series, ends_on=day(on), choices=choices, why=storm())

    @rule(pick=PICK, count=st.integers(2, 7))
    def make_more(self, pick: int, count: int) -> None:
        self.to_series(pick, make_dates, wishes=Wishes(day(7 * count)))

    @rule(week=st.integers(1, 4))
    def copy_the_first_week(self, week: int) -> None:
        self.attempt(
            lambda: make_copy(
                actor=self.cast.owner,
                library=self.cast.library,
                copy=weeks(MONDAY, [day(7 * week)]),
                now=NOW,
            )
        )

    # --- What is always true -------------------------------------------------------------------

    @invariant()
    def every_event_of_a_series_is_on_a_date_of_it(self) -> None:
        for event in Event.objects.standing().exclude(series=None).select_related("series"):
            assert event.series is not None
            assert event.series_on is not None
            on = event.series_on
            found = days_of(event.series, on, on + timedelta(days=1), exceptions=())
            assert found == [on], (event.series.rule, event.series.starts_on, on)

    @invariant()
    def no_event_stands_on_a_date_that_is_left_out(self) -> None:
        for series in Series.objects.all():
            events = Event.objects.filter(series=series, series_on__in=exceptions_of(series))
            restored = [one for one in events if one.state != State.CANCELLED]
            # One that was called off may be restored on its own page: then it is shown as it is.
            assert all(self.was_called_off(one) for one in restored)

    @invariant()
    def an_event_that_is_not_as_its_series_says_is_shown_as_an_exception(self) -> None:
        for series in Series.objects.select_related("library"):
            shown = dates_of(series, since=date(2027, 1, 1), until=date(2028, 1, 1), now=NOW)
            for one in shown:
                if one.event is not None and one.state is DateState.REGULAR:
                    assert not differs(series, one.event)
                    assert one.event.state != State.CANCELLED
            events = Event.objects.filter(series=series)
            assert {one.event for one in shown if one.event is not None} == set(events)

    @invariant()
    def the_history_of_series_ends_with_what_is_stored(self) -> None:
        for series in Series.objects.all():
            last: Any = series.history.order_by("-history_id").first()
            names = [field.attname for field in Series._meta.concrete_fields]
            assert [getattr(last, name) for name in names] == [
                getattr(series, name) for name in names
            ]

    @invariant()
    def the_history_ends_with_what_is_stored(self) -> None:
        # In the order of writing: single events are changed by the clock of the machine.
        for model in (Trip, Event, Activity, Duty):
            names = [field.attname for field in model._meta.concrete_fields]
            for record in model.objects.all():
                last: Any = record.history.order_by("-history_id").first()
                assert [getattr(last, name) for name in names] == [
                    getattr(record, name) for name in names
                ]

    # --- How they do it ------------------------------------------------------------------------

    def was_called_off(self, event: Event) -> bool:
        return bool(event.history.filter(state=State.CANCELLED).exists())

    def picked(self, pick: int) -> Series | None:
        series = list(Series.objects.order_by("pk"))
        return series[pick % len(series)] if series else None

    def to_series(self, pick: int, service: Any, **given: Any) -> None:
        series = self.picked(pick)
        if series is not None:
            self.attempt(lambda: service(actor=self.cast.owner, series=series, now=NOW, **given))


@pytest.mark.django_db
def test_no_order_of_changes_of_series_breaks_the_schedule() -> None:
    run_state_machine_as_test(
        Series_,
        settings=settings(
            max_examples=12,
            stateful_step_count=20,
            deadline=None,
            # A trace of 20 steps is read in a minute; shortening it takes longer than that.
            phases=[Phase.reuse, Phase.generate],
            suppress_health_check=list(HealthCheck),
        ),
    )
