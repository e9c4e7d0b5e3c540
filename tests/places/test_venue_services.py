"""Keeping venues below the forms: where they lie, that none is there twice, how one gets there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import shapely
from django.core.exceptions import ValidationError

from outreach.common import audit
from outreach.common.errors import Conflict, NotAllowed, StaleWrite
from outreach.places import boundaries, services
from outreach.places.access_notes import facts, notes, warnings
from outreach.places.models import AdministrativeUnit, Boundary, Venue, VenueAccess
from tests.cast import Cast
from tests.factories import CommuneFactory, VenueFactory

OFFICE = (19.2374, 104.944)
KM = 1 / 111.2
"""A kilometre northwards, in degrees."""


@pytest.fixture
def neighbour(cast: Cast) -> Iterator[AdministrativeUnit]:
    """Bound the cast's commune in the north, where this one begins, 5 km from its office."""
    lat, lon = OFFICE
    north = lat + 5 * KM
    commune = CommuneFactory.create(name="Láng Giềng", lat=north + 5 * KM)
    bound(cast.commune, lon - 0.1, lat - 0.1, lon + 0.1, north)
    bound(commune, lon - 0.1, north, lon + 0.1, north + 0.2)
    yield commune
    boundaries.forget()


def bound(unit: AdministrativeUnit, *box: Any) -> None:
    """Store a rectangle as the boundary of a unit."""
    Boundary.objects.create(unit=unit, shape=shapely.box(*box).wkb, source="test")
    boundaries.forget()


def north_of_the_office(km: float) -> dict[str, Any]:
    """Return a point so many kilometres north of the commune's office."""
    return {"lat": OFFICE[0] + km * KM, "lon": OFFICE[1]}


def make(cast: Cast, **fields: Any) -> Venue:
    """Add a market."""
    wanted: dict[str, Any] = {
        "name": "Chợ phiên",
        "kind": Venue.Kind.MARKET,
        "commune": cast.commune,
    }
    wanted |= dict(zip(("lat", "lon"), OFFICE, strict=True))
    return services.create_venue(actor=cast.owner, library=cast.library, **(wanted | fields))


# --- Where it lies -----------------------------------------------------------------------------


def test_the_commune_is_found_from_the_point_where_boundaries_are_known(
    cast: Cast, neighbour: AdministrativeUnit
) -> None:
    assert make(cast, commune=None).commune == cast.commune
    assert make(cast, commune=None, **north_of_the_office(7)).commune == neighbour


def test_without_boundaries_nothing_is_found_and_nothing_refused(cast: Cast) -> None:
    assert make(cast, commune=None).commune is None
    assert make(cast, name="Khác", **north_of_the_office(7)).commune == cast.commune


def test_a_commune_that_does_not_hold_the_point_is_refused_with_the_one_that_does(
    cast: Cast, neighbour: AdministrativeUnit
) -> None:
    with pytest.raises(ValidationError) as refusal:
        make(cast, **north_of_the_office(6.2))
    assert neighbour.full_name in str(refusal.value)
    assert list(refusal.value.error_dict) == ["commune"]
    assert not Venue.objects.filter(name="Chợ phiên").exists()


def test_a_point_within_a_kilometre_of_the_boundary_is_believed(
    cast: Cast, neighbour: AdministrativeUnit
) -> None:
    assert make(cast, **north_of_the_office(5.8)).commune == cast.commune


def test_a_point_in_no_known_boundary_is_believed(
    cast: Cast, neighbour: AdministrativeUnit
) -> None:
    assert make(cast, lat=OFFICE[0], lon=OFFICE[1] - 0.12).commune == cast.commune


def test_moving_the_point_is_checked_and_changing_a_name_is_not(
    cast: Cast, neighbour: AdministrativeUnit
) -> None:
    venue = make(cast)
    Venue.objects.filter(pk=venue.pk).update(**north_of_the_office(7))
    services.change_venue(actor=cast.owner, venue=venue, address="Cạnh cầu")
    with pytest.raises(ValidationError):
        services.change_venue(actor=cast.owner, venue=venue, **north_of_the_office(8))
    services.change_venue(actor=cast.owner, venue=venue, commune=neighbour)


def test_a_point_is_known_whole_or_not_at_all(cast: Cast) -> None:
    assert make(cast, lat=None, lon=None).point is None
    for half in ({"lat": None}, {"lon": None}):
        with pytest.raises(ValidationError):
            make(cast, name="Khác", **half)


# --- Twice -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "again",
    [
        {},
        {"name": "  CHỢ   phiên "},
        {"name": "Chơ\u0323 phiên"},
        north_of_the_office(0.45),
        {"lat": None, "lon": None},
        {"kind": Venue.Kind.OTHER},
    ],
)
def test_the_same_venue_is_not_kept_twice(cast: Cast, again: dict[str, Any]) -> None:
    make(cast)
    with pytest.raises(Conflict) as refusal:
        make(cast, **again)
    assert (refusal.value.kind, refusal.value.field) == ("venue_exists", "name")


