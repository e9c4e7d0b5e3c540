"""Storms, floods, breakdowns: what was done to many events at once, and for which reason."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models.events import Event
from outreach.scheduling.models.reference import Reason, new_uid


class DisruptionQuerySet(models.QuerySet["Disruption"]):
    """Row sets of disruptions."""

    def visible_to(self, user: User) -> DisruptionQuerySet:
        """Return the disruptions of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class Disruption(models.Model):
    """Something that upset the schedule of a library for a while.

    Attributes:
        area: a GeoJSON polygon or multipolygon in WGS 84 that was drawn; ``None`` without one.
        messages: what was said to each host, by venue: the text to forward.
    """

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="disruptions"
    )
    why = models.ForeignKey(Reason, models.PROTECT, verbose_name=_("reason"), related_name="+")
    note = models.TextField(_("note for hosts and readers"), blank=True)
    starts_at = models.DateTimeField(_("from"))
    ends_at = models.DateTimeField(_("until"))
    area = models.JSONField(_("area"), null=True, blank=True)
    units = models.ManyToManyField(
        AdministrativeUnit, verbose_name=_("units"), related_name="+", blank=True
    )
    vehicle = models.ForeignKey(
        Vehicle, models.PROTECT, verbose_name=_("vehicle"), related_name="+", null=True, blank=True
    )
    member = models.ForeignKey(
        CrewMember,
        models.PROTECT,
        verbose_name=_("crew member"),
        related_name="+",
        null=True,
        blank=True,
    )
    venue = models.ForeignKey(
        Venue, models.PROTECT, verbose_name=_("venue"), related_name="+", null=True, blank=True
    )
    messages = models.JSONField(default=list, blank=True, editable=False)
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    undone_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("undone by"), related_name="+", null=True, blank=True
    )
    undone_at = models.DateTimeField(_("undone"), null=True, blank=True)

    history = audit.history()
    objects = DisruptionQuerySet.as_manager()

    class Meta:
        verbose_name = _("disruption")
        verbose_name_plural = _("disruptions")
        ordering = ["-made_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="disruption_ends_after_start",
                condition=Q(ends_at__gt=F("starts_at")),
                violation_error_message=_("The end must be after the start."),
            ),
            models.CheckConstraint(
                name="disruption_undone_by_somebody",
                condition=Q(undone_at__isnull=True, undone_by__isnull=True)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.why_id} {self.starts_at:%Y-%m-%d}"


class DisruptedEvent(models.Model):
    """What a disruption did to one event, with what is needed to undo it.

    Attributes:
        before: start, end, state, venue (key), trip (key) and note as they were; instants in
            ISO 8601.
        revision_after: the event's revision when it was done; another one says that somebody
            changed it since.
    """

    class What(models.TextChoices):
        """What was done."""

        CANCEL = "cancel", pgettext_lazy("what to do with an event", "cancel")
        POSTPONE = "postpone", pgettext_lazy("what to do with an event", "postpone")
        INDOORS = "indoors", pgettext_lazy("what to do with an event", "move indoors")

    disruption = models.ForeignKey(Disruption, models.CASCADE, related_name="events")
    event = models.ForeignKey(
        Event, models.CASCADE, verbose_name=_("event"), related_name="disruptions"
    )
    what = models.CharField(_("what was done"), max_length=8, choices=What.choices)
    before = models.JSONField(default=dict, editable=False)
    revision_after = models.PositiveIntegerField(editable=False)

    class Meta:
        verbose_name = _("disrupted event")
        verbose_name_plural = _("disrupted events")
        ordering = ["disruption", "event"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("disruption", "event", name="event_once_in_disruption"),
            models.CheckConstraint(
                name="disrupted_what_known",
                condition=Q(what__in=["cancel", "postpone", "indoors"]),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} {self.what}"
