"""What a plan costs, by shift, by stop and by vehicle."""

from __future__ import annotations

from outreach.routing.solver.kernel.arrays import (
    BEGINS,
    CAPACITY,
    CHANGE_COST,
    COST,
    DAY,
    DAY_DRIVE,
    DAY_OF,
    DRIVE,
    DRIVEN,
    DUTY,
    DUTY_COST,
    END,
    EXCESS,
    HOME_END,
    HOME_START,
    ITEMS,
    LEFT,
    LEG,
    LENGTH,
    LOAD,
    LONGEST,
    NIGHT_COST,
    OFF_COST,
    OTHER_COST,
    OUT_COST,
    PINNED,
    PLACE,
    PROFILE,
    SERVICE,
    SPREAD_COST,
    START,
    TIMED,
    USUAL,
    VEHICLE,
    WAITING_COST,
    WAY,
    WEEK,
    WEEK_DRIVE,
    WEIGHT,
)
from outreach.routing.solver.kernel.hours import times
from outreach.routing.solver.kernel.jit import BROKEN_PIN, INF, TINY, compiled, inlined


@compiled
def moved(q, st, s):
    """Return the cost of visits of the running plan that are moved within their day."""
    d, found = q.shift_n[s, DAY_OF], 0.0
    for k in range(st.route[s, LENGTH]):
        i = st.seq[s, k]
        stays = q.run[i, d, 0] == q.shift_n[s, VEHICLE]
        if stays and abs(st.clock[s, k, BEGINS] - q.run[i, d, 1]) > 1800.0:
            found += 0.25 * q.const[CHANGE_COST]
    return found


@inlined
def is_out(q, st, s):
    """Tell whether a shift goes anywhere: to visits, or to and from a night away."""
    if st.route[s, LENGTH] > 0 or st.route[s, START] != q.shift_n[s, HOME_START]:
        return True
    return st.route[s, END] != q.shift_n[s, HOME_END]


@compiled
def stay_in(q, st, s):
    """Note that a shift goes nowhere."""
    for column in range(5):
        st.sums[s, column] = 0.0
    if q.const[TIMED] > 0.0:
        times(q, st, s)


@compiled
def refresh(q, st, s):
    """Work out everything about a shift anew."""
    week = q.shift_n[s, WEEK]
    st.weeks[week, 0] -= st.sums[s, DUTY]
    st.weeks[week, 1] -= st.sums[s, DRIVEN]
    m, p = st.route[s, LENGTH], q.shift_n[s, PROFILE]
    sleeps_out = st.route[s, END] != q.shift_n[s, HOME_END]
    if not is_out(q, st, s):
        stay_in(q, st, s)
        return
    here = st.route[s, START]
    cost, load, driven, duty = q.shift_f[s, OUT_COST], 0.0, 0.0, 0.0
    if sleeps_out:
        cost += q.shift_f[s, NIGHT_COST]
    for k in range(m):
        i = st.seq[s, k]
        there = q.stop_n[i, PLACE]
        cost += q.ways[LEG, p, here, there] + q.allowed[i, s]
        driven += q.ways[DRIVE, p, here, there]
        duty += q.ways[WAY, p, here, there] + q.stop_f[i, SERVICE]
        load += q.stop_f[i, ITEMS]
        here = there
    there = st.route[s, END]
    cost += q.ways[LEG, p, here, there]
    driven += q.ways[DRIVE, p, here, there]
    duty += q.ways[WAY, p, here, there]
    if q.const[TIMED] > 0.0:
        duty = times(q, st, s)
        if duty == INF or driven > q.const[DAY_DRIVE]:
            cost = INF
            duty = 0.0
        elif q.const[CHANGE_COST] > 0.0:
            cost += moved(q, st, s)
    st.sums[s, LOAD] = load
    st.sums[s, DRIVEN] = driven
    st.sums[s, DUTY] = duty
    st.sums[s, COST] = cost + q.const[DUTY_COST] * duty
    over_load, over_duty = (
        max(0.0, load - q.shift_f[s, CAPACITY]),
        max(0.0, duty - q.shift_f[s, LONGEST]),
    )
    st.sums[s, EXCESS] = over_load * st.prices[0] + over_duty * st.prices[1]
    if st.sums[s, EXCESS] < TINY:
        st.sums[s, EXCESS] = 0.0
    st.weeks[week, 0] += duty
    st.weeks[week, 1] += driven
    if st.weeks[week, 1] > q.const[WEEK_DRIVE]:
        st.sums[s, COST] = INF


