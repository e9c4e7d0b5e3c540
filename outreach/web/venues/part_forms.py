"""The forms for what is kept with a venue: access file, hours, closed dates, travel times."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import time, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.common.errors import DomainError
from outreach.common.months import MonthsFormField
from outreach.places.models import ClosedDates, OpeningWindow, TravelTime, Venue, VenueAccess
from outreach.places.services import Hours
from outreach.places.venue_state import OpeningHours
from outreach.web.schedule.fields import ClockField, DayField, Pick
from outreach.web.versions import VersionedForm
from outreach.web.widgets import CountInput

ONE_DAY = timedelta(days=1)
SLOTS = 2
"""Fields are offered for a morning and an afternoon, and for one more than there are."""
MONDAY = 0
LIKE_MONDAY = range(1, 5)
NOT_KNOWN = ("", _("not known"))


class PartForm(VersionedForm):
    """A form behind which a service of places stands."""

    shown_at: ClassVar[dict[str, str]] = {}

    def show(self, refusal: DomainError | ValidationError) -> None:
        """Show what the services refuse at the field it concerns."""
        if isinstance(refusal, DomainError):
            self._blame(refusal.field, refusal.message)
            return
        for name, errors in refusal.update_error_dict({}).items():
            for error in errors:
                self._blame(name, error)

    def _blame(self, name: str | None, error: Any) -> None:
        field = self.shown_at.get(name or "", name or "")
        self.add_error(field if field in self.fields else None, error)


class _MeasureInput(forms.NumberInput):
    """A number with decimals, with the digit keys on phones."""

    def __init__(self) -> None:
        super().__init__({"inputmode": "decimal", "step": "0.1"})


def _known(field: str) -> list[tuple[str, Any]]:
    """Return the choices of a field of the access file, and that nobody knows."""
    model_field: Any = VenueAccess._meta.get_field(field)
    return [NOT_KNOWN, *((code, capfirst(label)) for code, label in model_field.choices)]


class _YesNo(forms.TypedChoiceField):
    """Yes, no, or not known."""

    def __init__(self, **kwargs: Any) -> None:
        choices = [NOT_KNOWN, ("yes", _("yes")), ("no", _("no"))]
        super().__init__(
            choices=choices,
            required=False,
            coerce=lambda said: said == "yes",
            empty_value=None,
            **kwargs,
        )

    def prepare_value(self, value: Any) -> Any:
        """Return the choice that a stored answer stands for."""
        return {True: "yes", False: "no", None: ""}.get(value, value)


class AccessForm(PartForm):
    """The access file of a venue."""

    turning = forms.ChoiceField(
        label=_("Room to turn for"), required=False, choices=lambda: _known("turning")
    )
    largest_vehicle_m = forms.FloatField(
        label=_("Longest vehicle (m)"),
        required=False,
        min_value=1,
        max_value=30,
        widget=_MeasureInput,
        help_text=_("Bridge, gate and bends allow no longer one."),
    )
    slope = forms.ChoiceField(label=_("Slope"), required=False, choices=lambda: _known("slope"))
    closed_months = MonthsFormField(
        label=_("No vehicle gets through in"),
        required=False,
        help_text=_("The road cannot be passed in these months."),
    )
    flood_months = MonthsFormField(label=_("Often flooded in"), required=False)
    main_site_only = forms.BooleanField(
        label=_("The vehicle reaches the main site only"), required=False
    )
    onward_by = forms.ChoiceField(
        label=_("How the rest is reached from there"),
        required=False,
        choices=lambda: _known("onward_by"),
    )
    onward_km = forms.FloatField(
        label=_("How far (km)"),
        required=False,
        min_value=0,
        max_value=100,
        widget=_MeasureInput,
    )
    onward_min = forms.IntegerField(
        label=_("How long (minutes)"),
        required=False,
        max_value=1440,
        min_value=0,
        widget=CountInput,
    )
    has_power = _YesNo(label=_("Electricity"))
    signal = forms.ChoiceField(
        label=_("Phone signal"), required=False, choices=lambda: _known("signal")
    )
    has_indoor_room = _YesNo(label=_("Room indoors when it rains"))
    reason = forms.CharField(label=_("Why"), required=False, max_length=500)

    def __init__(self, *args: Any, access: VenueAccess, **kwargs: Any) -> None:
        names = [name for name in self.base_fields if hasattr(access, name)]
        kwargs["initial"] = {name: getattr(access, name) for name in names}
        super().__init__(*args, record=access, **kwargs)

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        return dict(self.cleaned_data)


class HoursForm(PartForm):
    """The hours in which a venue can be visited, day by day."""

    as_monday = forms.BooleanField(
        label=_("From Tuesday to Friday the same as on Monday"), required=False
    )
    reason = forms.CharField(label=_("Why"), required=False, max_length=500)

    def __init__(self, *args: Any, venue: Venue, **kwargs: Any) -> None:
        super().__init__(*args, record=OpeningHours(venue), **kwargs)
        stored: dict[int, list[OpeningWindow]] = defaultdict(list)
        for one in venue.opening_windows.all():
            stored[one.weekday].append(one)
        self.slots = {
            day: max(SLOTS, len(stored[day]) + (len(stored[day]) > 1)) for day in WEEKDAYS
        }
        for day, slots in self.slots.items():
            for slot in range(slots):
                window = stored[day][slot] if slot < len(stored[day]) else None
                self._add(day, slot, window)

    def _add(self, day: int, slot: int, window: OpeningWindow | None) -> None:
        opens, closes = names = _names(day, slot)
        labels = (pgettext_lazy("hours", "From"), pgettext_lazy("hours", "Until"))
        for name, label in zip(names, labels, strict=True):
            self.fields[name] = ClockField(label=label, required=False)
        if window is not None:
            self.initial[opens], self.initial[closes] = window.opens, window.closes

    @property
    def days(self) -> list[dict[str, Any]]:
        """The fields of each day of the week, in pairs; one more pair than most days need apart."""
        return [
            {
                "name": capfirst(WEEKDAYS[day]),
                "pairs": self._fields(day, range(SLOTS)),
                "more": self._fields(day, range(SLOTS, slots)),
                "has_more": any(
                    self.initial.get(_names(day, slot)[0]) for slot in range(SLOTS, slots)
                ),
                "is_monday": day == MONDAY,
            }
            for day, slots in self.slots.items()
        ]

    def _fields(self, day: int, slots: Iterable[int]) -> list[tuple[Any, Any]]:
        pairs = (_names(day, slot) for slot in slots)
        return [(self[opens], self[closes]) for opens, closes in pairs]

    def clean(self) -> dict[str, Any]:
        """Refuse half a pair, and hours that end before they begin, at the field that is wrong."""
        data = super().clean() or self.cleaned_data
        for day, slots in self.slots.items():
            if day in LIKE_MONDAY and data.get("as_monday"):
                for name in (one for slot in range(slots) for one in _names(day, slot)):
                    self.errors.pop(name, None)
                continue
            for slot in range(slots):
                self._check(*_names(day, slot))
        return data

    def _check(self, opens: str, closes: str) -> None:
        if opens in self.errors or closes in self.errors:
            return
        start, end = self.cleaned_data.get(opens), self.cleaned_data.get(closes)
        if start is not None and end is not None and end <= start:
            self.add_error(closes, _("The end must be after the start."))
        elif start is None and end is not None:
            self.add_error(opens, _("From when?"))
        elif start is not None and end is None:
            self.add_error(closes, _("Until when?"))

    def windows(self) -> list[Hours]:
        """Return all windows that were typed."""
        return [
            Hours(day, opens, closes) for day in self.slots for opens, closes in self._pairs(day)
        ]

    def _pairs(self, day: int) -> list[tuple[time, time]]:
        like = MONDAY if day in LIKE_MONDAY and self.cleaned_data.get("as_monday") else day
        pairs = (
            tuple(self.cleaned_data.get(name) for name in _names(like, slot))
            for slot in range(self.slots[like])
        )
        return [cast(tuple[time, time], pair) for pair in pairs if None not in pair]


def _names(day: int, slot: int) -> tuple[str, str]:
    return f"opens_{day}_{slot}", f"closes_{day}_{slot}"


class ClosedForm(PartForm):
    """Days on which a venue cannot be visited."""

    shown_at: ClassVar[dict[str, str]] = {"ends_on": "last_on", "reason": "why"}

    starts_on = DayField(label=_("First day"))
    last_on = DayField(
        label=_("Last day"), required=False, help_text=_("Empty means: that day only.")
    )
    why = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=200,
        help_text=_("For example school holidays, market day, repairs."),
    )

    def __init__(self, *args: Any, closed: ClosedDates | None = None, **kwargs: Any) -> None:
        if closed is not None:
            kwargs["initial"] = {
                "starts_on": closed.starts_on,
                "last_on": closed.ends_on - ONE_DAY,
                "why": closed.reason,
            }
        super().__init__(*args, record=closed, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first one at the field of the last day."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The last day is before the first one."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the services: the end is the first day after."""
        wanted = dict(self.cleaned_data)
        last_on = wanted.pop("last_on") or wanted["starts_on"]
        return wanted | {"ends_on": last_on + ONE_DAY}


