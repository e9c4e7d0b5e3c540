"""Every way in which an event can change: service, page, API and administration."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client
from django.urls import reverse

from outreach.accounts.models import User
from outreach.scheduling import services
from outreach.scheduling.followers import Happening
from outreach.scheduling.models import Event, Trip
from outreach.scheduling.retiming import Timeline, put
from outreach.scheduling.services import CrewInput, PauseInput
from outreach.scheduling.services.retiming import timed
from tests.cast import Cast
from tests.scheduling.desk import (
    MONDAY,
    activity,
    at,
    make_event,
    make_public_trip,
    make_trip,
    storm,
    visit,
)

Record = Trip | Event | None


@dataclass(frozen=True)
class Way:
    """One way to change something.

    Attributes:
        name: how the test is called.
        prepare: stores what is to be changed, and returns it.
        act: makes the change.
        happenings: what the followers are told, in order.
    """

    name: str
    prepare: Callable[[Cast], Any]
    act: Callable[[Cast, Any], object]
    happenings: tuple[Happening, ...]


def nothing(_cast: Cast) -> None:
    """Prepare nothing."""


def draft_trip(cast: Cast) -> Trip:
    """Store a draft trip with two stops."""
    return make_trip(cast, visit(cast, 8), visit(cast, 13))


def public_trip(cast: Cast) -> Trip:
    """Store a public trip with two stops."""
    return make_public_trip(cast, visit(cast, 8), visit(cast, 13))


def cancelled_event(cast: Cast) -> Event:
    """Store an event without a vehicle that was called off."""
    return services.cancel_event(actor=cast.owner, event=make_event(cast), why=storm())


def new_stop_of_a_public_trip(cast: Cast) -> Event:
    """Store a draft stop of a trip that is public already."""
    return services.add_stop(actor=cast.owner, trip=make_public_trip(cast), event=visit(cast, 13))


def an_hour_later(trip: Trip) -> Timeline:
    """Return the times of a trip whose first stop, and all that follows, comes an hour later."""
    stored = timed(trip)
    slot = stored.timeline.slots[0].moved(timedelta(hours=1))
    return put(stored.timeline, slot.key, slot.starts_at, slot.ends_at, stored.road)


# --- Services ----------------------------------------------------------------------------------

TWICE = {happening: (happening, happening) for happening in Happening}
SERVICES = [
    Way(
        "schedule_trip",
        nothing,
        lambda cast, _: make_trip(cast, visit(cast, 8), visit(cast, 13)),
        TWICE[Happening.SCHEDULED],
    ),
    Way(
        "schedule_event",
        nothing,
        lambda cast, _: services.schedule_event(
            actor=cast.owner, library=cast.library, event=visit(cast), crew=cast.crew
        ),
        (Happening.SCHEDULED,),
    ),
    Way(
        "schedule_event with a vehicle",
        nothing,
        lambda cast, _: services.schedule_event(
            actor=cast.owner,
            library=cast.library,
            event=visit(cast),
            crew=cast.crew,
            vehicle=cast.vehicle,
        ),
        (Happening.SCHEDULED,),
    ),
    Way(
        "add_stop",
        make_trip,
        lambda cast, trip: services.add_stop(actor=cast.owner, trip=trip, event=visit(cast, 13)),
        (Happening.SCHEDULED,),
    ),
    Way(
        "publish_trip",
        draft_trip,
        lambda cast, trip: services.publish_trip(actor=cast.owner, trip=trip),
        TWICE[Happening.PUBLISHED],
    ),
    Way(
        "publish_event",
        make_event,
        lambda cast, event: services.publish_event(actor=cast.owner, event=event),
        (Happening.PUBLISHED,),
    ),
    Way(
        "publish_event of a public trip",
        new_stop_of_a_public_trip,
        lambda cast, event: services.publish_event(actor=cast.owner, event=event),
        (Happening.PUBLISHED,),
    ),
    Way(
        "change_trip",
        public_trip,
        lambda cast, trip: services.change_trip(
            actor=cast.owner,
            trip=trip,
            vehicle=trip.vehicle,
            departs_at=at(6),
            returns_at=at(18),
            crew=CrewInput.of(list(trip.duties.select_related("member"))),
        ),
        TWICE[Happening.CHANGED],
    ),
    Way(
        "set_pauses",
        public_trip,
        lambda cast, trip: services.set_pauses(
            actor=cast.owner, trip=trip, pauses=[PauseInput("lunch", at(11), at(12))]
        ),
        TWICE[Happening.CHANGED],
    ),
    Way(
        "retime_trip",
        public_trip,
        lambda cast, trip: services.retime_trip(
            actor=cast.owner, trip=trip, timeline=an_hour_later(trip), reason="Đường trơn"
        ),
        TWICE[Happening.MOVED],
    ),
    Way(
        "change_event",
        make_event,
        lambda cast, event: services.change_event(
            actor=cast.owner,
            event=event,
            title="Tên mới",
            note="",
            activities=(activity("talk"),),
            crew=cast.crew,
        ),
        (Happening.CHANGED,),
    ),
    Way(
        "move_trip",
        public_trip,
        lambda cast, trip: services.move_trip(
            actor=cast.owner, trip=trip, departs_at=at(7, 1), reason="Bão"
        ),
        TWICE[Happening.MOVED],
    ),
    Way(
        "move_event",
        make_event,
        lambda cast, event: services.move_event(
            actor=cast.owner, event=event, starts_at=at(9), ends_at=at(11), reason="Bão"
        ),
        (Happening.MOVED,),
    ),
    Way(
        "move_event with its trip",
        lambda cast: make_trip(cast).events.get(),
        lambda cast, event: services.move_event(
            actor=cast.owner, event=event, starts_at=at(9), ends_at=at(11), reason="Bão"
        ),
        (Happening.MOVED,),
    ),
    Way(
        "cancel_trip",
        public_trip,
        lambda cast, trip: services.cancel_trip(actor=cast.owner, trip=trip, why=storm()),
        TWICE[Happening.CANCELLED],
    ),
    Way(
        "cancel_event with its trip",
        lambda cast: make_public_trip(cast).events.get(),
        lambda cast, event: services.cancel_event(actor=cast.owner, event=event, why=storm()),
        (Happening.CANCELLED,),
    ),
    Way(
        "restore_event with its trip",
        lambda cast: services.cancel_event(
            actor=cast.owner, event=make_public_trip(cast).events.get(), why=storm()
        ),
        lambda cast, event: services.restore_event(actor=cast.owner, event=event),
        (Happening.RESTORED,),
    ),
    Way(
        "remove_trip",
        draft_trip,
        lambda cast, trip: services.remove_trip(actor=cast.owner, trip=trip),
        TWICE[Happening.REMOVED],
    ),
    Way(
        "remove_event",
        make_event,
        lambda cast, event: services.remove_event(actor=cast.owner, event=event),
        (Happening.REMOVED,),
    ),
]


# --- Pages -------------------------------------------------------------------------------------


def signed_in(user: User) -> Client:
    """Return a browser in which ``user`` has signed in, in English."""
    client = Client(headers={"accept-language": "en"})
    client.force_login(user)
    return client


def send(user: User, name: str, record: Record = None, **typed: Any) -> Any:
    """Send a form of the schedule, for the state of the record as it is."""
    url = reverse(name, args=[record.uid] if record else [])
    revision = {"expected_revision": str(record.revision)} if record else {}
    return signed_in(user).post(url, revision | typed)


def typed_trip(cast: Cast, **changes: Any) -> dict[str, Any]:
    """Return what a person types for a trip on the Monday."""
    operator, *others = cast.crew.members
    return {
        "vehicle": cast.vehicle.slug,
        "departs_on": MONDAY.isoformat(),
        "departs_time": "07:00",
        "returns_on": "",
        "returns_time": "17:00",
        "operator": str(operator.pk),
        "professionals": [str(member.pk) for member in others],
    } | changes


def typed_event(cast: Cast, hour: int = 8, **changes: Any) -> dict[str, Any]:
    """Return what a person types for an event of two hours on the Monday."""
    return {
        "venue": cast.venue.code,
        "on": MONDAY.isoformat(),
        "starts": f"{hour:02}:00",
        "ends": f"{hour + 2:02}:00",
        "kind_0": "mobile_service",
    } | changes


def typed_stops(*stops: dict[str, Any]) -> dict[str, Any]:
    """Return the stops of a new trip as its form sends them."""
    counts = {"stops-TOTAL_FORMS": str(len(stops)), "stops-INITIAL_FORMS": "0"}
    return counts | {
        f"stops-{place}-{name}": value
        for place, stop in enumerate(stops)
        for name, value in stop.items()
    }


def same_day(hour: int = 9) -> dict[str, str]:
    """Return what a person types to move an event on the Monday."""
    return {
        "on": "01/03/2027",
        "starts": f"{hour:02}:00",
        "ends": f"{hour + 2:02}:00",
        "reason": "Bão",
    }


PAGES = [
    Way(
        "page trip_new",
        nothing,
        lambda cast, _: send(
            cast.owner, "trip_new", **typed_trip(cast), **typed_stops(typed_event(cast))
        ),
        (Happening.SCHEDULED,),
    ),
    Way(
        "page event_new",
        nothing,
        lambda cast, _: send(cast.owner, "event_new", **typed_event(cast)),
        (Happening.SCHEDULED,),
    ),
    Way(
        "page trip_add_event",
        make_trip,
        lambda cast, trip: send(cast.owner, "trip_add_event", trip, **typed_event(cast, 13)),
        (Happening.SCHEDULED,),
    ),
    Way(
        "page trip_edit",
        make_trip,
        lambda cast, trip: send(
            cast.owner, "trip_edit", trip, **typed_trip(cast, returns_time="18:00")
        ),
        (Happening.CHANGED,),
    ),
    Way(
        "page trip_move",
        public_trip,
        lambda cast, trip: send(
            cast.owner,
            "trip_move",
            trip,
            departs_on="2027-03-02",
            departs_time="07:00",
            reason="Bão",
        ),
        TWICE[Happening.MOVED],
    ),
    Way(
        "page trip_publish",
        draft_trip,
        lambda cast, trip: send(cast.owner, "trip_publish", trip),
        TWICE[Happening.PUBLISHED],
    ),
    Way(
        "page trip_cancel",
        public_trip,
        lambda cast, trip: send(cast.owner, "trip_cancel", trip, why="storm"),
        TWICE[Happening.CANCELLED],
    ),
    Way(
        "page trip_remove",
        draft_trip,
        lambda cast, trip: send(cast.owner, "trip_remove", trip),
        TWICE[Happening.REMOVED],
    ),
    Way(
        "page event_edit",
        make_event,
        lambda cast, event: send(cast.owner, "event_edit", event, title="Tên mới", kind_0="talk"),
        (Happening.CHANGED,),
    ),
    Way(
        "page event_move",
        make_event,
        lambda cast, event: send(
            cast.owner, "event_move", event, venue=event.venue.code, **same_day()
        ),
        (Happening.MOVED,),
    ),
    Way(
        "page event_publish",
        make_event,
        lambda cast, event: send(cast.owner, "event_publish", event),
        (Happening.PUBLISHED,),
    ),
    Way(
        "page event_cancel",
        make_event,
        lambda cast, event: send(cast.owner, "event_cancel", event, why="flood"),
        (Happening.CANCELLED,),
    ),
    Way(
        "page event_restore",
        cancelled_event,
        lambda cast, event: send(cast.owner, "event_restore", event),
        (Happening.RESTORED,),
    ),
    Way(
        "page event_remove",
        make_event,
        lambda cast, event: send(cast.owner, "event_remove", event),
        (Happening.REMOVED,),
    ),
]


# --- API ---------------------------------------------------------------------------------------


def call(user: User, method: str, path: str, body: Any = None) -> Any:
    """Call the API as a signed-in person."""
    return getattr(signed_in(user), method)(
        f"/api/v1/{path}", data=body, content_type="application/json"
    )


def sent_event(cast: Cast) -> dict[str, Any]:
    """Return an event as the API takes it."""
    return {
        "venue": cast.venue.code,
        "starts_at": at(13).isoformat(),
        "ends_at": at(15).isoformat(),
        "activities": [{"kind": "mobile_service"}],
    }


def sent_trip(cast: Cast) -> dict[str, Any]:
    """Return a trip with one event as the API takes it."""
    operator, *others = cast.crew.members
    return {
        "vehicle": cast.vehicle.slug,
        "departs_at": at(7).isoformat(),
        "returns_at": at(17).isoformat(),
        "crew": {"operator": operator.pk, "professionals": [member.pk for member in others]},
        "events": [sent_event(cast)],
    }


MOVED = {"starts_at": at(9).isoformat(), "ends_at": at(11).isoformat(), "reason": "Bão"}
API = [
    Way(
        "API create trip",
        nothing,
        lambda cast, _: call(cast.owner, "post", "trips/", sent_trip(cast)),
        (Happening.SCHEDULED,),
    ),
    Way(
        "API create event",
        nothing,
        lambda cast, _: call(cast.owner, "post", "events/", sent_event(cast)),
        (Happening.SCHEDULED,),
    ),
    Way(
        "API add event",
        make_trip,
        lambda cast, trip: call(cast.owner, "post", f"trips/{trip.uid}/events/", sent_event(cast)),
        (Happening.SCHEDULED,),
    ),
    Way(
        "API change trip",
        make_trip,
        lambda cast, trip: call(cast.owner, "patch", f"trips/{trip.uid}/", {"note": "x"}),
        (Happening.CHANGED,),
    ),
    Way(
        "API move trip",
        draft_trip,
        lambda cast, trip: call(
            cast.owner,
            "post",
            f"trips/{trip.uid}/move/",
            {"departs_at": at(7, 1).isoformat(), "reason": "Bão"},
        ),
        TWICE[Happening.MOVED],
    ),
    Way(
        "API publish trip",
        draft_trip,
        lambda cast, trip: call(cast.owner, "post", f"trips/{trip.uid}/publish/", {}),
        TWICE[Happening.PUBLISHED],
    ),
    Way(
        "API cancel trip",
        public_trip,
        lambda cast, trip: call(
            cast.owner, "post", f"trips/{trip.uid}/cancel/", {"reason": "storm"}
        ),
        TWICE[Happening.CANCELLED],
    ),
    Way(
        "API remove trip",
        draft_trip,
        lambda cast, trip: call(cast.owner, "delete", f"trips/{trip.uid}/"),
        TWICE[Happening.REMOVED],
    ),
    Way(
        "API change event",
        make_event,
        lambda cast, event: call(cast.owner, "patch", f"events/{event.uid}/", {"note": "x"}),
        (Happening.CHANGED,),
    ),
    Way(
        "API move event",
        make_event,
        lambda cast, event: call(cast.owner, "post", f"events/{event.uid}/move/", MOVED),
        (Happening.MOVED,),
    ),
    Way(
        "API publish event",
        make_event,
        lambda cast, event: call(cast.owner, "post", f"events/{event.uid}/publish/", {}),
        (Happening.PUBLISHED,),
    ),
    Way(
        "API cancel event",
        make_event,
        lambda cast, event: call(
            cast.owner, "post", f"events/{event.uid}/cancel/", {"reason": "storm"}
        ),
        (Happening.CANCELLED,),
    ),
    Way(
        "API restore event",
        cancelled_event,
        lambda cast, event: call(cast.owner, "post", f"events/{event.uid}/restore/", {}),
        (Happening.RESTORED,),
    ),
    Way(
        "API remove event",
        make_event,
        lambda cast, event: call(cast.owner, "delete", f"events/{event.uid}/"),
        (Happening.REMOVED,),
    ),
]


# --- Administration ----------------------------------------------------------------------------


def administer(model: str, action: str, record: Record, **typed: Any) -> Any:
    """Run an action of the administration on one record."""
    assert record is not None
    admin = User.objects.create_superuser("admin@example.org", "a-long-enough-secret")
    chosen = {"action": action, ACTION_CHECKBOX_NAME: [record.pk]}
    return signed_in(admin).post(reverse(f"admin:scheduling_{model}_changelist"), chosen | typed)


ADMIN = [
    Way(
        "admin publishes trips",
        draft_trip,
        lambda cast, trip: administer("trip", "publish", trip),
        TWICE[Happening.PUBLISHED],
    ),
    Way(
        "admin cancels trips",
        public_trip,
        lambda cast, trip: administer("trip", "cancel", trip, why="storm", note=""),
        TWICE[Happening.CANCELLED],
    ),
    Way(
        "admin publishes events",
        make_event,
        lambda cast, event: administer("event", "publish", event),
        (Happening.PUBLISHED,),
    ),
    Way(
        "admin cancels events",
        make_event,
        lambda cast, event: administer("event", "cancel", event, why="storm", note=""),
        (Happening.CANCELLED,),
    ),
]

EVERY_WAY = [*SERVICES, *PAGES, *API, *ADMIN]
