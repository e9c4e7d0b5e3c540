"""The forms of a scenario's stops: finding them, one by one, many at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.places.models import AdministrativeUnit, Venue
from outreach.planning.models import ScenarioStop
from outreach.web.plan.forms import PlanForm
from outreach.web.plan.scenario_forms import pick_of
from outreach.web.schedule.fields import ClockField, DayField, Pick, PickSeveral
from outreach.web.widgets import CountInput

NTHS = [
    ("1", pgettext_lazy("weekday of the month", "first")),
    ("2", pgettext_lazy("weekday of the month", "second")),
    ("3", pgettext_lazy("weekday of the month", "third")),
    ("4", pgettext_lazy("weekday of the month", "fourth")),
    ("5", pgettext_lazy("weekday of the month", "fifth")),
    ("-1", pgettext_lazy("weekday of the month", "last")),
]
RHYTHMS = [
    ("weeks", _("Every so many weeks")),
    ("nth", _("On weekdays of the month")),
    ("times", _("So many times in the season")),
]
PRIORITIES = [(value, capfirst(label)) for value, label in ScenarioStop.Priority.choices]
KEEP = ("", pgettext_lazy("what becomes of a value", "Leave as it is"))


class FindStopsForm(forms.Form):
    """What the list of stops is narrowed to."""

    text = forms.CharField(
        label=_("Name or commune"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    commune = Pick(label=_("Commune"), required=False, empty=pgettext_lazy("communes", "All"))
    rhythm = forms.ChoiceField(
        label=_("Rhythm"),
        required=False,
        choices=[
            ("", pgettext_lazy("rhythms", "All")),
            ("1", _("every week")),
            ("2", _("every 2 weeks")),
            ("3", _("every 3 weeks")),
            ("4", _("every 4 weeks")),
            ("weeks", _("every so many weeks")),
            ("nth", _("on weekdays of the month")),
            ("times", _("so many times in the season")),
        ],
    )
    included = forms.ChoiceField(
        label=pgettext_lazy("filter", "Only"),
        required=False,
        choices=[
            ("", pgettext_lazy("stops", "All")),
            ("yes", _("Planned")),
            ("no", _("Not planned")),
        ],
    )

    def __init__(self, data: Any, *, communes: Sequence[AdministrativeUnit]) -> None:
        super().__init__(data)
        pick_of(self, "commune").offer({str(one.pk): one for one in communes})

    def asked(self) -> dict[str, Any]:
        """Return what the selector is told; nothing for what cannot be read."""
        if not self.is_valid():
            return {}
        data = self.cleaned_data
        rhythm = data["rhythm"]
        return {
            "text": data["text"],
            "commune": data["commune"],
            "rhythm": "" if rhythm.isdecimal() else rhythm,
            "every_weeks": int(rhythm) if rhythm.isdecimal() else None,
            "included": {"yes": True, "no": False}.get(data["included"]),
        }


class StopForm(PlanForm):
    """How often a venue is visited, how long, and when it suits."""

    rhythm = forms.ChoiceField(label=_("How often"), choices=RHYTHMS)
    every_weeks = forms.IntegerField(
        label=_("Every how many weeks"), min_value=1, max_value=26, widget=CountInput
    )
    nths = forms.MultipleChoiceField(
        label=_("Which of the month"),
        choices=NTHS,
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "inline"}),
    )
    times = forms.IntegerField(
        label=_("Times in the season"), min_value=1, max_value=60, widget=CountInput
    )
    weekday = forms.TypedChoiceField(
        label=_("Only on"),
        required=False,
        coerce=int,
        empty_value=None,
        choices=[
            ("", pgettext_lazy("weekday", "Any weekday")),
            *((number, capfirst(name)) for number, name in WEEKDAYS.items()),
        ],
    )
    tolerance_days = forms.IntegerField(
        label=_("Days before or after"),
        min_value=0,
        max_value=14,
        widget=CountInput,
        help_text=_("How far a visit may lie beside its rhythm."),
    )
    service_min = forms.IntegerField(
        label=_("Minutes of service"), min_value=1, max_value=600, widget=CountInput
    )
    opens = ClockField(
        label=pgettext_lazy("clock time", "From"),
        required=False,
        help_text=_("Empty: as the venue is open."),
    )
    closes = ClockField(label=pgettext_lazy("clock time", "Until"), required=False)
    priority = forms.TypedChoiceField(label=_("Priority"), coerce=int, choices=PRIORITIES)
    due_on = DayField(label=_("First visit by"), required=False)
    is_included = forms.BooleanField(label=_("Plan visits here"), required=False)

    NAMES: ClassVar = (
        *("rhythm", "every_weeks", "times", "weekday", "tolerance_days", "service_min"),
        *("opens", "closes", "priority", "due_on", "is_included"),
    )

    def __init__(self, *args: Any, stop: ScenarioStop, **kwargs: Any) -> None:
        kwargs["initial"] = {name: getattr(stop, name) for name in self.NAMES} | {
            "nths": [part for part in stop.nths.split(",") if part]
        }
        kwargs["auto_id"] = f"id_{stop.pk}_%s"
        super().__init__(*args, **kwargs)

    def clean(self) -> dict[str, Any]:
        """Ask for what the rhythm needs, and for both hours or none."""
        data = super().clean()
        if data.get("rhythm") == ScenarioStop.Rhythm.NTH:
            if not data.get("nths"):
                self.add_error("nths", _("Say which weekdays of the month."))
            if data.get("weekday") is None:
                self.add_error("weekday", _("Say which weekday."))
        opens, closes = data.get("opens"), data.get("closes")
        if (opens is None) != (closes is None) and not {"opens", "closes"} & self.errors.keys():
            self.add_error("closes", _("Give both times, or none."))
        elif opens and closes and closes <= opens:
            self.add_error("closes", _("The end must be after the start."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the fields of the service."""
        return dict(self.cleaned_data) | {"nths": ",".join(self.cleaned_data["nths"])}


