"""The form of a trip's times: a row for departure, return and everything between."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.common import clock
from outreach.scheduling.models import Trip
from outreach.scheduling.retiming import (
    DEPARTURE,
    RETURN,
    Follow,
    Road,
    Slot,
    Timeline,
    depart,
    neighbours,
    put,
    reorder,
)
from outreach.scheduling.services.retiming import Timed
from outreach.web.schedule.fields import ClockField, DayField
from outreach.web.schedule.forms import explain_reason
from outreach.web.schedule.refusals import DeskForm

PREFIX = "rows"
MOST_ROWS = 80
FOLLOWS = [
    (Follow.ALONG.value, _("by the same time")),
    (Follow.NEEDED.value, _("only as far as they must")),
    (Follow.STAY.value, _("not at all")),
]


class RowForm(forms.Form):
    """Departure, return, a stop or a pause: from when to when."""

    key = forms.CharField(widget=forms.HiddenInput, max_length=60)
    was = forms.CharField(widget=forms.HiddenInput, max_length=80)
    """Start and end as the page showed them."""
    on = DayField(label=_("Day"))
    starts = ClockField(label=pgettext_lazy("clock time", "From"))
    ends = ClockField(label=pgettext_lazy("clock time", "Until"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_end:
            self.fields["starts"].label = pgettext_lazy("clock time", "Time")

    def clean_was(self) -> tuple[datetime, datetime]:
        """Return start and end as the page showed them."""
        try:
            starts, ends = (
                datetime.fromisoformat(part) for part in self.cleaned_data["was"].split("/")
            )
            return clock.local(starts), clock.local(ends)
        except (TypeError, ValueError) as error:
            raise forms.ValidationError(_("Please look at the page again.")) from error

    @property
    def is_end(self) -> bool:
        """Whether it is the departure or the return, which take no time."""
        return self["key"].value() in {DEPARTURE, RETURN}

    def clean(self) -> dict[str, Any]:
        """Join day and times; a row that reached into the next day still does."""
        data = super().clean() or self.cleaned_data
        if not {"on", "starts", "was", "key"} <= data.keys() or self.errors:
            return data
        was_from, was_until = data["was"]
        data["starts_at"] = data["ends_at"] = _near(clock.at(data["on"], data["starts"]), was_from)
        if data["key"] in {DEPARTURE, RETURN}:
            return data
        if not data.get("ends"):
            self.add_error("ends", _("Please fill this in."))
            return data
        nights = was_until.date() - was_from.date()
        data["ends_at"] = _near(clock.at(data["on"] + nights, data["ends"]), was_until)
        return data

    @property
    def moved(self) -> tuple[datetime, datetime]:
        """The typed span; where only the start was typed anew, it lasts as long as before."""
        data = self.cleaned_data
        was_from, was_until = data["was"]
        is_end_kept = data.get("ends") == was_until.time().replace(second=0, microsecond=0)
        if data["starts_at"] != was_from and (is_end_kept or self.is_end):
            return data["starts_at"], data["starts_at"] + (was_until - was_from)
        return data["starts_at"], data["ends_at"]

    def refuse_reversed(self) -> None:
        """Say so where a row would end before it starts."""
        data = self.cleaned_data
        if not self.is_end and data.get("ends_at") and data["ends_at"] <= data["starts_at"]:
            self.add_error("ends", _("The end must be after the start."))


def _near(typed: datetime, was: datetime) -> datetime:
    """Return what was there before if it reads the same: fields show no seconds."""
    return was if typed == was.replace(second=0, microsecond=0) else typed


class BaseRows(forms.BaseFormSet[RowForm]):
    """The rows in the order in which they are meant to be."""

    def initial_form_count(self) -> int:
        return 0

    def by_key(self) -> dict[str, RowForm]:
        """Return the valid rows by their keys."""
        return {form.cleaned_data["key"]: form for form in self.forms if "key" in form.cleaned_data}


Rows = cast(
    type[BaseRows],
    forms.formset_factory(
        RowForm, formset=BaseRows, extra=0, max_num=MOST_ROWS, absolute_max=MOST_ROWS
    ),
)


class TimesForm(DeskForm):
    """How the others follow, and why."""

    follow = forms.ChoiceField(
        label=_("Those after it on the same day move"),
        choices=FOLLOWS,
        initial=Follow.ALONG.value,
        widget=forms.RadioSelect,
        required=False,
    )
    seen = forms.CharField(required=False, widget=forms.HiddenInput, max_length=20_000)
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    inputs: ClassVar[dict[str, str]] = {}

    def __init__(self, *args: Any, record: Trip, **kwargs: Any) -> None:
        super().__init__(*args, record=record, **kwargs)
        explain_reason(self.fields["reason"], record)

    @property
    def follows(self) -> Follow:
        """What those after a moved row do."""
        return Follow(self.cleaned_data.get("follow") or Follow.ALONG)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a button of the page asks for.

    Attributes:
        verb: ``from`` to let those after a row follow, ``up``, ``down``, ``show`` or ``keep``.
        key: of the row, for the first three.
    """

    verb: str
    key: str = ""

    @classmethod
    def of(cls, sent: QueryDict) -> Wish:
        """Return what was asked for; to show the change where nothing else was."""
        verb, _colon, key = sent.get("do", "show").partition(":")
        return cls(verb if verb in {"from", "up", "down", "keep"} else "show", key)


