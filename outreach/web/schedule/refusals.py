"""Showing at a form what the services refuse, without losing anything that was typed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from outreach.common.errors import Conflict, InvalidInput, RuleBroken, StaleWrite
from outreach.common.history import Entry
from outreach.scheduling.clashes import Clash
from outreach.scheduling.domain import Finding
from outreach.scheduling.history import since
from outreach.scheduling.models import Duty, Event, Trip, new_uid
from outreach.web.schedule.fields import Pick
from outreach.web.schedule.offer import Offer

Result = TypeVar("Result")


class DeskForm(forms.Form):
    """A form behind which a scheduling service stands.

    ``inputs`` names, for the inputs of the services, the field a refusal is shown at.
    """

    inputs: ClassVar[dict[str, str]] = {}

    override_reason = forms.CharField(
        label=_("Why go ahead all the same?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Your reason is kept with the trip and shown to everyone who plans it."),
    )
    expected_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        offer: Offer | None = None,
        record: Trip | Event | None = None,
        **kwargs: Any,
    ) -> None:
        self.record = record
        if record is not None:
            kwargs["initial"] = {"expected_revision": record.revision} | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        self.soft: list[Finding] = []
        self.clash: Clash | None = None
        self.news: list[Entry] | None = None
        if offer is not None:
            self.prepare(offer)

    def prepare(self, offer: Offer) -> None:
        """Fill the lists to choose from; every kind of form adds its own."""

    def pick(self, name: str) -> Pick:
        """Return the field of a list of things to pick one from."""
        return cast(Pick, self.fields[name])

    @property
    def asks_override(self) -> bool:
        """Whether a soft rule stands in the way, or stood there a moment ago."""
        return bool(self.soft) or bool(self.is_bound and self.data.get("override_reason"))

    @property
    def clash_url(self) -> str:
        """The page of what this clashes with."""
        if self.clash is not None and self.clash.event is not None:
            return reverse("schedule_event", args=[self.clash.event.uid])
        if self.clash is not None and self.clash.trip is not None:
            return reverse("trip", args=[self.clash.trip.uid])
        return ""

    def settled(self) -> dict[str, Any]:
        """Return what every changing service is told beside its own arguments."""
        return {
            "override_reason": self.cleaned_data["override_reason"],
            "expected_revision": self.cleaned_data["expected_revision"],
        }

    def blame(self, name: str | None, message: Any) -> None:
        """Show a message at the field of a service's input, or at the form."""
        field = self.inputs.get(name or "", name or "")
        self.add_error(field if field in self.fields else None, message)


class OnceForm(DeskForm):
    """A form that names what it makes before it is stored, so that two clicks store one."""

    request_uid = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=new_uid)

    @property
    def uid(self) -> str:
        """The name that was sent; empty if there was none."""
        return str(self.cleaned_data.get("request_uid") or "")

    def was_sent_before(self, model: type[Trip] | type[Event]) -> bool:
        """Whether an earlier click made it already."""
        return bool(self.uid) and model._default_manager.filter(uid=self.uid).exists()


def attempt(
    form: DeskForm, change: Callable[[], Result], stops: Sequence[DeskForm] = ()
) -> Result | None:
    """Do the change, or show in the forms why it was refused and return ``None``.

    Args:
        form: what the person sent.
        change: calls one service.
        stops: the forms of the events the service was given, in the same order.
    """
    try:
        return change()
    except RuleBroken as refusal:
        _show_rules(form, refusal, stops)
    except Clash as clash:
        _show_clash(form, clash, stops)
    except StaleWrite as stale:
        _show_news(form, stale)
    except (Conflict, InvalidInput) as refusal:
        form.blame(refusal.field, refusal.message)
    except ValidationError as refusal:
        _show_invalid(form, refusal)
    return None


def succeeds(form: DeskForm, change: Callable[[], object]) -> bool:
    """Read the form and do the change; tell whether all went well. The form shows what did not."""
    if not form.is_valid():
        return False
    attempt(form, change)
    return not form.errors


def _show_rules(form: DeskForm, refusal: RuleBroken, stops: Sequence[DeskForm]) -> None:
    for finding in refusal.findings:
        if finding.is_soft:
            form.soft.append(finding)
            continue
        known = finding.event is not None and finding.event < len(stops)
        blamed = stops[finding.event] if known else form
        blamed.blame(finding.field, finding.message)
    if form.soft and "override_reason" in form.fields and not form.errors:
        form.add_error("override_reason", _("Please say why, or change what the rule is about."))


def _show_clash(form: DeskForm, clash: Clash, stops: Sequence[DeskForm]) -> None:
    form.clash = clash
    refused = clash.refused
    if isinstance(refused, Event):
        blamed = next((stop for stop in stops if _is_about(stop, refused)), form)
        blamed.blame(clash.field, clash.message)
    elif isinstance(refused, Duty) and refused.role == Duty.Role.PROFESSIONAL:
        form.blame("professionals", clash.message)
    else:
        form.blame(clash.field, clash.message)


def _is_about(stop: DeskForm, event: Event) -> bool:
    wanted = stop.cleaned_data
    return bool(wanted.get("venue") == event.venue and wanted.get("starts_at") == event.starts_at)


def _show_news(form: DeskForm, stale: StaleWrite) -> None:
    """Say what somebody else changed; sending the form once more means knowing it."""
    form.add_error(None, stale.message)
    record, seen = form.record, form.cleaned_data.get("expected_revision")
    if record is None:
        return
    record.refresh_from_db()
    form.news = since(record, seen) if seen is not None else []
    sent = cast(QueryDict, form.data).copy()
    sent[form.add_prefix("expected_revision")] = str(record.revision)
    form.data = sent


def _show_invalid(form: DeskForm, refusal: ValidationError) -> None:
    if not hasattr(refusal, "error_dict"):
        form.add_error(None, refusal)
        return
    for name, errors in refusal.error_dict.items():
        for error in errors:
            form.blame(None if name == "__all__" else name, error)
