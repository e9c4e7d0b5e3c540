"""Keeping venues: finding, adding and changing them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from outreach.accounts.domain import Action
from outreach.common.errors import Conflict, StaleWrite
from outreach.places import services
from outreach.places.models import Venue
from outreach.web.access import needs, person
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.venues.forms import FindVenuesForm, VenueForm
from outreach.web.venues.parts import to_keep

VENUES_ON_A_PAGE = 50


@require_safe
@needs(Action.SEE_SCHEDULE)
def venues(request: HttpRequest) -> HttpResponse:
    """Show the venues of a library."""
    desk = desk_of(request, person(request))
    form = FindVenuesForm(request.GET or None)
    found = form.narrow(Venue.objects.filter(library=desk.library))
    page = Paginator(found.select_related("commune__parent"), VENUES_ON_A_PAGE)
    context = {
        "desk": desk,
        "switches": switches(desk),
        "form": form,
        "page_obj": page.get_page(request.GET.get("page")),
        "reset_url": f"?library={desk.library.slug}",
    }
    return render(request, "venues/list.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def venue_new(request: HttpRequest) -> HttpResponse:
    """Add a venue."""
    user = person(request)
    library = desk_of(request, user, Action.KEEP_PLACES).library
    form = VenueForm(request.POST or None, library=library)
    if form.is_valid():
        try:
            venue = services.create_venue(actor=user, library=library, **form.wanted())
        except (Conflict, ValidationError) as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("“%(name)s” was added.") % {"name": venue.name})
            return redirect("venue", venue.code)
    return _form_page(request, form, heading=_("New venue"), library=library)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def venue_edit(request: HttpRequest, code: str) -> HttpResponse:
    """Change a venue."""
    user, venue = to_keep(request, code)
    form = VenueForm(request.POST or None, library=venue.library, venue=venue)
    name = venue.name
    if form.is_valid():
        try:
            services.change_venue(actor=user, venue=venue, **form.wanted())
        except StaleWrite as refusal:
            form.show(refusal)
            form.take_news(venue)
        except (Conflict, ValidationError) as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("“%(name)s” was changed.") % {"name": venue.name})
            return redirect("venue", venue.code)
    return _form_page(request, form, heading=name, library=venue.library, venue=venue)


def _form_page(request: HttpRequest, form: VenueForm, **context: Any) -> HttpResponse:
    return render(request, "venues/form.html", {"form": form} | context)
