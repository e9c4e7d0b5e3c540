"""The forms of trips and events. They read what was typed; the rules are the services' business."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time
from typing import Any, ClassVar, cast

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.common import clock
from outreach.fleet.models import Vehicle
from outreach.scheduling.models import Duty, Event, Reason, State, Trip, TripQuerySet
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput, Expected
from outreach.web.schedule.fields import ClockField, DayField, Pick, PickSeveral
from outreach.web.schedule.offer import Offer
from outreach.web.schedule.refusals import DeskForm, OnceForm
from outreach.web.widgets import CountInput

MAX_ACTIVITIES = 3
MAX_STOPS = 20
MAIN_KIND = "mobile_service"


class _Note(forms.CharField):
    """Some lines of text that may stay empty."""

    def __init__(self, **kwargs: Any) -> None:
        rows = forms.Textarea(attrs={"rows": 2})
        super().__init__(**{"required": False, "max_length": 2000, "widget": rows, **kwargs})


class _Why(_Note):
    """Why something is changed, for the history."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Why"), "max_length": 500, **kwargs})


class CrewForm(DeskForm):
    """Who goes."""

    operator = Pick(label=_("Operator"), required=False, empty=_("Nobody yet"))
    professionals = PickSeveral(
        label=_("Professional staff"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "inline"}),
    )

    inputs: ClassVar[dict[str, str]] = {"crew": "operator"}

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("operator").offer(offer.operators)
        cast(PickSeveral, self.fields["professionals"]).offer(offer.professionals)

    def crew(self) -> CrewInput:
        """Return who was chosen."""
        return CrewInput(self.cleaned_data["operator"], tuple(self.cleaned_data["professionals"]))

    @staticmethod
    def initial_of(duties: list[Duty]) -> dict[str, Any]:
        """Return what the fields show for an existing crew."""
        crew = CrewInput.of(duties)
        return {
            "operator": str(crew.operator.pk) if crew.operator else "",
            "professionals": [str(member.pk) for member in crew.professionals],
        }


class TripForm(CrewForm):
    """A vehicle, when it leaves and comes back, and who goes."""

    vehicle = Pick(label=_("Vehicle"), empty=_("Choose a vehicle…"))
    departs_on = DayField(label=_("Departure day"))
    departs_time = ClockField(label=_("Departure time"))
    returns_on = DayField(label=_("Return day"), required=False)
    returns_time = ClockField(label=_("Return time"))
    note = _Note(label=_("Note for the crew"))

    inputs: ClassVar[dict[str, str]] = CrewForm.inputs | {
        "departs_at": "departs_time",
        "returns_at": "returns_time",
    }

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("vehicle").offer(offer.vehicles)

    def clean(self) -> dict[str, Any]:
        """Join days and times to instants."""
        data = super().clean() or self.cleaned_data
        data["departs_at"] = _instant(data.get("departs_on"), data.get("departs_time"))
        back_on = data.get("returns_on") or data.get("departs_on")
        data["returns_at"] = _instant(back_on, data.get("returns_time"))
        return data

    def wanted(self) -> dict[str, Any]:
        """Return the arguments of the services for a trip."""
        names = ("vehicle", "departs_at", "returns_at", "note")
        return {name: self.cleaned_data[name] for name in names} | {"crew": self.crew()}


class ChangeTripForm(TripForm):
    """An existing trip; its stops stay where they are."""

    reason = _Why()

    @classmethod
    def initial_of_trip(cls, trip: Trip) -> dict[str, Any]:
        """Return what the fields show for a stored trip."""
        departs, returns = clock.local(trip.departs_at), clock.local(trip.returns_at)
        return cls.initial_of(list(trip.duties.all())) | {
            "vehicle": trip.vehicle.slug,
            "departs_on": departs.date(),
            "departs_time": departs.time(),
            "returns_on": returns.date(),
            "returns_time": returns.time(),
            "note": trip.note,
        }


class WhenForm(DeskForm):
    """On which day, from when to when."""

    on = DayField(label=_("Day"))
    starts = ClockField(label=pgettext_lazy("clock time", "From"))
    ends = ClockField(label=pgettext_lazy("clock time", "Until"))
    until = DayField(
        label=_("Last day"), required=False, help_text=_("Only if it lasts several days.")
    )

    inputs: ClassVar[dict[str, str]] = {"starts_at": "starts", "ends_at": "ends"}

    def clean(self) -> dict[str, Any]:
        """Join days and times to instants."""
        data = super().clean() or self.cleaned_data
        data["starts_at"] = _instant(data.get("on"), data.get("starts"))
        data["ends_at"] = _instant(data.get("until") or data.get("on"), data.get("ends"))
        return data

    @staticmethod
    def initial_of_time(event: Event) -> dict[str, Any]:
        """Return what the fields show for a stored event."""
        starts, ends = clock.local(event.starts_at), clock.local(event.ends_at)
        return {
            "on": starts.date(),
            "starts": starts.time(),
            "ends": ends.time(),
            "until": ends.date() if ends.date() != starts.date() else None,
        }


