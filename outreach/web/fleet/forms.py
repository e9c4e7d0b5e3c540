"""The forms with which a library keeps its vehicles, crew and their times off."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.fleet.models import CrewMember, Unavailability, Vehicle
from outreach.places.models import Venue
from outreach.web.schedule.fields import ClockField, DayField, Pick
from outreach.web.versions import VersionedForm
from outreach.web.widgets import CountInput

MIDNIGHT = time()


class FleetForm(VersionedForm):
    """A form behind which a service of the fleet stands."""

    shown_at: ClassVar[dict[str, str]] = {}

    def pick(self, name: str) -> Pick:
        """Return the field of a list of things to pick one from."""
        return cast(Pick, self.fields[name])

    def show(self, refusal: DomainError | ValidationError) -> None:
        """Show what model or service refuses at the field it concerns."""
        if isinstance(refusal, DomainError):
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.message)
            return
        for name, errors in refusal.update_error_dict({}).items():
            field = self.shown_at.get(name, name)
            for error in errors:
                self.add_error(field if field in self.fields else None, error)


class VehicleForm(FleetForm):
    """A van, boat or push-cart."""

    name = forms.CharField(label=_("Name"), max_length=100)
    kind = forms.ChoiceField(
        label=pgettext_lazy("vehicle", "Kind"),
        choices=[(value, capfirst(label)) for value, label in Vehicle.Kind.choices],
    )
    plate = forms.CharField(label=_("Number plate"), required=False, max_length=20)
    length_m = forms.FloatField(
        label=_("Length (m)"),
        required=False,
        min_value=0.5,
        max_value=60,
        help_text=_("Compared with what the way to a venue takes."),
        widget=forms.NumberInput(attrs={"step": "0.1"}),
    )
    capacity_items = forms.IntegerField(
        label=_("Items it carries"),
        required=False,
        min_value=0,
        max_value=1_000_000,
        widget=CountInput,
    )
    base = Pick(
        label=_("Base"),
        required=False,
        empty=pgettext_lazy("base of a vehicle", "Not said"),
        help_text=_("The venue it sets out from and comes back to."),
        widget=forms.Select(attrs={"data-search": _("Search venue or commune")}),
    )
    is_in_use = forms.BooleanField(label=_("Still in use"), required=False, initial=True)

    def __init__(
        self, *args: Any, library: Library, record: Vehicle | None = None, **kwargs: Any
    ) -> None:
        if record is not None:
            kwargs["initial"] = {
                name: getattr(record, name)
                for name in ("name", "kind", "plate", "length_m", "capacity_items", "is_in_use")
            } | {"base": record.base.code if record.base else ""}
        super().__init__(*args, record=record, **kwargs)
        venues = Venue.objects.filter(library=library).in_use().order_by("name")
        self.pick("base").offer({one.code: one for one in venues})


class MemberForm(FleetForm):
    """Somebody who goes out."""

    full_name = forms.CharField(label=_("Name"), max_length=120)
    phone = forms.CharField(
        label=_("Phone"),
        required=False,
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel"}),
        help_text=_("Seen by staff only."),
    )
    can_operate = forms.BooleanField(
        label=_("May operate vehicles"), required=False, help_text=_("With a licence for them.")
    )
    is_professional = forms.BooleanField(
        label=_("Is professional staff"),
        required=False,
        initial=True,
        help_text=_("Trained as a librarian, as the circular asks of two of three."),
    )
    is_in_use = forms.BooleanField(label=_("Goes out"), required=False, initial=True)

    def __init__(
        self, *args: Any, library: Library, record: CrewMember | None = None, **kwargs: Any
    ) -> None:
        if record is not None:
            names = ("full_name", "phone", "can_operate", "is_professional", "is_in_use")
            kwargs["initial"] = {name: getattr(record, name) for name in names}
        super().__init__(*args, record=record, **kwargs)


class TimeOffForm(FleetForm):
    """When a vehicle or somebody of the crew is not to be had, and why."""

    who = Pick(label=_("Vehicle or crew member"), empty=_("Please choose…"))
    starts_on = DayField(label=_("First day"))
    starts = ClockField(
        label=pgettext_lazy("clock time", "From"), required=False, help_text=_("Empty: all day.")
    )
    last_on = DayField(
        label=_("Last day"), required=False, help_text=_("Empty: only the first day.")
    )
    ends = ClockField(
        label=pgettext_lazy("clock time", "Until"),
        required=False,
        help_text=_("Empty: until the end of the day."),
    )
    reason = forms.CharField(
        label=_("Reason"), max_length=200, help_text=_("Such as: inspection, leave, training.")
    )

    shown_at: ClassVar[dict[str, str]] = {"starts_at": "starts_on", "ends_at": "last_on"}

    def __init__(
        self, *args: Any, library: Library, record: Unavailability | None = None, **kwargs: Any
    ) -> None:
        if record is not None:
            kwargs["initial"] = _initial(record)
        super().__init__(*args, record=record, **kwargs)
        vehicles = {f"v{one.pk}": one for one in Vehicle.objects.filter(library=library).in_use()}
        crew = {f"c{one.pk}": one for one in CrewMember.objects.filter(library=library).in_use()}
        if record is not None:
            # Theirs stays on offer though they may have left since.
            owner = record.vehicle or record.member
            (vehicles if record.vehicle else crew)[_key(record)] = cast(Any, owner)
        groups = [
            (str(_("Vehicles")), [(key, str(one)) for key, one in vehicles.items()]),
            (str(_("Crew")), [(key, str(one)) for key, one in crew.items()]),
        ]
        self.pick("who").offer({**vehicles, **crew}, groups)

    def clean(self) -> dict[str, Any]:
        """Join days and times to instants; without times whole days are meant."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("last_on") or data.get("starts_on")
        if first is None or last is None:
            return data
        data["starts_at"] = clock.at(first, data.get("starts") or MIDNIGHT)
        ends = data.get("ends")
        until = clock.at(last, ends) if ends else clock.at(last + timedelta(days=1), MIDNIGHT)
        data["ends_at"] = until
        if until <= data["starts_at"]:
            self.add_error("last_on", _("The end must be after the start."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        data = self.cleaned_data
        names = ("starts_at", "ends_at", "reason")
        return {name: data[name] for name in names} | {"of": data["who"]}


def _key(record: Unavailability) -> str:
    return f"v{record.vehicle_id}" if record.vehicle_id else f"c{record.member_id}"


def _initial(record: Unavailability) -> dict[str, Any]:
    starts, ends = clock.local(record.starts_at), clock.local(record.ends_at)
    ends_with_day = ends.time() == MIDNIGHT
    last = ends.date() - timedelta(days=1) if ends_with_day else ends.date()
    return {
        "who": _key(record),
        "starts_on": starts.date(),
        "starts": None if starts.time() == MIDNIGHT else starts.time(),
        "last_on": None if last == starts.date() else last,
        "ends": None if ends_with_day else ends.time(),
        "reason": record.reason,
    }
