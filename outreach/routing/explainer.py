"""Why a visit was left out, and the smallest change that would place it.

Each visit left out is tried on every shift of every day within the tolerance of its occurrence, at
every position, with exact times. If it fits, that is told first: the planner has missed something.
If not, each vehicle-day says what refused it, and changes are tried from the one that is the least
trouble; the first with which the visit can truly be placed is offered.

What a change costs, in minutes of somebody's trouble:

========================  ==========================================================================
change                    minutes
========================  ==========================================================================
:class:`LongerShift`      10, and 3 for each minute: a crew has three people
:class:`AnotherDay`       20 for each day the visit is farther from its rhythm
:class:`OtherWindow`      30, and 1 for each minute outside the hours of that day; 180 instead of
                          the minutes if the stop is closed on it
:class:`ShorterService`   15, and 2 for each minute that readers lose, at every visit of the stop
:class:`OtherVehicle`     240: the road or the school gate has to change
:class:`ExtraShift`       600: three people for half a day and more
:class:`LongerCycle`      120 for each week that the cycle is longer
========================  ==========================================================================

Of two that cost the same, the one earlier in the table. No shift is made longer by more than
:data:`MOST_LONGER_S`, no service shorter by more than half, no tolerance wider by more than
:data:`MOST_DAYS`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

from outreach.routing.changes import (
    AnotherDay,
    Change,
    ExtraShift,
    LongerCycle,
    LongerShift,
    OtherVehicle,
    OtherWindow,
    ShorterService,
    apply,
    extra_shift,
    tolerant,
)
from outreach.routing.placing import Roster, days_near, place, place_in, placed
from outreach.routing.plan import LeftOut, Plan, Route
from outreach.routing.problem import DAY_S, Problem, Shift, Stop, Window
from outreach.routing.rhythms import EveryWeeks, LikeBefore
from outreach.routing.timing import Item, Reason, Refused, ShiftDay

MOST_LONGER_S = 4 * 3600
MOST_DAYS = 6
MOST_WEEKS = 4
MINUTE_S = 60


@dataclass(frozen=True, slots=True)
class Refusal:
    """What refuses a visit on a vehicle-day.

    Attributes:
        reason: the rule; ``PINNED`` comes beside another one, if the visit would fit but for visits
            that are pinned.
        on: the day.
        shift, vehicle: empty for ``NO_SHIFT``, where nobody goes out at all.
        stop: at which stop it fails, if at one: its own name, or that of one visited after it.
        over_s: for ``SHIFT_OVER``, by how much at the least.
        because: what is told of it: why it is closed or barred.
    """

    reason: Reason
    on: date
    shift: str = ""
    vehicle: str = ""
    stop: str = ""
    over_s: int = 0
    because: str = ""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why one visit was left out.

    Attributes:
        left_out: the visit.
        placeable: the route on which it would fit with no change at all; then it was only missed.
        refusals: of each vehicle-day, in order of days.
        smallest: the change that is the least trouble, ``None`` if no single one helps.
        trouble_min: what it costs, in minutes as above.
    """

    left_out: LeftOut
    placeable: Route | None = None
    refusals: tuple[Refusal, ...] = ()
    smallest: Change | None = None
    trouble_min: int = 0

    @property
    def counts(self) -> Mapping[Reason, int]:
        """How many vehicle-days each reason refused, most first."""
        return dict(Counter(refusal.reason for refusal in self.refusals).most_common())

    @property
    def least_over_s(self) -> int | None:
        """By how much the shift that came nearest is too short; ``None`` if none is."""
        over = [one.over_s for one in self.refusals if one.reason is Reason.SHIFT_OVER]
        return min(over, default=None)


@dataclass(slots=True)
class _Case:
    """One visit left out of one plan.

    Attributes:
        cycles: by stop, by how many weeks its cycle has to be longer; 0 where that does not help.
    """

    roster: Roster
    left_out: LeftOut
    cycles: dict[str, int]
    stop: Stop = field(init=False)
    days: list[date] = field(init=False)

    def __post_init__(self) -> None:
        self.stop = self.problem.stop[self.left_out.stop]
        self.days = days_near(self.problem, self.stop, self.left_out.occurrence_on)

    @property
    def problem(self) -> Problem:
        return self.roster.problem

    def item(self, shift: Shift, window: Window | None = None) -> Item:
        pin = self.roster.pin(self.stop.name, shift.on)
        found = self.roster.day(shift).item(self.stop, pin)
        return found._replace(windows=((window.opens_s, window.closes_s),)) if window else found


