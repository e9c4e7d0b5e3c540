"""What pages of disruptions say of time."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django import template
from django.utils import timezone
from django.utils.formats import date_format

register = template.Library()


@register.simple_tag
def period(starts_at: datetime, ends_at: datetime) -> str:
    """Return a half-open period by the active clocks as people say it: whole days as days.

    A period that ends with a day is said to end on it at 24:00, not on the day after.
    """
    start, end = timezone.localtime(starts_at), timezone.localtime(ends_at)
    ends_with_day = end.time() == time.min and end > start
    last = end.date() - timedelta(days=1) if ends_with_day else end.date()
    first_day, last_day = _day(start), date_format(last, "D d/m/Y")
    is_one_day = last == start.date()
    if start.time() == time.min and ends_with_day:
        return first_day if is_one_day else f"{first_day} – {last_day}"
    ends = "24:00" if ends_with_day else f"{end:%H:%M}"
    if is_one_day:
        return f"{first_day}, {start:%H:%M}–{ends}"
    return f"{first_day}, {start:%H:%M} – {last_day}, {ends}"


def _day(moment: datetime) -> str:
    return date_format(moment, "D d/m/Y")
