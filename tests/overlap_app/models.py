"""Models that exist for the tests of :class:`outreach.common.constraints.NoOverlap` alone."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.common.constraints import NoOverlap


class Boat(models.Model):
    """Something that can be in one place at a time."""

    name = models.CharField(max_length=40)

    def __str__(self) -> str:
        return self.name


class Voyage(models.Model):
    """Instants, one resource, a condition."""

    boat = models.ForeignKey(Boat, on_delete=models.CASCADE, null=True)
    leaves_at = models.DateTimeField()
    back_at = models.DateTimeField()
    cancelled_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=40, default="", blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="voyage_ends_after_start", condition=Q(back_at__gte=F("leaves_at"))
            ),
            models.UniqueConstraint(
                name="voyage_note_once",
                fields=["boat", "note"],
                condition=~Q(note=""),
            ),
            NoOverlap(
                name="voyage_boat_busy",
                resources=["boat"],
                start="leaves_at",
                end="back_at",
                condition=Q(cancelled_at__isnull=True) & ~Q(note="it's a draft"),
                violation_error_code="boat_busy",
                violation_error_message=_("The boat is out on voyage %(clash)s."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.boat}: {self.leaves_at} - {self.back_at}"


class Lease(models.Model):
    """Dates, two resources, an end that may be open, a start that may be unknown."""

    boat = models.ForeignKey(Boat, on_delete=models.CASCADE)
    part = models.CharField(max_length=10)
    from_on = models.DateField(null=True)
    until_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            NoOverlap(
                name="lease_boat_part",
                resources=["boat", "part"],
                start="from_on",
                end="until_on",
                deferrable=models.Deferrable.IMMEDIATE,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.boat} {self.part}: {self.from_on} - {self.until_on}"
