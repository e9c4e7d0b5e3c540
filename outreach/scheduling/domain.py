"""The rules of scheduling, as pure functions over plain facts.

Forms, board, API, import and planner all ask :func:`findings_for`; the database holds the rules
that must never be false (``models``), these are the ones a person may sometimes override.
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MIN_CREW = 3
"""Circular 05/2022/TT-BVHTTDL: one operator and two professional staff on every trip."""
MIN_PROFESSIONALS = 2


class Rule(StrEnum):
    """Every named rule. A code never changes once released."""

    REVERSED = "period_reversed"
    EVENT_OUTSIDE_TRIP = "event_outside_trip"
    EVENTS_CLASH = "events_of_trip_clash"
    NO_ACTIVITY = "event_without_activity"
    CREW_TOO_SMALL = "crew_too_small"
    NO_OPERATOR = "crew_without_operator"
    CANNOT_OPERATE = "operator_not_qualified"
    NOT_PROFESSIONAL = "crew_member_not_professional"
    MEMBER_TWICE = "crew_member_twice"
    VEHICLE_OFF = "vehicle_time_off"
    MEMBER_OFF = "crew_member_time_off"


SOFT_RULES = frozenset({Rule.CREW_TOO_SMALL, Rule.NO_OPERATOR, Rule.VEHICLE_OFF, Rule.MEMBER_OFF})

NAMES: dict[Rule, Promise] = {
    Rule.REVERSED: _("Ends before it starts"),
    Rule.EVENT_OUTSIDE_TRIP: _("Event outside the trip"),
    Rule.EVENTS_CLASH: _("Events at the same time"),
    Rule.NO_ACTIVITY: _("No activity"),
    Rule.CREW_TOO_SMALL: _("Crew too small"),
    Rule.NO_OPERATOR: _("No operator"),
    Rule.CANNOT_OPERATE: _("Operator not qualified"),
    Rule.NOT_PROFESSIONAL: _("Not professional staff"),
    Rule.MEMBER_TWICE: _("Named twice"),
    Rule.VEHICLE_OFF: _("Vehicle not to be had"),
    Rule.MEMBER_OFF: _("Crew member not to be had"),
}
"""What a rule is called on a badge."""

MESSAGES: dict[Rule, Promise] = {
    Rule.REVERSED: _("The end must be after the start."),
    Rule.EVENT_OUTSIDE_TRIP: _("“%(title)s” is not between the trip's departure and return."),
    Rule.EVENTS_CLASH: _("“%(title)s” and “%(other)s” are at the same time."),
    Rule.NO_ACTIVITY: _("“%(title)s” has no activity."),
    Rule.CREW_TOO_SMALL: _(
        "A trip needs at least 3 crew, 2 of them professional staff (Circular 05/2022); "
        "this one has %(crew)d, %(professionals)d of them professional staff."
    ),
    Rule.NO_OPERATOR: _("A trip needs an operator for the vehicle (Circular 05/2022)."),
    Rule.CANNOT_OPERATE: _("%(member)s may not operate a vehicle."),
    Rule.NOT_PROFESSIONAL: _("%(member)s is not professional staff."),
    Rule.MEMBER_TWICE: _("%(member)s is named twice: one person has one role on a trip."),
    Rule.VEHICLE_OFF: _("%(vehicle)s is not to be had at that time: %(reason)s."),
    Rule.MEMBER_OFF: _("%(member)s is not to be had at that time: %(reason)s."),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a trip or event breaks, with the facts its message is filled with.

    Attributes:
        rule: which one.
        params: plain values for the message.
        field: the input of the services it concerns.
        event: which event, by its place among those the rules were asked about.
    """

    rule: Rule
    params: dict[str, Any] = field(default_factory=dict)
    field: str | None = None
    event: int | None = None

    @property
    def is_soft(self) -> bool:
        """Whether somebody with the right to may override it."""
        return self.rule in SOFT_RULES

    @property
    def name(self) -> str:
        """The rule in two or three words of the active language."""
        return str(NAMES[self.rule])

    @property
    def message(self) -> str:
        """The finding in the active language."""
        text = str(MESSAGES[self.rule])
        return text % self.params if self.params else text

    @property
    def mark(self) -> str:
        """What was found, as text: an override holds for the same facts and for no others."""
        return json.dumps([self.rule, self.params], sort_keys=True, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class CrewFact:
    """One person on duty."""

    name: str
    is_operator: bool
    can_operate: bool
    time_off: str | None = None
    """Why the person is not to be had during the trip, if so."""
    is_professional: bool = True
    key: int | None = None
    """Tells people of one name apart."""


@dataclass(frozen=True, slots=True)
class EventFact:
    """One event of a trip, or one that needs no vehicle."""

    title: str
    starts_at: datetime
    ends_at: datetime
    activities: int


@dataclass(frozen=True, slots=True)
class TripFact:
    """A trip as the rules see it."""

    departs_at: datetime
    returns_at: datetime
    vehicle: str
    crew: tuple[CrewFact, ...]
    events: tuple[EventFact, ...]
    vehicle_time_off: str | None = None
    is_draft: bool = True


def findings_for(trip: TripFact) -> list[Finding]:
    """Return every rule the trip breaks, hard ones first. A draft may still be without crew."""
    found = [
        *_time_rules(trip),
        *_people_rules(trip.crew),
        *_crew_rules(trip),
        *_vehicle_rules(trip),
    ]
    return sorted(found, key=lambda finding: finding.is_soft)


def findings_for_event(event: EventFact, crew: Iterable[CrewFact] = ()) -> list[Finding]:
    """Return every rule that an event without a vehicle breaks, hard ones first."""
    found = [*_event_rules(0, event), *_people_rules(tuple(crew))]
    return sorted(found, key=lambda finding: finding.is_soft)


def _event_rules(place: int, event: EventFact) -> Iterator[Finding]:
    if event.ends_at <= event.starts_at:
        yield Finding(Rule.REVERSED, field="ends_at", event=place)
    if event.activities == 0:
        yield Finding(Rule.NO_ACTIVITY, {"title": event.title}, "activities", place)


def _time_rules(trip: TripFact) -> Iterator[Finding]:
    if trip.returns_at <= trip.departs_at:
        yield Finding(Rule.REVERSED, field="returns_at")
    for place, event in enumerate(trip.events):
        yield from _event_rules(place, event)
        if event.starts_at < trip.departs_at or event.ends_at > trip.returns_at:
            yield Finding(Rule.EVENT_OUTSIDE_TRIP, {"title": event.title}, "starts_at", place)
    ordered = sorted(enumerate(trip.events), key=lambda pair: pair[1].starts_at)
    for (_place, one), (place, other) in itertools.pairwise(ordered):
        if other.starts_at < one.ends_at:
            params = {"title": one.title, "other": other.title}
            yield Finding(Rule.EVENTS_CLASH, params, "starts_at", place)


def _people_rules(crew: tuple[CrewFact, ...]) -> Iterator[Finding]:
    named = Counter(person.key for person in crew if person.key is not None)
    for person in crew:
        params = {"member": person.name}
        if person.is_operator and not person.can_operate:
            yield Finding(Rule.CANNOT_OPERATE, params, "crew")
        if not person.is_operator and not person.is_professional:
            yield Finding(Rule.NOT_PROFESSIONAL, params, "crew")
        if person.key is not None and named.pop(person.key, 0) > 1:
            yield Finding(Rule.MEMBER_TWICE, params, "crew")
        if person.time_off:
            yield Finding(Rule.MEMBER_OFF, params | {"reason": person.time_off}, "crew")


def _crew_rules(trip: TripFact) -> Iterator[Finding]:
    if trip.is_draft and not trip.crew:
        return
    professionals = sum(not person.is_operator for person in trip.crew)
    if len(trip.crew) < MIN_CREW or professionals < MIN_PROFESSIONALS:
        params = {"crew": len(trip.crew), "professionals": professionals}
        yield Finding(Rule.CREW_TOO_SMALL, params, "crew")
    if not any(person.is_operator for person in trip.crew):
        yield Finding(Rule.NO_OPERATOR, field="crew")


def _vehicle_rules(trip: TripFact) -> Iterator[Finding]:
    if trip.vehicle_time_off:
        params = {"vehicle": trip.vehicle, "reason": trip.vehicle_time_off}
        yield Finding(Rule.VEHICLE_OFF, params, "vehicle")
