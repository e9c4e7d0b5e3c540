"""Ordering files, having them made in the background, giving them up and clearing them away."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone, translation
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django_tasks import task

from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import Conflict, DomainError, InvalidInput
from outreach.printing import engine
from outreach.printing.kinds import kind_of
from outreach.printing.models import KEPT, PrintJob

State = PrintJob.State
QUIET = timedelta(minutes=5)
"""Work in the background that gave no sign of life for this long has died."""
MOST_AT_ONCE = 5
"""A person who clicks again does not keep the worker from everybody else."""
OUR_FAULT = _(
    "Something went wrong on our side, and there is no file. Please tell whoever looks after the"
    " server."
)
INCOMPLETE = _(
    "A style sheet, font or picture of the document could not be loaded, so there is no file."
    " Please tell whoever looks after the server: collecting the static files again"
    " (manage.py collectstatic) and starting the product anew may mend it."
)
ENGINE_MISSING = _("The server lacks libraries that PDF files are made with.")


class GivenUp(Exception):
    """Somebody gave the file up while it was being made."""


def order_file(
    *, actor: User, kind: str, wanted: Mapping[str, str], now: datetime | None = None
) -> PrintJob:
    """Have a document made as a PDF file, in the active language.

    Args:
        kind: the code of the document.
        wanted: what it is about.

    Raises:
        NotFound: if there is no such document, or it is not the person's to see.
        InvalidInput: if too many files of theirs are being made already.
    """
    order = kind_of(kind).order(wanted, actor)
    moment = now or clock.now()
    waiting = PrintJob.objects.filter(made_by=actor, beat_at__gte=moment - QUIET).under_way()
    if waiting.count() >= MOST_AT_ONCE:
        raise InvalidInput(
            _("%(number)d files are being made for you already: wait for one of them."),
            code="too_many_files",
            params={"number": MOST_AT_ONCE},
        )
    job = PrintJob(
        library=order.library,
        made_by=actor,
        made_at=moment,
        kind=kind,
        params=order.params,
        language=get_language() or actor.language,
        title=order.title[:200],
        file_name=f"{order.stem[:190]}.pdf",
        beat_at=moment,
    )
    job.full_clean()
    job.save()
    transaction.on_commit(lambda: make_file.enqueue(job.pk))
    return job


def give_up(*, actor: User, job: PrintJob, now: datetime | None = None) -> None:
    """Give a file up; the work in the background ends at the next page.

    Raises:
        Conflict: if it is over already.
    """
    open_one = PrintJob.objects.visible_to(actor).filter(pk=job.pk).under_way()
    moment = now or clock.now()
    if not open_one.update(state=State.CANCELLED, ended_at=moment, content=b""):
        raise Conflict(_("This file is no longer being made."), code="too_late")


def is_quiet(job: PrintJob, now: datetime) -> bool:
    """Tell whether work that should be under way has given no sign of life for too long."""
    return job.is_under_way and job.beat_at < now - QUIET


def clear_away(*, now: datetime) -> int:
    """Remove the files that were ordered more than :data:`KEPT` ago; return how many."""
    _total, by_model = PrintJob.objects.filter(made_at__lt=now - KEPT).delete()
    return by_model.get(PrintJob._meta.label, 0)


@task()
def make_file(pk: int) -> None:
    """Write the document and turn it into a file, in the language and clock it was ordered in."""
    begun = PrintJob.objects.filter(pk=pk, state=State.QUEUED)
    if not begun.update(state=State.RUNNING, beat_at=clock.now()):
        return
    job = PrintJob.objects.select_related("library", "made_by").get(pk=pk)
    with translation.override(job.language), timezone.override(job.library.zone):
        _make(job)


def _make(job: PrintJob) -> None:
    try:
        kind = kind_of(job.kind)
        # Asked again: what was theirs to see when they ordered it may no longer be.
        html = kind.html(kind.order(job.params, job.made_by), job.made_by)
        content, pages = engine.as_pdf(html, progress=_progress(job))
    except GivenUp:
        return
    except DomainError as error:
        _end(job, State.FAILED, failure=error.message)
    except engine.EngineMissing:
        _end(job, State.FAILED, failure=str(ENGINE_MISSING), lacks_engine=True)
    except engine.Incomplete:
        _end(job, State.FAILED, failure=str(INCOMPLETE))
        raise  # the log names the part
    except Exception:
        _end(job, State.FAILED, failure=str(OUR_FAULT))
        raise
    else:
        facts = {"size": len(content), "done": pages, "total": pages}
        _end(job, State.DONE, content=content, **facts)


def _progress(job: PrintJob) -> Callable[[int], None]:
    """Return what is called with the pages done; it raises once the file is given up."""

    def tell(done: int) -> None:
        told = PrintJob.objects.filter(pk=job.pk, state=State.RUNNING).update(
            done=done, beat_at=clock.now()
        )
        if not told:
            raise GivenUp

    return tell


def _end(job: PrintJob, state: State, **what: object) -> None:
    """Close a job, unless somebody has given it up meanwhile."""
    now = clock.now()
    PrintJob.objects.filter(pk=job.pk, state=State.RUNNING).update(
        state=state, beat_at=now, ended_at=now, **what
    )
