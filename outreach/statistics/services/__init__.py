"""Changes to what statistics keeps: derived facts and cells, and the monthly building figures."""

from outreach.statistics.services.building import set_building_figures
from outreach.statistics.services.cells import differing_cells, fold, rebuild
from outreach.statistics.services.facts import forget, refresh

__all__ = [
    "differing_cells",
    "fold",
    "forget",
    "rebuild",
    "refresh",
    "set_building_figures",
]
