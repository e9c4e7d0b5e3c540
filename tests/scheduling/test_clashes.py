"""A refused overlap names what is taken, when, and by which event; in a race as well."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.utils import translation

from outreach.common.constraints import NoOverlap
from outreach.scheduling import services
from outreach.scheduling.clashes import Clash
from outreach.scheduling.models import Duty, Event, Trip
from outreach.scheduling.services import CrewInput
from tests.cast import Cast
from tests.scheduling.desk import (
    NOBODY,
    at,
    make_event,
    make_trip,
    storm,
    visit,
)

Attempt = Callable[[Cast], object]


def same_vehicle(cast: Cast) -> object:
    return make_trip(cast, visit(cast, 12, venue=cast.second_venue), crew=NOBODY)


def same_person(cast: Cast) -> object:
    return services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=visit(cast, 12, venue=cast.second_venue),
        crew=CrewInput(cast.operator),
    )


def same_venue(cast: Cast) -> object:
    return services.schedule_event(actor=cast.owner, library=cast.library, event=visit(cast, 9))


ATTEMPTS: list[tuple[Attempt, str, str, str]] = [
    (same_vehicle, "vehicle_busy", "vehicle", "already taken 01/03/2027 07:00–17:00"),
    (same_person, "member_busy", "crew", "already on duty 01/03/2027 07:00–17:00"),
    (same_venue, "venue_busy", "venue", "already has an event 01/03/2027 08:00–10:00"),
]


@pytest.fixture(params=["checked", "raced"])
def checks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let our check see the overlap, or let somebody else be quicker than it."""
    if request.param == "raced":
        monkeypatch.setattr(NoOverlap, "validate", lambda *args, **kwargs: None)
    with translation.override("en"):
        yield


@pytest.mark.usefixtures("checks")
@pytest.mark.parametrize(("attempt", "kind", "field", "said"), ATTEMPTS)
def test_a_clash_says_what_is_taken_when_and_by_what(
    cast: Cast, attempt: Attempt, kind: str, field: str, said: str
) -> None:
    trip = make_trip(cast)
    stored = [model.objects.count() for model in (Trip, Event, Duty)]

    with pytest.raises(Clash) as refusal:
        attempt(cast)

    clash = refusal.value
    assert (clash.kind, clash.field, clash.status) == (kind, field, 409)
    assert said in clash.message
    assert "“Visit at 8”" in clash.message
    assert clash.event == trip.events.get()
    assert [model.objects.count() for model in (Trip, Event, Duty)] == stored


@pytest.mark.usefixtures("checks")
def test_a_vehicle_on_a_trip_without_events_is_taken_too(cast: Cast) -> None:
    trip = make_trip(cast)
    services.remove_event(actor=cast.owner, event=trip.events.get())
    with pytest.raises(Clash) as refusal:
        same_vehicle(cast)
    assert (refusal.value.event, refusal.value.trip) == (None, trip)
    assert "a trip without events yet" in refusal.value.message


@pytest.mark.usefixtures("checks")
def test_a_person_at_an_event_of_its_own_is_taken(cast: Cast) -> None:
    event = services.schedule_event(
        actor=cast.owner,
        library=cast.library,
        event=visit(cast, 8, venue=cast.second_venue),
        crew=CrewInput(cast.operator),
    )
    with pytest.raises(Clash) as refusal:
        make_trip(cast)
    assert (refusal.value.kind, refusal.value.event) == ("member_busy", event)
    assert refusal.value.refused.member == cast.operator


@pytest.mark.usefixtures("checks")
def test_a_clash_over_days_says_both_days(cast: Cast) -> None:
    make_trip(cast, returns_at=at(17, 1))
    with pytest.raises(Clash) as refusal:
        same_vehicle(cast)
    assert "01/03/2027 07:00 – 02/03/2027 17:00" in refusal.value.message


def test_touching_is_no_clash(cast: Cast) -> None:
    make_trip(cast, visit(cast, 8, 2), returns_at=at(12))
    assert make_trip(cast, visit(cast, 12, 2), departs_at=at(12), returns_at=at(17)).pk


def test_venues_that_share_take_two_events(cast: Cast) -> None:
    make_event(cast, shares_venue=True)
    other: dict[str, Any] = {"venue": cast.second_venue, "shares_venue": True}
    assert services.schedule_event(
        actor=cast.owner, library=cast.library, event=visit(cast, 9, **other)
    ).pk


def test_a_cancelled_trip_takes_nothing(cast: Cast) -> None:
    services.cancel_trip(actor=cast.owner, trip=make_trip(cast), why=storm())
    assert make_trip(cast).pk
