"""The forms of proposals: finding visits, moving them by hand, planning anew, publishing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit
from outreach.planning.models import LeftOutVisit, Proposal, ProposedVisit
from outreach.web.plan.forms import PlanForm
from outreach.web.plan.scenario_forms import MOST_SECONDS, pick_of
from outreach.web.schedule.fields import ClockField, DayField, Pick
from outreach.web.widgets import CountInput


class FindVisitsForm(forms.Form):
    """What the list of visits is narrowed to."""

    text = forms.CharField(
        label=_("Name or commune"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    commune = Pick(label=_("Commune"), required=False, empty=pgettext_lazy("communes", "All"))
    vehicle = Pick(label=_("Vehicle"), required=False, empty=pgettext_lazy("vehicles", "All"))
    order = forms.ChoiceField(
        label=_("In the order of"),
        required=False,
        choices=[("", _("commune and venue")), ("day", _("days"))],
    )
    only = forms.ChoiceField(
        label=pgettext_lazy("filter", "Only"),
        required=False,
        choices=[("", pgettext_lazy("visits", "All")), ("pinned", _("Pinned"))],
    )

    def __init__(
        self, data: Any, *, communes: Sequence[AdministrativeUnit], vehicles: Sequence[Vehicle]
    ) -> None:
        super().__init__(data)
        pick_of(self, "commune").offer({str(one.pk): one for one in communes})
        pick_of(self, "vehicle").offer({str(one.pk): one for one in vehicles})

    def asked(self) -> dict[str, Any]:
        """Return what the selector is told; nothing for what cannot be read."""
        if not self.is_valid():
            return {}
        data = self.cleaned_data
        return {
            "text": data["text"],
            "commune": data["commune"],
            "vehicle": data["vehicle"],
            "by_day": data["order"] == "day",
            "pinned": data["only"] == "pinned",
        }


class FindLinesForm(forms.Form):
    """Which trips the map shows."""

    week = forms.ChoiceField(label=_("Week"), required=False)
    vehicle = Pick(label=_("Vehicle"), required=False, empty=pgettext_lazy("vehicles", "All"))

    def __init__(self, data: Any, *, weeks: Sequence[date], vehicles: Sequence[Vehicle]) -> None:
        super().__init__(data)
        cast(forms.ChoiceField, self.fields["week"]).choices = [
            ("", pgettext_lazy("weeks", "All")),
            *((one.isoformat(), date_format(one, "d/m/Y")) for one in weeks),
        ]
        pick_of(self, "vehicle").offer({str(one.pk): one for one in vehicles})

    def first_on(self) -> date | None:
        """Return the Monday that was asked for."""
        text = self.cleaned_data.get("week") if self.is_valid() else ""
        return date.fromisoformat(text) if text else None


class MoveVisitForm(PlanForm):
    """Another day, vehicle or time for a visit; a place for one that was left out."""

    on = DayField(label=_("Day"))
    vehicle = Pick(label=_("Vehicle"))
    starts = ClockField(
        label=_("Start"), required=False, help_text=_("Empty: where it fits best in that day.")
    )
    expected_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        proposal: Proposal,
        vehicles: Sequence[Vehicle],
        visit: ProposedVisit | None = None,
        left_out: LeftOutVisit | None = None,
        **kwargs: Any,
    ) -> None:
        initial: dict[str, Any] = {"expected_revision": proposal.revision}
        if visit is not None:
            initial |= {"on": visit.trip.on, "vehicle": str(visit.trip.vehicle_id)}
        if left_out is not None:
            initial |= {"on": left_out.occurrence_on}
        kwargs["initial"] = initial
        self.season = proposal.scenario.season
        super().__init__(*args, **kwargs)
        pick_of(self, "vehicle").empty = _("Choose a vehicle…")
        pick_of(self, "vehicle").offer({str(one.pk): one for one in vehicles})

    def clean_on(self) -> date:
        """Refuse a day outside the season."""
        on: date = self.cleaned_data["on"]
        if not self.season.starts_on <= on < self.season.ends_on:
            raise forms.ValidationError(_("This day lies outside the season."))
        return on

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        data = self.cleaned_data
        starts = data["starts"]
        return {
            "on": data["on"],
            "vehicle": data["vehicle"],
            "starts_at": clock.at(data["on"], starts) if starts else None,
            "expected_revision": data["expected_revision"],
        }


class ReworkForm(PlanForm):
    """For how long the rest is planned anew."""

    seconds = forms.IntegerField(
        label=_("Seconds"),
        min_value=1,
        max_value=MOST_SECONDS,
        initial=20,
        widget=CountInput({"max": MOST_SECONDS}),
    )


class PublishProposalForm(PlanForm):
    """As what a proposal is published, and why in spite of a rule."""

    how = forms.ChoiceField(
        label=_("Publish as"),
        widget=forms.RadioSelect,
        choices=[
            ("drafts", _("Drafts: nobody but the staff sees them, and the plan can be handed in")),
            ("public", _("Public: readers and hosts see them at once")),
        ],
        initial="drafts",
    )
    override_reason = forms.CharField(
        label=_("Why go ahead all the same?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Your reason is kept with each trip that breaks a rule."),
    )
    expected_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, proposal: Proposal, asks_reason: bool, **kwargs: Any) -> None:
        kwargs["initial"] = {"expected_revision": proposal.revision}
        super().__init__(*args, **kwargs)
        if not asks_reason:
            del self.fields["override_reason"]

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        data = self.cleaned_data
        return {
            "as_drafts": data["how"] == "drafts",
            "override_reason": data.get("override_reason", ""),
            "expected_revision": data["expected_revision"],
        }
