"""Plans handed in for approval."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import audit
from outreach.planning.models.seasons import Season


class SeasonSubmissionQuerySet(models.QuerySet["SeasonSubmission"]):
    """Row sets of submissions."""

    def visible_to(self, user: User) -> SeasonSubmissionQuerySet:
        """Return the submissions of the libraries whose schedule ``user`` may see."""
        if user.scope.everything:
            return self
        return self.filter(season__library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))


class SeasonSubmission(models.Model):
    """A season's plan as it was handed in for approval, and what was decided.

    Circular 05/2022/TT-BVHTTDL has the plan approved by the competent authority.

    Attributes:
        content: the plan as it was: one entry for each event, in order. Never changed.
        checksum: SHA-256 of the content's canonical JSON, in hexadecimal.
    """

    class State(models.TextChoices):
        """What became of it."""

        SUBMITTED = "submitted", _("submitted")
        APPROVED = "approved", _("approved")
        RETURNED = "returned", _("sent back")
        WITHDRAWN = "withdrawn", _("withdrawn")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    season = models.ForeignKey(
        Season, models.PROTECT, verbose_name=_("season"), related_name="submissions"
    )
    number = models.PositiveSmallIntegerField(_("number"))
    content = models.JSONField(default=list, editable=False)
    checksum = models.CharField(_("checksum"), max_length=64, editable=False)
    note = models.TextField(_("note"), blank=True)
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.SUBMITTED
    )
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    decided_by = models.ForeignKey(
        User, models.PROTECT, verbose_name=_("decided by"), related_name="+", null=True, blank=True
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    authority = models.CharField(_("authority"), max_length=200, blank=True)
    decision = models.CharField(_("number of the decision"), max_length=80, blank=True)
    decision_on = models.DateField(_("date of the decision"), null=True, blank=True)
    decision_note = models.TextField(_("note on the decision"), blank=True)

    history = audit.history()
    objects = SeasonSubmissionQuerySet.as_manager()

    class Meta:
        verbose_name = _("plan for approval")
        verbose_name_plural = _("plans for approval")
        ordering = ["season", "-number"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("season", "number", name="submission_number_once"),
            models.UniqueConstraint(
                "season",
                name="submission_open_once",
                condition=Q(state="submitted"),
                violation_error_message=_("This season's plan is waiting for a decision already."),
            ),
            models.CheckConstraint(
                name="submission_decided_by_somebody",
                condition=Q(state="submitted", decided_at__isnull=True, decided_by__isnull=True)
                | ~Q(state="submitted") & Q(decided_at__isnull=False, decided_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.season_id} ({self.number})"
