"""The hours of a shift, exactly.

For every visit the earliest time at which the vehicle is ready to leave and the latest at which it
may arrive are kept, each twice: lunch not yet had and had. So whether one more visit fits between
two others is told without going through the rest of the day.
"""

from __future__ import annotations

from outreach.routing.solver.kernel.arrays import (
    BEGINS,
    BREAK,
    DAY_OF,
    DRIVE,
    DUE_SINCE,
    DUE_UNTIL,
    EARLY,
    END,
    HOME_END,
    HOME_START,
    IN_TURNS,
    LASTS,
    LATE,
    LATEST0,
    LATEST1,
    LENGTH,
    PLACE,
    PROFILE,
    READY0,
    READY1,
    REST,
    SERVICE,
    SINCE,
    START,
    UNBROKEN,
    UNTIL,
    WAY,
)
from outreach.routing.solver.kernel.jit import INF, NEVER, TINY, compiled, inlined


@inlined
def first_start(q, i, d, t):
    """Return the earliest time from ``t`` at which stop ``i`` can be served on day ``d``."""
    for w in range(q.win_from[i, d], q.win_from[i, d + 1]):
        begin = max(t, q.win[w, 0])
        if begin + q.stop_f[i, SERVICE] <= q.win[w, 1] + TINY:
            return begin
    return INF


@inlined
def last_start(q, i, d, t):
    """Return the latest time up to ``t`` at which stop ``i`` can be served on day ``d``."""
    found = NEVER
    for w in range(q.win_from[i, d], q.win_from[i, d + 1]):
        begin = min(t, q.win[w, 1] - q.stop_f[i, SERVICE])
        if begin >= q.win[w, 0] - TINY:
            found = max(found, begin)
    return found


@inlined
def serve(q, i, d, way, t0, t1):
    """Return when stop ``i`` is done, lunch not had and had, after a way begun at t0 or t1."""
    service = q.stop_f[i, SERVICE]
    r0 = first_start(q, i, d, t0 + way) + service
    r1 = first_start(q, i, d, t1 + way) + service
    lasts = q.const[LASTS]
    if lasts > 0.0 and t0 < INF:
        since, until = q.const[SINCE], q.const[UNTIL]
        before = max(t0, since) + lasts
        if before <= until:
            r1 = min(r1, first_start(q, i, d, before + way) + service)
        after = max(t0 + way, since) + lasts
        if after <= until:
            r1 = min(r1, first_start(q, i, d, after) + service)
        if service >= q.const[IN_TURNS]:
            begin = first_start(q, i, d, max(t0 + way, since + lasts - service))
            if begin <= until - lasts:
                r1 = min(r1, begin + service)
    return r0, r1


@inlined
def reaches(q, way, t0, t1, x0, x1):
    """Tell whether who is ready at t0 or t1 reaches what must be reached by x0 or x1."""
    if t0 + way <= x0 + TINY or t1 + way <= x1 + TINY:
        return True
    lasts = q.const[LASTS]
    if lasts > 0.0 and t0 < INF:
        since, until = q.const[SINCE], q.const[UNTIL]
        before = max(t0, since) + lasts
        if before <= until and before + way <= x1 + TINY:
            return True
        after = max(t0 + way, since) + lasts
        if after <= until and after <= x1 + TINY:
            return True
    return False


@inlined
def must_leave(q, way, x0, x1):
    """Return the latest times, lunch not had and had, to leave for what is due by x0 or x1."""
    l0, l1 = x0 - way, x1 - way
    lasts = q.const[LASTS]
    if lasts > 0.0:
        since, until = q.const[SINCE], q.const[UNTIL]
        before = min(x1 - way, until) - lasts
        if before >= since:
            l0 = max(l0, before)
        after = min(x1, until) - lasts
        if after >= since:
            l0 = max(l0, after - way)
    return l0, l1


@inlined
def must_begin(q, i, d, l0, l1):
    """Return the latest arrivals at stop ``i``, to be ready to leave by l0 or l1."""
    service = q.stop_f[i, SERVICE]
    x0 = last_start(q, i, d, l0 - service)
    x1 = last_start(q, i, d, l1 - service)
    lasts = q.const[LASTS]
    if lasts > 0.0 and service >= q.const[IN_TURNS]:
        begin = last_start(q, i, d, min(l1 - service, q.const[UNTIL] - lasts))
        if begin >= q.const[SINCE] + lasts - service:
            x0 = max(x0, begin)
    return x0, x1


@inlined
def fed_from(q, st, s):
    """Return when a shift may leave without owing lunch; ``inf`` if it always owes it."""
    early = q.shift_f[s, EARLY]
    if q.const[LASTS] == 0.0:
        return INF
    if st.route[s, START] != q.shift_n[s, HOME_START]:
        return early if early - q.const[SINCE] >= q.const[LASTS] else INF
    return max(early, q.const[DUE_SINCE] + 1.0)


@inlined
def unfed_until(q, st, s, back):
    """Return when a shift that is to be back by ``back`` must be, if nobody has had lunch."""
    if q.const[LASTS] == 0.0:
        return back
    if st.route[s, END] != q.shift_n[s, HOME_END]:
        return min(back, q.const[UNTIL] - q.const[LASTS])
    return min(back, q.const[DUE_UNTIL] - 1.0)


