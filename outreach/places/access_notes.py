"""The access file of a venue in short phrases, as crews and coordinators read it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from outreach.common.months import spell_months
from outreach.places.models import Venue, VenueAccess

_ONLY_BEYOND_THE_MAIN_SITE = {"main_site_only", "onward_by", "onward_km", "onward_min"}
_WARNINGS: dict[str, Promise] = {
    VenueAccess.Turning.NONE: gettext_lazy("no room to turn"),
    VenueAccess.Turning.SMALL: gettext_lazy("no room for a bus to turn"),
    VenueAccess.Slope.STEEP: gettext_lazy("steep road"),
    VenueAccess.Slope.VERY_STEEP: gettext_lazy("very steep road, slippery in rain"),
}


def access_of(venue: Venue) -> VenueAccess | None:
    """Return a venue's access file, if somebody has written one."""
    try:
        return venue.access
    except ObjectDoesNotExist:
        return None


def notes(venue: Venue) -> list[str]:
    """Return what is known about reaching ``venue``, most important first; nothing if nothing is.

    One query unless the venue was loaded with its ``access``.
    """
    access = access_of(venue)
    return [] if access is None else list(_notes(access))


def warnings(venue: Venue) -> list[str]:
    """Return of :func:`notes` what stands in the way or is missing."""
    access = access_of(venue)
    return [] if access is None else [*_road(access), *_missing(access)]


def facts(access: VenueAccess) -> Iterator[tuple[str, str]]:
    """Yield what somebody has noted in an access file, each with its name; nothing unknown."""
    for field in access._meta.fields:
        value = getattr(access, field.attname)
        if field.primary_key or value is None or value in ("", frozenset()):
            continue
        if not access.main_site_only and field.name in _ONLY_BEYOND_THE_MAIN_SITE:
            continue
        yield str(capfirst(str(field.verbose_name))), _spelled(access, field.name, value)


def _spelled(access: VenueAccess, name: str, value: Any) -> str:
    if isinstance(value, frozenset):
        return capfirst(spell_months(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, float):
        return number_format(f"{value:g}")
    shown = getattr(access, f"get_{name}_display", None)
    return str(shown()) if shown else str(value)


def _notes(access: VenueAccess) -> Iterator[str]:
    yield from _road(access)
    yield from _site(access)


def _road(access: VenueAccess) -> Iterator[str]:
    """Yield what stands in a vehicle's way."""
    if access.main_site_only:
        yield _("the vehicle reaches the main site only")
    if access.main_site_only and access.onward_by:
        yield _onward(access)
    if access.closed_months:
        yield _("no vehicle gets through in %(months)s") % {
            "months": spell_months(access.closed_months)
        }
    if access.flood_months:
        yield _("often flooded in %(months)s") % {"months": spell_months(access.flood_months)}
    if access.largest_vehicle_m is not None:
        yield _("vehicles of up to %(metres)g m") % {"metres": access.largest_vehicle_m}
    for code in (access.turning, access.slope):
        if code in _WARNINGS:
            yield str(_WARNINGS[code])


def _site(access: VenueAccess) -> Iterator[str]:
    """Yield what is there, and what is missing."""
    yield from _missing(access)
    if access.has_indoor_room:
        yield _("room indoors when it rains")


def _missing(access: VenueAccess) -> Iterator[str]:
    """Yield what is missing."""
    if access.has_power is False:
        yield _("no electricity")
    if access.signal == VenueAccess.Signal.NONE:
        yield _("no phone signal")
    elif access.signal == VenueAccess.Signal.WEAK:
        yield _("weak phone signal")


def _onward(access: VenueAccess) -> str:
    """Return how the rest is reached from the main site, and how far that is."""
    parts = [str(access.get_onward_by_display())]
    if access.onward_km is not None:
        parts.append(_("%(km)g km") % {"km": access.onward_km})
    if access.onward_min is not None:
        parts.append(_("%(minutes)d min") % {"minutes": access.onward_min})
    return pgettext("how the rest is reached", "from there %(how)s") % {"how": ", ".join(parts)}
