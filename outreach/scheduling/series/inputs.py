"""What the services of series are given."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time

from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library
from outreach.common.errors import InvalidInput
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models import ActivityKind, Audience, Series
from outreach.scheduling.series.recurrence import BadRule, read_rule, weekdays_of
from outreach.scheduling.services import records

MAIN_KIND = "mobile_service"
"""The kind of activity where a series names none (reference data)."""


@dataclass(frozen=True, slots=True)
class SeriesInput:
    """A series as it is to be.

    Attributes:
        rule: a recurrence rule (RFC 5545), or words such as "every 2 weeks".
        starts_on: the rule's first day.
        ends_on: the first day on which it no longer holds; ``None`` until further notice.
        arrives: when the event begins; on the same day before ``departs``.
        kind: ``None`` for mobile service.
        title: empty for one made of the kind and the venue.
    """

    venue: Venue
    vehicle: Vehicle | None
    rule: str
    arrives: time
    departs: time
    starts_on: date
    ends_on: date | None = None
    kind: ActivityKind | None = None
    audience: Audience | None = None
    title: str = ""
    route: str = ""

    @classmethod
    def of(cls, series: Series) -> SeriesInput:
        """Return a stored series as an input that changes nothing."""
        names = (
            "venue",
            "vehicle",
            "rule",
            "arrives",
            "departs",
            "starts_on",
            "ends_on",
            "kind",
            "audience",
            "title",
            "route",
        )
        return cls(**{name: getattr(series, name) for name in names})

    def check(self, library: Library) -> str:
        """Return the rule as it is stored.

        Raises:
            InvalidInput: if something contradicts itself or belongs to another library.
        """
        records.check_ownership(library, self.venue, self.vehicle)
        if self.departs <= self.arrives:
            raise InvalidInput(
                _("The end must be after the start."), code="period_reversed", field="departs"
            )
        if self.ends_on is not None and self.ends_on <= self.starts_on:
            raise InvalidInput(
                _("The last day is before the first one."), code="ends_too_early", field="ends_on"
            )
        try:
            return read_rule(self.rule, self.starts_on)
        except BadRule as error:
            raise InvalidInput(
                _("This rule cannot be understood: %(rule)s."),
                code="bad_rule",
                field="rule",
                params={"rule": self.rule[:200]},
            ) from error

    def fill(self, series: Series, rule: str) -> None:
        """Let a series say what this input says."""
        for name in ("venue", "vehicle", "arrives", "departs", "starts_on", "ends_on"):
            setattr(series, name, getattr(self, name))
        series.kind, series.audience = self.kind, self.audience
        series.title, series.route = self.title, self.route
        series.rule = rule
        named = weekdays_of(rule)
        series.weekday = min(named) if len(named) == 1 else None
        if not named:
            series.weekday = self.starts_on.weekday()


def title_of(series: Series, kind: ActivityKind) -> str:
    """Return what the events of a series are called."""
    return series.title or f"{kind.name_vi} – {series.venue.name}"[:160]
