"""Reference data: short coded lists with a Vietnamese and an English name.

Their rows come from ``fixtures/`` by ``manage.py load_reference``; code refers to them by code.
"""

from __future__ import annotations

from django.db import models
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _


class Reference(models.Model):
    """One entry of a coded list."""

    code = models.SlugField(_("code"), max_length=40, primary_key=True)
    name_vi = models.CharField(_("Vietnamese name"), max_length=200)
    name_en = models.CharField(_("English name"), max_length=200)
    note_vi = models.TextField(_("Vietnamese note"), blank=True)
    note_en = models.TextField(_("English note"), blank=True)
    position = models.PositiveSmallIntegerField(_("position"), default=0)
    in_use = models.BooleanField(_("in use"), default=True)

    class Meta:
        abstract = True
        ordering = ["position", "code"]

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        """The name in the active language."""
        return self.name_en if (get_language() or "vi").startswith("en") else self.name_vi

    @property
    def note(self) -> str:
        """The note in the active language."""
        return self.note_en if (get_language() or "vi").startswith("en") else self.note_vi
