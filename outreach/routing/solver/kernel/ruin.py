"""Taking visits out: neighbours, strings of routes, whole routes, or any."""

from __future__ import annotations

import numpy as np

from outreach.routing.solver.kernel.arrays import (
    DAY,
    DAY_OF,
    END,
    FLEX,
    HOME_END,
    HOME_START,
    LEFT,
    LENGTH,
    NEXT,
    NIGHTS,
    PINNED,
    PLACE,
    PROFILE,
    SLEEPS,
    START,
    WAY,
)
from outreach.routing.solver.kernel.chance import below, uniform
from outreach.routing.solver.kernel.changing import cut, save, save_stop
from outreach.routing.solver.kernel.jit import compiled, inlined


@compiled
def remove_stop(q, st, i, touched):
    """Take all visits of a stop out."""
    save_stop(st, i, touched)
    a = st.choice[i, 0]
    if a >= 0:
        for j in range(q.day_from[a + 1] - q.day_from[a]):
            d = st.choice[i, 1 + j]
            if d >= 0:
                save(st, st.at[i, d], touched)
                cut(q, st, i, d)
            st.choice[i, 1 + j] = -1
    st.choice[i, 0] = -1
    touched.items[touched.counts[2], 0] = i
    touched.items[touched.counts[2], 1] = -1
    touched.counts[2] += 1


@compiled
def remove_visit(q, st, i, d, touched):
    """Take one visit of a stop out; its pattern stays."""
    save_stop(st, i, touched)
    a = st.choice[i, 0]
    for j in range(q.day_from[a + 1] - q.day_from[a]):
        if st.choice[i, 1 + j] == d:
            save(st, st.at[i, d], touched)
            cut(q, st, i, d)
            st.choice[i, 1 + j] = -1
            touched.items[touched.counts[2], 0] = i
            touched.items[touched.counts[2], 1] = j
            touched.counts[2] += 1
            return


@compiled
def take(q, st, i, d, wholly, touched):
    """Take a stop out wholly, or its visit of one day."""
    if touched.counts[2] + 1 >= len(touched.items):
        return
    if wholly:
        if st.choice[i, 0] >= 0:
            remove_stop(q, st, i, touched)
    elif d >= 0 and st.at[i, d] >= 0:
        remove_visit(q, st, i, d, touched)


@compiled
def a_visit(q, st):
    """Return a stop and a day of one of its visits at random; -1 where it has none."""
    i = below(st.rng, len(q.stop_f))
    a = st.choice[i, 0]
    if a < 0:
        return i, -1
    count = q.day_from[a + 1] - q.day_from[a]
    if count == 0:
        return i, -1
    return i, st.choice[i, 1 + below(st.rng, count)]


@compiled
def ruin(q, st, most, touched):
    """Take some visits out: neighbours, strings of routes, whole routes, or any."""
    rng = st.rng
    size = int(np.exp(uniform(rng) * np.log(most)) + 0.5)
    size = max(1, min(size, most))
    kind = uniform(rng)
    seed, day = a_visit(q, st)
    if kind < 0.30:
        # Neighbours, whatever their days.
        take(q, st, seed, day, True, touched)
        for n in range(q.near.shape[1]):
            if touched.counts[2] >= size:
                break
            if uniform(rng) < 0.75:
                take(q, st, q.near[seed, n], -1, True, touched)
    elif kind < 0.85:
        # Strings of neighbouring routes of one day; wholly, or the visits of that day only.
        share = 1.0 if kind < 0.60 else 0.0
        if 0.52 <= kind < 0.60:
            share = 0.5
        strings(q, st, seed, day, size, share, touched)
    elif kind < 0.95:
        routes(q, st, seed, day, kind < 0.91, touched)
    else:
        for _n in range(size):
            i, d = a_visit(q, st)
            take(q, st, i, d, True, touched)


@compiled
def strings(q, st, seed, day, size, share, touched):
    """Take strings of visits out of the routes of a day that come near a stop."""
    if day < 0:
        take(q, st, seed, -1, True, touched)
        return
    rng = st.rng
    longest = 1 + below(rng, 10)
    stamp = touched.counts[3]
    for n in range(-1, q.near.shape[1]):
        if touched.counts[2] >= size:
            break
        i = seed if n < 0 else q.near[seed, n]
        s = st.at[i, day]
        if s < 0 or touched.marks[0, s] == stamp:
            continue
        m = st.route[s, LENGTH]
        span = min(1 + below(rng, min(longest, m)), size - touched.counts[2])
        k = 0
        while st.seq[s, k] != i:
            k += 1
        lowest, highest = max(0, k - span + 1), min(k, m - span)
        first = lowest + below(rng, highest - lowest + 1)
        # With a gap kept in the string now and then.
        keep = 1 + below(rng, span) if span > 2 and uniform(rng) < 0.3 else 0
        chosen = touched.key  # borrowed
        for j in range(span):
            chosen[j] = st.seq[s, first + j]
        save(st, s, touched)
        for j in range(span):
            if keep and j == keep:
                continue
            take(q, st, int(chosen[j]), day, uniform(rng) < share, touched)


@compiled
def routes(q, st, seed, day, wholly, touched):
    """Take a whole route out, and often one near it on another day."""
    if day < 0:
        take(q, st, seed, -1, True, touched)
        return
    rng = st.rng
    route(q, st, st.at[seed, day], wholly, touched)
    if uniform(rng) < 0.6:
        for n in range(q.near.shape[1]):
            i = q.near[seed, n]
            a = st.choice[i, 0]
            if a < 0:
                continue
            d = st.choice[i, 1 + below(rng, q.day_from[a + 1] - q.day_from[a])]
            if d >= 0:
                route(q, st, st.at[i, d], wholly, touched)
                return


