"""What all pages that change a trip or an event are given to draw."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import formats
from django.utils.translation import gettext as _

from outreach.common import clock
from outreach.common.history import Entry
from outreach.common.periods import monday_of
from outreach.scheduling.models import Event, Trip
from outreach.web.schedule.refusals import DeskForm

ENTRIES_ON_A_PAGE = 20
"""Of a history."""


def change_page(
    request: HttpRequest,
    template: str,
    form: DeskForm,
    *,
    heading: str,
    verb: str,
    is_danger: bool = False,
    **more: Any,
) -> HttpResponse:
    """Draw a page with one form.

    Args:
        heading: what the page is for.
        verb: what the main button does.
        is_danger: whether that cannot be taken back.
    """
    context = {
        "form": form,
        "heading": heading,
        "verb": verb,
        "is_danger": is_danger,
        "record": form.record,
        "record_name": name_of(form.record) if form.record else "",
        "record_url": url_of(form.record) if form.record else "",
    }
    return render(request, f"schedule/{template}.html", context | more)


def history_page(request: HttpRequest, entries: list[Entry]) -> Page[Entry]:
    """Return the page of a record's history that was asked for, the newest first."""
    return Paginator(entries, ENTRIES_ON_A_PAGE).get_page(request.GET.get("page"))


def welcome(request: HttpRequest, is_repeat: bool, message: str) -> None:
    """Say that something was made; of what an earlier click made, that it is there already."""
    if is_repeat:
        message = _("This was sent before; here it is. Change it here if it is to be different.")
    messages.success(request, message)


def name_of(record: Trip | Event) -> str:
    """Return what a trip or event is called in headings."""
    if isinstance(record, Event):
        return record.title
    day = formats.date_format(clock.local(record.departs_at), "SHORT_DATE_FORMAT")
    return _("Trip of %(vehicle)s, %(day)s") % {"vehicle": record.vehicle.name, "day": day}


def url_of(record: Trip | Event) -> str:
    """Return the page on which staff see a trip or event."""
    return reverse("schedule_event" if isinstance(record, Event) else "trip", args=[record.uid])


def week_url_of(record: Trip | Event) -> str:
    """Return the board of the week a trip or event starts in."""
    starts_at = record.starts_at if isinstance(record, Event) else record.departs_at
    monday = monday_of(clock.local(starts_at).date())
    return f"{reverse('schedule')}?week={monday:%Y-%m-%d}&library={record.library.slug}"
