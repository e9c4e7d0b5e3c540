"""In whose clock time a page is read and written: that of the library it is about."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from outreach.accounts.models import Library, User


class ZoneMiddleware:
    """Puts the installation's own zone back after each request, whatever a page activated."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with timezone.override(None):
            return self.get_response(request)


def read_clocks_of(library: Library) -> None:
    """Let this request's page show and understand times as this library's people do."""
    timezone.activate(library.zone)


def read_clocks_at_home(user: User) -> None:
    """Let a list that is about no single library show times as at the first one of the person's."""
    home = Library.objects.visible_to(user).running_services().order_by("pk").first()
    if home is not None:
        read_clocks_of(home)
