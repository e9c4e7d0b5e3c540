"""Drafts of trips that are like others: what stands against each stop, and who can go along."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from outreach.accounts.models import Library
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models import Activity, Event, Series, Trip, TripPause
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.series.findings import tell_findings
from outreach.scheduling.series.ledger import Ledger
from outreach.scheduling.series.obstacles import DaysOff, Hindrance, Obstacle
from outreach.scheduling.series.plan import Choice, Choices, Deed, Line, Place, Plan
from outreach.scheduling.series.seating import Crew, Seating
from outreach.scheduling.services.inputs import ActivityInput, PauseInput


@dataclass(frozen=True, slots=True)
class StopDraft:
    """A stop to be.

    Attributes:
        name: by which a choice is made about it.
        uid: its own from the first draft on.
        against: what stands against it before anything is looked at.
    """

    name: str
    uid: str
    venue: Venue
    starts_at: datetime
    ends_at: datetime
    activities: tuple[ActivityInput, ...]
    title: str
    note: str = ""
    shares_venue: bool = False
    expected_people: int | None = None
    expected_classes: int | None = None
    series: Series | None = None
    series_on: date | None = None
    against: Hindrance | None = None


@dataclass(frozen=True, slots=True)
class TripDraft:
    """A trip to be; without a vehicle, a single event."""

    uid: str
    vehicle: Vehicle | None
    departs_at: datetime
    returns_at: datetime
    stops: tuple[StopDraft, ...]
    crew: Crew = ()
    pauses: tuple[PauseInput, ...] = ()
    note: str = ""
    against: Hindrance | None = None


@dataclass(frozen=True, slots=True)
class DraftWishes:
    """What to do where something speaks against a day.

    Attributes:
        on_days_off: on public holidays and closed dates, unless chosen otherwise.
        choices: what was chosen for single stops, by their name.
    """

    on_days_off: Choice = Choice.OUT
    choices: Choices = field(default_factory=dict)


def plan_drafts(
    library: Library, drafts: Sequence[TripDraft], wishes: DraftWishes, now: datetime
) -> Plan:
    """Return what making some trips would do; nothing is written."""
    if not drafts:
        return Plan(Batch())
    ordered = sorted(drafts, key=lambda draft: (draft.departs_at, draft.uid))
    zone = library.zone
    first = ordered[0].departs_at.astimezone(zone).date()
    last = max(draft.returns_at for draft in drafts).astimezone(zone).date() + timedelta(days=1)
    return _Drafter(library, ordered, wishes, now, first, last).plan()


class _Drafter:
    """Places drafts one after the other."""

    def __init__(
        self,
        library: Library,
        drafts: Sequence[TripDraft],
        wishes: DraftWishes,
        now: datetime,
        first: date,
        last: date,
    ) -> None:
        self.library = library
        self.drafts = drafts
        self.wishes = wishes
        self.now = now
        self.ledger = Ledger(library, first, last)
        self.batch = Batch()
        venues = {stop.venue.pk: stop.venue for draft in drafts for stop in draft.stops}
        self.seating = Seating(self.ledger, self.batch, venues.values())
        self.off = DaysOff(library, venues, first, last)

    def plan(self) -> Plan:
        lines = [line for draft in self.drafts for line in self._lines(draft)]
        tell_findings(lines, self.ledger, self.batch, list(self.seating.asked.values()))
        return Plan(self.batch, lines)

    def _lines(self, draft: TripDraft) -> list[Line]:
        lines = {stop.uid: self._line(draft, stop) for stop in draft.stops}
        wanted = [stop for stop in draft.stops if lines[stop.uid].deed is Deed.MAKE]
        events = {stop.uid: self._event(stop) for stop in wanted}
        against, missing = self._seat(draft, list(events.values()))
        for stop in wanted:
            line, event = lines[stop.uid], events[stop.uid]
            if stop.uid in against:
                line.deed, line.against = Deed.SKIP, against[stop.uid]
                if line.chosen is None:
                    line.choices, line.chosen = (), Choice.OUT
                continue
            line.event, line.after, line.notes = event, Place.of(event), missing
            self.batch.new_events.append(event)
            self.batch.new_activities += [
                Activity(
                    event=event,
                    kind=one.kind,
                    title=one.title,
                    audience=one.audience,
                    position=position,
                )
                for position, one in enumerate(stop.activities)
            ]
        return list(lines.values())

    def _seat(
        self, draft: TripDraft, events: Sequence[Event]
    ) -> tuple[dict[str, Hindrance], list[Hindrance]]:
        if not events:
            return {}, []
        if draft.vehicle is None:
            [event] = events
            taken, missing = self.seating.seat_alone(event, draft.crew)
            return ({event.uid: taken} if taken else {}), missing
        trip = Trip(
            uid=draft.uid,
            library=self.library,
            vehicle=draft.vehicle,
            departs_at=draft.departs_at,
            returns_at=draft.returns_at,
            note=draft.note,
        )
        pauses = [
            TripPause(
                trip=trip,
                kind=pause.kind,
                starts_at=pause.starts_at,
                ends_at=pause.ends_at,
                venue=pause.venue,
                place=pause.place,
            )
            for pause in draft.pauses
        ]
        taken, against, missing = self.seating.seat_trip(trip, events, draft.crew, pauses)
        if taken is not None:
            return {event.uid: taken for event in events}, []
        return against, missing

    def _line(self, draft: TripDraft, stop: StopDraft) -> Line:
        """Return what is known about a stop before the others are looked at."""
        on = self.ledger.day_of(stop.starts_at)
        vehicle = draft.vehicle.name if draft.vehicle is not None else ""
        place = Place(stop.starts_at, stop.ends_at, stop.venue.name, vehicle, stop.title)
        line = Line(stop.name, on, Deed.SKIP, wanted=place)
        line.against = draft.against or stop.against
        if line.against is None and stop.starts_at <= self.now:
            line.against = Hindrance(Obstacle.IS_OVER)
        if line.against is not None:
            return line
        chosen = self.wishes.choices.get(stop.name)
        off = self.off.on(on, stop.venue.pk, stop.venue.name)
        if off is not None:
            line.against = off
            chosen = chosen or self.wishes.on_days_off
        line.chosen = chosen
        line.choices = (Choice.OUT,) if chosen is None else (Choice.GO, Choice.OUT)
        if chosen in (None, Choice.GO):
            line.deed = Deed.MAKE
        return line

    def _event(self, stop: StopDraft) -> Event:
        return Event(
            uid=stop.uid,
            library=self.library,
            venue=stop.venue,
            starts_at=stop.starts_at,
            ends_at=stop.ends_at,
            title=stop.title,
            note=stop.note,
            shares_venue=stop.shares_venue,
            expected_people=stop.expected_people,
            expected_classes=stop.expected_classes,
            series=stop.series,
            series_on=stop.series_on,
        )


def there_already(model: type[Event] | type[Trip], uids: Iterable[str]) -> set[str]:
    """Return those of some uids that are taken."""
    keys = list(uids)
    found: set[str] = set()
    for start in range(0, len(keys), 500):
        rows = model._default_manager.filter(uid__in=keys[start : start + 500])
        found.update(rows.values_list("uid", flat=True))
    return found
