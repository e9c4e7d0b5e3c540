"""Background work of the outbox."""

from __future__ import annotations

from django_tasks import TaskResultStatus, default_task_backend, task
from django_tasks_db.models import DBTaskResult

from outreach.messaging import delivery


@task(queue_name="mail")
def deliver_due() -> int:
    """Hand over every message that is due, see to the next try, and return how many left."""
    sent = delivery.deliver_due()
    _see_to_next_try()
    return sent


def _see_to_next_try() -> None:
    """Have a worker come back when the next message is due, unless one will already."""
    next_try_at = delivery.next_try_at()
    if next_try_at is None or not default_task_backend.supports_defer:
        return
    planned = DBTaskResult.objects.filter(
        status=TaskResultStatus.READY,
        task_path=deliver_due.module_path,
        run_after__lte=next_try_at,
    )
    if not planned.exists():
        deliver_due.using(run_after=next_try_at).enqueue()
