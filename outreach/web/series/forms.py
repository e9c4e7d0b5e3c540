"""The forms of series, templates and copies. They read what was typed; services decide."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.utils import formats
from django.utils.dates import WEEKDAYS
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.common import clock
from outreach.common.periods import monday_of
from outreach.fleet.models import Vehicle
from outreach.scheduling.models import Event, Series, new_uid
from outreach.scheduling.series.changing import Change, Scope
from outreach.scheduling.series.drafting import DraftWishes
from outreach.scheduling.series.inputs import MAIN_KIND, SeriesInput
from outreach.scheduling.series.making import Wishes
from outreach.scheduling.series.plan import Choice
from outreach.scheduling.series.wording import Frequency, Pattern, Place, describe
from outreach.web.schedule.fields import ClockField, DayField, Pick
from outreach.web.schedule.offer import Offer
from outreach.web.series.deciding import PlanForm
from outreach.web.widgets import CountInput

ONE_DAY = timedelta(days=1)
CUSTOM = "custom"
WEEKS_AHEAD = 13
MOST_WEEKS = 26
_ON_DAYS_OFF = [
    (Choice.OUT.value, _("leave the date out")),
    (Choice.NEXT.value, _("hold it on the next free day")),
    (Choice.GO.value, _("hold it all the same")),
]


class DaysField(forms.CharField):
    """Some days, one on each line."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_length=1000, widget=forms.Textarea(attrs={"rows": 3}), **kwargs)

    def clean(self, value: Any) -> list[date]:
        """Return the days that were typed.

        Raises:
            ValidationError: naming the line that is no day.
        """
        field = DayField()
        lines = super().clean(value).replace(",", "\n").replace(";", "\n").split("\n")
        return [field.clean(line.strip()) for line in lines if line.strip()]


class RuleForm(PlanForm):
    """How a series comes again."""

    pattern = forms.ChoiceField(
        label=_("Comes again"),
        choices=Pattern.choices,
        initial=Pattern.WEEKLY,
        widget=forms.RadioSelect(attrs={"class": "inline"}),
    )
    every = forms.IntegerField(
        label=_("Every how many weeks or months"),
        min_value=1,
        max_value=52,
        initial=1,
        widget=CountInput,
    )
    weekdays = forms.MultipleChoiceField(
        label=_("On"),
        required=False,
        choices=[(str(number), capfirst(name)) for number, name in WEEKDAYS.items()],
        widget=forms.CheckboxSelectMultiple(attrs={"class": "inline"}),
    )
    place = forms.ChoiceField(
        label=_("Which one of the month"),
        choices=Place.choices,
        required=False,
        help_text=_("Only for a weekday of the month: a fifth Friday comes in some months only."),
    )

    inputs: ClassVar[dict[str, str]] = {"rule": "pattern"}

    def offer_rule(self, rule: str, starts_on: date) -> None:
        """Offer a rule that no page offers otherwise, to be kept."""
        if Frequency.of(rule, starts_on) is not None:
            return
        said = _("as it is: %(rule)s") % {"rule": describe(rule, starts_on)}
        cast(forms.ChoiceField, self.fields["pattern"]).choices = [
            *Pattern.choices,
            (CUSTOM, said),
        ]

    def clean(self) -> dict[str, Any]:
        """Ask for the weekdays that the pattern needs."""
        data = super().clean() or self.cleaned_data
        days = data.get("weekdays") or []
        if data.get("pattern") == Pattern.WEEKLY and not days:
            self.add_error("weekdays", _("Choose a weekday."))
        if data.get("pattern") == Pattern.MONTHLY and len(days) != 1:
            self.add_error("weekdays", _("Choose one weekday."))
        return data

    def rule(self, kept: str = "") -> str:
        """Return the rule that was chosen; ``kept`` where it is to stay as it is."""
        data = self.cleaned_data
        if data["pattern"] == CUSTOM:
            return kept
        return Frequency(
            pattern=Pattern(data["pattern"]),
            every=data["every"],
            weekdays=tuple(int(day) for day in data["weekdays"]),
            place=int(data["place"] or 1),
        ).rule

    @staticmethod
    def initial_of_rule(rule: str, starts_on: date) -> dict[str, Any]:
        """Return what the fields show for a rule."""
        frequency = Frequency.of(rule, starts_on)
        if frequency is None:
            return {"pattern": CUSTOM}
        return {
            "pattern": frequency.pattern.value,
            "every": frequency.every,
            "weekdays": [str(day) for day in frequency.weekdays],
            "place": str(frequency.place),
        }


