"""The rules of scheduling, as pure functions over plain facts.

Forms, board, API, import and planner all ask :func:`findings_for`; the database holds the rules
that must never be false (``models``), these are the ones a person may sometimes override.
"""

from __future__ import annotations

from outreach.scheduling.domain.engine import findings_for, findings_for_event
from outreach.scheduling.domain.facts import (
    CrewFact,
    EventFact,
    LegFact,
    LimitsFact,
    PauseFact,
    TripFact,
    VenueFact,
)
from outreach.scheduling.domain.rules import (
    MESSAGES,
    NAMES,
    NOTES,
    SOFT_RULES,
    Finding,
    Rule,
)

__all__ = [
    "MESSAGES",
    "NAMES",
    "NOTES",
    "SOFT_RULES",
    "CrewFact",
    "EventFact",
    "Finding",
    "LegFact",
    "LimitsFact",
    "PauseFact",
    "Rule",
    "TripFact",
    "VenueFact",
    "findings_for",
    "findings_for_event",
]
