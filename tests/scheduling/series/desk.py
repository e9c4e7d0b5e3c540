"""What coordinators of the cast plan again and again, from a Monday in March 2027 on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any

from outreach.common import clock
from outreach.scheduling.models import Event, RuleSettings, Series
from outreach.scheduling.series.changing import Change, Scope, change_series
from outreach.scheduling.series.inputs import SeriesInput
from outreach.scheduling.series.making import Wishes, make_series
from outreach.scheduling.series.plan import Choice
from outreach.scheduling.services import publish_trip
from tests.cast import Cast

MONDAY = date(2027, 3, 1)
NOW = clock.at(date(2027, 2, 25), time(9))


def day(count: int) -> date:
    """Return the day that lies ``count`` days after the Monday."""
    return MONDAY + timedelta(days=count)


def wanted(cast: Cast, **changes: Any) -> SeriesInput:
    """Return a series to be: every Tuesday from 8 to 10 at the first venue."""
    given: dict[str, Any] = {
        "venue": cast.venue,
        "vehicle": cast.vehicle,
        "rule": "FREQ=WEEKLY;BYDAY=TU",
        "arrives": time(8),
        "departs": time(10),
        "starts_on": day(0),
        "ends_on": None,
    }
    return SeriesInput(**given | changes)


def make(cast: Cast, weeks: int = 4, now: datetime = NOW, **changes: Any) -> Series:
    """Store a series with the events of some weeks."""
    choices = changes.pop("choices", {})
    off = changes.pop("on_days_off", Choice.OUT)
    series_wanted = wanted(cast, **changes)
    until = series_wanted.starts_on + timedelta(weeks=weeks)
    wishes = Wishes(until, off, choices)
    return make_series(
        actor=cast.owner, library=cast.library, wanted=series_wanted, wishes=wishes, now=now
    )


def change(cast: Cast, series: Series, scope: Scope = Scope.ALL, **changes: Any) -> Series:
    """Change a series; what is not named stays."""
    given = {name: changes.pop(name) for name in ("on", "held_on", "choices") if name in changes}
    names = ("reason", "override_reason", "why", "note", "now", "expected_version", "seen")
    said = {name: changes.pop(name) for name in names if name in changes}
    series.refresh_from_db()
    whole = replace(SeriesInput.of(series), **changes)
    return change_series(
        actor=cast.owner,
        series=series,
        change=Change(whole, scope, **given),
        **{"now": NOW, "reason": "Đổi lịch", **said},
    )


def publish(cast: Cast, events: Iterable[Event]) -> None:
    """Publish the trips of events without anybody on duty."""
    for event in events:
        assert event.trip is not None
        publish_trip(actor=cast.owner, trip=event.trip, override_reason="Chưa xếp người", now=NOW)


def days_of(series: Series) -> list[date]:
    """Return the days on which the standing events of a series are held, in order."""
    events = Event.objects.filter(series=series).standing().order_by("starts_at")
    return [clock.local(event.starts_at).date() for event in events]


def hours_of(series: Series) -> list[tuple[str, str]]:
    """Return the days and hours at which the standing events of a series begin."""
    events = Event.objects.filter(series=series).standing().order_by("starts_at")
    shown = [clock.local(event.starts_at) for event in events]
    return [(f"{one:%d.%m.}", f"{one:%H:%M}") for one in shown]


def keep_holidays(cast: Cast, country: str = "VN") -> None:
    """Let the library keep the public holidays of a country; empty for none."""
    RuleSettings.objects.update_or_create(library=cast.library, defaults={"holidays": country})
