"""Reading what the board's script asks for: which trip or event, when, and in which row."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from outreach.accounts.domain import Action
from outreach.accounts.models import User
from outreach.common import clock
from outreach.common.errors import InvalidInput, NotAllowed, NotFound
from outreach.fleet.models import CrewMember, Vehicle
from outreach.scheduling.models import Event, Trip
from outreach.scheduling.placement import EventPlacement, Placement, TripPlacement, crew_with
from outreach.scheduling.services import CrewInput
from outreach.web.schedule.bars import NOBODY
from outreach.web.schedule.fields import FIRST_DAY, LAST_DAY
from outreach.web.zones import read_clocks_of


class PlaceForm(forms.Form):
    """Where a bar was dropped. Times are clock times of the library."""

    start = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M"])
    end = forms.DateTimeField(input_formats=["%Y-%m-%dT%H:%M"])
    row = forms.CharField(required=False, max_length=80)
    from_row = forms.CharField(required=False, max_length=80)
    reason = forms.CharField(required=False, max_length=500)
    override_reason = forms.CharField(required=False, max_length=500)
    revision = forms.IntegerField(required=False, min_value=0)

    def clean(self) -> dict[str, Any]:
        """Refuse days that no calendar of ours shows."""
        data = super().clean() or self.cleaned_data
        for name in ("start", "end"):
            at = data.get(name)
            if at is not None and not FIRST_DAY <= clock.local(at).date() <= LAST_DAY:
                raise ValidationError(_("This day lies too far away."))
        return data


def record_of(request: HttpRequest, user: User) -> Trip | Event:
    """Return the trip or event that is asked about; times are read as at its library.

    Raises:
        NotFound: if it is not the person's to see.
        NotAllowed: if it is theirs to see only.
    """
    kind, _colon, uid = request.POST.get("id", "").partition(":")
    rows: Any = Trip.objects.visible_to(user).select_related("library", "vehicle")
    if kind == "event":
        along = ("library", "venue", "trip", "trip__vehicle", "trip__library")
        rows = Event.objects.visible_to(user).select_related(*along)
    found: Trip | Event | None = rows.filter(uid=uid).first()
    if found is None:
        raise NotFound()
    if not user.may(Action.SCHEDULE, found.library_id):
        raise NotAllowed()
    read_clocks_of(found.library)
    return found


def place_of(request: HttpRequest, record: Trip | Event) -> tuple[Placement, dict[str, Any]]:
    """Return where the record is to go, and what was said about it.

    Raises:
        InvalidInput: if it cannot be read.
        NotFound: if the row is not one of the record's library.
    """
    form = PlaceForm(request.POST)
    if not form.is_valid():
        raise InvalidInput()
    asked = form.cleaned_data
    said = {
        "reason": asked["reason"],
        "override_reason": asked["override_reason"],
        "expected_revision": asked["revision"],
    }
    if isinstance(record, Event):
        if asked["row"] != asked["from_row"]:
            raise InvalidInput(_("Change who serves at this event on its own page."))
        return EventPlacement(record, asked["start"], asked["end"]), said
    crew = CrewInput.of(list(record.duties.select_related("member")))
    vehicle = record.vehicle
    if asked["row"] != asked["from_row"]:
        kind, _colon, key = asked["row"].partition(":")
        if kind == "vehicle":
            vehicle = _vehicle(record, key)
        elif kind == "member":
            crew = crew_with(crew, _member(record, key), _previous(record, asked["from_row"]))
        else:
            raise InvalidInput(_("A trip needs a vehicle; its crew is changed on its own page."))
    return TripPlacement(record, asked["start"], asked["end"], vehicle, crew), said


def _vehicle(trip: Trip, slug: str) -> Vehicle:
    found = Vehicle.objects.filter(library=trip.library, slug=slug).first()
    if found is None:
        raise NotFound()
    return found


def _member(trip: Trip, key: str) -> CrewMember:
    people = CrewMember.objects.filter(library=trip.library)
    found = people.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if found is None:
        raise NotFound()
    return found


def _previous(trip: Trip, row: str) -> CrewMember | None:
    return None if row in ("", NOBODY) else _member(trip, row.partition(":")[2])
