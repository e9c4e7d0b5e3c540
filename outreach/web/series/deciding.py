"""Showing what a change of many events would do, and doing what was agreed to.

Every such page works the same way: a form that is sent first to look, then to do it. What stands
against single dates is decided in the same form. Nothing is done that was not shown.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, QueryDict
from django.utils.translation import gettext_lazy as _

from outreach.common import audit
from outreach.common.errors import Conflict, DomainError, InvalidInput, RuleBroken, StaleWrite
from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Reason
from outreach.scheduling.series.plan import Choice, Line, Plan
from outreach.web.schedule.fields import Pick
from outreach.web.schedule.offer import Offer

CHOICE = "choice-"
LINES_ON_A_PAGE = 40
LOOK, DO = "look", "store"


class PlanForm(forms.Form):
    """A form behind which a plan stands.

    ``inputs`` names, for the inputs of the services, the field a refusal is shown at.
    """

    inputs: ClassVar[dict[str, str]] = {}

    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Readers and the host have been told: they will see this reason."),
    )
    override_reason = forms.CharField(
        label=_("Why go ahead all the same?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Your reason is kept with the trips and shown to everyone who plans them."),
    )
    why = forms.ModelChoiceField(
        Reason.objects.filter(in_use=True),
        label=_("Reason for cancelling"),
        required=False,
        empty_label=_("Choose a reason…"),
    )
    cancel_note = forms.CharField(
        label=_("What readers should know"),
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    shown = forms.CharField(required=False, max_length=4000, widget=forms.HiddenInput)
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, offer: Offer | None = None, record: Any = None, **kwargs: Any
    ) -> None:
        if record is not None:
            version = {"expected_version": audit.version_of(record)}
            kwargs["initial"] = version | (kwargs.get("initial") or {})
        super().__init__(*args, **kwargs)
        self.record = record
        self.soft: list[Finding] = []
        if offer is not None:
            self.prepare(offer)

    def prepare(self, offer: Offer) -> None:
        """Fill the lists to choose from; every kind of form adds its own."""

    def pick(self, name: str) -> Pick:
        """Return the field of a list of things to pick one from."""
        return cast(Pick, self.fields[name])

    def choices(self) -> dict[str, Choice]:
        """Return what was chosen for single dates."""
        return {
            name.removeprefix(CHOICE): Choice(value)
            for name, value in self.data.items()
            if name.startswith(CHOICE) and value in Choice.values
        }

    def reasons(self) -> dict[str, Any]:
        """Return why, for the services of plans."""
        data = self.cleaned_data
        return {
            "reason": data["reason"],
            "override_reason": data["override_reason"],
            "why": data["why"],
            "note": data["cancel_note"],
        }

    def show(self, refusal: DomainError | ValidationError) -> None:
        """Show what a service refuses at the field it concerns."""
        if isinstance(refusal, RuleBroken):
            self.soft = [finding for finding in refusal.findings if finding.is_soft]
            hard = [finding for finding in refusal.findings if not finding.is_soft]
            for finding in hard[:10]:
                self.blame(finding.field, finding.message)
            if not hard:
                self.add_error("override_reason", _("Please say why, or choose otherwise."))
        elif isinstance(refusal, DomainError):
            self.blame(refusal.field, refusal.message)
        else:
            for name, errors in refusal.update_error_dict({}).items():
                for error in errors:
                    self.blame(name, error)

    def blame(self, name: str | None, message: Any) -> None:
        """Show a message at the field of a service's input, or at the form."""
        field = self.inputs.get(name or "", name or "")
        is_shown = field in self.fields and not self.fields[field].widget.is_hidden
        self.add_error(field if is_shown else None, message)

    def remember(self, **values: str) -> None:
        """Let hidden fields say something else when the form is shown again."""
        sent = cast(QueryDict, self.data).copy()
        for name, value in values.items():
            sent[self.add_prefix(name)] = value
        self.data = sent


@dataclass(slots=True)
class Decision:
    """What a page shows of a plan.

    Attributes:
        plan: what would happen; ``None`` where nothing was looked at yet.
        page: the lines that are shown.
        kept: what was chosen for dates on other pages, to be sent along.
        done: what the service returned; ``None`` unless it was done.
    """

    plan: Plan | None = None
    page: Page[Line] | None = None
    kept: Mapping[str, str] | None = None
    done: Any = None


def decide(
    request: HttpRequest,
    form: PlanForm,
    look: Callable[[], Plan],
    do: Callable[[str], Any],
    *,
    at_once: bool = False,
) -> Decision:
    """Look at a plan, or carry it out.

    Args:
        look: returns what would happen.
        do: carries it out, given the digest of what was agreed to; returns anything but ``None``.
        at_once: show the plan already when the page is opened.
    """
    if not form.is_bound:
        return _shown(form, _looked(form, look), request) if at_once else Decision()
    if not form.is_valid():
        return Decision()
    if request.POST.get("do") == DO and _has_seen_its_choices(form):
        try:
            return Decision(done=do(form.cleaned_data["seen"]))
        except (InvalidInput, Conflict, RuleBroken, ValidationError) as refusal:
            form.show(refusal)
            if isinstance(refusal, StaleWrite) and form.record is not None:
                form.remember(expected_version=str(audit.version_of(form.record)))
    return _shown(form, _looked(form, look), request)


def _looked(form: PlanForm, look: Callable[[], Plan]) -> Plan | None:
    try:
        return look()
    except (InvalidInput, Conflict, RuleBroken, ValidationError) as refusal:
        if form.is_bound:
            if not form.errors:
                form.show(refusal)
            return None
        raise


def _has_seen_its_choices(form: PlanForm) -> bool:
    """Tell whether what was chosen is what the preview was made of; otherwise it is shown first."""
    return bool(form.cleaned_data["shown"] == _spelled(form.choices()))


def _spelled(choices: Mapping[str, Choice]) -> str:
    said = "\n".join(f"{name} {value}" for name, value in sorted(choices.items()))
    return hashlib.sha256(said.encode()).hexdigest()


def _shown(form: PlanForm, plan: Plan | None, request: HttpRequest) -> Decision:
    if plan is None:
        return Decision()
    ordered = sorted(plan.lines, key=lambda line: not line.is_worth_a_look)
    pages = Paginator(ordered, LINES_ON_A_PAGE)
    page = pages.get_page(request.POST.get("page"))
    here = {line.name for line in page if line.choices}
    given = {
        line.name: str(line.chosen)
        for line in plan.lines
        if line.choices and line.chosen is not None and line.name not in here
    }
    on_page = {line.name: line.chosen for line in page if line.choices and line.chosen is not None}
    sent = {name: Choice(value) for name, value in given.items()} | on_page
    hidden = {"seen": plan.digest, "shown": _spelled(sent)}
    if form.is_bound:
        form.remember(**hidden)
    else:
        form.initial.update(hidden)
    return Decision(plan=plan, page=page, kept={CHOICE + name: v for name, v in given.items()})
