"""How often each venue was promised a visit."""

from __future__ import annotations

from datetime import date
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit
from outreach.common.constraints import NoOverlap
from outreach.common.periods import holds_on
from outreach.places.models import Venue


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
