"""The form of a result sheet, made for the event it is about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any
from uuid import uuid4

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from outreach.attendance import content
from outreach.attendance.domain import outputs_of
from outreach.attendance.inputs import ActivityResult, Figure, SheetInput
from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    ResultSheet,
    SheetActivity,
)
from outreach.common import clock
from outreach.common.errors import DomainError, RuleBroken
from outreach.scheduling.models import Activity, Audience, Event
from outreach.web.results.fields import FigureField
from outreach.web.schedule.fields import ClockField

HINTS = {
    "people_served": _("Every person once, whatever they took part in. Teachers count too."),
    "items_used": _("Read or looked at on the spot; not what was taken home."),
    "items_lent": _("Taken home; gifts are not loans."),
    "cards_issued": _("New readers only."),
}


@dataclass(frozen=True, slots=True)
class ActivityPart:
    """The fields of one activity."""

    activity: Activity
    held: forms.BoundField
    figures: list[forms.BoundField]


class SheetForm(forms.Form):
    """A sheet as a person fills it in: what was typed stays, whatever is wrong with it.

    Args:
        event: with its activities.
        base: the version that is corrected, if one is.
    """

    uid = forms.UUIDField(widget=forms.HiddenInput)
    outcome = forms.ChoiceField(
        label=_("Was it held?"),
        choices=lambda: [(code, capfirst(label)) for code, label in ResultSheet.Outcome.choices],
        widget=forms.RadioSelect(attrs={"class": "inline"}),
    )
    started_at = ClockField(label=_("Really began"), required=False)
    ended_at = ClockField(label=_("Really ended"), required=False)
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Why it was not held, what was special. No names of children."),
    )
    reason = forms.CharField(
        label=_("Why is it corrected?"),
        max_length=1000,
        help_text=_("Everybody who looks at the figures can read this."),
    )
    confirm_warnings = forms.BooleanField(label=_("Yes, it is right"), required=False)

    def __init__(self, data: Any = None, *, event: Event, base: ResultSheet | None = None) -> None:
        self.event, self.base = event, base
        self.activities = list(event.activities.all())
        self.audiences = list(Audience.objects.filter(in_use=True))
        self.questions: list[Any] = []
        super().__init__(data, initial={"uid": uuid4(), "outcome": "held"}, label_suffix="")
        if base is None:
            del self.fields["reason"]
        self._add_fields()
        if base is not None:
            self._fill_from(base)

    # --- What the page draws -----------------------------------------------------------------

    @property
    def item_figures(self) -> list[forms.BoundField]:
        """What was used and lent."""
        return [self["items_used"], self["items_lent"]]

    @property
    def card_figures(self) -> list[forms.BoundField]:
        """Cards issued and renewed."""
        return [self["cards_issued"], self["cards_renewed"]]

    @property
    def stock_figures(self) -> list[forms.BoundField]:
        """What the check of the stock found."""
        return [self["items_lost"], self["items_damaged"]]

    @property
    def age_bands(self) -> list[forms.BoundField]:
        """The audiences that add up to the people served."""
        return [self[_audience(row)] for row in self.audiences if row.is_age_band]

    @property
    def priority_groups(self) -> list[forms.BoundField]:
        """The audiences that cut across the age bands."""
        return [self[_audience(row)] for row in self.audiences if not row.is_age_band]

    @property
    def parts(self) -> Iterator[ActivityPart]:
        """The fields of each activity, in order."""
        for activity in self.activities:
            codes = [code for code in ACTIVITY_MEASURES if _output(activity, code) in self.fields]
            yield ActivityPart(
                activity,
                self[_held(activity)],
                [self[_output(activity, code)] for code in codes],
            )

    # --- What the services are given -----------------------------------------------------------

    def sheet(self) -> SheetInput:
        """Return what was entered; only for a valid form."""
        values = self.cleaned_data
        return SheetInput(
            figures={code: values[code] for code in SHEET_MEASURES},
            audiences={row.code: values[_audience(row)] for row in self.audiences},
            activities=tuple(self._result_of(activity) for activity in self.activities),
            outcome=values["outcome"],
            started_at=self._moment("started_at", self.event.starts_at),
            ended_at=self._moment("ended_at", self.event.ends_at),
            note=values["note"],
        )

    def take(self, error: DomainError) -> None:
        """Show a refusal at the fields it is about, and questions together with their answer."""
        if not isinstance(error, RuleBroken):
            self._show(error.field, error.message)
            return
        self.questions = [finding for finding in error.findings if finding.is_soft]
        for finding in error.findings:
            if not finding.is_soft:
                self._show(finding.field, finding.message)

    # --- Inside --------------------------------------------------------------------------------

    def _add_fields(self) -> None:
        for code in SHEET_MEASURES:
            self.fields[code] = FigureField(
                label=_label(ResultSheet, code), help_text=HINTS.get(code, "")
            )
        for row in self.audiences:
            self.fields[_audience(row)] = FigureField(label=row.name)
        for activity in self.activities:
            self.fields[_held(activity)] = forms.BooleanField(
                label=_("This took place"), required=False, initial=True
            )
            for code in outputs_of(activity.kind_id):
                self._add_output(activity, code)

    def _add_output(self, activity: Activity, code: str) -> None:
        self.fields[_output(activity, code)] = FigureField(label=_label(SheetActivity, code))

    def _fill_from(self, base: ResultSheet) -> None:
        known = content.stored(base)
        self.initial.update({"outcome": known.outcome, "note": known.note, **known.figures})
        for name, moment in (("started_at", known.started_at), ("ended_at", known.ended_at)):
            self.initial[name] = clock.local(moment).time() if moment else None
        for row in self.audiences:
            self.initial[_audience(row)] = known.audiences.get(row.code)
        results = {result.activity_id: result for result in known.activities}
        for activity in self.activities:
            if activity.pk in results:
                self._fill_activity(activity, results[activity.pk])

    def _fill_activity(self, activity: Activity, result: ActivityResult) -> None:
        self.initial[_held(activity)] = result.was_held
        for code, figure in result.figures.items():
            # What came in another way stays on the sheet, though the page would not ask for it.
            if figure.is_collected and _output(activity, code) not in self.fields:
                self._add_output(activity, code)
            self.initial[_output(activity, code)] = figure

    def _result_of(self, activity: Activity) -> ActivityResult:
        figures: dict[str, Figure] = {
            code: self.cleaned_data[_output(activity, code)]
            for code in ACTIVITY_MEASURES
            if _output(activity, code) in self.cleaned_data
        }
        return ActivityResult(activity.pk, self.cleaned_data[_held(activity)], figures)

    def _moment(self, name: str, planned_at: datetime) -> datetime | None:
        """Return the instant of a time of day, on the day it was planned for (or said before)."""
        chosen: time | None = self.cleaned_data[name]
        if chosen is None:
            return None
        before = getattr(self.base, name) if self.base else None
        return clock.at(clock.local(before or planned_at).date(), chosen)

    def _show(self, field: str | None, message: str) -> None:
        name = self._own_name(field)
        if name in self.fields:
            self.add_error(name, message)
            return
        self.add_error(None, message)

    def _own_name(self, field: str | None) -> str:
        """Return the name this form gives to a field of :class:`SheetInput`."""
        group, *rest = (field or "").split(".")
        if group == "audiences" and rest:
            return f"audience_{rest[0]}"
        if group == "activities" and len(rest) == 2:
            return _output(self.activities[int(rest[0])], rest[1])
        return group


class AcceptForm(forms.Form):
    """Letting a waiting sheet count."""

    reason = forms.CharField(label=_("Remark"), required=False, max_length=1000)


class RejectForm(forms.Form):
    """Keeping a waiting sheet out of the figures."""

    reason = forms.CharField(label=_("Why it does not count"), max_length=1000)


def _audience(row: Audience) -> str:
    return f"audience_{row.code}"


def _held(activity: Activity) -> str:
    return f"activity_{activity.pk}_held"


def _output(activity: Activity, code: str) -> str:
    return f"activity_{activity.pk}_{code}"


def _label(model: type[ResultSheet | SheetActivity], code: str) -> str:
    return capfirst(str(model._meta.get_field(code).verbose_name))  # type: ignore[union-attr]
