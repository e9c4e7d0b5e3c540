"""Handing messages of the outbox over to the mail server."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from email.mime.text import MIMEText

from django.core.mail import EmailMultiAlternatives
from django.db.models import F

from outreach.common import clock
from outreach.messaging.models import Message

logger = logging.getLogger(__name__)

RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
)
LEASE = timedelta(minutes=5)


def deliver_due(*, now: datetime | None = None, limit: int = 200) -> int:
    """Hand over what is due and return how many messages left.

    A message is first claimed for :data:`LEASE`, in a statement of its own, and sent outside any
    transaction: two workers do not send it twice, and a slow mail server holds no lock. A worker
    that dies in the middle leaves it due again after the lease.
    """
    moment = now or clock.now()
    sent = 0
    for pk in list(Message.objects.due_at(moment).values_list("pk", flat=True)[:limit]):
        claimed = (
            Message.objects.due_at(moment)
            .filter(pk=pk)
            .update(next_try_at=moment + LEASE, tries=F("tries") + 1)
        )
        if claimed:
            sent += _deliver(Message.objects.get(pk=pk), moment)
    return sent


def next_try_at() -> datetime | None:
    """Return when the next message that waits is to be tried; ``None`` if none waits."""
    waiting = Message.objects.filter(sent_at__isnull=True, given_up_at__isnull=True)
    return waiting.order_by("next_try_at").values_list("next_try_at", flat=True).first()


def _deliver(message: Message, moment: datetime) -> bool:
    """Send one claimed message and keep what came of it."""
    try:
        _mail(message).send()
    except OSError as error:  # smtplib's errors and the network's are all OSErrors
        message.last_error = f"{type(error).__name__}: {error}"[:2000]
        if message.tries > len(RETRY_AFTER):
            message.given_up_at = moment
        else:
            message.next_try_at = moment + RETRY_AFTER[message.tries - 1]
        logger.warning("Message %s was not handed over: %s", message.pk, message.last_error)
    else:
        message.sent_at = moment
        message.last_error = ""
    message.save(update_fields=["sent_at", "given_up_at", "next_try_at", "last_error"])
    return message.sent_at is not None


def _mail(message: Message) -> EmailMultiAlternatives:
    mail = EmailMultiAlternatives(message.subject, message.body, to=[message.to])
    if message.calendar:
        mail.attach(_calendar(bytes(message.calendar), message.method))
    for part in message.parts.all():
        mail.attach(_calendar(bytes(part.calendar), part.method))
    return mail


def _calendar(content: bytes, method: str) -> MIMEText:
    """Return a calendar part; its MIME type names the method that stands inside."""
    part = MIMEText(content.decode(), "calendar", "utf-8")
    part.set_param("method", method)
    return part
