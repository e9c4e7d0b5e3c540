"""The page components as template tags. Each is shown in docs/design.md and on /styleguide/.

Block tags take what lies between them as their content, already escaped by its own template.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BaseForm, BaseFormSet
from django.template.context import Context
from django.template.loader import render_to_string
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from outreach.web.charts import column_chart, row_chart
from outreach.web.components import Bar, NavItem, TimetableDay, WeekCell, WeekRow
from outreach.web.icons import shapes_of
from outreach.web.labels import icon_of_tone, look_of_kind, look_of_status

register = template.Library()

VEHICLES_PER_GRID = 12


def _draw(name: str, **values: Any) -> SafeString:
    return render_to_string(f"components/{name}.html", values)


def _trimmed(content: str) -> SafeString:
    """Return a block's content without the space around it; a template has escaped it already."""
    return SafeString(content.strip())


# --- Small signs -------------------------------------------------------------------------------


@register.simple_tag
def icon(name: str, label: str = "", size: str = "") -> SafeString:
    """Draw an icon inline. Without ``label`` it is decoration; ``size`` is "", "lg" or "xl"."""
    return _draw("icon", shapes=shapes_of(name), label=label, size=size)


@register.simple_tag
def badge(label: str, tone: str = "", icon: str = "") -> SafeString:
    """Draw a round badge; ``tone`` is info, success, warning, danger or empty for neutral."""
    return _draw("badge", label=label, tone=tone, icon=icon)


@register.simple_tag
def status_badge(status: Any, label: str = "") -> SafeString:
    """Draw the badge of a status code; ``label`` replaces its plain name."""
    look = look_of_status(status)
    return _draw("badge", label=label or look.label, tone=look.tone, icon=look.icon)


@register.simple_tag
def kind_badge(kind: Any, label: str = "", tile: bool = False) -> SafeString:
    """Draw an activity kind, given its code or object; ``tile`` draws only the icon, named."""
    look = look_of_kind(kind)
    named = getattr(kind, "code", kind) is not kind
    return _draw(
        "kind",
        look=look,
        label=label or (str(kind) if named else look.label or str(kind)),
        tile=tile,
    )


@register.filter
def kind_class(kind: Any) -> str:
    """Return the class that gives an element the colours of an activity kind."""
    return f"is-{look_of_kind(kind).tone}"


@register.filter
def kind_icon(kind: Any) -> str:
    """Return the icon name of an activity kind."""
    return look_of_kind(kind).icon


@register.filter
def tone_icon(tone: str) -> str:
    """Return the icon name of a message level or callout tone."""
    return icon_of_tone(tone)


@register.filter
def status_name(status: Any) -> str:
    """Return the plain name of a status code."""
    return str(look_of_status(status).label)


# --- Blocks of a page --------------------------------------------------------------------------


@register.simple_block_tag
def page_header(content: str, title: str, lede: str = "", eyebrow: str = "") -> SafeString:
    """Draw the head of a page with its ``h1``; the content is the row of actions."""
    return _draw("page_header", content=_trimmed(content), title=title, lede=lede, eyebrow=eyebrow)


@register.simple_block_tag
def card(
    content: str, title: str = "", href: str = "", tone: str = "", level: int = 2
) -> SafeString:
    """Draw a card; with ``href`` the whole card leads there. ``tone`` is raised or flush."""
    return _draw("card", content=content, title=title, href=href, tone=tone, heading=f"h{level}")


@register.simple_block_tag
def callout(content: str, tone: str = "info", title: str = "") -> SafeString:
    """Draw a notice within the page; ``tone`` is info, success, warning or danger."""
    return _draw("callout", content=content, tone=tone, title=title)


@register.simple_block_tag
def empty_state(content: str, title: str, text: str = "", icon: str = "inbox") -> SafeString:
    """Say that there is nothing to show and what to do next; the content is the actions."""
    return _draw("empty_state", content=_trimmed(content), title=title, text=text, icon=icon)


@register.simple_block_tag
def table(
    content: str,
    caption: str,
    note: str = "",
    stack: bool = False,
    compact: bool = False,
    hide_caption: bool = False,
) -> SafeString:
    """Wrap ``thead``, ``tbody`` and ``tfoot``; on phones it scrolls, or with ``stack`` folds."""
    return _draw(
        "table",
        content=content,
        caption=caption,
        note=note,
        stack=stack,
        compact=compact,
        hide_caption=hide_caption,
    )


@register.simple_block_tag
def details(content: str, summary: str, is_open: bool = False) -> SafeString:
    """Draw a part that unfolds, without JavaScript."""
    return _draw("details", content=content, summary=summary, is_open=is_open)


@register.simple_block_tag
def form_actions(content: str, sticky: bool = False) -> SafeString:
    """Draw the row of buttons at the foot of a form; ``sticky`` keeps it in sight."""
    return _draw("form_actions", content=content, sticky=sticky)


@register.simple_block_tag
def fieldset(content: str, legend: str, hint: str = "") -> SafeString:
    """Group fields under a legend."""
    return _draw("fieldset", content=content, legend=legend, hint=hint)


@register.simple_block_tag
def tabs(content: str, label: str) -> SafeString:
    """Wrap ``tab`` tags into a navigation named ``label``."""
    return _draw("tabs", content=content, label=label)


