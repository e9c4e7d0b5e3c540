"""The forms with which hosts ask for visits and coordinators answer."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.core.exceptions import ValidationError
from django.utils import formats
from django.utils.translation import gettext_lazy as _

from outreach.bookings.inputs import VisitInput
from outreach.bookings.models import RefusalReason
from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.places.models import Venue
from outreach.scheduling.models import ActivityKind, Event
from outreach.web.schedule.fields import DayField, Pick
from outreach.web.schedule.forms import CrewForm, WhenForm
from outreach.web.schedule.offer import Offer
from outreach.web.widgets import CountInput


def _message(**kwargs: Any) -> forms.CharField:
    rows = forms.Textarea(attrs={"rows": 3})
    return forms.CharField(required=False, max_length=1000, widget=rows, **kwargs)


class ShowsRefusals(forms.Form):
    """A form behind which a service of the bookings stands."""

    def show(self, refusal: DomainError | ValidationError) -> None:
        """Show what the services refuse at the field it concerns."""
        if isinstance(refusal, DomainError):
            field = refusal.field if refusal.field in self.fields else None
            self.add_error(field, refusal.message)
            return
        for name, errors in refusal.update_error_dict({}).items():
            for error in errors:
                self.add_error(name if name in self.fields else None, error)


class RequestForm(ShowsRefusals):
    """What a host asks for."""

    venue = Pick(label=_("Where"), empty=_("Choose…"))
    kind = forms.ModelChoiceField(
        ActivityKind.objects.filter(in_use=True), label=_("What for"), empty_label=None
    )
    wanted_on = DayField(
        label=_("Wanted day"),
        help_text=_("The library may offer another day. Ask two weeks ahead if you can."),
    )
    classes = forms.IntegerField(
        label=_("Classes"), min_value=1, max_value=60, widget=CountInput(attrs={"min": 1})
    )
    pupils = forms.IntegerField(
        label=_("Pupils"), min_value=1, max_value=5000, widget=CountInput(attrs={"min": 1})
    )
    note = _message(
        label=_("What the library should know"),
        help_text=_(
            "Levels of the classes, the way in, power, a room for rain. No names of children."
        ),
    )

    def __init__(self, *args: Any, venues: Iterable[Venue], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = {venue.code: venue for venue in venues}
        pick = cast(Pick, self.fields["venue"])
        pick.offer(offered)
        if len(offered) == 1:
            pick.initial = next(iter(offered))
            pick.choices = [(code, str(venue)) for code, venue in offered.items()]


class AcceptForm(WhenForm, CrewForm):
    """A planned event, or when the new one is and who comes with what."""

    event = Pick(
        label=_("With which visit"),
        required=False,
        empty=_("A new one, at the time below"),
        widget=forms.RadioSelect,
    )
    vehicle = Pick(label=_("Vehicle"), required=False, empty=_("None"))
    journey_min = forms.IntegerField(
        label=_("Minutes on the way, each way"),
        required=False,
        min_value=0,
        max_value=720,
        initial=60,
        widget=CountInput,
    )
    answer = _message(label=_("Message to the host"))

    inputs: ClassVar[dict[str, str]] = (
        WhenForm.inputs
        | CrewForm.inputs
        | {"venue": "on", "departs_at": "starts", "returns_at": "ends"}
    )

    def __init__(self, *args: Any, events: Iterable[Event], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.pick("event").offer({event.uid: _Dated(event) for event in events})

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("vehicle").offer(offer.vehicles)
        for name in ("on", "starts", "ends"):
            self.fields[name].required = False

    @property
    def has_events(self) -> bool:
        """Whether there is a planned event to choose."""
        return bool(self.pick("event").things)

    @property
    def chosen(self) -> Event | None:
        """The planned event, if one was chosen."""
        dated = self.cleaned_data.get("event")
        return dated.event if dated else None

    def clean(self) -> dict[str, Any]:
        """Ask for a time where no planned event was chosen."""
        data = super().clean() or self.cleaned_data
        if self.chosen is None and "event" not in self.errors:
            for name in ("on", "starts", "ends"):
                if not data.get(name) and name not in self.errors:
                    self.add_error(name, self.fields[name].error_messages["required"])
        return data

    def visit(self) -> VisitInput | None:
        """Return the new event, unless a planned one was chosen."""
        if self.chosen is not None:
            return None
        said = self.cleaned_data
        return VisitInput(
            starts_at=said["starts_at"],
            ends_at=said["ends_at"],
            vehicle=said["vehicle"],
            journey=timedelta(minutes=said["journey_min"] or 0),
            crew=self.crew(),
        )


class RefuseForm(ShowsRefusals):
    """Why a request is refused."""

    why = forms.ModelChoiceField(
        RefusalReason.objects.filter(in_use=True),
        label=_("Reason"),
        empty_label=_("Choose a reason…"),
    )
    answer = _message(
        label=_("Message to the host"), help_text=_("For example which day would be possible.")
    )


class WithdrawForm(ShowsRefusals):
    """Taking a request back."""

    reason = _message(label=_("Why"))


class _Dated:
    """An event under its time and title."""

    def __init__(self, event: Event) -> None:
        self.event = event

    def __str__(self) -> str:
        day = formats.date_format(clock.local(self.event.starts_at), "D d/m/Y, H:i")
        return f"{day} – {self.event.title}"
