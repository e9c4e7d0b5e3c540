"""Fields that suggest places while one types; without JavaScript they are plain fields."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from django import forms
from django.urls import reverse_lazy
from django.utils.http import urlencode
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

SUGGEST = reverse_lazy("places_suggest")


class PlaceInput(forms.TextInput):
    """A search field; choosing a suggestion opens its page or searches for it.

    Args:
        then: "open" the place's page, or "search" with its name for visits; then places where a
            library runs a service come first.
    """

    input_type = "search"

    def __init__(self, *, then: Literal["open", "search"], **kwargs: Any) -> None:
        attrs = {
            "autocomplete": "off",
            "spellcheck": "false",
            "enterkeyhint": "search",
            "data-places": format_lazy("{}?served=1", SUGGEST) if then == "search" else SUGGEST,
            "data-then": then,
        }
        super().__init__(attrs=attrs | kwargs.pop("attrs", {}), **kwargs)


class PlaceSelect(forms.Select):
    """A list of communes that JavaScript replaces by a field with suggestions."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "data-places": format_lazy("{}?communes=1", SUGGEST),
            "data-hint": _("Type a name, old or new"),
            "data-unknown": _("Nothing is chosen yet: pick a commune from the list."),
        }
        super().__init__(attrs=attrs | kwargs.pop("attrs", {}), **kwargs)

    def stay_within(self, provinces: Iterable[str]) -> None:
        """Suggest only communes of the provinces of these codes; of all where there are none."""
        query = urlencode(
            [("communes", "1"), *(("province", code) for code in sorted(set(provinces)))]
        )
        self.attrs["data-places"] = f"{SUGGEST}?{query}"
