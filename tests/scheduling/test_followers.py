"""Whatever changes an event, and by whatever way, every follower is told; or nothing happens."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator

import pytest

from outreach.scheduling import followers, services
from outreach.scheduling.followers import EventChange, EventFollower, Happening
from tests.cast import Cast
from tests.scheduling.desk import Broken, at, following, make_public_trip, make_trip, snapshot
from tests.scheduling.ways import EVERY_WAY, SERVICES, Way

Told = list[tuple[str, EventChange]]


class Listening:
    """Lets a follower do its work and writes down what it was told."""

    def __init__(self, name: str, follower: EventFollower, told: Told) -> None:
        self.name, self.follower, self.told = name, follower, told

    def follow(self, change: EventChange) -> None:
        assert change.event.pk, "even a removed event still has its key when its followers are told"
        self.told.append((self.name, change))
        self.follower.follow(change)


@pytest.fixture
def told() -> Iterator[Told]:
    """What the registered followers are told during the test, in order."""
    heard: Told = []
    real = followers.registered()
    with following({name: Listening(name, real[name], heard) for name in real}):
        yield heard


@pytest.mark.parametrize("way", EVERY_WAY, ids=lambda way: way.name)
def test_every_follower_is_told_of_every_change(cast: Cast, told: Told, way: Way) -> None:
    record = way.prepare(cast)
    told.clear()

    way.act(cast, record)

    names = list(followers.registered())
    assert names
    assert [(name, change.happening) for name, change in told] == [
        (name, happening) for happening in way.happenings for name in names
    ]
    assert all(change.actor is not None for _name, change in told)


@pytest.mark.parametrize("way", SERVICES, ids=lambda way: way.name)
def test_a_follower_that_raises_leaves_nothing_changed(cast: Cast, way: Way) -> None:
    record = way.prepare(cast)
    before = snapshot()

    with following({"broken": Broken()}), pytest.raises(RuntimeError, match="cannot follow"):
        way.act(cast, record)

    assert snapshot() == before


def test_every_service_of_the_schedule_is_among_the_ways() -> None:
    exported = {name for name in services.__all__ if inspect.isfunction(getattr(services, name))}
    assert {way.name.split()[0] for way in SERVICES} == exported


def test_every_happening_is_among_the_ways() -> None:
    assert {happening for way in SERVICES for happening in way.happenings} == set(Happening)


def test_a_moved_trip_tells_where_each_event_was(cast: Cast, told: Told) -> None:
    trip = make_public_trip(cast)
    told.clear()

    services.move_trip(actor=cast.owner, trip=trip, departs_at=at(7, 1), reason="Bão")

    _name, change = told[0]
    assert (change.previous_starts_at, change.previous_ends_at) == (at(8), at(10))
    assert (change.event.starts_at, change.reason) == (at(8, 1), "Bão")


def test_a_moved_event_tells_at_which_venue_it_was(cast: Cast, told: Told) -> None:
    event = make_trip(cast).events.get()
    told.clear()

    services.move_event(
        actor=cast.owner,
        event=event,
        starts_at=event.starts_at,
        ends_at=event.ends_at,
        venue=cast.second_venue,
        reason="",
    )

    assert told[0][1].previous_venue == cast.venue


def test_two_followers_cannot_share_a_name() -> None:
    taken = next(iter(followers.registered()))
    with pytest.raises(ValueError, match="registered already"):
        followers.register(taken, Broken())


def test_followers_are_called_in_the_order_they_were_registered(cast: Cast) -> None:
    heard: list[str] = []

    def listener(name: str) -> EventFollower:
        class Listener:
            follow: Callable[[EventChange], None] = staticmethod(lambda _change: heard.append(name))

        return Listener()

    with following({"second to last": listener("a"), "last": listener("b")}):
        make_trip(cast)

    assert heard == ["a", "b"]
