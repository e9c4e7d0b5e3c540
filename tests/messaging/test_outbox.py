"""The outbox keeps every mail until it has been handed over, and what failed."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from outreach.messaging import delivery, services
from outreach.messaging.models import Message
from tests.factories import LibraryFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 10, 5, 8, 0, tzinfo=ZoneInfo("Asia/Ho_Chi_Minh"))
ICS = b"BEGIN:VCALENDAR\r\nMETHOD:REQUEST\r\nEND:VCALENDAR\r\n"


def write(**fields: Any) -> Message:
    given = {"to": "truong@example.org", "subject": "Xe thư viện", "body": "Chào trường"} | fields
    return services.write(library=LibraryFactory.create(), now=NOW, **given)


class Unreachable:
    """A mail server that refuses for a while."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.is_down = True
        send = mail.EmailMultiAlternatives.send
        monkeypatch.setattr(
            mail.EmailMultiAlternatives,
            "send",
            lambda message, **kw: self._refuse() if self.is_down else send(message, **kw),
        )

    def _refuse(self) -> None:
        raise ConnectionRefusedError("mail server down")


def test_a_message_leaves_once() -> None:
    message = write()
    assert delivery.deliver_due(now=NOW) == 1
    assert delivery.deliver_due(now=NOW + timedelta(days=2)) == 0
    message.refresh_from_db()
    assert message.sent_at == NOW
    assert [sent.to for sent in mail.outbox] == [["truong@example.org"]]


def test_the_calendar_part_names_its_method_and_charset_once() -> None:
    write(calendar=ICS, method="REQUEST")
    delivery.deliver_due(now=NOW)
    raw = mail.outbox[0].message().as_string()
    assert 'text/calendar; charset="utf-8"; method="REQUEST"' in raw


def test_a_subject_is_one_line() -> None:
    assert (
        write(subject="Hai\r\nBcc: everyone@example.org").subject == "Hai Bcc: everyone@example.org"
    )


def test_a_wrong_address_is_refused_when_written() -> None:
    with pytest.raises(ValidationError):
        write(to="not an address")


def test_a_failure_is_kept_and_tried_again_later(monkeypatch: pytest.MonkeyPatch) -> None:
    server = Unreachable(monkeypatch)
    message = write()
    assert delivery.deliver_due(now=NOW) == 0
    message.refresh_from_db()
    assert message.sent_at is None
    assert "mail server down" in message.last_error
    assert message.next_try_at == NOW + delivery.RETRY_AFTER[0]
    server.is_down = False
    assert delivery.deliver_due(now=NOW) == 0, "not due yet"
    assert delivery.deliver_due(now=message.next_try_at) == 1


def test_after_the_last_retry_it_is_given_up_and_said(monkeypatch: pytest.MonkeyPatch) -> None:
    Unreachable(monkeypatch)
    message = write()
    moment = NOW
    for _ in range(len(delivery.RETRY_AFTER) + 1):
        delivery.deliver_due(now=moment)
        message.refresh_from_db()
        moment = message.next_try_at
    assert message.given_up_at is not None
    assert message.tries == len(delivery.RETRY_AFTER) + 1
    assert delivery.next_try_at() is None


def test_a_claimed_message_is_not_sent_by_a_second_worker() -> None:
    message = write()
    Message.objects.filter(pk=message.pk).update(next_try_at=NOW + delivery.LEASE)
    assert delivery.deliver_due(now=NOW) == 0


def test_a_message_is_never_both_sent_and_given_up() -> None:
    message = write()
    with pytest.raises(IntegrityError), transaction.atomic():
        Message.objects.filter(pk=message.pk).update(sent_at=NOW, given_up_at=NOW)
