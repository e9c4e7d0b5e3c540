"""The form of a trip's pauses: lunch, rests, and where the crew spends the night."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.common import clock
from outreach.scheduling.models import Trip, TripPause
from outreach.scheduling.services import PauseInput
from outreach.web.schedule.fields import ClockField, DayField, Pick
from outreach.web.schedule.offer import Offer
from outreach.web.schedule.refusals import DeskForm

PREFIX = "pauses"
MAX_PAUSES = 22
"""Twenty, as the API takes, and the empty ones."""


class PauseForm(DeskForm):
    """A pause; one without times is one nobody asked for."""

    kind = forms.ChoiceField(label=_("Pause"), choices=TripPause.Kind.choices)
    on = DayField(label=_("Day"), required=False)
    starts = ClockField(label=pgettext_lazy("clock time", "From"), required=False)
    ends = ClockField(label=pgettext_lazy("clock time", "Until"), required=False)
    place = forms.CharField(
        label=_("Place"),
        required=False,
        max_length=160,
        help_text=_("Such as a guest house and its phone."),
    )
    venue = Pick(
        label=_("Or at a venue"),
        required=False,
        empty=_("Not at a venue"),
        widget=forms.Select(attrs={"data-search": _("Search venue or commune")}),
    )

    typed: ClassVar[tuple[str, ...]] = ("starts", "ends", "place", "venue")
    inputs: ClassVar[dict[str, str]] = {"pauses": "starts"}

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("venue").offer(offer.venues, offer.venues_by_commune)

    def has_changed(self) -> bool:
        return any(str(self[name].value() or "").strip() for name in self.typed)

    def clean(self) -> dict[str, Any]:
        """Join day and times to instants; what ends no later than it starts ends the next day."""
        data = super().clean() or self.cleaned_data
        for name in ("on", "starts", "ends"):
            if not data.get(name) and name not in self.errors:
                self.add_error(name, _("Please fill in day and times, or leave the pause out."))
                return data
        if self.errors:
            return data
        until = data["on"] + timedelta(days=int(data["ends"] <= data["starts"]))
        data["starts_at"] = clock.at(data["on"], data["starts"])
        data["ends_at"] = clock.at(until, data["ends"])
        return data

    def pause_input(self) -> PauseInput:
        """Return the pause that was typed."""
        names = ("kind", "starts_at", "ends_at", "venue", "place")
        return PauseInput(**{name: self.cleaned_data[name] for name in names})


class BasePauses(forms.BaseFormSet[PauseForm]):
    """The pauses of a trip. Those left empty are left out."""

    was_redrawn = False
    was_added_to = False

    def initial_form_count(self) -> int:
        return 0

    @property
    def filled(self) -> list[PauseForm]:
        """Return the pauses that were typed, in order."""
        return [form for form in self.forms if form.has_changed()]

    @property
    def is_used(self) -> bool:
        """Whether something was just typed into it: then it is shown open."""
        is_typed = self.is_bound or self.was_redrawn
        return self.was_added_to or (is_typed and bool(self.filled))

    @property
    def takes_more(self) -> bool:
        """Whether there is room for another."""
        return len(self.forms) < MAX_PAUSES

    def wanted(self) -> list[PauseInput]:
        """Return the pauses as the services want them; the form set is valid."""
        return [form.pause_input() for form in self.filled]


Pauses = cast(
    type[BasePauses],
    forms.formset_factory(
        PauseForm, formset=BasePauses, extra=1, max_num=MAX_PAUSES, absolute_max=MAX_PAUSES
    ),
)


def sent_pauses(sent: QueryDict, offer: Offer) -> BasePauses:
    """Return the pauses as they were sent; a request that says nothing of them has none."""
    if f"{PREFIX}-TOTAL_FORMS" not in sent:
        sent = sent.copy()
        sent.update({f"{PREFIX}-TOTAL_FORMS": "0", f"{PREFIX}-INITIAL_FORMS": "0"})
    pauses: BasePauses = Pauses(sent, prefix=PREFIX, form_kwargs={"offer": offer})
    return pauses


def shown_pauses(rows: list[dict[str, Any]], offer: Offer) -> BasePauses:
    """Return pauses to fill in, with what is known of them."""
    pauses: BasePauses = Pauses(prefix=PREFIX, initial=rows, form_kwargs={"offer": offer})
    pauses.extra = min(len(rows), MAX_PAUSES)
    return pauses


def redrawn_pauses(sent: QueryDict, offer: Offer) -> BasePauses:
    """Return the pauses as they were typed, nothing judged yet, and one more if asked for."""
    rows = redrawn_rows(sent)
    is_added = "add_pause" in sent
    if is_added:
        rows.append(_next_row(rows, sent))
    pauses = shown_pauses(rows, offer)
    pauses.was_redrawn, pauses.was_added_to = True, is_added
    return pauses


def _next_row(rows: list[dict[str, Any]], sent: QueryDict) -> dict[str, Any]:
    """Return what comes after the last pause: a night, and after that the lunch of a day more."""
    last = rows[-1] if rows else {}
    on = last.get("on") or sent.get("departs_on", "")
    if last.get("kind") != TripPause.Kind.NIGHT:
        return {"kind": TripPause.Kind.NIGHT if last else TripPause.Kind.LUNCH, "on": on}
    return {"kind": TripPause.Kind.LUNCH, "on": _day_after(on, sent.get("returns_on", ""))}


def _day_after(on: str, returns_on: str) -> str:
    """Return the next day of a trip; the same one where it is the last, or cannot be read."""
    try:
        following = date.fromisoformat(on) + timedelta(days=1)
        return following.isoformat() if following <= date.fromisoformat(returns_on) else on
    except (OverflowError, ValueError):
        return on


def empty_rows(on: Any) -> list[dict[str, Any]]:
    """Return a lunch and a night to fill in."""
    return [
        {"kind": TripPause.Kind.LUNCH, "on": on},
        {"kind": TripPause.Kind.NIGHT, "on": on},
    ]


def rows_of(trip: Trip) -> list[dict[str, Any]]:
    """Return the pauses of a stored trip as the form shows them, and two more to fill in."""
    rows = []
    for pause in trip.pauses.select_related("venue"):
        starts, ends = clock.local(pause.starts_at), clock.local(pause.ends_at)
        rows.append(
            {
                "kind": pause.kind,
                "on": starts.date(),
                "starts": starts.time(),
                "ends": ends.time(),
                "place": pause.place,
                "venue": pause.venue.code if pause.venue else "",
            }
        )
    return [*rows, *empty_rows(clock.local(trip.departs_at).date())]


def redrawn_rows(sent: QueryDict) -> list[dict[str, Any]]:
    """Return the pauses as they were typed, nothing judged yet."""
    count = sent.get(f"{PREFIX}-TOTAL_FORMS", "")
    rows = []
    for place in range(min(int(count), MAX_PAUSES) if count.isdigit() else 0):
        start = f"{PREFIX}-{place}-"
        rows.append(
            {name.removeprefix(start): sent[name] for name in sent if name.startswith(start)}
        )
    return rows
