"""Writing messages into the outbox."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.messaging import tasks
from outreach.messaging.models import Message


def write(
    *,
    library: Library,
    to: str,
    subject: str,
    body: str,
    calendar: bytes = b"",
    method: str = "",
    about: str = "",
    now: datetime | None = None,
) -> Message:
    """Put a mail into the outbox; it leaves after the surrounding transaction is committed.

    Args:
        library: on whose behalf.
        to: one address.
        subject: one line; line breaks are folded away.
        body: plain text.
        calendar: an iCalendar object with ``METHOD`` equal to ``method``, or nothing.
        method: iTIP method, REQUEST or CANCEL, or empty.
        about: the public uid of what it is about.
        now: when it is written.
    """
    moment = now or clock.now()
    message = Message(
        library=library,
        to=to,
        subject=" ".join(subject.split())[:200],
        body=body,
        calendar=calendar,
        method=method,
        about=about,
        created_at=moment,
        next_try_at=moment,
    )
    message.full_clean()
    message.save()
    transaction.on_commit(lambda: tasks.deliver_due.enqueue())
    return message
