"""The forms with which a season's plan goes its way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput, StaleWrite
from outreach.planning.models import Season, SeasonSubmission
from outreach.web.plan.forms import PlanForm, SeasonForm
from outreach.web.schedule.fields import DayField
from outreach.web.versions import VersionedForm


class SeasonEditForm(SeasonForm, VersionedForm):
    """A season's name and days."""

    reason = forms.CharField(label=_("Why"), required=False, max_length=500)

    def __init__(self, *args: Any, season: Season, **kwargs: Any) -> None:
        names = ("name", "starts_on", "last_on")
        kwargs["initial"] = {name: getattr(season, name) for name in names}
        super().__init__(*args, record=season, **kwargs)


class ChecksumForm(PlanForm):
    """A form about the plan that was looked at, and no other."""

    expected_checksum = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, checksum: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"expected_checksum": checksum}
        super().__init__(*args, **kwargs)
        self._checksum = checksum

    def take_news(self) -> None:
        """Know the plan as it is now: sending the form once more means wanting it all the same."""
        sent = cast(QueryDict, self.data).copy()
        sent["expected_checksum"] = self._checksum
        self.data = sent

    @property
    def seen(self) -> str | None:
        """The checksum of the plan that was looked at."""
        return self.cleaned_data["expected_checksum"] or None


class SubmitForm(ChecksumForm):
    """Handing the plan in."""

    note = forms.CharField(
        label=_("Note for those who decide"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class PublishForm(ChecksumForm):
    """Making the season public."""

    accept_differences = forms.BooleanField(
        label=_("Publish it as it stands today, though it was approved otherwise"), required=False
    )
    override_reason = forms.CharField(
        label=_("Why go ahead all the same?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Your reason is kept with each trip and shown to everyone who plans it."),
    )

    def __init__(self, *args: Any, differs: bool, asks_override: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not differs:
            del self.fields["accept_differences"]
        if not asks_override:
            del self.fields["override_reason"]

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service."""
        return {
            "accept_differences": self.cleaned_data.get("accept_differences", False),
            "override_reason": self.cleaned_data.get("override_reason", ""),
            "expected_checksum": self.seen,
        }


class _DecisionForm(PlanForm, VersionedForm):
    def __init__(self, *args: Any, submission: SeasonSubmission, **kwargs: Any) -> None:
        super().__init__(*args, record=submission, **kwargs)


class ApproveForm(_DecisionForm):
    """Recording that the plan was approved."""

    authority = forms.CharField(
        label=_("Authority"), max_length=200, help_text=_("Who approved the plan.")
    )
    decision = forms.CharField(label=_("Number of the decision"), max_length=80)
    decision_on = DayField(label=_("Date of the decision"))
    note = forms.CharField(label=_("Note"), required=False, max_length=2000)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"decision_on": clock.today()})
        super().__init__(*args, **kwargs)


class ReturnForm(_DecisionForm):
    """Sending the plan back."""

    note = forms.CharField(
        label=_("What should be changed"),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("auto_id", "id_return_%s")  # it stands beside the other decision
        super().__init__(*args, **kwargs)


class WithdrawForm(_DecisionForm):
    """Taking the plan back."""

    note = forms.CharField(label=_("Why it is taken back"), required=False, max_length=500)


def succeeds(form: PlanForm, change: Callable[[], object], record: Any = None) -> bool:
    """Read the form and do the change; tell whether all went well. The form shows what did not."""
    if not form.is_valid():
        return False
    try:
        change()
    except (ValidationError, InvalidInput, Conflict) as refusal:
        form.show(refusal)
        if isinstance(refusal, StaleWrite):
            _take_news(form, record)
    return not form.errors


def _take_news(form: PlanForm, record: Any) -> None:
    if isinstance(form, ChecksumForm):
        form.take_news()
    elif isinstance(form, VersionedForm):
        form.take_news(record)
