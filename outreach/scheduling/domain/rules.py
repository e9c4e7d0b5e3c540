"""Every named rule of scheduling: whether it may be overridden, its name and its message."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _


class Rule(StrEnum):
    """Every named rule. A code never changes once released."""

    REVERSED = "period_reversed"
    EVENT_OUTSIDE_TRIP = "event_outside_trip"
    EVENTS_CLASH = "events_of_trip_clash"
    NO_ACTIVITY = "event_without_activity"
    PAUSE_OUTSIDE_TRIP = "pause_outside_trip"
    PAUSE_CLASHES = "pause_clashes"
    TRIP_TOO_LONG = "trip_too_long"
    NIGHT_MISSING = "night_missing"
    LUNCH_MISSING = "lunch_missing"
    CREW_TOO_SMALL = "crew_too_small"
    NO_OPERATOR = "crew_without_operator"
    CANNOT_OPERATE = "operator_not_qualified"
    NOT_PROFESSIONAL = "crew_member_not_professional"
    MEMBER_TWICE = "crew_member_twice"
    VEHICLE_OFF = "vehicle_time_off"
    MEMBER_OFF = "crew_member_time_off"
    LEG_TOO_SHORT = "leg_too_short"
    DRIVING_UNBROKEN = "driving_unbroken"
    DRIVING_DAY = "driving_day"
    DRIVING_WEEK = "driving_week"
    OUTSIDE_WINDOWS = "outside_windows"
    VENUE_CLOSED = "venue_closed"
    OUTSIDE_SCHOOL_HOURS = "outside_school_hours"
    OUTSIDE_TERM = "outside_term"
    PUBLIC_HOLIDAY = "public_holiday"
    VEHICLE_TOO_LONG = "vehicle_too_long"
    NOT_PASSABLE = "venue_not_passable"
    OFTEN_FLOODED = "venue_often_flooded"
    TOO_MANY_CLASSES = "too_many_classes"
    ROOM_TOO_SMALL = "room_too_small"
    SHORT_NOTICE = "short_notice"
    IN_THE_PAST = "in_the_past"


NOTES = frozenset({Rule.OFTEN_FLOODED, Rule.LUNCH_MISSING})
"""What is only pointed out: it stands in nobody's way and needs no reason."""
SOFT_RULES = frozenset(
    {
        Rule.TRIP_TOO_LONG,
        Rule.NIGHT_MISSING,
        Rule.CREW_TOO_SMALL,
        Rule.NO_OPERATOR,
        Rule.VEHICLE_OFF,
        Rule.MEMBER_OFF,
        Rule.LEG_TOO_SHORT,
        Rule.DRIVING_UNBROKEN,
        Rule.DRIVING_DAY,
        Rule.DRIVING_WEEK,
        Rule.OUTSIDE_WINDOWS,
        Rule.VENUE_CLOSED,
        Rule.OUTSIDE_SCHOOL_HOURS,
        Rule.OUTSIDE_TERM,
        Rule.PUBLIC_HOLIDAY,
        Rule.VEHICLE_TOO_LONG,
        Rule.NOT_PASSABLE,
        Rule.TOO_MANY_CLASSES,
        Rule.ROOM_TOO_SMALL,
        Rule.SHORT_NOTICE,
        Rule.IN_THE_PAST,
    }
)
"""What somebody with the right to may override, with a reason."""

