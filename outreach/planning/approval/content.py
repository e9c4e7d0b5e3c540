"""A season's plan as plain values: what is handed in, frozen, compared and printed.

Times are clock times of the library. Names stand in both languages, so that a plan reads the same
years later in either, whatever has been renamed since.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Any, TypedDict

from django.utils.translation import get_language

from outreach.common import clock
from outreach.planning.models import Season
from outreach.scheduling.models import Activity, Duty, Event, EventQuerySet


class Kind(TypedDict):
    """A kind of activity."""

    code: str
    vi: str
    en: str


class Member(TypedDict):
    """Somebody who goes along; ``role`` is a code of ``Duty.Role``."""

    name: str
    role: str


class Row(TypedDict):
    """One event of a plan.

    ``on`` is an ISO date, ``starts`` and ``ends`` are HH:MM; ``until`` is the day of the end.
    """

    uid: str
    on: str
    starts: str
    until: str
    ends: str
    venue: str
    venue_code: str
    commune: str
    commune_code: str
    title: str
    kinds: list[Kind]
    vehicle: str
    plate: str
    crew: list[Member]
    people: int | None
    classes: int | None


PLACE_OF_EVENT = ("venue_code", "commune_code")
COMPARED: dict[str, tuple[str, ...]] = {
    "moved": ("on", "starts", "until", "ends"),
    "place": PLACE_OF_EVENT,
    "title": ("title",),
    "kinds": ("kinds",),
    "vehicle": ("vehicle", "plate"),
    "crew": ("crew",),
    "people": ("people", "classes"),
}
"""What a difference is called, by the columns that tell it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row of a plan, to be read by people and programs."""

    number: int
    row: Row

    @property
    def on(self) -> date:
        """The day."""
        return date.fromisoformat(self.row["on"])

    @property
    def until(self) -> date:
        """The day on which it ends."""
        return date.fromisoformat(self.row["until"])

    @property
    def starts(self) -> time:
        """When it starts, as the library's clock says."""
        return time.fromisoformat(self.row["starts"])

    @property
    def ends(self) -> time:
        """When it ends, as the library's clock says."""
        return time.fromisoformat(self.row["ends"])

    @property
    def kinds(self) -> list[str]:
        """The kinds of its activities in the active language."""
        return [kind_name(kind) for kind in self.row["kinds"]]

    @property
    def crew(self) -> str:
        """Who goes along, the operator first."""
        return ", ".join(member["name"] for member in self.row["crew"])


@dataclass(frozen=True, slots=True)
class Difference:
    """What is otherwise today than in a plan.

    Attributes:
        kind: ``added``, ``dropped``, ``moved`` (in time or place) or ``changed``.
        before: the row of the plan; ``None`` for what was added.
        after: the row of today; ``None`` for what was dropped.
        what: names out of :data:`COMPARED`.
    """

    kind: str
    before: Line | None
    after: Line | None
    what: tuple[str, ...] = ()

    @property
    def line(self) -> Line:
        """The row that says what it is about."""
        found = self.after or self.before
        assert found is not None
        return found


def content_of(season: Season) -> list[Row]:
    """Return a season's plan as it stands now, in order; a fixed number of queries."""
    rows = [_row(event, season) for event in standing_in(season)]
    return sorted(rows, key=lambda row: (row["on"], row["starts"], row["venue"], row["uid"]))


def standing_in(season: Season) -> EventQuerySet:
    """Return :func:`events_in` a season, in order, with what a row of a plan needs."""
    return (
        events_in(season)
        .select_related("venue", "commune", "trip__vehicle")
        .prefetch_related("activities__kind", "duties__member", "trip__duties__member")
        .order_by("starts_at", "pk")
    )


def events_in(season: Season) -> EventQuerySet:
    """Return the events that begin in the season and are not cancelled."""
    zone = season.library.zone
    return Event.objects.filter(
        library=season.library_id,
        starts_at__gte=clock.start_of(season.starts_on, zone),
        starts_at__lt=clock.start_of(season.ends_on, zone),
    ).standing()


def checksum_of(content: Sequence[Row]) -> str:
    """Return the SHA-256 of the content's canonical JSON, in hexadecimal."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def lines_of(content: Iterable[Any]) -> list[Line]:
    """Return stored or present content as numbered lines."""
    return [Line(number, row) for number, row in enumerate(content, start=1)]


def kind_name(kind: Kind) -> str:
    """Return the name of a kind of activity in the active language."""
    return kind["en"] if (get_language() or "vi").startswith("en") else kind["vi"]


def differences(planned: Iterable[Any], present: Iterable[Any]) -> list[Difference]:
    """Return what is otherwise in ``present`` than in ``planned``, in order of time."""
    before = {line.row["uid"]: line for line in lines_of(planned)}
    after = {line.row["uid"]: line for line in lines_of(present)}
    found = list(_differing(before, after))
    return sorted(found, key=lambda one: (one.line.row["on"], one.line.row["starts"]))


def _differing(before: dict[str, Line], after: dict[str, Line]) -> Iterator[Difference]:
    for uid, line in before.items():
        if uid not in after:
            yield Difference("dropped", line, None)
            continue
        what = tuple(_what(line.row, after[uid].row))
        if what:
            moved = "moved" in what or "place" in what
            yield Difference("moved" if moved else "changed", line, after[uid], what)
    for uid, line in after.items():
        if uid not in before:
            yield Difference("added", None, line)


def _what(before: Row, after: Row) -> Iterator[str]:
    for name, columns in COMPARED.items():
        if any(_told(before, column) != _told(after, column) for column in columns):
            yield name


def _told(row: Row, column: str) -> Any:
    """Return what a column says; a kind that was only renamed says the same."""
    value = row.get(column)
    return [kind["code"] for kind in row["kinds"]] if column == "kinds" else value


def _row(event: Event, season: Season) -> Row:
    zone = season.library.zone
    start, end = clock.local(event.starts_at, zone), clock.local(event.ends_at, zone)
    vehicle = event.trip.vehicle if event.trip else None
    return {
        "uid": event.uid,
        "on": start.date().isoformat(),
        "starts": f"{start:%H:%M}",
        "until": end.date().isoformat(),
        "ends": f"{end:%H:%M}",
        "venue": event.venue.name,
        "venue_code": event.venue.code,
        "commune": event.commune.full_name if event.commune else "",
        "commune_code": event.commune.code if event.commune else "",
        "title": event.title,
        "kinds": _kinds(event.activities.all()),
        "vehicle": vehicle.name if vehicle else "",
        "plate": vehicle.plate if vehicle else "",
        "crew": _crew(event),
        "people": event.expected_people,
        "classes": event.expected_classes,
    }


def _kinds(activities: Iterable[Activity]) -> list[Kind]:
    kinds = {activity.kind_id: activity.kind for activity in activities}
    return [{"code": kind.code, "vi": kind.name_vi, "en": kind.name_en} for kind in kinds.values()]


def _crew(event: Event) -> list[Member]:
    """Return who goes along: the operator first, then by name."""
    duties = event.trip.duties.all() if event.trip else event.duties.all()
    members: list[Member] = [
        {"name": duty.member.full_name, "role": str(duty.role)} for duty in duties
    ]
    return sorted(members, key=lambda one: (one["role"] != Duty.Role.OPERATOR, one["name"]))