@inlined
def others(q, st, i):
    """Return how many visits of stop ``i`` another vehicle than its usual one makes."""
    a, most, total = st.choice[i, 0], 0, 0
    for v in range(len(q.week_from) - 1):
        counted = 0
        for j in range(q.day_from[a + 1] - q.day_from[a]):
            d = st.choice[i, 1 + j]
            if d >= 0 and q.shift_n[st.at[i, d], VEHICLE] == v:
                counted += 1
        total += counted
        if q.stop_n[i, USUAL] == v or (q.stop_n[i, USUAL] < 0 and counted > most):
            most = counted
    return total - most


@compiled
def weigh_stop(q, st, i):
    """Work out what a stop costs besides the ways."""
    a = st.choice[i, 0]
    if a < 0:
        return
    cost, first = 0.0, st.at.shape[1]
    for j in range(q.day_from[a + 1] - q.day_from[a]):
        base, d = q.day_from[a] + j, st.choice[i, 1 + j]
        if d < 0:
            cost += BROKEN_PIN if q.days[base, PINNED] >= 0 else q.stop_f[i, LEFT]
            continue
        cost += q.const[OFF_COST] * abs(d - q.days[base, DAY])
        first = min(first, d)
    if q.const[WAITING_COST] > 0.0 and q.day_from[a + 1] > q.day_from[a]:
        cost += q.const[WAITING_COST] * q.stop_f[i, WEIGHT] * first
    if q.const[OTHER_COST] > 0.0:
        cost += q.const[OTHER_COST] * others(q, st, i)
    st.stop_cost[i] = cost


@compiled
def weigh_vehicle(q, st, v):
    """Work out what the uneven weeks of a vehicle cost."""
    a, b = q.week_from[v], q.week_from[v + 1]
    if q.const[SPREAD_COST] <= 0.0 or b - a < 2:
        return
    mean = 0.0
    for w in range(a, b):
        mean += st.weeks[w, 0]
    mean /= b - a
    cost = 0.0
    for w in range(a, b):
        over = max(0.0, st.weeks[w, 0] - mean) / 3600.0
        cost += over * over
    st.spread[v] = cost * q.const[SPREAD_COST]


@compiled
def total(q, st):
    """Return the cost of the plan, and what its excesses cost besides."""
    cost, excess = 0.0, 0.0
    for s in range(len(st.sums)):
        cost += st.sums[s, COST]
        excess += st.sums[s, EXCESS]
    for i in range(len(st.stop_cost)):
        cost += st.stop_cost[i]
    for v in range(len(st.spread)):
        cost += st.spread[v]
    return cost, excess


@compiled
def refresh_all(q, st):
    """Work everything out anew: after the plan was set from outside."""
    for w in range(len(st.weeks)):
        st.weeks[w, 0] = 0.0
        st.weeks[w, 1] = 0.0
    for s in range(len(st.sums)):
        st.sums[s, DUTY] = 0.0
        st.sums[s, DRIVEN] = 0.0
    for s in range(len(st.route)):
        refresh(q, st, s)
    for i in range(len(st.choice)):
        weigh_stop(q, st, i)
    for v in range(len(st.spread)):
        weigh_vehicle(q, st, v)
    return total(q, st)