@compiled
def route(q, st, s, wholly, touched):
    d, m = q.shift_n[s, DAY_OF], st.route[s, LENGTH]
    chosen = touched.key
    for k in range(m):
        chosen[k] = st.seq[s, k]
    for k in range(m):
        take(q, st, int(chosen[k]), d, wholly, touched)


@compiled
def nights_before(q, st, s):
    """Return how many nights in a row end with the day of a shift."""
    row, earlier = 0, True
    while earlier and st.route[s, START] != q.shift_n[s, HOME_START]:
        earlier = False
        for u in range(len(q.shift_f)):
            if q.shift_n[u, NEXT] == s:
                row, s, earlier = row + 1, u, True
                break
    return row


@compiled
def nights_around(q, st, s):
    """Return how many nights in a row there are with the one after a shift."""
    row, later = 1 + nights_before(q, st, s), q.shift_n[s, NEXT]
    while later >= 0 and st.route[later, END] != q.shift_n[later, HOME_END]:
        row += 1
        later = q.shift_n[later, NEXT]
    return row


@compiled
def sleep_at(q, st, s, place, touched):
    """Let a vehicle sleep somewhere after a shift; its two days are emptied.

    Args:
        place: the end of the shift's own way for a night at home.
    """
    t = q.shift_n[s, NEXT]
    for u in (s, t):
        save(st, u, touched)
        route(q, st, u, False, touched)
    is_home = place == q.shift_n[s, HOME_END]
    if not is_home and nights_around(q, st, s) > q.const[NIGHTS]:
        return
    st.route[s, END] = place
    st.route[t, START] = q.shift_n[t, HOME_START] if is_home else place


@compiled
def may_sleep_after(q, s):
    """Tell whether a vehicle may stay away after a shift."""
    return q.shift_n[s, NEXT] >= 0 and q.shift_n[s + 1, SLEEPS] > q.shift_n[s, SLEEPS]


@compiled
def sleep_elsewhere(q, st, touched):
    """Let any vehicle stay away for a night, or come home."""
    s = below(st.rng, len(q.shift_f))
    if not may_sleep_after(q, s):
        return
    place = q.shift_n[s, HOME_END]
    if st.route[s, END] == place:
        first, end = q.shift_n[s, SLEEPS], q.shift_n[s + 1, SLEEPS]
        place = q.sleep[first + below(st.rng, end - first)]
    sleep_at(q, st, s, place, touched)


@compiled
def bed_near(q, st, s, i):
    """Return a place to sleep after a shift: mostly the nearest to stop ``i``."""
    first, end = q.shift_n[s, SLEEPS], q.shift_n[s + 1, SLEEPS]
    best = q.sleep[first + below(st.rng, end - first)]
    if uniform(st.rng) < 0.7:
        p, x = q.shift_n[s, PROFILE], q.stop_n[i, PLACE]
        for n in range(first, end):
            if q.ways[WAY, p, x, q.sleep[n]] < q.ways[WAY, p, x, best]:
                best = q.sleep[n]
    return best


@inlined
def a_day(q, st, i, entry):
    """Return a day on which an occurrence may be served."""
    if q.days[entry, PINNED] >= 0:
        return q.days[entry, PINNED]
    flex = q.stop_n[i, FLEX]
    d = q.days[entry, DAY] + below(st.rng, 2 * flex + 1) - flex
    return max(0, min(q.run.shape[1] - 1, d))


@compiled
def sleep_around(q, st, i, s, touched):
    """Let the vehicle of a shift stay away before it, after it, or both, near stop ``i``."""
    kind = below(st.rng, 3)
    if kind > 0:
        for u in range(len(q.shift_f)):
            if q.shift_n[u, NEXT] == s and may_sleep_after(q, u):
                sleep_at(q, st, u, bed_near(q, st, u, i), touched)
    if kind != 1 and may_sleep_after(q, s):
        sleep_at(q, st, s, bed_near(q, st, s, i), touched)


@compiled
def sleep_for_another(q, st, touched):
    """Stay away before or after a visit that is left out, or both."""
    count = len(q.stop_f)
    first = below(st.rng, count)
    for step in range(count):
        i = (first + step) % count
        a = st.choice[i, 0]
        if a < 0:
            continue
        for j in range(q.day_from[a + 1] - q.day_from[a]):
            if st.choice[i, 1 + j] < 0:
                d = a_day(q, st, i, q.day_from[a] + j)
                if q.on_from[d + 1] > q.on_from[d]:
                    s = q.on[q.on_from[d] + below(st.rng, q.on_from[d + 1] - q.on_from[d])]
                    sleep_around(q, st, i, s, touched)
                return


@compiled
def retry_left_out(q, st, most, touched):
    """Try visits that are left out again along with the others."""
    n = len(q.stop_f)
    first, tries = below(st.rng, n), 0
    for step in range(n):
        i = (first + step) % n
        a = st.choice[i, 0]
        if a < 0 or st.stop_cost[i] < q.stop_f[i, LEFT] * 0.999:
            continue
        for j in range(q.day_from[a + 1] - q.day_from[a]):
            if st.choice[i, 1 + j] < 0 and touched.counts[2] + 1 < len(touched.items):
                save_stop(st, i, touched)
                if uniform(st.rng) < 0.3:
                    take(q, st, i, -1, True, touched)
                else:
                    touched.items[touched.counts[2], 0] = i
                    touched.items[touched.counts[2], 1] = j
                    touched.counts[2] += 1
                tries += 1
                break
        if tries >= most:
            return
