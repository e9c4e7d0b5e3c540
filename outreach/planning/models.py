"""Seasons, and how often each venue was promised a visit."""

from __future__ import annotations

import uuid
from datetime import date, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.constraints import NoOverlap
from outreach.common.periods import holds_on
from outreach.places.models import Venue


class SeasonQuerySet(models.QuerySet["Season"]):
    """Row sets of seasons."""

    def visible_to(self, user: User) -> SeasonQuerySet:
        """Return the seasons of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class Season(models.Model):
    """A stretch of weeks that a library plans as one."""

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="seasons"
    )
    name = models.CharField(_("name"), max_length=100)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("first day after"))

    history = audit.history()
    objects = SeasonQuerySet.as_manager()

    class Meta:
        verbose_name = _("season")
        verbose_name_plural = _("seasons")
        ordering = ["-starts_on", "library"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="season_ends_after_start",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("The end must be after the start."),
            ),
            NoOverlap(
                name="season_once",
                resources=["library"],
                start="starts_on",
                end="ends_on",
                violation_error_code="season_overlaps",
                violation_error_message=_("This library has another season at that time."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_on(self) -> date:
        """The season's last day: ``ends_on`` is the first day after."""
        return self.ends_on - timedelta(days=1)


class PromiseQuerySet(models.QuerySet["Promise"]):
    """Row sets of promises."""

    def visible_to(self, user: User) -> PromiseQuerySet:
        """Return the promises to venues of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(venue__library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def in_force_on(self, day: date) -> PromiseQuerySet:
        """Return the promises in force on ``day``."""
        return self.filter(holds_on(day, start="starts_on", end="ends_on"))


class Promise(models.Model):
    """How often a venue is to be visited."""

    venue = models.ForeignKey(
        Venue, models.CASCADE, verbose_name=_("venue"), related_name="promises"
    )
    every_weeks = models.PositiveSmallIntegerField(
        _("every … weeks"), validators=[MinValueValidator(1), MaxValueValidator(26)]
    )
    service_min = models.PositiveSmallIntegerField(
        _("minutes of service"), validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True)

    history = audit.history()
    objects = PromiseQuerySet.as_manager()

    class Meta:
        verbose_name = _("promise")
        verbose_name_plural = _("promises")
        ordering = ["venue", "starts_on"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="promise_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="promise_in_range",
                condition=Q(
                    every_weeks__gte=1,
                    every_weeks__lte=26,
                    service_min__gte=1,
                    service_min__lte=600,
                ),
            ),
            NoOverlap(
                name="promise_once_at_a_time",
                resources=["venue"],
                start="starts_on",
                end="ends_on",
                violation_error_code="promise_overlaps",
                violation_error_message=_("This venue has another promise at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.venue_id}: {self.every_weeks}"


class StopImportQuerySet(models.QuerySet["StopImport"]):
    """Row sets of imports."""

    def visible_to(self, user: User) -> StopImportQuerySet:
        """Return the imports of the libraries ``user`` plans for."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.PLAN))


class StopImport(models.Model):
    """A timetable somebody sent, from the file to what became of it.

    Attributes:
        content: the file; emptied once it is stored or given up.
        report: what :func:`outreach.planning.timetables.reports.report_of` made of the plan.
        beat_at: the last sign of life of the work in the background.
    """

    class State(models.TextChoices):
        """How far it has come."""

        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("to be looked at")
        STORING = "storing", _("being stored")
        DONE = "done", _("imported")
        FAILED = "failed", _("not readable")
        CANCELLED = "cancelled", _("given up")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    library = models.ForeignKey(
        Library, models.CASCADE, verbose_name=_("library"), related_name="stop_imports"
    )
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(editable=False)
    since = models.DateField(_("first day"))
    weeks = models.PositiveSmallIntegerField(
        _("weeks"), validators=[MinValueValidator(1), MaxValueValidator(104)]
    )
    override_reason = models.TextField(
        _("why they may be public at once"),
        blank=True,
        help_text=_("Empty: the visits are drafts."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.CHECKING
    )
    done = models.PositiveIntegerField(default=0, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    report = models.JSONField(default=dict, editable=False)
    failure = models.TextField(_("why not"), blank=True, editable=False)
    beat_at = models.DateTimeField(editable=False)

    objects = StopImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of stops")
        verbose_name_plural = _("imports of stops")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name
