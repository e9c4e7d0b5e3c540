"""The sheet a crew takes along: the way, the stops, whom to call, and a tally sheet for each stop.

It names contacts with their phones: only staff who see the schedule can have it made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import segno
from django.conf import settings
from django.contrib.humanize.templatetags.humanize import intcomma
from django.db.models import prefetch_related_objects
from django.urls import reverse
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import Truncator, capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from outreach.accounts.models import User
from outreach.attendance.codes import code_of
from outreach.attendance.domain import outputs_of
from outreach.attendance.models import SHEET_MEASURES, ResultSheet, SheetActivity
from outreach.common import clock
from outreach.common.errors import NotFound
from outreach.maps.route_map import Place, route_map
from outreach.places import access_notes
from outreach.places.models import Venue
from outreach.printing.kinds import Order
from outreach.scheduling import board
from outreach.scheduling.models import Audience, Event, State, Trip, TripPause
from outreach.web.printing.papers import contact_of, written

BOXES = range(10)
_PEOPLE = "people_served"
_LABEL_ROOM = 44
"""Characters of a tally row's label that stand on one line."""
_LONG_TITLE = 80
_ROWS_ON_A_SHEET = ((22, ""), (30, "dense"), (10**6, "denser"))
"""Up to how many rows a tally sheet is on one A4 page, by how close they stand."""


@dataclass(slots=True)
class Step:
    """A stop, or a pause, of a trip."""

    event: Event | None = None
    pause: TripPause | None = None
    number: int = 0
    leg_text: str = ""
    address: str = ""
    access: list[str] = field(default_factory=list)
    contact: Venue | None = None
    expected: str = ""
    code: str = ""
    qr: SafeString = mark_safe("")  # noqa: RUF009
    outputs: list[str] = field(default_factory=list)
    density: str = ""
    changes_day: bool = False

    @property
    def starts_at(self) -> Any:
        """When it begins."""
        owner = self.event or self.pause
        assert owner is not None
        return owner.starts_at


class RunSheet:
    """The run sheet of a ``trip``, with a tally sheet for each of its stops."""

    label: Promise = gettext_lazy("Run sheet")

    def order(self, wanted: Mapping[str, str], reader: User) -> Order:
        """Return the order; see :class:`outreach.printing.kinds.DocumentKind`."""
        trip = _trip(wanted, reader)
        day = clock.local(trip.departs_at, trip.library.zone)
        return Order(
            library=trip.library,
            title=_("Run sheet %(day)s – %(vehicle)s")
            % {"day": f"{day:%d/%m/%Y}", "vehicle": trip.vehicle},
            stem=f"run-sheet-{trip.vehicle.slug}-{day:%Y-%m-%d}",
            params={"trip": trip.uid},
        )

    def html(self, order: Order, reader: User, toolbar: str = "") -> str:
        """Return the document."""
        sheet = board.trip_sheet(_trip(order.params, reader))
        return written("documents/run_sheet.html", order, toolbar, **_context(sheet))


def qr_of(url: str) -> SafeString:
    """Return a QR code as inline SVG."""
    drawn = segno.make(url, error="m").svg_inline(
        scale=4, omitsize=True, svgclass="qr", lineclass=None
    )
    return mark_safe(drawn)  # noqa: S308


def _trip(wanted: Mapping[str, str], reader: User) -> Trip:
    visible = Trip.objects.visible_to(reader).select_related("library", "vehicle")
    trip = visible.filter(uid=wanted.get("trip", "")[:36]).first()
    if trip is None:
        raise NotFound()
    return trip


def _context(sheet: board.TripSheet) -> dict[str, Any]:
    trip = sheet.trip
    stops = [stop for stop in sheet.stops if not stop.event.is_cancelled]
    steps = _steps(trip, stops)
    audiences = list(Audience.objects.filter(in_use=True))
    for step in steps:
        # Besides: all together, the measures but people, and three headings.
        step.density = _density(step, len(audiences) + len(SHEET_MEASURES) + 3)
    base = trip.vehicle.base
    lacking = [one.event.venue.name for one in stops if one.event.venue.point is None]
    watermark = {
        State.DRAFT: pgettext("watermark", "Draft"),
        State.CANCELLED: pgettext("watermark", "Cancelled"),
    }
    return {
        "trip": trip,
        "crew": sheet.crew,
        "steps": steps,
        "lasts_days": _day(trip.departs_at) != _day(trip.returns_at),
        "way": _way([stop.leg for stop in stops] + [sheet.way_back]),
        "way_back": _leg_text(sheet.way_back),
        "map": _map(base, stops),
        "map_lacks": list(dict.fromkeys(lacking)),
        "watermark": watermark.get(State(trip.state), ""),
        "boxes": BOXES,
        "age_bands": [row.name for row in audiences if row.is_age_band],
        "priority_groups": [row.name for row in audiences if not row.is_age_band],
        "measures": [_label(ResultSheet, code) for code in SHEET_MEASURES if code != _PEOPLE],
    }


