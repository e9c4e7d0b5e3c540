"""One shape for every refusal: problem details (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.signals import got_request_exception
from django.db import DataError, IntegrityError, OperationalError
from django.db.models import ProtectedError, RestrictedError
from django.http import Http404
from django.utils.log import log_response
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.response import Response

from outreach.common.constraints import violated_constraint
from outreach.common.errors import DomainError, RuleBroken
from outreach.scheduling.clashes import Clash

PROBLEM = "application/problem+json"
RETRY_AFTER_S = 2

SENTENCES = {
    exceptions.NotAuthenticated: gettext_lazy("Sign in, or send a token."),
    exceptions.PermissionDenied: gettext_lazy("You may not do this."),
    exceptions.NotFound: gettext_lazy("This does not exist, or is not yours to see."),
    exceptions.MethodNotAllowed: gettext_lazy("This cannot be done at this address."),
    exceptions.NotAcceptable: gettext_lazy("Answers come as JSON only."),
    exceptions.UnsupportedMediaType: gettext_lazy("Send JSON (Content-Type: application/json)."),
}
"""What is said instead of the framework's own words, which hardly speak Vietnamese."""


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
    return Response(_writable(body), status=http_status, content_type=PROBLEM)


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """Translate an exception of a view into a problem answer; what is a bug is logged as one."""
    if isinstance(error, DomainError):
        return _domain(error)
    if isinstance(error, ValidationError):
        return _invalid(error)
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _http(error)
    if isinstance(error, OperationalError):
        return _busy(error, context)
    return _refused_by_database(error) or _bug(error, context)


def _domain(error: DomainError) -> Response:
    extra: dict[str, Any] = {}
    if isinstance(error, RuleBroken):
        extra["findings"] = [
            {
                "rule": str(item.rule),
                "message": item.message,
                "field": item.field,
                "may_override": item.is_soft,
            }
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
    code = error.get_codes() if isinstance(error.get_codes(), str) else error.default_code
    response = problem(str(code), _sentence(error), error.status_code)
    for attribute, header in (("auth_header", "WWW-Authenticate"), ("wait", "Retry-After")):
        value = getattr(error, attribute, None)
        if value:
            response[header] = str(value)
    return response


def _sentence(error: exceptions.APIException) -> str:
    """Return what was said about the error, unless it is the framework's own English."""
    ours = SENTENCES.get(type(error))
    formatted = isinstance(error, exceptions.MethodNotAllowed | exceptions.UnsupportedMediaType)
    if ours is not None and (formatted or str(error.detail) == str(error.default_detail)):
        return str(ours)
    return str(error.detail)


def _refused_by_database(error: Exception) -> Response | None:
    """Return what the database's refusal means; ``None`` where it is a bug."""
    if isinstance(error, ProtectedError | RestrictedError):
        return problem("in_use", _("Something else still refers to this."), 409)
    if isinstance(error, IntegrityError) and (name := violated_constraint(error)):
        message = _("Somebody else was quicker, or this is there already.")
        return problem("conflict", message, 409, constraint=name)
    if isinstance(error, DataError):
        return problem("invalid", _("Something that was sent is too long or too large."), 400)
    return None


def _busy(error: OperationalError, context: dict[str, Any]) -> Response:
    response = problem("busy", _("The database is busy. Please try again."), 503)
    response["Retry-After"] = str(RETRY_AFTER_S)
    return _logged(response, error, context)


def _bug(error: Exception, context: dict[str, Any]) -> Response:
    """Report a bug as Django would, and answer in the shape every other refusal has."""
    got_request_exception.send(sender=None, request=context["request"]._request)
    response = problem("error", _("Something went wrong here. It has been noted."), 500)
    return _logged(response, error, context)


def _logged(response: Response, error: Exception, context: dict[str, Any]) -> Response:
    request = context["request"]._request
    log_response(
        "%s: %s",
        type(error).__name__,
        request.path,
        response=response,
        request=request,
        exception=error,
    )
    return response


def _writable(value: Any) -> Any:
    """Return ``value`` with a mark for what UTF-8 cannot write: a refusal repeats what was sent."""
    if isinstance(value, dict):
        return {_writable(name): _writable(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_writable(item) for item in value]
    return value if not isinstance(value, str) else value.encode("utf-8", "replace").decode()


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
