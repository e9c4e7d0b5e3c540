"""Background work of the outbox."""

from __future__ import annotations

from django_tasks import task

from outreach.messaging import delivery


@task(queue_name="mail")
def deliver_due() -> int:
    """Hand over every message that is due; return how many left."""
    return delivery.deliver_due()
