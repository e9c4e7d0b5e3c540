"""Points of venues: looking up an address, and the commune a point lies in. For staff only."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.places import geocoding
from outreach.places.boundaries import commune_at
from outreach.places.geocoding import Candidate, GeocoderTrouble
from outreach.web.access import needs
from outreach.web.finding.found import address_of


class AddressForm(forms.Form):
    """An address to look up."""

    q = forms.CharField(
        label=_("Address"),
        max_length=250,
        required=False,
        widget=forms.TextInput(attrs={"type": "search"}),
        help_text=_("From small to large: street or village, commune, province."),
    )


class PointForm(forms.Form):
    """A point on the earth."""

    lat = forms.FloatField(min_value=-90, max_value=90)
    lon = forms.FloatField(min_value=-180, max_value=180)


@require_safe
@needs(Action.KEEP_PLACES)
def address_look_up(request: HttpRequest) -> HttpResponse:
    """List where an address may be, for those without JavaScript."""
    form = AddressForm(request.GET)
    found, trouble = _look_up(form)
    context = {"form": form, "candidates": found, "trouble": trouble, "text": _text(form)}
    return render(request, "finding/address.html", context)


@require_safe
@needs(Action.KEEP_PLACES)
def address_look_up_json(request: HttpRequest) -> HttpResponse:
    """Answer with where an address may be, or why nobody can say."""
    found, trouble = _look_up(AddressForm(request.GET))
    candidates = [{"label": one.label, "lat": one.lat, "lon": one.lon} for one in found]
    return _private({"candidates": candidates, "trouble": trouble})


@require_safe
@needs(Action.KEEP_PLACES)
def point_commune(request: HttpRequest) -> HttpResponse:
    """Answer with the commune a point lies in today; ``null`` where no boundary is known."""
    form = PointForm(request.GET)
    if not form.is_valid():
        return _private({"commune": None})
    unit = commune_at((form.cleaned_data["lat"], form.cleaned_data["lon"]), clock.today())
    if unit is None:
        return _private({"commune": None})
    area = unit.parent.full_name if unit.parent else ""
    commune = {"key": str(unit.pk), "name": unit.full_name, "area": area, "url": address_of(unit)}
    return _private({"commune": commune})


def _look_up(form: AddressForm) -> tuple[list[Candidate], str]:
    """Return the candidates, or what is wrong in words."""
    try:
        return geocoding.look_up(_text(form)), ""
    except GeocoderTrouble as trouble:
        return [], trouble.message


def _text(form: AddressForm) -> str:
    return str(form.cleaned_data["q"]) if form.is_valid() else ""


def _private(data: dict[str, Any]) -> JsonResponse:
    response = JsonResponse(data, json_dumps_params={"ensure_ascii": False})
    patch_cache_control(response, private=True, no_store=True)
    return response
