"""Translating what services refuse into pages."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from outreach.common.errors import DomainError


class DomainErrorMiddleware:
    """Shows a refusal that no form has shown already, with the status that says the same."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        """Return a page for a :class:`DomainError`; leave everything else to Django."""
        if not isinstance(error, DomainError):
            return None
        template = "404.html" if error.status == 404 else "errors/refused.html"
        return render(request, template, {"error": error}, status=error.status)
