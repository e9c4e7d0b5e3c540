"""What every resource shares: who asks, in which language, which rows, and safe headers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar, cast

from django.conf import settings
from django.db.models import Model, QuerySet
from django.utils import translation
from django.utils.cache import patch_cache_control, patch_vary_headers
from rest_framework import serializers
from rest_framework.permissions import SAFE_METHODS
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from api.filtering import UNKNOWN
from api.parsing import refuse_unmeasured
from outreach.accounts.models import User

M = TypeVar("M", bound=Model)
Field = serializers.Field[Any, Any, Any, Any]
SLUG = "[-a-zA-Z0-9_]{1,100}"
UID = "[-0-9a-zA-Z]{1,36}"


class Resource(GenericViewSet[M]):
    """A resource whose rows are those visible to the caller; anything else is a 404."""

    http_method_names = ["get", "post", "patch", "delete", "head", "options"]

    @property
    def actor(self) -> User:
        """The signed-in caller; only where the permissions have let nobody else in."""
        return cast(User, self.request.user)

    @property
    def person(self) -> User | None:
        """The caller if signed in."""
        return self.request.user if isinstance(self.request.user, User) else None

    @property
    def is_being_described(self) -> bool:
        """Whether this is the OpenAPI generator, which has no caller."""
        return bool(getattr(self, "swagger_fake_view", False))

    def get_queryset(self) -> QuerySet[M]:
        """Return the rows the caller may see."""
        rows = super().get_queryset()
        return rows.none() if self.is_being_described else self.visible(rows)

    def visible(self, rows: QuerySet[M]) -> QuerySet[M]:
        """Narrow ``rows`` to those the caller may see."""
        return rows.visible_to(self.actor)  # type: ignore[attr-defined, no-any-return]

    def filter_queryset(self, queryset: QuerySet[M, Any]) -> QuerySet[M, Any]:
        """Apply the filters to lists only: one record is asked for by its name alone."""
        return super().filter_queryset(queryset) if self.action == "list" else queryset

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Find out who asks, and answer in their language."""
        refuse_unmeasured(request)
        super().initial(request, *args, **kwargs)
        speak_to(request)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        """Keep what one caller got out of any cache that another might read."""
        response = super().finalize_response(request, response, *args, **kwargs)
        patch_vary_headers(response, ["Authorization", "Cookie", "Accept-Language"])
        if request.method in SAFE_METHODS and "Cache-Control" not in response:
            patch_cache_control(response, private=True, no_cache=True)
        return response

    def read(
        self, serializer: type[serializers.Serializer[Any]], *, partial: bool = False
    ) -> dict[str, Any]:
        """Return what was sent, checked by ``serializer``; ``partial`` lets fields be left out.

        Raises:
            serializers.ValidationError: with the messages by field; also for a field that means
                nothing here, unless the resource shows one of that name.
        """
        form = serializer(
            data=self.request.data, partial=partial, context=self.get_serializer_context()
        )
        form.is_valid(raise_exception=True)
        if unknown := dict(unknown_fields(form, form.initial_data, self.get_serializer())):
            raise serializers.ValidationError(unknown)
        return cast(dict[str, Any], form.validated_data)

    def show(self, record: Any, status: int = 200) -> Response:
        """Return one record as the resource shows it."""
        return Response(self.get_serializer(record).data, status=status)


def unknown_fields(form: Field, sent: Any, shown: Field | None) -> Iterator[tuple[str, list[str]]]:
    """Yield a refusal for each name that was sent and means nothing, also deep inside.

    What a resource shows may be sent back to it, so its names are known too.
    """
    takes, shown = _one_of(form), _one_of(shown)
    if not isinstance(takes, serializers.Serializer):
        return
    shows = shown.fields if isinstance(shown, serializers.Serializer) else {}
    for place, item in enumerate(sent) if isinstance(sent, list) else [("", sent)]:
        if not isinstance(item, Mapping):
            continue
        before = f"{place}." if isinstance(sent, list) else ""
        for name, value in item.items():
            if name in takes.fields:
                for deeper, refusal in unknown_fields(takes.fields[name], value, shows.get(name)):
                    yield f"{before}{name}.{deeper}", refusal
            elif name not in shows:
                known = ", ".join(takes.fields)
                yield f"{before}{name}", [str(UNKNOWN) % {"value": name, "known": known}]


def _one_of(field: Field | None) -> Field | None:
    """Return what a field of many things holds; any other field as it is."""
    if isinstance(field, serializers.ListField | serializers.ListSerializer):
        return cast(Field, field.child)
    return field


def speak_to(request: Request) -> None:
    """Answer a caller who named no language in the one of their account."""
    named = "Accept-Language" in request.headers or settings.LANGUAGE_COOKIE_NAME in request.COOKIES
    if not named and isinstance(request.user, User):
        translation.activate(request.user.language)
        request._request.LANGUAGE_CODE = request.user.language
