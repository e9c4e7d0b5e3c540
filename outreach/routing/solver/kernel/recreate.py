"""Putting visits back where they cost least: pattern of days, shift, and place in its order."""

from __future__ import annotations

from outreach.routing.solver.kernel.arrays import (
    CAPACITY,
    DAY,
    DAY_DRIVE,
    DAY_OF,
    DRIVE,
    DRIVEN,
    DUTY,
    DUTY_COST,
    EARLY,
    END,
    FLEX,
    HOME_END,
    HOME_START,
    ITEMS,
    LATE,
    LATEST0,
    LATEST1,
    LEFT,
    LEG,
    LENGTH,
    LOAD,
    LONGEST,
    NEEDS,
    OFF_COST,
    OTHER_COST,
    OUT_COST,
    PATTERNS,
    PINNED,
    PLACE,
    PROFILE,
    READY0,
    READY1,
    SERVICE,
    SPREAD_COST,
    START,
    TIMED,
    VEHICLE,
    WAITING_COST,
    WAY,
    WEEK,
    WEEK_DRIVE,
    WEIGHT,
)
from outreach.routing.solver.kernel.chance import uniform
from outreach.routing.solver.kernel.changing import begin, put, save
from outreach.routing.solver.kernel.hours import reaches, serve
from outreach.routing.solver.kernel.jit import BROKEN_PIN, INF, TINY, compiled, inlined
from outreach.routing.solver.kernel.weighing import (
    is_out,
    refresh,
    refresh_all,
    weigh_stop,
    weigh_vehicle,
)


@inlined
def alike(q, i, a, b):
    """Tell whether two empty shifts of a day are the same to a stop."""
    return (
        q.shift_n[a, HOME_START] == q.shift_n[b, HOME_START]
        and q.shift_n[a, HOME_END] == q.shift_n[b, HOME_END]
        and q.shift_n[a, PROFILE] == q.shift_n[b, PROFILE]
        and q.shift_f[a, OUT_COST] == q.shift_f[b, OUT_COST]
        and q.allowed[i, a] == q.allowed[i, b]
        and q.shift_f[a, EARLY] == q.shift_f[b, EARLY]
        and q.shift_f[a, LATE] == q.shift_f[b, LATE]
        and q.shift_f[a, LONGEST] == q.shift_f[b, LONGEST]
        and q.shift_f[a, CAPACITY] == q.shift_f[b, CAPACITY]
        and q.const[SPREAD_COST] == 0.0
        and q.const[OTHER_COST] == 0.0
    )


@inlined
def load_price(q, st, i, s):
    """Return what the load of stop ``i`` costs a shift more."""
    load, most = st.sums[s, LOAD], q.shift_f[s, CAPACITY]
    more = max(0.0, load + q.stop_f[i, ITEMS] - most) - max(0.0, load - most)
    return more * st.prices[0]


@inlined
def duty_price(q, st, s, more):
    """Return what so many seconds more on duty cost a shift."""
    duty, longest = st.sums[s, DUTY], q.shift_f[s, LONGEST]
    over = max(0.0, duty + more - longest) - max(0.0, duty - longest)
    cost = over * st.prices[1] + q.const[DUTY_COST] * more
    if q.const[SPREAD_COST] > 0.0:
        v, mean = q.shift_n[s, VEHICLE], 0.0
        for w in range(q.week_from[v], q.week_from[v + 1]):
            mean += st.weeks[w, 0]
        mean /= q.week_from[v + 1] - q.week_from[v]
        hours = (st.weeks[q.shift_n[s, WEEK], 0] - mean) / 3600.0
        above, below = max(0.0, hours + more / 3600.0), max(0.0, hours)
        cost += q.const[SPREAD_COST] * (above * above - below * below)
    return cost


@inlined
def fits(q, st, i, s, k, here, there):
    """Tell whether stop ``i`` fits before the k-th visit of a shift, between two places."""
    p, x = q.shift_n[s, PROFILE], q.stop_n[i, PLACE]
    further = q.ways[DRIVE, p, here, x] + q.ways[DRIVE, p, x, there]
    if is_out(q, st, s):
        further -= q.ways[DRIVE, p, here, there]
    if st.sums[s, DRIVEN] + further > q.const[DAY_DRIVE]:
        return False
    if st.weeks[q.shift_n[s, WEEK], 1] + further > q.const[WEEK_DRIVE]:
        return False
    t0, t1 = st.clock[s, k, READY0], st.clock[s, k, READY1]
    t0, t1 = serve(q, i, q.shift_n[s, DAY_OF], q.ways[WAY, p, here, x], t0, t1)
    x0, x1 = st.clock[s, k, LATEST0], st.clock[s, k, LATEST1]
    return reaches(q, q.ways[WAY, p, x, there], t0, t1, x0, x1)


