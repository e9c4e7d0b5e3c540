"""What readers narrow the timetable and the map to."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.models import Library
from outreach.places.models import AdministrativeUnit, UnitQuerySet
from outreach.scheduling.models import ActivityKind
from outreach.scheduling.selectors import Filters
from outreach.web.finding.widgets import PlaceInput
from outreach.web.public.dates import TypedDateField

Choice = forms.ModelChoiceField[Any]
FAR_AHEAD = timedelta(days=366)


class LibraryField(forms.ModelChoiceField[Library]):
    """Libraries by their short names."""

    def label_from_instance(self, obj: Any) -> str:
        return str(obj.short_name)


class FilterForm(forms.Form):
    """Where and what; every field may stay empty, and a wrong one does not stop the others."""

    q = forms.CharField(
        label=_("Commune, village or school"),
        max_length=100,
        required=False,
        widget=PlaceInput(then="search"),
    )
    province = forms.ModelChoiceField(
        AdministrativeUnit.objects.none(),
        label=_("Province"),
        required=False,
        to_field_name="code",
        empty_label=_("All provinces"),
    )
    kind = forms.ModelChoiceField(
        ActivityKind.objects.none(),
        label=_("What happens"),
        required=False,
        empty_label=pgettext_lazy("kinds of activity", "Everything"),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.provinces = served_provinces(today)
        self.kinds = ActivityKind.objects.filter(in_use=True)
        cast("Choice", self.fields["province"]).queryset = self.provinces
        cast("Choice", self.fields["kind"]).queryset = self.kinds
        self.is_valid()

    def filters(self) -> Filters:
        """Return what the sound fields ask for."""
        return Filters(
            province=self.cleaned_data.get("province"),
            kind=self.cleaned_data.get("kind"),
            library=self.cleaned_data.get("library"),
            text=self.text,
        )

    @property
    def text(self) -> str:
        """The words that were searched for."""
        return str(self.cleaned_data.get("q") or "")

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is asked for."""
        return any(self.data.get(name) for name in self.fields)


class TimetableForm(FilterForm):
    """The filters of the timetable, with dates."""

    library = LibraryField(
        Library.objects.running_services(),
        label=pgettext_lazy("institution", "Library"),
        required=False,
        to_field_name="slug",
        empty_label=_("All libraries"),
    )
    start = TypedDateField(label=_("From day"), required=False)
    end = TypedDateField(label=_("To day"), required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        start, end = values.get("start"), values.get("end")
        if start and end and end < start:
            self.add_error("end", _("The last day is before the first one."))
        return values

    @property
    def opens_on(self) -> date:
        """The first day to list."""
        return self.cleaned_data.get("start") or self.today

    @property
    def closes_on(self) -> date:
        """The day after the last one to list."""
        end = self.cleaned_data.get("end")
        return end + timedelta(days=1) if end else self.opens_on + FAR_AHEAD

    @property
    def uses_more(self) -> bool:
        """Whether one of the rarer filters is in use or wrong."""
        rare = ("library", "start", "end")
        return any(self.data.get(name) for name in rare)


def served_provinces(today: date) -> UnitQuerySet:
    """Return the provinces in force that some library serves; all of them while none is set."""
    provinces = AdministrativeUnit.objects.in_force_on(today).provinces().order_by("name")
    served = provinces.filter(served_by__isnull=False).distinct()
    return served if served.exists() else provinces