class ManyStopsForm(PlanForm):
    """What becomes of many stops at once."""

    stops = forms.MultipleChoiceField(required=False, widget=forms.MultipleHiddenInput)
    whole = forms.BooleanField(required=False, widget=forms.HiddenInput)
    every_weeks = forms.IntegerField(
        label=_("Every how many weeks"),
        required=False,
        min_value=1,
        max_value=26,
        widget=CountInput,
    )
    tolerance_days = forms.IntegerField(
        label=_("Days before or after"),
        required=False,
        min_value=0,
        max_value=14,
        widget=CountInput,
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), required=False, coerce=int, choices=[KEEP, *PRIORITIES]
    )
    is_included = forms.ChoiceField(
        label=_("Plan visits"),
        required=False,
        choices=[KEEP, ("yes", _("Yes")), ("no", _("No"))],
    )

    def __init__(self, *args: Any, pks: Sequence[int] = (), **kwargs: Any) -> None:
        kwargs["auto_id"] = "id_many_%s"
        super().__init__(*args, **kwargs)
        field = cast(forms.MultipleChoiceField, self.fields["stops"])
        field.choices = [(str(pk), str(pk)) for pk in pks]

    def clean(self) -> dict[str, Any]:
        """Ask for stops and for something to change."""
        data = super().clean()
        if self.errors:
            return data
        if not data["stops"] and not data["whole"]:
            self.add_error(None, _("Choose the stops first."))
        elif not self.wanted():
            self.add_error(None, _("Say what is to be changed."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the fields to set: those that were filled in."""
        data = self.cleaned_data
        fields: dict[str, Any] = {}
        if data.get("every_weeks"):
            fields |= {"rhythm": ScenarioStop.Rhythm.WEEKS, "every_weeks": data["every_weeks"]}
        if data.get("tolerance_days") is not None:
            fields["tolerance_days"] = data["tolerance_days"]
        if data.get("priority"):
            fields["priority"] = data["priority"]
        if data.get("is_included"):
            fields["is_included"] = data["is_included"] == "yes"
        return fields


class FindVenuesToAddForm(forms.Form):
    """What the list of venues to add is narrowed to."""

    text = forms.CharField(
        label=_("Name or commune"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )


class AddStopsForm(PlanForm):
    """More venues to be visited."""

    venues = PickSeveral(label=_("Venues"))

    def __init__(self, *args: Any, venues: Sequence[Venue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        several = cast(PickSeveral, self.fields["venues"])
        several.offer({str(one.pk): one for one in venues})
        several.choices = [
            (str(one.pk), f"{one.name} ({one.commune.full_name})" if one.commune else one.name)
            for one in venues
        ]
