"""The forms with which visits owed are made up for, or not."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from outreach.common import clock
from outreach.scheduling.models import Trip
from outreach.web.schedule.fields import Pick
from outreach.web.schedule.forms import CrewForm, WhenForm
from outreach.web.schedule.offer import Offer
from outreach.web.schedule.refusals import OnceForm
from outreach.web.widgets import CountInput

STOPS_NAMED = 3
"""So many of a trip's venues are named in the list of trips."""


class FindBacklogForm(forms.Form):
    """What the list of visits owed is narrowed to."""

    library = forms.SlugField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Name or village"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )


class MakeUpForm(OnceForm, WhenForm, CrewForm):
    """When a visit is caught up on, and with which trip or vehicle."""

    trip = Pick(
        label=_("With which trip"),
        required=False,
        empty=_("A new one, or none"),
        help_text=_("The visit becomes a stop of it, between its departure and return."),
    )
    vehicle = Pick(label=_("Vehicle"), required=False, empty=_("None"))
    journey_min = forms.IntegerField(
        label=_("Minutes on the way, each way"),
        required=False,
        min_value=0,
        max_value=720,
        initial=60,
        widget=CountInput,
    )
    note = forms.CharField(
        label=_("Note for readers"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    inputs: ClassVar[dict[str, str]] = (
        WhenForm.inputs
        | CrewForm.inputs
        | {"venue": "on", "departs_at": "starts", "returns_at": "ends"}
    )

    def __init__(self, *args: Any, trips: Iterable[Trip], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pick("trip").offer({trip.uid: _Dated(trip) for trip in trips})

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("vehicle").offer(offer.vehicles)

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        said = self.cleaned_data
        trip = said["trip"].trip if said["trip"] else None
        return {
            "starts_at": said["starts_at"],
            "ends_at": said["ends_at"],
            "trip": trip,
            "vehicle": said["vehicle"],
            "journey": timedelta(minutes=said["journey_min"] or 0),
            "crew": self.crew(),
            "note": said["note"],
            "override_reason": said["override_reason"],
            "uid": self.uid,
        }


class WaiveForm(forms.Form):
    """Why a visit is not made up for."""

    because = forms.CharField(label=_("Why it is not made up for"), max_length=200)


class _Dated:
    """A trip under its days, its vehicle and where it goes; its stops are loaded already."""

    def __init__(self, trip: Trip) -> None:
        self.trip = trip

    def __str__(self) -> str:
        departs, returns = clock.local(self.trip.departs_at), clock.local(self.trip.returns_at)
        is_one_day = departs.date() == returns.date()
        until = f"–{returns:%H:%M}" if is_one_day else f" – {returns:%d/%m/%Y %H:%M}"
        stops = [event for event in self.trip.events.all() if not event.is_cancelled]
        names = list(dict.fromkeys(event.venue.name for event in stops))
        shown = names if len(names) <= STOPS_NAMED else [*names[:STOPS_NAMED], "…"]
        parts = [f"{departs:%d/%m/%Y %H:%M}{until}", self.trip.vehicle.name, ", ".join(shown)]
        return " · ".join(part for part in parts if part)