@register.simple_tag
def tab(url: str, label: str, current: bool = False, icon: str = "") -> SafeString:
    """Draw one link of ``tabs``."""
    return _draw("tab", url=url, label=label, current=current, icon=icon)


@register.simple_tag
def stat(label: str, value: Any, note: str = "") -> SafeString:
    """Draw one big figure; stands inside ``<dl class="stats">``. None is "not collected"."""
    return _draw("stat", label=label, value=value, note=note)


@register.simple_tag
def progress(label: str, value: float, maximum: float = 100, shown: str = "") -> SafeString:
    """Draw a progress bar; ``shown`` replaces "value / maximum"."""
    return _draw("progress", label=label, value=value, maximum=maximum, shown=shown)


@register.simple_tag
def toast(text: str, tone: str = "info") -> SafeString:
    """Draw one message as the base page draws those of ``django.contrib.messages``."""
    return _draw("toast", text=text, tone=tone)


@register.simple_tag
def breadcrumb(*parts: str) -> SafeString:
    """Draw the way down to a page: label, url, label, url, ... and last the page's own label."""
    steps = list(itertools.zip_longest(parts[0::2], parts[1::2]))
    return _draw("breadcrumb", steps=steps)


@register.simple_tag(takes_context=True)
def pagination(context: Context, page: Page[Any], name: str = "page") -> SafeString:
    """Draw the pages of a list; the rest of the address stays as it is."""
    if not page.has_other_pages():
        return SafeString("")
    numbers = page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1)
    values = {"page": page, "numbers": list(numbers), "gap": page.paginator.ELLIPSIS, "name": name}
    return render_to_string("components/pagination.html", values, context["request"])


@register.simple_tag(takes_context=True)
def page_url(context: Context, name: str, number: int) -> str:
    """Return this address's query with another page number."""
    query = context["request"].GET.copy()
    query[name] = str(number)
    return f"?{query.urlencode()}"


@register.simple_tag
def filter_bar(form: BaseForm, submit: str = "", reset_url: str = "") -> SafeString:
    """Draw a GET form in one row; ``reset_url`` adds a link to clear what is asked."""
    return _draw("filter_bar", form=form, submit=submit, reset_url=reset_url)


@register.simple_tag
def error_summary(*forms: BaseForm | BaseFormSet[Any]) -> SafeString:
    """List what is wrong in forms and formsets, each line leading to its field; else nothing."""
    sets = [one for one in forms if isinstance(one, BaseFormSet)]
    singles = [form for one in forms for form in (one if isinstance(one, BaseFormSet) else [one])]
    unlisted = [error for one in sets for error in one.non_form_errors()]
    unlisted += [error for form in singles for error in form.non_field_errors()]
    fields = [field for form in singles for field in form if field.errors]
    if not unlisted and not fields:
        return SafeString("")
    return _draw("error_summary", unlisted=unlisted, fields=fields)


# --- Time and figures --------------------------------------------------------------------------


@register.simple_tag
def day_list(days: Iterable[TimetableDay], level: int = 2) -> SafeString:
    """Draw events by day. ``level`` is the heading level of a day."""
    return _draw("day_list", days=days, today=timezone.localdate(), level=level)


@register.simple_tag
def week_grid(rows: Sequence[WeekRow], can_add: bool = True) -> SafeString:
    """Draw vehicles against days; on phones a list of days, each with the vehicles in use."""
    starts = range(0, len(rows), VEHICLES_PER_GRID)
    grids = [_week(rows[start : start + VEHICLES_PER_GRID]) for start in starts]
    return _draw("week_grid", grids=grids, today=timezone.localdate(), can_add=can_add)


def _week(rows: Sequence[WeekRow]) -> dict[str, Any]:
    days = zip(*([(row, cell) for cell in row.cells] for row in rows), strict=True)
    return {"rows": rows, "days": [(cells[0][1].on, cells, _is_free(cells)) for cells in days]}


def _is_free(cells: Sequence[tuple[WeekRow, WeekCell]]) -> bool:
    return not any(cell.chips or cell.away for _row, cell in cells)


@register.simple_tag
def svg_bar_chart(
    bars: Sequence[Bar], title: str, desc: str = "", layout: str = "columns"
) -> SafeString:
    """Draw bars, as "columns" for steps in time or "rows" for named things.

    The page shows the same figures in a table: the chart is never the only way to read them.
    """
    chart = row_chart(bars) if layout == "rows" else column_chart(bars)
    return _draw("bar_chart", chart=chart, title=title, desc=desc)


# --- The frame ---------------------------------------------------------------------------------


@register.simple_tag(takes_context=True)
def public_navigation(context: Context) -> list[NavItem]:
    """Return the destinations that everyone sees."""
    places = [
        ("home", "/", pgettext("navigation", "Next visits"), "house"),
        ("timetable", "/timetable/", _("Timetable"), "calendar-days"),
        ("map", "/map/", _("Map"), "map"),
    ]
    request = context.get("request")
    here = request.path if request else ""
    found = [(_url(name, path), label, sign) for name, path, label, sign in places]
    return [NavItem(url, label, sign, is_current=_is_at(here, url)) for url, label, sign in found]


def _is_at(here: str, url: str) -> bool:
    return here == url or (url.count("/") > 1 and here.startswith(url))


def _url(name: str, otherwise: str) -> str:
    """Return the address of a page; the agreed one while no page is routed under that name."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return otherwise
