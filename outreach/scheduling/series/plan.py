"""What a change of many events would do, line by line, before anybody agrees to it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from django.db.models import TextChoices
from django.utils.translation import pgettext_lazy

from outreach.scheduling.domain import Finding
from outreach.scheduling.models import Event
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.series.obstacles import Hindrance


class Choice(TextChoices):
    """What a person may want where something stands against a date."""

    GO = "go", pgettext_lazy("a date of a series", "go ahead all the same")
    OUT = "out", pgettext_lazy("a date of a series", "leave the date out")
    NEXT = "next", pgettext_lazy("a date of a series", "on the next free day")
    STAY = "stay", pgettext_lazy("a date of a series", "leave it as it is")


Choices = Mapping[str, Choice]
"""What was chosen, by the name of the line."""


class Deed(StrEnum):
    """What happens to one event."""

    MAKE = "make"
    MOVE = "move"
    CHANGE = "change"
    REMOVE = "remove"
    CANCEL = "cancel"
    KEEP = "keep"
    """It stays as it is, as an exception."""
    SKIP = "skip"
    """Nothing is made on this date."""
    BLOCKED = "blocked"
    """Something is in the way, and nobody has said what to do about it."""


@dataclass(frozen=True, slots=True)
class Place:
    """When, where and with what an event is held."""

    starts_at: datetime
    ends_at: datetime
    venue: str
    vehicle: str
    title: str

    @classmethod
    def of(cls, event: Event) -> Place:
        """Return the place of an event as it is now."""
        trip = event.trip
        vehicle = trip.vehicle.name if trip is not None else ""
        return cls(event.starts_at, event.ends_at, event.venue.name, vehicle, event.title)


@dataclass(slots=True)
class Line:
    """What becomes of one date.

    Attributes:
        name: by which a choice is made about it.
        on: the date.
        event: the event, stored or to be made.
        before: where it was; ``None`` for a new one.
        after: where it will be; ``None`` for one that goes, or is not made.
        wanted: where a copy would be, whether it is made or not.
        against: what stands against it.
        notes: what else should be known, such as a colleague who cannot go along.
        findings: what the rules say about the trip as it would be.
        is_public: whether readers know of it.
        choices: what may be chosen.
        chosen: what was chosen, or is done unless something else is.
    """

    name: str
    on: date
    deed: Deed
    event: Event | None = None
    before: Place | None = None
    after: Place | None = None
    wanted: Place | None = None
    against: Hindrance | None = None
    notes: list[Hindrance] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    is_public: bool = False
    choices: tuple[Choice, ...] = ()
    chosen: Choice | None = None

    @property
    def hard(self) -> list[Finding]:
        """The findings that nobody may override."""
        return [one for one in self.findings if one.is_hard]

    @property
    def soft(self) -> list[Finding]:
        """The findings that may be overridden, with a reason."""
        return [one for one in self.findings if one.is_soft]

    @property
    def is_moved(self) -> bool:
        """Whether time, place or vehicle become others."""
        return self.before is not None and self.after is not None and self.before != self.after

    @property
    def is_worth_a_look(self) -> bool:
        """Whether something stands against it or has to be settled some time."""
        rules = any(not finding.is_note for finding in self.findings)
        return bool(self.against or self.notes or rules or self.deed is Deed.BLOCKED)

    @property
    def has_remarks(self) -> bool:
        """Whether there is anything to be said of it."""
        return bool(self.against or self.notes or self.findings)


@dataclass(slots=True)
class Plan:
    """Everything that would happen, and the batch that makes it happen."""

    batch: Batch
    lines: list[Line] = field(default_factory=list)

    def count(self, *deeds: Deed) -> int:
        """Return how many lines are of these deeds."""
        return sum(line.deed in deeds for line in self.lines)

    def counts(self) -> dict[str, int]:
        """Return how many lines there are of each deed."""
        return {deed.value: self.count(deed) for deed in Deed}

    @property
    def made(self) -> int:
        """How many events are made."""
        return self.count(Deed.MAKE)

    @property
    def moved(self) -> int:
        """How many events get another time, place or vehicle."""
        return self.count(Deed.MOVE)

    @property
    def changed(self) -> int:
        """How many events say something else."""
        return self.count(Deed.CHANGE)

    @property
    def removed(self) -> int:
        """How many drafts are removed."""
        return self.count(Deed.REMOVE)

    @property
    def cancelled(self) -> int:
        """How many events are called off."""
        return self.count(Deed.CANCEL)

    @property
    def kept(self) -> int:
        """How many events stay as they are."""
        return self.count(Deed.KEEP)

    @property
    def skipped(self) -> int:
        """On how many dates nothing is made."""
        return self.count(Deed.SKIP)

    @property
    def blocked(self) -> list[Line]:
        """The lines about which somebody has to decide first."""
        return [line for line in self.lines if line.deed is Deed.BLOCKED or line.hard]

    @property
    def needs_override(self) -> bool:
        """Whether a rule stands against something that is public."""
        return any(line.soft and line.is_public for line in self.lines)

    @property
    def needs_reason(self) -> bool:
        """Whether people who were told already will hear of it."""
        return bool(self.batch.told)

    @property
    def needs_why(self) -> bool:
        """Whether events are called off, which takes a coded reason."""
        return bool(self.batch.cancelled)

    @property
    def digest(self) -> str:
        """Return a short name of exactly this outcome, to tell whether it is still the same."""
        said = "\n".join(
            f"{line.name} {line.deed} {line.before} {line.after} {line.against or ''}"
            for line in self.lines
        )
        return hashlib.sha256(said.encode()).hexdigest()[:32]
