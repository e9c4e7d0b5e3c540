"""The inner loop of the search, compiled: arrays and numbers, nothing is known by name here.

What each array means is said in :mod:`.arrays`; a problem is brought into them by
:class:`outreach.routing.solver.compiled.Compiled`.
"""

from __future__ import annotations

from outreach.routing.solver.kernel.annealing import search
from outreach.routing.solver.kernel.changing import keep, restore
from outreach.routing.solver.kernel.recreate import build
from outreach.routing.solver.kernel.weighing import refresh_all

__all__ = ["build", "keep", "refresh_all", "restore", "search"]
