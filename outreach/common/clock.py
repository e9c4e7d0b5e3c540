"""What time it is, and where. Stored instants are UTC; people see their library's own zone."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from django.utils import timezone


def now() -> datetime:
    """Return the present instant, aware, in UTC."""
    return timezone.now()


def today(zone: ZoneInfo | None = None) -> date:
    """Return today's date in ``zone``, or in the active one."""
    return timezone.localdate(timezone=zone)


def local(moment: datetime, zone: ZoneInfo | None = None) -> datetime:
    """Return the instant as clock time in ``zone``, or in the active one."""
    return timezone.localtime(moment, timezone=zone)


def start_of(day: date, zone: ZoneInfo | None = None) -> datetime:
    """Return the instant at which ``day`` starts in ``zone``, or in the active one."""
    return at(day, time.min, zone)


def end_of(day: date, zone: ZoneInfo | None = None) -> datetime:
    """Return the instant at which ``day`` is over: the start of the next day."""
    return start_of(day + timedelta(days=1), zone)


def at(day: date, clock_time: time, zone: ZoneInfo | None = None) -> datetime:
    """Return the aware instant of a clock time on a day in ``zone``, or in the active one."""
    return datetime.combine(day, clock_time, tzinfo=zone or timezone.get_current_timezone())