class TravelForm(PartForm):
    """What the way to a venue takes."""

    origin = Pick(
        label=pgettext_lazy("way", "From"),
        required=False,
        empty=_("Wherever the vehicle comes from"),
        widget=forms.Select(attrs={"data-search": _("Search venue or commune")}),
    )
    minutes = forms.IntegerField(label=_("Minutes"), min_value=1, max_value=1440, widget=CountInput)
    km = forms.FloatField(
        label=_("Kilometres"),
        required=False,
        min_value=0,
        max_value=1000,
        widget=_MeasureInput,
    )
    both_ways = forms.BooleanField(
        label=_("The same on the way back"), required=False, initial=True
    )
    months = MonthsFormField(
        label=_("In these months"),
        required=False,
        help_text=_("None ticked: all year. A time for single months wins over one for all year."),
    )
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=200,
        help_text=_("For example which road, or how it is known."),
    )

    def __init__(
        self, *args: Any, venue: Venue, travel_time: TravelTime | None = None, **kwargs: Any
    ) -> None:
        if travel_time is not None:
            names = ("minutes", "km", "both_ways", "months", "note")
            kwargs["initial"] = {name: getattr(travel_time, name) for name in names} | {
                "origin": travel_time.origin.code if travel_time.origin else ""
            }
        super().__init__(*args, record=travel_time, **kwargs)
        kept = travel_time.origin_id if travel_time is not None else None
        others = _others(venue, kept)
        cast(Pick, self.fields["origin"]).offer(others, _by_commune(others))

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the services."""
        return dict(self.cleaned_data)


class RemoveForm(forms.Form):
    """Why something is taken back."""

    reason = forms.CharField(label=_("Why"), required=False, max_length=500)


def _others(venue: Venue, kept: int | None) -> dict[str, Venue]:
    """Return the library's other venues in use, and the one that is chosen already."""
    own = Venue.objects.filter(library=venue.library_id)
    rows = own.in_use() if kept is None else own.in_use() | own.filter(pk=kept)
    named = rows.exclude(pk=venue.pk).select_related("commune").order_by("name", "pk")
    return {one.code: one for one in named}


def _by_commune(venues: dict[str, Venue]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return choices in groups, by the name of the commune."""
    groups: dict[str, list[tuple[str, str]]] = defaultdict(list)
    for code, venue in venues.items():
        group = venue.commune.full_name if venue.commune else _("Commune not known")
        groups[str(group)].append((code, venue.name))
    return sorted(groups.items())
