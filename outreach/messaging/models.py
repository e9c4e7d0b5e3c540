"""The outbox: every mail that leaves, kept until it has been handed over, and what failed."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User


class MessageQuerySet(models.QuerySet["Message"]):
    """Row sets of the outbox."""

    def due_at(self, moment: datetime) -> MessageQuerySet:
        """Return the messages that should be tried at ``moment``, oldest first."""
        return self.filter(
            sent_at__isnull=True, given_up_at__isnull=True, next_try_at__lte=moment
        ).order_by("next_try_at", "pk")

    def visible_to(self, user: User) -> MessageQuerySet:
        """Return the messages of the libraries ``user`` coordinates."""
        if user.scope.everything:
            return self
        return self.filter(library_id__in=user.scope.libraries(Action.SCHEDULE))


class Message(models.Model):
    """One mail to one address, with a calendar part if it has one."""

    class Method(models.TextChoices):
        """iTIP method of the calendar part (RFC 5546)."""

        NONE = "", _("no calendar part")
        REQUEST = "REQUEST", _("invitation")
        CANCEL = "CANCEL", _("cancellation")

    library = models.ForeignKey(
        Library, models.PROTECT, verbose_name=_("library"), related_name="messages"
    )
    to = models.EmailField(_("to"))
    subject = models.CharField(_("subject"), max_length=200)
    body = models.TextField(_("text"))
    calendar = models.BinaryField(_("calendar part"), default=b"", editable=False)
    method = models.CharField(
        _("calendar method"), max_length=10, choices=Method.choices, blank=True, default=""
    )
    about = models.CharField(_("about"), max_length=80, blank=True, db_index=True)
    created_at = models.DateTimeField(_("written"), default=timezone.now, editable=False)
    tries = models.PositiveSmallIntegerField(_("tries"), default=0)
    next_try_at = models.DateTimeField(_("next try"), default=timezone.now)
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    given_up_at = models.DateTimeField(_("given up"), null=True, blank=True)
    last_error = models.TextField(_("last error"), blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        ordering = ["-created_at", "-pk"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                F("next_try_at"),
                name="message_due",
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True),
            ),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                name="message_sent_or_given_up",
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True),
            ),
        ]

    def __str__(self) -> str:
        return self.subject


class MessagePart(models.Model):
    """A further calendar part of a mail: what concerns several events of one host goes in one."""

    message = models.ForeignKey(Message, models.CASCADE, related_name="parts")
    method = models.CharField(
        _("calendar method"), max_length=10, choices=Message.Method.choices[1:]
    )
    calendar = models.BinaryField(_("calendar part"), editable=False)
    about = models.CharField(_("about"), max_length=80, blank=True, db_index=True)

    class Meta:
        verbose_name = _("calendar part")
        verbose_name_plural = _("calendar parts")
        ordering = ["message", "pk"]

    def __str__(self) -> str:
        return f"{self.message_id} {self.about}"
