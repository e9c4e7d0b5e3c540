"""Where a person lands after signing in, at the work they came for; and the product's sign."""

from __future__ import annotations

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponseRedirect
from django.shortcuts import redirect
from django.templatetags.static import static
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.web.access import person

LANDINGS = [
    (Action.SCHEDULE, "schedule"),
    (Action.LOG_RESULTS, "results"),
    (Action.SEE_STATISTICS, "statistics"),
    (Action.ASK_FOR_VISITS, "bookings"),
]


@require_safe
@login_required
def start(request: HttpRequest) -> HttpResponseRedirect:
    """Send a coordinator to the schedule, crew to the results, an officer to the figures."""
    for action, name in LANDINGS:
        if person(request).may(action):
            return redirect(name)
    return redirect("home")


@require_safe
def icon(request: HttpRequest) -> HttpResponseRedirect:
    """Send a browser that asks for the old name to the sign; pages not of ours name none."""
    return redirect(static("web/img/icon.svg"))
