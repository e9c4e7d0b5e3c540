"""Taking visits out: neighbours, strings of routes, whole routes, or any."""

from __future__ import annotations

import numpy as np

from outreach.routing.solver.kernel.arrays import (
    DAY_OF,
    END,
    HOME_END,
    HOME_START,
    LEFT,
    LENGTH,
    NEXT,
    NIGHTS,
    SLEEPS,
    START,
)
from outreach.routing.solver.kernel.chance import below, uniform
from outreach.routing.solver.kernel.changing import cut, save, save_stop
from outreach.routing.solver.kernel.jit import compiled


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
def sleep_elsewhere(q, st, touched):
    """Let a vehicle stay away for a night, or come home; its two days are emptied."""
    rng = st.rng
    s = below(rng, len(q.shift_f))
    t = q.shift_n[s, NEXT]
    choices = q.shift_n[s + 1, SLEEPS] - q.shift_n[s, SLEEPS]
    if t < 0 or choices == 0:
        return
    save(st, s, touched)
    save(st, t, touched)
    route(q, st, s, False, touched)
    route(q, st, t, False, touched)
    if st.route[s, END] != q.shift_n[s, HOME_END]:
        st.route[s, END] = q.shift_n[s, HOME_END]
        st.route[t, START] = q.shift_n[t, HOME_START]
        return
    row = 1 + nights_before(q, st, s)
    later = t
    while later >= 0 and st.route[later, END] != q.shift_n[later, HOME_END]:
        row += 1
        later = q.shift_n[later, NEXT]
    if row <= q.const[NIGHTS]:
        place = q.sleep[q.shift_n[s, SLEEPS] + below(rng, choices)]
        st.route[s, END] = place
        st.route[t, START] = place


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
