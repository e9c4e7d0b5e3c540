"""Who is at the page, and whether the page is theirs to open."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseBase

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common.errors import NotAllowed

View = Callable[..., HttpResponseBase]


def person(request: HttpRequest) -> User:
    """Return who is signed in; for views behind :func:`needs` or ``login_required``.

    Raises:
        NotAllowed: if nobody is.
    """
    if not isinstance(request.user, User):
        raise NotAllowed()
    return request.user


def needs(*actions: Action) -> Callable[[View], View]:
    """Let a view be opened only by somebody who may do one of ``actions`` at some library.

    Whoever is not signed in is sent to sign in; whoever is and may not gets a 403 page. Which rows
    they see inside is the business of ``visible_to``.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not any(person(request).may(action) for action in actions):
                raise NotAllowed()
            return view(request, *args, **kwargs)

        return login_required(guarded)

    return decorate
