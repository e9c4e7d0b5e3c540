"""What one copy has made, and taking back what nobody has touched since.

Everything a copy makes is written down in the history at one instant: by that it is found again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Prefetch, Q

from outreach.accounts.models import Library, User
from outreach.common import clock
from outreach.scheduling.models import Activity, Duty, Event, State, Trip, TripPause
from outreach.scheduling.series import batch as batches
from outreach.scheduling.series.batch import Batch
from outreach.scheduling.services import in_bulk, rules


@dataclass(frozen=True, slots=True)
class Made:
    """A trip that was made, with its events as they are now; or an event without a trip.

    Attributes:
        is_untouched: whether all of it is as it was made: drafts, to which nothing refers.
    """

    trip: Trip | None
    events: list[Event]
    is_untouched: bool

    @property
    def starts_at(self) -> datetime:
        """When it begins."""
        return self.trip.departs_at if self.trip else self.events[0].starts_at


@dataclass(frozen=True, slots=True)
class Copied:
    """What one copy has made and is still there, in order of time."""

    made: list[Made]

    @property
    def untouched(self) -> list[Made]:
        """What may be taken back."""
        return [one for one in self.made if one.is_untouched]

    @property
    def events(self) -> int:
        """How many of its events are there."""
        return sum(len(one.events) for one in self.made)

    @property
    def removable(self) -> int:
        """How many events go if what nobody has touched is taken back."""
        return sum(len(one.events) for one in self.untouched)

    @property
    def digest(self) -> str:
        """Return a short name of what may be taken back, to tell whether it is still the same."""
        said = "\n".join(event.uid for one in self.untouched for event in one.events)
        return hashlib.sha256(said.encode()).hexdigest()[:32]


def copied(library: Library, made_at: datetime) -> Copied:
    """Return what was made in a library at an instant, as far as it is still there."""
    trips = list(
        Trip.objects.filter(pk__in=_made(Trip, library, made_at))
        .select_related("library", "vehicle")
        .prefetch_related(Prefetch("events", _events().order_by("starts_at")))
        .order_by("departs_at", "pk")
    )
    keys = {trip.pk for trip in trips}
    rows = _events().filter(pk__in=_made(Event, library, made_at)).order_by("starts_at", "pk")
    events = list(rows)
    own = {event.pk for event in events}
    alone = [event for event in events if event.trip_id not in keys]
    in_use = in_bulk.in_use(events)
    changed = _changed_since(made_at, keys, own)
    found = []
    for trip in trips:
        stops = list(trip.events.all())
        is_own = bool(stops) and trip.state == State.DRAFT and trip.pk not in changed.trips
        found.append(
            Made(trip, stops, is_own and all(_is_free(e, own, in_use, changed) for e in stops))
        )
    for event in alone:
        is_untouched = event.trip_id is None and _is_free(event, own, in_use, changed)
        found.append(Made(None, [event], is_untouched))
    return Copied(sorted(found, key=lambda one: one.starts_at))


@transaction.atomic
def remove_copied(
    *,
    actor: User,
    library: Library,
    made_at: datetime,
    seen: str = "",
    reason: str = "",
    now: datetime | None = None,
) -> int:
    """Remove what a copy made and nobody has touched since, all of it or nothing.

    Args:
        seen: the digest of what a person has agreed to; empty for whatever it is.

    Returns:
        How many events are gone.

    Raises:
        NotAllowed: if ``actor`` does not schedule for ``library``.
        Conflict: if that is no longer what was agreed to.
    """
    rules.authorise(actor, library.pk)
    batches.hold(library)
    found = copied(library, made_at)
    if seen and seen != found.digest:
        raise batches.changed_meanwhile()
    batch = Batch(
        removed=[event for one in found.untouched for event in one.events],
        removed_trips=[one.trip for one in found.untouched if one.trip is not None],
    )
    if not batch.is_empty:
        batches.store(batch, actor=actor, now=now or clock.now(), reason=reason)
    return len(batch.removed)


@dataclass(frozen=True, slots=True)
class _Changed:
    """Keys of what something was written about after it was made."""

    trips: set[int]
    events: set[int]


def _events() -> Any:
    return Event.objects.select_related("library", "venue", "commune", "trip")


def _made(model: Any, library: Library, made_at: datetime) -> list[int]:
    rows = model.history.filter(library=library, history_date=made_at, history_type="+")
    return list(rows.values_list("id", flat=True))


def _changed_since(made_at: datetime, trips: Collection[int], events: Collection[int]) -> _Changed:
    """Return what has a later row of history, itself or in a part of it."""
    sources: tuple[tuple[Any, str, str], ...] = (
        (Trip, "id", ""),
        (Event, "", "id"),
        (Duty, "trip", "event"),
        (TripPause, "trip", ""),
        (Activity, "", "event"),
    )
    changed = _Changed(set(), set())
    for model, of_trip, of_event in sources:
        later = model.history.filter(history_date__gt=made_at)
        for name, keys, found in (
            (of_trip, trips, changed.trips),
            (of_event, events, changed.events),
        ):
            for some in _parts(sorted(keys)) if name else ():
                rows = later.filter(Q(**{f"{name}__in": some}))
                found.update(rows.values_list(name, flat=True))
    return changed


def _parts(keys: list[int]) -> list[list[int]]:
    return [keys[start : start + 500] for start in range(0, len(keys), 500)]


def _is_free(event: Event, own: set[int], in_use: set[int], changed: _Changed) -> bool:
    """Tell whether an event is as the copy has made it."""
    is_draft = event.state == State.DRAFT and event.published_at is None
    return is_draft and event.pk in own and event.pk not in in_use | changed.events
