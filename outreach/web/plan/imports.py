"""Importing a timetable from a file, and exporting the one that is stored."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from outreach.accounts.domain import Action
from outreach.common import clock
from outreach.common.errors import Conflict, NotAllowed
from outreach.common.spreadsheets import XLSX_TYPE
from outreach.planning.models import StopImport
from outreach.planning.timetables import exporting, uploads
from outreach.planning.timetables.reports import remarks_of
from outreach.scheduling.models import Series
from outreach.web.access import needs, person
from outreach.web.plan.forms import ImportForm
from outreach.web.schedule.libraries import desk_of, switches
from outreach.web.zones import read_clocks_of

IMPORTS_ON_A_PAGE = 10
REMARKS_ON_A_PAGE = 50
CSV_TYPE = "text/csv; charset=utf-8"


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Action.SEE_SCHEDULE)
def imports(request: HttpRequest) -> HttpResponse:
    """Take a file, and list those that were sent."""
    user = person(request)
    desk = desk_of(request, user, Action.PLAN)
    may_publish = user.may(Action.OVERRIDE_RULES, desk.library.pk)
    form = ImportForm(request.POST or None, request.FILES or None, may_publish=may_publish)
    if form.is_valid():
        try:
            upload = uploads.receive(actor=user, library=desk.library, **form.wanted())
        except ValidationError as refusal:
            form.add_error(None, refusal)
        else:
            return redirect("import", upload.uid)
    sent = StopImport.objects.visible_to(user).filter(library=desk.library).defer("content")
    page = Paginator(sent.select_related("made_by"), IMPORTS_ON_A_PAGE)
    context = {
        "desk": desk,
        "switches": switches(desk),
        "form": form,
        "page_obj": page.get_page(request.GET.get("page")),
        "series": Series.objects.filter(library=desk.library).count(),
    }
    return render(request, "plan/imports.html", context)


@require_safe
@needs(Action.SEE_SCHEDULE)
def import_(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Show how far an import has come, what it would change, and every row to look at."""
    upload = _of(request, uid)
    remarks = remarks_of(upload.report)
    refused = [remark for remark in remarks if remark.is_refusal]
    notes = [remark for remark in remarks if not remark.is_refusal]
    names = upload.report.get("stops", {})
    context = {
        "upload": upload,
        "report": upload.report,
        "refused": _page(request, refused, names, "refused"),
        "notes": _page(request, notes, names, "notes"),
        "is_under_way": upload.state in uploads.UNDER_WAY,
        "is_quiet": uploads.is_quiet(upload, clock.now()),
        "since": upload.since,
        "last_on": upload.since + timedelta(weeks=upload.weeks, days=-1),
    }
    return render(request, "plan/import.html", context)


@require_POST
@needs(Action.SEE_SCHEDULE)
def import_store(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Store what the preview shows."""
    upload = _of(request, uid)
    try:
        uploads.store(actor=person(request), upload=upload)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    return redirect("import", upload.uid)


@require_POST
@needs(Action.SEE_SCHEDULE)
def import_give_up(request: HttpRequest, uid: UUID) -> HttpResponse:
    """Give an import up."""
    upload = _of(request, uid)
    try:
        uploads.give_up(actor=person(request), upload=upload)
    except Conflict as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, _("Nothing of “%(file)s” was stored.") % {"file": upload})
    return redirect("import", upload.uid)


@require_safe
@needs(Action.SEE_SCHEDULE)
def stops_csv(request: HttpRequest) -> HttpResponse:
    """Send a library's stops in the open mobile-library schema."""
    library = desk_of(request, person(request)).library
    content = exporting.as_csv(exporting.rows_of(Series.objects.filter(library=library)))
    return _file(content.encode(), CSV_TYPE, f"stops-{library.slug}.csv")


@require_safe
@needs(Action.SEE_SCHEDULE)
def stops_xlsx(request: HttpRequest) -> HttpResponse:
    """Send a library's stops as a workbook that can be changed and imported again."""
    library = desk_of(request, person(request)).library
    content = exporting.as_xlsx(exporting.rows_of(Series.objects.filter(library=library)))
    return _file(content, XLSX_TYPE, f"stops-{library.slug}.xlsx")


def _of(request: HttpRequest, uid: UUID) -> StopImport:
    """Return an import of a library whose plan the person makes.

    Raises:
        Http404: if it is not theirs to see.
        NotAllowed: if they may look at the plan only.
    """
    user = person(request)
    visible = StopImport.objects.visible_to(user).select_related("library", "made_by")
    upload = get_object_or_404(visible.defer("content"), uid=uid)
    if not user.may(Action.PLAN, upload.library_id):
        raise NotAllowed()
    read_clocks_of(upload.library)
    return upload


def _page(request: HttpRequest, remarks: list[Any], names: dict[str, str], kind: str) -> Any:
    rows = [{"remark": one, "stop": names.get(str(one.row), "")} for one in remarks]
    return Paginator(rows, REMARKS_ON_A_PAGE).get_page(request.GET.get(kind))


def _file(content: bytes, kind: str, name: str) -> HttpResponse:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse(content, content_type=kind, headers=headers)
