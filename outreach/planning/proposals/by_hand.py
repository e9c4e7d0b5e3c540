"""Changing a proposal by hand: one visit moved, taken out, put in, pinned.

The days it touches get exact times again. Nothing is refused for breaking a rule: each change says
what it breaks, and a person decides.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, NotAllowed, NotFound, StaleWrite
from outreach.common.locking import locked
from outreach.fleet.models import Vehicle
from outreach.planning.models import (
    LeftOutVisit,
    Proposal,
    ProposedDuty,
    ProposedPause,
    ProposedTrip,
    ProposedVisit,
)
from outreach.planning.proposals import asking, figures, names, retiming, storing
from outreach.planning.proposals.findings import Findings, findings_of
from outreach.planning.proposals.reasons import TAKEN_OUT
from outreach.planning.proposals.retiming import Wanted
from outreach.routing.problem import Problem, Shift

A_DAY = timedelta(days=1)
Key = tuple[int, date]
"""A vehicle and a day."""


def move_visit(
    *,
    actor: User,
    visit: ProposedVisit,
    on: date,
    vehicle: Vehicle,
    starts_at: datetime | None = None,
    expected_revision: int | None,
    now: datetime | None = None,
) -> Findings:
    """Put a visit on a day of a vehicle, where it makes the day least longer.

    Args:
        starts_at: when it is to begin, on that day; ``None`` for whenever it fits best.
        expected_revision: of the proposal, as it was looked at; ``None`` for any.

    Returns:
        What stands against the days it touched, and against visits of its stop.

    Raises:
        NotAllowed: if ``actor`` does not plan for the library.
        InvalidInput: for a day outside the season, a vehicle that is not of the scenario, or a time
            that is not on that day.
        Conflict: if the proposal is not ready.
        StaleWrite: if somebody changed it since ``expected_revision``.
        NotFound: if the visit is gone.
    """

    def edit(desk: _Desk) -> None:
        row = desk.visit(visit.pk)
        desk.take(row)
        row.is_by_hand = True
        desk.put(row, vehicle.pk, on, starts_at)

    return _change(actor, visit.trip.proposal, expected_revision, edit, now)


def take_out(
    *,
    actor: User,
    visit: ProposedVisit,
    expected_revision: int | None,
    now: datetime | None = None,
) -> Findings:
    """Leave a visit out.

    Returns, raises: as :func:`move_visit`.
    """

    def edit(desk: _Desk) -> None:
        row = desk.visit(visit.pk)
        desk.take(row)
        row.delete()
        LeftOutVisit.objects.get_or_create(
            proposal=desk.proposal,
            stop_id=row.stop_id,
            occurrence_on=row.occurrence_on,
            defaults={"reasons": [{"code": TAKEN_OUT, "times": 1}]},
        )

    return _change(actor, visit.trip.proposal, expected_revision, edit, now)


def put_in(
    *,
    actor: User,
    left_out: LeftOutVisit,
    on: date,
    vehicle: Vehicle,
    starts_at: datetime | None = None,
    expected_revision: int | None,
    now: datetime | None = None,
) -> Findings:
    """Make a visit that was left out.

    Returns, raises: as :func:`move_visit`.
    """

    def edit(desk: _Desk) -> None:
        stored = desk.proposal.left_out.filter(pk=left_out.pk).first()
        if stored is None:
            raise NotFound()
        row = ProposedVisit(
            stop_id=stored.stop_id, occurrence_on=stored.occurrence_on, is_by_hand=True
        )
        stored.delete()
        desk.put(row, vehicle.pk, on, starts_at)

    return _change(actor, left_out.proposal, expected_revision, edit, now)


def pin_visit(
    *,
    actor: User,
    visit: ProposedVisit,
    expected_revision: int | None,
    now: datetime | None = None,
) -> Findings:
    """Let a visit stay where it is, to the minute, when the rest is planned anew.

    Returns, raises: as :func:`move_visit`.
    """
    return _set_pin(actor, visit, expected_revision, now, is_pinned=True)


def unpin_visit(
    *,
    actor: User,
    visit: ProposedVisit,
    expected_revision: int | None,
    now: datetime | None = None,
) -> Findings:
    """Let a visit go wherever the plan wants it; a pin of the scenario still holds.

    Returns, raises: as :func:`move_visit`.
    """
    return _set_pin(actor, visit, expected_revision, now, is_pinned=False)


def _set_pin(
    actor: User,
    visit: ProposedVisit,
    expected_revision: int | None,
    now: datetime | None,
    *,
    is_pinned: bool,
) -> Findings:
    def edit(desk: _Desk) -> None:
        row = desk.visit(visit.pk)
        row.is_pinned = is_pinned
        row.save(update_fields=["is_pinned"])
        desk.stops.add(row.stop_id)

    return _change(actor, visit.trip.proposal, expected_revision, edit, now)


@transaction.atomic
def _change(
    actor: User,
    proposal: Proposal,
    expected_revision: int | None,
    edit: Callable[[_Desk], None],
    now: datetime | None,
) -> Findings:
    if not actor.may(Action.PLAN, proposal.scenario.season.library_id):
        raise NotAllowed()
    moment = now or clock.now()
    rows = Proposal.objects.select_related("scenario__season__library")
    stored = locked(rows, proposal.pk)
    if stored is None:
        raise NotFound()
    if expected_revision is not None and expected_revision != stored.revision:
        raise StaleWrite()
    if stored.state != Proposal.State.DONE:
        raise Conflict(_("This proposal is not ready."), code="not_ready")
    bare = asking.bare_question_of(stored, now=moment)
    desk = _Desk(stored, asking.with_own_pins(bare, stored))
    edit(desk)
    desk.store()
    stored.revision += 1
    stored.figures = figures.figures_of(stored)
    stored.save(update_fields=["revision", "figures"])
    proposal.revision, proposal.figures = stored.revision, stored.figures
    found = findings_of(stored, problem=asking.with_own_pins(bare, stored), now=moment)
    return found.about(desk.touched_trips, desk.stops)


@dataclass(slots=True)
class _Day:
    """A day of a vehicle while it is being changed.

    Attributes:
        row: the stored trip; ``None`` for a day on which it did not go out.
        visits: in order of time.
    """

    row: ProposedTrip | None
    start: str
    end: str
    visits: list[ProposedVisit] = field(default_factory=list)
    is_touched: bool = False


class _Desk:
    """A proposal laid out day by day, to be changed and put back."""

    def __init__(self, proposal: Proposal, problem: Problem) -> None:
        self.proposal = proposal
        self.problem = problem
        self.zone = proposal.scenario.season.library.zone
        self._asked_s: dict[int, int | None] = {}
        self.stops: set[int] = set()
        self.touched_trips: set[int] = set()
        self._days: dict[Key, _Day] = {}
        for trip in storing.trips_of(proposal):
            start, end = names.place_name(trip.start_id), names.place_name(trip.end_id)
            visits = list(trip.visits.all())
            for visit in visits:
                visit.trip = trip
            self._days[trip.vehicle_id, trip.on] = _Day(trip, start, end, visits)

    def visit(self, key: int) -> ProposedVisit:
        """Return a visit of the proposal.

        Raises:
            NotFound: if it is gone.
        """
        every = (visit for day in self._days.values() for visit in day.visits)
        found = next((visit for visit in every if visit.pk == key), None)
        if found is None:
            raise NotFound()
        return found

    def take(self, visit: ProposedVisit) -> None:
        """Take a visit from its day."""
        day = self._days[visit.trip.vehicle_id, visit.trip.on]
        day.visits = [one for one in day.visits if one.pk != visit.pk]
        day.is_touched = True
        self.stops.add(visit.stop_id)

    def put(self, visit: ProposedVisit, vehicle: int, on: date, starts_at: datetime | None) -> None:
        """Put a visit on a day, in its place among the others.

        Raises:
            InvalidInput: if the day, vehicle, stop or time is not one of the plan.
        """
        self._check(visit, vehicle, on, starts_at)
        shift = self._shift(vehicle, on)
        day = self._days.setdefault((vehicle, on), _Day(None, shift.start, shift.end))
        starts_s = None
        if starts_at is not None:
            starts_s = names.seconds_of(starts_at, on, self.zone)
        wanted = Wanted(names.stop_name(visit.stop_id), visit.occurrence_on, starts_s)
        others = [self._as_it_is(one, on) for one in day.visits]
        ordered = retiming.best_place(
            self.problem, shift, others, wanted, start=day.start, end=day.end
        )
        place = next(number for number, one in enumerate(ordered) if one is wanted)
        day.visits.insert(place, visit)
        day.is_touched = True
        if starts_at is not None:
            visit.starts_at = starts_at
            self._asked_s[id(visit)] = starts_s
        self.stops.add(visit.stop_id)

    def store(self) -> None:
        """Time the days anew that were touched, and write them."""
        self._come_home()
        for (vehicle, on), day in self._days.items():
            if day.is_touched and day.visits:
                self._write(vehicle, on, day)
        # Last: a visit that has left must not go with the day it left.
        for day in self._days.values():
            if day.is_touched and not day.visits and day.row is not None:
                day.row.delete()

    def _check(
        self, visit: ProposedVisit, vehicle: int, on: date, starts_at: datetime | None
    ) -> None:
        season = self.proposal.scenario.season
        if not season.starts_on <= on < season.ends_on:
            raise InvalidInput(
                _("This day is not in the season."), code="outside_season", field="on"
            )
        if names.stop_name(visit.stop_id) not in self.problem.stop:
            raise InvalidInput(_("This stop is no longer planned."), code="stop_gone")
        if starts_at is not None and clock.local(starts_at, self.zone).date() != on:
            raise InvalidInput(
                _("This time is not on that day."), code="other_day", field="starts_at"
            )
        if not self.proposal.scenario.vehicles.filter(vehicle=vehicle).exists():
            raise InvalidInput(
                _("This vehicle is not part of the scenario."),
                code="vehicle_unknown",
                field="vehicle",
            )

    def _shift(self, vehicle: int, on: date) -> Shift:
        """Return the shift of a vehicle on a day; without a crew where there is none."""
        name = names.shift_name(vehicle, on)
        found = self.problem.shift.get(name)
        if found is not None:
            return found
        row = self.proposal.scenario.vehicles.get(vehicle=vehicle)
        made = asking.shift_without_crew(self.problem, row, on)
        if made is None:
            raise InvalidInput(
                _("This vehicle is not part of the scenario."),
                code="vehicle_unknown",
                field="vehicle",
            )
        return made

    def _as_it_is(self, visit: ProposedVisit, on: date) -> Wanted:
        starts_s = names.seconds_of(visit.starts_at, on, self.zone)
        return Wanted(names.stop_name(visit.stop_id), visit.occurrence_on, starts_s)

    def _come_home(self) -> None:
        """Let vehicles not sleep where nobody goes on from, nor begin where nobody slept."""
        for (vehicle, on), day in list(self._days.items()):
            if not day.is_touched or day.visits or day.row is None:
                continue
            shift = self._shift(vehicle, on)
            if day.end != shift.end:
                self._end_at_home((vehicle, on + A_DAY), is_start=True)
            if day.start != shift.start:
                self._end_at_home((vehicle, on - A_DAY), is_start=False)

    def _end_at_home(self, key: Key, *, is_start: bool) -> None:
        day = self._days.get(key)
        if day is None:
            return
        shift = self._shift(*key)
        if is_start:
            day.start = shift.start
        else:
            day.end = shift.end
        day.is_touched = True

    def _write(self, vehicle: int, on: date, day: _Day) -> None:
        shift = self._shift(vehicle, on)
        wanted = [self._to_be(visit, on) for visit in day.visits]
        timed = retiming.timed_day(self.problem, shift, wanted, start=day.start, end=day.end).route
        is_new = day.row is None
        row = day.row or ProposedTrip(proposal=self.proposal, vehicle_id=vehicle, on=on)
        with_shift = self.problem
        if shift.name not in self.problem.shift:
            with_shift = replace(self.problem, shifts=(*self.problem.shifts, shift))
        storing.set_trip(row, with_shift, timed, self.zone)
        row.save()
        if is_new:
            ProposedDuty.objects.bulk_create(storing.duty_rows([row], self.problem))
        ProposedPause.objects.filter(trip=row).delete()
        pauses = storing.pause_rows(row, self.problem, timed, self.zone)
        ProposedPause.objects.bulk_create(pauses)
        for visit, one in zip(day.visits, timed.visits, strict=True):
            visit.trip = row
            storing.set_visit(visit, one, self.zone)
            visit.save()
        self.touched_trips.add(row.pk)

    def _to_be(self, visit: ProposedVisit, on: date) -> Wanted:
        """Return what is known of a visit's time: that of a pinned one, or what was asked."""
        stop = names.stop_name(visit.stop_id)
        starts_s = self._asked_s.get(id(visit))
        if starts_s is None and visit.is_pinned and visit.pk is not None:
            is_here = clock.local(visit.starts_at, self.zone).date() == on
            starts_s = names.seconds_of(visit.starts_at, on, self.zone) if is_here else None
        return Wanted(stop, visit.occurrence_on, starts_s)
