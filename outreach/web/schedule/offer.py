"""What a library's forms offer to choose from, loaded once for all the forms of a page."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from django.db.models import Q
from django.utils.translation import gettext as _

from outreach.accounts.models import Library
from outreach.fleet.models import CrewMember, Vehicle
from outreach.places.models import Venue
from outreach.scheduling.models import ActivityKind, Audience, Duty, Event, Trip


@dataclass(frozen=True, slots=True)
class Offer:
    """Vehicles, people, venues, kinds and audiences by the key a form sends."""

    library: Library
    vehicles: dict[str, Vehicle]
    operators: dict[str, CrewMember]
    professionals: dict[str, CrewMember]
    venues: dict[str, Venue]
    kinds: dict[str, ActivityKind]
    audiences: dict[str, Audience]

    @property
    def venues_by_commune(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """The venues as groups of choices, by the name of their commune."""
        named = sorted(
            ((_commune(venue), venue.name, key) for key, venue in self.venues.items()),
        )
        return [
            (commune, [(key, name) for _commune, name, key in group])
            for commune, group in groupby(named, key=lambda row: row[0])
        ]


def offer_of(library: Library, used_by: Trip | Event | None = None) -> Offer:
    """Return what ``library`` has in use, and what ``used_by`` uses although it is not any more."""
    duties = list(used_by.duties.all()) if used_by is not None else []
    people = list(
        CrewMember.objects.filter(library=library).filter(
            Q(is_in_use=True) | Q(pk__in=[duty.member_id for duty in duties])
        )
    )
    vehicle_id = used_by.vehicle_id if isinstance(used_by, Trip) else None
    venue_id = used_by.venue_id if isinstance(used_by, Event) else None
    vehicles = Vehicle.objects.filter(library=library)
    venues = Venue.objects.filter(library=library).select_related("commune")
    kinds = ActivityKind.objects.filter(in_use=True)
    return Offer(
        library=library,
        vehicles={one.slug: one for one in vehicles.filter(Q(is_in_use=True) | Q(pk=vehicle_id))},
        operators=_able(people, duties, Duty.Role.OPERATOR),
        professionals=_able(people, duties, Duty.Role.PROFESSIONAL),
        venues={one.code: one for one in venues.filter(Q(is_in_use=True) | Q(pk=venue_id))},
        kinds={one.code: one for one in kinds},
        audiences={one.code: one for one in Audience.objects.filter(in_use=True, is_age_band=True)},
    )


def _able(
    people: Iterable[CrewMember], duties: Iterable[Duty], role: Duty.Role
) -> dict[str, CrewMember]:
    """Return those who may take a role, and those who have it already."""
    holders = {duty.member_id for duty in duties if duty.role == role}
    skill = "can_operate" if role == Duty.Role.OPERATOR else "is_professional"
    return {
        str(person.pk): person
        for person in people
        if getattr(person, skill) or person.pk in holders
    }


def _commune(venue: Venue) -> str:
    return venue.commune.full_name if venue.commune else _("Commune not known")
