"""Finding a season's plan: the search, and what one must know to start it."""

from __future__ import annotations

from outreach.routing.solver.search import Ask, Cancelled, Effort, Progress, Watch, solve

__all__ = ["Ask", "Cancelled", "Effort", "Progress", "Watch", "solve"]
