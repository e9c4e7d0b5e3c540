"""Trips of vehicles, the pauses of their crews, and how far a trip has come on the day."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.constraints import NoOverlap
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models.reference import State, new_uid


class TripQuerySet(models.QuerySet["Trip"]):
    """Row sets of trips."""

    def visible_to(self, user: User) -> TripQuerySet:
        """Return the trips of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def meeting(self, start: datetime, end: datetime) -> TripQuerySet:
        """Return the trips that share a moment with ``[start, end)``."""
        return self.filter(departs_at__lt=end, returns_at__gt=start)

    def standing(self) -> TripQuerySet:
        """Return the trips that are not cancelled."""
        return self.exclude(state=State.CANCELLED)


class Trip(models.Model):
    """One vehicle's run, from leaving its base until it is back, with its events in order."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="trips"
    )
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, verbose_name=_("vehicle"), related_name="trips"
    )
    departs_at = models.DateTimeField(_("departure"))
    returns_at = models.DateTimeField(_("return"))
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    note = models.TextField(_("note for the crew"), blank=True)
    revision = models.PositiveIntegerField(default=1, editable=False)

    history = audit.history()
    objects = TripQuerySet.as_manager()

    class Meta:
        verbose_name = _("trip")
        verbose_name_plural = _("trips")
        ordering = ["departs_at", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("library", "departs_at", name="trip_by_library"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="trip_returns_after_departure",
                condition=Q(returns_at__gt=F("departs_at")),
                violation_error_message=_("The return must be after the departure."),
            ),
            NoOverlap(
                name="trip_vehicle_once",
                resources=["vehicle"],
                start="departs_at",
                end="returns_at",
                condition=~Q(state=State.CANCELLED),
                violation_error_code="vehicle_busy",
                violation_error_message=_("This vehicle is on another trip at that time."),
            ),
        ]

    def __str__(self) -> str:
        return f"{timezone.localtime(self.departs_at):%d/%m/%Y %H:%M}"


class TripPause(models.Model):
    """A time of a trip in which nobody drives and nothing is held: lunch, rest, the night."""

    class Kind(models.TextChoices):
        """What the time is for."""

        LUNCH = "lunch", _("lunch")
        REST = "rest", _("rest")
        NIGHT = "night", _("night")

    trip = models.ForeignKey(Trip, models.CASCADE, verbose_name=_("trip"), related_name="pauses")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind.choices)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    venue = models.ForeignKey(
        Venue,
        models.PROTECT,
        verbose_name=_("venue"),
        related_name="+",
        null=True,
        blank=True,
        help_text=_("Where it is a place of service; ways are then reckoned from there."),
    )
    place = models.CharField(
        _("place"), max_length=160, blank=True, help_text=_("Such as a guest house.")
    )

    history = audit.history()

    class Meta:
        verbose_name = _("pause")
        verbose_name_plural = _("pauses")
        ordering = ["starts_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="pause_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="pause_kind_known", condition=Q(kind__in=["lunch", "rest", "night"])
            ),
            NoOverlap(
                name="pause_trip_once",
                resources=["trip"],
                start="starts_at",
                end="ends_at",
                violation_error_code="pause_busy",
                violation_error_message=_("The trip has another pause at that time."),
            ),
        ]

    def __str__(self) -> str:
        return self.place or str(self.get_kind_display())
