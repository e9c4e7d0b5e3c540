"""What every test can rely on: one engine per run, and the reference data in its database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import hypothesis
import pytest
from django.conf import settings
from django.core.management import call_command, get_commands
from django.db import connection, transaction
from django.test import TransactionTestCase
from django.utils import translation
from playwright.sync_api import Browser
from pytest_django import DjangoDbBlocker

from outreach.places import boundaries, search
from tests import browser_session
from tests.cast import Cast, make_cast

STORED = "_stored_"
"""How the names of fixtures begin whose records all tests of a module share."""

BLOCKER = pytest.StashKey[DjangoDbBlocker]()
IS_EMPTY = pytest.StashKey[bool]()

# How long an example takes says something about the machine, not about the claim.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


def pytest_report_header() -> str:
    """Say which engine this run is about."""
    return f"engine: {connection.vendor}"


def _load_reference_data() -> None:
    if "load_reference" in get_commands():
        call_command("load_reference", verbosity=0)


@pytest.fixture(scope="session")
def django_db_setup(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, pytestconfig: pytest.Config
) -> None:
    """Fill each test database once with the reference data."""
    pytestconfig.stash[BLOCKER] = django_db_blocker
    with django_db_blocker.unblock():
        _load_reference_data()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Fill the database again that a test which commits has emptied.

    Such tests come last; a process that has nothing left to do may take over others all the same.
    """
    stash = item.config.stash
    if _reads_database(item) and _commits(item):
        stash[IS_EMPTY] = True
    elif _reads_database(item) and stash.get(IS_EMPTY, False):
        with stash[BLOCKER].unblock():
            _load_reference_data()
        stash[IS_EMPTY] = False


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a run be about the database alone."""
    parser.addoption("--database-only", action="store_true", help="leave out tests without one")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Run a module's tests without shared records first: once stored, they would find them there.

    Those without a database are left out where they would say nothing that is not known.

    Raises:
        pytest.UsageError: if a module has tests that share records and tests that commit, which
            would empty the tables under the others.
    """
    if config.getoption("--database-only"):
        pure = [item for item in items if not _reads_database(item)]
        config.hook.pytest_deselected(items=pure)
        items[:] = [item for item in items if _reads_database(item)]
    places: dict[Path, list[int]] = defaultdict(list)
    for place, item in enumerate(items):
        # Those without a database come last, after tests that have emptied it: they stay there.
        if _reads_database(item):
            places[item.path].append(place)
    for path, own in places.items():
        ordered = sorted((items[place] for place in own), key=_shares)
        if _shares(ordered[-1]) and any(_commits(item) for item in ordered):
            raise pytest.UsageError(f"{path}: tests that commit need a cast of their own.")
        for place, item in zip(own, ordered, strict=True):
            items[place] = item


def _reads_database(item: pytest.Item) -> bool:
    if issubclass(getattr(item, "cls", None) or object, TransactionTestCase):
        return True
    fixtures = getattr(item, "fixturenames", ())
    return "db" in fixtures or item.get_closest_marker("django_db") is not None


def _shares(item: pytest.Item) -> bool:
    return any(name.startswith(STORED) for name in getattr(item, "fixturenames", ()))


def _commits(item: pytest.Item | pytest.FixtureRequest) -> bool:
    node = item.node if isinstance(item, pytest.FixtureRequest) else item
    marker = node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction", False):
        return True
    return not {"transactional_db", "live_server"}.isdisjoint(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="module")
def store_cast() -> Callable[[], Cast]:
    """How the cast of a module is stored; one that wants more around it overrides this."""
    return make_cast


@pytest.fixture(scope="module")
def _stored_cast(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, store_cast: Callable[[], Cast]
) -> Iterator[Cast]:
    """The cast for as long as the module's tests run: storing it takes longer than most of them."""
    with django_db_blocker.unblock(), transaction.atomic():
        yield store_cast()
        transaction.set_rollback(True)


@pytest.fixture
def cast(_stored_cast: Cast, db: None) -> Cast:
    """Owner, colleague, stranger and the others: copies nobody else has touched, as stored.

    The database undoes what a test does to them, back to what the module stored.
    """
    return deepcopy(_stored_cast)


@pytest.fixture(autouse=True)
def _reference_data(request: pytest.FixtureRequest) -> None:
    """Load the reference data again for a test that commits: the one before emptied all tables."""
    if _commits(request):
        request.getfixturevalue("transactional_db")
        _load_reference_data()


@pytest.fixture(autouse=True)
def _own_language() -> None:
    """Begin in the product's first language, whatever the page of the test before was asked for."""
    translation.activate(settings.LANGUAGE_CODE)


@pytest.fixture(autouse=True)
def _own_places() -> None:
    """Begin with nothing read: a test that is rolled back leaves keys for the next to use again."""
    boundaries.forget()
    search.forget()


@pytest.fixture(scope="module")
def chrome() -> Iterator[Browser]:
    """Run one browser for the tests of a module; ``browser_session.window`` opens windows of it."""
    with browser_session.started() as opened:
        yield opened
