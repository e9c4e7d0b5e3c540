"""Random numbers of the search: quick, and the same on every machine."""

from __future__ import annotations

import numpy as np

from outreach.routing.solver.kernel.jit import inlined


@inlined
def uniform(rng):
    """Return a random number in [0, 1) (xorshift128+; Vigna, 2017)."""
    a, b = rng[0], rng[1]
    rng[0] = b
    a ^= a << np.uint64(23)
    a ^= a >> np.uint64(17)
    a ^= b ^ (b >> np.uint64(26))
    rng[1] = a
    return ((a + b) >> np.uint64(11)) * (1.0 / 9007199254740992.0)


@inlined
def below(rng, n):
    """Return a random whole number from 0 to n - 1."""
    return int(uniform(rng) * n)
