"""The catalogue of measures, the monthly building figures, and what is derived from sheets.

Facts are stored once, on the result sheet. :class:`EventFact`, :class:`ActivityFact` and
:class:`Cell` are derived from the accepted sheets and can be rebuilt and compared at any time
(DESIGN.md 3.8).
"""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.attendance.models import ResultSheet, figure, figure_rule, how
from outreach.common import audit
from outreach.common.reference import Reference
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models import ActivityKind, Audience, Event


class Measure(Reference):
    """One countable thing, as the standards and circulars define it."""

    class Source(models.TextChoices):
        """Where a measure's figures come from."""

        EVENT = "event", _("events")
        ACTIVITY = "activity", _("activities")
        BUILDING = "building", _("the building")
        BOTH = "both", _("events and the building")

    unit_vi = models.CharField(_("Vietnamese unit"), max_length=40)
    unit_en = models.CharField(_("English unit"), max_length=40)
    standard_term = models.CharField(_("standard term"), max_length=160, blank=True)
    source = models.CharField(_("source"), max_length=8, choices=Source.choices)

    class Meta(Reference.Meta):
        verbose_name = _("measure")
        verbose_name_plural = _("measures")

    @property
    def unit(self) -> str:
        """The unit in the active language."""
        return self.unit_en if (get_language() or "vi").startswith("en") else self.unit_vi


BUILDING_MEASURES = (
    "reader_visits",
    "items_used",
    "items_lent",
    "cards_issued",
    "cards_renewed",
    "titles_added",
    "copies_added",
    "newspapers_added",
    "records_entered",
)
"""Codes of the measures a library enters for its building, per month."""

AUDIENCES = (
    "preschool",
    "primary",
    "lower_secondary",
    "upper_secondary",
    "adult",
    "elderly",
    "disability",
    "ethnic_minority",
)
"""Codes of the audiences that have a column in facts and cells."""


