"""Series: stops that come again by a rule."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models.reference import ActivityKind, Audience


class SeriesQuerySet(models.QuerySet["Series"]):
    """Row sets of series."""

    def visible_to(self, user: User) -> SeriesQuerySet:
        """Return the series of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class Series(models.Model):
    """A stop that comes again by a rule: a row of a timetable.

    Attributes:
        rule: a recurrence rule without its ``RRULE:`` (RFC 5545, 3.3.10), as it was stated.
        weekday: the day the timetable names, 0 for Monday; ``None`` where it names none.
        exceptions: dates without a visit, ISO 8601, in order.
        stated: cells of an imported row that say otherwise than the record they became part of,
            by column: what the record said then, and what the row said. Exporting gives the row's
            back while the record still says what it said then.
    """

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="series"
    )
    vehicle = models.ForeignKey(
        Vehicle,
        models.PROTECT,
        verbose_name=_("vehicle"),
        related_name="series",
        null=True,
        blank=True,
    )
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="series")
    route = models.CharField(_("route"), max_length=160, blank=True)
    visit_type = models.CharField(_("type of visit"), max_length=80, blank=True)
    rule = models.CharField(_("recurrence rule"), max_length=200, blank=True)
    weekday = models.PositiveSmallIntegerField(_("weekday"), null=True, blank=True)
    arrives = models.TimeField(_("arrival"))
    departs = models.TimeField(_("departure"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True, help_text=_("First day after."))
    kind = models.ForeignKey(
        ActivityKind,
        models.PROTECT,
        verbose_name=_("kind of activity"),
        related_name="+",
        null=True,
        blank=True,
        help_text=_("Empty: mobile service."),
    )
    audience = models.ForeignKey(
        Audience,
        models.PROTECT,
        verbose_name=_("main audience"),
        related_name="+",
        null=True,
        blank=True,
    )
    title = models.CharField(_("title"), max_length=160, blank=True)
    continues = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name=_("continues"),
        related_name="continued_by",
        null=True,
        blank=True,
        editable=False,
        help_text=_("The series this one was split from, when it changed from a date on."),
    )
    exceptions = models.JSONField(_("except on"), default=list, blank=True)
    timetable_url = models.CharField(_("timetable on the web"), max_length=500, blank=True)
    stated = models.JSONField(_("as stated in the file"), default=dict, blank=True, editable=False)

    history = audit.history()
    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["library", "vehicle", "weekday", "arrives", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="series_departs_after_arrival",
                condition=Q(departs__gt=F("arrives")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="series_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="series_on_a_weekday", condition=Q(weekday__isnull=True) | Q(weekday__lte=6)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route or self.venue_id} {self.arrives:%H:%M}"
