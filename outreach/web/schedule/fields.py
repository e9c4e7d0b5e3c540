"""Fields of the schedule's forms: days and clock times as people type them, and things to pick."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from outreach.web.widgets import DateInput, TimeInput

FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
"""Beyond these a year is a slip of the hand, and instants leave what databases can store."""

_LIKE_A_DAY = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}")
_ISO_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_ISO_TIME = re.compile(r"(([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?)?")


class DayInput(DateInput):
    """A native date input; a text input where it must show what the native one would drop."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if isinstance(value, str) and value and not _is_iso_day(value):
            context["widget"]["type"] = "text"
        return context


def _is_iso_day(typed: str) -> bool:
    """Tell whether a native date input would show ``typed``: 2026-02-31 it would not."""
    try:
        return bool(_ISO_DAY.fullmatch(typed) and date.fromisoformat(typed))
    except ValueError:
        return False


class ClockInput(TimeInput):
    """A native time input; a text input where it must show what the native one would drop."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        if isinstance(value, str) and not _ISO_TIME.fullmatch(value):
            context["widget"]["type"] = "text"
        return context


class DayField(forms.DateField):
    """A day between 2000 and 2100, native or typed as 25/11/2025."""

    widget = DayInput
    default_error_messages = {
        "invalid": _("This is not a date. Write it like 25/11/2025."),
        "no_such_day": _("There is no %(day)s in the calendar."),
    }

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        far = _("The year must lie between 2000 and 2100.")
        self.validators += [MinValueValidator(FIRST_DAY, far), MaxValueValidator(LAST_DAY, far)]

    def to_python(self, value: Any) -> date | None:
        """Return the day.

        Raises:
            ValidationError: saying whether it is no date at all, or one no calendar has.
        """
        try:
            return super().to_python(value)
        except ValidationError:
            typed = str(value).strip()
            if not _LIKE_A_DAY.fullmatch(typed):
                raise
            raise ValidationError(
                self.error_messages["no_such_day"], code="no_such_day", params={"day": typed}
            ) from None


class ClockField(forms.TimeField):
    """A clock time, native or typed as 7:30 or 7h30."""

    widget = ClockInput
    default_error_messages = {"invalid": _("This is not a time of day. Write it like 07:30.")}

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str):
            value = re.sub(
                r"^(\d{1,2})\s*(?:h|g|giờ)\s*(\d{2})?$", _with_colon, value.strip().lower()
            )
        return super().to_python(value)


def _with_colon(found: re.Match[str]) -> str:
    return f"{found[1]}:{found[2] or '00'}"


class Pick(forms.ChoiceField):
    """One of some things that were loaded already; cleans to the thing, or to ``None``."""

    default_error_messages = {"invalid_choice": _("Please choose from the list.")}

    def __init__(self, *, empty: Any = "", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.empty = empty
        self.things: Mapping[str, Any] = {}

    def offer(
        self, things: Mapping[str, Any], grouped: Iterable[tuple[str, list[Any]]] | None = None
    ) -> None:
        """Offer ``things`` by their key, in groups if given."""
        self.things = things
        named = [(key, str(thing)) for key, thing in things.items()]
        self.choices = [("", self.empty), *(grouped if grouped is not None else named)]

    def clean(self, value: Any) -> Any:
        return self.things.get(super().clean(value))


class PickSeveral(forms.MultipleChoiceField):
    """Several of some things that were loaded already; cleans to the things."""

    widget = forms.CheckboxSelectMultiple
    default_error_messages = {"invalid_choice": _("Please choose from the list.")}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.things: Mapping[str, Any] = {}

    def offer(self, things: Mapping[str, Any]) -> None:
        """Offer ``things`` by their key."""
        self.things = things
        self.choices = [(key, str(thing)) for key, thing in things.items()]

    def clean(self, value: Any) -> Any:
        return [self.things[key] for key in super().clean(value)]
