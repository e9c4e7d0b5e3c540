"""Trips, events and their activities, who is on duty, and which rules were overridden."""

from __future__ import annotations

from outreach.scheduling.models.disruptions import DisruptedEvent, Disruption, DisruptionQuerySet
from outreach.scheduling.models.duties import Duty
from outreach.scheduling.models.events import Activity, Event, EventQuerySet
from outreach.scheduling.models.progress import TripMark
from outreach.scheduling.models.reference import ActivityKind, Audience, Reason, State, new_uid
from outreach.scheduling.models.rules import RuleOverride, RuleSettings
from outreach.scheduling.models.series import Series, SeriesQuerySet
from outreach.scheduling.models.templates import (
    TemplatePause,
    TemplateStop,
    TripTemplate,
    TripTemplateQuerySet,
)
from outreach.scheduling.models.trips import Trip, TripPause, TripQuerySet

__all__ = [
    "Activity",
    "ActivityKind",
    "Audience",
    "DisruptedEvent",
    "Disruption",
    "DisruptionQuerySet",
    "Duty",
    "Event",
    "EventQuerySet",
    "Reason",
    "RuleOverride",
    "RuleSettings",
    "Series",
    "SeriesQuerySet",
    "State",
    "TemplatePause",
    "TemplateStop",
    "Trip",
    "TripMark",
    "TripPause",
    "TripQuerySet",
    "TripTemplate",
    "TripTemplateQuerySet",
    "new_uid",
]
