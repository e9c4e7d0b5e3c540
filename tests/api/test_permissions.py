"""Who may call what: a row for every route, and a test that fails where a row is missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import transaction

from outreach.common import clock
from outreach.scheduling.disruption import Choice, Choices, Trouble, What, disrupt
from outreach.scheduling.series.plan import Choice as SeriesChoice
from tests.api.callers import ROOT, description
from tests.api.conftest import callers
from tests.api.world import World, at, iso
from tests.factories import TravelTimeFactory
from tests.scheduling.desk import storm
from tests.scheduling.series.desk import make as make_series

ROLES = ("anonymous", "host", "colleague", "owner", "stranger", "officer")
EVERYBODY = (200,) * 6
STAFF = (401, 404, 200, 200, 404, 200)
"""Host and stranger do not see the object; the officer sees the whole union's."""

COUNTING = (401, 403, 200, 200, 200, 200)
"""A host counts nothing; everybody else sees the figures of their own libraries."""


def nothing(_world: World) -> Any:
    """Send an empty object."""
    return {}


@dataclass(frozen=True)
class Row:
    """One operation, and what it answers to each role in the order of :data:`ROLES`."""

    method: str
    route: str
    expected: tuple[int, ...]
    path: Callable[[World], str]
    body: Callable[[World], Any] = nothing

    @property
    def name(self) -> str:
        """How the test is called."""
        return f"{self.method} {self.route}"


def fixed(path: str) -> Callable[[World], str]:
    """Return a path that needs nothing of the world."""
    return lambda _world: path


def writes(done: int) -> tuple[int, ...]:
    """Who schedules: the owner; a colleague and the officer see it and may not."""
    return (401, 404, 403, done, 404, 403)


def creates() -> tuple[int, ...]:
    """Nobody but a coordinator has a library for which to create."""
    return (401, 400, 400, 201, 400, 400)


def event(world: World) -> str:
    """The address of the draft event."""
    return f"events/{world.draft.uid}/"


def trip(world: World) -> str:
    """The address of the draft trip."""
    return f"trips/{world.draft_trip.uid}/"


def sheet(world: World) -> str:
    """The address of the accepted sheet."""
    return f"result-sheets/{world.sheet.uid}/"


def waiting(world: World) -> str:
    """The address of the waiting sheet."""
    return f"result-sheets/{world.waiting.uid}/"


def travel_time(world: World) -> str:
    """The address of a travel time to the venue."""
    return f"travel-times/{TravelTimeFactory.create(destination=world.cast.venue).pk}/"


def correction(world: World) -> Any:
    """Another number of people."""
    figures = {"people_served": {"value": 101, "how": "counted"}}
    return {"uid": str(uuid4()), "figures": figures, "reason": "Đếm lại"}


def disruption(world: World) -> str:
    """The address of a storm over the public event."""
    now = clock.now()
    trouble = Trouble(world.cast.library, storm(), at(3, 0), at(4, 0), venue=world.cast.venue)
    made = disrupt(
        actor=world.cast.owner, trouble=trouble, choices=Choices(Choice(What.INDOORS)), now=now
    )
    return f"disruptions/{made.uid}/"


def series_day(days: int = 0) -> str:
    """A date of the series."""
    return (clock.today() + timedelta(days=100 + days)).isoformat()


def series(world: World, left_out: int = -1) -> str:
    """The address of a series of three weeks, one of which may be left out."""
    starts_on = clock.today() + timedelta(days=100)
    choices = {series_day(left_out): SeriesChoice.OUT} if left_out >= 0 else {}
    made = make_series(
        world.cast,
        weeks=3,
        now=clock.now(),
        rule="FREQ=WEEKLY",
        starts_on=starts_on,
        choices=choices,
    )
    return f"series/{made.pk}/"


