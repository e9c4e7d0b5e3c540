"""Small signs of the planner: rhythms, weekdays and ways in words, findings as badges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from django import template
from django.utils.dates import WEEKDAYS, WEEKDAYS_ABBR
from django.utils.formats import date_format, number_format
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, npgettext, pgettext_lazy

from outreach.common.weekdays import EVERY_DAY, WORKING_DAYS
from outreach.planning.models import ScenarioStop
from outreach.planning.proposals.findings import Said
from outreach.web.plan.stop_forms import NTHS
from outreach.web.templatetags.ui import badge

register = template.Library()


@register.simple_tag
def rhythm_of(stop: ScenarioStop) -> str:
    """Return in words how often a stop is visited."""
    if stop.rhythm == ScenarioStop.Rhythm.TIMES:
        text = ngettext("once in the season", "%(count)s times in the season", stop.times)
        return text % {"count": stop.times}
    if stop.rhythm == ScenarioStop.Rhythm.NTH:
        names = {code: str(name) for code, name in NTHS}
        which = ", ".join(names.get(part, part) for part in stop.nths.split(",") if part)
        day = str(WEEKDAYS.get(stop.weekday or 0, ""))
        return _("%(which)s %(weekday)s of the month") % {"which": which, "weekday": day}
    text = npgettext("rhythm", "every week", "every %(count)s weeks", stop.every_weeks)
    said = text % {"count": stop.every_weeks}
    if stop.weekday is not None:
        said += ", " + _("only on %(weekday)s") % {"weekday": WEEKDAYS[stop.weekday]}
    return said


@register.simple_tag
def weekdays_of(weekdays: Iterable[int]) -> str:
    """Return weekdays in words."""
    wanted = frozenset(weekdays)
    if wanted == EVERY_DAY:
        return _("every day")
    if wanted == WORKING_DAYS:
        return _("Monday to Friday")
    return ", ".join(str(WEEKDAYS_ABBR[day]) for day in sorted(wanted))


@register.simple_tag
def last_day(ends_on: date) -> str:
    """Return the last day of a half-open period."""
    return date_format(ends_on - timedelta(days=1), "d/m/Y")


@register.filter
def kilometres(metres: Any) -> str:
    """Return metres as whole kilometres with separators; a dash for nothing."""
    if metres is None or metres == "":
        return "–"
    return number_format(round(float(metres) / 1000), force_grouping=True)


@register.filter
def hours(minutes: Any) -> str:
    """Return minutes as hours and minutes: ``7:30``; a dash for nothing."""
    if minutes is None or minutes == "":
        return "–"
    whole = round(float(minutes))
    return f"{number_format(whole // 60, force_grouping=True)}:{whole % 60:02}"


_CHANGES: dict[str, tuple[Any, str, str]] = {
    "added": (pgettext_lazy("what becomes of a visit", "new"), "success", "plus"),
    "moved": (pgettext_lazy("what becomes of a visit", "another day"), "info", "arrow-right"),
    "other_vehicle": (pgettext_lazy("what becomes of a visit", "another vehicle"), "info", "van"),
    "other_time": (pgettext_lazy("what becomes of a visit", "another time"), "", "clock"),
    "kept": (pgettext_lazy("what becomes of a visit", "as it is"), "", "check"),
    "dropped": (pgettext_lazy("what becomes of a visit", "no longer"), "warning", "x"),
    "cancelled": (pgettext_lazy("what becomes of a visit", "called off"), "danger", "ban"),
    "removed": (pgettext_lazy("what becomes of a visit", "draft removed"), "", "trash-2"),
}


@register.simple_tag
def change_badge(what: Any) -> SafeString:
    """Draw what becomes of a visit."""
    label, tone, icon = _CHANGES[str(what)]
    return badge(str(label), tone=tone, icon=icon)


@register.simple_tag
def finding_badge(said: Said) -> SafeString:
    """Draw something that stands against a day or a visit, as the board of the schedule does."""
    if said.is_note:
        return badge(said.name, icon="info")
    tone, icon = ("danger", "ban") if said.is_hard else ("warning", "triangle-alert")
    return badge(said.name, tone=tone, icon=icon)