@pytest.mark.parametrize(
    "other",
    [
        {"locality": "Bản Hai"},
        north_of_the_office(0.55),
        {"name": "Chợ phiến"},
        {"commune": None},
    ],
)
def test_what_differs_in_name_place_or_distance_is_another_venue(
    cast: Cast, other: dict[str, Any]
) -> None:
    make(cast)
    make(cast, **other)
    assert Venue.objects.filter(folded__startswith="cho phien").count() == 2


def test_two_venues_are_not_made_one_by_a_change(cast: Cast) -> None:
    first, second = make(cast), make(cast, locality="Bản Hai")
    changes: list[dict[str, Any]] = [{"locality": ""}, {"name": "Chợ  phiên", "locality": ""}]
    for change in changes:
        with pytest.raises(Conflict):
            services.change_venue(actor=cast.owner, venue=second, **change)
    services.change_venue(actor=cast.owner, venue=first, is_in_use=False)
    services.change_venue(actor=cast.owner, venue=second, locality="")
    with pytest.raises(Conflict):
        services.change_venue(actor=cast.owner, venue=first, is_in_use=True)


def test_two_that_are_there_already_may_be_changed_otherwise(cast: Cast) -> None:
    first = make(cast)
    VenueFactory.create(
        library=cast.library, commune=cast.commune, name=first.name, lat=first.lat, lon=first.lon
    )
    services.change_venue(actor=cast.owner, venue=first, address="Cạnh cầu")
    assert Venue.objects.get(pk=first.pk).address == "Cạnh cầu"


# --- Access files ------------------------------------------------------------------------------


def test_an_access_file_is_begun_and_changed_field_by_field(cast: Cast) -> None:
    services.change_access(actor=cast.owner, venue=cast.venue, slope="steep", reason="Lái xe")
    services.change_access(actor=cast.owner, venue=cast.venue, has_power=False)
    access = VenueAccess.objects.get(venue=cast.venue)
    assert (access.slope, access.has_power, access.has_indoor_room) == ("steep", False, None)
    first, second = access.history.order_by("history_id")
    assert (first.history_type, first.history_change_reason) == ("+", "Lái xe")
    assert second.history_user == cast.owner


def test_only_who_keeps_the_places_changes_an_access_file(cast: Cast) -> None:
    for user in (cast.colleague, cast.stranger, cast.officer, cast.host):
        with pytest.raises(NotAllowed):
            services.change_access(actor=user, venue=cast.venue, slope="steep")
    assert not VenueAccess.objects.exists()


def test_an_access_file_somebody_else_began_is_not_written_over(cast: Cast) -> None:
    seen = audit.version_of(VenueAccess(venue=cast.venue))
    services.change_access(actor=cast.owner, venue=cast.venue, slope="flat", expected_version=seen)
    with pytest.raises(StaleWrite):
        services.change_access(
            actor=cast.owner, venue=cast.venue, slope="steep", expected_version=seen
        )


def test_how_the_rest_is_reached_is_said_only_where_there_is_a_rest(cast: Cast) -> None:
    rest: dict[str, Any] = {"onward_by": "foot", "onward_km": 2.5, "onward_min": 40}
    with pytest.raises(ValidationError):
        services.change_access(actor=cast.owner, venue=cast.venue, **rest)
    services.change_access(actor=cast.owner, venue=cast.venue, main_site_only=True, **rest)
    access = services.change_access(actor=cast.owner, venue=cast.venue, main_site_only=False)
    assert (access.onward_by, access.onward_km, access.onward_min) == ("", None, None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"slope": "wavy"},
        {"largest_vehicle_m": 0.5},
        {"largest_vehicle_m": 31},
        {"flood_months": {13}},
        {"main_site_only": True, "onward_km": 101},
        {"main_site_only": True, "onward_min": 1441},
    ],
)
def test_what_cannot_be_is_refused(cast: Cast, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        services.change_access(actor=cast.owner, venue=cast.venue, **wrong)
    assert not VenueAccess.objects.exists()


def test_an_access_file_is_told_in_phrases_and_facts(cast: Cast) -> None:
    access = services.change_access(
        actor=cast.owner,
        venue=cast.venue,
        closed_months=frozenset({10, 9}),
        largest_vehicle_m=6.5,
        has_indoor_room=True,
        main_site_only=True,
        onward_by="motorbike",
        onward_km=4,
    )
    venue = Venue.objects.get(pk=cast.venue.pk)
    assert len(notes(venue)) == len(warnings(venue)) + 1 == 5
    assert {"6.5", "6,5"} & {value for _name, value in facts(access)}
    assert len(list(facts(access))) == 6
    assert list(facts(VenueAccess(venue=venue))) == []
