"""What happens at an event: its title, note and activities."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from random import Random

from outreach.config.demo import inputs
from outreach.fleet.models import Vehicle
from outreach.places.models import Venue

MOBILE, EXHIBITION, READING = "mobile_service", "exhibition", "reading_skills"
DONATION, TRAINING, TALK = "donation", "training", "talk"
_Kind = Venue.Kind
_LONGEST_TITLE = 160
_DONATES, _TALKS = 0.14, 0.04
_TEACHES: dict[str, float] = {_Kind.SCHOOL: 0.55, _Kind.SCHOOL_POINT: 0.3, _Kind.LIBRARY: 0.4}
"""How often a visit brings more than books."""


@dataclass(frozen=True, slots=True)
class Part:
    """One activity; ``audience`` is an age band."""

    kind: str
    title: str = ""
    audience: str | None = None


@dataclass(frozen=True, slots=True)
class Programme:
    """An event's title, note for readers and activities, the main one first."""

    title: str
    parts: tuple[Part, ...]
    note: str = ""


def audience_of(venue: Venue) -> str:
    """Return the age band most of a venue's visitors belong to."""
    if venue.kind == _Kind.SCHOOL and "THCS" in venue.name:
        return "lower_secondary"
    if venue.kind in (_Kind.SCHOOL, _Kind.SCHOOL_POINT, _Kind.LIBRARY):
        return "primary"
    return "adult"


def of_stop(vehicle: Vehicle, venue: Venue, die: Random) -> Programme:
    """Return the programme of a vehicle's stop: books, and often something more."""
    themes, audience = inputs.read("themes"), audience_of(venue)
    parts = [Part(MOBILE, audience=audience)]
    if die.random() < _TEACHES.get(venue.kind, 0):
        parts.append(Part(READING, die.choice(themes["reading_skills"]), audience))
    if die.random() < _DONATES:
        parts.append(Part(DONATION))
    if die.random() < _TALKS:
        parts.append(Part(TALK, die.choice(themes["talks"]), audience))
    carrier = "Thuyền thư viện" if vehicle.kind == Vehicle.Kind.BOAT else "Xe thư viện lưu động"
    return Programme(
        _title(carrier, "tại", venue), tuple(parts), die.choice(themes["reader_notes"])
    )


def of_exhibition(venue: Venue, theme: str, die: Random) -> Programme:
    """Return the programme of an exhibition, sometimes with a talk."""
    parts = [Part(EXHIBITION, theme)]
    if die.random() < 0.25:
        parts.append(Part(TALK, die.choice(inputs.read("themes")["talks"]), "adult"))
    return Programme(f"Triển lãm sách: {theme}", tuple(parts), "Vào cửa tự do.")


def of_session(kind: str, venue: Venue, die: Random) -> Programme:
    """Return the programme of a reading session, a training or a talk without a vehicle."""
    names = {READING: "reading_skills", TRAINING: "training", TALK: "talks"}
    title = die.choice(inputs.read("themes")[names[kind]])
    audience = audience_of(venue) if kind == READING else "adult"
    return Programme(_title(title, "–", venue), (Part(kind, title, audience),))


def theme_of(day: date, number: int) -> str:
    """Return a theme that suits the month; ``number`` takes them in turn."""
    themes: list[str] = inputs.read("themes")["exhibitions"][str(day.month)]
    return themes[number % len(themes)]


def _title(what: str, link: str, venue: Venue) -> str:
    return f"{what} {link} {venue.name}"[:_LONGEST_TITLE]
