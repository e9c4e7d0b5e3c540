"""What people ask of the figures, as words in an address."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common.errors import DomainError, InvalidInput
from outreach.common.periods import add_months, first_of_month
from outreach.scheduling.models import ActivityKind, Audience
from outreach.statistics.domain import COUNTABLES, Basis
from outreach.statistics.exports import group_title
from outreach.statistics.models import Measure
from outreach.statistics.questions import NOT_BROKEN_DOWN, Group, Question, Units
from outreach.statistics.reach import communes_counted, provinces_counted, word_of
from outreach.statistics.selectors import unit_label
from outreach.web.statistics.months import MonthField

Choices = list[tuple[str, Any]]

DEFAULT_MEASURE = "people_served"
ALWAYS = (
    "events",
    "people_served",
    "items_used",
    "items_lent",
    "cards_issued",
    "cards_renewed",
)
"""The measures every table shows, whichever is drawn."""
ALWAYS_BY_AUDIENCE = ("people_served", "activities", "participants")
"""The same where audiences are asked for: what can be told by audience."""
MONTHS_SHOWN = 12


def default_period(today: date) -> tuple[date, date]:
    """Return the first and last of the last twelve months, this one included."""
    month = first_of_month(today)
    return add_months(month, 1 - MONTHS_SHOWN), month


class WordField(forms.CharField):
    """A word from a list. One that is not on it is kept and shown; what is asked refuses it."""

    def __init__(self, label: Any, choices: Choices, typed: str) -> None:
        known = {word for word, _label in choices}
        kept = [(typed, typed)] if typed and typed not in known else []
        super().__init__(
            label=label, required=False, widget=forms.Select(choices=[*choices, *kept])
        )


class QuestionForm(forms.Form):
    """The filters of the statistics page.

    What is left out has its default; what cannot be understood stays as it was typed.
    """

    def __init__(
        self, data: Mapping[str, Any], *, user: User, today: date, names: Mapping[str, Measure]
    ) -> None:
        first, last = default_period(today)
        typed = {name: str(value).strip() for name, value in data.items()}
        self.typed = {name: value for name, value in typed.items() if value}
        defaults = {
            "measure": DEFAULT_MEASURE,
            "by": str(Group.MONTH),
            "from": f"{first:%Y-%m}",
            "to": f"{last:%Y-%m}",
        }
        super().__init__(defaults | self.typed, label_suffix="")
        self.user, self.names = user, names
        self.fields["measure"] = self._words("measure", _("Measure"), self._measures())
        self.fields["by"] = self._words("by", pgettext_lazy("statistics", "Divided by"), _groups())
        self.fields["from"] = MonthField(label=_("From month"), required=False)
        self.fields["to"] = MonthField(label=_("To month"), required=False)
        self.fields["units"] = self._words("units", _("Places told"), _units())
        self._add_places()
        self.fields["kind"] = self._words(
            "kind",
            _("Kind of activity"),
            _all(pgettext_lazy("kinds of activity", "Everything"), _named(ActivityKind)),
        )
        self.fields["audience"] = self._words(
            "audience",
            pgettext_lazy("statistics", "Audience"),
            [
                *_all(pgettext_lazy("audiences", "Everybody"), _named(Audience)),
                (NOT_BROKEN_DOWN, pgettext_lazy("audience", "Not broken down")),
            ],
        )

    # --- What the page draws -----------------------------------------------------------------

    @property
    def rare(self) -> list[forms.BoundField]:
        """The filters that unfold."""
        names = ("units", "library", "province", "commune", "kind", "audience")
        return [self[name] for name in names if name in self.fields]

    @property
    def uses_rare(self) -> bool:
        """Whether one of the rarer filters is in use or wrong."""
        return any(self.typed.get(field.name) for field in self.rare)

    @property
    def is_narrowed(self) -> bool:
        """Whether anything was chosen."""
        return any(name in self.typed for name in self.fields)

    # --- What it asks --------------------------------------------------------------------------

    def clean_by(self) -> Group:
        """Return the group that rows stand for."""
        try:
            return Group(self.cleaned_data["by"])
        except ValueError:
            raise ValidationError(
                _("Figures cannot be divided by “%(typed)s”."),
                code="group_unknown",
                params={"typed": self.cleaned_data["by"]},
            ) from None

    def clean_units(self) -> Units:
        """Return in which units places are told."""
        typed = self.cleaned_data["units"]
        try:
            return Units(typed) if typed else Units.AS_WAS
        except ValueError:
            raise ValidationError(
                _("Places cannot be told in “%(typed)s”."),
                code="units_unknown",
                params={"typed": typed},
            ) from None

    def question(self) -> Question:
        """Return what is asked; only of a valid form. The measure that is drawn comes along."""
        values = self.cleaned_data
        asks_audience = values["by"] == Group.AUDIENCE or values["audience"]
        always = ALWAYS_BY_AUDIENCE if asks_audience else ALWAYS
        return Question(
            measures=tuple(dict.fromkeys((*always, values["measure"]))),
            first_month=values["from"],
            last_month=values["to"],
            library=values.get("library", ""),
            province=values.get("province", ""),
            commune=values.get("commune", ""),
            kind=values["kind"],
            audience=values["audience"],
            group_by=values["by"],
            units=values["units"],
        )

    @property
    def measure(self) -> str:
        """The measure that is drawn; only of a valid form."""
        return str(self.cleaned_data["measure"])

    def take(self, error: DomainError) -> None:
        """Show a refusal at the field it is about."""
        name = error.field if error.field in self.fields else None
        self.add_error(name, error.message)

    # --- Inside --------------------------------------------------------------------------------

    def _words(self, name: str, label: Any, choices: Choices) -> WordField:
        return WordField(label, choices, self.data.get(name, ""))

    def _measures(self) -> Choices:
        return [
            (one.key, self.names[one.code].name)
            for one in COUNTABLES.values()
            if one.basis is not Basis.BUILDING and one.code in self.names
        ]

    @property
    def _units(self) -> Units:
        typed = self.typed.get("units")
        return Units.TODAY if typed == Units.TODAY else Units.AS_WAS

    def _add_places(self) -> None:
        libraries = Library.objects.visible_to(self.user, Action.SEE_STATISTICS)
        seen = [(one.slug, one.short_name) for one in libraries.running_services()]
        if len(seen) > 1 or self.typed.get("library"):
            self.fields["library"] = self._words(
                "library", pgettext_lazy("institution", "Library"), _all(_("All libraries"), seen)
            )
        provinces = [
            (word_of(one), unit_label(one)) for one in provinces_counted(self.user, self._units)
        ]
        self.fields["province"] = self._words(
            "province", _("Province"), _all(_("All provinces"), provinces)
        )
        if self.typed.get("province") or self.typed.get("commune"):
            self.fields["commune"] = self._words(
                "commune", _("Commune"), _all(_("All communes"), self._communes())
            )

    def _communes(self) -> Choices:
        """Return the communes of the province; none where there is no such province."""
        if not (province := self.typed.get("province")):
            return []
        try:
            units = communes_counted(
                self.user, province, self.typed.get("library", ""), self._units
            )
        except InvalidInput:
            return []
        return [(word_of(unit), unit_label(unit)) for unit in units]


def _units() -> Choices:
    return [
        ("", pgettext_lazy("units", "As they were when it was counted")),
        (str(Units.TODAY), pgettext_lazy("units", "In today's units")),
    ]


def _groups() -> Choices:
    return [(str(group), group_title(group)) for group in Group]


def _named(model: type[ActivityKind] | type[Audience]) -> Choices:
    return [(one.code, one.name) for one in model.objects.filter(in_use=True)]


def _all(label: Any, choices: Iterable[tuple[str, Any]]) -> Choices:
    return [("", label), *choices]
