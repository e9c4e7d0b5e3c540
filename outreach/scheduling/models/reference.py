"""Words of the schedule: states, kinds of activity, audiences, reasons."""

from __future__ import annotations

import uuid

from django.db import models
from django.utils.translation import gettext_lazy as _

from outreach.common.reference import Reference


def new_uid() -> str:
    """Return a fresh public identifier: never reused, never changed (RFC 5545, 3.8.4.7)."""
    return str(uuid.uuid4())


class State(models.TextChoices):
    """How far a trip or an event has come."""

    DRAFT = "draft", _("draft")
    PUBLISHED = "published", _("published")
    CANCELLED = "cancelled", _("cancelled")


class ActivityKind(Reference):
    """What may happen at an event."""

    class Meta(Reference.Meta):
        verbose_name = _("kind of activity")
        verbose_name_plural = _("kinds of activity")


class Audience(Reference):
    """A group of readers: an age band, or a priority group that cuts across the bands."""

    is_age_band = models.BooleanField(
        _("is an age band"),
        default=True,
        help_text=_("Age bands add up to the people served; priority groups do not."),
    )

    class Meta(Reference.Meta):
        verbose_name = _("audience")
        verbose_name_plural = _("audiences")


class Reason(Reference):
    """Why an event was moved or cancelled."""

    class Meta(Reference.Meta):
        verbose_name = _("reason")
        verbose_name_plural = _("reasons")
