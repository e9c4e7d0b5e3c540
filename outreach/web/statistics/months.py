"""Months that people type: forgiving in how they are written, and kept when they are wrong."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

EARLIEST_YEAR, LATEST_YEAR = 1975, 2099
_YEAR_FIRST = re.compile(r"(?P<year>\d{4})[-/.](?P<month>\d{1,2})(?:-01)?", re.ASCII)
_MONTH_FIRST = re.compile(r"(?P<month>\d{1,2})[-/.](?P<year>\d{4})", re.ASCII)


def parse_month(typed: str) -> date:
    """Return the first day of the month that was typed, as ``2025-03`` or ``3/2025``.

    Raises:
        ValidationError: if there is no such month, or it lies outside 1975 to 2099.
    """
    text = typed.strip()
    found = _YEAR_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
    year, month = (int(found["year"]), int(found["month"])) if found else (0, 0)
    if not 1 <= month <= 12:
        raise ValidationError(
            _("“%(typed)s” is not a month. Write month/year, for example 03/2025."),
            code="not_a_month",
            params={"typed": text},
        )
    if not EARLIEST_YEAR <= year <= LATEST_YEAR:
        raise ValidationError(
            _("%(typed)s is too far away. Choose a month between %(earliest)d and %(latest)d."),
            code="out_of_range",
            params={"typed": text, "earliest": EARLIEST_YEAR, "latest": LATEST_YEAR},
        )
    return date(year, month, 1)


class MonthInput(forms.TextInput):
    """A native month picker, which becomes a text field to keep what it cannot show."""

    input_type = "month"

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        shown = context["widget"]["value"]
        if shown:
            try:
                context["widget"]["value"] = f"{parse_month(str(shown)):%Y-%m}"
            except ValidationError:
                context["widget"]["type"] = "text"
        return context


class MonthField(forms.Field):
    """A month as :func:`parse_month` reads it."""

    widget = MonthInput

    def to_python(self, value: Any) -> date | None:
        return parse_month(str(value)) if value and str(value).strip() else None
