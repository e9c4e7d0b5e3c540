"""Visits that were called off and are owed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit
from outreach.scheduling.models import Event


class OwedVisitQuerySet(models.QuerySet["OwedVisit"]):
    """Row sets of visits owed."""

    def visible_to(self, user: User) -> OwedVisitQuerySet:
        """Return those of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(event__library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def open(self) -> OwedVisitQuerySet:
        """Return those that are neither waived nor made up for by a visit that stands."""
        made_up = Event.objects.standing().filter(makes_up_for=models.OuterRef("event"))
        return self.filter(waived_at__isnull=True).exclude(models.Exists(made_up))


class OwedVisit(models.Model):
    """A visit that had been announced and was called off: it is owed until it is made up for.

    Which visit makes up for it is said there (``Event.makes_up_for``).
    """

    event = models.OneToOneField(
        Event,
        models.CASCADE,
        verbose_name=_("event called off"),
        related_name="owed",
        primary_key=True,
    )
    due_on = models.DateField(_("to be made up by"))
    waived_at = models.DateTimeField(_("waived"), null=True, blank=True)
    waived_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("waived by"), related_name="+", null=True, blank=True
    )
    waived_because = models.CharField(_("why it is not made up"), max_length=200, blank=True)

    history = audit.history()
    objects = OwedVisitQuerySet.as_manager()

    class Meta:
        verbose_name = _("visit owed")
        verbose_name_plural = _("visits owed")
        ordering = ["due_on", "event"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="owed_waived_with_reason",
                condition=Q(waived_at__isnull=True, waived_by__isnull=True)
                | Q(waived_at__isnull=False, waived_by__isnull=False) & ~Q(waived_because=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id}: {self.due_on}"
