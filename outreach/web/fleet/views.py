"""Keeping vehicles, crew and their times off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import DomainError, NotAllowed, StaleWrite
from outreach.fleet import services
from outreach.fleet.models import CrewMember, Unavailability, Vehicle
from outreach.web.access import needs, person
from outreach.web.fleet.forms import FleetForm, MemberForm, TimeOffForm, VehicleForm
from outreach.web.fleet.hits import trips_in, with_trips
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.zones import read_clocks_of

ON_A_PAGE = 25


@require_safe
@needs(Action.SEE_SCHEDULE)
def fleet(request: HttpRequest) -> HttpResponse:
    """Show a library's vehicles and crew, and when which of them is not to be had."""
    user = person(request)
    desk = desk_of(request, user)
    page = Paginator(_times_off(desk.library), ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "desk": desk,
        "switches": switches(desk),
        "may_keep": user.may(Action.KEEP_FLEET, desk.library.pk),
        "vehicles": Vehicle.objects.filter(library=desk.library)
        .select_related("base")
        .order_by("-is_in_use", "name"),
        "crew": CrewMember.objects.filter(library=desk.library).order_by("-is_in_use", "full_name"),
        "page_obj": page,
        "times_off": with_trips(list(page.object_list)),
    }
    return render(request, "fleet/fleet.html", context)


def _times_off(library: Library) -> QuerySet[Unavailability]:
    """Return those of today and to come, the next first."""
    rows = Unavailability.objects.filter(vehicle__library=library) | Unavailability.objects.filter(
        member__library=library
    )
    rows = rows.filter(ends_at__gt=clock.start_of(clock.today()))
    return rows.select_related("vehicle__library", "member__library").order_by("starts_at", "pk")


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.KEEP_FLEET)
def vehicle_new(request: HttpRequest) -> HttpResponse:
    """Add a vehicle."""
    user = person(request)
    library = desk_of(request, user, Action.KEEP_FLEET).library
    form = VehicleForm(request.POST or None, library=library)
    return _keep(
        request,
        form,
        library,
        lambda said: services.keep_vehicle(actor=user, library=library, **said),
        heading=_("New vehicle"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def vehicle_edit(request: HttpRequest, slug: str) -> HttpResponse:
    """Change a vehicle."""
    user = person(request)
    rows = Vehicle.objects.visible_to(user).select_related("library", "base")
    found = get_object_or_404(rows, slug=slug)
    library = _to_keep(user, found.library)
    form = VehicleForm(request.POST or None, library=library, record=found)
    return _keep(
        request,
        form,
        library,
        lambda said: services.keep_vehicle(actor=user, library=library, vehicle=found, **said),
        heading=found.name,
        record=found,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.KEEP_FLEET)
def member_new(request: HttpRequest) -> HttpResponse:
    """Add somebody to the crew."""
    user = person(request)
    library = desk_of(request, user, Action.KEEP_FLEET).library
    form = MemberForm(request.POST or None, library=library)
    return _keep(
        request,
        form,
        library,
        lambda said: services.keep_member(actor=user, library=library, **said),
        heading=_("New crew member"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def member_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change what is known of a crew member."""
    user = person(request)
    rows = CrewMember.objects.visible_to(user).select_related("library")
    found = get_object_or_404(rows, pk=pk)
    library = _to_keep(user, found.library)
    form = MemberForm(request.POST or None, library=library, record=found)
    return _keep(
        request,
        form,
        library,
        lambda said: services.keep_member(actor=user, library=library, member=found, **said),
        heading=found.full_name,
        record=found,
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.KEEP_FLEET)
def time_off_new(request: HttpRequest) -> HttpResponse:
    """Note when a vehicle or crew member is not to be had; ``?who=`` names one."""
    user = person(request)
    library = desk_of(request, user, Action.KEEP_FLEET).library
    named = {"who": request.GET.get("who", ""), "starts_on": clock.today()}
    form = TimeOffForm(request.POST or None, library=library, initial=named)
    return _keep(
        request,
        form,
        library,
        lambda said: services.take_off(actor=user, **form.wanted(), **_version(said)),
        heading=_("New time off"),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def time_off_edit(request: HttpRequest, pk: int) -> HttpResponse:
    """Change a time off."""
    user = person(request)
    found = _time_off(user, pk)
    library = _to_keep(user, services.library_of(found))
    form = TimeOffForm(request.POST or None, library=library, record=found)
    return _keep(
        request,
        form,
        library,
        lambda said: services.take_off(
            actor=user, time_off=found, **form.wanted(), **_version(said)
        ),
        heading=_("Change the time off"),
        record=found,
        remove_url=reverse("time_off_remove", args=[pk]),
    )


@require_POST
@needs(Action.SEE_SCHEDULE)
def time_off_remove(request: HttpRequest, pk: int) -> HttpResponse:
    """Remove a time off that is not one."""
    user = person(request)
    found = _time_off(user, pk)
    library = _to_keep(user, services.library_of(found))
    services.strike_off(actor=user, time_off=found)
    messages.success(request, _("The time off was removed."))
    return redirect(_home(library))


# --- What the pages share ----------------------------------------------------------------------


def _keep(
    request: HttpRequest,
    form: FleetForm,
    library: Library,
    store: Callable[[dict[str, Any]], Any],
    *,
    heading: str,
    record: Any = None,
    **context: Any,
) -> HttpResponse:
    """Store what was sent and go back to the list, or show the form with what stands against it."""
    if form.is_valid():
        try:
            kept = store(dict(form.cleaned_data))
        except StaleWrite as refusal:
            form.show(refusal)
            form.take_news(record)
        except NotAllowed:
            raise
        except (DomainError, ValidationError) as refusal:
            form.show(refusal)
        else:
            messages.success(request, _("Saved."))
            _tell_trips(request, kept)
            return redirect(_home(library))
    about = {"form": form, "heading": heading, "library": library, "home_url": _home(library)}
    return render(request, "fleet/form.html", about | context)


def _tell_trips(request: HttpRequest, kept: Any) -> None:
    """Say how many trips are planned in a time off that was just stored."""
    if not isinstance(kept, Unavailability):
        return
    if count := len(trips_in(kept)):
        messages.warning(
            request,
            ngettext(
                "%(count)s trip is planned in this time: see below.",
                "%(count)s trips are planned in this time: see below.",
                count,
            )
            % {"count": count},
        )


def _time_off(user: User, pk: int) -> Unavailability:
    rows = Unavailability.objects.visible_to(user)
    return get_object_or_404(rows.select_related("vehicle__library", "member__library"), pk=pk)


def _to_keep(user: User, library: Library) -> Library:
    """Return the library if ``user`` keeps its fleet, with its clocks read from now on.

    Raises:
        NotAllowed: if it is only theirs to look at.
    """
    if not user.may(Action.KEEP_FLEET, library.pk):
        raise NotAllowed()
    read_clocks_of(library)
    return library


def _version(said: dict[str, Any]) -> dict[str, Any]:
    return {"expected_version": said.get("expected_version")}


def _home(library: Library) -> str:
    return f"{reverse('fleet')}?{urlencode({'library': library.slug})}"