STORM = {"reason": "storm"}
MATRIX = [
    Row("get", "units/", EVERYBODY, fixed("units/")),
    Row("get", "units/{code}/", EVERYBODY, lambda w: f"units/{w.cast.commune.code}/"),
    Row("get", "statistics/", COUNTING, fixed("statistics/")),
    Row("get", "statistics/sheets/", COUNTING, fixed("statistics/sheets/?measure=events")),
    Row("get", "measures/", EVERYBODY, fixed("measures/")),
    Row("get", "measures/{code}/", EVERYBODY, fixed("measures/events/")),
    Row("get", "venues/", (401, 200, 200, 200, 200, 200), fixed("venues/")),
    Row("get", "venues/{code}/", STAFF, lambda w: f"venues/{w.cast.venue.code}/"),
    Row(
        "post",
        "venues/",
        creates(),
        fixed("venues/"),
        lambda w: {
            "library": w.cast.library.slug,
            "name": "Chợ phiên",
            "kind": "market",
            "lat": 19.2,
            "lon": 104.9,
        },
    ),
    Row(
        "patch",
        "venues/{code}/",
        writes(200),
        lambda w: f"venues/{w.cast.venue.code}/",
        lambda w: {"name": "Tên mới"},
    ),
    Row("get", "travel-times/", (401, 200, 200, 200, 200, 200), fixed("travel-times/")),
    Row("get", "travel-times/{id}/", STAFF, travel_time),
    Row(
        "post",
        "travel-times/",
        # The venue is named in the body: to who does not see it, it does not exist.
        (401, 400, 403, 201, 400, 403),
        fixed("travel-times/"),
        lambda w: {"destination": w.cast.venue.code, "minutes": 90},
    ),
    Row("patch", "travel-times/{id}/", writes(200), travel_time, lambda w: {"minutes": 95}),
    Row("delete", "travel-times/{id}/", writes(204), travel_time),
    Row("get", "vehicles/", (401, 200, 200, 200, 200, 200), fixed("vehicles/")),
    Row("get", "vehicles/{slug}/", STAFF, lambda w: f"vehicles/{w.cast.vehicle.slug}/"),
    Row("get", "crew/", (401, 200, 200, 200, 200, 200), fixed("crew/")),
    Row("get", "crew/{id}/", STAFF, lambda w: f"crew/{w.cast.operator.pk}/"),
    Row("get", "events/", EVERYBODY, fixed("events/")),
    Row("get", "events/{uid}/", (404, 404, 200, 200, 404, 200), event),
    Row(
        "post",
        "events/",
        creates(),
        fixed("events/"),
        lambda w: w.event_body(library=w.cast.library.slug),
    ),
    Row("patch", "events/{uid}/", writes(200), event, lambda w: {"title": "Tên khác"}),
    Row("delete", "events/{uid}/", writes(204), event),
    Row(
        "post",
        "events/{uid}/move/",
        writes(200),
        lambda w: event(w) + "move/",
        lambda w: {"starts_at": iso(6), "ends_at": iso(6, 9)},
    ),
    Row("post", "events/{uid}/publish/", writes(200), lambda w: event(w) + "publish/"),
    Row(
        "post",
        "events/{uid}/cancel/",
        writes(200),
        lambda w: event(w) + "cancel/",
        lambda w: STORM,
    ),
    Row(
        "post",
        "events/{uid}/restore/",
        writes(200),
        lambda w: f"events/{w.cancelled.uid}/restore/",
    ),
    Row("get", "trips/", (401, 200, 200, 200, 200, 200), fixed("trips/")),
    Row("get", "trips/{uid}/", STAFF, trip),
    Row(
        "post",
        "trips/",
        creates(),
        fixed("trips/"),
        lambda w: w.trip_body(library=w.cast.library.slug),
    ),
    Row("patch", "trips/{uid}/", writes(200), trip, lambda w: {"note": "Mang theo máy phát"}),
    Row("delete", "trips/{uid}/", writes(204), trip),
    Row(
        "post",
        "trips/{uid}/move/",
        writes(200),
        lambda w: trip(w) + "move/",
        lambda w: {"departs_at": iso(11, 6)},
    ),
    Row(
        "post",
        "trips/{uid}/times/",
        writes(200),
        lambda w: trip(w) + "times/",
        lambda w: {"move": {"key": "departure", "starts_at": iso(10, 6.75)}},
    ),
    Row("post", "trips/{uid}/publish/", writes(200), lambda w: trip(w) + "publish/"),
    Row("post", "trips/{uid}/cancel/", writes(200), lambda w: trip(w) + "cancel/", lambda w: STORM),
    Row(
        "post",
        "trips/{uid}/events/",
        # The venue is named in the body: to who does not see it, it does not exist.
        (401, 404, 403, 201, 404, 403),
        lambda w: trip(w) + "events/",
        lambda w: w.event_body(starts_at=iso(10, 15.5), ends_at=iso(10, 16.5)),
    ),
    Row("get", "series/", (401, 200, 200, 200, 200, 200), fixed("series/")),
    Row("get", "series/{id}/", STAFF, series),
    Row(
        "post",
        "series/",
        # The venue is named in the body: to who does not see it, it does not exist.
        (401, 400, 400, 201, 400, 400),
        fixed("series/"),
        lambda w: {
            "library": w.cast.library.slug,
            "venue": w.cast.venue.code,
            "vehicle": w.cast.vehicle.slug,
            "rule": "FREQ=WEEKLY",
            "arrives": "08:00",
            "departs": "10:00",
            "starts_on": series_day(),
        },
    ),
    Row("patch", "series/{id}/", writes(200), series, lambda w: {"arrives": "08:30"}),
    Row(
        "post",
        "series/{id}/end/",
        writes(200),
        lambda w: series(w) + "end/",
        lambda w: {"ends_on": series_day(7)},
    ),
    Row(
        "post",
        "series/{id}/leave-out/",
        writes(200),
        lambda w: series(w) + "leave-out/",
        lambda w: {"on": series_day(7)},
    ),
    Row(
        "post",
        "series/{id}/put-back/",
        writes(200),
        lambda w: series(w, left_out=7) + "put-back/",
        lambda w: {"on": series_day(7)},
    ),
    Row("get", "disruptions/", (401, 200, 200, 200, 200, 200), fixed("disruptions/")),
    Row("get", "disruptions/{uid}/", STAFF, disruption),
    Row(
        "post",
        "disruptions/",
        creates(),
        fixed("disruptions/"),
        lambda w: (
            STORM
            | {
                "library": w.cast.library.slug,
                "starts_at": iso(3, 0),
                "ends_at": iso(4, 0),
                "everything": True,
                "otherwise": {"what": "cancel"},
            }
        ),
    ),
    Row("post", "disruptions/{uid}/undo/", writes(200), lambda w: disruption(w) + "undo/"),
    Row("get", "owed-visits/", (401, 200, 200, 200, 200, 200), fixed("owed-visits/")),
    Row("get", "result-sheets/", (401, 200, 200, 200, 200, 200), fixed("result-sheets/")),
    Row("get", "result-sheets/{uid}/", STAFF, sheet),
    Row(
        "post",
        "result-sheets/",
        (401, 400, 201, 201, 400, 403),
        fixed("result-sheets/"),
        lambda w: w.sheet_body(),
    ),
    Row(
        "post",
        "result-sheets/{uid}/correct/",
        (401, 404, 201, 201, 404, 403),
        lambda w: sheet(w) + "correct/",
        correction,
    ),
    Row(
        "post",
        "result-sheets/{uid}/accept/",
        writes(200),
        lambda w: waiting(w) + "accept/",
    ),
    Row(
        "post",
        "result-sheets/{uid}/reject/",
        writes(200),
        lambda w: waiting(w) + "reject/",
        lambda w: {"reason": "Nhập hai lần"},
    ),
]


def test_every_route_has_a_row() -> None:
    routes = {
        f"{method} {path.removeprefix(ROOT)}"
        for path, operations in description()["paths"].items()
        for method in operations
    }
    assert {row.name for row in MATRIX} == routes


@pytest.mark.parametrize("row", MATRIX, ids=lambda row: row.name)
def test_each_role_gets_what_the_row_says(row: Row, world: World) -> None:
    answers = {}
    for role, caller in callers(world).items():
        with transaction.atomic():
            answers[role] = caller.send(row.method, row.path(world), row.body(world))
            transaction.set_rollback(True)
    assert {role: answer.status for role, answer in answers.items()} == dict(
        zip(ROLES, row.expected, strict=True)
    ), answers
