"""Where somebody knowingly broke a soft rule, and drafts in which something is still open.

Everything else of the demonstration keeps all rules; these few show what a badge looks like.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from outreach.config.demo import inputs
from outreach.config.demo.diary import Diary, Entry
from outreach.config.demo.past_year import Scene
from outreach.config.demo.people import HOME
from outreach.places.models import Venue
from outreach.scheduling.domain import Finding, Rule
from outreach.scheduling.models import ActivityKind, Duty, State, Trip, TripPause
from outreach.scheduling.rulebook import Rulebook, TripShape
from outreach.scheduling.services import ActivityInput, EventInput, rules

_SCHOOLS = (Venue.Kind.SCHOOL, Venue.Kind.SCHOOL_POINT)
_SOON = timedelta(weeks=4)
_LATER = timedelta(weeks=5)


@dataclass
class _Outing:
    """A trip of the diary with all that belongs to it."""

    trip: Trip
    entries: list[Entry] = field(default_factory=list)
    duties: list[Duty] = field(default_factory=list)
    pauses: list[TripPause] = field(default_factory=list)

    def findings(self) -> list[Finding]:
        """Return what would stand against it if it were published now."""
        shape = TripShape(
            vehicle=self.trip.vehicle,
            departs_at=self.trip.departs_at,
            returns_at=self.trip.returns_at,
            crew=[(duty.member, duty.role) for duty in self.duties],
            events=[_as_input(entry) for entry in self.entries],
            pauses=self.pauses,
            is_draft=False,
        )
        return Rulebook(self.trip.library, [shape]).trip_findings(shape)

    def professionals(self) -> list[Duty]:
        """Return the duties of those who do not drive."""
        return [duty for duty in self.duties if duty.role == Duty.Role.PROFESSIONAL]


def _as_input(entry: Entry) -> EventInput:
    event = entry.event
    return EventInput(
        venue=event.venue,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        activities=tuple(
            ActivityInput(ActivityKind(pk=activity.kind_id)) for activity in entry.activities
        ),
        title=event.title,
        expected_people=event.expected_people,
        expected_classes=event.expected_classes,
        asked_on=event.asked_on,
    )


# --- What may be done to a trip ------------------------------------------------------------------


def _goes_without_one(outing: _Outing) -> None:
    outing.duties.remove(outing.professionals()[-1])


def _goes_without_anybody(outing: _Outing) -> None:
    outing.duties.clear()


def _goes_with_the_operator(outing: _Outing) -> None:
    for duty in outing.professionals():
        outing.duties.remove(duty)


def _does_not_rest(outing: _Outing) -> None:
    outing.pauses[:] = [pause for pause in outing.pauses if pause.kind != TripPause.Kind.REST]


def _knows_no_night(outing: _Outing) -> None:
    outing.pauses[:] = [pause for pause in outing.pauses if pause.kind != TripPause.Kind.NIGHT]


def _begins_at_noon(outing: _Outing) -> None:
    """Begin the first afternoon at a school half an hour early."""
    for entry in outing.entries:
        event = entry.event
        start = event.starts_at.astimezone(event.library.zone)
        if start.hour == 13 and event.venue.kind in _SCHOOLS:
            event.starts_at -= timedelta(minutes=start.minute - 15)
            return


def _takes_more_classes(outing: _Outing) -> None:
    """Take two classes more than there is time for, at a school that said how many come."""
    for entry in outing.entries:
        event = entry.event
        if event.expected_classes and event.expected_people:
            minutes = (event.ends_at - event.starts_at).total_seconds() / 60
            event.expected_classes = int(minutes // 20) + 2
            return


def _takes_more_people(outing: _Outing) -> None:
    """Take more than the room holds, at a venue that has said how many that are."""
    for entry in outing.entries:
        event, room = entry.event, entry.event.venue.access.room_people
        if room and event.expected_classes:
            event.expected_people = room + 35
            return


def _hurries_home(outing: _Outing) -> None:
    outing.trip.returns_at -= timedelta(minutes=15)
    for duty in outing.duties:
        duty.ends_at = outing.trip.returns_at


Twist = Callable[[_Outing], None]
_OVERRIDDEN: dict[str, tuple[tuple[Rule, Twist], ...]] = {
    HOME: (
        (Rule.CREW_TOO_SMALL, _goes_without_one),
        (Rule.DRIVING_UNBROKEN, _does_not_rest),
    ),
    "thanh-hoa": ((Rule.ROOM_TOO_SMALL, _takes_more_people),),
    "ha-tinh": ((Rule.OUTSIDE_WINDOWS, _begins_at_noon),),
    "quang-tri": ((Rule.TOO_MANY_CLASSES, _takes_more_classes),),
    "hue": ((Rule.LEG_TOO_SHORT, _hurries_home),),
}
"""By library: what somebody overrode in the coming weeks."""
_OPEN: dict[str, tuple[Rule, Twist]] = {
    HOME: (Rule.NIGHT_MISSING, _knows_no_night),
    "thanh-hoa": (Rule.CREW_TOO_SMALL, _goes_with_the_operator),
    "ha-tinh": (Rule.NO_OPERATOR, _goes_without_anybody),
    "quang-tri": (Rule.NIGHT_MISSING, _knows_no_night),
}
"""By library: what is still to be settled in one draft."""


# --- Doing it ------------------------------------------------------------------------------------


@dataclass
class Exceptions:
    """Chooses the trips, changes them before they are stored, and records why afterwards."""

    diary: Diary
    today: date
    overridden: list[tuple[Scene, _Outing, list[Finding], str]] = field(default_factory=list)

    def choose(self, scenes: Sequence[Scene]) -> None:
        """Break a rule knowingly on a few trips of the diary, and leave a few drafts open."""
        outings = self._outings()
        for scene in scenes:
            own = outings[scene.staff.slug]
            for rule, twist in _OVERRIDDEN[scene.staff.slug]:
                self._override(scene, self._coming(own, State.PUBLISHED), rule, twist)
            if scene.staff.slug in _OPEN:
                rule, twist = _OPEN[scene.staff.slug]
                for outing in self._coming(own, State.DRAFT):
                    if self._try(outing, rule, twist):
                        break
            self._go_out_anyway(scene, own)
        self._let_go([outing for own in outings.values() for outing in own])

    def record(self) -> None:
        """Store who overrode which rule, and why, once the trips are stored."""
        for scene, outing, findings, reason in self.overridden:
            made_at = outing.entries[0].event.published_at
            assert made_at is not None
            rules.record_overrides(
                findings,
                actor=scene.staff.coordinator,
                reason=reason,
                now=made_at,
                trip=outing.trip,
            )

    def _outings(self) -> dict[str, list[_Outing]]:
        """Return the trips that are not over, by library, in order."""
        found = {
            trip.uid: _Outing(trip)
            for trip in self.diary.trips
            if trip.returns_at.date() >= self.today and trip.state != State.CANCELLED
        }
        for entry in self.diary.entries:
            if entry.event.trip is not None and entry.event.trip.uid in found:
                found[entry.event.trip.uid].entries.append(entry)
        for duty in self.diary.duties:
            if duty.trip is not None and duty.trip.uid in found:
                found[duty.trip.uid].duties.append(duty)
        for pause in self.diary.pauses:
            if pause.trip.uid in found:
                found[pause.trip.uid].pauses.append(pause)
        outings: dict[str, list[_Outing]] = defaultdict(list)
        for outing in sorted(found.values(), key=lambda one: (one.trip.departs_at, one.trip.uid)):
            outings[outing.trip.library.slug].append(outing)
        return outings

    def _coming(self, outings: Sequence[_Outing], state: State) -> Iterator[_Outing]:
        """Yield those to come soon, drafts a while later, that nothing was done to yet."""
        first, last = (
            (timedelta(days=1), _SOON) if state == State.PUBLISHED else (_LATER, _LATER * 2)
        )
        chosen = [outing for _scene, outing, _findings, _reason in self.overridden]
        for outing in outings:
            ahead = outing.trip.departs_at.astimezone(outing.trip.library.zone).date() - self.today
            if outing.trip.state == state and first <= ahead <= last and outing not in chosen:
                yield outing

    def _override(self, scene: Scene, outings: Iterator[_Outing], rule: Rule, twist: Twist) -> None:
        reasons: dict[str, str] = inputs.read("themes")["override_reasons"]
        for outing in outings:
            if findings := self._try(outing, rule, twist):
                self.overridden.append((scene, outing, findings, reasons[rule]))
                return

    def _go_out_anyway(self, scene: Scene, outings: Sequence[_Outing]) -> None:
        """Say why the home library goes out today, where today is no day for it."""
        if scene.staff.slug != HOME:
            return
        for outing in outings:
            leaves_on = outing.trip.departs_at.astimezone(scene.staff.library.zone).date()
            if leaves_on == self.today and (findings := outing.findings()):
                reason = inputs.read("themes")["override_reasons"]["today"]
                soft = [finding for finding in findings if finding.is_soft]
                self.overridden.append((scene, outing, soft, reason))

    def _try(self, outing: _Outing, rule: Rule, twist: Twist) -> list[Finding]:
        """Do it to a trip if it breaks this rule by it and no other; return what it breaks."""
        before = _state(outing)
        twist(outing)
        findings = outing.findings()
        broken = {finding.rule for finding in findings}
        allowed = {rule, Rule.CREW_TOO_SMALL} if rule == Rule.NO_OPERATOR else {rule}
        if rule in broken and broken <= allowed:
            return findings
        _restore(outing, before)
        return []

    def _let_go(self, outings: Sequence[_Outing]) -> None:
        """Take the duties and pauses out of the diary that were taken from their trips."""
        kept = {id(row) for outing in outings for row in [*outing.duties, *outing.pauses]}
        trips = {outing.trip.uid for outing in outings}
        diary = self.diary
        diary.duties = [
            duty
            for duty in diary.duties
            if duty.trip is None or duty.trip.uid not in trips or id(duty) in kept
        ]
        diary.pauses = [
            pause for pause in diary.pauses if pause.trip.uid not in trips or id(pause) in kept
        ]


@dataclass(frozen=True, slots=True)
class _State:
    """What a twist may change of a trip."""

    returns_at: datetime
    duties: tuple[Duty, ...]
    pauses: tuple[TripPause, ...]
    events: tuple[tuple[datetime, int | None, int | None], ...]


def _state(outing: _Outing) -> _State:
    return _State(
        outing.trip.returns_at,
        tuple(outing.duties),
        tuple(outing.pauses),
        tuple(
            (entry.event.starts_at, entry.event.expected_people, entry.event.expected_classes)
            for entry in outing.entries
        ),
    )


def _restore(outing: _Outing, before: _State) -> None:
    outing.trip.returns_at = before.returns_at
    outing.duties[:], outing.pauses[:] = before.duties, before.pauses
    for duty in outing.duties:
        duty.ends_at = before.returns_at
    for entry, (starts_at, people, classes) in zip(outing.entries, before.events, strict=True):
        event = entry.event
        event.starts_at, event.expected_people, event.expected_classes = starts_at, people, classes
