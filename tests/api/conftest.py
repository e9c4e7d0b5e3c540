"""The world of the API's tests, and who calls."""

from __future__ import annotations

import pytest

from outreach.accounts.models import User
from tests.api.callers import Caller
from tests.api.world import Ground, World, make_world
from tests.cast import make_cast


@pytest.fixture
def ground(db: None) -> Ground:
    """The cast, who have planned nothing yet."""
    return Ground(make_cast())


@pytest.fixture
def world(ground: Ground) -> World:
    """The cast with something of every kind."""
    return make_world(ground.cast)


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
