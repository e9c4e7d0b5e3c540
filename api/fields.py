"""Fields that know the product's ranges and whose objects a caller may name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common.reference import Reference

FIRST_YEAR, LAST_YEAR = 1912, 2200
"""Until May 1911 Vietnam's clocks stood at an offset with seconds, which RFC 3339 cannot write."""
EARLIEST = datetime(FIRST_YEAR, 1, 1, tzinfo=UTC)
LATEST = datetime(LAST_YEAR, 1, 1, tzinfo=UTC)
OUT_OF_RANGE = _("The year must lie between %(first)d and %(last)d.")
LONGEST_KEY = 100
LARGEST_FIGURE = 2_147_483_647
"""What a column of figures holds on both engines."""


def year_message() -> str:
    """Return the refusal of a date that lies too far away."""
    return str(OUT_OF_RANGE) % {"first": FIRST_YEAR, "last": LAST_YEAR - 1}


class Instant(serializers.DateTimeField):
    """An instant from 1912 up to 2200; without an offset, clock time in Vietnam."""

    def to_internal_value(self, value: Any) -> datetime:
        """Return an aware instant within the range.

        Raises:
            serializers.ValidationError: if it is no instant, or too far away.
        """
        moment: datetime = super().to_internal_value(value)
        if not EARLIEST <= moment < LATEST:
            raise serializers.ValidationError(year_message(), code="year_out_of_range")
        return moment


class Day(serializers.DateField):
    """A date from 1912 up to 2200."""

    def to_internal_value(self, value: Any) -> date:
        """Return a date within the range.

        Raises:
            serializers.ValidationError: if it is no date, or too far away.
        """
        day: date = super().to_internal_value(value)
        if not FIRST_YEAR <= day.year < LAST_YEAR:
            raise serializers.ValidationError(year_message(), code="year_out_of_range")
        return day


class ClockTime(serializers.TimeField):
    """A time of day."""

    default_error_messages = {"invalid": _("Write a time of day like 08:30.")}


class Degrees(serializers.FloatField):
    """A latitude or longitude: a finite number of degrees within ``limit``."""

    def __init__(self, *, limit: float, **kwargs: Any) -> None:
        super().__init__(min_value=-limit, max_value=limit, **kwargs)


class Code(serializers.SlugRelatedField[Any]):
    """An entry of a coded list, named by its code; a refusal names the codes there are."""

    default_error_messages = {"unknown": _("“%(value)s” is not one of: %(known)s.")}

    def __init__(self, model: type[Reference], **kwargs: Any) -> None:
        super().__init__(
            slug_field="code", queryset=model._default_manager.filter(in_use=True), **kwargs
        )

    def to_internal_value(self, data: Any) -> Any:
        """Return the entry.

        Raises:
            serializers.ValidationError: if no entry in use has this code.
        """
        rows: Any = self.get_queryset()
        found = rows.filter(code=data).first() if _is_key(data) else None
        if found is None:
            known = ", ".join(rows.values_list("code", flat=True))
            message = str(self.error_messages["unknown"]) % {"value": data, "known": known}
            raise serializers.ValidationError(message, code="unknown")
        return found


class Named(serializers.SlugRelatedField[Any]):
    """An object the caller may see, named by its address name; any other does not exist."""

    default_error_messages = {"unknown": _("There is no “%(value)s”, or it is not yours to see.")}

    def to_internal_value(self, data: Any) -> Any:
        """Return the object.

        Raises:
            serializers.ValidationError: if there is none that the caller may see.
        """
        found = None
        if _is_key(data):
            found = self._visible().filter(**{str(self.slug_field): data}).first()
        if found is None:
            message = str(self.error_messages["unknown"]) % {"value": data}
            raise serializers.ValidationError(message, code="unknown")
        return found

    def _visible(self) -> QuerySet[Any]:
        rows: Any = self.get_queryset()
        return rows.visible_to(self.context["request"].user)  # type: ignore[no-any-return]


class OwnLibrary(Named):
    """A library at which the caller may do ``action``; may be left out by who has only one."""

    def __init__(self, action: Action, **kwargs: Any) -> None:
        self.action = action
        super().__init__(slug_field="slug", queryset=Library.objects.running_services(), **kwargs)

    def _visible(self) -> QuerySet[Any]:
        return allowed_libraries(self.context["request"].user, self.action)


class NumberedMember(serializers.PrimaryKeyRelatedField[Any]):
    """An object the caller may see, named by its number."""

    default_error_messages = {"unknown": _("There is no “%(value)s”, or it is not yours to see.")}

    def to_internal_value(self, data: Any) -> Model:
        """Return the object.

        Raises:
            serializers.ValidationError: if there is none that the caller may see.
        """
        rows: Any = self.get_queryset()
        found = None
        if isinstance(data, int) and not isinstance(data, bool) and 0 < data <= LARGEST_FIGURE:
            found = rows.visible_to(self.context["request"].user).filter(pk=data).first()
        if found is None:
            message = str(self.error_messages["unknown"]) % {"value": data}
            raise serializers.ValidationError(message, code="unknown")
        return found  # type: ignore[no-any-return]


def allowed_libraries(user: User, action: Action) -> QuerySet[Library]:
    """Return the libraries that run services at which ``user`` may do ``action``."""
    return Library.objects.visible_to(user, action).filter(is_union=False)


def only_library(user: User, action: Action) -> Library:
    """Return the one library at which ``user`` may do ``action``.

    Raises:
        serializers.ValidationError: on ``library``, if there are several, or none.
    """
    libraries = list(allowed_libraries(user, action)[:2])
    if len(libraries) != 1:
        raise serializers.ValidationError(
            {"library": [_("Say for which library this is.")]}, code="required"
        )
    return libraries[0]


def long_text(**kwargs: Any) -> serializers.CharField:
    """Return an optional text of up to 5,000 characters."""
    return serializers.CharField(required=False, allow_blank=True, max_length=5000, **kwargs)


def _is_key(data: Any) -> bool:
    """Tell whether ``data`` can be looked up on either engine: a short text without NUL."""
    return (
        isinstance(data, str)
        and 0 < len(data) <= LONGEST_KEY
        and "\0" not in data
        and not any(0xD800 <= ord(letter) <= 0xDFFF for letter in data)
    )
