"""Seasons: the stretches of weeks that a library plans as one."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import audit
from outreach.common.constraints import NoOverlap


class SeasonQuerySet(models.QuerySet["Season"]):
    """Row sets of seasons."""

    def visible_to(self, user: User) -> SeasonQuerySet:
        """Return the seasons of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class Season(models.Model):
    """A stretch of weeks that a library plans as one."""

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="seasons"
    )
    name = models.CharField(_("name"), max_length=100)
    starts_on = models.DateField(_("first day"))
    ends_on = models.DateField(_("first day after"))
    published_at = models.DateTimeField(_("published"), null=True, blank=True, editable=False)

    history = audit.history()
    objects = SeasonQuerySet.as_manager()

    class Meta:
        verbose_name = _("season")
        verbose_name_plural = _("seasons")
        ordering = ["-starts_on", "library"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="season_ends_after_start",
                condition=Q(ends_on__gt=F("starts_on")),
                violation_error_message=_("The end must be after the start."),
            ),
            NoOverlap(
                name="season_once",
                resources=["library"],
                start="starts_on",
                end="ends_on",
                violation_error_code="season_overlaps",
                violation_error_message=_("This library has another season at that time."),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def last_on(self) -> date:
        """The season's last day: ``ends_on`` is the first day after."""
        return self.ends_on - timedelta(days=1)
