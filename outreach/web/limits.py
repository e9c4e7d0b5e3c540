"""Refusing what is too large before anything reads it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

DRAIN_BYTES = 32 * 1024 * 1024
CHUNK_BYTES = 256 * 1024


class LimitBodyMiddleware:
    """Answers 413 to a body above ``settings.MAX_BODY_BYTES``, in the form the caller reads."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length.isdigit() and int(length) <= settings.MAX_BODY_BYTES:
            return self.get_response(request)
        _drain(request, int(length) if length.isdigit() else 0)
        return _refusal(request)


def _drain(request: HttpRequest, length: int) -> None:
    """Read what is being sent: a browser shows an answer only once it has finished sending."""
    left = min(length, DRAIN_BYTES)
    while left > 0 and (chunk := request.read(min(left, CHUNK_BYTES))):
        left -= len(chunk)


def _refusal(request: HttpRequest) -> HttpResponse:
    message = _("This is too large: at most %(limit)d MB can be sent at once.") % {
        "limit": settings.MAX_BODY_BYTES // (1024 * 1024)
    }
    if request.path.startswith("/api/"):
        body = {
            "type": "urn:outreach:too_large",
            "code": "too_large",
            "status": 413,
            "title": message,
            "detail": message,
        }
        return JsonResponse(body, status=413, content_type="application/problem+json")
    return render(request, "errors/too_large.html", {"message": message}, status=413)