class SeriesForm(RuleForm):
    """A series: where, with what, when, and what happens."""

    venue = Pick(
        label=_("Venue"),
        empty=_("Choose a venue…"),
        widget=forms.Select(attrs={"data-search": _("Search venue or commune")}),
    )
    vehicle = Pick(label=_("Vehicle"), required=False, empty=_("Without a vehicle"))
    arrives = ClockField(label=pgettext_lazy("clock time", "From"))
    departs = ClockField(label=pgettext_lazy("clock time", "Until"))
    kind = Pick(label=_("Activity"), empty=_("Choose…"))
    audience = Pick(label=_("Mainly for"), required=False, empty=_("Everyone"))
    title = forms.CharField(
        label=_("Title"),
        required=False,
        max_length=160,
        help_text=_("Empty means: named after its activity and its venue."),
    )
    last_on = DayField(
        label=_("Last day"), required=False, help_text=_("Empty means: until further notice.")
    )

    inputs: ClassVar[dict[str, str]] = RuleForm.inputs | {
        "ends_on": "last_on",
        "venue": "venue",
        "vehicle": "vehicle",
    }

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("venue").offer(offer.venues, offer.venues_by_commune)
        self.pick("vehicle").offer(offer.vehicles)
        self.pick("kind").offer(offer.kinds)
        self.pick("kind").initial = MAIN_KIND
        self.pick("audience").offer(offer.audiences)

    def said(self) -> dict[str, Any]:
        """Return what was typed, for the input of a series."""
        names = ("venue", "vehicle", "arrives", "departs", "kind", "audience", "title")
        last_on: date | None = self.cleaned_data["last_on"]
        ends_on = last_on + ONE_DAY if last_on else None
        return {name: self.cleaned_data[name] for name in names} | {"ends_on": ends_on}

    @classmethod
    def initial_of(cls, series: Series) -> dict[str, Any]:
        """Return what the fields show for a stored series."""
        return cls.initial_of_rule(series.rule, series.starts_on) | {
            "venue": series.venue.code,
            "vehicle": series.vehicle.slug if series.vehicle else "",
            "arrives": series.arrives,
            "departs": series.departs,
            "kind": series.kind_id or MAIN_KIND,
            "audience": series.audience_id or "",
            "title": series.title,
            "last_on": series.ends_on - ONE_DAY if series.ends_on else None,
        }


class NewSeriesForm(SeriesForm):
    """A series to be, and until when its events are made."""

    starts_on = DayField(label=_("First day"))
    exceptions = DaysField(
        label=_("Dates to leave out"),
        required=False,
        help_text=_("One on each line, like 25/11/2026. More can be left out later, one by one."),
    )
    until = DayField(
        label=_("Make its events until"), help_text=_("More can be made later, at any time.")
    )
    on_days_off = forms.ChoiceField(
        label=_("On public holidays and when the venue is closed"), choices=_ON_DAYS_OFF
    )

    inputs: ClassVar[dict[str, str]] = SeriesForm.inputs | {
        "starts_on": "starts_on",
        "exceptions": "exceptions",
    }

    def wanted(self) -> SeriesInput:
        """Return the series that was typed."""
        return SeriesInput(
            rule=self.rule(), starts_on=self.cleaned_data["starts_on"], **self.said()
        )

    def wishes(self) -> Wishes:
        """Return how its dates are to be made."""
        data = self.cleaned_data
        return Wishes(
            data["until"] + ONE_DAY,
            Choice(data["on_days_off"]),
            self.choices(),
            tuple(data["exceptions"]),
        )


