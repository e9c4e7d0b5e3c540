"""What events came to: result sheets, a few of them corrected, and their sum."""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from random import Random

from outreach.accounts.models import User
from outreach.attendance import content
from outreach.attendance.domain import outputs_of
from outreach.attendance.inputs import (
    NOT_COLLECTED,
    ActivityResult,
    Figure,
    SheetInput,
    counted,
    estimated,
)
from outreach.attendance.models import (
    ACTIVITY_MEASURES,
    SHEET_MEASURES,
    ResultSheet,
    SheetActivity,
    SheetAudience,
)
from outreach.common import bulk
from outreach.config.demo import inputs
from outreach.config.demo.diary import Entry
from outreach.config.demo.programme import audience_of
from outreach.config.demo.venues import usual_people
from outreach.places.models import Venue
from outreach.scheduling.models import Activity

_Kind = Venue.Kind
_Outcome = ResultSheet.Outcome
_State = ResultSheet.State
_BATCH = 1000
_CORRECTED = 1 / 70
_CROWDS = (_Kind.MARKET, _Kind.CULTURE_HOUSE)
"""Where people come and go, so that they are often estimated."""
_SESSION_MINUTES = (20, 40, 60, 80)


@dataclass
class Book:
    """Collects sheets, and what the ones that count come to."""

    now: datetime
    sheets: list[ResultSheet] = field(default_factory=list)
    audiences: list[SheetAudience] = field(default_factory=list)
    activities: list[SheetActivity] = field(default_factory=list)
    totals: Counter[str] = field(default_factory=Counter)

    def log(self, entry: Entry) -> None:
        """Note the sheet of an event that was not cancelled; a few need a correction."""
        die = inputs.dice("sheet", entry.event.uid)
        sheet = _turnout(entry, die)
        for code, figure in sheet.figures.items():
            self.totals[code] += figure.value or 0
        received_at = min(entry.event.ends_at + _delay(die), self.now - timedelta(minutes=5))
        if "items_lent" in sheet.figures and die.random() < _CORRECTED:
            self._corrected(entry, sheet, received_at, die)
        else:
            self._add(entry, sheet, received_at)

    def store(self) -> None:
        """Insert everything that was noted."""
        ResultSheet.objects.bulk_create(self.sheets, batch_size=_BATCH)
        SheetAudience.objects.bulk_create(self.audiences, batch_size=_BATCH)
        SheetActivity.objects.bulk_create(self.activities, batch_size=_BATCH)
        superseded = [sheet for sheet in self.sheets if sheet.state == _State.SUPERSEDED]
        before = [_as_accepted(sheet) for sheet in superseded]
        others = [sheet for sheet in self.sheets if sheet.state != _State.SUPERSEDED]
        bulk.note(
            ResultSheet,
            [*before, *others],
            by=_author,
            at=lambda sheet: sheet.received_at,
            reason=lambda sheet: sheet.reason,
        )
        replaced_at = {sheet.replaces_id: sheet.received_at for sheet in self.sheets}
        bulk.note(
            ResultSheet,
            superseded,
            by=_author,
            at=lambda sheet: replaced_at[sheet.pk],
            kind="~",
        )

    def _corrected(
        self, entry: Entry, sheet: SheetInput, received_at: datetime, die: Random
    ) -> None:
        """Note a first version with more lent than there was, and the correction a while later."""
        lent = sheet.figures["items_lent"].value or 0
        slip = counted(lent + die.randint(8, 30))
        first = self._add(
            entry,
            replace(sheet, figures={**sheet.figures, "items_lent": slip}),
            received_at - timedelta(minutes=10),
        )
        first.state = _State.SUPERSEDED
        reason = die.choice(inputs.read("themes")["correction_reasons"])
        self._add(entry, sheet, received_at, replaces=first, reason=reason)

    def _add(
        self,
        entry: Entry,
        sheet: SheetInput,
        received_at: datetime,
        *,
        replaces: ResultSheet | None = None,
        reason: str = "",
    ) -> ResultSheet:
        event = entry.event
        version = replaces.version + 1 if replaces else 1
        row = ResultSheet(
            uid=inputs.uid("sheet", event.uid, version),
            event=event,
            library=entry.staff.library,
            commune=event.commune,
            version=version,
            replaces=replaces,
            state=_State.ACCEPTED,
            reason=reason,
            author=entry.staff.crew,
            recorded_at=received_at,
            received_at=received_at,
            digest=content.digest(
                sheet,
                event_uid=event.uid,
                replaces=replaces.pk if replaces else None,
                reason=reason,
            ),
            outcome=sheet.outcome,
            note=sheet.note,
            **content.columns(sheet.figures, SHEET_MEASURES),
        )
        self.sheets.append(row)
        self.audiences += [
            SheetAudience(sheet=row, audience_id=code, people=figure.value, people_how=figure.how)
            for code, figure in sheet.audiences.items()
            if figure.is_collected
        ]
        self.activities += [
            SheetActivity(
                sheet=row,
                activity_id=result.activity_id,
                was_held=result.was_held,
                **content.columns(result.figures, ACTIVITY_MEASURES),
            )
            for result in sheet.activities
        ]
        return row


def _author(sheet: ResultSheet) -> User:
    return sheet.author


def _as_accepted(sheet: ResultSheet) -> ResultSheet:
    before = copy.copy(sheet)
    before.state = _State.ACCEPTED
    return before


