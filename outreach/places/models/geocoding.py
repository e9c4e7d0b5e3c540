"""What geocoders answered, so that nobody is asked twice, and whose turn it is to ask."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _


class GeocoderAnswer(models.Model):
    """One answer of one provider; an empty list says that it knew nothing."""

    provider = models.CharField(_("provider"), max_length=200)
    question = models.CharField(_("question"), max_length=300)
    candidates = models.JSONField(
        _("answers"), default=list, help_text=_("Label, latitude and longitude of each.")
    )
    asked_at = models.DateTimeField(_("asked"), default=timezone.now)

    class Meta:
        verbose_name = _("answer of a geocoder")
        verbose_name_plural = _("answers of geocoders")
        ordering = ["-asked_at"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint("provider", "question", name="geocoder_asked_once"),
        ]

    def __str__(self) -> str:
        return self.question


class GeocoderTurn(models.Model):
    """When a provider may be asked next: one row for all processes to wait by."""

    provider = models.CharField(_("provider"), max_length=200, primary_key=True)
    next_at = models.DateTimeField(_("not before"))

    class Meta:
        verbose_name = _("turn at a geocoder")
        verbose_name_plural = _("turns at geocoders")

    def __str__(self) -> str:
        return self.provider
