"""Rules a library sets for itself, and soft rules that somebody overrode."""

from __future__ import annotations

from datetime import time
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.scheduling.domain import Finding, Rule
from outreach.scheduling.models.events import Event
from outreach.scheduling.models.trips import Trip


class RuleOverrideQuerySet(models.QuerySet["RuleOverride"]):
    """Overrides as the product asks for them."""

    def standing(self) -> RuleOverrideQuerySet:
        """Leave out those whose facts no longer hold."""
        return self.filter(lapsed_at=None)


class RuleOverride(models.Model):
    """A soft rule that somebody with the right to overrode, and why.

    It stands for the facts it was about. Once a change makes them untrue it has lapsed: it is kept,
    and neither shown as a badge nor asked about any more.
    """

    trip = models.ForeignKey(Trip, models.CASCADE, related_name="overrides", null=True, blank=True)
    event = models.ForeignKey(
        Event, models.CASCADE, related_name="overrides", null=True, blank=True
    )
    rule = models.CharField(_("rule"), max_length=40)
    params = models.JSONField(_("the facts"), default=dict, blank=True)
    finding = models.TextField(_("what it found"))
    reason = models.TextField(_("reason"))
    actor = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    lapsed_at = models.DateTimeField(
        _("no longer holds since"), null=True, blank=True, editable=False
    )

    objects = RuleOverrideQuerySet.as_manager()

    class Meta:
        verbose_name = _("override of a rule")
        verbose_name_plural = _("overrides of rules")
        ordering = ["-made_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="override_of_trip_or_event",
                condition=Q(trip__isnull=False, event__isnull=True)
                | Q(trip__isnull=True, event__isnull=False),
            ),
            models.CheckConstraint(name="override_has_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return self.rule

    @property
    def stands(self) -> bool:
        """Whether what it was about is still so."""
        return self.lapsed_at is None

    @property
    def found(self) -> Finding:
        """What was overridden, to be read in the active language."""
        return Finding(Rule(self.rule), self.params)


_month_day = RegexValidator(r"^(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$", _("Month and day: 09-05."))


class RuleSettings(models.Model):
    """What a library sets of the rules; what the law says is not for it to set.

    A library without a row has the defaults.
    """

    library = models.OneToOneField(
        Library,
        models.CASCADE,
        verbose_name=_("library"),
        related_name="rule_settings",
        primary_key=True,
    )
    leg_buffer_min = models.PositiveSmallIntegerField(
        _("minutes to spare on each way"), default=10, validators=[MaxValueValidator(120)]
    )
    class_min = models.PositiveSmallIntegerField(
        _("minutes for each class"),
        default=20,
        validators=[MinValueValidator(5), MaxValueValidator(240)],
    )
    notice_days = models.PositiveSmallIntegerField(
        _("days between asking and the visit"), default=14, validators=[MaxValueValidator(365)]
    )
    school_opens = models.TimeField(_("school begins"), default=time(7, 0))
    school_closes = models.TimeField(_("school ends"), default=time(17, 0))
    term_starts = models.CharField(
        _("school year begins"), max_length=5, default="09-05", validators=[_month_day]
    )
    term_ends = models.CharField(
        _("last day of the school year"), max_length=5, default="05-31", validators=[_month_day]
    )
    holidays = models.CharField(
        _("public holidays of"),
        max_length=10,
        default="VN",
        blank=True,
        help_text=_("Country as two letters, with its part after a hyphen: VN, GB-NIR."),
    )

    history = audit.history()

    class Meta:
        verbose_name = _("rules of a library")
        verbose_name_plural = _("rules of libraries")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="rules_school_closes_after_opening",
                condition=Q(school_closes__gt=F("school_opens")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="rules_in_range",
                condition=Q(
                    leg_buffer_min__lte=120,
                    class_min__gte=5,
                    class_min__lte=240,
                    notice_days__lte=365,
                ),
            ),
        ]

    def __str__(self) -> str:
        return str(self.library_id)