@inlined
def best_place(q, st, i, s):
    """Return what stop ``i`` costs at its best place in a shift, and the place; ``inf`` if none."""
    best, where = INF, -1
    m, fixed = st.route[s, LENGTH], q.allowed[i, s]
    out = is_out(q, st, s)
    if fixed == INF or m + 1 >= st.seq.shape[1]:
        return best, where
    p, x = q.shift_n[s, PROFILE], q.stop_n[i, PLACE]
    fixed += load_price(q, st, i, s)
    if not out:
        fixed += q.shift_f[s, OUT_COST]
    here = st.route[s, START]
    for k in range(m + 1):
        there = st.route[s, END] if k == m else q.stop_n[st.seq[s, k], PLACE]
        delta = fixed + q.ways[LEG, p, here, x] + q.ways[LEG, p, x, there]
        more = q.ways[WAY, p, here, x] + q.ways[WAY, p, x, there] + q.stop_f[i, SERVICE]
        if out:
            delta -= q.ways[LEG, p, here, there]
            more -= q.ways[WAY, p, here, there]
        if delta < best:
            delta += duty_price(q, st, s, more)
            if delta < best and (q.const[TIMED] == 0.0 or fits(q, st, i, s, k, here, there)):
                best, where = delta, k
        here = there
    return best, where


@compiled
def survey(q, st, i, d, blur):
    """Return the least cost of stop ``i`` on day ``d``, with its shift and place."""
    best, shift, where = INF, -1, -1
    if st.at[i, d] >= 0:
        return best, shift, where
    tried = -1
    for n in range(q.on_from[d], q.on_from[d + 1]):
        s = q.on[n]
        if (
            st.route[s, LENGTH] == 0
            and st.route[s, START] == q.shift_n[s, HOME_START]
            and st.route[s, END] == q.shift_n[s, HOME_END]
        ):
            # Empty shifts that are alike need one look.
            if tried >= 0 and alike(q, i, tried, s):
                continue
            tried = s
        cost, k = best_place(q, st, i, s)
        if blur > 0.0:
            cost += blur * abs(cost) * (uniform(st.rng) - 0.5)
        if cost < best:
            best, shift, where = cost, s, k
    return best, shift, where


@compiled
def best_day(q, i, entry, value, left):
    """Return the best day for an occurrence and its cost, -1 for leaving it out.

    Args:
        entry: of the pattern's days.
        value: what the stop costs on each day.
        left: what leaving it out is taken to cost, as a share of what it does.
    """
    base, pin = q.days[entry, DAY], q.days[entry, PINNED]
    if pin >= 0:
        cost = value[pin] + q.const[OFF_COST] * abs(pin - base)
        return (pin, cost) if cost < BROKEN_PIN else (-1, BROKEN_PIN)
    best, found = q.stop_f[i, LEFT] * left, -1
    first = max(0, base - q.stop_n[i, FLEX])
    last = min(q.run.shape[1] - 1, base + q.stop_n[i, FLEX])
    for d in range(first, last + 1):
        cost = value[d] + q.const[OFF_COST] * abs(d - base)
        if cost < best:
            best, found = cost, d
    return found, best


@compiled
def place_on(q, st, i, j, d, blur, touched):
    """Put the j-th visit of a stop on a day, if it fits."""
    _cost, s, k = survey(q, st, i, d, blur)
    if s < 0:
        return
    save(st, s, touched)
    put(q, st, i, s, k)
    st.choice[i, 1 + j] = d


