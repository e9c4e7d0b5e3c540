"""Finding a season's plan.

What is compiled for it takes a while to load: who only orders a search takes
:mod:`outreach.routing.effort` and has it done by :mod:`outreach.routing.apart`.
"""

from __future__ import annotations

from outreach.routing.solver.search import solve

__all__ = ["solve"]
