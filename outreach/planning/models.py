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
from outreach.scheduling.models import Event


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
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

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


class SeasonSubmissionQuerySet(models.QuerySet["SeasonSubmission"]):
    """Row sets of submissions."""

    def visible_to(self, user: User) -> SeasonSubmissionQuerySet:
        """Return the submissions of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(season__library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class SeasonSubmission(models.Model):
    """A season's plan as it was handed in for approval, and what was decided.

    Circular 05/2022/TT-BVHTTDL has the plan approved by the competent authority.

    Attributes:
        content: the plan as it was: one entry for each event, in order. Never changed.
        checksum: SHA-256 of the content's canonical JSON, in hexadecimal.
    """

    class State(models.TextChoices):
        """What became of it."""

        SUBMITTED = "submitted", _("submitted")
        APPROVED = "approved", _("approved")
        RETURNED = "returned", _("sent back")
        WITHDRAWN = "withdrawn", _("withdrawn")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    season = models.ForeignKey(
        Season, models.PROTECT, verbose_name=_("season"), related_name="submissions"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    content = models.JSONField(default=list, editable=False)
    checksum = models.CharField(_("checksum"), max_length=64, editable=False)
    note = models.TextField(_("note"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.SUBMITTED
    )
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("decided by"), related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    authority = models.CharField(_("authority"), max_length=200, blank=True)
    decision = models.CharField(_("number of the decision"), max_length=80, blank=True)
    decision_on = models.DateField(_("date of the decision"), null=True, blank=True)
    decision_note = models.TextField(_("note on the decision"), blank=True)

    history = audit.history()
    objects = SeasonSubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan for approval")
        verbose_name_plural = _("plans for approval")
        ordering = ["season", "-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("season", "number", name="submission_number_once"),
            models.UniqueConstraint(
                "season",
                name="submission_open_once",
                condition=Q(state="submitted"),
                violation_error_message=_("This season's plan is waiting for a decision already."),
            ),
            models.CheckConstraint(
                name="submission_decided_by_somebody",
                condition=Q(state="submitted", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state="submitted") & Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.season_id} ({self.number})"


class OwedVisitQuerySet(models.QuerySet["OwedVisit"]):
    """Row sets of visits owed."""

    def visible_to(self, user: User) -> OwedVisitQuerySet:
        """Return those of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(event__library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def open(self) -> OwedVisitQuerySet:
        """Return those that are neither waived nor made up for by a visit that stands."""
        made_up = Event.objects.standing().filter(makes_up_for=models.OuterRef("event"))
        return self.filter(waived_at__isnull=True).exclude(models.Exists(made_up))


class OwedVisit(models.Model):
    """A visit that had been announced and was called off: it is owed until it is made up for.

    Which visit makes up for it is said there (``Event.makes_up_for``).
    """

    event = models.OneToOneField(
        Event,
        models.CASCADE,
        verbose_name=_("event called off"),
        related_name="owed",
        primary_key=True,
    )
    due_on = models.DateField(_("to be made up by"))
    waived_at = models.DateTimeField(_("waived"), null=True, blank=True)
    waived_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("waived by"), related_name="+", null=True, blank=True
    )
    waived_because = models.CharField(_("why it is not made up"), max_length=200, blank=True)

    history = audit.history()
    objects = OwedVisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit owed")
        verbose_name_plural = _("visits owed")
        ordering = ["due_on", "event"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="owed_waived_with_reason",
                condition=Q(waived_at__isnull=True, waived_by__isnull=True)
                | Q(waived_at__isnull=False, waived_by__isnull=False) & ~Q(waived_because=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.due_on}"


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
    strict = models.BooleanField(
        _("refuse rows that break a rule"),
        default=False,
        help_text=_("Else their visits become drafts, with a note."),
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
