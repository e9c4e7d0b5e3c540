"""The calendar entry of each public event, kept as the bytes that feeds are joined from."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from outreach.scheduling.models import Event


class Entry(models.Model):
    """One VEVENT (RFC 5545): its UID never changes, its SEQUENCE rises on every real change."""

    event = models.OneToOneField(
        Event, models.CASCADE, verbose_name=_("event"), related_name="entry", primary_key=True
    )
    sequence = models.PositiveIntegerField(_("sequence"), default=0)
    last_modified = models.DateTimeField(_("last modified"))
    digest = models.CharField(max_length=64)
    """Hash of the entry's content without SEQUENCE and times: tells a change from a repeat."""
    vevent = models.BinaryField()

    class Meta:
        verbose_name = _("calendar entry")
        verbose_name_plural = _("calendar entries")
        indexes: ClassVar[list[models.Index]] = [
            models.Index("last_modified", name="entry_last_modified"),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} #{self.sequence}"
