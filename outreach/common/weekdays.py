"""Days of the week as one value: on which of the seven something holds.

Stored as a number whose bit ``n`` stands for weekday ``n``; Monday is 0.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator
from django.db import models
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

Weekdays = frozenset[int]
"""Weekdays as numbers from 0, Monday, to 6."""

EVERY_DAY: Weekdays = frozenset(range(7))
WORKING_DAYS: Weekdays = frozenset(range(5))


def weekday_bits(weekdays: Iterable[int]) -> int:
    """Return weekdays as a number from 0 to 127.

    Raises:
        ValueError: if one is no weekday.
    """
    wanted = frozenset(weekdays)
    if not wanted <= EVERY_DAY:
        raise ValueError(f"Not weekdays: {sorted(wanted - EVERY_DAY)}")
    return sum(1 << weekday for weekday in wanted)


def weekdays_of(bits: int) -> Weekdays:
    """Return the weekdays that a number from 0 to 127 stands for."""
    return frozenset(weekday for weekday in EVERY_DAY if bits >> weekday & 1)


class WeekdaysField(models.PositiveSmallIntegerField):  # type: ignore[type-arg]
    """A set of weekdays; empty by default. In Python a ``frozenset`` of numbers from 0 to 6."""

    description = _("Days of the week")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", frozenset)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    @property
    def validators(self) -> list[BaseValidator]:  # type: ignore[override]
        """None: the range of a number says nothing about a set."""
        return []

    def from_db_value(self, value: int | None, *_args: object) -> Weekdays | None:
        return None if value is None else weekdays_of(value)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, frozenset):
            return value
        try:
            if isinstance(value, int | str):
                return weekdays_of(int(value))
            weekdays = frozenset(int(weekday) for weekday in value)
            weekday_bits(weekdays)
        except (TypeError, ValueError) as error:
            raise ValidationError(_("These are not weekdays."), code="invalid") from error
        return weekdays

    def get_prep_value(self, value: Any) -> int | None:
        weekdays = self.to_python(value)
        return None if weekdays is None else weekday_bits(weekdays)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.get_prep_value(self.value_from_object(obj)))

    def formfield(self, *_args: Any, **_kwargs: Any) -> Any:
        return WeekdaysFormField(required=not self.blank, label=capfirst(self.verbose_name))


class WeekdaysFormField(forms.TypedMultipleChoiceField):
    """Seven boxes to tick."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple(attrs={"class": "inline"}))
        super().__init__(
            choices=[(number, capfirst(name)) for number, name in WEEKDAYS.items()],
            coerce=int,
            **kwargs,
        )

    def clean(self, value: Any) -> Weekdays:
        """Return the weekdays that were ticked."""
        return frozenset(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Return what the boxes are ticked by."""
        return sorted(value) if isinstance(value, frozenset) else value
