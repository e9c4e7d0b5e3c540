"""Templates: trips to be made again, without a date."""

from __future__ import annotations

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models.reference import ActivityKind, Audience
from outreach.scheduling.models.trips import TripPause

LONGEST_MIN = 7 * 24 * 60


class TripTemplateQuerySet(models.QuerySet["TripTemplate"]):
    """Row sets of templates."""

    def visible_to(self, user: User) -> TripTemplateQuerySet:
        """Return the templates of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class TripTemplate(models.Model):
    """A trip as it is usually made; all its times are minutes after its departure."""

    library = models.ForeignKey(
        Library, models.CASCADE, verbose_name=_("library"), related_name="trip_templates"
    )
    name = models.CharField(_("name"), max_length=100)
    vehicle = models.ForeignKey(
        Vehicle,
        models.SET_NULL,
        verbose_name=_("vehicle"),
        related_name="+",
        null=True,
        blank=True,
    )
    operator = models.ForeignKey(
        CrewMember,
        models.SET_NULL,
        verbose_name=_("operator"),
        related_name="+",
        null=True,
        blank=True,
    )
    professionals = models.ManyToManyField(
        CrewMember, verbose_name=_("professional staff"), related_name="+", blank=True
    )
    departs = models.TimeField(_("departure"))
    minutes = models.PositiveIntegerField(
        _("minutes until the return"),
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_MIN)],
    )
    note = models.TextField(_("note for the crew"), blank=True)

    history = audit.history()
    objects = TripTemplateQuerySet.as_manager()

    class Meta:
        verbose_name = _("template of a trip")
        verbose_name_plural = _("templates of trips")
        ordering = ["library", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                "library",
                "name",
                name="template_name_once",
                violation_error_message=_("This library has a template of that name."),
            ),
            models.CheckConstraint(
                name="template_in_range",
                condition=Q(minutes__gte=1, minutes__lte=LONGEST_MIN),
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TemplateStop(models.Model):
    """A stop of a template."""

    template = models.ForeignKey(TripTemplate, models.CASCADE, related_name="stops")
    venue = models.ForeignKey(Venue, models.CASCADE, verbose_name=_("venue"), related_name="+")
    starts_min = models.PositiveIntegerField(_("minutes after departure"))
    ends_min = models.PositiveIntegerField(_("until minutes after departure"))
    kind = models.ForeignKey(
        ActivityKind, models.PROTECT, verbose_name=_("kind of activity"), related_name="+"
    )
    audience = models.ForeignKey(
        Audience,
        models.PROTECT,
        verbose_name=_("main audience"),
        related_name="+",
        null=True,
        blank=True,
    )
    title = models.CharField(_("title"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("stop of a template")
        verbose_name_plural = _("stops of templates")
        ordering = ["template", "starts_min", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="template_stop_ends_after_start", condition=Q(ends_min__gt=F("starts_min"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.starts_min}"


class TemplatePause(models.Model):
    """A pause of a template."""

    template = models.ForeignKey(TripTemplate, models.CASCADE, related_name="pauses")
    kind = models.CharField(_("kind"), max_length=6, choices=TripPause.Kind.choices)
    starts_min = models.PositiveIntegerField(_("minutes after departure"))
    ends_min = models.PositiveIntegerField(_("until minutes after departure"))
    venue = models.ForeignKey(Venue, models.CASCADE, related_name="+", null=True, blank=True)
    place = models.CharField(_("place"), max_length=160, blank=True)

    class Meta:
        verbose_name = _("pause of a template")
        verbose_name_plural = _("pauses of templates")
        ordering = ["template", "starts_min", "pk"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="template_pause_ends_after_start", condition=Q(ends_min__gt=F("starts_min"))
            ),
        ]

    def __str__(self) -> str:
        return f"{self.template_id} {self.starts_min}"