@compiled
def seat(q, st, i, blur, left, value, touched):
    """Put a stop without visits back on its best pattern; mark the shifts touched."""
    for n in range(q.stop_n[i, NEEDS], q.stop_n[i + 1, NEEDS]):
        d = q.need[n]
        value[d] = survey(q, st, i, d, blur)[0]
    best, chosen = INF, q.stop_n[i, PATTERNS]
    for a in range(q.stop_n[i, PATTERNS], q.stop_n[i + 1, PATTERNS]):
        cost, first = 0.0, -1
        for entry in range(q.day_from[a], q.day_from[a + 1]):
            d, more = best_day(q, i, entry, value, left)
            cost += more
            if first < 0 and d >= 0:
                first = d
        if q.const[WAITING_COST] > 0.0:
            waited = first if first >= 0 else q.run.shape[1]
            cost += q.const[WAITING_COST] * q.stop_f[i, WEIGHT] * waited
        if blur > 0.0:
            cost += blur * abs(cost) * (uniform(st.rng) - 0.5)
        if cost < best:
            best, chosen = cost, a
    st.choice[i, 0] = chosen
    for j in range(q.day_from[chosen + 1] - q.day_from[chosen]):
        d, _cost = best_day(q, i, q.day_from[chosen] + j, value, left)
        st.choice[i, 1 + j] = -1
        if d >= 0:
            place_on(q, st, i, j, d, blur, touched)


@compiled
def reseat(q, st, i, j, blur, left, value, touched):
    """Put one visit of a stop back, within reach of its occurrence."""
    entry = q.day_from[st.choice[i, 0]] + j
    base, flex = q.days[entry, DAY], q.stop_n[i, FLEX]
    if q.days[entry, PINNED] >= 0:
        base, flex = q.days[entry, PINNED], 0
    first, last = max(0, base - flex), min(q.run.shape[1] - 1, base + flex)
    for d in range(first, last + 1):
        value[d] = survey(q, st, i, d, blur)[0]
    d, _cost = best_day(q, i, entry, value, left)
    if d >= 0:
        place_on(q, st, i, j, d, blur, touched)


@compiled
def order(q, st, touched):
    """Choose in which order visits are put back."""
    kind, count = uniform(st.rng), touched.counts[2]
    for n in range(count):
        i = touched.items[n, 0]
        key = uniform(st.rng)
        if kind < 0.36:
            pass
        elif kind < 0.60:
            a = q.stop_n[i, PATTERNS]
            times = q.day_from[a + 1] - q.day_from[a] if touched.items[n, 1] < 0 else 1
            key = (
                -times
                * (q.stop_f[i, ITEMS] + q.stop_f[i, SERVICE] / 600.0 + TINY)
                * (1.0 + 0.1 * key)
            )
        elif kind < 0.75:
            key = -q.ways[LEG, 0, q.shift_n[0, HOME_START], q.stop_n[i, PLACE]]
        elif kind < 0.85:
            key = q.ways[LEG, 0, q.shift_n[0, HOME_START], q.stop_n[i, PLACE]]
        else:
            key += q.stop_n[i + 1, PATTERNS] - q.stop_n[i, PATTERNS]
        touched.key[n] = key
    for n in range(1, count):
        key, i, j = touched.key[n], touched.items[n, 0], touched.items[n, 1]
        k = n - 1
        while k >= 0 and touched.key[k] > key:
            touched.key[k + 1] = touched.key[k]
            touched.items[k + 1, 0] = touched.items[k, 0]
            touched.items[k + 1, 1] = touched.items[k, 1]
            k -= 1
        touched.key[k + 1], touched.items[k + 1, 0], touched.items[k + 1, 1] = key, i, j


@compiled
def recreate(q, st, blur, left, value, touched):
    """Put everything that was taken out back, and weigh what was touched."""
    for n in range(touched.counts[0]):
        refresh(q, st, touched.shifts[n, 0])
    order(q, st, touched)
    for n in range(touched.counts[2]):
        i, j = touched.items[n, 0], touched.items[n, 1]
        if j < 0:
            seat(q, st, i, blur, left, value, touched)
        elif st.choice[i, 0] >= 0 and st.choice[i, 1 + j] < 0:
            reseat(q, st, i, j, blur, left, value, touched)
    for n in range(touched.counts[1]):
        weigh_stop(q, st, touched.stops[n, 0])
    if q.const[SPREAD_COST] > 0.0:
        for v in range(len(st.spread)):
            weigh_vehicle(q, st, v)


@compiled
def build(q, st, touched, value, order):
    """Put every stop that has no pattern yet on its best one, in the order given."""
    for n in range(len(order)):
        i = order[n]
        if st.choice[i, 0] < 0:
            begin(st, touched)
            seat(q, st, i, 0.0, 1.0, value, touched)
            weigh_stop(q, st, i)
    return refresh_all(q, st)
