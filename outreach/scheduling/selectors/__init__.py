"""Reads of the schedule, shaped for the pages, feeds and maps that show them."""

from outreach.scheduling.selectors.timetable import (
    CANCELLED_KEPT,
    EVERYTHING,
    Filters,
    TimetablePage,
    from_page,
    timetable,
)
from outreach.scheduling.selectors.visits import (
    CommuneFound,
    NearVisit,
    communes_found,
    last_visits,
    near_visits,
    next_visits,
    next_visits_by_venue,
    venues_found,
    with_next_visit,
)

__all__ = [
    "CANCELLED_KEPT",
    "EVERYTHING",
    "CommuneFound",
    "Filters",
    "NearVisit",
    "TimetablePage",
    "communes_found",
    "from_page",
    "last_visits",
    "near_visits",
    "next_visits",
    "next_visits_by_venue",
    "timetable",
    "venues_found",
    "with_next_visit",
]