def explain(problem: Problem, plan: Plan) -> list[Explanation]:
    """Return an explanation of each visit left out, in the plan's order.

    Each is tried by itself: what is offered for one may take the place of another.

    Raises:
        KeyError: if the plan names what the problem does not know.
    """
    roster = Roster(problem, plan)
    cycles: dict[str, int] = {}
    return [_explained(_Case(roster, left_out, cycles)) for left_out in plan.left_out]


def _explained(case: _Case) -> Explanation:
    done = placed(case.roster, case.stop, case.left_out.occurrence_on, case.days)
    if done is not None:
        before = case.roster.routes
        new = next(route for name, route in done.routes.items() if before.get(name) != route)
        return Explanation(case.left_out, placeable=new)
    refusals = tuple(_refusals(case))
    smallest, trouble_min = _smallest(case, refusals)
    return Explanation(case.left_out, None, refusals, smallest, trouble_min)


def _refusals(case: _Case) -> Iterator[Refusal]:
    for on in sorted(case.days):
        shifts = case.problem.shifts_on.get(on, ())
        if not shifts:
            yield Refusal(Reason.NO_SHIFT, on)
        for shift in shifts:
            yield from _of_shift(case, shift)


def _of_shift(case: _Case, shift: Shift) -> Iterator[Refusal]:
    refused = case.roster.refusal(shift, case.stop)
    if refused is None:
        found = case.roster.insert(shift, case.item(shift))
        if not isinstance(found, Refused):
            return
        refused = found
        yield _told(case, shift, refused)
        if _is_pinned_in_the_way(case, shift):
            yield _told(case, shift, Refused(Reason.PINNED, case.stop.name))
    else:
        yield _told(case, shift, refused)


def _told(case: _Case, shift: Shift, refused: Refused) -> Refusal:
    because = ""
    if refused.reason is Reason.CLOSED:
        because = case.stop.closed.get(shift.on, "")
    elif refused.reason is Reason.BARRED:
        because = case.stop.barred[shift.vehicle]
    return Refusal(
        refused.reason, shift.on, shift.name, shift.vehicle, refused.stop, refused.over_s, because
    )


def _is_pinned_in_the_way(case: _Case, shift: Shift) -> bool:
    route = case.roster.routes.get(shift.name)
    if route is None:
        return False
    if not any(case.roster.pin(visit.stop, shift.on) for visit in route.visits):
        return False
    found = case.roster.insert(shift, case.item(shift), is_pinned_out=True)
    return not isinstance(found, Refused)


def _smallest(case: _Case, refusals: tuple[Refusal, ...]) -> tuple[Change | None, int]:
    """Return the cheapest change that truly helps.

    Kinds are asked in the order of the least they may cost, and only while that is less than the
    best one found.
    """
    best: tuple[int, Change | None] = (0, None)
    kinds = (
        (13, _longer_shifts),
        (17, _shorter_services),
        (20, _other_days),
        (31, _other_windows),
        (120, _longer_cycles),
        (240, _other_vehicles),
        (600, _extra_shifts),
    )
    for least_min, kind in kinds:
        if best[1] is not None and best[0] <= least_min:
            break
        for trouble_min, change in sorted(kind(case, refusals), key=lambda one: one[0]):
            if best[1] is not None and best[0] <= trouble_min:
                break
            if _helps(case.roster, case.left_out, change):
                best = (trouble_min, change)
                break
    return best[1], best[0]


def helps(problem: Problem, plan: Plan, left_out: LeftOut, change: Change) -> bool:
    """Tell whether a visit can be placed once a change is made."""
    return _helps(Roster(problem, plan), left_out, change)


def _helps(roster: Roster, left_out: LeftOut, change: Change) -> bool:
    try:
        changed = apply(roster.problem, change)
    except ValueError:
        return False
    return place_in(roster.under(changed), left_out) is not None


