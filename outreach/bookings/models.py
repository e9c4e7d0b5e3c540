"""Schools' requests, and what became of them."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.reference import Reference
from outreach.places.models import Venue, VenueHost
from outreach.scheduling.models import ActivityKind, Event, new_uid


class RefusalReason(Reference):
    """Why a request was refused."""

    class Meta(Reference.Meta):
        verbose_name = _("reason for refusal")
        verbose_name_plural = _("reasons for refusal")


class BookingQuerySet(models.QuerySet["Booking"]):
    """Row sets of bookings."""

    def visible_to(self, user: User) -> BookingQuerySet:
        """Return the requests ``user`` answers, and those of the venues ``user`` hosts at."""
        if user.scope.everything:
            return self
        hosted = VenueHost.objects.filter(user=user).values("venue")
        return self.filter(
            Q(library_id__in=user.scope.libraries(Action.ANSWER_BOOKINGS)) | Q(venue__in=hosted)
        )

    def waiting(self) -> BookingQuerySet:
        """Return the requests nobody has answered."""
        return self.filter(state=Booking.State.SUBMITTED)

    def for_lists(self) -> BookingQuerySet:
        """Load what a list of requests shows, in one query."""
        return self.select_related(
            "venue__commune", "library", "kind", "refusal", "asked_by", "event__venue"
        )


class Booking(models.Model):
    """A host's request for a visit or session. Submitted is not confirmed."""

    class State(models.TextChoices):
        """What became of a request."""

        SUBMITTED = "submitted", _("waiting for an answer")
        ACCEPTED = "accepted", _("accepted")
        REFUSED = "refused", _("refused")
        WITHDRAWN = "withdrawn", _("withdrawn")
        CALLED_OFF = "called_off", _("called off")

    uid = models.CharField(max_length=36, unique=True, default=new_uid, editable=False)
    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="bookings"
    )
    venue = models.ForeignKey(
        Venue, models.PROTECT, verbose_name=_("venue"), related_name="bookings"
    )
    kind = models.ForeignKey(ActivityKind, models.PROTECT, verbose_name=_("what for"))
    wanted_on = models.DateField(_("wanted day"))
    classes = models.PositiveSmallIntegerField(
        _("classes"), validators=[MinValueValidator(1), MaxValueValidator(60)]
    )
    pupils = models.PositiveIntegerField(
        _("pupils"), validators=[MinValueValidator(1), MaxValueValidator(5000)]
    )
    note = models.TextField(_("note"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.SUBMITTED
    )
    event = models.ForeignKey(
        Event,
        models.PROTECT,
        verbose_name=_("event"),
        related_name="bookings",
        null=True,
        blank=True,
    )
    refusal = models.ForeignKey(
        RefusalReason,
        models.PROTECT,
        verbose_name=_("reason for refusal"),
        null=True,
        blank=True,
    )
    answer = models.TextField(_("answer"), blank=True)
    asked_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("asked by"), related_name="bookings_asked"
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now, editable=False)
    answered_at = models.DateTimeField(_("answered"), null=True, blank=True, editable=False)

    history = audit.history()
    objects = BookingQuerySet.as_manager()

    class Meta:
        verbose_name = _("booking")
        verbose_name_plural = _("bookings")
        ordering = ["-asked_at", "-pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="booking_accepted_has_event",
                condition=~Q(state__in=["accepted", "called_off"]) | Q(event__isnull=False),
            ),
            models.CheckConstraint(
                name="booking_waiting_has_no_event",
                condition=~Q(state__in=["submitted", "refused"]) | Q(event__isnull=True),
            ),
            models.CheckConstraint(
                name="booking_in_range",
                condition=Q(classes__gte=1, classes__lte=60, pupils__gte=1, pupils__lte=5000),
            ),
            models.CheckConstraint(
                name="booking_refused_has_reason",
                condition=~Q(state="refused") | Q(refusal__isnull=False),
                violation_error_message=_("A refusal needs a reason."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.venue_id} {self.wanted_on}"
