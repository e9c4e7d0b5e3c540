"""The forms with which a library plans its seasons and promises."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.planning.models import Promise
from outreach.planning.timetables.importing import WEEKS
from outreach.web.schedule.fields import DayField, Pick
from outreach.web.schedule.offer import Offer
from outreach.web.versions import VersionedForm
from outreach.web.widgets import CountInput

ONE_DAY = timedelta(days=1)


class PlanForm(forms.Form):
    """A form behind which a planning service stands; people name last days, services the next."""

    shown_at: ClassVar[dict[str, str]] = {"ends_on": "last_on"}

    def show(self, refusal: DomainError | ValidationError) -> None:
        """Show what the services refuse at the field it concerns."""
        if isinstance(refusal, DomainError):
            self._blame(refusal.field, refusal.message)
            return
        for name, errors in refusal.update_error_dict({}).items():
            for error in errors:
                self._blame(name, error)

    def clean(self) -> dict[str, Any]:
        """Refuse a last day before the first one at the field of the last day."""
        data = super().clean() or self.cleaned_data
        first, last = data.get("starts_on"), data.get("last_on")
        if first and last and last < first:
            self.add_error("last_on", _("The last day is before the first one."))
        return data

    def ends_on(self) -> date | None:
        """Return the first day after the last one, if that was said."""
        last_on: date | None = self.cleaned_data["last_on"]
        return last_on + ONE_DAY if last_on else None

    def _blame(self, name: str | None, error: Any) -> None:
        field = self.shown_at.get(name or "", name or "")
        self.add_error(field if field in self.fields else None, error)


class SeasonForm(PlanForm):
    """A stretch of weeks that is planned as one."""

    name = forms.CharField(label=_("Name"), max_length=100)
    starts_on = DayField(label=_("First day"))
    last_on = DayField(label=_("Last day"))


class PromiseForm(PlanForm, VersionedForm):
    """How often a venue is visited, and how long each time."""

    venue = Pick(
        label=_("Venue"),
        empty=_("Choose a venue…"),
        widget=forms.Select(attrs={"data-search": _("Search venue or commune")}),
    )
    every_weeks = forms.IntegerField(
        label=_("Every how many weeks"), min_value=1, max_value=26, widget=CountInput
    )
    service_min = forms.IntegerField(
        label=_("Minutes of service"),
        min_value=1,
        max_value=600,
        widget=CountInput,
        help_text=_("At a school, count 20 minutes for each class."),
    )
    starts_on = DayField(label=_("From"))
    last_on = DayField(
        label=_("Last day"), required=False, help_text=_("Empty means: until further notice.")
    )
    reason = forms.CharField(label=_("Why"), required=False, max_length=500)

    def __init__(
        self,
        *args: Any,
        offer: Offer | None = None,
        promise: Promise | None = None,
        **kwargs: Any,
    ) -> None:
        if promise is not None:
            kwargs["initial"] = self.initial_of(promise)
        super().__init__(*args, record=promise, **kwargs)
        if offer is None:  # a promise stays with its venue
            del self.fields["venue"]
        else:
            cast(Pick, self.fields["venue"]).offer(offer.venues, offer.venues_by_commune)

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the services for a promise."""
        names = [name for name in self.fields if name != "last_on"]
        return {name: self.cleaned_data[name] for name in names} | {"ends_on": self.ends_on()}

    @staticmethod
    def initial_of(promise: Promise) -> dict[str, Any]:
        """Return what the fields show for a stored promise."""
        names = ("every_weeks", "service_min", "starts_on")
        last_on = promise.ends_on - ONE_DAY if promise.ends_on else None
        return {name: getattr(promise, name) for name in names} | {"last_on": last_on}


class ImportForm(forms.Form):
    """A timetable as a file, and for how long its visits are made."""

    file = forms.FileField(
        label=_("File"),
        help_text=_("CSV in the open mobile-library schema, or our workbook (XLSX). At most 5 MB."),
        widget=forms.FileInput(
            attrs={
                "accept": ".csv,.txt,.xlsx,text/csv,"
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
            }
        ),
    )
    since = DayField(label=_("Visits from"))
    weeks = forms.IntegerField(
        label=_("For how many weeks"),
        min_value=1,
        max_value=104,
        initial=WEEKS,
        widget=CountInput,
    )
    strict = forms.BooleanField(
        label=_("Refuse rows that break a rule"),
        required=False,
        help_text=_(
            "Such as a public holiday or too little time on the way. Otherwise their visits become"
            " drafts that say what stands against them."
        ),
    )
    publish = forms.BooleanField(
        label=_("Make the visits public at once"),
        required=False,
        help_text=_("Otherwise they are drafts. Nobody is on duty yet either way."),
    )
    override_reason = forms.CharField(
        label=_("Why they may be public without a crew"), required=False, max_length=500
    )

    def __init__(self, *args: Any, may_publish: bool, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"since": clock.today()})
        super().__init__(*args, **kwargs)
        if not may_publish:
            del self.fields["publish"], self.fields["override_reason"]

    def clean(self) -> dict[str, Any]:
        """Ask for the reason that publishing needs."""
        data = super().clean() or self.cleaned_data
        if data.get("publish") and not data.get("override_reason", "").strip():
            self.add_error("override_reason", _("Please say why."))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the service that takes a file."""
        data = self.cleaned_data
        return {
            "file_name": data["file"].name,
            "content": data["file"].read(),
            "since": data["since"],
            "weeks": data["weeks"],
            "strict": data["strict"],
            "override_reason": data["override_reason"] if data.get("publish") else "",
        }


class EndForm(PlanForm):
    """Until when a promise still holds."""

    last_on = DayField(label=_("Last day"))
    reason = forms.CharField(label=_("Why it ends"), max_length=500)


class FindOwedForm(forms.Form):
    """What the list of promised visits is narrowed to."""

    library = Pick(label=_("Library"), required=False, empty=pgettext_lazy("libraries", "All"))
    text = forms.CharField(
        label=_("Name or commune"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    only = forms.ChoiceField(
        label=pgettext_lazy("filter", "Only"),
        required=False,
        choices=[
            ("", pgettext_lazy("visits", "All")),
            ("late", _("Overdue")),
            ("unplanned", _("Nothing planned")),
        ],
    )

    def __init__(self, data: Any, *, libraries: Sequence[Library]) -> None:
        super().__init__(data)
        cast(Pick, self.fields["library"]).offer({one.slug: _Short(one) for one in libraries})
        if len(libraries) < 2:
            del self.fields["library"]


class _Short:
    """A library under its short name."""

    def __init__(self, library: Library) -> None:
        self.library = library

    def __str__(self) -> str:
        return self.library.short_name
