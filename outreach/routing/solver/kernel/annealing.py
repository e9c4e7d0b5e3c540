"""Ruin and recreate with simulated annealing: thousands of steps, each taken or taken back.

The move follows Schrimpf et al. (Journal of Computational Physics 159, 2000) and Christiaens and
Vanden Berghe, "Slack Induction by String Removals" (Transportation Science 54, 2020), carried over
to visits that repeat: a stop is put back on all days of a pattern at once. Load and length of a day
may be exceeded at a price that the search adapts.
"""

from __future__ import annotations

import numpy as np

from outreach.routing.solver.kernel.arrays import (
    EXCESS,
)
from outreach.routing.solver.kernel.chance import uniform
from outreach.routing.solver.kernel.changing import begin, keep, take_back
from outreach.routing.solver.kernel.jit import TINY, compiled, inlined
from outreach.routing.solver.kernel.recreate import recreate
from outreach.routing.solver.kernel.ruin import (
    retry_left_out,
    ruin,
    sleep_elsewhere,
    sleep_for_another,
)
from outreach.routing.solver.kernel.weighing import total

LOOKED_AT = 60
"""So many accepted steps decide whether prices are right: three to six of ten fit."""


@inlined
def adapted(q, st, share):
    """Return by how much prices change if this share of the plans fits, and change them."""
    factor = 1.0
    if share < 0.3:
        factor = 1.15
    elif share > 0.6:
        factor = 1.0 / 1.12
    st.prices[0] *= factor
    st.prices[1] *= factor
    for s in range(len(st.route)):
        st.sums[s, EXCESS] *= factor
    return factor


@inlined
def eagerness(rng):
    """Return how bad leaving out is taken to be, as a share of what it costs.

    Two visits may be worth their way together, and neither of them alone; or the other way round.
    """
    chance = uniform(rng)
    if chance < 0.12:
        return 1.0 + 3.0 * uniform(rng)
    if chance < 0.16:
        return uniform(rng)
    return 1.0


@compiled
def search(q, st, best, touched, value, steps, most, heat, noise, best_cost):
    """Take ``steps`` steps.

    Args:
        best: the best plan without excess so far; set anew whenever a better one is found.
        touched, value: room to work in.
        most: the most stops that are taken out at once.
        heat: the temperature, in cost.
        noise: by how much the costs of patterns are blurred in every other step, as a share.
        best_cost: of ``best``.

    Returns:
        The cost of the best plan.
    """
    cost, excess = total(q, st)
    fitting, looked = 0, 0
    may_sleep = len(q.sleep) > 0
    for _step in range(steps):
        begin(st, touched)
        kind = uniform(st.rng) if may_sleep else 1.0
        if kind < 0.03:
            sleep_elsewhere(q, st, touched)
        elif kind < 0.06:
            sleep_for_another(q, st, touched)
        else:
            ruin(q, st, most, touched)
        retry_left_out(q, st, 6, touched)
        blur = noise if uniform(st.rng) < 0.5 else 0.0
        recreate(q, st, blur, eagerness(st.rng), value, touched)
        new_cost, new_excess = total(q, st)
        if new_cost + new_excess >= cost + excess - heat * np.log(uniform(st.rng) + 1e-300):
            take_back(q, st, touched)
            continue
        cost, excess = new_cost, new_excess
        looked += 1
        if excess == 0.0:
            fitting += 1
            if cost < best_cost - TINY:
                best_cost = cost
                keep(st, best)
        if looked == LOOKED_AT:
            excess *= adapted(q, st, fitting / looked)
            fitting, looked = 0, 0
    return best_cost
