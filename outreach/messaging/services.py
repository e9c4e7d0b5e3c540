"""Writing messages into the outbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.messaging import tasks
from outreach.messaging.models import Message, MessagePart

_BATCH = 500


@dataclass(frozen=True, slots=True)
class Part:
    """A calendar part of a mail.

    Attributes:
        calendar: an iCalendar object about one UID (RFC 5546) with ``METHOD`` equal to ``method``.
        method: iTIP method, REQUEST or CANCEL.
        about: the public uid of what it is about.
    """

    calendar: bytes
    method: str
    about: str = ""


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail to be.

    Attributes:
        library: on whose behalf.
        to: one address.
        subject: one line; line breaks are folded away.
        body: plain text.
        parts: its calendar parts, each about another event.
        about: the public uid of what it is about, where no part says so.
    """

    library: Library
    to: str
    subject: str
    body: str
    parts: tuple[Part, ...] = ()
    about: str = ""


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

    Raises:
        ValidationError: if the address is none.
    """
    parts = (Part(calendar, method, about),) if calendar else ()
    return write_all([Mail(library, to, subject, body, parts, about)], now=now)[0]


def write_all(mails: Sequence[Mail], *, now: datetime | None = None) -> list[Message]:
    """Put many mails into the outbox, in as many statements as for one.

    Raises:
        ValidationError: if an address is none.
    """
    moment = now or clock.now()
    messages = [_message(mail, moment) for mail in mails]
    Message.objects.bulk_create(messages, batch_size=_BATCH)
    MessagePart.objects.bulk_create(
        [
            MessagePart(
                message=message, method=part.method, calendar=part.calendar, about=part.about
            )
            for message, mail in zip(messages, mails, strict=True)
            for part in mail.parts[1:]
        ],
        batch_size=_BATCH,
    )
    if messages:
        transaction.on_commit(lambda: tasks.deliver_due.enqueue())
    return messages


def _message(mail: Mail, moment: datetime) -> Message:
    first = mail.parts[0] if mail.parts else Part(b"", "", mail.about)
    message = Message(
        library=mail.library,
        to=mail.to,
        subject=" ".join(mail.subject.split())[:200],
        body=mail.body,
        calendar=first.calendar,
        method=first.method,
        about=first.about,
        created_at=moment,
        next_try_at=moment,
    )
    # The library is stored already; asking for it again would be a query for each mail.
    message.clean_fields(exclude=["library"])
    return message