NAMES: dict[Rule, Promise] = {
    Rule.REVERSED: _("Ends before it starts"),
    Rule.EVENT_OUTSIDE_TRIP: _("Event outside the trip"),
    Rule.EVENTS_CLASH: _("Events at the same time"),
    Rule.NO_ACTIVITY: _("No activity"),
    Rule.PAUSE_OUTSIDE_TRIP: _("Pause outside the trip"),
    Rule.PAUSE_CLASHES: _("Pause during an event"),
    Rule.TRIP_TOO_LONG: _("Longer than three days"),
    Rule.NIGHT_MISSING: _("No place for the night"),
    Rule.LUNCH_MISSING: _("No time for lunch"),
    Rule.CREW_TOO_SMALL: _("Crew too small"),
    Rule.NO_OPERATOR: _("No operator"),
    Rule.CANNOT_OPERATE: _("Operator not qualified"),
    Rule.NOT_PROFESSIONAL: _("Not professional staff"),
    Rule.MEMBER_TWICE: _("Named twice"),
    Rule.VEHICLE_OFF: _("Vehicle not to be had"),
    Rule.MEMBER_OFF: _("Crew member not to be had"),
    Rule.LEG_TOO_SHORT: _("Too little time on the way"),
    Rule.DRIVING_UNBROKEN: _("Driving without a break"),
    Rule.DRIVING_DAY: _("Too much driving in a day"),
    Rule.DRIVING_WEEK: _("Too much driving in a week"),
    Rule.OUTSIDE_WINDOWS: _("Outside the venue's hours"),
    Rule.VENUE_CLOSED: _("Venue closed"),
    Rule.OUTSIDE_SCHOOL_HOURS: _("Outside school hours"),
    Rule.OUTSIDE_TERM: _("Outside the school year"),
    Rule.PUBLIC_HOLIDAY: _("Public holiday"),
    Rule.VEHICLE_TOO_LONG: _("Vehicle too long"),
    Rule.NOT_PASSABLE: _("Road not passable"),
    Rule.OFTEN_FLOODED: _("Often flooded"),
    Rule.TOO_MANY_CLASSES: _("Too many classes"),
    Rule.ROOM_TOO_SMALL: _("Room too small"),
    Rule.SHORT_NOTICE: _("Short notice"),
    Rule.IN_THE_PAST: _("In the past"),
}
"""What a rule is called on a badge."""

MESSAGES: dict[Rule, Promise] = {
    Rule.REVERSED: _("The end must be after the start."),
    Rule.EVENT_OUTSIDE_TRIP: _("“%(title)s” is not between the trip's departure and return."),
    Rule.EVENTS_CLASH: _("“%(title)s” and “%(other)s” are at the same time."),
    Rule.NO_ACTIVITY: _("“%(title)s” has no activity."),
    Rule.PAUSE_OUTSIDE_TRIP: _(
        "The pause at %(clock)s is not between the trip's departure and return."
    ),
    Rule.PAUSE_CLASHES: _("The pause at %(clock)s and “%(title)s” are at the same time."),
    Rule.TRIP_TOO_LONG: _("The trip lasts %(days)d days; trips last three at most."),
    Rule.NIGHT_MISSING: _("Nobody has said where the crew spends the night of %(day)s."),
    Rule.LUNCH_MISSING: _("On %(day)s there is no time for lunch (25 minutes at midday)."),
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
    Rule.LEG_TOO_SHORT: _(
        "From %(origin)s to %(destination)s takes about %(minutes)s, and %(buffer)s to spare; "
        "the schedule leaves %(gap)s."
    ),
    Rule.DRIVING_UNBROKEN: _(
        "From %(clock)s on %(day)s the operator drives %(minutes)s without a break; "
        "4 hours are allowed."
    ),
    Rule.DRIVING_DAY: _("On %(day)s the operator drives %(minutes)s; 10 hours a day are allowed."),
    Rule.DRIVING_WEEK: _(
        "In the week from %(day)s %(member)s drives %(minutes)s; 48 hours a week are allowed."
    ),
    Rule.OUTSIDE_WINDOWS: _("%(venue)s can be visited on that day %(hours)s, not %(clock)s."),
    Rule.VENUE_CLOSED: _("%(venue)s is closed on %(day)s: %(reason)s."),
    Rule.OUTSIDE_SCHOOL_HOURS: _("%(venue)s is a school, and %(clock)s is outside school hours."),
    Rule.OUTSIDE_TERM: _("%(venue)s is a school, and %(day)s is outside the school year."),
    Rule.PUBLIC_HOLIDAY: _("%(day)s is a public holiday: %(holiday)s."),
    Rule.VEHICLE_TOO_LONG: _(
        "%(vehicle)s is %(length)s m long; %(venue)s can be reached with %(largest)s m at most."
    ),
    Rule.NOT_PASSABLE: _("No vehicle gets through to %(venue)s in %(months)s."),
    Rule.OFTEN_FLOODED: _("The way to %(venue)s is often flooded at this time of the year."),
    Rule.TOO_MANY_CLASSES: _(
        "%(classes)d classes need %(needed)s at “%(title)s”; it lasts %(minutes)s."
    ),
    Rule.ROOM_TOO_SMALL: _("%(people)d are expected at %(venue)s; its room holds %(room)d."),
    Rule.SHORT_NOTICE: _(
        "“%(title)s” was asked for %(days)d days before; the library asks for %(wanted)d."
    ),
    Rule.IN_THE_PAST: _("This begins on %(day)s at %(clock)s: that is in the past."),
}

