"""The world of the API's tests, and who calls."""

from __future__ import annotations

import pytest

from outreach.accounts.models import User
from tests.api.callers import Caller
from tests.api.world import World, make_world


@pytest.fixture
def world(db: None) -> World:
    """The cast with something of every kind."""
    return make_world()


@pytest.fixture
def owner(world: World) -> Caller:
    """The coordinator of the library."""
    return Caller(world.cast.owner)


@pytest.fixture
def stranger(world: World) -> Caller:
    """The coordinator of another library."""
    return Caller(world.cast.stranger)


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
