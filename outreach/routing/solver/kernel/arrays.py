"""The planner's arrays: what the compiled search reads and changes.

``n`` stops, ``D`` days, ``S`` shifts, ``P`` profiles, ``L`` one more than the most visits of a
shift. Things of one kind stand in the columns of one table, since each array that is handed to a
compiled function costs; the names of the columns follow.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

F = NDArray[np.float64]
N = NDArray[np.int64]

# Question.ways: cost of a way, its seconds with the buffer, its seconds without.
LEG, WAY, DRIVE = 0, 1, 2
# Question.stop_n; PATTERNS and NEEDS say where a stop's begin, the next row where they end.
PLACE, FLEX, PATTERNS, NEEDS, USUAL = 0, 1, 2, 3, 4
# Question.stop_f.
SERVICE, ITEMS, LEFT, WEIGHT = 0, 1, 2, 3
# Question.const.
DUTY_COST, OFF_COST, OTHER_COST, WAITING_COST, SPREAD_COST, CHANGE_COST = 0, 1, 2, 3, 4, 5
DAY_DRIVE, WEEK_DRIVE, NIGHTS, TIMED = 6, 7, 8, 9
LASTS, SINCE, UNTIL, DUE_SINCE, DUE_UNTIL, IN_TURNS = 10, 11, 12, 13, 14, 15
UNBROKEN, BREAK = 16, 17
# Question.days.
DAY, PINNED = 0, 1
# Question.shift_n; SLEEPS says where a shift's begin, the next row where they end.
DAY_OF, VEHICLE, WEEK, PROFILE, HOME_START, HOME_END, NEXT, SLEEPS = 0, 1, 2, 3, 4, 5, 6, 7
# Question.shift_f.
EARLY, LATE, LONGEST, CAPACITY, OUT_COST, NIGHT_COST = 0, 1, 2, 3, 4, 5
# State.route.
LENGTH, START, END = 0, 1, 2
# State.sums.
COST, LOAD, DUTY, DRIVEN, EXCESS = 0, 1, 2, 3, 4
# State.clock.
READY0, READY1, LATEST0, LATEST1, BEGINS, REST = 0, 1, 2, 3, 4, 5


class Question(NamedTuple):
    """What does not change during a search.

    Attributes:
        ways: 3 x P x places x places.
        stop_n, stop_f: a row for each stop, the first with one more.
        const: weights, limits and lunch.
        day_from: by pattern: its days are rows day_from[a] to day_from[a + 1] of ``days``.
        days: the day its rhythm would have it, and that of the pin which takes it; -1 for none.
        need: every day a stop may be visited on.
        win_from: n x (D + 1): the windows of stop i on day d are rows win_from[i, d] to
            win_from[i, d + 1] of ``win``: from, until.
        allowed: n x S: cost of the stop on the shift besides the way; ``inf`` for never.
        run: n x D x 2: vehicle (-1 for none) and start of the visit in the running plan.
        shift_n, shift_f: a row for each shift, the first with one more.
        sleep: places where shifts may sleep.
        on_from, on: by day: its shifts.
        near: n x K: the nearest other stops, nearest first.
        week_from: by vehicle: its weeks are week_from[v] to week_from[v + 1].
    """

    ways: F
    stop_n: N
    stop_f: F
    const: F
    day_from: N
    days: N
    need: N
    win_from: N
    win: F
    allowed: F
    run: F
    shift_n: N
    shift_f: F
    sleep: N
    on_from: N
    on: N
    near: N
    week_from: N


class State(NamedTuple):
    """A plan under work.

    Attributes:
        seq: S x L: stops in order.
        route: by shift: number of visits, first and last place.
        choice: by stop: its pattern, -1 while it has none, then the day of each occurrence, -1
            where it is left out.
        at: n x D: the shift of a visit; -1 for none.
        sums: by shift: cost, load, seconds on duty, seconds of driving, price of what is too much.
        stop_cost: by stop: left out, off its rhythm, other vehicle, waiting.
        weeks: by week of a vehicle: seconds on duty, seconds of driving.
        spread: by vehicle: what its uneven weeks cost.
        clock: S x (L + 1) x 6: when ready to leave the k-th place, the start being the first, and
            the latest arrival at the k-th visit, the end being the last: each with lunch not had
            yet and had; when the k-th visit begins; the rest before the way to it.
        prices: of a unit of load and of a second of duty too many.
        rng: the random generator's two words.
    """

    seq: N
    route: N
    choice: N
    at: N
    sums: F
    stop_cost: F
    weeks: F
    spread: F
    clock: F
    prices: F
    rng: NDArray[np.uint64]


class Touched(NamedTuple):
    """What a step changes, to take it back.

    Attributes:
        marks: 2 x the more of shifts and stops: the step that touched it last.
        counts: shifts, stops and visits touched; the number of the step.
        shifts: shift, number of visits, first and last place, then its visits.
        stops: stop, then its row of ``State.choice``.
        stop_cost, spread: as they were.
        items: stop, and the occurrence that was taken out; -1 for all of them.
        key: room to sort by.
    """

    marks: N
    counts: N
    shifts: N
    stops: N
    stop_cost: F
    spread: F
    items: N
    key: F


class Kept(NamedTuple):
    """A plan put aside, as in :class:`State`."""

    seq: N
    route: N
    choice: N