def typed_timeline(rows: BaseRows, wish: Wish, stored: Timed, follow: Follow) -> Timeline | None:
    """Return the times that were typed, with what follows from the button that was used.

    ``None`` where they cannot be read or used; the rows say why.
    """
    forms_by_key = rows.by_key()
    anew = wish.key if wish.verb in {"from", "up", "down"} else ""
    spans: dict[str, tuple[datetime, datetime]] = {}
    for key, form in forms_by_key.items():
        if key == anew:
            spans[key] = form.cleaned_data["was"]
            continue
        form.refuse_reversed()
        spans[key] = (form.cleaned_data["starts_at"], form.cleaned_data["ends_at"])
    if not {DEPARTURE, RETURN} <= spans.keys() or any(form.errors for form in rows.forms):
        return None
    timeline = Timeline(spans[DEPARTURE][0], spans[RETURN][0], _slots(spans, stored))
    try:
        return _carried_out(timeline, wish, forms_by_key, stored.road, follow)
    except (KeyError, ValueError):
        form = forms_by_key.get(wish.key, rows.forms[0])
        form.add_error(None, _("This is not possible here. Please check the times."))
        return None


def _slots(spans: Mapping[str, tuple[datetime, datetime]], stored: Timed) -> tuple[Slot, ...]:
    """Return the slots with what is stored about them; one that is not stored stays a bare one."""
    by_key = {slot.key: slot for slot in stored.timeline.slots}
    return tuple(
        replace(by_key.get(key, Slot(key, *span)), starts_at=span[0], ends_at=span[1])
        for key, span in spans.items()
        if key not in {DEPARTURE, RETURN}
    )


def _carried_out(
    timeline: Timeline, wish: Wish, rows: Mapping[str, RowForm], road: Road, follow: Follow
) -> Timeline:
    if wish.verb == "from" and wish.key == DEPARTURE:
        return depart(timeline, rows[DEPARTURE].moved[0], road, follow)
    if wish.verb == "from" and wish.key == RETURN:
        return replace(timeline, returns_at=rows[RETURN].moved[0])
    if wish.verb == "from":
        return put(timeline, wish.key, *rows[wish.key].moved, road, follow)
    if wish.verb in {"up", "down"}:
        before, after = neighbours(timeline, wish.key, road)
        other = before if wish.verb == "up" else after
        if other is None:
            raise ValueError("There is nothing to change places with.")
        return reorder(timeline, _swapped(timeline.keys, wish.key, other), road, follow)
    return timeline


def _swapped(keys: tuple[str, ...], one: str, other: str) -> list[str]:
    exchange = {one: other, other: one}
    return [exchange.get(key, key) for key in keys]


def signature(timeline: Timeline) -> str:
    """Return the times as text: what was shown is what may be kept."""
    parts = [timeline.departs_at.isoformat(), timeline.returns_at.isoformat()]
    parts += [
        f"{slot.key}={slot.starts_at.isoformat()}/{slot.ends_at.isoformat()}"
        for slot in timeline.slots
    ]
    return " ".join(parts)


def rows_showing(timeline: Timeline) -> BaseRows:
    """Return the rows of a timeline, to be typed into."""
    slots = [
        Slot(DEPARTURE, timeline.departs_at, timeline.departs_at),
        *timeline.slots,
        Slot(RETURN, timeline.returns_at, timeline.returns_at),
    ]
    rows: BaseRows = Rows(prefix=PREFIX, initial=[_initial(slot) for slot in slots])
    rows.extra = len(slots)
    return rows


def _initial(slot: Slot) -> dict[str, Any]:
    starts, ends = clock.local(slot.starts_at), clock.local(slot.ends_at)
    return {
        "key": slot.key,
        "was": f"{starts.isoformat()}/{ends.isoformat()}",
        "on": starts.date(),
        "starts": starts.time(),
        "ends": ends.time(),
    }