class DatesForm(PlanForm):
    """Until when the missing events of a series are made."""

    until = DayField(label=_("Make its events until"))
    on_days_off = forms.ChoiceField(
        label=_("On public holidays and when the venue is closed"), choices=_ON_DAYS_OFF
    )

    def wishes(self) -> Wishes:
        """Return how the dates are to be made."""
        data = self.cleaned_data
        return Wishes(data["until"] + ONE_DAY, Choice(data["on_days_off"]), self.choices())


class ChangeSeriesForm(SeriesForm):
    """What becomes of a series, and from when on."""

    scope = forms.ChoiceField(
        label=_("What is changed"),
        choices=Scope.choices,
        initial=Scope.FOLLOWING,
        widget=forms.RadioSelect,
    )
    on = forms.ChoiceField(label=_("Date"), required=False)
    held_on = DayField(
        label=_("Held on"),
        required=False,
        help_text=_("Only for one date: the day on which it is held instead."),
    )

    inputs: ClassVar[dict[str, str]] = SeriesForm.inputs | {"on": "on"}

    def offer_dates(self, events: Iterable[Event]) -> None:
        """Offer the dates that are to come."""
        cast(forms.ChoiceField, self.fields["on"]).choices = [
            (
                event.series_on.isoformat(),
                formats.date_format(clock.local(event.starts_at), "D d/m/Y, H:i"),
            )
            for event in events
            if event.series_on is not None
        ]

    def change(self, series: Series) -> Change:
        """Return the change that was typed."""
        data = self.cleaned_data
        wanted = SeriesInput(
            rule=self.rule(series.rule),
            starts_on=series.starts_on,
            route=series.route,
            **self.said(),
        )
        if wanted.kind is not None and wanted.kind.pk == (series.kind_id or MAIN_KIND):
            wanted = replace(wanted, kind=series.kind)
        return Change(
            wanted=wanted,
            scope=Scope(data["scope"]),
            on=date.fromisoformat(data["on"]) if data["on"] else None,
            held_on=data["held_on"] if data["scope"] == Scope.ONE else None,
            choices=self.choices(),
        )


class EndSeriesForm(PlanForm):
    """From when on a series no longer holds."""

    last_on = DayField(label=_("Last day"))

    inputs: ClassVar[dict[str, str]] = {"ends_on": "last_on", "on": "last_on"}


class FindSeriesForm(forms.Form):
    """What the list of series is narrowed to."""

    library = forms.SlugField(required=False, widget=forms.HiddenInput)
    text = forms.CharField(
        label=_("Venue, village or route"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
    )
    vehicle = Pick(label=_("Vehicle"), required=False, empty=pgettext_lazy("vehicles", "All"))
    shows = forms.ChoiceField(
        label=pgettext_lazy("filter", "Show"),
        required=False,
        choices=[
            ("", pgettext_lazy("series", "In force")),
            ("ended", pgettext_lazy("series", "Ended")),
            ("all", pgettext_lazy("series", "All")),
        ],
    )

    def offer_vehicles(self, vehicles: Iterable[Vehicle]) -> None:
        """Offer these to choose from."""
        cast(Pick, self.fields["vehicle"]).offer({one.slug: one for one in vehicles})


class NameForm(forms.Form):
    """What a template is called."""

    name = forms.CharField(label=_("Name"), max_length=100)
    expected_version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class UseTemplateForm(PlanForm):
    """On which days a template becomes a trip."""

    vehicle = Pick(label=_("Vehicle"), empty=_("Choose a vehicle…"))
    first_on = DayField(label=_("First day"))
    more_on = DaysField(
        label=_("More days"), required=False, help_text=_("One on each line, like 25/11/2026.")
    )
    on_days_off = forms.ChoiceField(
        label=_("On public holidays and when the venue is closed"), choices=_ON_DAYS_OFF[::2]
    )
    request_uid = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=new_uid)

    inputs: ClassVar[dict[str, str]] = {"days": "more_on"}

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        self.pick("vehicle").offer(offer.vehicles)

    def days(self) -> tuple[date, ...]:
        """Return the days that were named."""
        return (self.cleaned_data["first_on"], *self.cleaned_data["more_on"])

    def wishes(self) -> DraftWishes:
        """Return what to do on bad days."""
        return DraftWishes(Choice(self.cleaned_data["on_days_off"]), self.choices())


