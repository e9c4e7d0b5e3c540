"""Documents on the screen, and their files: ordered, made in the background, fetched."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import Conflict, InvalidInput
from outreach.printing import engine, services
from outreach.printing.kinds import kind_of
from outreach.printing.models import KEPT, PrintJob
from outreach.web.access import needs, person
from outreach.web.zones import read_clocks_of

FILES_ON_A_PAGE = 20
PDF_TYPE = "application/pdf"


@require_safe
@needs(Action.SEE_SCHEDULE)
def document(request: HttpRequest, kind: str) -> HttpResponse:
    """Show a document as it will be printed; the browser prints it too."""
    user, found = person(request), kind_of(kind)
    order = found.order(request.GET.dict(), user)
    read_clocks_of(order.library)
    tools = {"kind": kind, "params": order.params, "back_url": back_url(order.params)}
    toolbar = render_to_string("documents/parts/toolbar.html", tools, request)
    return HttpResponse(found.html(order, user, toolbar))


@require_POST
@needs(Action.SEE_SCHEDULE)
def print_order(request: HttpRequest, kind: str) -> HttpResponse:
    """Have a document made into a PDF file."""
    user, wanted = person(request), request.POST.dict()
    try:
        job = services.order_file(actor=user, kind=kind, wanted=wanted)
    except InvalidInput as refusal:
        messages.error(request, refusal.message)
        return redirect("print_jobs")
    return redirect("print_job", job.uid)


@require_safe
@needs(Action.SEE_SCHEDULE)
def print_jobs(request: HttpRequest) -> HttpResponse:
    """List the files a person ordered in the last days."""
    user = person(request)
    own = PrintJob.objects.visible_to(user).defer("content").select_related("library")
    page = Paginator(own, FILES_ON_A_PAGE).get_page(request.GET.get("page"))
    return render(request, "printing/jobs.html", {"page_obj": page, "days": KEPT.days})


@require_safe
@needs(Action.SEE_SCHEDULE)
def print_job(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show how far a file has come."""
    job = _of(request, uid)
    context = {
        "job": job,
        "is_quiet": services.is_quiet(job, clock.now()),
        "document_url": document_url(job.kind, job.params),
        "back_url": back_url(job.params),
        "install_line": engine.INSTALL_LINE,
        "days": KEPT.days,
    }
    return render(request, "printing/job.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def print_file(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Send a file that is ready; before, show how far it is."""
    job = _of(request, uid, with_content=True)
    if job.state != PrintJob.State.DONE:
        return redirect("print_job", job.uid)
    headers = {
        "Content-Disposition": f'attachment; filename="{job.file_name}"',
        # It names people and phones.
        "Cache-Control": "private, no-store",
    }
    return HttpResponse(bytes(job.content), content_type=PDF_TYPE, headers=headers)


@require_POST
@needs(Action.SEE_SCHEDULE)
def print_give_up(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Give a file up."""
    job = _of(request, uid)
    try:
        services.give_up(actor=person(request), job=job)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("The file was given up."))
    return redirect("print_job", job.uid)


def back_url(params: dict[str, Any]) -> str:
    """Return the page that a document is about."""
    if params.get("trip"):
        return reverse("trip", args=[params["trip"]])
    return reverse("season", args=[params["season"]])


def document_url(kind: str, params: dict[str, Any]) -> str:
    """Return where a document is shown."""
    return reverse("document", args=[kind], query=params)


def _of(request: HttpRequest, uid: UUID, *, with_content: bool = False) -> PrintJob:
    """Return a file of the person's own.

    Raises:
        Http404: if it is not theirs.
    """
    own = PrintJob.objects.visible_to(person(request)).select_related("library")
    if not with_content:
        own = own.defer("content")
    job = get_object_or_404(own, uid=uid)
    read_clocks_of(job.library)
    return job
