"""What the walk meets on the demonstration, whatever day and hour it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from outreach.accounts.models import Library, User
from outreach.attendance.models import ResultSheet
from outreach.common import clock
from outreach.common.folding import fold
from outreach.config.demo import people
from outreach.fleet.models import CrewMember, Unavailability, Vehicle
from outreach.places.access_notes import access_of
from outreach.places.models import AdministrativeUnit, Venue
from outreach.routing.travel import distance_m
from outreach.scheduling import services
from outreach.scheduling.models import ActivityKind, Event, Trip
from outreach.scheduling.services import ActivityInput, CrewInput, EventInput

HOME = "nghe-an"
COORDINATOR = people.address("coordinator", HOME)
CREW = people.address("crew", HOME)
HOST = people.address("school", HOME)
STRANGER = people.address("coordinator", "hue")


@dataclass(frozen=True, slots=True)
class Scene:
    """Who and what the walk is about.

    Attributes:
        next_event: the next public visit of all, under way or to come, with its commune.
        free_on: a coming day on which nobody and nothing of the library is taken.
        crews: an operator and two professional staff for each vehicle.
        stops: a school, a culture house and another school that none of them is a part of.
        duties: today's visits of the person who signs in as crew.
        begun: an event of that person that has begun today, in a commune with earlier results.
    """

    library: Library
    next_event: Event
    free_on: date
    vehicles: list[Vehicle]
    crews: list[list[CrewMember]]
    stops: list[Venue]
    duties: list[Event]
    begun: Event

    @property
    def next_commune(self) -> AdministrativeUnit:
        """The commune of the next public visit."""
        assert self.next_event.commune is not None
        return self.next_event.commune

    @property
    def counted(self) -> AdministrativeUnit:
        """The commune of the event that has begun."""
        assert self.begun.commune is not None
        return self.begun.commune


def make_scene() -> Scene:
    """Look the scene up in the loaded demonstration; only the event that has begun is added."""
    library = Library.objects.get(slug=HOME)
    crew = list(CrewMember.objects.filter(library=library).order_by("pk"))
    duties = _duties_of_today(crew)
    return Scene(
        library=library,
        next_event=_next_event(),
        free_on=_free_day(library),
        vehicles=list(Vehicle.objects.filter(library=library).order_by("slug")[:2]),
        crews=[crew[0:3], crew[3:6]],
        stops=list(_stops(library)),
        duties=duties,
        begun=_begun(library, crew),
    )


def _next_event() -> Event:
    """Return the first public event that will not be over before the walk is."""
    soon = clock.now() + timedelta(minutes=15)
    coming = Event.objects.public().standing().filter(ends_at__gt=soon, commune__isnull=False)
    return coming.select_related("commune__parent", "venue").order_by("starts_at", "pk")[0]


def _duties_of_today(crew: list[CrewMember]) -> list[Event]:
    mine = Event.objects.filter(trip__duties__member__in=[one for one in crew if one.user])
    day = clock.today()
    of_today = mine.meeting(clock.start_of(day), clock.end_of(day)).select_related("trip")
    return list(of_today.order_by("starts_at"))


def _free_day(library: Library) -> date:
    """Return the first day, more than a week ahead, on which the library does nothing at all."""
    day = clock.today() + timedelta(days=8)
    while any(
        found.exists()
        for found in (
            Trip.objects.filter(library=library).meeting(clock.start_of(day), clock.end_of(day)),
            Event.objects.filter(library=library).meeting(clock.start_of(day), clock.end_of(day)),
            Unavailability.objects.meeting(clock.start_of(day), clock.end_of(day)),
        )
    ):
        day += timedelta(days=1)
    return day


def _stops(library: Library) -> Iterator[Venue]:
    """Yield a school, a culture house and another school, each found by its name alone.

    They are near the vehicles' base, with a way that no rule stands against.
    """
    base = Vehicle.objects.filter(library=library).order_by("slug")[0].base
    assert base is not None
    home = base.point
    assert home is not None
    in_use = Venue.objects.filter(library=library, is_in_use=True, lat__isnull=False)
    venues = sorted(
        (
            venue
            for venue in in_use.select_related("commune", "access").order_by("code")
            if _is_easily_reached(venue)
        ),
        key=lambda venue: distance_m(venue.point or home, home),
    )
    names = [fold(f"{venue.name} {venue.commune}") for venue in venues]
    lone = [
        venue
        for venue in venues
        if sum(all(word in name for word in fold(venue.name).split()) for name in names) == 1
    ]
    schools = [venue for venue in lone if venue.kind == Venue.Kind.SCHOOL]
    houses = [venue for venue in lone if venue.kind == Venue.Kind.CULTURE_HOUSE]
    yield from (schools[0], houses[0], schools[1])


def _is_easily_reached(venue: Venue) -> bool:
    access = access_of(venue)
    return access is None or not (access.closed_months or access.largest_vehicle_m)


def _begun(library: Library, crew: list[CrewMember]) -> Event:
    """Store an event that began at midnight: at any hour its results can be logged today."""
    coordinator = User.objects.get(email=COORDINATOR)
    sheets = ResultSheet.objects.accepted().filter(library=library, commune__valid_to=None)
    venue = sheets.order_by("-event__starts_at")[0].event.venue
    midnight = clock.start_of(clock.today())
    event = services.schedule_event(
        actor=coordinator,
        library=library,
        event=EventInput(
            venue=venue,
            starts_at=midnight,
            ends_at=midnight + timedelta(minutes=30),
            activities=(ActivityInput(ActivityKind.objects.get(pk="reading_skills")),),
            title="Đọc sách đón trăng",
        ),
        crew=CrewInput(professionals=tuple(one for one in crew if one.user)),
        override_reason="Trăng chỉ lên ban đêm",
    )
    return services.publish_event(actor=coordinator, event=event)
