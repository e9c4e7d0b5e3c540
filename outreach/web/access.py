"""Who is at the page, and whether the page is theirs to open."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common.errors import NotAllowed
from outreach.web import unsent

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

    Whoever is not signed in is sent to sign in, and finds the form they were sending again
    afterwards; whoever is and may not gets a 403 page. Which rows they see inside is the business
    of ``visible_to``.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not request.user.is_authenticated:
                unsent.keep(request)
                return redirect_to_login(request.get_full_path())
            if not any(person(request).may(action) for action in actions):
                raise NotAllowed()
            if request.method == "GET" and (form := unsent.take(request)):
                return render(request, "web/unsent.html", {"unsent": form})
            return view(request, *args, **kwargs)

        return guarded

    return decorate