class CopyForm(PlanForm):
    """What of a copy is wanted."""

    vehicles = forms.MultipleChoiceField(
        label=_("Only these vehicles"),
        required=False,
        widget=forms.CheckboxSelectMultiple(attrs={"class": "inline"}),
        help_text=_("None ticked: everything, also what needs no vehicle."),
    )
    on_days_off = forms.ChoiceField(
        label=_("On public holidays and when the venue is closed"), choices=_ON_DAYS_OFF[::2]
    )

    def prepare(self, offer: Offer) -> None:
        super().prepare(offer)
        cast(forms.MultipleChoiceField, self.fields["vehicles"]).choices = [
            (str(one.pk), one.name) for one in offer.vehicles.values()
        ]

    def chosen_vehicles(self) -> frozenset[int]:
        """Return the keys of the vehicles that were chosen."""
        return frozenset(int(key) for key in self.cleaned_data["vehicles"])

    def wishes(self) -> DraftWishes:
        """Return what to do on bad days."""
        return DraftWishes(Choice(self.cleaned_data["on_days_off"]), self.choices())


class CopyWeekForm(CopyForm):
    """A week, and the weeks it is copied to."""

    week = DayField(label=_("Copy the week of"))
    first_week = DayField(label=_("To the week of"))
    count = forms.IntegerField(
        label=_("To how many weeks"),
        min_value=1,
        max_value=MOST_WEEKS,
        initial=1,
        widget=CountInput,
    )
    every = forms.IntegerField(
        label=_("Every how many weeks"),
        min_value=1,
        max_value=12,
        initial=1,
        widget=CountInput,
        help_text=_("2 for every other week."),
    )

    inputs: ClassVar[dict[str, str]] = {"onto": "first_week", "since": "week"}

    def onto(self) -> list[date]:
        """Return the Mondays of the weeks it is copied to."""
        data = self.cleaned_data
        monday = monday_of(data["first_week"])
        return [monday + timedelta(weeks=data["every"] * number) for number in range(data["count"])]


class CopySeasonForm(CopyForm):
    """A season, and the one it is copied to."""

    source = Pick(label=_("Copy the season"), empty=_("Choose…"))
    target = Pick(label=_("To the season"), empty=_("Choose…"))

    inputs: ClassVar[dict[str, str]] = {"onto": "target", "since": "source"}

    def offer_seasons(self, seasons: Sequence[Any]) -> None:
        """Offer these to choose from."""
        things = {str(season.pk): season for season in seasons}
        self.pick("source").offer(things)
        self.pick("target").offer(things)

    def clean(self) -> dict[str, Any]:
        """Refuse a season to be copied to itself."""
        data = super().clean() or self.cleaned_data
        if data.get("source") and data.get("source") == data.get("target"):
            self.add_error("target", _("Choose another season."))
        return data


class SeasonsForm(forms.Form):
    """Which two seasons are compared."""

    library = forms.SlugField(required=False, widget=forms.HiddenInput)
    before = Pick(label=_("From the season"), required=False, empty=_("Choose…"))
    after = Pick(label=_("To the season"), required=False, empty=_("Choose…"))
    only = forms.ChoiceField(
        label=pgettext_lazy("filter", "Only"),
        required=False,
        choices=[
            ("", pgettext_lazy("stops", "All")),
            ("added", pgettext_lazy("stops", "Added")),
            ("dropped", pgettext_lazy("stops", "Dropped")),
            ("changed", pgettext_lazy("stops", "Changed")),
        ],
    )

    def offer_seasons(self, seasons: Sequence[Any]) -> None:
        """Offer these to choose from."""
        things = {str(season.pk): season for season in seasons}
        for name in ("before", "after"):
            cast(Pick, self.fields[name]).offer(things)
