"""The one list of public events: timetable page, feeds, map and API all read it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, Q

from outreach.accounts.models import Library
from outreach.common import clock
from outreach.common.folding import fold
from outreach.fleet.models import Vehicle
from outreach.places.models import AdministrativeUnit, Succession, Venue
from outreach.places.search import find
from outreach.scheduling.models import Activity, ActivityKind, Event, EventQuerySet, State

CANCELLED_KEPT = timedelta(days=30)
"""How long a cancelled event stays listed, so that subscribers see it was called off."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the list is narrowed to; nothing by default.

    Attributes:
        province: events in it, or at venues that now lie in it.
        commune: events in it, or at venues that now lie in it.
        library: events of it; of a union, those of its members.
        kind: events with at least one such activity.
        text: the name of a venue, commune or province, in any spelling, or that of a venue or
            commune followed by more of its name, its commune or its province. What a commune was
            called before it was merged is found too.
    """

    province: AdministrativeUnit | None = None
    commune: AdministrativeUnit | None = None
    venue: Venue | None = None
    vehicle: Vehicle | None = None
    library: Library | None = None
    kind: ActivityKind | None = None
    text: str = ""

    def narrow(self, events: EventQuerySet) -> EventQuerySet:
        """Return the events that meet every filter."""
        for condition in self._conditions():
            events = events.filter(condition)
        return events

    def _conditions(self) -> list[Q]:
        found: list[Q] = []
        if self.province is not None:
            inside = Venue.objects.filter(commune__parent=self.province)
            found.append(Q(commune__parent=self.province) | Q(venue__in=inside))
        if self.commune is not None:
            inside = Venue.objects.filter(commune=self.commune)
            found.append(Q(commune=self.commune) | Q(venue__in=inside))
        if self.venue is not None:
            found.append(Q(venue=self.venue))
        if self.vehicle is not None:
            found.append(Q(trip__vehicle=self.vehicle))
        if self.library is not None:
            found.append(Q(library=self.library) | Q(library__union=self.library))
        if self.kind is not None:
            found.append(Q(Exists(Activity.objects.filter(event=OuterRef("pk"), kind=self.kind))))
        if fold(self.text):
            found.append(_named(self.text))
        return found


EVERYTHING = Filters()
MOST_UNDERSTOOD = 60
MOST_WORDS = 8
"""More words of a search than this say nothing new."""


def timetable(
    *, opens_on: date, closes_on: date, today: date, filters: Filters = EVERYTHING
) -> EventQuerySet:
    """Return the public events that meet the days ``[opens_on, closes_on)``, in order of time.

    Cancelled events are among them, as cancelled, until :data:`CANCELLED_KEPT` after they were
    called off. Days are those of the active zone.

    Args:
        opens_on: first day.
        closes_on: the day after the last one.
        today: the day from which the age of a cancellation is counted.
        filters: what to narrow to.
    """
    events = Event.objects.public().meeting(clock.start_of(opens_on), clock.start_of(closes_on))
    old = clock.start_of(today - CANCELLED_KEPT)
    events = events.exclude(state=State.CANCELLED, cancelled_at__lt=old)
    return filters.narrow(events).order_by("starts_at", "pk")


@dataclass(frozen=True, slots=True)
class TimetablePage:
    """A run of whole days of the timetable.

    Attributes:
        earlier_on: the day from which the page before this one starts, if there is one.
        later_on: the day from which the page after this one starts, if there is one.
    """

    events: list[Event]
    earlier_on: date | None
    later_on: date | None


def from_page(
    *, opens_on: date, closes_on: date, today: date, filters: Filters = EVERYTHING, size: int = 40
) -> TimetablePage:
    """Return whole days from ``opens_on``, about ``size`` events, and where to page to.

    A day is never divided, so a page may hold more than ``size`` events when one day does. At most
    three queries for the events and the days around them, plus those of ``for_lists``.
    """
    ahead = timetable(opens_on=opens_on, closes_on=closes_on, today=today, filters=filters)
    events = list(ahead.for_lists()[: size + 1])
    later_on = None
    if len(events) > size:
        later_on = max(_day(events[-1].starts_at), opens_on)
        whole = [event for event in events if _day(event.starts_at) < later_on]
        if not whole:
            later_on += timedelta(days=1)
            whole = list(ahead.filter(starts_at__lt=clock.start_of(later_on)).for_lists())
            is_last = not ahead.filter(starts_at__gte=clock.start_of(later_on)).exists()
            later_on = None if is_last else later_on
        events = whole
    return TimetablePage(events, _page_before(opens_on, today, filters, size), later_on)


def _page_before(opens_on: date, today: date, filters: Filters, size: int) -> date | None:
    before = filters.narrow(Event.objects.public()).filter(starts_at__lt=clock.start_of(opens_on))
    old = clock.start_of(today - CANCELLED_KEPT)
    starts = list(
        before.exclude(state=State.CANCELLED, cancelled_at__lt=old)
        .order_by("-starts_at")
        .values_list("starts_at", flat=True)[:size]
    )
    return _day(starts[-1]) if starts else None


def _day(moment: datetime) -> date:
    return clock.local(moment).date()


def word_starts(path: str, words: str) -> Q:
    """Return the condition that folded ``words`` stand in a folded column where a word starts."""
    return Q(**{f"{path}__startswith": words}) | Q(**{f"{path}__contains": f" {words}"})


def named(folded: str, *, own: Sequence[str], around: Sequence[str]) -> Q:
    """Return the condition that folded words name a place: "tri le", or "tri le" + "nghe an".

    Words are not looked for one by one: "tri le" is not a commune Lệ of the province Quảng Trị.

    Args:
        folded: the words; not empty.
        own: folded columns of the place itself.
        around: folded columns of what it lies in.
    """
    words = folded.split()[:MOST_WORDS]
    found = _in_any(own, " ".join(words))
    for cut in range(1, len(words)):
        first, rest = " ".join(words[:cut]), " ".join(words[cut:])
        found |= _in_any(own, first) & _in_any([*own, *around], rest)
    return found


def _understood(text: str) -> Q:
    """Return the condition that an event's commune is one that the text names, now or formerly.

    Names that are only begun, or that stand beside what nothing explains, do not count: the name of
    a school has that of its commune in it.
    """
    matches = find(text, on=clock.today(), limit=MOST_UNDERSTOOD)
    meant = [match for match in matches if match.is_whole and not match.has_rest]
    communes = {one.pk for match in meant for one in (match.unit, *match.today) if one.parent_id}
    former = [one.unit.pk for one in meant if one.is_former and one.unit.parent_id is None]
    condition = Q(commune__in=communes)
    if former:
        went = Succession.objects.active().filter(predecessor__parent__in=former)
        condition |= Q(commune__parent__in=former) | Q(commune__in=went.values("successor"))
    return condition


def _in_any(paths: Sequence[str], words: str) -> Q:
    found = Q()
    for path in paths:
        found |= word_starts(path, words)
    return found


def _named(text: str) -> Q:
    folded = fold(text)
    places = ["venue__folded", "venue__locality_folded", "commune__folded"]
    province = "commune__parent__folded"
    meant = named(folded, own=places, around=[province]) | word_starts(province, folded)
    return meant | _understood(text)
