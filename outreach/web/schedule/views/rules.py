"""The page on which a library sets its own rules of scheduling."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from outreach.accounts.domain import Action
from outreach.common.errors import InvalidInput, StaleWrite
from outreach.scheduling.domain import NAMES, NOTES, SOFT_RULES, Rule
from outreach.scheduling.models import RuleSettings
from outreach.scheduling.services.rule_settings import rules_of, set_rules
from outreach.web.access import needs, person
from outreach.web.schedule.fields import ClockField
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.versions import VersionedForm
from outreach.web.widgets import CountInput

FIELDS = (
    *("leg_buffer_min", "class_min", "notice_days", "school_opens", "school_closes"),
    *("term_starts", "term_ends", "holidays"),
)

_STORED_DAY = re.compile(r"(\d{2})-(\d{2})")
_TYPED_DAY = re.compile(r"\s*(\d{1,2})\s*[/.-]\s*(\d{1,2})\s*")


class DayOfYearField(forms.CharField):
    """A day that comes every year, as 05/09 for 5 September; cleans to ``09-05``."""

    default_error_messages = {"invalid": gettext_lazy("Write day and month, such as 05/09.")}

    def prepare_value(self, value: Any) -> Any:
        """Show a stored day as people write it."""
        stored = _STORED_DAY.fullmatch(str(value or ""))
        return f"{stored[2]}/{stored[1]}" if stored else value

    def clean(self, value: Any) -> str:
        """Return month and day as they are stored.

        Raises:
            ValidationError: if no year has such a day.
        """
        typed = super().clean(value)
        found = _TYPED_DAY.fullmatch(typed)
        try:
            # A leap year, so that 29 February is one.
            day = date(2028, int(found[2]), int(found[1])) if found else None
        except ValueError:
            day = None
        if day is None:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return f"{day:%m-%d}"


class RulesForm(VersionedForm):
    """What a library sets of the rules."""

    leg_buffer_min = forms.IntegerField(
        label=gettext_lazy("Minutes to spare on each way"),
        min_value=0,
        max_value=120,
        widget=CountInput,
    )
    class_min = forms.IntegerField(
        label=gettext_lazy("Minutes for each class"), min_value=5, max_value=240, widget=CountInput
    )
    notice_days = forms.IntegerField(
        label=gettext_lazy("Days between a request and the visit"),
        min_value=0,
        max_value=365,
        widget=CountInput,
    )
    school_opens = ClockField(label=gettext_lazy("School begins"))
    school_closes = ClockField(label=gettext_lazy("School ends"))
    term_starts = DayOfYearField(
        label=gettext_lazy("School year begins"),
        max_length=5,
        help_text=gettext_lazy("Day and month, such as 05/09."),
    )
    term_ends = DayOfYearField(
        label=gettext_lazy("Last day of the school year"),
        max_length=5,
        help_text=gettext_lazy("Day and month, such as 31/05."),
    )
    holidays = forms.CharField(
        label=gettext_lazy("Public holidays of"),
        max_length=10,
        required=False,
        help_text=gettext_lazy(
            "Country as two letters, with its part after a hyphen: VN, GB-NIR. Empty: none."
        ),
    )


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def rule_settings(request: HttpRequest) -> HttpResponse:
    """Show the rules that hold for a library, and let its coordinators set their part."""
    user = person(request)
    desk = desk_of(request, user, Action.SCHEDULE)
    stored = rules_of(desk.library)
    record = None if stored._state.adding else stored
    initial = {name: getattr(stored, name) for name in FIELDS}
    form = RulesForm(request.POST or None, record=record, initial=initial)
    if form.is_valid():
        try:
            set_rules(actor=user, library=desk.library, **form.cleaned_data)
        except (InvalidInput, ValidationError, StaleWrite) as refusal:
            _show(form, refusal, record)
        else:
            messages.success(request, _("The rules were kept. They hold from now on."))
            return redirect(f"{reverse('rule_settings')}?library={desk.library.slug}")
    context = {"desk": desk, "form": form, "switches": switches(desk), "weights": _weights()}
    return render(request, "schedule/rules.html", context)


def _weights() -> list[tuple[str, str, list[str]]]:
    """Return what becomes of a plan that breaks a rule, and which rules that is so for."""

    def named(rules: Iterable[Rule]) -> list[str]:
        return sorted(str(NAMES[rule]) for rule in rules)

    return [
        (
            _("Refused unless somebody with the right to says why"),
            _("Coordinators have it. The reason is kept, and shown for as long as it stands."),
            named(SOFT_RULES),
        ),
        (_("Refused always"), "", named(set(Rule) - SOFT_RULES - NOTES)),
        (_("Pointed out only"), "", named(NOTES)),
    ]


def _show(form: RulesForm, refusal: Any, record: RuleSettings | None) -> None:
    if isinstance(refusal, StaleWrite):
        form.add_error(None, refusal.message)
        form.take_news(record)
    elif isinstance(refusal, InvalidInput):
        form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    else:
        for name, errors in refusal.update_error_dict({}).items():
            form.add_error(name if name in form.fields else None, errors)
