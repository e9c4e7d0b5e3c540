"""Liveness and readiness, for whoever watches the installation."""

from __future__ import annotations

from datetime import timedelta

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_tasks_db.models import DBTaskResult, get_date_max

from outreach.common import clock
from outreach.common.checks import missing_constraints

STUCK_AFTER = timedelta(minutes=10)


@require_safe
@never_cache
def healthz(request: HttpRequest) -> HttpResponse:
    """Answer 200 while the process answers at all."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@require_safe
@never_cache
def readyz(request: HttpRequest) -> JsonResponse:
    """Answer 200 if the database answers, is migrated and guarded, and work is being picked up.

    The body names each check and what is wrong with it, never any data.
    """
    checks = {"database": "ok", "migrations": "ok", "constraints": "ok", "worker": "ok"}
    try:
        pending = _pending_migrations()
        if pending:
            checks["migrations"] = f"{pending} not applied"
        else:
            missing = missing_constraints()
            if missing:
                checks["constraints"] = "missing: " + ", ".join(missing)
            checks["worker"] = _worker()
    except DatabaseError:
        checks["database"] = "does not answer"
    ready = all(state == "ok" for state in checks.values())
    return JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)


def _pending_migrations() -> int:
    executor = MigrationExecutor(connection)
    return len(executor.migration_plan(executor.loader.graph.leaf_nodes()))


def _worker() -> str:
    """Tell whether background work is picked up: nothing waits longer than a worker needs."""
    long_ago = clock.now() - STUCK_AFTER
    stuck = DBTaskResult.objects.ready().filter(
        Q(run_after__lt=long_ago) | Q(run_after=get_date_max(), enqueued_at__lt=long_ago)
    )
    return "work is not picked up" if stuck.exists() else "ok"
