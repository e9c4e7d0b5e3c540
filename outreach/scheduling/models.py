"""Trips, events and their activities, who is on duty, and which rules were overridden."""

from __future__ import annotations

import uuid
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
from outreach.common.reference import Reference
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.domain import Finding, Rule


def new_uid() -> str:
    """Return a fresh public identifier: never reused, never changed (RFC 5545, 3.8.4.7)."""
    return str(uuid.uuid4())


class State(models.TextChoices):
    """How far a trip or an event has come."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    CANCELLED = "cancelled", _("cancelled")


class ActivityKind(Reference):
    """What may happen at an event."""

    class Meta(Reference.Meta):
        verbose_name = _("kind of activity")
        verbose_name_plural = _("kinds of activity")


class Audience(Reference):
    """A group of readers: an age band, or a priority group that cuts across the bands."""

    is_age_band = models.BooleanField(
        _("is an age band"),
        default=True,
        help_text=_("Age bands add up to the people served; priority groups do not."),
    )

    class Meta(Reference.Meta):
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")


class Reason(Reference):
    """Why an event was moved or cancelled."""

    class Meta(Reference.Meta):
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")


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


class SeriesQuerySet(models.QuerySet["Series"]):
    """Row sets of series."""

    def visible_to(self, user: User) -> SeriesQuerySet:
        """Return the series of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class Series(models.Model):
    """A stop that comes again by a rule: a row of a timetable.

    Attributes:
        rule: a recurrence rule without its ``RRULE:`` (RFC 5545, 3.3.10), as it was stated.
        weekday: the day the timetable names, 0 for Monday; ``None`` where it names none.
        exceptions: dates without a visit, ISO 8601, in order.
        stated: cells of an imported row that say otherwise than the record they became part of,
            by column: what the record said then, and what the row said. Exporting gives the row's
            back while the record still says what it said then.
    """

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="series"
    )
    vehicle = models.ForeignKey(
        Vehicle,
        models.PROTECT,
        verbose_name=_("vehicle"),
        related_name="series",
        null=True,
        blank=True,
    )
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="series")
    route = models.CharField(_("route"), max_length=160, blank=True)
    visit_type = models.CharField(_("type of visit"), max_length=80, blank=True)
    rule = models.CharField(_("recurrence rule"), max_length=200, blank=True)
    weekday = models.PositiveSmallIntegerField(_("weekday"), null=True, blank=True)
    arrives = models.TimeField(_("arrival"))
    departs = models.TimeField(_("departure"))
    starts_on = models.DateField(_("from"))
    ends_on = models.DateField(_("until"), null=True, blank=True, help_text=_("First day after."))
    exceptions = models.JSONField(_("except on"), default=list, blank=True)
    timetable_url = models.CharField(_("timetable on the web"), max_length=500, blank=True)
    stated = models.JSONField(_("as stated in the file"), default=dict, blank=True, editable=False)

    history = audit.history()
    objects = SeriesQuerySet.as_manager()

    class Meta:
        verbose_name = _("series")
        verbose_name_plural = _("series")
        ordering = ["library", "vehicle", "weekday", "arrives", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="series_departs_after_arrival",
                condition=Q(departs__gt=F("arrives")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="series_ends_after_start",
                condition=Q(ends_on__isnull=True) | Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="series_on_a_weekday", condition=Q(weekday__isnull=True) | Q(weekday__lte=6)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.route or self.venue_id} {self.arrives:%H:%M}"


class EventQuerySet(models.QuerySet["Event"]):
    """Row sets of events."""

    def visible_to(self, user: User) -> EventQuerySet:
        """Return the events of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def public(self) -> EventQuerySet:
        """Return what readers may see: published events, and those cancelled after that."""
        return self.filter(
            Q(state=State.PUBLISHED) | Q(state=State.CANCELLED, published_at__isnull=False)
        )

    def standing(self) -> EventQuerySet:
        """Return the events that are not cancelled."""
        return self.exclude(state=State.CANCELLED)

    def meeting(self, start: datetime, end: datetime) -> EventQuerySet:
        """Return the events that share a moment with ``[start, end)``."""
        return self.filter(starts_at__lt=end, ends_at__gt=start)

    def for_lists(self) -> EventQuerySet:
        """Load what a list of events shows, in a fixed number of queries."""
        return self.select_related(
            "venue",
            "commune",
            "commune__parent",
            "library",
            "trip",
            "trip__vehicle",
            "cancel_reason",
        ).prefetch_related("activities", "activities__kind", "activities__audience")


class Event(models.Model):
    """A dated occasion at a venue."""

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="events"
    )
    trip = models.ForeignKey(
        Trip,
        models.PROTECT,
        verbose_name=_("trip"),
        related_name="events",
        null=True,
        blank=True,
    )
    venue = models.ForeignKey(Venue, models.PROTECT, verbose_name=_("venue"), related_name="events")
    commune = models.ForeignKey(
        AdministrativeUnit,
        models.PROTECT,
        verbose_name=_("commune on that day"),
        related_name="events",
        null=True,
        blank=True,
        editable=False,
    )
    starts_at = models.DateTimeField(_("start"))
    ends_at = models.DateTimeField(_("end"))
    title = models.CharField(_("title"), max_length=160)
    note = models.TextField(_("note for readers"), blank=True)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.DRAFT)
    shares_venue = models.BooleanField(
        _("leaves room for others"),
        default=False,
        help_text=_("Another event may take place at this venue at the same time."),
    )
    series = models.ForeignKey(
        Series,
        models.SET_NULL,
        verbose_name=_("series"),
        related_name="events",
        null=True,
        blank=True,
        editable=False,
    )
    series_on = models.DateField(
        _("its date in the series"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("Stays when the event is moved."),
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)
    cancel_reason = models.ForeignKey(
        Reason,
        models.PROTECT,
        verbose_name=_("reason for cancelling"),
        null=True,
        blank=True,
        related_name="+",
        editable=False,
    )
    cancel_note = models.TextField(_("note on cancelling"), blank=True, editable=False)
    cancelled_at = models.DateTimeField(_("cancelled"), null=True, blank=True, editable=False)
    revision = models.PositiveIntegerField(default=1, editable=False)

    history = audit.history()
    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        ordering = ["starts_at", "pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index("library", "starts_at", name="event_by_library"),
            models.Index("commune", "starts_at", name="event_by_commune"),
            models.Index("starts_at", "state", name="event_by_start"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="event_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="event_published_at_known",
                condition=~Q(state=State.PUBLISHED) | Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="event_cancel_reason_known",
                condition=~Q(state=State.CANCELLED) | Q(cancel_reason__isnull=False),
                violation_error_message=_("Cancelling needs a reason."),
            ),
            models.CheckConstraint(
                name="event_cancelled_at_known",
                condition=~Q(state=State.CANCELLED) | Q(cancelled_at__isnull=False),
            ),
            models.UniqueConstraint("series", "series_on", name="event_once_in_series"),
            NoOverlap(
                name="event_trip_once",
                resources=["trip"],
                start="starts_at",
                end="ends_at",
                condition=~Q(state=State.CANCELLED),
                violation_error_code="trip_busy",
                violation_error_message=_("Another event of this trip is held at that time."),
            ),
            NoOverlap(
                name="event_venue_once",
                resources=["venue"],
                start="starts_at",
                end="ends_at",
                condition=~Q(state=State.CANCELLED) & Q(shares_venue=False),
                violation_error_code="venue_busy",
                violation_error_message=_("This venue has another event at that time."),
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def is_published(self) -> bool:
        """Whether readers may come."""
        return self.state == State.PUBLISHED

    @property
    def is_cancelled(self) -> bool:
        """Whether it was called off."""
        return self.state == State.CANCELLED

    @property
    def starts_on(self) -> object:
        """The local date of the start, in the active zone."""
        return timezone.localdate(self.starts_at)


class Activity(models.Model):
    """One thing that happens at an event. The first one is the event's main activity."""

    event = models.ForeignKey(
        Event, models.CASCADE, verbose_name=_("event"), related_name="activities"
    )
    kind = models.ForeignKey(ActivityKind, models.PROTECT, verbose_name=_("kind of activity"))
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    title = models.CharField(_("title"), max_length=160, blank=True)
    audience = models.ForeignKey(
        Audience,
        models.PROTECT,
        verbose_name=_("main audience"),
        null=True,
        blank=True,
        help_text=_("One age band, by whom it is mainly meant for."),
    )

    history = audit.history()

    class Meta:
        verbose_name = _("activity")
        verbose_name_plural = _("activities")
        ordering = ["event", "position"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("event", "position", name="activity_position_once"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.kind_id)


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


class RuleOverride(models.Model):
    """A soft rule that somebody with the right to overrode, and why."""

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
    def found(self) -> Finding:
        """What was overridden, to be read in the active language."""
        return Finding(Rule(self.rule), self.params)
