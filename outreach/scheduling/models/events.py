"""Events, and the activities that happen at them."""

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
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models.reference import ActivityKind, Audience, Reason, State, new_uid
from outreach.scheduling.models.series import Series
from outreach.scheduling.models.trips import Trip


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
            "makes_up_for",
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
    is_indoors = models.BooleanField(
        _("held indoors"), default=False, help_text=_("Moved into the venue's room, as in rain.")
    )
    expected_people = models.PositiveIntegerField(_("people expected"), null=True, blank=True)
    expected_classes = models.PositiveSmallIntegerField(
        _("classes expected"), null=True, blank=True
    )
    asked_on = models.DateField(
        _("asked for on"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When the host asked for it; the notice is counted from there."),
    )
    makes_up_for = models.ForeignKey(
        "self",
        models.SET_NULL,
        verbose_name=_("makes up for"),
        related_name="made_up_by",
        null=True,
        blank=True,
        help_text=_("The visit that was called off and is caught up on here."),
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
            models.UniqueConstraint(
                "makes_up_for",
                name="event_made_up_once",
                condition=~Q(state=State.CANCELLED),
                violation_error_message=_("Another visit makes up for this one already."),
            ),
            models.CheckConstraint(
                name="event_makes_up_for_another",
                condition=Q(makes_up_for__isnull=True) | ~Q(makes_up_for=F("id")),
            ),
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
