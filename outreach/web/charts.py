"""The geometry of the server-drawn bar charts.

Lengths across are percentages and lengths down are pixels, so that a chart fits a phone and a
page of paper without its letters shrinking.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, log10

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from outreach.web.components import Bar
from outreach.web.labels import look_of_kind

ROW_PX = 46
PLOT_PX = 200
TOP_PX = 24
FOOT_PX = 26
WIDEST_COLUMN = 14.0
"""In percent: one month alone is no wall."""


@dataclass(frozen=True)
class DrawnBar:
    """One bar in place: ``x`` and ``width`` in percent, ``y`` and ``height`` in pixels."""

    label: str
    shown: str
    tone: str
    x: str
    y: float
    width: str
    height: float
    middle: str
    label_y: float
    value_y: float
    is_collected: bool


@dataclass(frozen=True)
class Tick:
    """One line of the scale at ``y`` pixels from the top."""

    y: float
    label_y: float
    shown: str


@dataclass(frozen=True)
class Chart:
    """A chart ready to be drawn; ``height`` in pixels."""

    bars: Sequence[DrawnBar]
    ticks: Sequence[Tick]
    height: float
    is_rows: bool


def shown_value(bar: Bar) -> str:
    """Return the figure as people read it; nothing collected is said, never written as 0."""
    if bar.shown or bar.value is None:
        return bar.shown or _("not collected")
    return _grouped(bar.value)


def _grouped(value: float) -> str:
    """Return a number with separators, and decimals only where it has some."""
    return number_format(int(value) if value == int(value) else value, force_grouping=True)


def round_up(value: float) -> float:
    """Return the next 1, 2, 2.5, 5 or 10 times a power of ten at or above a positive value."""
    if value <= 0:
        return 1
    power: float = 10 ** floor(log10(value))
    return next(step * power for step in (1, 2, 2.5, 5, 10) if value <= step * power * 1.0000001)


def row_chart(bars: Sequence[Bar]) -> Chart:
    """Lay the bars out as rows, the label above and the figure at the end. For named things."""
    top = max((bar.value or 0 for bar in bars), default=0) or 1
    drawn = [
        DrawnBar(
            label=bar.label,
            shown=shown_value(bar),
            tone=look_of_kind(bar.kind).tone,
            x="0",
            y=index * ROW_PX + 22,
            width=_percent(100 * (bar.value or 0) / top),
            height=12,
            middle="100%",
            label_y=index * ROW_PX + 14,
            value_y=index * ROW_PX + 14,
            is_collected=bar.value is not None,
        )
        for index, bar in enumerate(bars)
    ]
    return Chart(drawn, (), max(len(bars) * ROW_PX - 8, 0), True)


def column_chart(bars: Sequence[Bar]) -> Chart:
    """Lay the bars out as columns over a scale from 0. For months and other steps in time."""
    scale = round_up(max((bar.value or 0 for bar in bars), default=0))
    step = 100 / max(len(bars), 1)
    drawn = [_column(bar, index, step, scale) for index, bar in enumerate(bars)]
    ticks = [_tick(part, scale) for part in (0, 0.5, 1)]
    return Chart(drawn, ticks, TOP_PX + PLOT_PX + FOOT_PX, False)


def _column(bar: Bar, index: int, step: float, scale: float) -> DrawnBar:
    height = round(PLOT_PX * (bar.value or 0) / scale, 1)
    base = TOP_PX + PLOT_PX
    width, middle = min(step * 0.64, WIDEST_COLUMN), (index + 0.5) * step
    return DrawnBar(
        label=bar.label,
        shown=shown_value(bar),
        tone=look_of_kind(bar.kind).tone,
        x=_percent(middle - width / 2),
        y=base - height,
        width=_percent(width),
        height=height,
        middle=_percent(middle),
        label_y=base + 18,
        value_y=base - height - 6,
        is_collected=bar.value is not None,
    )


def _tick(part: float, scale: float) -> Tick:
    y = TOP_PX + PLOT_PX * (1 - part)
    return Tick(y, y - 5, _grouped(scale * part))


def _percent(value: float) -> str:
    return f"{value:.2f}%"
