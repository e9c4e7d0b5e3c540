"""The forms with which somebody says what a season is to be planned from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.common.weekdays import WeekdaysFormField
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.planning.models import Scenario, ScenarioVehicle
from outreach.planning.scenarios.selectors import Member
from outreach.web.disruptions.forms import UnitsField
from outreach.web.plan.forms import ONE_DAY, PlanForm
from outreach.web.schedule.fields import ClockField, DayField, Pick, PickSeveral
from outreach.web.versions import VersionedForm
from outreach.web.widgets import CountInput

MOST_SECONDS = 3600
SEARCH = {"data-search": _("Search venue or commune")}


def pick_of(form: forms.Form, name: str) -> Pick:
    """Return a field of things to pick one from."""
    return cast(Pick, form.fields[name])


class WeightInput(CountInput):
    """From 0 to 10; a script puts a slider beside it."""

    def __init__(self) -> None:
        super().__init__({"max": 10, "data-slider": ""})


def _weight(label: Any, hint: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, help_text=hint, min_value=0, max_value=10, widget=WeightInput()
    )


def _money(label: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label, min_value=0, max_value=100_000_000, widget=CountInput({"step": 100})
    )


class WeightsForm(PlanForm, VersionedForm):
    """What counts when a season is planned."""

    WEIGHTS: ClassVar = ("fairness", "balance", "steadiness", "same_vehicle", "hours")
    COSTS: ClassVar = ("km_cost", "hour_cost", "day_cost", "night_cost")

    name = forms.CharField(label=_("Name"), max_length=120)
    fairness = _weight(
        _("Those who waited longest first"),
        _("Communes that nobody has visited for long, and those with priority."),
    )
    balance = _weight(
        _("Even weeks and crews"), _("No week much fuller than the others, for vehicles and crews.")
    )
    steadiness = _weight(
        _("Little change"), _("Visits stay where the running season has them, as far as may be.")
    )
    same_vehicle = _weight(
        _("The same weekday and vehicle"),
        _("A venue sees the same van on the same weekday each time."),
    )
    hours = _weight(_("Short days"), _("Fewer hours from leaving to coming back."))
    km_cost = _money(_("A kilometre"))
    hour_cost = _money(_("An hour of a crew"))
    day_cost = _money(_("A day out"))
    night_cost = _money(_("A night away"))
    goes_on_holidays = forms.BooleanField(
        label=_("Plan visits on public holidays too"), required=False
    )

    def __init__(self, *args: Any, scenario: Scenario, **kwargs: Any) -> None:
        names = ("name", *self.WEIGHTS, *self.COSTS, "goes_on_holidays")
        kwargs["initial"] = {name: getattr(scenario, name) for name in names}
        super().__init__(*args, record=scenario, **kwargs)

    @property
    def weights(self) -> list[forms.BoundField]:
        """The fields from 0 to 10."""
        return [self[name] for name in self.WEIGHTS]

    @property
    def costs(self) -> list[forms.BoundField]:
        """The fields in money."""
        return [self[name] for name in self.COSTS]

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        return dict(self.cleaned_data)


class ScenarioVehicleForm(PlanForm):
    """A vehicle that may go out, and when."""

    vehicle = Pick(label=_("Vehicle"), empty=_("Choose a vehicle…"))
    base = Pick(
        label=_("Base"), empty=_("Choose a venue…"), widget=forms.Select(attrs=dict(SEARCH))
    )
    weekdays = WeekdaysFormField(label=_("Goes out on"), required=True)
    departs = ClockField(label=_("Leaves from"))
    returns = ClockField(label=_("Back by"))
    longest_min = forms.IntegerField(
        label=_("Longest day, in minutes"),
        required=False,
        min_value=60,
        max_value=960,
        widget=CountInput,
        help_text=_("From leaving to coming back. Empty: the whole day."),
    )
    nights = forms.IntegerField(
        label=_("Nights away in a row"),
        min_value=0,
        max_value=2,
        widget=CountInput({"max": 2}),
        help_text=_("0: back at the base each evening."),
    )
    sleeps_at = PickSeveral(
        label=_("May sleep at"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Only asked for with nights away. Hold Ctrl to choose several."),
    )

    def __init__(
        self,
        *args: Any,
        vehicles: Sequence[Vehicle],
        venues: Sequence[Venue],
        chosen: ScenarioVehicle | None = None,
        **kwargs: Any,
    ) -> None:
        if chosen is not None:
            names = ("weekdays", "departs", "returns", "longest_min", "nights")
            kwargs["initial"] = {name: getattr(chosen, name) for name in names} | {
                "base": str(chosen.base_id),
                "sleeps_at": [str(one.pk) for one in chosen.sleeps_at.all()],
            }
        super().__init__(*args, **kwargs)
        offered = {str(one.pk): one for one in venues}
        groups = by_commune(venues)
        pick_of(self, "base").offer(offered, groups)
        several = cast(PickSeveral, self.fields["sleeps_at"])
        several.offer(offered)
        several.choices = groups
        if chosen is None:
            pick_of(self, "vehicle").offer({str(one.pk): one for one in vehicles})
        else:
            del self.fields["vehicle"]

    def clean(self) -> dict[str, Any]:
        """Ask where the vehicle sleeps if it stays away, and refuse an end before the start."""
        data = super().clean()
        if data.get("nights") and not data.get("sleeps_at"):
            self.add_error("sleeps_at", _("Say where the vehicle may sleep."))
        departs, returns = data.get("departs"), data.get("returns")
        if departs and returns and returns <= departs:
            self.add_error("returns", _("The end must be after the start."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the fields of the service, without the vehicle."""
        return {name: value for name, value in self.cleaned_data.items() if name != "vehicle"}


