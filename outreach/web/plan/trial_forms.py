"""The forms that ask "what if": each makes a copy of a scenario with one thing changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.planning.scenarios.what_if import (
    ClosedWay,
    EveryStop,
    FewerVehicles,
    MoreVenues,
    NewBase,
)
from outreach.web.plan.forms import PlanForm
from outreach.web.plan.scenario_forms import SEARCH, ClosureForm, by_commune, pick_of
from outreach.web.schedule.fields import Pick, PickSeveral
from outreach.web.widgets import CountInput

SCHOOLS = frozenset({Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT})
Change = FewerVehicles | EveryStop | NewBase | MoreVenues | ClosedWay


class TrialForm(PlanForm):
    """One question. ``kind`` is its word in addresses, ``question`` how it is asked."""

    kind = ""
    question: Any = ""

    def change(self) -> Change:
        """Return what is to be tried out."""
        raise NotImplementedError


class FewerVehiclesForm(TrialForm):
    """With fewer vehicles."""

    kind = "fewer"
    question = _("What if a vehicle were missing?")

    vehicles = PickSeveral(label=_("Without"))

    def __init__(self, *args: Any, vehicles: Sequence[Vehicle], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        several = cast(PickSeveral, self.fields["vehicles"])
        several.offer({str(one.pk): one for one in vehicles})

    def change(self) -> FewerVehicles:
        """Return the vehicles to do without."""
        return FewerVehicles(tuple(self.cleaned_data["vehicles"]))


class EveryStopForm(TrialForm):
    """With another cycle for all stops."""

    kind = "every"
    question = _("What if every stop were visited in another cycle?")

    weeks = forms.IntegerField(
        label=_("Every how many weeks"), min_value=1, max_value=26, initial=3, widget=CountInput
    )

    def change(self) -> EveryStop:
        """Return the cycle."""
        return EveryStop(self.cleaned_data["weeks"])


class NewBaseForm(TrialForm):
    """With a vehicle based elsewhere."""

    kind = "base"
    question = _("What if a vehicle set out from somewhere else?")

    vehicle = Pick(label=_("Vehicle"), empty=_("Choose a vehicle…"))
    venue = Pick(
        label=_("New base"), empty=_("Choose a venue…"), widget=forms.Select(attrs=dict(SEARCH))
    )

    def __init__(
        self, *args: Any, vehicles: Sequence[Vehicle], venues: Sequence[Venue], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        pick_of(self, "vehicle").offer({str(one.pk): one for one in vehicles})
        pick_of(self, "venue").offer({str(one.pk): one for one in venues}, by_commune(venues))

    def change(self) -> NewBase:
        """Return the vehicle and its base."""
        return NewBase(self.cleaned_data["vehicle"], self.cleaned_data["venue"])


class MoreVenuesForm(TrialForm):
    """With more venues."""

    kind = "more"
    question = _("What if more venues were served?")

    commune = Pick(label=_("All venues of a commune"), required=False, empty=_("None"))
    first = forms.IntegerField(
        label=_("Or so many of those not served yet"),
        required=False,
        min_value=1,
        max_value=200,
        widget=CountInput,
        help_text=_("In the order of their communes."),
    )
    only_schools = forms.BooleanField(label=_("Schools and school points only"), required=False)

    def __init__(self, *args: Any, venues: Sequence[Venue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.venues = venues
        communes = {str(one.commune.pk): one.commune for one in venues if one.commune is not None}
        pick_of(self, "commune").offer(
            dict(sorted(communes.items(), key=lambda pair: pair[1].full_name))
        )

    def clean(self) -> dict[str, Any]:
        """Ask for a commune or a number."""
        data = super().clean()
        if not self.errors and not data.get("commune") and not data.get("first"):
            self.add_error("first", _("Choose a commune, or say how many."))
        if not self.errors and not self._wanted():
            self.add_error(None, _("There is no such venue that is not served yet."))
        return data

    def change(self) -> MoreVenues:
        """Return the venues."""
        return MoreVenues(tuple(self._wanted()))

    def _wanted(self) -> Sequence[Venue]:
        commune: AdministrativeUnit | None = self.cleaned_data["commune"]
        fitting = [
            one
            for one in self.venues
            if one.kind in SCHOOLS or not self.cleaned_data["only_schools"]
        ]
        if commune is not None:
            return [one for one in fitting if one.commune == commune]
        return fitting[: self.cleaned_data["first"]]


class ClosedWayForm(ClosureForm, TrialForm):
    """With a way closed."""

    kind = "closed"
    question = _("What if a way were closed for a while?")

    def change(self) -> ClosedWay:
        """Return the way."""
        return ClosedWay(**self.wanted())
