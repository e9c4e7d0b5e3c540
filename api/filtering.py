"""Filters shared by the lists: days, folded search, ordering that never shuffles pages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, ClassVar

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext_lazy as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field

from api.fields import FIRST_YEAR, LAST_YEAR, year_message

PAGING = ("page", "page_size")
UNKNOWN = _("“%(value)s” is not one of: %(known)s.")


class IsoDateField(forms.DateField):
    """A date as YYYY-MM-DD in every language, from 1912 up to 2200."""

    default_error_messages = {"invalid": _("Enter a date as YYYY-MM-DD.")}

    def to_python(self, value: Any) -> date | None:
        """Return the date.

        Raises:
            ValidationError: if it is no date, or too far away.
        """
        if value in self.empty_values:
            return None
        try:
            day = datetime.strptime(str(value).strip(), "%Y-%m-%d").date()  # noqa: DTZ007
        except ValueError as error:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from error
        if not FIRST_YEAR <= day.year < LAST_YEAR:
            raise ValidationError(year_message(), code="year_out_of_range")
        return day


class Narrowing(django_filters.FilterSet):  # type: ignore[misc]
    """What a list may be narrowed by; a filter it does not know is refused, not passed over."""

    also: ClassVar[tuple[str, ...]] = ()
    """Words of the address that the resource reads beside the filters."""

    def is_valid(self) -> bool:
        """Tell whether every filter is known and can be understood."""
        if self.is_bound:
            for name, message in unknown_words(self.data, [*self.filters, *self.also]).items():
                self.form.errors[name] = self.form.error_class([message])
        return bool(super().is_valid())


def unknown_words(asked: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """Return a refusal for each word of an address that means nothing there.

    A list that passes over a misspelt filter answers a question nobody asked.
    """
    named = sorted(known)
    allowed = {*named, *PAGING}
    return {
        name: str(UNKNOWN) % {"value": name, "known": ", ".join([*named, *PAGING])}
        for name in asked
        if name not in allowed
    }


class DayFilter(django_filters.DateFilter):  # type: ignore[misc]
    """Compares with a date."""

    field_class = IsoDateField


@extend_schema_field(OpenApiTypes.STR)
class CodeFilter(django_filters.ModelChoiceFilter):  # type: ignore[misc]
    """Names one object by its code; one that does not exist is refused, not an empty list."""


class NameFilter(django_filters.CharFilter):  # type: ignore[misc]
    """Finds names however they are spelled; the queryset has ``named_like``."""

    def filter(self, qs: Any, value: str) -> Any:
        """Return the rows whose folded name contains the folded value."""
        return qs.named_like(value[:100]) if value else qs


class Ordering(django_filters.OrderingFilter):  # type: ignore[misc]
    """Orders by the offered fields, then by key, so that no row is on two pages."""

    def filter(self, qs: QuerySet[Any], value: list[str] | None) -> QuerySet[Any]:
        """Return the rows in the order asked for, or in their own."""
        if not value:
            return qs
        return qs.order_by(*(self.get_ordering_value(name) for name in value), "pk")
