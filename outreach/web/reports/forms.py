"""The form of what a library counted in its building in one month."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from outreach.attendance.inputs import Figure
from outreach.common import audit
from outreach.common.errors import DomainError
from outreach.statistics.models import BUILDING_MEASURES, BuildingFigures
from outreach.web.results.fields import FigureField

HINTS = {
    "reader_visits": _("Everybody who came, once per visit. Without the readers of events."),
    "items_used": _("Read or looked at in the library; not what was taken home."),
    "items_lent": _("Taken home from the building; gifts are not loans."),
    "cards_issued": _("New readers only, at the desk."),
    "copies_added": _("Each copy. Titles stand in the line above."),
    "records_entered": _("New records in the catalogue or a database."),
}
_READING = ("reader_visits", "items_used", "items_lent")
_CARDS = ("cards_issued", "cards_renewed")
_COLLECTION = ("titles_added", "copies_added", "newspapers_added", "records_entered")


class BuildingForm(forms.Form):
    """A month's figures as a person fills them in: what was typed stays, whatever is wrong.

    Args:
        stored: the figures that are corrected, if the month was entered before.
    """

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, required=False)
    reason = forms.CharField(
        label=_("Why are they corrected?"),
        max_length=1000,
        help_text=_("Everybody who looks at the figures can read this."),
    )

    def __init__(self, data: Any = None, *, stored: BuildingFigures | None) -> None:
        known = {code: figure_of(stored, code) for code in BUILDING_MEASURES} if stored else {}
        super().__init__(
            data, initial={"version": audit.version_of(stored), **known}, label_suffix=""
        )
        for code in BUILDING_MEASURES:
            self.fields[code] = FigureField(label=label_of(code), help_text=HINTS.get(code, ""))
        if stored is None:
            del self.fields["reason"]

    @property
    def reading(self) -> list[forms.BoundField]:
        """Visits and circulation."""
        return [self[code] for code in _READING]

    @property
    def cards(self) -> list[forms.BoundField]:
        """Cards issued and renewed."""
        return [self[code] for code in _CARDS]

    @property
    def collection(self) -> list[forms.BoundField]:
        """What came into the collection and the catalogue."""
        return [self[code] for code in _COLLECTION]

    def figures(self) -> dict[str, Figure]:
        """Return the figures as they were entered; only for a valid form."""
        return {code: self.cleaned_data[code] for code in BUILDING_MEASURES}

    def take(self, error: DomainError) -> None:
        """Show a refusal at the field it is about."""
        self.add_error(error.field if error.field in self.fields else None, error.message)


def figure_of(stored: BuildingFigures, code: str) -> Figure:
    """Return one stored figure with how it was arrived at."""
    return Figure(getattr(stored, code), getattr(stored, f"{code}_how"))


def label_of(code: str) -> str:
    """Return the name of a figure of the building."""
    return capfirst(str(BuildingFigures._meta.get_field(code).verbose_name))  # type: ignore[union-attr]
