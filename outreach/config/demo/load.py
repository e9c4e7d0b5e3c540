"""Putting the demonstration together, all or nothing."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, time

from django.conf import settings
from django.core.management import call_command
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from outreach.accounts.models import Library, User
from outreach.calendars import services as calendars
from outreach.common import clock, query_planning
from outreach.common.errors import Conflict, InvalidInput, NotAllowed
from outreach.config.demo import (
    approvals,
    building,
    fleet,
    ground,
    past_year,
    people,
    requests,
    routine,
    season,
    storm,
    venues,
)
from outreach.config.demo.diary import Diary, Entry
from outreach.config.demo.exceptions import Exceptions
from outreach.config.demo.past_year import Scene
from outreach.config.demo.results import Book
from outreach.places.placing import place_venues
from outreach.scheduling.models import Event, State
from outreach.statistics import services as statistics


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was loaded; ``already`` where it had been before and nothing was changed."""

    already: bool
    venues: int = 0
    trips: int = 0
    events: int = 0
    sheets: int = 0


def is_loaded() -> bool:
    """Tell whether the demonstration is in the database."""
    return User.objects.filter(email=people.OFFICER).exists()


@transaction.atomic
def load(today: date | None = None) -> Outcome:
    """Load the demonstration around ``today``, unless it is there already.

    Raises:
        NotAllowed: in production.
        InvalidInput: if ``today`` lies before the end of the finished year.
        Conflict: if the database holds other libraries with the demonstration's address names.
    """
    if settings.PRODUCTION:
        raise NotAllowed(_("The demo does not load where OUTREACH_ENV=production."))
    if is_loaded():
        return Outcome(already=True)
    day = today or clock.today()
    _refuse_odd_day(day)
    if Library.objects.filter(slug="nct").exists():
        raise Conflict(_("This database has libraries of its own: load the demo elsewhere."))
    call_command("load_reference", verbosity=0)
    with _without_collector():
        return _Loader(day, _moment(day)).load()


@contextmanager
def _without_collector() -> Iterator[None]:
    """Keep the garbage collector from looking through records that all live to the end anyway.

    It costs a sixth of the time.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


def _refuse_odd_day(day: date) -> None:
    end = past_year.year().end
    if end is None or day < end:
        raise InvalidInput(
            _("The demo's finished year ends on %(end)s: today cannot be before that."),
            params={"end": end},
        )


def _moment(day: date) -> datetime:
    """Return the early morning of ``day``, or the present instant if that is still to come."""
    return min(clock.at(day, time(5)), clock.now())


class _Loader:
    """Builds the parts in the order in which they need each other."""

    def __init__(self, today: date, now: datetime) -> None:
        self.today = today
        self.now = now

    def load(self) -> Outcome:
        cast = people.make(self.now)
        land = ground.make(cast, self.now)
        sites = venues.make(cast, land, self.today, self.now)
        scenes = [
            Scene(
                staff, sites[staff.slug], fleet.make(staff, sites[staff.slug], self.today, self.now)
            )
            for staff in cast.staff
        ]
        diary = Diary(cast, land, self.now)
        for scene in scenes:
            past_year.fill(diary, scene)
            season.fill(diary, scene, self.today)
            requests.expect(scene, diary.entries, self.today, self.now)
            routine.make_series(diary, scene, season.Span(self.today).days, self.now)
        exceptions = Exceptions(diary, self.today)
        exceptions.choose(scenes)
        entries = diary.store()
        exceptions.record()
        book = self._log(scenes, entries)
        for scene in scenes:
            season.promise(scene, entries, self.today, self.now)
            requests.make(scene, entries, self.today, self.now)
            approvals.make(scene, cast.officer, self.now)
            storm.record(scene, entries, self.today)
            storm.owe(scene, entries, season.Span(self.today).days.start, self.now)
            routine.keep_templates(scene, entries, self.today)
            routine.mark(scene, diary, entries, self.today, self.now)
        query_planning.learn_sizes()
        place_venues(actor=None, now=self.now)
        calendars.rebuild(Event.objects.all(), self.now)
        statistics.rebuild()
        return Outcome(
            False,
            venues=sum(1 for one in sites.values() for _venue in one),
            trips=len(diary.trips),
            events=len(entries),
            sheets=len(book.sheets),
        )

    def _log(self, scenes: list[Scene], entries: list[Entry]) -> Book:
        """Store all sheets, and the building figures that complete the finished year."""
        book = Book(self.now)
        for entry in entries:
            zone = entry.staff.library.zone
            in_year = entry.event.starts_at.astimezone(zone).date() in past_year.year()
            if in_year and entry.event.state == State.PUBLISHED:
                book.log(entry)
        building.make([scene.staff for scene in scenes], book.totals, self.today, self.now)
        season.log(book, entries, self.today)
        book.store()
        return book
