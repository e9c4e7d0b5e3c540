"""How far a trip has come on the day, as its crew says."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import User
from outreach.common import audit
from outreach.scheduling.models.events import Event
from outreach.scheduling.models.trips import Trip


class TripMark(models.Model):
    """One sign of life of a trip: it has left, arrived at a stop, finished there, or is back."""

    class Kind(models.TextChoices):
        """What has happened."""

        LEFT = "left", _("has left")
        ARRIVED = "arrived", _("has arrived")
        DONE = "done", _("has finished")
        BACK = "back", _("is back")

    trip = models.ForeignKey(Trip, models.CASCADE, verbose_name=_("trip"), related_name="marks")
    event = models.ForeignKey(
        Event,
        models.CASCADE,
        verbose_name=_("event"),
        related_name="marks",
        null=True,
        blank=True,
    )
    kind = models.CharField(_("what"), max_length=8, choices=Kind.choices)
    at = models.DateTimeField(_("when"))
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")

    history = audit.history()

    class Meta:
        verbose_name = _("sign of life")
        verbose_name_plural = _("signs of life")
        ordering = ["at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "trip", "kind", name="mark_once_per_trip", condition=Q(event__isnull=True)
            ),
            models.UniqueConstraint(
                "event", "kind", name="mark_once_per_event", condition=Q(event__isnull=False)
            ),
            models.CheckConstraint(
                name="mark_of_stop_names_it",
                condition=Q(kind__in=["left", "back"], event__isnull=True)
                | Q(kind__in=["arrived", "done"], event__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trip_id} {self.kind}"
