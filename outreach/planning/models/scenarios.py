"""Scenarios: what a season is to be planned from, and what is tried out instead."""

from __future__ import annotations

import uuid
from datetime import time
from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.dates import WEEKDAYS
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit
from outreach.common.weekdays import WORKING_DAYS, WeekdaysField
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.planning.models.promises import Promise
from outreach.planning.models.seasons import Season

WEIGHT = [MaxValueValidator(10)]


class ScenarioQuerySet(models.QuerySet["Scenario"]):
    """Row sets of scenarios."""

    def visible_to(self, user: User) -> ScenarioQuerySet:
        """Return the scenarios of the libraries ``user`` plans for."""
        if user.scope.everything:
            return self
        return self.filter(season__library_id__in=user.scope.libraries(Action.PLAN))


class Scenario(models.Model):
    """What a season is to be planned from: vehicles, crew, stops and what counts.

    The first one of a season is the season itself; others ask "what if".

    Attributes:
        fairness, balance, steadiness, same_vehicle, hours: how much each counts beside the
            kilometres, from 0, not at all, to 10.
        km_cost, hour_cost, day_cost, night_cost: what a kilometre, an hour on duty of a whole crew,
            a day out and a night away cost, in the library's money.
        goes_on_holidays: plan visits on public holidays too.
    """

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    season = models.ForeignKey(
        Season, models.CASCADE, verbose_name=_("season"), related_name="scenarios"
    )
    name = models.CharField(_("name"), max_length=120)
    based_on = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name=_("based on"),
        related_name="variants",
        null=True,
        blank=True,
    )
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    changed_at = models.DateTimeField(_("last changed"))
    fairness = models.PositiveSmallIntegerField(_("fairness"), default=3, validators=WEIGHT)
    balance = models.PositiveSmallIntegerField(
        _("even weeks and crews"), default=2, validators=WEIGHT
    )
    steadiness = models.PositiveSmallIntegerField(_("little change"), default=2, validators=WEIGHT)
    same_vehicle = models.PositiveSmallIntegerField(
        _("the same weekday and vehicle"), default=2, validators=WEIGHT
    )
    hours = models.PositiveSmallIntegerField(_("short hours"), default=2, validators=WEIGHT)
    km_cost = models.PositiveIntegerField(_("cost of a kilometre"), default=9_000)
    hour_cost = models.PositiveIntegerField(_("cost of an hour of a crew"), default=150_000)
    day_cost = models.PositiveIntegerField(_("cost of a day out"), default=300_000)
    night_cost = models.PositiveIntegerField(_("cost of a night away"), default=900_000)
    goes_on_holidays = models.BooleanField(_("visits on public holidays too"), default=False)

    history = audit.history()
    objects = ScenarioQuerySet.as_manager()

    class Meta:
        verbose_name = _("scenario")
        verbose_name_plural = _("scenarios")
        ordering = ["season", "made_at", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "season",
                "name",
                name="scenario_name_once",
                violation_error_message=_("This season has a scenario of that name."),
            ),
            models.CheckConstraint(
                name="scenario_weights_in_range",
                condition=Q(
                    fairness__lte=10,
                    balance__lte=10,
                    steadiness__lte=10,
                    same_vehicle__lte=10,
                    hours__lte=10,
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ScenarioVehicle(models.Model):
    """A vehicle that may go out in a scenario, and when.

    Attributes:
        longest_min: from departure to return; none for the whole day.
        nights: how many nights in a row it may stay away, at one of ``sleeps_at``.
    """

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="vehicles")
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, verbose_name=_("vehicle"), related_name="+"
    )
    base = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("base"), related_name="+")
    weekdays = WeekdaysField(_("goes out on"), default=WORKING_DAYS)
    departs = models.TimeField(_("leaves from"), default=time(7, 0))
    returns = models.TimeField(_("back by"), default=time(17, 30))
    longest_min = models.PositiveSmallIntegerField(
        _("longest day (minutes)"),
        null=True,
        blank=True,
        validators=[MinValueValidator(60), MaxValueValidator(960)],
    )
    nights = models.PositiveSmallIntegerField(
        _("nights away in a row"), default=0, validators=[MaxValueValidator(2)]
    )
    sleeps_at = models.ManyToManyField(
        Venue, verbose_name=_("may sleep at"), related_name="+", blank=True
    )

    class Meta:
        verbose_name = _("vehicle of a scenario")
        verbose_name_plural = _("vehicles of a scenario")
        ordering = ["scenario", "vehicle"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("scenario", "vehicle", name="scenario_vehicle_once"),
            models.CheckConstraint(
                name="scenario_vehicle_returns_later",
                condition=Q(returns__gt=F("departs")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(name="scenario_vehicle_nights", condition=Q(nights__lte=2)),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.vehicle_id}"


class ScenarioMember(models.Model):
    """A crew member who may go out in a scenario."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="members")
    member = models.ForeignKey(
        CrewMember, models.PROTECT, verbose_name=_("crew member"), related_name="+"
    )

    class Meta:
        verbose_name = _("crew member of a scenario")
        verbose_name_plural = _("crew of a scenario")
        ordering = ["scenario", "member"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("scenario", "member", name="scenario_member_once"),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.member_id}"


class ScenarioStop(models.Model):
    """A venue to be visited in a scenario, and how often.

    Attributes:
        promise: the promise it came from, if there was one.
        nths: which weekdays of the month, as "1,3"; -1 is the last.
        weekday: on which weekday only; none for any.
        opens, closes: hours for this season; none for those of the venue.
        tolerance_days: how many days a visit may lie beside its rhythm.
        due_on: the first visit is due by then; none for the end of the first cycle.
        last_on: the last visit before the season; none if there was never one.
    """

    class Rhythm(models.TextChoices):
        """How often."""

        WEEKS = "weeks", _("every … weeks")
        NTH = "nth", _("on n-th weekdays of the month")
        TIMES = "times", _("so many times in the season")

    class Priority(models.IntegerChoices):
        """What may be left out first."""

        LOW = 1, pgettext_lazy("priority of a stop", "low")
        USUAL = 2, pgettext_lazy("priority of a stop", "usual")
        HIGH = 3, pgettext_lazy("priority of a stop", "high")

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="stops")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    promise = models.ForeignKey(
        Promise, models.SET_NULL, verbose_name=_("promise"), related_name="+", null=True, blank=True
    )
    rhythm = models.CharField(
        _("rhythm"), max_length=5, choices=Rhythm.choices, default=Rhythm.WEEKS
    )
    every_weeks = models.PositiveSmallIntegerField(
        _("every … weeks"),
        default=4,
        validators=[MinValueValidator(1), MaxValueValidator(26)],
    )
    nths = models.CharField(_("n-th weekdays"), max_length=20, blank=True)
    times = models.PositiveSmallIntegerField(
        _("times in the season"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(60)],
    )
    weekday = models.PositiveSmallIntegerField(
        _("only on"), choices=list(WEEKDAYS.items()), null=True, blank=True
    )
    tolerance_days = models.PositiveSmallIntegerField(
        _("days before or after"), default=2, validators=[MaxValueValidator(14)]
    )
    service_min = models.PositiveSmallIntegerField(
        _("minutes of service"), validators=[MinValueValidator(1), MaxValueValidator(600)]
    )
    opens = models.TimeField(_("from"), null=True, blank=True)
    closes = models.TimeField(_("until"), null=True, blank=True)
    priority = models.PositiveSmallIntegerField(
        _("priority"), choices=Priority.choices, default=Priority.USUAL
    )
    due_on = models.DateField(_("first visit by"), null=True, blank=True)
    last_on = models.DateField(_("last visit before"), null=True, blank=True)
    is_included = models.BooleanField(_("is planned"), default=True)

    class Meta:
        verbose_name = _("stop of a scenario")
        verbose_name_plural = _("stops of a scenario")
        ordering = ["scenario", "venue"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "scenario",
                "venue",
                name="scenario_stop_once",
                violation_error_message=_("This venue is in the scenario already."),
            ),
            models.CheckConstraint(
                name="scenario_stop_in_range",
                condition=Q(
                    every_weeks__gte=1,
                    every_weeks__lte=26,
                    times__gte=1,
                    times__lte=60,
                    service_min__gte=1,
                    service_min__lte=600,
                    tolerance_days__lte=14,
                    priority__gte=1,
                    priority__lte=3,
                ),
            ),
            models.CheckConstraint(
                name="scenario_stop_hours_whole",
                condition=Q(opens__isnull=True, closes__isnull=True)
                | Q(opens__isnull=False, closes__isnull=False, closes__gt=F("opens")),
                violation_error_message=_("The end must be after the start."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.venue_id}"


class ScenarioPin(models.Model):
    """A visit of a scenario that was promised and stays, whatever is planned round it."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="pins")
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="+")
    on = models.DateField(_("day"))
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, verbose_name=_("vehicle"), related_name="+", null=True, blank=True
    )
    starts = models.TimeField(_("start"), null=True, blank=True)
    why = models.CharField(_("why"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("pinned visit")
        verbose_name_plural = _("pinned visits")
        ordering = ["scenario", "on", "starts", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "scenario",
                "venue",
                "on",
                name="scenario_pin_once",
                violation_error_message=_("This visit is pinned already."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.scenario_id} {self.venue_id} {self.on}"


class ScenarioClosure(models.Model):
    """Ways that are closed for a while: nobody crosses into or out of some communes or venues.

    A vehicle that is based, or sleeps, inside serves what lies inside.
    """

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="closures")
    name = models.CharField(_("what is closed"), max_length=120)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("first day after"))
    units = models.ManyToManyField(
        AdministrativeUnit, verbose_name=_("communes behind it"), related_name="+", blank=True
    )
    venues = models.ManyToManyField(
        Venue, verbose_name=_("venues behind it"), related_name="+", blank=True
    )

    class Meta:
        verbose_name = _("closed way")
        verbose_name_plural = _("closed ways")
        ordering = ["scenario", "starts_on", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="closure_ends_after_start",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("The end must be after the start."),
            ),
        ]

    def __str__(self) -> str:
        return self.name