def _steps(trip: Trip, stops: Sequence[board.Stop]) -> list[Step]:
    venues = [stop.event.venue for stop in stops]
    prefetch_related_objects(venues, "access")
    steps = [_stop(number, stop) for number, stop in enumerate(stops, start=1)]
    pauses = TripPause.objects.filter(trip=trip).select_related("venue")
    steps += [Step(pause=pause) for pause in pauses]
    steps.sort(key=lambda step: step.starts_at)
    day = _day(trip.departs_at)
    for step in steps:
        step.changes_day, day = _day(step.starts_at) != day, _day(step.starts_at)
    return steps


def _stop(number: int, stop: board.Stop) -> Step:
    event = stop.event
    code = code_of(event.pk)
    return Step(
        event=event,
        number=number,
        leg_text=_leg_text(stop.leg),
        address=_address(event.venue),
        access=[capfirst(note) for note in access_notes.notes(event.venue)],
        contact=contact_of(event.venue, clock.today()),
        expected=_expected(event),
        code=code,
        qr=qr_of(settings.SITE_URL + reverse("result_code", args=[code])),
        outputs=list(_outputs(event)),
    )


def _density(step: Step, rows: int) -> str:
    """Return how close the rows of a tally sheet stand, so that it is on one page."""
    if step.event is None:
        return ""
    rows += len(step.outputs)
    if len(step.event.title) > _LONG_TITLE:
        rows += 2
    return next(name for most, name in _ROWS_ON_A_SHEET if rows <= most)


def _address(venue: Venue) -> str:
    commune = venue.commune.full_name if venue.commune else ""
    parts: list[str] = []
    for part in (venue.address, venue.locality, commune):
        # An address often names village and commune already.
        if part and not any(part in said for said in parts):
            parts.append(part)
    return ", ".join(parts)


def _expected(event: Event) -> str:
    parts = []
    if event.expected_classes:
        parts.append(
            ngettext("%(number)d class", "%(number)d classes", event.expected_classes)
            % {"number": event.expected_classes}
        )
    if event.expected_people:
        parts.append(
            ngettext("%(number)s person", "%(number)s people", event.expected_people)
            % {"number": intcomma(event.expected_people)}
        )
    return ", ".join(parts)


def _outputs(event: Event) -> Iterator[str]:
    for activity in event.activities.all():
        is_own = activity.title and activity.title != event.title
        name = activity.title if is_own else activity.kind.name
        for code in outputs_of(activity.kind_id):
            label = _label(SheetActivity, code).lower()
            yield f"{Truncator(name).chars(max(16, _LABEL_ROOM - len(label)))}: {label}"


def _leg_text(leg: board.Leg | None) -> str:
    if leg is None:
        return ""
    parts = [_minutes(leg.minutes)]
    if leg.km is not None:
        parts.append(distance(leg.km))
    text = ", ".join(parts)
    if not leg.is_typed:
        text = _("about %(way)s") % {"way": text}
    return f"↓ {text}. {leg.note}" if leg.note else f"↓ {text}"


def distance(km: float) -> str:
    """Return a distance in whole kilometres, in words below one."""
    if km < 1:
        return _("less than 1 km")
    return _("%(km)s km") % {"km": number_format(km, 0, force_grouping=True)}


def _minutes(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    if not hours:
        return _("%(minutes)d min") % {"minutes": rest}
    if not rest:
        return _("%(hours)d h") % {"hours": hours}
    return _("%(hours)d h %(minutes)d min") % {"hours": hours, "minutes": rest}


def _way(legs: Sequence[board.Leg | None]) -> dict[str, str]:
    """Return how far and how long it is in all; with a sign where a part is not known."""
    known = [leg for leg in legs if leg is not None]
    if not known:
        return {"km_text": _("not known"), "minutes_text": ""}
    km = sum(leg.km for leg in known if leg.km is not None)
    whole = len(known) == len(legs) and all(leg.km is not None for leg in known)
    if whole:
        km_text = distance(km)
    else:
        km_text = _("at least %(km)s") % {"km": distance(km)} if km >= 1 else _("not known")
    return {
        "km_text": km_text,
        "minutes_text": _minutes(sum(leg.minutes for leg in known)),
    }


def _map(base: Venue | None, stops: Sequence[board.Stop]) -> SafeString:
    found = [
        Place(str(number), stop.event.venue.name, stop.event.venue.point)
        for number, stop in enumerate(stops, start=1)
        if stop.event.venue.point is not None
    ]
    if not found:
        return mark_safe("")
    if base is None or base.point is None:
        return route_map(found)
    home = Place("", base.name, base.point)
    return route_map([home, *found], way=[home, *found, home])


def _day(moment: Any) -> Any:
    return clock.local(moment).date()


def _label(model: type[ResultSheet | SheetActivity], code: str) -> str:
    return capfirst(str(model._meta.get_field(code).verbose_name))  # type: ignore[union-attr]
