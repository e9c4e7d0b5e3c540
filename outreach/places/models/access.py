"""What a crew must know to reach a venue and to work there, and when it may come."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.constraints import NoOverlap
from outreach.common.months import MonthsField
from outreach.common.periods import holds_on
from outreach.places.models.venues import Venue


class VenueAccess(models.Model):
    """The access file of a venue. What nobody has said yet is empty, never a guess."""

    class Turning(models.TextChoices):
        """What can turn round there."""

        LARGE = "large", _("a bus or lorry")
        SMALL = "small", _("a van, not a bus")
        NONE = "none", _("nothing: reverse out")

    class Slope(models.TextChoices):
        """How steep the last kilometres are."""

        FLAT = "flat", _("flat")
        STEEP = "steep", _("steep")
        VERY_STEEP = "very_steep", _("very steep, slippery in rain")

    class Signal(models.TextChoices):
        """Whether a phone works there."""

        NONE = "none", pgettext_lazy("phone signal", "none")
        WEAK = "weak", pgettext_lazy("phone signal", "weak")
        GOOD = "good", pgettext_lazy("phone signal", "good")

    class Onward(models.TextChoices):
        """How books and people get from the main site to the rest."""

        FOOT = "foot", _("on foot")
        MOTORBIKE = "motorbike", _("by motorbike")
        BOAT = "boat", _("by boat")
        PUPILS_COME = "pupils_come", _("the pupils come to the main site")

    venue = models.OneToOneField(
        Venue,
        models.CASCADE,
        verbose_name=_("venue"),
        related_name="access",
        primary_key=True,
    )
    turning = models.CharField(
        _("room to turn"), max_length=10, choices=Turning.choices, blank=True
    )
    largest_vehicle_m = models.FloatField(
        _("longest vehicle (m)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1.0), MaxValueValidator(30.0)],
        help_text=_("Bridge, gate and bends allow no longer one."),
    )
    slope = models.CharField(_("slope"), max_length=10, choices=Slope.choices, blank=True)
    flood_months = MonthsField(_("often flooded in"))
    closed_months = MonthsField(
        _("no vehicle gets through in"), help_text=_("The road cannot be passed in these months.")
    )
    has_power = models.BooleanField(_("electricity"), null=True, blank=True)
    signal = models.CharField(_("phone signal"), max_length=10, choices=Signal.choices, blank=True)
    has_indoor_room = models.BooleanField(_("room indoors when it rains"), null=True, blank=True)
    room_people = models.PositiveSmallIntegerField(
        _("people the room holds"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(5000)],
    )
    main_site_only = models.BooleanField(_("the vehicle reaches the main site only"), default=False)
    onward_by = models.CharField(_("from there"), max_length=12, choices=Onward.choices, blank=True)
    onward_km = models.FloatField(
        _("how far (km)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(100.0)],
    )
    onward_min = models.PositiveSmallIntegerField(
        _("how long (minutes)"), null=True, blank=True, validators=[MaxValueValidator(1440)]
    )

    history = audit.history()

    class Meta:
        verbose_name = _("access file")
        verbose_name_plural = _("access files")
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="access_in_range",
                condition=(
                    Q(largest_vehicle_m__isnull=True)
                    | Q(largest_vehicle_m__gte=1, largest_vehicle_m__lte=30)
                )
                & (Q(onward_km__isnull=True) | Q(onward_km__gte=0, onward_km__lte=100)),
            ),
        ]

    def __str__(self) -> str:
        return str(self.venue_id)


class OpeningWindow(models.Model):
    """Hours of a weekday in which a venue can be visited; without any, it always can."""

    venue = models.ForeignKey(
        Venue, models.CASCADE, verbose_name=_("venue"), related_name="opening_windows"
    )
    weekday = models.PositiveSmallIntegerField(
        _("weekday"), choices=list(WEEKDAYS.items()), help_text=_("0 is Monday.")
    )
    opens = models.TimeField(_("from"))
    closes = models.TimeField(_("until"))

    history = audit.history()

    class Meta:
        verbose_name = _("opening window")
        verbose_name_plural = _("opening windows")
        ordering = ["venue", "weekday", "opens"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="window_closes_after_opening",
                condition=Q(closes__gt=F("opens")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(name="window_on_a_weekday", condition=Q(weekday__lte=6)),
            models.UniqueConstraint("venue", "weekday", "opens", name="window_once"),
        ]

    def __str__(self) -> str:
        return f"{WEEKDAYS[self.weekday]} {self.opens:%H:%M}-{self.closes:%H:%M}"


class ClosedDatesQuerySet(models.QuerySet["ClosedDates"]):
    """Row sets of closed dates."""

    def on(self, day: date) -> ClosedDatesQuerySet:
        """Return what is closed on ``day``."""
        return self.filter(holds_on(day, start="starts_on", end="ends_on"))


class ClosedDates(models.Model):
    """Days on which a venue cannot be visited, such as school holidays or repairs."""

    venue = models.ForeignKey(
        Venue, models.CASCADE, verbose_name=_("venue"), related_name="closed_dates"
    )
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("first day after"))
    reason = models.CharField(_("why"), max_length=200, blank=True)

    history = audit.history()
    objects = ClosedDatesQuerySet.as_manager()

    class Meta:
        verbose_name = _("closed dates")
        verbose_name_plural = _("closed dates")
        ordering = ["venue", "starts_on"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="closed_ends_after_start",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("The end must be after the start."),
            ),
            NoOverlap(
                name="closed_once",
                resources=["venue"],
                start="starts_on",
                end="ends_on",
                violation_error_code="closed_already",
                violation_error_message=_("This venue is closed at that time already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} – {self.ends_on}"

    @property
    def last_on(self) -> date:
        """The last closed day: ``ends_on`` is the first day after."""
        return self.ends_on - timedelta(days=1)


class TravelTimeQuerySet(models.QuerySet["TravelTime"]):
    """Row sets of travel times."""

    def visible_to(self, user: User) -> TravelTimeQuerySet:
        """Return the travel times of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class TravelTime(models.Model):
    """What a way really takes, as a person knows it; it wins over the computed estimate.

    Several rows of one way hold in different months; a service keeps their months apart.
    """

    library = models.ForeignKey(
        Library, models.CASCADE, verbose_name=_("library"), related_name="travel_times"
    )
    origin = models.ForeignKey(
        Venue,
        models.CASCADE,
        verbose_name=_("from"),
        related_name="ways_out",
        null=True,
        blank=True,
        help_text=_("Empty: from wherever the vehicle comes."),
    )
    destination = models.ForeignKey(
        Venue, models.CASCADE, verbose_name=_("to"), related_name="ways_in"
    )
    months = MonthsField(_("in these months"), help_text=_("None ticked: all year."))
    both_ways = models.BooleanField(_("the same on the way back"), default=True)
    minutes = models.PositiveSmallIntegerField(
        _("minutes"), validators=[MinValueValidator(1), MaxValueValidator(1440)]
    )
    km = models.FloatField(
        _("kilometres"),
        null=True,
        blank=True,
        validators=[MinValueValidator(0.0), MaxValueValidator(1000.0)],
    )
    note = models.CharField(_("note"), max_length=200, blank=True)

    history = audit.history()
    objects = TravelTimeQuerySet.as_manager()

    class Meta:
        verbose_name = _("travel time")
        verbose_name_plural = _("travel times")
        ordering = ["library", "origin", "destination", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="travel_in_range",
                condition=Q(minutes__gte=1, minutes__lte=1440)
                & (Q(km__isnull=True) | Q(km__gte=0, km__lte=1000)),
            ),
            models.CheckConstraint(
                name="travel_goes_somewhere",
                condition=Q(origin__isnull=True) | ~Q(origin=F("destination")),
                violation_error_message=_("A way leads from one venue to another."),
            ),
            models.UniqueConstraint(
                "origin", "destination", "months", name="travel_time_once_per_leg"
            ),
            models.UniqueConstraint(
                "destination",
                "months",
                name="travel_time_once_per_venue",
                condition=Q(origin__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.origin_id} → {self.destination_id}: {self.minutes} min"
