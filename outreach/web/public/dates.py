"""Dates that readers type: forgiving in how they are written, and kept when they are wrong."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from outreach.common import clock
from outreach.web.widgets import DateInput

EARLIEST, LATEST = date(1975, 1, 1), date(2100, 1, 1)
FORMATS = ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y")
NOT_A_DATE = _("“%(typed)s” is not a date. Write day/month/year, for example %(example)s.")
OUT_OF_RANGE = _("%(typed)s is too far away. Choose a date between %(earliest)s and %(latest)s.")


def parse_date(typed: str) -> date:
    """Return the date that was typed; one without a year is of this year.

    Raises:
        ValidationError: if there is no such day, or it lies outside 1975 to 2100.
    """
    text = typed.strip()
    day = _read(text if text.count("/") != 1 else f"{text}/{clock.today().year}")
    if day is None:
        params = {"typed": text, "example": f"{clock.today():%d/%m/%Y}"}
        raise ValidationError(NOT_A_DATE, code="invalid", params=params)
    if not EARLIEST <= day < LATEST:
        raise ValidationError(
            OUT_OF_RANGE,
            code="out_of_range",
            params={
                "typed": text,
                "earliest": f"{EARLIEST:%d/%m/%Y}",
                "latest": f"{LATEST:%d/%m/%Y}",
            },
        )
    return day


def _read(text: str) -> date | None:
    for pattern in FORMATS:
        try:
            return datetime.strptime(text, pattern).date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            continue
    return None


class TypedDateInput(DateInput):
    """A native date picker, which becomes a text field to keep what it cannot show."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        shown = context["widget"]["value"]
        if shown:
            try:
                context["widget"]["value"] = parse_date(str(shown)).isoformat()
            except ValidationError:
                context["widget"]["type"] = "text"
        return context


class TypedDateField(forms.DateField):
    """A date as :func:`parse_date` reads it."""

    widget = TypedDateInput

    def to_python(self, value: Any) -> date | None:
        return parse_date(str(value)) if value and str(value).strip() else None
