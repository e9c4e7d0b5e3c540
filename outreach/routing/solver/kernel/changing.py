"""Changing a plan, so that a step can be taken back."""

from __future__ import annotations

from outreach.routing.solver.kernel.arrays import (
    DAY_OF,
    END,
    LENGTH,
    START,
)
from outreach.routing.solver.kernel.jit import compiled
from outreach.routing.solver.kernel.weighing import refresh, refresh_all


@compiled
def save(st, s, touched):
    """Note that a shift is about to be changed."""
    if touched.marks[0, s] != touched.counts[3]:
        touched.marks[0, s] = touched.counts[3]
        n = touched.counts[0]
        touched.shifts[n, 0] = s
        m = st.route[s, LENGTH]
        touched.shifts[n, 1] = m
        for k in range(m):
            touched.shifts[n, 4 + k] = st.seq[s, k]
        touched.shifts[n, 2] = st.route[s, START]
        touched.shifts[n, 3] = st.route[s, END]
        touched.counts[0] = n + 1


@compiled
def save_stop(st, i, touched):
    """Note that a stop is about to be changed."""
    if touched.marks[1, i] != touched.counts[3]:
        touched.marks[1, i] = touched.counts[3]
        n = touched.counts[1]
        touched.stops[n, 0] = i
        touched.stops[n, 1] = st.choice[i, 0]
        for j in range(st.choice.shape[1] - 1):
            touched.stops[n, 2 + j] = st.choice[i, 1 + j]
        touched.stop_cost[n] = st.stop_cost[i]
        touched.counts[1] = n + 1


@compiled
def begin(st, touched):
    touched.counts[3] += 1
    for n in range(3):
        touched.counts[n] = 0
    for v in range(len(st.spread)):
        touched.spread[v] = st.spread[v]


@compiled
def take_back(q, st, touched):
    """Make everything as it was before the step."""
    for n in range(touched.counts[0]):
        s = touched.shifts[n, 0]
        d = q.shift_n[s, DAY_OF]
        for k in range(st.route[s, LENGTH]):
            i = st.seq[s, k]
            if st.at[i, d] == s:
                st.at[i, d] = -1
    for n in range(touched.counts[0]):
        s = touched.shifts[n, 0]
        d = q.shift_n[s, DAY_OF]
        st.route[s, LENGTH] = touched.shifts[n, 1]
        st.route[s, START] = touched.shifts[n, 2]
        st.route[s, END] = touched.shifts[n, 3]
        for k in range(touched.shifts[n, 1]):
            st.seq[s, k] = touched.shifts[n, 4 + k]
            st.at[touched.shifts[n, 4 + k], d] = s
        refresh(q, st, s)
    for n in range(touched.counts[1]):
        i = touched.stops[n, 0]
        st.choice[i, 0] = touched.stops[n, 1]
        for j in range(st.choice.shape[1] - 1):
            st.choice[i, 1 + j] = touched.stops[n, 2 + j]
        st.stop_cost[i] = touched.stop_cost[n]
    for v in range(len(st.spread)):
        st.spread[v] = touched.spread[v]


@compiled
def cut(q, st, i, d):
    """Take the visit of stop ``i`` on day ``d`` out of its shift, without working it out anew."""
    s = st.at[i, d]
    m = st.route[s, LENGTH]
    k = 0
    while st.seq[s, k] != i:
        k += 1
    for j in range(k, m - 1):
        st.seq[s, j] = st.seq[s, j + 1]
    st.route[s, LENGTH] = m - 1
    st.at[i, d] = -1
    return s


@compiled
def put(q, st, i, s, k):
    """Put stop ``i`` into a shift before its k-th visit, and work the shift out anew."""
    m = st.route[s, LENGTH]
    for j in range(m, k, -1):
        st.seq[s, j] = st.seq[s, j - 1]
    st.seq[s, k] = i
    st.route[s, LENGTH] = m + 1
    st.at[i, q.shift_n[s, DAY_OF]] = s
    refresh(q, st, s)


@compiled
def keep(st, kept):
    """Put the present plan aside."""
    for s in range(len(st.route)):
        for c in range(3):
            kept.route[s, c] = st.route[s, c]
        for k in range(st.route[s, LENGTH]):
            kept.seq[s, k] = st.seq[s, k]
    for i in range(len(st.choice)):
        for j in range(st.choice.shape[1]):
            kept.choice[i, j] = st.choice[i, j]


@compiled
def restore(q, st, kept):
    """Take a plan that was put aside as the present one; return its cost and that of excesses."""
    for i in range(len(st.choice)):
        for j in range(st.choice.shape[1]):
            st.choice[i, j] = kept.choice[i, j]
        for d in range(st.at.shape[1]):
            st.at[i, d] = -1
    for s in range(len(st.route)):
        for c in range(3):
            st.route[s, c] = kept.route[s, c]
        for k in range(st.route[s, LENGTH]):
            st.seq[s, k] = kept.seq[s, k]
            st.at[kept.seq[s, k], q.shift_n[s, DAY_OF]] = s
    return refresh_all(q, st)
