"""One shape for every refusal: problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404
from django.utils.translation import gettext as _
from rest_framework import exceptions, status
from rest_framework.response import Response

from outreach.common.errors import DomainError, RuleBroken
from outreach.scheduling.clashes import Clash

PROBLEM = "application/problem+json"


def problem(
    code: str,
    detail: str,
    http_status: int,
    *,
    fields: dict[str, list[str]] | None = None,
    **extra: Any,
) -> Response:
    """Return a problem answer.

    Args:
        code: stable, for machines.
        detail: for people, in their language.
        http_status: the HTTP status.
        fields: messages by input field.
        extra: further members, such as the event a request clashes with.
    """
    body: dict[str, Any] = {"type": f"urn:outreach:{code}", "code": code, "status": http_status}
    body |= {"title": detail, "detail": detail}
    if fields:
        body["fields"] = fields
    body |= {name: value for name, value in extra.items() if value is not None}
    return Response(body, status=http_status, content_type=PROBLEM)


def handle(error: Exception, context: dict[str, Any]) -> Response | None:
    """Translate an exception of a view into a problem answer; ``None`` for what is a bug."""
    if isinstance(error, DomainError):
        return _domain(error)
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if not isinstance(error, exceptions.APIException):
        return None
    response = _http(error)
    for header in ("auth_header", "wait"):
        value = getattr(error, header, None)
        if value:
            name = "WWW-Authenticate" if header == "auth_header" else "Retry-After"
            response[name] = str(value)
    return response


def _domain(error: DomainError) -> Response:
    extra: dict[str, Any] = {}
    if isinstance(error, RuleBroken):
        extra["findings"] = [
            {"rule": str(item.rule), "message": item.message, "may_override": item.is_soft}
            for item in error.findings
        ]
    if isinstance(error, Clash) and error.event is not None:
        extra["clash"] = {"event": error.event.uid, "title": error.event.title}
    fields = {error.field: [error.message]} if error.field else None
    return problem(error.kind, error.message, error.status, fields=fields, **extra)


def _invalid(error: ValidationError) -> Response:
    fields = (
        {name: list(messages) for name, messages in error.message_dict.items()}
        if hasattr(error, "error_dict")
        else {"__all__": list(error.messages)}
    )
    detail = " ".join(message for messages in fields.values() for message in messages)
    return problem("invalid", detail, status.HTTP_400_BAD_REQUEST, fields=fields)


def _http(error: exceptions.APIException) -> Response:
    if isinstance(error, exceptions.ValidationError):
        fields = _messages(error.detail)
        return problem("invalid", _("Please check what was sent."), 400, fields=fields)
    return problem(str(error.default_code), str(error.detail), error.status_code)


def _messages(detail: Any, prefix: str = "") -> dict[str, list[str]]:
    """Flatten DRF's nested messages to ``{"events.0.starts_at": [...]}``."""
    if isinstance(detail, dict):
        pairs = detail.items()
    elif isinstance(detail, list) and any(isinstance(item, dict | list) for item in detail):
        pairs = {str(index): item for index, item in enumerate(detail)}.items()
    else:
        items = detail if isinstance(detail, list) else [detail]
        return {prefix or "__all__": [str(item) for item in items]} if items else {}
    flat: dict[str, list[str]] = {}
    for key, value in pairs:
        flat |= _messages(value, f"{prefix}.{key}" if prefix else str(key))
    return flat