class BuildingFiguresQuerySet(models.QuerySet["BuildingFigures"]):
    """Row sets of building figures."""

    def visible_to(self, user: User) -> BuildingFiguresQuerySet:
        """Return the figures of the libraries whose statistics ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_STATISTICS))


class BuildingFigures(models.Model):
    """What a library counted in its building in one month; never mixed with event figures."""

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="building_figures"
    )
    month = models.DateField(_("month"), help_text=_("First day of the month."))

    reader_visits = figure(_("reader visits"))
    reader_visits_how = how()
    items_used = figure(_("items used on site"))
    items_used_how = how()
    items_lent = figure(_("items lent"))
    items_lent_how = how()
    cards_issued = figure(_("cards issued"))
    cards_issued_how = how()
    cards_renewed = figure(_("cards renewed"))
    cards_renewed_how = how()
    titles_added = figure(_("titles added"))
    titles_added_how = how()
    copies_added = figure(_("copies added"))
    copies_added_how = how()
    newspapers_added = figure(_("newspapers and magazines added"))
    newspapers_added_how = how()
    records_entered = figure(_("records entered"))
    records_entered_how = how()

    history = audit.history()
    objects = BuildingFiguresQuerySet.as_manager()

    class Meta:
        verbose_name = _("building figures")
        verbose_name_plural = _("building figures")
        ordering = ["-month", "library"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("library", "month", name="building_once_a_month"),
            models.CheckConstraint(
                name="building_month_is_first",
                condition=Q(month__day=1),
                violation_error_message=_("A month is given by its first day."),
            ),
            *(figure_rule("building", code) for code in BUILDING_MEASURES),
        ]

    def __str__(self) -> str:
        return f"{self.library_id} {self.month:%m/%Y}"


def total() -> models.PositiveBigIntegerField[int, int]:
    """Return the column of a sum."""
    return models.PositiveBigIntegerField(default=0)


class Totals(models.Model):
    """What facts of events and cells share.

    For each figure: its sum, the part of the sum that was estimated, and how many of the ``events``
    have no such figure. People by audience are a breakdown of ``people_served``; ``people_rest`` is
    what the age bands of a sheet leave of it.
    """

    events = total()
    people_served = total()
    people_served_estimated = total()
    people_served_missing = total()
    items_used = total()
    items_used_estimated = total()
    items_used_missing = total()
    items_lent = total()
    items_lent_estimated = total()
    items_lent_missing = total()
    cards_issued = total()
    cards_issued_estimated = total()
    cards_issued_missing = total()
    cards_renewed = total()
    cards_renewed_estimated = total()
    cards_renewed_missing = total()
    items_lost = total()
    items_lost_estimated = total()
    items_lost_missing = total()
    items_damaged = total()
    items_damaged_estimated = total()
    items_damaged_missing = total()
    people_preschool = total()
    people_preschool_estimated = total()
    people_preschool_missing = total()
    people_primary = total()
    people_primary_estimated = total()
    people_primary_missing = total()
    people_lower_secondary = total()
    people_lower_secondary_estimated = total()
    people_lower_secondary_missing = total()
    people_upper_secondary = total()
    people_upper_secondary_estimated = total()
    people_upper_secondary_missing = total()
    people_adult = total()
    people_adult_estimated = total()
    people_adult_missing = total()
    people_elderly = total()
    people_elderly_estimated = total()
    people_elderly_missing = total()
    people_rest = total()
    people_rest_estimated = total()
    people_rest_missing = total()
    people_disability = total()
    people_disability_estimated = total()
    people_disability_missing = total()
    people_ethnic_minority = total()
    people_ethnic_minority_estimated = total()
    people_ethnic_minority_missing = total()

    class Meta:
        abstract = True


class ActivityTotals(models.Model):
    """What facts of activities and cells share: the same three columns, over ``activities``."""

    activities = total()
    participants = total()
    participants_estimated = total()
    participants_missing = total()
    items_shown = total()
    items_shown_estimated = total()
    items_shown_missing = total()
    items_given = total()
    items_given_estimated = total()
    items_given_missing = total()
    minutes = total()
    minutes_estimated = total()
    minutes_missing = total()

    class Meta:
        abstract = True


class EventFact(Totals):
    """One wide row per event with an accepted sheet that counts; ``kind`` is its main activity."""

    event = models.OneToOneField(Event, models.CASCADE, primary_key=True, related_name="fact")
    sheet = models.OneToOneField(ResultSheet, models.CASCADE, related_name="fact")
    library = models.ForeignKey(Library, models.PROTECT, related_name="+")
    month = models.DateField()
    day = models.DateField()
    province = models.ForeignKey(AdministrativeUnit, models.PROTECT, related_name="+", null=True)
    commune = models.ForeignKey(AdministrativeUnit, models.PROTECT, related_name="+", null=True)
    venue = models.ForeignKey(Venue, models.PROTECT, related_name="+")
    vehicle = models.ForeignKey(Vehicle, models.PROTECT, related_name="+", null=True)
    kind = models.ForeignKey(ActivityKind, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("fact of an event")
        verbose_name_plural = _("facts of events")
        indexes: ClassVar[list[models.Index]] = [
            models.Index("month", "library", "kind", name="fact_by_cell"),
            models.Index("commune", "month", name="fact_by_commune"),
        ]

    def __str__(self) -> str:
        return str(self.event_id)


class ActivityFact(ActivityTotals):
    """One row per held activity of an event that counts."""

    fact = models.ForeignKey(EventFact, models.CASCADE, related_name="activity_facts")
    library = models.ForeignKey(Library, models.PROTECT, related_name="+")
    month = models.DateField()
    province = models.ForeignKey(AdministrativeUnit, models.PROTECT, related_name="+", null=True)
    commune = models.ForeignKey(AdministrativeUnit, models.PROTECT, related_name="+", null=True)
    kind = models.ForeignKey(ActivityKind, models.PROTECT, related_name="+")
    audience = models.ForeignKey(Audience, models.PROTECT, related_name="+", null=True)

    class Meta:
        verbose_name = _("fact of an activity")
        verbose_name_plural = _("facts of activities")
        indexes: ClassVar[list[models.Index]] = [
            models.Index("month", "library", "kind", name="activity_fact_by_cell"),
            models.Index("commune", "month", name="activity_fact_by_commune"),
        ]

    def __str__(self) -> str:
        return f"{self.fact_id} {self.kind_id}"


class Cell(Totals, ActivityTotals):
    """Sums of one month, library and kind. People are summed under their event's main kind."""

    month = models.DateField()
    library = models.ForeignKey(Library, models.PROTECT, related_name="+")
    kind = models.ForeignKey(ActivityKind, models.PROTECT, related_name="+")

    class Meta:
        verbose_name = _("summary cell")
        verbose_name_plural = _("summary cells")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("month", "library", "kind", name="cell_once"),
        ]

    def __str__(self) -> str:
        return f"{self.month} {self.library_id} {self.kind_id}"


class DirtyCell(models.Model):
    """A note, only ever appended, that a cell's facts changed; folded before cells are read."""

    month = models.DateField()
    library = models.ForeignKey(Library, models.CASCADE, related_name="+")
    kind = models.ForeignKey(ActivityKind, models.CASCADE, related_name="+")
    noted_at = models.DateTimeField(default=timezone.now)

    class Meta:
        verbose_name = _("cell to be folded")
        verbose_name_plural = _("cells to be folded")

    def __str__(self) -> str:
        return f"{self.month} {self.library_id} {self.kind_id}"