class WhatForm(DeskForm):
    """What happens at an event: up to three activities, each with its main audience."""

    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=160,
        help_text=_("Empty means: named after its first activity and its venue."),
    )
    note = _Note(label=_("Note for readers"))
    shares_venue = forms.BooleanField(
        label=_("Leaves room for another event at the same venue and time"), required=False
    )

    expected_classes = forms.IntegerField(
        label=_("Classes expected"),
        required=False,
        min_value=1,
        max_value=200,
        widget=CountInput(attrs={"min": 1}),
    )
    expected_people = forms.IntegerField(
        label=_("People expected"),
        required=False,
        min_value=1,
        max_value=100_000,
        widget=CountInput(attrs={"min": 1}),
    )

    inputs: ClassVar[dict[str, str]] = {"activities": "kind_0"}

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        for place in range(MAX_ACTIVITIES):
            self._add_activity(place, offer)

    def _add_activity(self, place: int, offer: Offer) -> None:
        label = _("Activity") if place == 0 else _("Further activity")
        kind = Pick(label=label, required=place == 0, empty=_("None") if place else _("Choose…"))
        kind.offer(offer.kinds)
        if place == 0:
            kind.initial = MAIN_KIND
        audience = Pick(label=_("Mainly for"), required=False, empty=_("Everyone"))
        audience.offer(offer.audiences)
        self.fields[f"kind_{place}"] = kind
        self.fields[f"audience_{place}"] = audience

    @property
    def activity_rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        """The pairs of fields of each activity."""
        return [
            (self[f"kind_{place}"], self[f"audience_{place}"]) for place in range(MAX_ACTIVITIES)
        ]

    @property
    def shows_more(self) -> bool:
        """Whether something beside the first activity is filled in, or wrong."""
        more = ["title", "note", "shares_venue", "expected_classes", "expected_people"]
        more += [f"kind_{place}" for place in range(1, MAX_ACTIVITIES)]
        return any(self[name].value() or self[name].errors for name in more)

    def activities(self) -> tuple[ActivityInput, ...]:
        """Return the activities that were chosen, in order."""
        pairs = [
            (self.cleaned_data[f"kind_{place}"], self.cleaned_data[f"audience_{place}"])
            for place in range(MAX_ACTIVITIES)
        ]
        return tuple(ActivityInput(kind, audience=audience) for kind, audience in pairs if kind)

    def expected(self) -> Expected:
        """Return how many were said to be expected."""
        data = self.cleaned_data
        return Expected(people=data["expected_people"], classes=data["expected_classes"])

    @staticmethod
    def initial_of_content(event: Event) -> dict[str, Any]:
        """Return what the fields show for a stored event."""
        shown: dict[str, Any] = {
            "title": event.title,
            "note": event.note,
            "shares_venue": event.shares_venue,
            "expected_classes": event.expected_classes,
            "expected_people": event.expected_people,
        }
        for activity in event.activities.all():
            shown[f"kind_{activity.position}"] = activity.kind_id
            shown[f"audience_{activity.position}"] = activity.audience_id or ""
        return shown


class WhereForm(DeskForm):
    """At which venue."""

    venue = Pick(
        label=_("Venue"),
        empty=_("Choose a venue…"),
        widget=forms.Select(attrs={"data-search": _("Search venue or commune")}),
    )

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("venue").offer(offer.venues, offer.venues_by_commune)


class StopForm(WhereForm, WhenForm, WhatForm):
    """An event: where, when and what."""

    inputs: ClassVar[dict[str, str]] = WhenForm.inputs | WhatForm.inputs
    typed: ClassVar[tuple[str, ...]] = ("venue", "starts", "ends", "until", "title", "note")
    """Fields that come empty: a form with nothing in them is a stop nobody asked for."""

    def has_changed(self) -> bool:
        return any((self[name].value() or "").strip() for name in self.typed)

    def event_input(self) -> EventInput:
        """Return the event that was typed."""
        names = (
            *("venue", "starts_at", "ends_at", "title", "note", "shares_venue"),
            *("expected_people", "expected_classes"),
        )
        wanted = {name: self.cleaned_data[name] for name in names}
        return EventInput(activities=self.activities(), **wanted)


class BaseStops(forms.BaseFormSet[StopForm]):
    """The stops of a new trip. Empty ones are left out; no JavaScript is needed to add one."""

    def initial_form_count(self) -> int:
        return 0

    @property
    def present(self) -> list[tuple[int, StopForm]]:
        """The forms to draw, with their places: all but those a script took out of the page."""
        return [
            (place, form)
            for place, form in enumerate(self.forms)
            if not self.is_bound or form.add_prefix("on") in self.data
        ]

    def filled(self) -> list[StopForm]:
        """Return the stops that were typed, in order."""
        return [form for form in self.forms if form.has_changed()]


