"""Files of documents, made in the background and kept for some days."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User

KEPT = timedelta(days=7)
"""Files tell of people's phones: they are not kept longer than somebody needs to print them."""


class PrintJobQuerySet(models.QuerySet["PrintJob"]):
    """Row sets of print jobs."""

    def visible_to(self, user: User) -> PrintJobQuerySet:
        """Return the jobs that ``user`` ordered, of libraries whose schedule is theirs to see."""
        own = self.filter(made_by=user)
        if user.scope.everything:
            return own
        return own.filter(library_id__in=user.scope.libraries(Action.SEE_SCHEDULE))

    def under_way(self) -> PrintJobQuerySet:
        """Return the jobs that are waiting for a worker, or with one."""
        return self.filter(state__in=[PrintJob.State.QUEUED, PrintJob.State.RUNNING])


class PrintJob(models.Model):
    """A document somebody wants as a file.

    Attributes:
        kind: the code of the document (``outreach.printing.kinds``).
        params: what the document is about, as its kind wrote it down.
        title: what the document is called, in its language.
        done: pages laid out so far.
        total: how many pages there are; 0 while nobody knows.
        content: the file; empty until it is done.
        size: of the file in bytes.
        failure: why there is no file, in its language.
        beat_at: the last sign of life of the work in the background.
    """

    class State(models.TextChoices):
        """How far it has come."""

        QUEUED = "queued", _("waiting")
        RUNNING = "running", _("being made")
        DONE = "done", _("ready")
        FAILED = "failed", _("not made")
        CANCELLED = "cancelled", _("given up")

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    library = models.ForeignKey(
        Library, models.CASCADE, verbose_name=_("library"), related_name="print_jobs"
    )
    made_by = models.ForeignKey(User, models.CASCADE, verbose_name=_("who"), related_name="+")
    made_at = models.DateTimeField(_("when"))
    kind = models.CharField(_("document"), max_length=40)
    params = models.JSONField(default=dict, editable=False)
    language = models.CharField(_("language"), max_length=8, choices=settings.LANGUAGES)
    title = models.CharField(_("title"), max_length=200)
    file_name = models.CharField(_("file"), max_length=200)
    state = models.CharField(_("state"), max_length=10, choices=State.choices, default=State.QUEUED)
    done = models.PositiveIntegerField(default=0, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    content = models.BinaryField(editable=False)
    size = models.PositiveIntegerField(default=0, editable=False)
    failure = models.TextField(_("why not"), blank=True, editable=False)
    lacks_engine = models.BooleanField(default=False, editable=False)
    beat_at = models.DateTimeField(editable=False)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = PrintJobQuerySet.as_manager()

    class Meta:
        verbose_name = _("file to print")
        verbose_name_plural = _("files to print")
        ordering = ["-made_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["made_by", "-made_at"], name="print_job_by_person"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="print_job_state_known",
                condition=Q(state__in=["queued", "running", "done", "failed", "cancelled"]),
            ),
            models.CheckConstraint(
                name="print_job_ended_when_over",
                condition=Q(state__in=["queued", "running"], ended_at__isnull=True)
                | ~Q(state__in=["queued", "running"]) & Q(ended_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.file_name

    @property
    def is_under_way(self) -> bool:
        """Whether it is waiting for a worker, or with one."""
        return self.state in (self.State.QUEUED, self.State.RUNNING)
