"""Small signs of series: what happens to a date, how a date stands, how a stop differs."""

from __future__ import annotations

from django import template
from django.utils.functional import Promise
from django.utils.safestring import SafeString
from django.utils.translation import pgettext_lazy

from outreach.scheduling.models import Series
from outreach.scheduling.series.boundaries import Difference
from outreach.scheduling.series.plan import Deed, Line
from outreach.scheduling.series.selectors import DateState
from outreach.scheduling.series.wording import describe
from outreach.web.templatetags.ui import badge

register = template.Library()

Look = tuple[str | Promise, str, str]
"""Label, tone and icon."""

_DEEDS: dict[Deed, Look] = {
    Deed.MAKE: (
        pgettext_lazy("what happens to an event", "will be made as a draft"),
        "success",
        "plus",
    ),
    Deed.MOVE: (pgettext_lazy("what happens to an event", "will be moved"), "info", "arrow-right"),
    Deed.CHANGE: (pgettext_lazy("what happens to an event", "will be changed"), "info", "pencil"),
    Deed.REMOVE: (
        pgettext_lazy("what happens to an event", "draft will be removed"),
        "",
        "trash-2",
    ),
    Deed.CANCEL: (pgettext_lazy("what happens to an event", "will be called off"), "danger", "ban"),
    Deed.KEEP: (pgettext_lazy("what happens to an event", "stays as it is"), "", "check"),
    Deed.SKIP: (pgettext_lazy("what happens to an event", "will be left out"), "warning", "x"),
    Deed.BLOCKED: (
        pgettext_lazy("what happens to an event", "to be decided"),
        "danger",
        "circle-alert",
    ),
}
_STATES: dict[DateState, Look] = {
    DateState.CHANGED: (pgettext_lazy("date of a series", "exception"), "warning", "history"),
    DateState.LEFT_OUT: (pgettext_lazy("date of a series", "left out"), "", "x"),
    DateState.NOT_MADE: (pgettext_lazy("date of a series", "not made yet"), "", "clock"),
}
_DIFFERENCES: dict[Difference, Look] = {
    Difference.ADDED: (pgettext_lazy("stop of a season", "added"), "success", "plus"),
    Difference.DROPPED: (pgettext_lazy("stop of a season", "dropped"), "danger", "x"),
    Difference.CHANGED: (pgettext_lazy("stop of a season", "changed"), "warning", "pencil"),
    Difference.SAME: (pgettext_lazy("stop of a season", "as before"), "", "check"),
}


@register.simple_tag
def deed_badge(line: Line) -> SafeString:
    """Draw what happens to a date."""
    label, tone, icon = _DEEDS[line.deed]
    return badge(str(label), tone=tone, icon=icon)


@register.simple_tag
def date_badge(state: DateState) -> SafeString:
    """Draw how a date of a series stands; nothing where it is as the series says."""
    if state not in _STATES:
        return SafeString("")
    label, tone, icon = _STATES[state]
    return badge(str(label), tone=tone, icon=icon)


@register.simple_tag
def difference_badge(difference: Difference) -> SafeString:
    """Draw what the later of two seasons does with a stop."""
    label, tone, icon = _DIFFERENCES[difference]
    return badge(str(label), tone=tone, icon=icon)


@register.simple_tag
def rule_in_words(series: Series) -> str:
    """Return in words how a series comes again."""
    return describe(series.rule, series.starts_on)