NO_HOURS = "–"
"""What stands for the hours of a venue on a day on which it has none."""

_CLOSED_ALL_DAY = _("%(venue)s takes no visitors on that day.")
_NOBODY_GOES = _(
    "A trip needs at least 3 crew, 2 of them professional staff (Circular 05/2022); "
    "nobody has been named for this one."
)
_NO_PROFESSIONAL = _(
    "A trip needs at least 3 crew, 2 of them professional staff (Circular 05/2022); "
    "this one has %(crew)d, none of them professional staff."
)
_DURATIONS = frozenset({"minutes", "buffer", "gap", "needed"})
"""The facts that are minutes; people read them as hours and minutes."""


def _wording(rule: Rule, params: dict[str, Any]) -> Promise:
    """Return the message of a rule for these facts, before they are filled in."""
    if rule is Rule.OUTSIDE_WINDOWS and params.get("hours") == NO_HOURS:
        return _CLOSED_ALL_DAY
    if rule is Rule.CREW_TOO_SMALL and not params.get("crew"):
        return _NOBODY_GOES
    if rule is Rule.CREW_TOO_SMALL and not params.get("professionals"):
        return _NO_PROFESSIONAL
    return MESSAGES[rule]


def _said(name: str, value: Any) -> Any:
    """Return a fact as people read it."""
    if name in _DURATIONS and isinstance(value, int):
        return hours_and_minutes(value)
    if name == "reason" and isinstance(value, str):
        # It stands at the end of a sentence.
        return value.rstrip(" .")
    if isinstance(value, float):
        return number_format(f"{value:g}")
    return value


def hours_and_minutes(minutes: int) -> str:
    """Return a duration as people say it, in the active language."""
    hours, rest = divmod(minutes, 60)
    if hours and rest:
        return gettext("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}
    if hours:
        return gettext("%(hours)d h") % {"hours": hours}
    return gettext("%(minutes)d min") % {"minutes": rest}


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that a trip or event breaks, with the facts its message is filled with.

    Attributes:
        rule: which one.
        params: plain values for the message.
        field: the input of the services it concerns.
        event: which event, by its place among those the rules were asked about.
        may_wait: whether it is only pointed out for now, as of a draft whose crew is to be made up.
    """

    rule: Rule
    params: dict[str, Any] = field(default_factory=dict)
    field: str | None = None
    event: int | None = None
    may_wait: bool = False

    @property
    def is_soft(self) -> bool:
        """Whether somebody with the right to may override it."""
        return self.rule in SOFT_RULES and not self.may_wait

    @property
    def is_note(self) -> bool:
        """Whether it is only pointed out."""
        return self.rule in NOTES or self.may_wait

    @property
    def is_hard(self) -> bool:
        """Whether nothing helps but changing what it is about."""
        return not (self.is_soft or self.is_note)

    @property
    def name(self) -> str:
        """The rule in two or three words of the active language."""
        return str(NAMES[self.rule])

    @property
    def message(self) -> str:
        """The finding in the active language."""
        text = str(_wording(self.rule, self.params))
        said = {name: _said(name, value) for name, value in self.params.items()}
        return text % said if said else text

    @property
    def mark(self) -> str:
        """What was found, as text: an override holds for the same facts and for no others."""
        return json.dumps([self.rule, self.params], sort_keys=True, ensure_ascii=False)
