"""The cast of permission tests: owner, colleague, stranger, officer, nobody in particular."""

from __future__ import annotations

from dataclasses import dataclass

from outreach.accounts.models import Library, User
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import AdministrativeUnit, Venue
from outreach.scheduling.models import RuleSettings
from outreach.scheduling.services import CrewInput
from tests.factories import (
    CommuneFactory,
    CrewMemberFactory,
    LibraryFactory,
    UserFactory,
    VehicleFactory,
    VenueFactory,
)


@dataclass(frozen=True)
class Cast:
    """Two libraries of one union, and the people around them."""

    union: Library
    library: Library
    other_library: Library
    officer: User
    owner: User
    colleague: User
    host: User
    stranger: User
    commune: AdministrativeUnit
    venue: Venue
    second_venue: Venue
    foreign_venue: Venue
    vehicle: Vehicle
    foreign_vehicle: Vehicle
    crew: CrewInput
    operator: CrewMember


def make_cast() -> Cast:
    """Store the cast. ``owner`` coordinates ``library``; ``stranger`` the other one."""
    union = LibraryFactory.create(is_union=True, slug="union")
    library, other = (
        LibraryFactory.create(union=union, slug="a"),
        LibraryFactory.create(union=union, slug="b"),
    )
    commune = CommuneFactory.create()
    for one in (library, other):
        # What is so many days from now may fall on a holiday; tests of holidays say which.
        RuleSettings.objects.create(library=one, holidays="")
    operator, *professionals = CrewMemberFactory.create_batch(3, library=library)
    return Cast(
        union=union,
        library=library,
        other_library=other,
        officer=UserFactory.create(role="officer", library=union),
        owner=UserFactory.create(role="coordinator", library=library),
        colleague=UserFactory.create(role="crew", library=library),
        host=UserFactory.create(role="host", library=library),
        stranger=UserFactory.create(role="coordinator", library=other),
        commune=commune,
        venue=VenueFactory.create(library=library, commune=commune),
        second_venue=VenueFactory.create(library=library, commune=commune),
        foreign_venue=VenueFactory.create(library=other),
        vehicle=VehicleFactory.create(library=library),
        foreign_vehicle=VehicleFactory.create(library=other),
        crew=CrewInput(operator=operator, professionals=tuple(professionals)),
        operator=operator,
    )
