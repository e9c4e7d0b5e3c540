"""The map on which a venue's point is put."""

from __future__ import annotations

from typing import Any

from django import template
from django.urls import reverse

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.maps.picker import picker
from outreach.places import geocoding
from outreach.places.boundaries import are_known
from outreach.places.models import AdministrativeUnit

register = template.Library()


@register.inclusion_tag("finding/point_map.html")
def point_map(library: Library, *, point: str, address: str, commune: str) -> dict[str, Any]:
    """Draw the map under the field of a point, and the button that looks up the address.

    Args:
        library: whose provinces the map opens on.
        point: the id of the field with latitude and longitude; it is what is sent.
        address: the ids of the fields that say where it is, from small to large, between spaces.
        commune: the id of the field of the commune.
    """
    today = clock.today()
    provinces = AdministrativeUnit.objects.in_force_on(today).provinces().order_by("name")
    served = provinces.filter(served_by__library=library)
    told = picker(served if served.exists() else provinces, offices_url=reverse("map_offices"))
    told |= {
        "lookUpUrl": reverse("address_look_up_json") if geocoding.is_on() else "",
        "communeUrl": reverse("point_commune") if are_known(today) else "",
    }
    return {
        "settings": told,
        "point": point,
        "address": address,
        "commune": commune,
        "can_look_up": geocoding.is_on(),
    }
