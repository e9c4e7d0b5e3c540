"""The world of the API's tests, and who calls.

The world takes longer to store than most tests take, so the tests of a module share it: each undoes
its own changes, and gets copies of the records that nobody else has touched.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy

import pytest
from django.db import transaction
from pytest_django import DjangoDbBlocker

from outreach.accounts.models import User
from tests.api.callers import Caller
from tests.api.world import Ground, World, make_world
from tests.cast import make_cast

SHARED = "world"


@pytest.fixture(scope="module")
def _stored_world(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[World]:
    """The cast with something of every kind, for as long as the module's tests run."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield make_world(make_cast())
        transaction.set_rollback(True)


@pytest.fixture
def ground(request: pytest.FixtureRequest, db: None) -> Ground:
    """The cast, who have planned nothing unless the test asks for the world."""
    if SHARED in request.fixturenames:
        return request.getfixturevalue(SHARED)  # type: ignore[no-any-return]
    return Ground(make_cast())


@pytest.fixture
def world(_stored_world: World, db: None) -> World:
    """The same, as one test may change it."""
    return deepcopy(_stored_world)


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
