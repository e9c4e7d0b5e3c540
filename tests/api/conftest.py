"""The world of the API's tests, and who calls.

The world takes longer to store than most tests take, so the tests of a module share it: each undoes
its own changes, and gets copies of the records that nobody else has touched.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from outreach.accounts.models import User
from tests.api.callers import Caller
from tests.api.world import Ground, World, make_world
from tests.cast import make_cast

HERE = Path(__file__).parent
SHARED = "world"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run a module's tests without the world first: once it is stored, they would find it there."""
    places: dict[Path, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        # Those without a database come last, after tests that have emptied it: they stay there.
        if item.path.parent == HERE and "db" in getattr(item, "fixturenames", ()):
            places[item.path].append(place)
    for own in places.values():
        ordered = sorted((items[place] for place in own), key=_shares)
        for place, item in zip(own, ordered, strict=True):
            items[place] = item


def _shares(item: pytest.Item) -> bool:
    return SHARED in getattr(item, "fixturenames", ())


@pytest.fixture(scope="module")
def _stored_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The cast with something of every kind, for as long as the module's tests run."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world(make_cast())
        transaction.set_rollback(True)


@pytest.fixture
def _own_world(_stored_world: World, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The same, as one test may change it."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield deepcopy(_stored_world)
        transaction.set_rollback(True)


@pytest.fixture
def db(request: pytest.FixtureRequest) -> None:
    """Open the database: within the world that is shared, or as everywhere."""
    name = "_own_world" if SHARED in request.fixturenames else "_django_db_helper"
    request.getfixturevalue(name)


@pytest.fixture
def ground(request: pytest.FixtureRequest, db: None) -> Ground:
    """The cast, who have planned nothing unless the test asks for the world."""
    if SHARED in request.fixturenames:
        return request.getfixturevalue(SHARED)  # type: ignore[no-any-return]
    return Ground(make_cast())


@pytest.fixture
def world(db: None, _own_world: World) -> World:
    """The cast with something of every kind."""
    return _own_world


@pytest.fixture
def owner(ground: Ground) -> Caller:
    """The coordinator of the library."""
    return Caller(ground.cast.owner)


@pytest.fixture
def stranger(ground: Ground) -> Caller:
    """The coordinator of another library."""
    return Caller(ground.cast.stranger)


@pytest.fixture
def nobody(db: None) -> Caller:
    """Somebody without an account."""
    return Caller()


def callers(world: World) -> dict[str, Caller]:
    """Return everybody the permission matrix knows."""
    cast = world.cast
    people: dict[str, User | None] = {
        "anonymous": None,
        "host": cast.host,
        "colleague": cast.colleague,
        "owner": cast.owner,
        "stranger": cast.stranger,
        "officer": cast.officer,
    }
    return {name: Caller(user) for name, user in people.items()}