Stops = cast(
    type[BaseStops],
    forms.formset_factory(
        StopForm, formset=BaseStops, extra=1, max_num=MAX_STOPS, absolute_max=MAX_STOPS
    ),
)


class NewTripForm(OnceForm, TripForm):
    """A trip to be."""


class LoneEventForm(OnceForm, StopForm, CrewForm):
    """An event without a vehicle, and who serves there."""

    inputs: ClassVar[dict[str, str]] = StopForm.inputs | CrewForm.inputs


class ChangeEventForm(WhatForm):
    """What is said about an event, not when and where."""

    reason = _Why()

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.fields["title"].required = True
        self.fields["title"].help_text = ""


class ChangeLoneEventForm(ChangeEventForm, CrewForm):
    """The same, and who serves at an event without a vehicle."""

    inputs: ClassVar[dict[str, str]] = WhatForm.inputs | CrewForm.inputs


class MoveEventForm(WhereForm, WhenForm):
    """Another time or place for an event."""

    reason = _Why()

    def __init__(self, *args: Any, record: Event, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        explain_reason(self.fields["reason"], record)


class MoveTripForm(DeskForm):
    """Another departure; return and stops move by the same time."""

    departs_on = DayField(label=_("New departure day"))
    departs_time = ClockField(label=_("New departure time"))
    vehicle = Pick(label=_("Vehicle"), required=False)
    reason = _Why()

    inputs: ClassVar[dict[str, str]] = {
        "departs_at": "departs_on",
        "crew": "departs_on",
        "venue": "departs_on",
        "starts_at": "departs_on",
    }

    def __init__(self, *args: Any, record: Trip, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        explain_reason(self.fields["reason"], record)

    def prepare(self, offer: Offer) -> None:
        """Offer the other vehicles; none chosen means the same one."""
        super().prepare(offer)
        trip = cast(Trip, self.record)
        self.pick("vehicle").empty = _("As now: %(vehicle)s") % {"vehicle": trip.vehicle}
        others = {key: one for key, one in offer.vehicles.items() if one.pk != trip.vehicle_id}
        self.pick("vehicle").offer(others)

    def clean(self) -> dict[str, Any]:
        """Join day and time to an instant."""
        data = super().clean() or self.cleaned_data
        data["departs_at"] = _instant(data.get("departs_on"), data.get("departs_time"))
        return data


class CancelForm(DeskForm):
    """Why something is called off."""

    why = forms.ModelChoiceField(
        Reason.objects.filter(in_use=True), label=_("Reason"), empty_label=_("Choose a reason…")
    )
    note = _Note(
        label=_("What readers should know"),
        help_text=_("For example when you will come instead. It is shown on the public page."),
    )


class ConfirmForm(DeskForm):
    """A last look before something is published, restored or removed."""

    reason = _Why()


class FindTripsForm(forms.Form):
    """What the list of trips is narrowed to."""

    library = forms.SlugField(required=False, widget=forms.HiddenInput)
    when = forms.ChoiceField(
        label=pgettext_lazy("filter", "Time"),
        required=False,
        choices=[
            ("", _("From today on")),
            ("past", _("Past")),
            ("all", pgettext_lazy("trips", "All")),
        ],
    )
    state = forms.ChoiceField(
        label=_("State"),
        required=False,
        choices=[("", pgettext_lazy("states", "All")), *State.choices],
    )
    vehicle = Pick(label=_("Vehicle"), required=False, empty=pgettext_lazy("vehicles", "All"))

    def offer_vehicles(self, vehicles: Iterable[Vehicle]) -> None:
        """Offer these to choose from."""
        cast(Pick, self.fields["vehicle"]).offer({one.slug: one for one in vehicles})

    def narrow(self, trips: TripQuerySet) -> TripQuerySet:
        """Return the trips that were asked for, the next one first; past ones latest first."""
        asked = self.cleaned_data if self.is_valid() else {}
        today, when = clock.start_of(clock.today()), asked.get("when")
        if when == "past":
            trips = trips.filter(returns_at__lte=today)
        elif when != "all":
            trips = trips.filter(returns_at__gt=today)
        if asked.get("state"):
            trips = trips.filter(state=asked["state"])
        if asked.get("vehicle"):
            trips = trips.filter(vehicle=asked["vehicle"])
        return trips.order_by("-departs_at" if when else "departs_at", "pk")


def _instant(on: date | None, clock_time: time | None) -> datetime | None:
    return None if on is None or clock_time is None else clock.at(on, clock_time)


def explain_reason(field: forms.Field, record: Trip | Event) -> None:
    """Say why a reason is asked for what people have already read about."""
    if record.state == State.PUBLISHED:
        field.help_text = _("Readers and the host have been told: they will see this reason.")
