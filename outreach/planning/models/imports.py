"""Timetables that somebody sent."""

from __future__ import annotations

import uuid

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User


class StopImportQuerySet(models.QuerySet["StopImport"]):
    """Row sets of imports."""

    def visible_to(self, user: User) -> StopImportQuerySet:
        """Return the imports of the libraries ``user`` plans for."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.PLAN))


class StopImport(models.Model):
    """A timetable somebody sent, from the file to what became of it.

    Attributes:
        content: the file; emptied once it is stored or given up.
        report: what :func:`outreach.planning.timetables.reports.report_of` made of the plan.
        beat_at: the last sign of life of the work in the background.
    """

    class State(models.TextChoices):
        """How far it has come."""

        CHECKING = "checking", _("being checked")
        CHECKED = "checked", _("to be looked at")
        STORING = "storing", _("being stored")
        DONE = "done", _("imported")
        FAILED = "failed", _("not readable")
        CANCELLED = "cancelled", _("given up")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    library = models.ForeignKey(
        Library, models.CASCADE, verbose_name=_("library"), related_name="stop_imports"
    )
    made_by = models.ForeignKey(User, models.PROTECT, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    file_name = models.CharField(_("file"), max_length=200)
    content = models.BinaryField(editable=False)
    since = models.DateField(_("first day"))
    weeks = models.PositiveSmallIntegerField(
        _("weeks"), validators=[MinValueValidator(1), MaxValueValidator(104)]
    )
    override_reason = models.TextField(
        _("why they may be public at once"),
        blank=True,
        help_text=_("Empty: the visits are drafts."),
    )
    strict = models.BooleanField(
        _("refuse rows that break a rule"),
        default=False,
        help_text=_("Else their visits become drafts, with a note."),
    )
    state = models.CharField(
        _("state"), max_length=10, choices=State.choices, default=State.CHECKING
    )
    done = models.PositiveIntegerField(default=0, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    report = models.JSONField(default=dict, editable=False)
    failure = models.TextField(_("why not"), blank=True, editable=False)
    beat_at = models.DateTimeField(editable=False)

    objects = StopImportQuerySet.as_manager()

    class Meta:
        verbose_name = _("import of stops")
        verbose_name_plural = _("imports of stops")
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.file_name