def _delay(die: Random) -> timedelta:
    """Return how long after the event its sheet came in: the same evening, or days later."""
    if die.random() < 0.8:
        return timedelta(minutes=die.randint(25, 300))
    return timedelta(days=die.randint(1, 9), minutes=die.randint(0, 600))


def _turnout(entry: Entry, die: Random) -> SheetInput:
    """Return what an event came to."""
    themes = inputs.read("themes")
    outcome = _outcome(entry, die)
    if outcome == _Outcome.NOT_HELD:
        return SheetInput(
            activities=tuple(
                ActivityResult(activity.pk, was_held=False) for activity in entry.activities
            ),
            outcome=outcome,
            note=die.choice(themes["not_held_notes"]),
        )
    people = round(usual_people(entry.event.venue) * die.uniform(0.75, 1.25))
    note = die.choice(themes["sheet_notes"]) if die.random() < 0.15 else ""
    if outcome == _Outcome.PARTLY:
        people, note = people // 2, die.choice(themes["partly_notes"])
    return SheetInput(
        figures=dict(_figures(entry, people, die)),
        audiences=dict(_audiences(entry, people, die)),
        activities=tuple(_results(entry.activities, people, outcome, die)),
        outcome=outcome,
        note=note,
    )


def _outcome(entry: Entry, die: Random) -> str:
    """Return whether an event took place; exhibitions always did, the review counts them."""
    fall = die.random()
    if entry.has_exhibition or fall > 0.03:
        return _Outcome.HELD
    return _Outcome.NOT_HELD if fall < 0.006 else _Outcome.PARTLY


def _figures(entry: Entry, people: int, die: Random) -> Iterator[tuple[str, Figure]]:
    venue, has_books = entry.event.venue, entry.event.trip is not None
    in_crowd = venue.kind in _CROWDS and die.random() < 0.4
    yield "people_served", estimated(people) if in_crowd else counted(people)
    used = round(people * die.uniform(1.0, 1.9))
    yield (
        "items_used",
        _maybe(used, die, estimate=0.15, skip=0.03) if has_books else counted(people // 2),
    )
    if not has_books:
        return
    yield "items_lent", counted(round(people * die.uniform(0.15, 0.5)))
    yield "cards_issued", _maybe(die.choice([0, 0, 1, 2, 3, 5, 8]), die, skip=0.04)
    yield "cards_renewed", _maybe(die.choice([0, 0, 0, 1, 2, 4]), die, skip=0.04)
    yield "items_lost", _maybe(int(die.random() < 0.05), die, skip=0.03)
    yield "items_damaged", _maybe(int(die.random() < 0.12), die, skip=0.03)


def _maybe(value: int, die: Random, *, estimate: float = 0.0, skip: float = 0.0) -> Figure:
    """Return the figure as counted, sometimes as estimated or not collected."""
    fall = die.random()
    if fall < skip:
        return NOT_COLLECTED
    return estimated(value) if fall < skip + estimate else counted(value)


def _audiences(entry: Entry, people: int, die: Random) -> Iterator[tuple[str, Figure]]:
    """Yield people by audience; the age bands come to everybody, or to nobody asked."""
    venue = entry.event.venue
    if venue.kind == _Kind.MARKET and die.random() < 0.5:
        return
    yield from ((code, counted(part)) for code, part in _bands(venue, people, die) if part)
    if die.random() < (0.6 if entry.staff.facts["is_highland"] else 0.1):
        yield "ethnic_minority", estimated(round(people * die.uniform(0.2, 0.9)))
    if die.random() < 0.3:
        yield "disability", counted(min(people, die.randint(0, 3)))


def _bands(venue: Venue, people: int, die: Random) -> Iterator[tuple[str, int]]:
    main = audience_of(venue)
    if main in ("primary", "lower_secondary"):
        adults = round(people * die.uniform(0.04, 0.1))
        small = round(people * 0.25) if venue.kind == _Kind.SCHOOL_POINT else 0
        yield from (("preschool", small), (main, people - adults - small), ("adult", adults))
        return
    children, elderly = round(people * die.uniform(0.2, 0.4)), round(people * 0.12)
    if venue.kind == _Kind.BORDER_POST:
        children = elderly = 0
    yield from (("primary", children), ("adult", people - children - elderly))
    yield "elderly", elderly


def _results(
    activities: Iterable[Activity], people: int, outcome: str, die: Random
) -> Iterator[ActivityResult]:
    """Yield what each activity came to; of a visit cut short, the second part is missing."""
    for activity in activities:
        if outcome == _Outcome.PARTLY and activity.position > 0:
            yield ActivityResult(activity.pk, was_held=False)
            continue
        figures = {
            code: _output(activity.kind_id, code, people, die)
            for code in outputs_of(activity.kind_id)
        }
        yield ActivityResult(activity.pk, figures=figures)


def _output(kind: str, code: str, people: int, die: Random) -> Figure:
    if code == "items_shown":
        return counted(die.randint(8, 35) * 10)
    if code == "items_given":
        return counted(die.randint(3, 16) * 10)
    if code == "minutes":
        return counted(150 if kind == "training" else die.choice(_SESSION_MINUTES))
    part = round(people * die.uniform(0.3, 0.95))
    return estimated(part) if kind == "exhibition" else _maybe(part, die, skip=0.05)
