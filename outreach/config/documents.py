"""The one place that lists which documents can be printed."""

from __future__ import annotations

from outreach.printing import kinds
from outreach.web.printing.commune_notice import CommuneNotice
from outreach.web.printing.run_sheet import RunSheet
from outreach.web.printing.season_plan import SeasonPlan


def register_all() -> None:
    """Register every kind of document; called once at start-up."""
    kinds.register("season-plan", SeasonPlan())
    kinds.register("commune-notice", CommuneNotice())
    kinds.register("run-sheet", RunSheet())
