"""A timetable sent to a page: checked in the background, looked at, stored or given up.

What is stored is what was looked at: the file is compared once more, and if the schedule has moved
on meanwhile, the new preview is shown instead.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from outreach.accounts.domain import Action
from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.common.errors import Conflict, DomainError, NotAllowed
from outreach.planning.models import StopImport
from outreach.planning.timetables import importing
from outreach.planning.timetables.plan import Plan
from outreach.planning.timetables.reports import report_of

State = StopImport.State
QUIET = timedelta(minutes=5)
"""Work in the background that gave no sign of life for this long has died."""
OUR_FAULT = _(
    "Something went wrong on our side, and nothing was stored. Please tell whoever looks after the"
    " server."
)
UNDER_WAY = (State.CHECKING, State.STORING)


class GivenUp(Exception):
    """Somebody gave the import up while it was being checked."""


def receive(
    *,
    actor: User,
    library: Library,
    file_name: str,
    content: bytes,
    since: date,
    weeks: int = importing.WEEKS,
    override_reason: str = "",
    strict: bool = False,
    now: datetime | None = None,
) -> StopImport:
    """Keep a file and have it checked in the background.

    Args:
        override_reason: why its visits may be public at once; empty for drafts.
        strict: refuse rows whose visits break a rule of scheduling.

    Raises:
        NotAllowed: if ``actor`` may not import for the library, or not override its rules.
        ValidationError: if a value is out of range.
    """
    importing.authorise(actor, library)
    if override_reason.strip() and not actor.may(Action.OVERRIDE_RULES, library.pk):
        raise NotAllowed()
    moment = now or clock.now()
    stored = StopImport(
        library=library,
        made_by=actor,
        made_at=moment,
        file_name=file_name[:200],
        content=content,
        since=since,
        weeks=weeks,
        override_reason=override_reason.strip(),
        strict=strict,
        beat_at=moment,
    )
    stored.full_clean()
    stored.save()
    _have_it_done(check_upload, stored.pk)
    return stored


def store(*, actor: User, upload: StopImport, now: datetime | None = None) -> None:
    """Have a checked import stored in the background.

    Raises:
        NotAllowed: if ``actor`` may not import for the library.
        Conflict: if it is not waiting to be looked at.
    """
    importing.authorise(actor, upload.library)
    waiting = StopImport.objects.filter(pk=upload.pk, state=State.CHECKED)
    if not waiting.update(state=State.STORING, beat_at=now or clock.now()):
        raise Conflict(_("This import is not waiting to be stored."), code="not_waiting")
    _have_it_done(store_upload, upload.pk)


def give_up(*, actor: User, upload: StopImport, now: datetime | None = None) -> None:
    """Give an import up; what is being stored already is stored as a whole or not at all.

    Raises:
        NotAllowed: if ``actor`` may not import for the library.
        Conflict: if it is being stored, or over.
    """
    importing.authorise(actor, upload.library)
    moment = now or clock.now()
    open_ones = StopImport.objects.filter(pk=upload.pk, state__in=[State.CHECKING, State.CHECKED])
    dead = StopImport.objects.filter(pk=upload.pk, state=State.STORING, beat_at__lt=moment - QUIET)
    if not (open_ones | dead).update(state=State.CANCELLED, content=b""):
        raise Conflict(_("This import can no longer be given up."), code="too_late")


def is_quiet(upload: StopImport, now: datetime) -> bool:
    """Tell whether work that should be under way has given no sign of life for too long."""
    return upload.state in UNDER_WAY and upload.beat_at < now - QUIET


@task()
def check_upload(pk: int) -> None:
    """Compare a file with what is stored, and keep what it would change."""
    upload = StopImport.objects.select_related("library", "made_by").get(pk=pk)
    if upload.state != State.CHECKING:
        return
    try:
        plan = _plan(upload)
    except GivenUp:
        return
    except DomainError as error:
        _end(upload, State.FAILED, failure=error.message, was=State.CHECKING)
        return
    except Exception:
        _end(upload, State.FAILED, failure=str(OUR_FAULT), was=State.CHECKING)
        raise
    StopImport.objects.filter(pk=pk, state=State.CHECKING).update(
        state=State.CHECKED, report=report_of(plan), done=F("total"), beat_at=clock.now()
    )


@task()
def store_upload(pk: int) -> None:
    """Store a checked file, if it still means what its preview said."""
    upload = StopImport.objects.select_related("library", "made_by").get(pk=pk)
    if upload.state != State.STORING:
        return
    try:
        plan = _plan(upload)
        report = report_of(plan)
        if report["digest"] != upload.report.get("digest"):
            _show_again(upload, report)
            return
        with transaction.atomic():
            importing.commit(plan, _wishes(upload), actor=upload.made_by, now=clock.now())
            if not _end(upload, State.DONE, was=State.STORING):
                raise GivenUp
    except Conflict:
        _show_again(upload, report_of(_plan(upload)))
    except DomainError as error:
        _end(upload, State.FAILED, failure=error.message, was=State.STORING)
    except GivenUp:
        return
    except Exception:
        _end(upload, State.FAILED, failure=str(OUR_FAULT), was=State.STORING)
        raise


def _plan(upload: StopImport) -> Plan:
    now = clock.now()
    return importing.preview(
        bytes(upload.content), _wishes(upload), now=now, progress=_progress(upload)
    )


def _wishes(upload: StopImport) -> importing.Wishes:
    return importing.Wishes(
        library=upload.library,
        since=upload.since,
        weeks=upload.weeks,
        publish=bool(upload.override_reason),
        override_reason=upload.override_reason,
        strict=upload.strict,
    )


def _progress(upload: StopImport) -> Callable[[int, int], None]:
    """Return what is called with the rows done and their number; it raises once given up."""

    def tell(done: int, total: int) -> None:
        told = StopImport.objects.filter(pk=upload.pk, state=upload.state).update(
            done=done, total=total, beat_at=clock.now()
        )
        if not told:
            raise GivenUp

    return tell


def _show_again(upload: StopImport, report: dict[str, object]) -> None:
    StopImport.objects.filter(pk=upload.pk, state=State.STORING).update(
        state=State.CHECKED,
        report=report | {"changed_meanwhile": True},
        beat_at=clock.now(),
    )


def _end(upload: StopImport, state: State, *, was: State, failure: str = "") -> bool:
    """Close an import; return whether nobody has given it up meanwhile."""
    ended = StopImport.objects.filter(pk=upload.pk, state=was).update(
        state=state, failure=failure, content=b"", beat_at=clock.now()
    )
    return bool(ended)


def _have_it_done(work, pk: int) -> None:  # type: ignore[no-untyped-def]
    transaction.on_commit(lambda: work.enqueue(pk))