def _whole_min(seconds: int) -> int:
    return -(-seconds // MINUTE_S)


Offers = Iterator[tuple[int, Change]]


def _longer_shifts(case: _Case, refusals: tuple[Refusal, ...]) -> Offers:
    for one in refusals:
        if one.reason is Reason.SHIFT_OVER and one.over_s <= MOST_LONGER_S:
            minutes = _whole_min(one.over_s)
            yield 10 + 3 * minutes, LongerShift(one.shift, minutes * MINUTE_S)


def _shorter_services(case: _Case, refusals: tuple[Refusal, ...]) -> Offers:
    """Yield by how much a visit is too long: for the shift, or for its own hours."""
    stop, most_s = case.stop, case.stop.service_s // 2
    visits = len(case.roster.visited.get(stop.name, ())) + 1
    wanted: set[int] = set()
    for one in refusals:
        if one.reason is Reason.SHIFT_OVER:
            wanted.add(_whole_min(one.over_s))
        elif one.reason is Reason.WINDOW:
            minutes = _shorter_min(case, case.problem.shift[one.shift], most_s)
            if minutes is not None:
                wanted.add(minutes)
    for minutes in wanted:
        if 0 < minutes * MINUTE_S <= most_s:
            yield 15 + 2 * minutes * visits, ShorterService(stop.name, minutes * MINUTE_S)


def _shorter_min(case: _Case, shift: Shift, most_s: int) -> int | None:
    """Return the fewest minutes by which a visit has to be shorter to fit on a shift."""
    item = case.item(shift)
    low, high = 0, most_s // MINUTE_S
    if high <= 0 or not _fits(case, shift, item, high):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        if _fits(case, shift, item, middle):
            high = middle
        else:
            low = middle
    return high


def _fits(case: _Case, shift: Shift, item: Item, minutes: int) -> bool:
    shorter = item._replace(service_s=item.service_s - minutes * MINUTE_S)
    return not isinstance(case.roster.insert(shift, shorter), Refused)


def _other_days(case: _Case, refusals: tuple[Refusal, ...]) -> Offers:
    """Yield the nearest day beyond the tolerance on which the visit fits."""
    known = set(case.days)
    days = days_near(case.problem, case.stop, case.left_out.occurrence_on, MOST_DAYS)
    for on in days:
        if on in known or not _is_placeable_on(case, on):
            continue
        apart = abs((on - case.left_out.occurrence_on).days)
        more = apart - case.stop.rhythm.tolerance_days
        try:
            tolerant(case.stop.rhythm, apart)
        except ValueError:
            return
        yield 20 * more, AnotherDay(case.stop.name, more)
        return


def _is_placeable_on(case: _Case, on: date) -> bool:
    return any(
        case.roster.refusal(shift, case.stop) is None and case.roster.fit(shift, case.stop)
        for shift in case.problem.shifts_on.get(on, ())
    )


def _other_windows(case: _Case, refusals: tuple[Refusal, ...]) -> Offers:
    """Yield the hours in which it could be visited if its own did not count."""
    for one in refusals:
        if one.reason not in (Reason.CLOSED, Reason.WINDOW):
            continue
        shift = case.problem.shift[one.shift]
        if case.stop.barred.get(shift.vehicle) is not None:
            continue
        pin = case.roster.pin(case.stop.name, shift.on)
        if pin is not None or shift.on in case.roster.visited.get(case.stop.name, ()):
            continue
        for window in _wider(case, shift):
            known = case.stop.windows.get(shift.on, ())
            outside_s = min((_outside_s(window, own) for own in known), default=180 * MINUTE_S)
            change = OtherWindow(case.stop.name, shift.on, window)
            yield 30 + _whole_min(outside_s), change


def _wider(case: _Case, shift: Shift) -> Iterator[Window]:
    """Yield windows in which the visit fits: the earliest of all, and those around its own."""
    for window in (Window(0, 2 * DAY_S), *_later(case, shift)):
        found = case.roster.insert(shift, case.item(shift, window))
        if isinstance(found, Refused):
            continue
        day, items = case.roster.day(shift), case.roster.items(shift)
        items.insert(found[1], case.item(shift, window))
        route = day.route(items, [shift.on] * len(items))
        if not isinstance(route, Refused):
            visit = route.visits[found[1]]
            if visit.ends_s <= DAY_S:
                yield Window(visit.starts_s, visit.ends_s)


def _later(case: _Case, shift: Shift) -> Iterator[Window]:
    """Yield windows that are wider than the stop's own by the least that is of any use."""
    for own in case.stop.windows.get(shift.on, ()):
        yield Window(own.opens_s, 2 * DAY_S)
        low, high = 0, 8 * 4
        if not _fits_around(case, shift, own, high * 900):
            continue
        while high - low > 1:
            middle = (low + high) // 2
            if _fits_around(case, shift, own, middle * 900):
                high = middle
            else:
                low = middle
        yield Window(max(0, own.opens_s - high * 900), own.closes_s + high * 900)


def _fits_around(case: _Case, shift: Shift, own: Window, more_s: int) -> bool:
    window = Window(max(0, own.opens_s - more_s), own.closes_s + more_s)
    return not isinstance(case.roster.insert(shift, case.item(shift, window)), Refused)


def _outside_s(window: Window, own: Window) -> int:
    return max(0, own.opens_s - window.opens_s) + max(0, window.closes_s - own.closes_s)


def _other_vehicles(case: _Case, refusals: tuple[Refusal, ...]) -> Offers:
    vehicles = {one.vehicle for one in refusals if one.reason is Reason.BARRED}
    for vehicle in sorted(vehicles):
        yield 240, OtherVehicle(case.stop.name, vehicle)


def _extra_shifts(case: _Case, refusals: tuple[Refusal, ...]) -> Offers:
    """Yield shifts of vehicles on days on which they have none, nearest days first."""
    problem, stop = case.problem, case.stop
    vehicles = sorted({shift.vehicle for shift in problem.shifts} - set(stop.barred))
    for on in case.days:
        if not stop.windows.get(on) or on in case.roster.visited.get(stop.name, ()):
            continue
        out = problem.shifts_on.get(on, ())
        for vehicle in vehicles:
            if any(shift.vehicle == vehicle for shift in out):
                continue
            change = ExtraShift(vehicle, on, _free_crew(problem, vehicle, on))
            if _is_placeable_alone(problem, extra_shift(problem, change), stop):
                yield 600, change


def _is_placeable_alone(problem: Problem, shift: Shift, stop: Stop) -> bool:
    day = ShiftDay(problem, shift, shift.start, shift.end)
    return not isinstance(day.schedule([day.item(stop)]), Refused)


def _free_crew(problem: Problem, vehicle: str, on: date) -> str:
    """Return who may go with a vehicle: its own crew, or else anybody who is not out that day.

    Nor late on the day before or early on the day after, where shifts run past midnight.
    """
    near = [on + timedelta(days=number) for number in (-1, 0, 1)]
    taken = {
        shift.crew
        for day in near
        for shift in problem.shifts_on.get(day, ())
        if day == on or shift.ends_s > DAY_S
    }
    own = Counter(shift.crew for shift in problem.shifts if shift.vehicle == vehicle)
    others = Counter(shift.crew for shift in problem.shifts)
    for crew, _times in (*own.most_common(), *sorted(others.items())):
        if crew and crew not in taken:
            return crew
    return ""


def _longer_cycles(case: _Case, refusals: tuple[Refusal, ...]) -> Offers:
    """Yield the shortest longer cycle with which no visit of the stop is left out."""
    rhythm = case.stop.rhythm
    if isinstance(rhythm, LikeBefore):
        rhythm = rhythm.rhythm
    if not isinstance(rhythm, EveryWeeks):
        return
    name = case.stop.name
    if name not in case.cycles:
        # It is the same whichever visit of the stop is asked about.
        case.cycles[name] = next(
            (
                more
                for more in range(1, MOST_WEEKS + 1)
                if _helps(case.roster, case.left_out, LongerCycle(name, rhythm.weeks + more))
            ),
            0,
        )
    more = case.cycles[name]
    if more:
        yield 120 * more, LongerCycle(name, rhythm.weeks + more)


__all__ = [
    "AnotherDay",
    "Change",
    "Explanation",
    "ExtraShift",
    "LongerCycle",
    "LongerShift",
    "OtherVehicle",
    "OtherWindow",
    "Refusal",
    "ShorterService",
    "apply",
    "explain",
    "helps",
    "place",
]
