"""The forms of a disruption: what happened, and what to do with each event."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.templatetags.static import static
from django.utils.functional import lazy
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.errors import DomainError
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.disruption import LEAVE, Choice, Choices, Trouble, What
from outreach.scheduling.models import Event, Reason, Trip, new_uid
from outreach.web.finding.widgets import SUGGEST
from outreach.web.schedule.fields import ClockField, DayField, Pick
from outreach.web.schedule.offer import Offer
from outreach.web.widgets import CountInput

MOST_UNITS = 200
LEAVE_CODE = "leave"
_COMBOBOX = lazy(static, str)("web/js/places.js")  # its hashed name is known only later
WHAT = [*What.choices, (LEAVE_CODE, pgettext_lazy("what to do with an event", "leave as it is"))]


class UnitsField(forms.MultipleChoiceField):
    """Communes and provinces; those where the library has venues are listed, others are typed."""

    def __init__(self, **kwargs: Any) -> None:
        attrs = {
            "size": 8,
            "data-units": SUGGEST,
            "data-combobox": _COMBOBOX,
            "data-hint": _("Type a name, old or new"),
            "data-remove": _("Remove"),
        }
        super().__init__(widget=forms.SelectMultiple(attrs=attrs), **kwargs)

    def valid_value(self, value: str) -> bool:
        """Take any number here: whether there is such a unit is asked of all at once."""
        return value.isdecimal() and len(value) < 10

    def clean(self, value: Any) -> tuple[AdministrativeUnit, ...]:
        """Return the units.

        Raises:
            ValidationError: if there are too many, or one is not in force.
        """
        keys = [int(key) for key in dict.fromkeys(super().clean(value))]
        if len(keys) > MOST_UNITS:
            raise ValidationError(_("Choose fewer units, or draw an area."))
        found = AdministrativeUnit.objects.in_force_on(clock.today()).in_bulk(keys)
        if len(found) < len(keys):
            raise ValidationError(self.error_messages["invalid_choice"], params={"value": ""})
        return tuple(found[key] for key in keys)


class TroubleForm(forms.Form):
    """What happened, when and where."""

    why = forms.ModelChoiceField(
        Reason.objects.filter(in_use=True), label=_("Reason"), empty_label=_("Choose a reason…")
    )
    starts_on = DayField(label=_("First day"))
    starts = ClockField(
        label=pgettext_lazy("clock time", "From"),
        required=False,
        help_text=_("Empty: all day."),
    )
    last_on = DayField(
        label=_("Last day"), required=False, help_text=_("Empty: only the first day.")
    )
    ends = ClockField(
        label=pgettext_lazy("clock time", "Until"),
        required=False,
        help_text=_("Empty: until the end of the day."),
    )
    note = forms.CharField(
        label=_("What hosts and readers should know"),
        required=False,
        max_length=1000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Shown on the public pages and in every message."),
    )
    area = forms.CharField(required=False, max_length=60_000, widget=forms.HiddenInput)
    units = UnitsField(label=_("Communes and provinces"), required=False)
    vehicle = Pick(label=_("Vehicle"), required=False, empty=_("No matter which vehicle"))
    member = Pick(label=_("Crew member"), required=False, empty=_("No matter who"))
    venue = Pick(
        label=_("Venue"),
        required=False,
        empty=_("No matter which venue"),
        widget=forms.Select(attrs={"data-search": _("Search venue or commune")}),
        help_text=_("A school with its school points."),
    )
    request_uid = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=new_uid)

    shown_at = {"starts_at": "starts_on", "ends_at": "last_on"}

    def __init__(self, *args: Any, offer: Offer, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = offer.operators | offer.professionals
        cast(Pick, self.fields["vehicle"]).offer(offer.vehicles)
        cast(Pick, self.fields["member"]).offer(people)
        cast(Pick, self.fields["venue"]).offer(offer.venues, offer.venues_by_commune)
        chosen = self.data.getlist("units") if hasattr(self.data, "getlist") else []
        cast(UnitsField, self.fields["units"]).choices = _units(offer.venues.values(), chosen)

    def clean_area(self) -> dict[str, Any] | None:
        """Return the GeoJSON that was drawn."""
        text = self.cleaned_data["area"]
        if not text:
            return None
        try:
            area = json.loads(text)
        except ValueError as error:
            raise ValidationError(_("An area is a polygon on the map.")) from error
        return area if isinstance(area, dict) else {"type": None}

    def clean(self) -> dict[str, Any]:
        """Join days and times to instants."""
        data = super().clean() or self.cleaned_data
        first = data.get("starts_on")
        last = data.get("last_on") or first
        if first and last:
            data["starts_at"] = clock.at(first, data.get("starts") or time.min)
            data["ends_at"] = _end(last, data.get("ends"))
            if data["ends_at"] <= data["starts_at"]:
                self.add_error("last_on", _("The end must be after the start."))
        return data

    def trouble(self, library: Library) -> Trouble:
        """Return what the services are told."""
        names = ("why", "starts_at", "ends_at", "note", "area", "units", "vehicle", "member")
        told = {name: self.cleaned_data[name] for name in (*names, "venue")}
        return Trouble(library=library, **told)

    def show(self, refusal: DomainError) -> None:
        """Show what the services refuse at the field it concerns."""
        field = self.shown_at.get(refusal.field or "", refusal.field or "")
        shown = field in self.fields and not self.fields[field].widget.is_hidden
        self.add_error(field if shown else None, refusal.message)


def _end(last: date, ends: time | None) -> datetime:
    return clock.at(last, ends) if ends else clock.end_of(last)


def _units(venues: Iterable[Venue], chosen: Sequence[str]) -> list[tuple[str, Any]]:
    """Return the provinces and communes of these venues, and what was chosen beside them."""
    today = clock.today()
    keys = {venue.commune_id for venue in venues if venue.commune_id}
    further = {int(key) for key in chosen if key.isdecimal() and len(key) < 10}
    units = AdministrativeUnit.objects.in_force_on(today).filter(pk__in=keys | further)
    groups: dict[str, list[tuple[str, str]]] = {}
    for unit in units.select_related("parent").order_by("parent__name", "folded", "pk"):
        parent = unit.parent
        name = parent.full_name if parent else unit.full_name
        group = groups.setdefault(name, [(str(parent.pk), str(parent))] if parent else [])
        if (str(unit.pk), unit.full_name) not in group:
            group.append((str(unit.pk), unit.full_name))
    return list(groups.items())


class AllForm(forms.Form):
    """What to do with all events where nothing else is chosen, and why in spite of a rule."""

    what = forms.ChoiceField(label=_("For all events"), choices=WHAT, initial=What.CANCEL)
    weeks = forms.IntegerField(
        label=_("Weeks later"),
        min_value=1,
        max_value=52,
        initial=1,
        required=False,
        widget=CountInput(attrs={"min": 1, "max": 52}),
        help_text=_("For what is postponed: the same day of the week and time."),
    )
    override_reason = forms.CharField(
        label=_("Why go ahead all the same?"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("One reason for all; it is kept and shown to everyone who plans."),
    )
    state = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    looked_at = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    @property
    def choice(self) -> Choice:
        """What is done where nothing else is chosen."""
        what = self.cleaned_data.get("what") or LEAVE_CODE
        weeks = self.cleaned_data.get("weeks") or 1
        return _choice(what, 7 * weeks)


class OwnForm(forms.Form):
    """What to do with one trip or event, if something else than with the others."""

    what = forms.ChoiceField(
        required=False, choices=[("", _("as for all")), *WHAT], label=_("What to do")
    )
    on = DayField(required=False, label=_("New day, when postponed"))

    def __init__(self, *args: Any, starts_at: datetime, name: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first_on = clock.local(starts_at).date()
        self.name = name

    def clean(self) -> dict[str, Any]:
        """Refuse a day that is not after the first one, where it is asked for."""
        data = super().clean() or self.cleaned_data
        on, what = data.get("on"), data.get("what")
        if on is not None and on <= self.first_on and what in ("", What.POSTPONE):
            said = _("The new day must be after %(day)s.")
            self.add_error("on", ValidationError(said, params={"day": f"{self.first_on:%d/%m/%Y}"}))
        return data

    def choice(self, otherwise: Choice) -> Choice:
        """Return what was chosen, or what is done otherwise."""
        what, on = self.cleaned_data.get("what"), self.cleaned_data.get("on")
        if not what and not (on and otherwise.what == What.POSTPONE):
            return otherwise
        days = (on - self.first_on).days if on else otherwise.days or 7
        return _choice(what or What.POSTPONE, days)


class ChoicesForms:
    """The forms of all, of each trip and of each event; what they come to."""

    def __init__(self, data: Mapping[str, Any] | None, events: Sequence[Event]) -> None:
        self.all = AllForm(data)
        trips = {event.trip.uid: event.trip for event in events if event.trip is not None}
        self.trips = {uid: _of_trip(data, trip) for uid, trip in trips.items()}
        self.events = {event.uid: _of_event(data, event) for event in events}

    def is_valid(self) -> bool:
        """Tell whether all of them could be read."""
        every = [self.all, *self.trips.values(), *self.events.values()]
        unread = [form for form in every if not form.is_valid()]
        return not unread

    def choices(self, events: Iterable[Event]) -> Choices:
        """Return what to do with each event: its own choice, its trip's, or that for all."""
        chosen = {}
        for event in events:
            choice = self.all.choice
            if event.trip is not None:
                choice = self.trips[event.trip.uid].choice(choice)
            chosen[event.uid] = self.events[event.uid].choice(choice)
        return Choices(LEAVE, chosen)


def digest_of(choices: Choices, trouble: Trouble) -> str:
    """Return what names these choices: what was looked at is what is done."""
    told: list[Any] = [
        [uid, choice.what, choice.days] for uid, choice in sorted(choices.by_event.items())
    ]
    told += [trouble.why.pk, trouble.note, trouble.starts_at.isoformat()]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def _choice(what: str, days: int) -> Choice:
    if what == LEAVE_CODE:
        return LEAVE
    return Choice(What(what), days if what == What.POSTPONE else 0)


def _of_trip(data: Mapping[str, Any] | None, trip: Trip) -> OwnForm:
    name = f"{trip.vehicle.name}, {clock.local(trip.departs_at):%d/%m}"
    return OwnForm(data, prefix=f"t-{trip.uid}", starts_at=trip.departs_at, name=name)


def _of_event(data: Mapping[str, Any] | None, event: Event) -> OwnForm:
    return OwnForm(data, prefix=f"e-{event.uid}", starts_at=event.starts_at, name=event.title)
