"""Seasons, promises, visits owed, imports, and the planner's scenarios and proposals."""

from __future__ import annotations

from outreach.planning.models.imports import StopImport, StopImportQuerySet
from outreach.planning.models.owed import OwedVisit, OwedVisitQuerySet
from outreach.planning.models.promises import Promise, PromiseQuerySet
from outreach.planning.models.proposals import (
    LeftOutVisit,
    Proposal,
    ProposalQuerySet,
    ProposedDuty,
    ProposedPause,
    ProposedTrip,
    ProposedVisit,
)
from outreach.planning.models.scenarios import (
    Scenario,
    ScenarioClosure,
    ScenarioMember,
    ScenarioPin,
    ScenarioQuerySet,
    ScenarioStop,
    ScenarioVehicle,
)
from outreach.planning.models.seasons import Season, SeasonQuerySet
from outreach.planning.models.submissions import SeasonSubmission, SeasonSubmissionQuerySet

__all__ = [
    "LeftOutVisit",
    "OwedVisit",
    "OwedVisitQuerySet",
    "Promise",
    "PromiseQuerySet",
    "Proposal",
    "ProposalQuerySet",
    "ProposedDuty",
    "ProposedPause",
    "ProposedTrip",
    "ProposedVisit",
    "Scenario",
    "ScenarioClosure",
    "ScenarioMember",
    "ScenarioPin",
    "ScenarioQuerySet",
    "ScenarioStop",
    "ScenarioVehicle",
    "Season",
    "SeasonQuerySet",
    "SeasonSubmission",
    "SeasonSubmissionQuerySet",
    "StopImport",
    "StopImportQuerySet",
]