@compiled
def rest(q, st, s):
    """Find before which ways of a shift its driver must rest, having driven long without a break.

    A visit of some length is a break; waiting and lunch are not counted on.
    """
    p, m, driven = q.shift_n[s, PROFILE], st.route[s, LENGTH], 0.0
    here = st.route[s, START]
    for k in range(m + 1):
        there = st.route[s, END] if k == m else q.stop_n[st.seq[s, k], PLACE]
        way = q.ways[DRIVE, p, here, there]
        tired = driven > 0.0 and driven + way > q.const[UNBROKEN]
        st.clock[s, k, REST] = q.const[BREAK] if tired else 0.0
        driven = way if tired else driven + way
        if k < m and q.stop_f[st.seq[s, k], SERVICE] >= q.const[BREAK]:
            driven = 0.0
        here = there


@compiled
def backwards(q, st, s, late0, late1):
    """Fill ``latest`` of a shift that must be back by late0 or late1; return when it must leave."""
    m, d, p = st.route[s, LENGTH], q.shift_n[s, DAY_OF], q.shift_n[s, PROFILE]
    st.clock[s, m, LATEST0] = late0
    st.clock[s, m, LATEST1] = late1
    there = st.route[s, END]
    for k in range(m - 1, -1, -1):
        i = st.seq[s, k]
        way = q.ways[WAY, p, q.stop_n[i, PLACE], there] + st.clock[s, k + 1, REST]
        l0, l1 = must_leave(q, way, st.clock[s, k + 1, LATEST0], st.clock[s, k + 1, LATEST1])
        x0, x1 = must_begin(q, i, d, l0, l1)
        st.clock[s, k, LATEST0] = x0
        st.clock[s, k, LATEST1] = x1
        there = q.stop_n[i, PLACE]
    way = q.ways[WAY, p, st.route[s, START], there] + st.clock[s, 0, REST]
    return must_leave(q, way, st.clock[s, 0, LATEST0], st.clock[s, 0, LATEST1])


@compiled
def times(q, st, s):
    """Work out the hours of a shift; return seconds on duty, or ``inf`` where it cannot be done."""
    m, d, p = st.route[s, LENGTH], q.shift_n[s, DAY_OF], q.shift_n[s, PROFILE]
    rest(q, st, s)
    t0 = q.shift_f[s, EARLY]
    t1 = fed_from(q, st, s)
    st.clock[s, 0, READY0] = t0
    st.clock[s, 0, READY1] = t1
    here = st.route[s, START]
    for k in range(m):
        i = st.seq[s, k]
        way = q.ways[WAY, p, here, q.stop_n[i, PLACE]] + st.clock[s, k, REST]
        t0, t1 = serve(q, i, d, way, t0, t1)
        st.clock[s, k + 1, READY0] = t0
        st.clock[s, k + 1, READY1] = t1
        here = q.stop_n[i, PLACE]
    way = q.ways[WAY, p, here, st.route[s, END]] + st.clock[s, m, REST]
    late = q.shift_f[s, LATE]
    back0 = unfed_until(q, st, s, late)
    backwards(q, st, s, back0, late)
    # The earliest return, and from there the latest departure that still makes it.
    back = INF
    if t0 + way <= back0:
        back = t0 + way
    if t1 + way <= late:
        back = min(back, t1 + way)
    if q.const[LASTS] > 0.0 and t0 < INF:
        before = max(t0, q.const[SINCE]) + q.const[LASTS]
        if before <= q.const[UNTIL] and before + way <= late:
            back = min(back, before + way)
    if back == INF:
        return INF
    return back - departure(q, st, s, back)


@compiled
def departure(q, st, s, back):
    """Return the latest departure of a shift that is back by ``back``; fill when visits begin."""
    m, d, p = st.route[s, LENGTH], q.shift_n[s, DAY_OF], q.shift_n[s, PROFILE]
    x0 = unfed_until(q, st, s, back)
    x1 = back
    there = st.route[s, END]
    for k in range(m - 1, -1, -1):
        i = st.seq[s, k]
        way = q.ways[WAY, p, q.stop_n[i, PLACE], there] + st.clock[s, k + 1, REST]
        l0, l1 = must_leave(q, way, x0, x1)
        x0, x1 = must_begin(q, i, d, l0, l1)
        there = q.stop_n[i, PLACE]
    way = q.ways[WAY, p, st.route[s, START], there] + st.clock[s, 0, REST]
    l0, l1 = must_leave(q, way, x0, x1)
    # Who leaves after lunch would be due needs none.
    fed = fed_from(q, st, s)
    leaves = max(l0, l1) if l1 >= fed else l0
    t0 = leaves
    t1 = leaves if leaves >= fed else INF
    here = st.route[s, START]
    for k in range(m):
        i = st.seq[s, k]
        way = q.ways[WAY, p, here, q.stop_n[i, PLACE]] + st.clock[s, k, REST]
        t0, t1 = serve(q, i, d, way, t0, t1)
        st.clock[s, k, BEGINS] = min(t0, t1) - q.stop_f[i, SERVICE]
        here = q.stop_n[i, PLACE]
    return leaves
