"""Finding a place by any name it has or had: a page, and suggestions while typing."""

from __future__ import annotations

from functools import partial

from django import forms
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_cache_control, patch_vary_headers
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_safe

from outreach.common import clock
from outreach.places.models import AdministrativeUnit
from outreach.places.search import Match, find
from outreach.web.finding.found import found, options
from outreach.web.finding.widgets import PlaceInput
from outreach.web.public.forms import served_provinces

ON_A_PAGE = 20
MOST_FOUND = 200
SUGGESTED = 10
FRESH_S = 300


class FindForm(forms.Form):
    """What a place is looked for by."""

    q = forms.CharField(
        label=_("Place"),
        max_length=200,
        required=False,
        help_text=_("A commune, a province or an old address, with or without accents."),
        widget=PlaceInput(then="open"),
    )

    @property
    def text(self) -> str:
        """The words that were typed."""
        return str(self.cleaned_data.get("q") or "") if self.is_valid() else ""


@require_safe
def places_find(request: HttpRequest) -> HttpResponse:
    """List the places that the words may mean, and where they lie today."""
    form = FindForm(request.GET)
    matches = find(form.text, on=clock.today(), limit=MOST_FOUND)
    page = Paginator(matches, ON_A_PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page_obj": page,
        "places": [found(match) for match in page],
        "has_units": AdministrativeUnit.objects.active().exists() if not matches else True,
    }
    return render(request, "finding/places.html", context)


@require_safe
def places_suggest(request: HttpRequest) -> HttpResponse:
    """Answer with the places of today that unfinished words may mean.

    ``q`` are the words, ``province`` the codes of provinces to stay within, ``communes=1`` leaves
    the provinces themselves out, ``served=1`` looks first where a library runs a service.
    """
    asked = FindForm(request.GET)
    places = options(_suggested(request, asked.text))[:SUGGESTED]
    said = ngettext("%(count)d place found", "%(count)d places found", len(places)) % {
        "count": len(places)
    }
    response = JsonResponse(
        {"places": places, "said": said}, json_dumps_params={"ensure_ascii": False}
    )
    patch_cache_control(response, public=True, max_age=FRESH_S)
    patch_vary_headers(response, ["Accept-Language", "Cookie"])
    return response


def _suggested(request: HttpRequest, text: str) -> list[Match]:
    today = clock.today()
    wanted = [code for code in request.GET.getlist("province") if code.isprintable()]
    within = AdministrativeUnit.objects.in_force_on(today).provinces().filter(code__in=wanted)
    if request.GET.get("served") == "1":
        within = served_provinces(today)
    keys = (
        set(within.values_list("pk", flat=True)) if wanted or request.GET.get("served") else set()
    )
    if wanted and not keys:
        return []
    search = partial(
        find,
        text,
        on=today,
        limit=SUGGESTED,
        communes_only=request.GET.get("communes") == "1",
    )
    return search(provinces=keys) or ([] if wanted else search())
