"""Who is on duty when."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.common import audit
from outreach.common.constraints import NoOverlap
from outreach.fleet.models import CrewMember
from outreach.scheduling.models.events import Event
from outreach.scheduling.models.trips import Trip


class Duty(models.Model):
    """A crew member's time on a trip, or at an event that needs no vehicle."""

    class Role(models.TextChoices):
        """What the circular counts: one operator and two professionals."""

        OPERATOR = "operator", _("operator")
        PROFESSIONAL = "professional", _("professional staff")

    member = models.ForeignKey(
        CrewMember, models.PROTECT, verbose_name=_("crew member"), related_name="duties"
    )
    role = models.CharField(_("role"), max_length=12, choices=Role.choices)
    trip = models.ForeignKey(
        Trip,
        models.CASCADE,
        verbose_name=_("trip"),
        related_name="duties",
        null=True,
        blank=True,
    )
    event = models.ForeignKey(
        Event,
        models.CASCADE,
        verbose_name=_("event"),
        related_name="duties",
        null=True,
        blank=True,
    )
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    is_standing = models.BooleanField(_("stands"), default=True, editable=False)

    history = audit.history()

    class Meta:
        verbose_name = _("duty")
        verbose_name_plural = _("duties")
        ordering = ["starts_at", "role", "member"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="duty_of_trip_or_event",
                condition=Q(trip__isnull=False, event__isnull=True)
                | Q(trip__isnull=True, event__isnull=False),
            ),
            models.CheckConstraint(
                name="duty_ends_after_start", condition=Q(ends_at__gt=F("starts_at"))
            ),
            models.UniqueConstraint("trip", "member", name="duty_once_per_trip"),
            models.UniqueConstraint("event", "member", name="duty_once_per_event"),
            NoOverlap(
                name="duty_member_once",
                resources=["member"],
                start="starts_at",
                end="ends_at",
                condition=Q(is_standing=True),
                violation_error_code="member_busy",
                violation_error_message=_("This person is on duty elsewhere at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member_id} {self.role}"
