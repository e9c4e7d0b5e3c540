"""Compile the search ahead of the first one: ``python -m outreach.routing.solver``."""

from __future__ import annotations

from outreach.routing.solver.search import make_ready

make_ready()