class CrewForm(PlanForm):
    """Who may go out."""

    members = PickSeveral(label=_("Who may go out"), required=False)

    def __init__(self, *args: Any, members: Sequence[Member], **kwargs: Any) -> None:
        kwargs["initial"] = {"members": [str(one.member.pk) for one in members if one.is_chosen]}
        super().__init__(*args, **kwargs)
        offered = {str(one.member.pk): one.member for one in members}
        field = cast(PickSeveral, self.fields["members"])
        field.offer(offered)
        field.choices = [(str(one.member.pk), _named(one)) for one in members]


def _named(one: Member) -> str:
    member = one.member
    skills = [str(_("operator"))] if member.can_operate else []
    skills += [str(_("professional staff"))] if member.is_professional else []
    return f"{member.full_name} ({', '.join(skills)})" if skills else member.full_name


class PinForm(PlanForm):
    """A visit that was promised for a day, and stays there."""

    venue = Pick(
        label=_("Venue"), empty=_("Choose a venue…"), widget=forms.Select(attrs=dict(SEARCH))
    )
    on = DayField(label=_("Day"))
    starts = ClockField(label=_("Start"), required=False, help_text=_("Empty: at any time."))
    vehicle = Pick(label=_("Vehicle"), required=False, empty=pgettext_lazy("vehicle", "Any"))
    why = forms.CharField(label=_("Why"), required=False, max_length=200)

    def __init__(
        self, *args: Any, venues: Sequence[Venue], vehicles: Sequence[Vehicle], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        pick_of(self, "venue").offer({str(one.pk): one for one in venues}, by_commune(venues))
        pick_of(self, "vehicle").offer({str(one.pk): one for one in vehicles})


class ClosureForm(PlanForm):
    """A way that nobody can take for a while."""

    shown_at: ClassVar[dict[str, str]] = {"ends_on": "last_on"}

    name = forms.CharField(
        label=_("What is closed"), max_length=120, help_text=_("Such as a pass, a bridge, a ford.")
    )
    starts_on = DayField(label=_("First day"))
    last_on = DayField(label=_("Last day"))
    units = UnitsField(label=_("Communes behind it"), required=False)
    venues = PickSeveral(
        label=_("Single venues behind it"),
        required=False,
        widget=forms.SelectMultiple(attrs={"size": 6}),
        help_text=_("Hold Ctrl to choose several."),
    )

    def __init__(self, *args: Any, venues: Sequence[Venue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        several = cast(PickSeveral, self.fields["venues"])
        several.offer({str(one.pk): one for one in venues})
        several.choices = by_commune(venues)
        chosen = self.data.getlist("units") if hasattr(self.data, "getlist") else []
        cast(UnitsField, self.fields["units"]).choices = units_to_choose(venues, chosen)

    def clean(self) -> dict[str, Any]:
        """Ask for something behind the closed way."""
        data = super().clean()
        if not self.errors and not data.get("units") and not data.get("venues"):
            self.add_error("units", _("Say what lies behind it."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        data = self.cleaned_data
        return {
            "name": data["name"],
            "starts_on": data["starts_on"],
            "ends_on": data["last_on"] + ONE_DAY,
            "units": tuple(data["units"]),
            "venues": tuple(data["venues"]),
        }


class OrderForm(PlanForm):
    """What is to be worked out, and for how long."""

    aims = forms.MultipleChoiceField(
        label=_("Work out"),
        widget=forms.CheckboxSelectMultiple,
        choices=[
            ("shortest", _("Fewest kilometres")),
            ("fairest", _("Fairest: those who waited longest and communes with priority first")),
            ("steadiest", _("Least change from the running season")),
        ],
        initial=["shortest", "fairest", "steadiest"],
    )
    seconds = forms.IntegerField(
        label=_("Seconds for each"),
        min_value=1,
        max_value=MOST_SECONDS,
        initial=60,
        widget=CountInput({"max": MOST_SECONDS}),
        help_text=_("Longer finds better plans. You may stop early and keep the best so far."),
    )


class NameForm(PlanForm):
    """The name of a copy."""

    name = forms.CharField(label=_("Name of the copy"), max_length=120)


def by_commune(venues: Sequence[Venue]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Return venues as groups of choices, by the name of their commune."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for venue in sorted(venues, key=lambda one: (_commune(one), one.name)):
        groups.setdefault(_commune(venue), []).append((str(venue.pk), venue.name))
    return list(groups.items())


def _commune(venue: Venue) -> str:
    return venue.commune.full_name if venue.commune else str(_("Commune not known"))


def units_to_choose(venues: Sequence[Venue], chosen: Iterable[str]) -> list[tuple[str, str]]:
    """Return the communes of the venues as choices, and those that were chosen beside them."""
    units = {one.commune.pk: one.commune for one in venues if one.commune is not None}
    others = {int(key) for key in chosen if key.isdecimal() and len(key) < 10} - units.keys()
    if others:
        units |= AdministrativeUnit.objects.in_bulk(others)
    named = [(str(unit.pk), unit.full_name) for unit in units.values()]
    return sorted(named, key=lambda choice: choice[1])
