"""Months of the year as one value: which of the twelve something holds in.

Stored as a number whose bit ``n - 1`` stands for month ``n``, so that a row needs no second table
and "does it hold in October" is one comparison.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import BaseValidator
from django.db import models
from django.utils.dates import MONTHS
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

Months = frozenset[int]
"""Months as numbers from 1 to 12."""

EVERY_MONTH: Months = frozenset(range(1, 13))


def bits_of(months: Iterable[int]) -> int:
    """Return months as a number from 0 to 4,095.

    Raises:
        ValueError: if one is no month.
    """
    wanted = frozenset(months)
    if not wanted <= EVERY_MONTH:
        raise ValueError(f"Not months: {sorted(wanted - EVERY_MONTH)}")
    return sum(1 << (month - 1) for month in wanted)


def months_of(bits: int) -> Months:
    """Return the months that a number from 0 to 4,095 stands for."""
    return frozenset(month for month in EVERY_MONTH if bits >> (month - 1) & 1)


def spell_months(months: Iterable[int]) -> str:
    """Return months as words within a sentence, e.g. ``September, October`` or ``tháng 9``."""
    names = [str(MONTHS[month]) for month in sorted(months)]
    # Vietnamese has no capital here; the catalogue's names of months stand at a beginning.
    if (get_language() or "").startswith("vi"):
        names = [name.lower() for name in names]
    return ", ".join(names)


class MonthsField(models.PositiveSmallIntegerField):  # type: ignore[type-arg]
    """A set of months; empty by default. In Python a ``frozenset`` of numbers from 1 to 12."""

    description = _("Months of the year")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", frozenset)
        kwargs.setdefault("blank", True)
        super().__init__(*args, **kwargs)

    @property
    def validators(self) -> list[BaseValidator]:  # type: ignore[override]
        """None: the range of a number says nothing about a set."""
        return []

    def from_db_value(self, value: int | None, *_args: object) -> Months | None:
        return None if value is None else months_of(value)

    def to_python(self, value: Any) -> Any:
        if value is None or isinstance(value, frozenset):
            return value
        try:
            if isinstance(value, int | str):
                return months_of(int(value))
            months = frozenset(int(month) for month in value)
            bits_of(months)
        except (TypeError, ValueError) as error:
            raise ValidationError(_("These are not months."), code="invalid") from error
        return months

    def get_prep_value(self, value: Any) -> int | None:
        months = self.to_python(value)
        return None if months is None else bits_of(months)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.get_prep_value(self.value_from_object(obj)))

    def formfield(self, *_args: Any, **_kwargs: Any) -> Any:
        return MonthsFormField(required=not self.blank, label=capfirst(self.verbose_name))


class MonthsFormField(forms.TypedMultipleChoiceField):
    """Twelve boxes to tick."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("widget", forms.CheckboxSelectMultiple(attrs={"class": "inline"}))
        super().__init__(
            choices=[(number, capfirst(name)) for number, name in MONTHS.items()],
            coerce=int,
            **kwargs,
        )

    def clean(self, value: Any) -> Months:
        """Return the months that were ticked."""
        return frozenset(super().clean(value))

    def prepare_value(self, value: Any) -> Any:
        """Return what the boxes are ticked by."""
        return sorted(value) if isinstance(value, frozenset) else value
